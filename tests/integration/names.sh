# Names and metadata where they are brokered: the calls keep their meaning, programs do what they did, and each rule holds with
# its opposite beside it.
# shellcheck shell=bash

# A pattern in the writable tree is what makes the broker see to names there.
names_policy() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
		deny $W/**/.env because "secrets"
		${1-}
	END
}

names_are_brokered() {
        run "$CORDON" explain -p "$T/policy"
        status_is 0
        has "$out" "names       mkdir"
}

# ---- the calls themselves -------------------------------------------------------------------------------------------

test_names_keep_their_meaning() {
        names_policy
        names_are_brokered
        am_root && local owned_by_child=1
        compare_with_outside "$HELPERS/names"
        tree_of "$W" >"$T/inside.tree"
        diff "$T/outside.tree" "$T/inside.tree" || fail "the trees differ"
}

# As root, through an idmapped mount: what is made belongs to the owner of the tree.
test_names_made_belong_to_the_owner_of_the_tree() {
        names_policy
        cd "$W"
        boxed "$HELPERS/names"
        status_is 0
        is "$(find "$W" ! -user "$(id -u)" | head -3)" "" "files of somebody else"
        [ -d "$W/d1" ] || [ -f "$W/d1" ] || fail "nothing was made"
}

test_names_paths_long_and_unreadable() {
        names_policy
        compare_with_outside "$HELPERS/paths"
}

test_names_are_native_where_nothing_needs_the_broker() {
        policy <<-END
		use @base
		write $W
	END
        run "$CORDON" explain -p "$T/policy"
        lacks "$out" "names       mkdir"
        has "$out" "everything else is native"
        names_policy
        run "$CORDON" explain -p "$T/policy"
        has "$out" "is a pattern that matches in the writable tree $W"
}

# ---- each call, allowed and denied ----------------------------------------------------------------------------------

# Each attempt fails inside with the given words, leaves the tree as it was, and works outside.
refused_by_name() { # refused_by_name WORDS COMMAND
        tree_of "$W" >"$T/before"
        boxed sh -c "$2"
        [ "$rc" != 0 ] || fail "worked: $2"
        has "$err" "$1"
        tree_of "$W" >"$T/after"
        cmp -s "$T/before" "$T/after" || fail "it left something behind: $2"
        cp -a "$W" "$T/copy"
        (cd "$T/copy" && run sh -c "$2" && status_is 0)
        rm -rf "$T/copy"
}

test_names_denied_by_pattern() {
        names_policy
        mkdir "$W/dir"
        echo secret >"$W/.env"
        echo plain >"$W/file"
        chmod 0666 "$W/.env" "$W/file"
        chmod 0777 "$W" "$W/dir"
        cd "$W"
        local attempt
        for attempt in 'mv .env x' 'mv .env dir/' 'mv file .env' 'ln .env x' 'ln file dir/.env' 'rm .env' 'unlink .env' 'truncate -s 0 .env' \
                'chmod 600 .env' 'touch -d 2020-01-01 .env' 'mkdir dir/.env' 'ln -s file dir/.env' 'mkfifo dir/.env' \
                'mv --exchange file .env' 'echo x >.env' 'echo x >dir/.env'; do
                case $attempt in *exchange*) mv --help | grep -q exchange || continue ;; esac
                refused_by_name "Permission denied" "$attempt"
        done
        # and with other names all of it works
        boxed sh -c 'mv file x && mv x dir/ && ln dir/x y && rm y && truncate -s 0 dir/x && chmod 600 dir/x && touch -d 2020-01-01 dir/x &&
                mkdir dir/d && ln -s x dir/s && mkfifo dir/f && mv dir/x file && rmdir dir/d && rm dir/*'
        status_is 0
        is "$(cat .env)" secret
}

test_names_refusals_are_explained() {
        names_policy
        echo secret >"$W/.env"
        cd "$W"
        told mv .env x
        has "$err" "denied  write $W/.env"
        has "$err" "because \"secrets\""
        told mkdir sub
        status_is 0
        lacks "$err" denied
}

test_names_for_what_does_not_exist_yet() {
        policy <<-END
		use @base @dev
		write $W
		deny $W/conf/secret
		read $W/settings
	END
        names_are_brokered
        cd "$W"
        boxed sh -c 'mkdir conf d && echo x >conf/other && echo x >d/secret && echo x >s'
        status_is 0
        refused_by_name "Permission denied" 'echo x >conf/secret'
        refused_by_name "Permission denied" 'mv s conf/secret'
        refused_by_name "Permission denied" 'ln s settings'
        refused_by_name "Permission denied" 'mv s settings'
        refused_by_name "Permission denied" 'mv conf elsewhere'
        boxed sh -c 'rm conf/other && rmdir conf && ln -s d l'
        status_is 0
        # neither another directory nor a symlink takes the place of the one that the rule names
        refused_by_name "Permission denied" 'mv d conf'
        refused_by_name "Permission denied" 'ln -s d conf'
        refused_by_name "Permission denied" 'mv l conf'
        boxed sh -c 'mv d e && ln -s e l2 && mkdir conf && mv l2 conf/'
        status_is 0
}

test_names_create_tree() {
        policy <<-END
		use @base @dev
		create $W
	END
        names_are_brokered
        echo old >"$W/old"
        chmod 0666 "$W/old"
        chmod 0777 "$W"
        cd "$W"
        boxed sh -c 'mkdir d empty && ln -s old s && mkfifo f && echo new >d/n'
        status_is 0
        local attempt
        for attempt in 'mv old x' 'ln old x' 'rm old' 'rmdir empty' 'truncate -s 0 old' 'chmod 600 old' 'touch -d 2020-01-01 old' 'mv d e' 'mv d/n old'; do
                refused_by_name "Permission denied" "$attempt"
        done
        # metadata elsewhere is nobody's loss
        boxed sh -c 'echo x >/tmp/x && chmod 600 /tmp/x && mv /tmp/x /tmp/y && rm /tmp/y'
        status_is 0
}

# `create` inside `write`: its own mount stays where it is, though the broker stands outside of its namespace.
test_names_mount_points_stay() {
        mkdir -p "$W/in" "$W/sub/deny" "$W/free"
        echo s >"$W/sub/deny/f"
        echo x >"$W/in/old"
        policy <<-END
		use @base @dev
		write $W
		create $W/in
		deny $W/sub/deny
	END
        names_are_brokered
        cd "$W"
        refused_by_name "" 'mv in x'
        refused_by_name "" 'mv sub x'
        refused_by_name "" 'mv sub/deny x'
        refused_by_name "" 'rm -r sub/deny'
        refused_by_name "" 'mv free/ sub/deny/'
        boxed sh -c "rm $W/in/old"
        status_is 1
        has "$err" "Permission denied"
        boxed sh -c 'cat sub/deny/f; mv free x && mv x sub/'
        status_is 0
        lacks "$out" s
        # the mounts are still there
        boxed cat sub/deny/f
        status_is 1
}

# The kernel would say so in the sandbox's own mount namespace, and does not in ours.
test_names_empty_mount_point_is_busy() {
        mkdir "$W/bin" "$W/plain"
        names_policy "write exec $W/bin"
        cd "$W"
        local attempt
        for attempt in 'rmdir bin' 'mv bin x' 'mv -T plain bin'; do
                refused_by_name "busy" "$attempt"
        done
        boxed sh -c 'cp /bin/true bin/ && bin/true && rm bin/true && mv -T plain x && rmdir x'
        status_is 0
}

test_names_mkdir_of_what_is_there() {
        names_policy
        cd "$W"
        boxed mkdir -p "$W/a/b/c"
        status_is 0
        boxed mkdir /usr
        has "$err" "File exists"
        boxed mkdir /usr/new-name
        has "$err" "Permission denied"
        boxed rm /usr/bin/no-such-name
        has "$err" "No such file"
        boxed rm -f /usr/bin/no-such-name
        status_is 0
        is "$err" ""
}

# A descriptor for reading is no licence to change the file, one for writing is.
test_names_metadata_by_descriptor() {
        need python3
        names_policy "read $W/*.lock"
        echo 'use @python' >>"$T/policy"
        echo x >"$W/a.lock"
        echo x >"$W/b"
        cat >"$T/by-fd.py" <<'END'
import os, sys, ctypes
def attempt(name, fn):
    try:
        fn(); print(name, "ok")
    except OSError as e:
        print(name, e.strerror)
def link(old, new): # os.link does not follow, whatever it is told
    if ctypes.CDLL(None, use_errno=True).linkat(-100, old.encode(), -100, new.encode(), 0x400) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
for path in sys.argv[1:]:
    fd = os.open(path, os.O_RDONLY)
    o = os.open(path, os.O_PATH)
    name = os.path.basename(path)
    attempt(name + " fchmod", lambda: os.fchmod(fd, 0o600))
    attempt(name + " fchown", lambda: os.fchown(fd, os.getuid(), os.getgid()))
    attempt(name + " futimens", lambda: os.utime(fd, (1, 1)))
    attempt(name + " setxattr", lambda: os.setxattr(fd, "user.a", b"b"))
    attempt(name + " link", lambda: link("/proc/self/fd/%d" % fd, path + ".2"))
    attempt(name + " chmod by /proc", lambda: os.chmod("/proc/self/fd/%d" % o, 0o600))
END
        cd "$W"
        boxed python3 -c "$(cat "$T/by-fd.py")" "$W/b"
        is "$(grep -c ' ok$' "$T/out")" 6
        boxed python3 -c "$(cat "$T/by-fd.py")" "$W/a.lock"
        is "$(grep -c 'Permission denied$' "$T/out")" 6
        [ ! -e "$W/a.lock.2" ] || fail "a second name was made"
        is "$(stat -c %a "$W/a.lock")" 644
}

# What matches may be written, made, moved and removed, and its neighbours are for reading, by path and by descriptor.
test_names_of_a_pattern_that_may_be_written() {
        policy <<-END
		use @base @dev
		read $W
		write $W/*.log
		create $W/*.new
	END
        names_are_brokered
        echo one >"$W/a.csv"
        echo two >"$W/a.log"
        chmod 0666 "$W"/a.*
        chmod 0777 "$W"
        cd "$W"
        local attempt
        for attempt in 'echo x >a.csv' 'rm a.csv' 'mv a.log b.csv' 'mv a.csv b.log' 'ln a.csv b.log' 'chmod 600 a.csv' 'truncate -s 0 a.csv' \
                'mkdir d' 'touch -d 2001-01-01 a.csv' 'mv a.log b.new' 'exec 3<a.csv; chmod 600 /proc/self/fd/3'; do
                refused_by_name "Permission denied" "$attempt"
        done
        boxed sh -c 'cat a.csv a.log; ls; echo x >>a.log; mv a.log b.log; echo y >c.log; rm c.log; mkdir d.log; echo z >d.log/any; chmod 600 b.log
                touch e.new; ln -s a.csv s.log; cat s.log'
        status_is 0
        is "$out" $'one\ntwo\na.csv\na.log\none'
        is "$(cat b.log d.log/any)" $'two\nx\nz'
        refused_by_name "Permission denied" 'echo x >s.log'
        refused_by_name "Permission denied" 'rm e.new'
        is "$(cat a.csv)" one
        is "$(stat -c %a a.csv)" 666
}

test_names_are_recorded_by_audit_all() {
        policy <<-END
		use @base @dev
		write $W
		audit all
	END
        names_are_brokered
        cd "$W"
        run "$CORDON" run -q --audit "$T/audit" -p "$T/policy" -- sh -c 'mkdir d; stat d; mv d e; chmod 700 e; rmdir e; ln -s x s; rm s; mkdir /usr/d'
        local line
        for line in create:d list:d write:d write:e create:s write:s; do
                grep -q "\"op\":\"${line%:*}\",\"path\":\"$W/${line#*:}\".*\"verdict\":\"allow\"" "$T/audit" || fail "not recorded: $line"
        done
        grep -q '"op":"create","path":"/usr/d".*"verdict":"deny"' "$T/audit" || fail "the denial is not recorded"
        # as ever, only denials otherwise
        sed -i 's/^audit all/deny **\/x/' "$T/policy"
        run "$CORDON" run -q --audit "$T/audit2" -p "$T/policy" -- sh -c 'mkdir d; rmdir d; mkdir /usr/d'
        is "$(grep -c verdict "$T/audit2")" 1
}

# ---- programs -------------------------------------------------------------------------------------------------------

same_policy() {
        dev_policy "deny $W/**/.env"
        names_are_brokered
        mkdir -p "$T/seed/src"
        echo content >"$T/seed/src/file"
        chmod -R a+rwX "$T/seed"
}

test_names_git() {
        need git
        same_policy
        cat >"$T/git.sh" <<'END'
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z GIT_CONFIG_GLOBAL=/dev/null
set -e
git init -q -b main .
git add src
git commit -qm one
git mv src moved
git commit -qm two
git checkout -q -b branch HEAD~
ls
git checkout -q main
git gc -q
git worktree add -q ../work/tree branch
ls tree/src
git worktree remove tree
git stash list
git log --oneline
END
        ignore='^\.git/(index|logs|objects|worktrees|gc|info|ORIG_HEAD|COMMIT)' same bash -c "$(cat "$T/git.sh")"
        status_is 0
}

test_names_programs_of_the_shell() {
        need tar
        same_policy
        cat >"$T/shell.sh" <<'END'
set -e
cp -a src copy
mv copy renamed
ln renamed/file hard
ln -sfn renamed link
ln -sfn src link
mkdir -p a/b/c
mv renamed a/b
tar --mtime=@0 --owner=0 --group=0 --sort=name -cf a.tar a link hard
rm -rf a
tar xf a.tar
install -m 0600 hard installed
sed -i s/content/changed/ src/file
touch -d 2001-02-03T04:05:06Z src/file
mktemp -p . t.XXXXXX >/dev/null
rm -f t.*
rmdir a/b/c
chmod -R u=rwX,go= a
truncate -s 100 installed
stat -c '%n %Y' src/file
stat -c '%n %a %s' installed hard a
END
        same bash -c "$(cat "$T/shell.sh")"
        status_is 0
}

test_names_sqlite_and_python() {
        need python3
        same_policy
        echo 'use @python' >>"$T/policy"
        cat >"$T/job.py" <<'END'
import os, shutil, sqlite3, tempfile
db = sqlite3.connect("db")
db.execute("create table t (x)")
for i in range(20):
    with db:
        db.execute("insert into t values (?)", (i,))
print(db.execute("select sum(x) from t").fetchone(), db.execute("pragma journal_mode=wal").fetchone())
with db:
    db.execute("insert into t values (1)")
db.close()
shutil.copytree("src", "deep/copy")
shutil.move("deep/copy", "moved")
with tempfile.NamedTemporaryFile("w", dir=".", delete=False) as f:
    f.write("atomic")
os.replace(f.name, "moved/file")
print(open("moved/file").read())
with tempfile.TemporaryDirectory(dir=".") as d:
    open(d + "/x", "w").close()
os.makedirs("node_modules/.staging/pkg-1234/lib")
os.rename("node_modules/.staging/pkg-1234", "node_modules/pkg")
os.symlink("../pkg/lib", "node_modules/link")
shutil.rmtree("node_modules/.staging")
os.unlink("db")
END
        same python3 -c "$(cat "$T/job.py")"
        status_is 0
}

# What is made has the caller's mode, and not one that depends on who started cordon; also where the broker's threads can have no umask
# of their own, as in containers that refuse unshare(2).
test_names_modes_are_the_callers() {
        need python3
        dev_policy
        if am_root; then chown 65534:65534 "$W"; fi
        local without
        for without in "" userns userns,unshare; do
                for outer in 077 022 000; do
                        (umask $outer && run ${without:+"$HELPERS/without" "$without"} "$CORDON" run -q --accept no-userns -p "$T/policy" -- python3 -c 'import os
for mask in (0o077, 0o022, 0, 0o777):
    os.umask(mask)
    n = "%03o" % mask
    os.close(os.open("file" + n, os.O_CREAT | os.O_WRONLY, 0o666))
    os.close(os.open("x" + n, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o755))
    os.mkdir("dir" + n, 0o777)
    os.mkfifo("fifo" + n, 0o666)
    fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o666)
    print(n, *("%03o" % (os.lstat(p + n).st_mode & 0o7777) for p in ("file", "x", "dir", "fifo")), "%03o" % (os.fstat(fd).st_mode & 0o7777))
    os.remove("file" + n); os.remove("x" + n); os.rmdir("dir" + n); os.remove("fifo" + n)'
                                is "$out" $'077 600 700 700 600 600\n022 644 755 755 644 644\n000 666 755 777 666 666\n777 000 000 000 000 000')
                done
        done
}
