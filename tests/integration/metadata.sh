# Looking at metadata where something is hidden: the calls keep their meaning, and what is hidden is not there for any of them.
# shellcheck shell=bash

hide_policy() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write exec $W
		hide $W/**/*.hid
		hide $W/secret
		${1-}
	END
}

metadata_is_brokered() {
        run "$CORDON" explain -p "$T/policy"
        status_is 0
        has "$out" "metadata    stat"
}

test_metadata_keeps_its_meaning() {
        hide_policy
        metadata_is_brokered
        am_root && local owned_by_child=1
        compare_with_outside "$HELPERS/looks"
}

test_metadata_is_native_where_nothing_is_hidden() {
        policy <<-END
		use @base
		write $W
		deny $W/**/.env
	END
        run "$CORDON" explain -p "$T/policy"
        has "$out" "names       mkdir"
        lacks "$out" "metadata    stat"
}

# Each way of looking at a name: "no such file" for what is hidden and for what is not there, and neither for what is.
ways_to_look=('stat $1' 'stat -L $1' 'ls -d $1' 'ls -l $1' 'test -e $1 && test -r $1 && test -x $1' 'readlink -e $1' 'realpath -e $1' 'df $1'
        'cat $1 >/dev/null 2>&1 || ls $1/' 'find $1 -maxdepth 0' 'cp -r $1 /tmp/copy' 'du $1')

test_metadata_of_what_is_hidden() {
        hide_policy
        mkdir "$W/secret" "$W/sub" "$W/sub/dir.hid" "$W/shown"
        echo x >"$W/secret/f"
        echo x >"$W/sub/file.hid"
        echo x >"$W/sub/dir.hid/f"
        echo x >"$W/shown/f"
        ln -s sub/file.hid "$W/alias"
        chmod 0755 "$W/shown/f"
        cd "$W"
        local way name shown
        for way in "${ways_to_look[@]}"; do
                boxed sh -c "$way" sh none
                [ "$rc" != 0 ] || fail "found what is not there: $way"
                shown=${err//none/NAME}
                for name in secret secret/f secret/none sub/file.hid sub/dir.hid sub/dir.hid/f sub/file.hid/x; do
                        boxed sh -c "$way" sh $name
                        [ "$rc" != 0 ] || fail "$name is seen by: $way"
                        is "${err//$name/NAME}" "$shown" "what is said of $name by: $way"
                done
                boxed sh -c "$way" sh shown/f
                status_is 0
        done
        boxed sh -c 'stat -L alias; cat alias'
        status_is 1
        boxed readlink alias
        is "$out" sub/file.hid
}

test_metadata_changes_of_what_is_hidden() {
        hide_policy
        mkdir "$W/secret" "$W/sub"
        echo x >"$W/sub/file.hid"
        echo x >"$W/plain"
        cd "$W"
        local way
        for way in 'rm sub/file.hid' 'rmdir secret' 'mv sub/file.hid x' 'mv plain sub/file.hid' 'ln sub/file.hid x' 'chmod 600 sub/file.hid' \
                'truncate -s 0 sub/file.hid' 'mkdir secret' 'mkdir secret/x' 'ln -s plain sub/file.hid' 'touch secret/x' 'mkdir sub/file.hid/x'; do
                boxed sh -c "$way"
                [ "$rc" != 0 ] || fail "worked: $way"
                has "$err" "No such file"
        done
        is "$(cat sub/file.hid plain)" $'x\nx'
}

test_metadata_hidden_later() {
        hide_policy "hide $W/later"
        cd "$W"
        boxed sh -c 'mkdir later'
        has "$err" "No such file"
        mkdir later
        boxed stat later
        status_is 1
        has "$err" "No such file"
}

# A denied file is denied to stat as well, where stat is asked for: `deny` is EACCES, whatever is asked.
test_metadata_of_what_is_denied() {
        hide_policy "deny $W/denied"
        echo x >"$W/denied"
        boxed stat "$W/denied"
        status_is 1
        has "$err" "Permission denied"
}

test_metadata_programs() {
        need git python3
        hide_policy
        sed -i 's/^use .*/use @base @dev @python/' "$T/policy"
        mkdir -p "$T/seed/src"
        echo content >"$T/seed/src/file"
        chmod -R a+rwX "$T/seed"
        cat >"$T/programs.sh" <<'END'
set -e
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z GIT_CONFIG_GLOBAL=/dev/null
git init -q -b main .
git add src
git commit -qm one
git status --short
git log --oneline
ls -l src | wc -l
find . -name file
tar --mtime=@0 --owner=0 --group=0 --sort=name -cf a.tar src
python3 - <<'PY'
import os, pathlib, shutil, subprocess, sys, tempfile
print(os.path.realpath(sys.executable) == os.path.realpath("/proc/self/exe"))
print(sorted(p.name for p in pathlib.Path("src").rglob("*")), os.path.exists("nothing"))
shutil.copytree("src", "copy")
print(subprocess.run(["sh", "-c", "command -v sh; tty"], capture_output=True, text=True).stdout)
with tempfile.TemporaryDirectory() as d:
    print(os.path.isdir(d), os.access(d, os.W_OK), os.statvfs(d).f_bsize > 0)
PY
END
        ignore='^\.git/' same bash -c "$(cat "$T/programs.sh")"
        status_is 0
}

# ---- grants whose neighbours are not to be seen ---------------------------------------------------------------------

blind_policy() {
        mkdir -p "$W/data/sub/deep"
        echo one >"$W/data/one.csv"
        echo two >"$W/data/sub/deep/two.csv"
        echo no >"$W/data/neighbour"
        echo no >"$W/data/sub/neighbour"
        policy <<-END
		use @base @dev
		read $W/data/**/*.csv
		${1-}
	END
}

test_metadata_of_neighbours() {
        blind_policy
        metadata_is_brokered
        cd "$W"
        boxed sh -c 'cat data/one.csv data/sub/deep/two.csv && stat -c %s data/one.csv && cp data/one.csv /tmp/ && realpath data/one.csv'
        is "$out" "one"$'\n'"two"$'\n'"4"$'\n'"$W/data/one.csv"
        local way name shown
        for way in "${ways_to_look[@]}" 'ls $1' 'echo x >$1' 'mkdir $1' 'rm $1' 'ls $1/x' 'mkdir $1/x' 'rm $1/x'; do
                boxed sh -c "$way" sh data/none
                [ "$rc" != 0 ] || fail "found what is not there: $way"
                shown=${err//data\/none/NAME}
                for name in data/neighbour data/sub data/sub/neighbour data/neighbour/x; do
                        boxed sh -c "$way" sh $name
                        [ "$rc" != 0 ] || fail "$name is seen by: $way"
                        is "${err//"$name"/NAME}" "$shown" "what is said of $name by: $way"
                done
        done
        # the directory is named by the policy, so it is no secret; what is in it is
        boxed stat -c %F data
        is "$out" directory
        boxed ls data
        status_is 2
        is "$out" ""
        has "$err" "Permission denied"
        is "$(cat data/neighbour)" no
}

# A directory that leads to something else as well still does not show its neighbours.
test_metadata_of_neighbours_on_the_way() {
        mkdir -p "$W/data/open"
        echo in >"$W/data/open/f"
        blind_policy "read $W/data/open"
        cd "$W"
        boxed sh -c 'cat data/open/f && ls data/open'
        is "$out" $'in\nf'
        boxed ls data
        [ "$rc" != 0 ] || fail "it is listed: $out"
        lacks "$out" neighbour
        boxed ls .
        is "$out" data
}

test_metadata_of_neighbours_in_what_is_denied() {
        mkdir -p "$W/data"
        echo k >"$W/data/key"
        blind_policy "read $W"
        printf 'deny %s\n' "$W/data" >>"$T/policy"
        echo other >"$W/other"
        cd "$W"
        boxed sh -c 'cat other data/one.csv data/sub/deep/two.csv'
        is "$out" $'other\none\ntwo'
        boxed sh -c 'ls data; cat data/key; stat data/key'
        lacks "$out" k
        has "$err" "Permission denied"
}
