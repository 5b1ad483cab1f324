# What the policy puts in place of the host's things, and what it hands over, cannot be turned into more: masks and virtual files stay
# what they are, descriptors give no more than they are open for, ids and capabilities are the sandbox's own.
# shellcheck shell=bash

# A file and a directory with a secret in them, which anybody may read and write outside.
secret_places() {
        plant_secret
        mkdir -p "$W/places/dir"
        cp "$S" "$W/places/file"
        cp "$S" "$W/places/dir/in"
        chmod -R a+rwX "$W/places"
}

ways_to_read() {
        cat <<-END
			cat places/file places/dir/in
			cat <places/file
			exec 5<places/file; cat /proc/self/fd/5; cat <&5
			cd places/dir; cat ../file ./in ../dir/in
			ln places/file other; cat other
			ln -s places/file other; cat other
			cp -r places copy; cat copy/file copy/dir/in
			mv places moved; cat moved/file moved/dir/in
			mv places/dir places/other; cat places/other/in
			mkdir places/dir2; mv -T places/dir2 places/dir; cat places/dir/in
			rm places/file; cat places/file
			: >new; mv new places/file; cat places/file
			umount places/file; cat places/file
			umount -l places/dir; cat places/dir/in
			mount --bind places/file places/file; cat places/file
			mount -o remount,rw places/file; cat places/file
			tar -cf - places
			grep -r . places
			sort /proc/self/cwd/places/file /proc/self/root$W/places/file
			python3 -c 'import os; os.chdir(os.open("places/dir", os.O_PATH)); print(open("in").read())'
			python3 -c 'import os; f = os.open("places/file", os.O_PATH); print(open("/proc/self/fd/%d" % f).read())'
			python3 -c 'import os; d = os.open("places/dir", os.O_RDONLY); print(open(os.open("in", os.O_RDONLY, dir_fd=d)).read())'
			python3 -c 'import os; d = os.open("places/dir", os.O_RDONLY); print(open(os.open("../file", os.O_RDONLY, dir_fd=d)).read())'
			python3 -c 'import os; d = os.open("places/dir", os.O_RDONLY); os.fchdir(d); print(open("../file").read(), open("in").read())'
		END
}

# Each way in a fresh copy. Which of them work outside depends on the user; some must, or this would prove nothing.
hold_what_is_masked() {
        local way reached=0
        need python3
        cp -a "$W/places" "$T/places"
        while IFS= read -r way; do
                rm -rf "${W:?}"/* && cp -a "$T/places" "$W/places"
                if [ "${way#*mount}" = "$way" ]; then
                        run sh -c "$way"
                        [[ $out != *"$SECRET"* ]] || reached=$((reached + 1))
                        rm -rf "${W:?}"/* && cp -a "$T/places" "$W/places"
                fi
                boxed sh -c "$way"
                lacks "$out$err" "$SECRET"
                is "$(cat "$W/places/file" "$W/places/dir/in")" "$SECRET"$'\n'"$SECRET" "after $way"
        done < <(ways_to_read)
        [ $reached -ge 12 ] || fail "only $reached ways work outside"
}

test_own_places_mask() {
        local audit
        for audit in denied none; do
                rm -rf "${W:?}"/* "$T/places"
                secret_places
                dev_policy "audit $audit"
                echo "mask $W/places/file $W/places/dir" >>"$T/policy"
                hold_what_is_masked
        done
}

test_own_places_virtual_file() {
        secret_places
        dev_policy "file $W/places/file \"virtual\\n\""
        echo "mask $W/places/dir" >>"$T/policy"
        hold_what_is_masked
}

# By pattern, in a tree that is only read.
test_own_places_mask_by_pattern() {
        plant_secret
        mkdir -p "$T/places/dir"
        cp "$S" "$T/places/file.key"
        cp "$S" "$T/places/dir/in"
        chmod -R a+rX "$T/places"
        dev_policy "read $T/places"
        echo "mask $T/places/*.key $T/places/d*" >>"$T/policy"
        local way
        cd "$T/places"
        need python3
        for way in 'cat file.key dir/in' 'cat <file.key' 'exec 5<file.key; cat /dev/fd/5' 'cp file.key dir/in $W; cat $W/*' 'cd dir; cat ../file.key in' \
                'ln -s $PWD/file.key $W/link; cat $W/link' 'ln file.key $W/link; cat $W/link; cat file.key' 'grep -r . .' 'tar -cf - .' \
                'python3 -c "import os; f = os.open(\"file.key\", os.O_PATH); print(open(\"/proc/self/fd/%d\" % f).read())"' \
                'python3 -c "import os; os.chdir(\"dir\"); print(open(\"in\").read())"' \
                'python3 -c "import os; d = os.open(\"dir\", os.O_PATH); print(open(os.open(\"in\", os.O_RDONLY, dir_fd=d)).read())"' \
                'python3 -c "import os; d = os.open(\".\", os.O_RDONLY); print(open(os.open(\"dir/in\", os.O_RDONLY, dir_fd=d)).read())"'; do
                rm -rf "${W:?}"/*
                leaks_outside sh -c "W=$W; $way"
                rm -rf "${W:?}"/*
                holds_inside sh -c "W=$W; $way"
        done
        # What is handed over in its place leads nowhere.
        boxed python3 -c 'import os
d = os.open("dir", os.O_RDONLY)
print(os.listdir(d), os.listdir("/proc/self/fd/%d" % d))
for name in ("in", "../file.key", "../../etc/passwd", "../stock"):
    try: os.close(os.open(name, os.O_RDONLY, dir_fd=d)); print("opened", name)
    except OSError: pass
up = os.open("..", os.O_PATH, dir_fd=d)
print(os.path.exists("/proc/self/fd/%d/etc" % up), os.path.exists("/proc/self/fd/%d/usr" % up))
try: os.mkdir("new", dir_fd=d); print("made")
except OSError: pass'
        is "$out" $'[] []\nFalse False'
        boxed python3 -c 'import os
f = os.open("file.key", os.O_RDONLY); p = "/proc/self/fd/%d" % f
for way in (lambda: os.write(f, b"x"), lambda: os.truncate(p, 9), lambda: os.ftruncate(f, 9), lambda: os.open(p, os.O_RDWR), lambda: os.execve(p, ["x"], {})):
    try: way(); print("did it")
    except OSError: pass
print(os.path.getsize(p))'
        is "$out" 0
}

# A descriptor that is kept gives what it is open for, in whatever way it is opened again.
test_own_places_kept_descriptor_is_no_more_than_it_is() {
        need python3
        mkdir "$T/data"
        local way audit
        for audit in denied none; do
                dev_policy "audit $audit"
                printf 'fd keep 3 read\nread %s\n' "$T/data" >>"$T/policy"
                for way in 'echo x >/proc/self/fd/3' 'echo x >>/dev/fd/3' 'echo x 1<>/proc/self/fd/3' 'echo x >&3' 'truncate -s 0 /proc/self/fd/3' \
                        'python3 -c "import os; os.write(3, b\"x\")"' 'python3 -c "import os; os.ftruncate(3, 0)"' \
                        'cp /etc/passwd /proc/self/fd/3'; do
                        echo original >"$T/data/file"
                        run sh -c "$way" 3<>"$T/data/file"
                        [ "$(cat "$T/data/file")" != original ] || fail "outside, $way does nothing"
                        echo original >"$T/data/file"
                        run "$CORDON" run -q -p "$T/policy" -- sh -c "$way" 3<"$T/data/file"
                        [ "$rc" != 0 ] && [ "$rc" != 125 ] || fail "$way: $rc"
                        is "$(cat "$T/data/file")" original "$way"
                done
                run "$CORDON" run -q -p "$T/policy" -- cat /proc/self/fd/3 3<"$T/data/file"
                is "$out" original
        done
}

test_own_places_descriptor_that_is_not_kept() {
        plant_secret
        dev_policy 'fd keep 9 read'
        exec 9</dev/null 8<"$S" 10<"$S" 4<"$S" 5</
        local n
        for n in 4 8 10; do
                leaks_outside sh -c "cat /proc/self/fd/$n"
                holds_inside sh -c "cat /proc/self/fd/$n; cat /dev/fd/$n"
                holds_inside bash -c "cat <&$n"
        done
        leaks_only_outside sh -c "cat /proc/self/fd/5$S"
        boxed "$HELPERS/fds"
        is "$out" $'0\n1\n2\n9'
        exec 9<&- 8<&- 10<&- 4<&- 5<&-
}

# Neither a set-user-id program, nor user id 0, nor what is kept brings anything else back.
test_own_places_capabilities_do_not_come_back() {
        am_root || skip "only root can make a set-user-id program of another user"
        cp "$HELPERS/ids" "$W/ids"
        chown 0:0 "$W/ids"
        chmod 6755 "$W/ids"
        run setpriv --reuid=65532 --regid=65532 --clear-groups "$W/ids"
        has "$out" "euid=0"
        lacks "$out" "caps=0000000000000000"
        local line
        for line in 'caps none' 'user root' 'user own'; do
                dev_policy "$line"
                boxed "$W/ids"
                has "$out" "caps=0000000000000000"
        done
        dev_policy 'caps keep net_bind_service'
        boxed "$W/ids"
        has "$out" "caps=0000000000000400"
        echo 'user root' >>"$T/policy"
        boxed "$W/ids"
        has "$out" "caps=0000000000000400"
}

test_own_places_capabilities_cannot_be_raised() {
        need python3
        dev_policy 'caps keep chown'
        local raise='import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
def prctl(*a): return libc.prctl(*[ctypes.c_ulong(x) for x in a] + [ctypes.c_ulong(0)] * (5 - len(a)))
print([prctl(47, 2, cap) for cap in (0, 1, 7, 21)], prctl(28, 0), prctl(27))'
        boxed python3 -c "$raise"
        # PR_CAP_AMBIENT_RAISE of any, PR_SET_SECUREBITS: refused; what is locked says so
        matches "$out" '^\[-1, -1, -1, -1\] -1 '
        boxed grep CapEff /proc/self/status
        is "$out" $'CapEff:\t0000000000000001'
}

# Capabilities count in the sandbox's own namespace: of others' files nothing is to be had.
test_own_places_capabilities_end_at_the_sandbox() {
        plant_secret
        mkdir "$T/data"
        cp "$S" "$T/data/closed"
        chmod 000 "$T/data/closed"
        am_root || skip "only root can make a file of another user"
        chown 1234:1234 "$T/data/closed"
        leaks_outside cat "$T/data/closed"
        dev_policy "read $T/data"
        echo 'caps keep dac_override chown fowner fsetid setuid setgid kill' >>"$T/policy"
        local audit line
        for audit in denied none; do
                for line in 'user root' 'hostname x'; do
                        printf '%s\naudit %s\n' "$line" "$audit" >>"$T/policy"
                        holds_inside cat "$T/data/closed"
                        holds_inside python3 -c 'import os, sys
for way in (lambda: os.setuid(1234), lambda: os.setgroups([1234]), lambda: os.chown(sys.argv[1], os.getuid(), -1), lambda: os.chmod(sys.argv[1], 0o777), lambda: print(open(sys.argv[1]).read())):
    try: way(); print("did it")
    except OSError: pass' "$T/data/closed"
                        lacks "$out" "did it"
                        sed -i '$d' "$T/policy"
                        sed -i '$d' "$T/policy"
                done
        done
}

# Root in the sandbox is nobody outside.
test_own_places_user_root_is_not_root() {
        am_root || skip "this is about root's own files"
        plant_secret
        chmod 600 "$S"
        chmod 711 "$T/secret"
        dev_policy "read $T/secret"
        echo 'user root' >>"$T/policy"
        leaks_only_outside cat "$S"
        local f
        for f in /etc/shadow /etc/gshadow; do
                [ -s $f ] || continue
                boxed cat $f
                [ "$rc" != 0 ] || fail "$f was read"
        done
        boxed sh -c 'echo x >/etc/passwd || echo x >/usr/bin/id'
        [ "$rc" != 0 ] || fail "a file of root's was written"
        for f in kernel/hostname kernel/core_pattern; do
                boxed sh -c ": >>/proc/sys/$f"
                [ "$rc" != 0 ] || fail "$f was opened for writing"
        done
        boxed hostname other
        [ "$rc" != 0 ] || fail "the host name was set"
}

# What is taken away in a writable tree is mounted over, and who replaces or moves it outside takes that mount along. Its name stays
# what the policy says it is.
test_own_places_replaced_outside() {
        local line pair audit
        for audit in denied none; do
                for line in deny read mask; do
                        rm -rf "$W/tree" "$W/new"
                        mkdir -p "$W/tree/dir"
                        echo old-secret | tee "$W/tree/kept" "$W/tree/moved" >"$W/tree/dir/in"
                        echo new-secret >"$W/new"
                        mkfifo "$W/tree/go"
                        am_root && chown -R 65534:65534 "$W/tree" "$W/new"
                        chmod -R a+rwX "$W/tree" "$W/new"
                        policy <<-POLICY
				use @base @dev
				audit $audit
				write $W/tree
				$line $W/tree/kept $W/tree/moved $W/tree/dir
			POLICY
                        start "$CORDON" run -q -p "$T/policy" -- sh -c "cd $W/tree
                                echo ready; read x <go
                                for name in kept moved; do
                                        echo x >>\$name; mv \$name got-\$name; ln \$name link-\$name; truncate -s 0 \$name; chmod 0 \$name
                                        rm -f \$name; cat got-\$name link-\$name
                                done
                                mv dir got-dir; echo x >dir/made; cat got-dir/in; echo evil >evil; mv evil kept; rm -f evil; echo done"
                        expect_line ready
                        mv "$W/new" "$W/tree/kept" # as an editor saves
                        mv "$W/tree/moved" "$W/tree/elsewhere"
                        echo new-secret >"$W/tree/moved"
                        mv "$W/tree/dir" "$W/away" && mkdir "$W/tree/dir"
                        echo new-secret >"$W/tree/dir/in"
                        am_root && chown -R 65534:65534 "$W/tree"
                        chmod -R a+rwX "$W/tree"
                        echo go >"$W/tree/go"
                        expect_line done
                        finish
                        for pair in kept:new-secret moved:new-secret dir/in:new-secret; do
                                is "$(cat "$W/tree/${pair%:*}")" "${pair#*:}" "$audit, $line: ${pair%:*}"
                        done
                        is "$(ls "$W/tree")" $'dir\nelsewhere\ngo\nkept\nmoved' "$audit, $line: names"
                        rm -rf "$W/away"
                done
        done
        # Without such a line all of it can be done.
        printf 'use @base @dev\nwrite %s\n' "$W/tree" | policy
        boxed sh -c "cd $W/tree; mv kept got-kept && cat got-kept"
        is "$out" new-secret
}
