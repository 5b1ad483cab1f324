# vet-the-object: the verdict is about what was reached, not about the words that led there. The secret is in the view
# and denied by a pattern, so that only the broker's verdict keeps it.
# shellcheck shell=bash

vet_policy() {
        mkdir -p "$T/data/sub"
        SECRET="secret-$RANDOM$RANDOM"
        S=$T/data/sub/the.keys
        echo "$SECRET" >"$S"
        echo "allowed" >"$T/data/sub/plain"
        echo "hidden $SECRET" >"$T/data/hidden"
        policy <<-END
		use @base @dev
		exec $HELPERS
		read $T/data
		deny $T/data/**/*.keys
		hide $T/data/hidden
		write $W
	END
}

test_vet_the_object_symlink_in_a_write_tree() {
        vet_policy
        ln -s "$S" "$W/innocent"
        ln -s "$T/data/sub/plain" "$W/good"
        ln -s innocent "$W/twice"
        ln -s "$T/data/sub" "$W/directory"
        ln -s "$T/data/hidden" "$W/to-hidden"
        leaks_only_outside cat "$W/innocent"
        leaks_only_outside cat "$W/twice"
        leaks_only_outside cat "$W/directory/the.keys"
        leaks_only_outside cat "$W/to-hidden"
        boxed cat "$W/good"
        is "$out" allowed
        boxed cat "$W/directory/plain"
        is "$out" allowed
}

test_vet_the_object_symlink_made_inside() {
        vet_policy
        leaks_only_outside sh -c "rm -f $W/l; ln -s $S $W/l; cat $W/l"
        leaks_only_outside sh -c "cd $T/data/sub && cat the.keys"
        leaks_only_outside sh -c "cd $T/data && cat ./sub/../sub//the.keys"
        leaks_only_outside bash -c "exec 3<$T/data/sub; cat /proc/self/fd/3/the.keys"
}

test_vet_the_object_names_the_real_path() {
        vet_policy
        ln -s "$S" "$W/innocent"
        told cat "$W/innocent"
        has "$err" "$S"
}

test_vet_the_object_hard_link() {
        vet_policy
        if am_root; then chmod 0666 "$S"; fi
        rm -f "$W/hard"
        leaks_outside sh -c "ln $S $W/hard && cat $W/hard"
        rm -f "$W/hard"
        holds_inside sh -c "ln $S $W/hard && cat $W/hard"
        [ ! -e "$W/hard" ] || fail "the link was made"
}

# A name for what exists is nothing new: where only new files may be made, none is made of an old one.
test_vet_the_object_hard_link_in_a_create_tree() {
        vet_policy
        mkdir "$T/drop"
        echo old >"$T/drop/old"
        chmod 0777 "$T/drop"
        chmod 0666 "$T/drop/old"
        echo "create $T/drop" >>"$T/policy"
        run ln "$T/drop/old" "$T/drop/second"
        status_is 0
        rm "$T/drop/second"
        boxed ln "$T/drop/old" "$T/drop/second"
        [ "$rc" != 0 ] || fail "the link was made"
        boxed sh -c "echo new >$T/drop/new && ln -s old $T/drop/symbolic"
        status_is 0
        is "$(ls "$T/drop" | tr '\n' ' ')" "new old symbolic "
}

# The kernel marks a removed file by a suffix that another file may have as its name.
test_vet_the_object_reopened_is_the_same() {
        vet_policy
        local way='echo one >f; ln f g; exec 3<f; rm f; echo other >"f (deleted)"; echo more >>/proc/self/fd/3; cat g "f (deleted)"'
        run bash -c "$way"
        is "$out" $'one\nmore\nother'
        rm -f "$W"/*
        boxed bash -c "$way"
        is "$out" $'one\nother'
        rm -f "$W"/*
        boxed bash -c 'echo one >f; exec 3<f; mv f g; echo more >>/proc/self/fd/3; cat g'
        is "$out" $'one\nmore'
}

# openat2 with wishes of the caller's own has a way through the broker of its own.
test_vet_the_object_openat2_with_wishes() {
        need python3
        vet_policy
        echo 'use @python' >>"$T/policy"
        ln -s the.keys "$T/data/sub/link"
        cat >"$T/openat2.py" <<-'END'
	import ctypes, os, sys
	libc = ctypes.CDLL(None, use_errno=True)
	dirfd = os.open(sys.argv[1], os.O_RDONLY)
	for resolve in (0, 4, 8, 0x10, 0x18): # none, NO_SYMLINKS, BENEATH, IN_ROOT, BENEATH and IN_ROOT
	    for name in sys.argv[2:]:
	        how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, resolve)
	        fd = libc.syscall(437, dirfd, name.encode(), how, 24)
	        print("%#x %s: %s" % (resolve, name, os.read(fd, 100).decode().strip() if fd >= 0 else "refused"))
	END
        leaks_outside python3 -c "$(cat "$T/openat2.py")" "$T/data/sub" the.keys link plain
        is "$(grep -c "$SECRET" "$T/out")" 7
        is "$(grep -c allowed "$T/out")" 4
        holds_inside python3 -c "$(cat "$T/openat2.py")" "$T/data/sub" the.keys link plain
        is "$(grep -c allowed "$T/out")" 4
}

test_vet_the_object_opath_and_reopen() {
        need python3
        vet_policy
        echo 'use @python' >>"$T/policy"
        cat >"$T/reopen.py" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_PATH)
print(open("/proc/self/fd/%d" % fd).read())
END
        leaks_outside python3 -c "$(cat "$T/reopen.py")" "$S"
        holds_inside python3 -c "$(cat "$T/reopen.py")" "$S"
        boxed python3 -c "$(cat "$T/reopen.py")" "$T/data/sub/plain"
        has "$out" allowed
}

test_vet_the_object_symlink_swap_race() {
        vet_policy
        echo "secret" >"$S"
        mv "$S" "$T/data/sub/secret.keys"
        echo "allowed" >"$W/a"
        ln -s "$T/data/sub/secret.keys" "$W/b"
        run "$HELPERS/race" swap-checked "$W/a" "$W/b" "$W/a" 30000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" swap "$W/a" "$W/b" "$W/a" 10000
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

test_vet_the_object_two_links_swapped() {
        vet_policy
        echo "secret" >"$T/data/sub/secret.keys"
        ln -s "$T/data/sub/plain" "$W/a"
        ln -s "$T/data/sub/secret.keys" "$W/b"
        run "$HELPERS/race" swap-checked "$W/a" "$W/b" "$W/a" 30000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" swap "$W/a" "$W/b" "$W/a" 10000
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

test_vet_the_object_directory_swapped() {
        vet_policy
        mkdir "$T/data/secret.keys" "$W/a"
        echo "secret" >"$T/data/secret.keys/f"
        echo "allowed" >"$W/a/f"
        ln -s "$T/data/secret.keys" "$W/b"
        run "$HELPERS/race" swap-checked "$W/a" "$W/b" "$W/a/f" 30000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" swap "$W/a" "$W/b" "$W/a/f" 10000
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

# The same race for writing: what is read-only must not be reached by a link that appears in time.
test_vet_the_object_nothing_read_only_is_written() {
        vet_policy
        echo original >"$T/data/target"
        chmod 0666 "$T/data/target"
        ln -s "$T/data/target" "$W/link"
        run sh -c "echo over >$W/link"
        is "$(cat "$T/data/target")" over
        echo original >"$T/data/target"
        boxed sh -c "echo over >$W/link"
        boxed sh -c "echo over >>$W/link"
        boxed sh -c ": <>$W/link && echo over 1<>$W/link"
        is "$(cat "$T/data/target")" original
}

test_vet_the_object_denied_literal_in_a_write_tree() {
        vet_policy
        echo "$SECRET" >"$W/denied"
        mkdir "$W/closed"
        echo "$SECRET" >"$W/closed/f"
        printf 'deny %s\ndeny %s\n' "$W/denied" "$W/closed" >>"$T/policy"
        local way
        for way in 'cat $1/denied' 'cat $1/closed/f' 'ln $1/denied $1/x && cat $1/x' 'mv $1/denied $1/y && cat $1/y' 'mv $1/closed $1/z && cat $1/z/f' \
                'cp -a $1/closed $1/w && cat $1/w/f' 'ln -s denied $1/s; cat $1/s'; do
                rc=0
                run "$CORDON" run -q -p "$T/policy" -- sh -c "$way" sh "$W"
                lacks "$out" "$SECRET"
                [ "$rc" != 0 ] || fail "$way worked"
        done
        run cat "$W/denied" "$W/closed/f"
        is "$out" "$SECRET"$'\n'"$SECRET"
}

# A tree that holds what is denied can't be moved from under its rule.
test_vet_the_object_parent_of_a_rule_moved() {
        vet_policy
        mkdir -p "$W/p/q"
        echo "$SECRET" >"$W/p/q/denied"
        echo "deny $W/p/q/denied" >>"$T/policy"
        boxed sh -c "cd $W && mv p moved; cat moved/q/denied; cat p/q/denied"
        lacks "$out" "$SECRET"
        boxed sh -c "cd $W && mkdir n && mv p/q n/q; cat n/q/denied; cat p/q/denied"
        lacks "$out" "$SECRET"
}
