# overlay: what the program may change, and the host keeps; the list of it, and how it gets to the host.
# shellcheck shell=bash

# A tree, and a policy for it. More lines may follow in standard input.
tree_policy() {
        mkdir -p "$W/p/dir/deep" "$W/p/gone/in" "$W/p/out"
        echo one >"$W/p/one"
        echo two >"$W/p/dir/two"
        echo deep >"$W/p/dir/deep/file"
        echo in >"$W/p/gone/in/file"
        ln -s one "$W/p/link"
        { echo "use @base @dev"; echo "overlay exec $W/p"; cat; } | policy
        settle
}

# What was made before the run must not look as if it was made during it: the clock of files ticks every few milliseconds.
settle() {
        local before now
        before=$(stat -c %.9Z "$T/policy")
        while :; do
                : >"$T/clock"
                now=$(stat -c %.9Z "$T/clock")
                [ "$now" = "$before" ] || break
        done
}

in_tree() { # in_tree SCRIPT: in the sandbox, in the tree; options of `run` in $with
        # shellcheck disable=SC2086
        run "$CORDON" run ${with-} -p "$T/policy" -- sh -c "cd $W/p || exit 99; $1"
        [ $rc != 125 ] || [ "${launch-}" = may_fail ] || fail "the sandbox did not start"
}

need_overlay() {
        local probe
        probe=$("$CORDON" explain 2>/dev/null | grep -E '^ +overlays' || true)
        [[ $probe != *NO:* ]] || skip "no overlays here: $probe"
}

work='
        echo more >>one
        sed -i s/two/2/ dir/two
        rm -r gone
        mkdir gone
        echo new >gone/new
        mv dir/deep moved
        ln one hard
        ln -sfn dir link
        chmod 600 dir/two
        mkdir -m 750 sub
        echo x >"sub/a b"
'

test_the_host_keeps_what_it_has() {
        need_overlay
        tree_policy </dev/null
        tree_of "$W/p" >"$T/before"
        in_tree "$work"' cat one dir/two gone/* moved/file; ls dir; readlink link'
        status_is 0
        is "$out" $'one\nmore\n2\nnew\ndeep\ntwo\ndir'
        tree_of "$W/p" >"$T/after"
        diff -u "$T/before" "$T/after" || fail "the host's tree was changed"
        # and what `write` means is another thing
        sed -i s/overlay/write/ "$T/policy"
        in_tree "$work"
        status_is 0
        tree_of "$W/p" >"$T/after"
        ! diff -q "$T/before" "$T/after" >/dev/null || fail "nothing was changed"
}

# Applied, the tree is what it would be if the program had run outside.
applied_as_outside() { # applied_as_outside SCRIPT
        cp -a "$W/p" "$T/copy"
        (cd "$T/copy" && sh -c "$1") >"$T/out.outside" 2>&1
        settle
        with="${with-} --apply" in_tree "$1"
        status_is 0
        tree_of "$T/copy" >"$T/outside"
        tree_of "$W/p" >"$T/inside"
        diff -u "$T/outside" "$T/inside" >"$T/difference" || fail "$(cat "$T/difference")"
        is "$(find "$T/home/.local/state/cordon/changes" -mindepth 1)" "" "what is left behind"
}

test_applied_it_is_as_outside() {
        need_overlay
        tree_policy </dev/null
        applied_as_outside "$work"
}

test_applied_it_is_as_outside_for_types_that_change() {
        need_overlay
        tree_policy </dev/null
        applied_as_outside '
                rm one && mkdir one && echo 1 >one/1
                rm -r dir && echo dir >dir
                rm -r gone && ln -s one gone
                rm link && mkdir -p link/a/b/c && chmod 555 link/a/b
                chmod 1777 out
        '
}

test_applied_everything_is_gone() {
        need_overlay
        tree_policy </dev/null
        applied_as_outside 'rm -rf ./* && ls -A'
        is "$(ls -A "$W/p")" ""
}

test_applied_git_commits() {
        need_overlay
        need git
        tree_policy </dev/null
        export GIT_AUTHOR_DATE=2001-01-01T00:00:00Z GIT_COMMITTER_DATE=2001-01-01T00:00:00Z
        echo "env keep PATH HOME GIT_*_DATE" >>"$T/policy"
        (cd "$W/p" && git init -q -b main . && git config user.name u && git config user.email u@example.org)
        settle
        with=--apply in_tree 'git add -A && git commit -qm first && echo y >>one && git commit -qam second && git gc -q && git fsck'
        status_is 0
        is "$(cd "$W/p" && git -c safe.directory='*' log --format=%s)" $'second\nfirst'
        is "$(cd "$W/p" && git -c safe.directory='*' status --porcelain)" ""
}

test_applied_a_build() {
        need_overlay
        need make cc
        tree_policy </dev/null
        printf 'int main(void) { return 7; }\n' >"$W/p/main.c"
        printf 'prog: main.o\n\tcc -o $@ main.o\n' >"$W/p/Makefile"
        settle
        with=--apply in_tree 'make && ! ./prog && make -q'
        status_is 0
        run "$W/p/prog"
        status_is 7
        (cd "$W/p" && make -q) || fail "times did not come over: make would build again"
}

test_programs_work_in_it() {
        need_overlay
        need python3 tar
        tree_policy </dev/null
        cat >"$W/p/t.py" <<-'END'
		import fcntl, mmap, os, sqlite3
		db = sqlite3.connect("db")
		db.execute("pragma journal_mode=wal")
		db.execute("create table t (a)")
		db.executemany("insert into t values (?)", [(i,) for i in range(1000)])
		db.commit()
		print(db.execute("select count(*) from t").fetchone()[0])
		db.close()
		with open("one", "r+b") as f:
		    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
		    m = mmap.mmap(f.fileno(), 0)
		    m[0:3] = b"ONE"
		    m.flush()
		print(open("one").read().strip())
		fd = os.open(".", os.O_TMPFILE | os.O_RDWR)
		os.write(fd, b"tmp")
		os.link(f"/proc/self/fd/{fd}", "linked", src_dir_fd=os.open(".", os.O_RDONLY), follow_symlinks=True)
		os.rename("linked", "renamed")
		os.truncate("renamed", 2)
		print(open("renamed").read())
		a = os.open("dir/two", os.O_RDONLY)
		before = os.fstat(a)
		b = os.open("dir/two", os.O_WRONLY | os.O_APPEND)
		os.write(b, b"+")
		print(os.path.samestat(os.stat("dir/two"), os.fstat(b)), open("dir/two").read().strip())
	END
        settle
        in_tree 'python3 t.py && tar cf a.tar dir one && mkdir x && tar xf a.tar -C x && diff -r dir x/dir && find . -newer one | wc -l'
        status_is 0
        has "$out" $'1000\nONE\ntm\nTrue two\n+'
        is "$(cat "$W/p/one" "$W/p/dir/two")" $'one\ntwo'
}

test_exec_by_rule() {
        need_overlay
        tree_policy </dev/null
        in_tree 'printf "#!/bin/sh\necho ran\n" >prog; chmod +x prog; ./prog'
        is "$out" ran
        sed -i 's/overlay exec/overlay/' "$T/policy"
        in_tree 'printf "#!/bin/sh\necho ran\n" >prog; chmod +x prog; ./prog'
        status_is 126
        is "$out" ""
        # a part of it may be
        echo "overlay exec $W/p/dir" >>"$T/policy"
        in_tree 'printf "#!/bin/sh\necho ran\n" >dir/prog; chmod +x dir/prog; dir/prog; cp dir/prog .; ./prog'
        status_is 126
        is "$out" ran
        [ ! -e "$W/p/dir/prog" ] || fail "the host has it"
}

test_other_rules_in_it_are_about_the_host() {
        need_overlay
        tree_policy <<-END
		write $W/p/out
		read $W/p/dir
		deny $W/p/gone/in $W/p/**/*.key
		hide $W/p/one
	END
        echo key >"$W/p/a.key"
        mkdir "$W/p/x" "$W/p/x/y"
        echo key >"$W/p/x/y/b.key"
        in_tree 'echo kept >out/kept; echo gone >x/new; cat x/new
                 for f in a.key x/y/b.key gone/in one; do cat $f 2>/dev/null && echo "read $f"; done
                 echo x >dir/no; rm -f a.key x/y/b.key; mv x/y/b.key x/y/c; mv x/y z 2>/dev/null; mv z/b.key z/b
                 mv gone elsewhere; echo x >new.key; ls -d x gone'
        is "$out" $'gone\ngone\nx' "what it could do"
        is "$(cat "$W/p/out/kept")" kept
        [ ! -e "$W/p/x/new" ] || fail "the host has what is new"
        is "$(cat "$W/p/a.key" "$W/p/x/y/b.key")" $'key\nkey'
}

test_overlay_in_other_trees() {
        need_overlay
        tree_policy </dev/null
        policy <<-END
		use @base @dev
		read $W/p
		overlay $W/p/dir
		write $W/p/out
		overlay $W/p/out/in
	END
        mkdir "$W/p/out/in"
        in_tree 'echo x >dir/x && echo y >out/y && echo z >out/in/z && cat dir/x out/in/z; echo x >one'
        is "$out" $'x\nz'
        is "$(cat "$W/p/out/y")" y
        [ ! -e "$W/p/dir/x" ] && [ ! -e "$W/p/out/in/z" ] || fail "an overlay was written through"
}

test_memory_has_the_size_of_tmp() {
        need_overlay
        tree_policy <<-'END'
		tmp private 2M
	END
        in_tree 'head -c 1000000 /dev/zero >a && echo fits; head -c 3000000 /dev/zero >b'
        is "$out" fits
        has "$err" "No space left"
        with="--changes" in_tree 'head -c 3000000 /dev/zero >b && echo fits'
        is "$out" fits
}

# ---- the list -------------------------------------------------------------------------------------------------------

test_changes_are_listed() {
        need_overlay
        tree_policy </dev/null
        with="--changes" in_tree 'echo more >>one; rm -r gone; mkfifo dir/fifo; ln -s /etc dir/l; ln -s ../one dir/m; ln -s ../../x dir/n
                chmod 640 dir/two; touch -d 2001-01-01 dir/deep/file; rm link; mkdir link; exit 3'
        status_is 3
        local P=$W/p
        is "$err" "cordon: metadata  $P/dir/deep/file  (time)
cordon: added     $P/dir/fifo  NOT TO BE APPLIED: it is a FIFO
cordon: added     $P/dir/l -> /etc  (leads out of the tree)
cordon: added     $P/dir/m -> ../one
cordon: added     $P/dir/n -> ../../x  (leads out of the tree)
cordon: metadata  $P/dir/two  (mode 644 -> 640)
cordon: removed   $P/gone/  and all in it
cordon: replaced  $P/link/  (link -> directory)
cordon: modified  $P/one  (4 -> 9 bytes)"
        is "$(find "$T/home/.local/state/cordon/changes" -mindepth 1)" "" "what is left behind"
}

test_what_is_the_same_is_no_change() {
        need_overlay
        tree_policy </dev/null
        with="--changes" in_tree 'cat one dir/two; chmod 644 one; : >>dir/two; echo x >new; rm new; mv dir/deep d; mv d dir/deep
                mkdir -p a/b; rm -r a; touch -r one stamp; cp dir/two two; cat two >dir/two; touch -r two dir/two; rm stamp two'
        status_is 0
        # what was only touched has another time, and nothing else
        lacks "$err" modified
        lacks "$err" added
        lacks "$err" removed
}

test_changes_as_json() {
        need_overlay
        need python3
        tree_policy </dev/null
        with="--keep $T/kept" in_tree 'echo more >>one; rm -r gone; ln -s /etc dir/l'
        status_is 0
        run "$CORDON" changes --json "$T/kept"
        status_is 0
        printf '%s\n' "$out" >"$T/json"
        run python3 -c 'import json, sys
for c in json.load(open(sys.argv[1])): print(c["kind"], c["path"].split("/p/")[1], c["size_before"], c["size"], c["mode"], c["target"], c["outside"], ",".join(c["parts"]))' "$T/json"
        is "$out" $'added dir/l 0 0 120777 /etc True \nremoved gone 0 0 None None False \nmodified one 4 9 100644 None False content,time'
}

test_sockets_are_left_out() {
        need_overlay
        need python3
        tree_policy </dev/null
        run "$CORDON" run --apply -p "$T/policy" -- python3 -c "import os, socket; os.chdir('$W/p'); os.mkfifo('fifo')
s = socket.socket(socket.AF_UNIX); s.bind('sock'); s.listen()
c = socket.socket(socket.AF_UNIX); c.connect('$W/p/sock'); s.accept()[0].send(b'hello'); open('new', 'wb').write(c.recv(9))"
        status_is 0
        is "$(cat "$W/p/new")" hello
        [ ! -e "$W/p/sock" ] && [ ! -e "$W/p/fifo" ] || fail "they came over"
        has "$err" "it is a socket"
}

test_what_would_allow_it_leaves_it_an_overlay() {
        need_overlay
        tree_policy </dev/null
        sed -i 's/overlay exec/overlay/' "$T/policy"
        run "$CORDON" why -p "$T/policy" exec "$W/p/one"
        has "$out" "overlay exec "
        lacks "$out" "write exec"
        run "$CORDON" why -p "$T/policy" unix "$W/p/one"
        has "$out" "to allow"
        lacks "$out" "write unix"
}

test_nothing_changed() {
        need_overlay
        tree_policy </dev/null
        with="--changes" in_tree true
        status_is 0
        is "$err" ""
        with="--apply" in_tree 'cat one'
        status_is 0
        is "$err" ""
        policy <<-'END'
		use @base @dev
	END
        run "$CORDON" run --apply -p "$T/policy" -- true
        status_is 0
        has "$err" "the policy has no \`overlay\`"
}

# ---- keeping, applying, discarding ------------------------------------------------------------------------------------

test_kept_looked_at_and_applied() {
        need_overlay
        tree_policy </dev/null
        with="--keep $T/kept" in_tree 'echo more >>one; rm -r gone; echo new >new'
        status_is 0
        has "$err" "they are kept in $T/kept; see \`cordon changes"
        is "$(cat "$W/p/one")" one
        run "$CORDON" changes --diff "$T/kept"
        status_is 0
        has "$out" $' one\n+more'
        has "$out" $'@@ -0,0 +1,1 @@\n+new\n'
        is "$(cat "$W/p/one")" one
        run "$CORDON" changes --apply "$T/kept"
        status_is 0
        is "$(cat "$W/p/one" "$W/p/new")" $'one\nmore\nnew'
        [ ! -e "$W/p/gone" ] && [ ! -e "$T/kept" ] || fail "what is gone is there"
        run "$CORDON" changes "$T/kept"
        status_is 2
        one_line "$err"
}

test_discarded() {
        need_overlay
        tree_policy </dev/null
        with="--keep $T/kept" in_tree 'echo more >>one; mkdir -p a/b; chmod 000 a/b; chmod 500 a'
        run "$CORDON" changes --discard "$T/kept"
        status_is 0
        is "$(cat "$W/p/one")" one
        [ ! -e "$T/kept" ] || fail "it is still there"
        # and nothing that is none is ever removed
        mkdir -m 700 "$T/mine" "$T/mine/0"
        run "$CORDON" changes --discard "$T/mine"
        status_is 2
        has "$err" "no changes are kept there"
        [ -d "$T/mine/0" ] || fail "a directory of somebody's was removed"
}

test_not_applied_when_the_program_fails() {
        need_overlay
        tree_policy </dev/null
        with="--apply" in_tree 'echo more >>one; exit 7'
        status_is 7
        has "$err" "the program failed, so its changes were not applied"
        is "$(cat "$W/p/one")" one
        run "$CORDON" changes
        one_line "$out"
        local kept=$out
        run "$CORDON" changes --apply "$kept"
        status_is 0
        is "$(cat "$W/p/one")" $'one\nmore'
        with="--apply" in_tree 'echo more >>one; kill -9 $$'
        status_is 137
        is "$(cat "$W/p/one")" $'one\nmore'
}

test_conflicts_are_refused() {
        need_overlay
        tree_policy </dev/null
        with="--keep $T/kept" in_tree 'echo inside >>one; echo inside >new; rm -r gone; echo inside >>dir/two'
        echo outside >>"$W/p/one"
        echo outside >"$W/p/new"
        echo outside >"$W/p/gone/in/more"
        run "$CORDON" changes --apply "$T/kept"
        status_is 1
        has "$err" "3 of them could not be applied"
        is "$(cat "$W/p/one" "$W/p/new" "$W/p/gone/in/more")" $'one\noutside\noutside\noutside'
        is "$(cat "$W/p/dir/two")" $'two\ninside'
        [ "$(grep -c 'changed on the host after' "$T/out")" = 3 ] || fail "not each says why"
        # again, with the reason gone
        rm -r "$W/p/new" "$W/p/gone/in/more"
        run "$CORDON" changes --apply "$T/kept"
        status_is 1
        is "$(cat "$W/p/new")" inside
        [ ! -e "$W/p/gone" ] || fail "what is gone is there"
        is "$(cat "$W/p/one")" $'one\noutside'
}

test_a_policy_is_asked_again() {
        need_overlay
        tree_policy </dev/null
        with="--keep $T/kept" in_tree 'echo inside >>one; echo inside >dir/new; rm -r gone'
        policy "$T/strict" <<-END
		overlay $W/p
		read $W/p/dir
		deny $W/p/gone/in/*
	END
        run "$CORDON" changes -p "$T/strict" --apply "$T/kept"
        status_is 1
        is "$(cat "$W/p/one")" $'one\ninside'
        [ ! -e "$W/p/dir/new" ] && [ -e "$W/p/gone/in/file" ] || fail "the policy was not asked"
        is "$(grep -c 'the policy does not let it be written' "$T/out")" 2
}

test_what_is_left_by_one_that_was_killed_is_swept() {
        need_overlay
        tree_policy </dev/null
        start "$CORDON" run --apply -p "$T/policy" -- sh -c "cd $W/p; echo more >>one; echo ready; read x; sleep 100"
        expect_line ready
        local left
        left=$(echo "$T"/home/.local/state/cordon/changes/run-*)
        [ -d "$left/0/upper" ] || fail "where is it?"
        with="--changes" in_tree true
        [ -d "$left/0/upper" ] || fail "one that is in use was swept"
        run "$CORDON" changes --discard "$left"
        status_is 2
        has "$err" "still running"
        kill -KILL "$pid"
        wait "$pid" || true
        while ! "$CORDON" changes --json "$left" >/dev/null || ! flock -n "$left/lock" true; do :; done
        with="--changes" in_tree true
        [ ! -e "$left" ] || fail "it is still there"
        is "$(cat "$W/p/one")" one
}

test_where_changes_can_be_kept() {
        need_overlay
        tree_policy </dev/null
        local launch=may_fail
        with="--keep $W/p/kept" in_tree true
        status_is 125
        has "$err" "which lies in it: name a directory elsewhere"
        [ ! -e "$W/p/kept" ] || fail "it was left behind"
        echo "write $W/other" >>"$T/policy"
        mkdir "$W/other"
        with="--keep $W/other/kept" in_tree true
        status_is 125
        has "$err" "the program could write to $W/other/kept"
        mkdir -m 755 "$T/open"
        with="--keep $T/open" in_tree true
        status_is 125
        has "$err" "is open to others"
        with="--keep $T/kept" in_tree true
        status_is 0
        with="--keep $T/kept" in_tree true
        status_is 125
        has "$err" "has the changes of another run"
        with="--keep $T/no/such" in_tree true
        status_is 125
        with="--keep $T/kept2" run "$CORDON" run --keep "$T/kept2" -p "$T/policy" -- /no/such/program
        [ ! -e "$T/kept2" ] || fail "it was left behind"
}

test_what_is_mounted_in_it_is_named() {
        am_root || skip "only root mounts here"
        need_overlay
        tree_policy </dev/null
        run unshare -m sh -c "mount -t tmpfs none $W/p/dir && exec $CORDON run -p $T/policy -- true"
        status_is 125
        has "$err" "would not show what is mounted at $W/p/dir"
        run unshare -m sh -c "mount -t tmpfs none $W/p && exec $CORDON run -p $T/policy -- true"
        status_is 0
}

test_odd_names_in_layers() {
        need_overlay
        mkdir -p "$W/p,a:b\\c=d e"
        { echo "use @base @dev"; echo "overlay \"$W/p,a:b\\\\c=d e\""; } | policy
        run "$CORDON" run --changes -p "$T/policy" -- sh -c "cd \"\$1\" && echo x >x && cat x" sh "$W/p,a:b\\c=d e"
        status_is 0
        is "$out" x
        has "$err" "added     $W/p,a:b\\c=d e/x"
}

test_shown_at_another_place() {
        need_overlay
        tree_policy </dev/null
        policy <<-END
		use @base @dev
		overlay $W/p as /mnt/in
		deny /mnt/in/**/*.key
		read $W/p/dir
	END
        run "$CORDON" run --apply --changes -p "$T/policy" -- sh -c "cd /mnt/in && echo more >>one && echo x >dir/new && ls $W/p; : >a.key"
        is "$out" dir
        has "$err" "modified  $W/p/one"
        has "$err" "denied  create /mnt/in/a.key"
        is "$(cat "$W/p/one")" one # the program failed
        run "$CORDON" changes
        run "$CORDON" changes -p "$T/policy" --apply "$out"
        status_is 0
        is "$(cat "$W/p/one" "$W/p/dir/new")" $'one\nmore\nx'
        policy <<-END
		use @base @dev
		overlay $W/p
		write $T/home as /mnt/home
	END
        run "$CORDON" run --changes -p "$T/policy" -- true
        status_is 125
        has "$err" "the program could write to"
}

test_nothing_is_kept_of_what_did_not_run() {
        need_overlay
        tree_policy </dev/null
        printf '#!/no/such/interpreter\n' >"$W/p/script"
        chmod +x "$W/p/script"
        run "$CORDON" run --keep "$T/kept" -p "$T/policy" -- "$W/p/script"
        status_is 127
        [ ! -e "$T/kept" ] || fail "it was left behind"
}

test_require_overlay() {
        need_overlay
        policy <<-'END'
		use @base @dev
		require overlay
	END
        boxed true
        status_is 0
        run "$CORDON" explain "$T/policy"
        has "$out" "this user can mount overlays"
}

test_ids_of_what_is_applied() {
        am_root || skip "an ordinary user has one id"
        need_overlay
        tree_policy </dev/null
        chown -R 1234:2345 "$W/p"
        settle
        with="--apply" in_tree 'echo more >>one; echo new >new; mkdir d; ln -s x d/l'
        status_is 0
        is "$(cd "$W/p" && stat -c '%n %u %g' one new d d/l)" $'one 1234 2345\nnew 1234 2345\nd 1234 2345\nd/l 1234 2345'
}
