# overlay: the host keeps what it has, whatever the program does; what it leaves is handled as what it is, hostile.
# shellcheck shell=bash

overlay_policy() { # more lines in standard input
        local probe before now
        probe=$("$CORDON" explain 2>/dev/null | grep -E '^ +overlays' || true)
        [[ $probe != *NO:* ]] || skip "no overlays here: $probe"
        mkdir -p "$W/p/dir"
        echo mine >"$W/p/file"
        echo mine >"$W/p/dir/file"
        { echo "use @base @dev"; echo "overlay exec $W/p"; echo "read exec $HELPERS"; cat; } | policy
        before=$(stat -c %.9Z "$T/policy")
        while :; do # what is older must look so
                : >"$T/clock"
                now=$(stat -c %.9Z "$T/clock")
                [ "$now" = "$before" ] || break
        done
}

kept() { # kept SCRIPT: in the sandbox, in the tree
        run "$CORDON" run -q --keep "$T/kept" -p "$T/policy" -- sh -c "cd $W/p || exit 99; $1"
        started_at_all
}

nothing_was_touched() {
        is "$(cat "$W/p/file" "$W/p/dir/file")" $'mine\nmine'
        is "$(cd "$W/p" && find . | sort | tr '\n' ' ')" ". ./dir ./dir/file ./file "
}

test_nothing_is_written_through() {
        overlay_policy </dev/null
        boxed sh -c "cd $W/p; echo x >>file; : >dir/file; rm -rf dir; mkdir dir; chmod 777 .; ln file l; mv file f; truncate -s 9 l
                     exec 3<>f; echo y >&3; python3 -c 'import os, mmap
f = open(\"l\", \"r+b\"); m = mmap.mmap(f.fileno(), 0); m[0:1] = b\"Z\"; m.flush(); os.setxattr(\"l\", \"user.a\", b\"b\")' 2>/dev/null
                     cat f"
        status_is 0
        has "$out" Z
        nothing_was_touched
        is "$(stat -c %a "$W/p")" 755
}

test_no_whiteouts_and_marks_of_its_own() {
        overlay_policy </dev/null
        mkdir "$W/p/full"
        kept 'mknod w c 0 0 && echo made; mkdir full2 && python3 -c "import os
for name in \"user.overlay.opaque\", \"user.overlay.whiteout\", \"user.overlay.redirect\", \"trusted.overlay.opaque\":
    for path in \"full\", \"dir\", \"file\":
        try: os.setxattr(path, name, b\"y\")
        except OSError: pass
"; ls dir file; cp file copy'
        is "$out" $'file\n\ndir:\nfile'
        run "$CORDON" changes "$T/kept"
        lacks "$out" removed
        run "$CORDON" changes --apply "$T/kept"
        [ -f "$W/p/dir/file" ] && [ -f "$W/p/file" ] && [ -d "$W/p/full2" ] || fail "a forged mark took a file away"
}

test_layers_are_out_of_reach() {
        overlay_policy </dev/null
        kept "ls -d $T/kept $T/kept/0 2>&1; find / -xdev -name upper 2>/dev/null; grep -c overlay /proc/self/mountinfo; mount -t overlay o file; umount $W/p; unshare -Urm true"
        lacks "$out" "$T/kept/0"$'\n'
        [[ $out != */upper* ]] || fail "a layer shows"
        [ "$rc" != 0 ] || fail "it could mount"
        nothing_was_touched
}

test_rules_hold_in_it() {
        overlay_policy <<-END
		deny $W/p/dir $W/p/**/*.key
		never $W/p/own
	END
        mkdir "$W/p/own" "$W/p/sub"
        plant_secret
        cp "$S" "$W/p/dir/secret"
        cp "$S" "$W/p/own/secret"
        cp "$S" "$W/p/a.key"
        cp "$S" "$W/p/sub/b.key"
        leaks_outside sh -c "cat $W/p/dir/secret $W/p/own/secret $W/p/a.key $W/p/sub/b.key"
        local try
        for try in 'cat dir/secret' 'cat own/secret' 'cat a.key' 'cat sub/b.key' 'mv a.key b; cat b' 'ln a.key b; cat b' \
                'mv sub x; cat x/b.key; mv x/b.key x/c; cat x/c' 'mv dir d; cat d/secret' 'rm -rf dir; ls dir; cat dir/secret' \
                'mv own o; cat o/secret; cp -r . /tmp/all; grep -r TOP /tmp/all' 'ln -s a.key s; cat s' 'cp --reflink=auto a.key x; cat x'; do
                boxed sh -c "cd $W/p; $try"
                lacks "$out$err" "$SECRET"
        done
        run "$CORDON" run -q --keep "$T/kept" -p "$T/policy" -- sh -c "cd $W/p; mv a.key b; cp sub/b.key c; rm -rf dir own"
        run grep -rqF "$SECRET" "$T/kept/0/upper"
        status_is 1
}

test_links_swapped_before_applying() {
        overlay_policy </dev/null
        mkdir "$T/elsewhere"
        echo mine >"$T/elsewhere/file"
        kept 'echo evil >dir/file; echo evil >dir/new; rm file'
        mv "$W/p/dir" "$W/p/moved"
        ln -s "$T/elsewhere" "$W/p/dir"
        run "$CORDON" changes --apply "$T/kept"
        status_is 1
        is "$(ls "$T/elsewhere")" file
        is "$(cat "$T/elsewhere/file")" mine
        # the tree itself
        rm "$W/p/dir"
        mv "$W/p" "$W/q"
        ln -s "$T/elsewhere" "$W/p"
        run "$CORDON" changes --apply "$T/kept"
        status_is 2
        is "$(ls "$T/elsewhere")" file
}

test_links_that_the_program_made() {
        overlay_policy </dev/null
        mkdir "$T/elsewhere"
        echo mine >"$T/elsewhere/file"
        kept "rm -r dir; ln -s $T/elsewhere dir; ln -s $T/elsewhere/file l; rm file; ln -s ../../../elsewhere/file file"
        run "$CORDON" changes --apply "$T/kept"
        status_is 0
        is "$(grep -c 'leads out of the tree' "$T/out")" 3
        is "$(cat "$T/elsewhere/file")" mine
        [ -L "$W/p/dir" ] && [ -L "$W/p/file" ] || fail "what came are no links"
}

test_odd_files_block_nothing() {
        overlay_policy </dev/null
        kept 'mkfifo fifo; rm file; mkfifo file; mkdir deep; cd deep; i=0; while [ $i -lt 400 ]; do mkdir d && cd d || break; i=$((i + 1)); done'
        run timeout 20 "$CORDON" changes "$T/kept"
        status_is 0
        has "$out" "fifo  NOT TO BE APPLIED: it is a FIFO"
        has "$out" "is not looked into"
        run timeout 20 "$CORDON" changes --apply "$T/kept"
        status_is 1
        is "$(cat "$W/p/file")" mine
        run "$CORDON" changes --discard "$T/kept"
        status_is 0
}

test_names_reach_no_terminal() {
        overlay_policy </dev/null
        kept 'printf evil >"$(printf "a\033]0;x\007\nb")"; ln -s "$(printf "\033[2J")" l'
        run "$CORDON" changes --diff "$T/kept"
        status_is 0
        ! grep -q $'[\033\007]' "$T/out" || fail "an escape sequence got through"
        has "$out" 'a\x1b]0;x\x07\x0ab'
        run "$CORDON" changes --json "$T/kept"
        ! grep -q $'[\033\007]' "$T/out" || fail "an escape sequence got through"
}

test_no_set_id_files_come_out() {
        overlay_policy </dev/null
        kept 'cp /bin/true t; chmod 6755 t; chmod u+s t; chmod g+s dir; ls -l t'
        # and if something got one into a layer after all
        [ ! -f "$T/kept/0/upper/t" ] || chmod 6755 "$T/kept/0/upper/t"
        run "$CORDON" changes --apply "$T/kept"
        status_is 0
        is "$(find "$W/p" -perm /6000)" ""
        [ -x "$W/p/t" ] || fail "it did not come at all"
}

# Two that do the same at once, one that is stopped in the middle: no file is ever half of one.
test_an_interrupted_apply() {
        overlay_policy </dev/null
        kept 'i=0; while [ $i -lt 300 ]; do head -c 200000 /dev/zero >f$i; i=$((i + 1)); done; head -c 200000 /dev/zero >file'
        "$CORDON" changes --apply "$T/kept" >/dev/null 2>&1 &
        while [ ! -e "$W/p/f1" ]; do :; done
        kill -KILL $!
        wait $! || true
        is "$(find "$W/p" -name 'f*' ! -size 200000c ! -name file)" "" "files that are half there"
        matches "$(stat -c %s "$W/p/file")" '^(5|200000)$'
        run "$CORDON" changes --apply "$T/kept"
        status_is 0
        is "$(find "$W/p" -name 'f*' -size 200000c | wc -l)" 301
}
