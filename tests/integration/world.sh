# The world around a program: masks, virtual files, kept descriptors, capabilities, ids, host name, requirements. Beside each thing
# that a line brings stands what is so without it.
# shellcheck shell=bash

# A read tree with two files, a directory with one, and the rest of the lines from standard input.
world_policy() {
        mkdir -p "$T/data/dir"
        echo plain >"$T/data/plain"
        echo content >"$T/data/file"
        echo content >"$T/data/dir/in"
        { dev_policy; cat >>"$T/policy"; }
        echo "read $T/data" >>"$T/policy"
}

# A launch that is refused, with the line that is at fault.
refused_launch() { # refused_launch TEXT COMMAND...
        local text=$1
        shift
        run "$CORDON" run -q -p "$T/policy" "$@"
        status_is 125
        one_line "$err"
        has "$err" "$text"
}

# ---- mask -----------------------------------------------------------------------------------------------------------

test_mask_is_empty_and_readable() {
        local audit
        need python3 busybox
        for audit in denied none; do
                world_policy <<-END
			audit $audit
			mask $T/data/file $T/data/dir
		END
                boxed cat "$T/data/plain" "$T/data/file"
                status_is 0
                is "$out" plain
                boxed busybox wc -c "$T/data/file"
                is "$out" "0 $T/data/file"
                boxed python3 -c 'import os, sys; d = sys.argv[1]; print(open(d + "/file").read() == "", os.path.getsize(d + "/file"), os.listdir(d + "/dir"))' "$T/data"
                is "$out" "True 0 []"
                boxed ls -A "$T/data/dir"
                status_is 0
                is "$out" ""
                boxed cat "$T/data/dir/in"
                status_is 1
                has "$err" "No such file"
                boxed sh -c "echo x >$T/data/file"
                status_is 2
                boxed sh -c "echo x >$T/data/dir/new"
                status_is 2
                boxed sh -c "tar -C $T -cf $W/t.tar data && tar -tvf $W/t.tar"
                status_is 0
                matches "$out" "-r--r--r-- .* 0 .* data/file"
                is "$(cat "$T/data/file" "$T/data/dir/in")" $'content\ncontent'
        done
}

test_mask_without_the_line() {
        world_policy </dev/null
        boxed cat "$T/data/plain" "$T/data/file" "$T/data/dir/in"
        is "$out" $'plain\ncontent\ncontent'
}

test_mask_where_nothing_around_is_granted() {
        plant_secret
        dev_policy "mask $S"
        boxed cat "$S"
        status_is 0
        is "$out" ""
        boxed ls -A "$T/secret"
        is "$out" secret
        dev_policy "mask $T/secret"
        boxed ls -A "$T/secret"
        status_is 0
        is "$out" ""
        dev_policy
        boxed ls -A "$T/secret"
        [ "$rc" != 0 ] || fail "the directory exists without a rule"
}

test_mask_in_a_writable_tree() {
        mkdir -p "$W/keys"
        echo content >"$W/keys/one"
        echo content >"$W/env"
        dev_policy "mask $W/env $W/keys"
        boxed cat "$W/env"
        status_is 0
        is "$out" ""
        local way
        for way in 'echo x >env' 'echo x >>env' ': >new; mv new env' 'rm env' 'rm -rf keys' 'mv keys other' 'chmod 600 env' 'ln env link' \
                'truncate -s 3 env' 'touch keys/new' 'cp /etc/passwd env'; do
                boxed sh -c "cd $W && $way"
                [ "$rc" != 0 ] || fail "$way worked"
                is "$(cat "$W/env" "$W/keys/one")" $'content\ncontent' "$way"
        done
        boxed sh -c "cd $W && echo x >fresh && mv fresh other && rm other"
        status_is 0
}

test_mask_of_what_is_not_there() {
        world_policy <<-END
		mask $T/data/none
	END
        boxed cat "$T/data/none"
        status_is 1
        has "$err" "No such file"
        # In a tree that is only read it may come to be, made by others: then it is empty, also where nobody else would be asked.
        echo 'audit none' >>"$T/policy"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "echo ready; until [ -e $T/data/none ]; do :; done; cat $T/data/none $T/data/plain; cat $T/data/none/in 2>&-; echo done"
        expect_line ready
        echo content >"$T/data/new"
        mv "$T/data/new" "$T/data/none"
        finish
        is "$rest" $'plain\ndone'
        # In one that is written, the program must not make it, nor anything else of that name.
        dev_policy "mask $W/none"
        boxed sh -c "echo x >'$W/none'"
        [ ! -e "$W/none" ] || fail "what is masked was made"
        has "$err" "Permission denied"
        boxed sh -c "echo x >'$W/some' && mv '$W/some' '$W/none'"
        [ ! -e "$W/none" ] || fail "something was moved to where it is masked"
        boxed sh -c "echo x >'$W/some' && mv '$W/some' '$W/other'"
        status_is 0
        [ -e "$W/other" ] || fail "nothing could be moved"
}

test_mask_by_pattern() {
        world_policy <<-END
		mask $T/data/**/*.key $T/data/d?r
	END
        echo content >"$T/data/a.key"
        mkdir "$T/data/deep"
        echo content >"$T/data/deep/b.key"
        boxed cat "$T/data/a.key" "$T/data/deep/b.key" "$T/data/plain" "$T/data/file"
        status_is 0
        is "$out" $'plain\ncontent'
        boxed busybox cat "$T/data/a.key"
        is "$out" ""
        boxed "$HELPERS/rawcat-static" "$T/data/a.key"
        is "$out" ""
        boxed ls -A "$T/data/dir"
        status_is 0
        is "$out" ""
        boxed cat "$T/data/dir/in"
        status_is 0
        is "$out" ""
        boxed stat -c %s "$T/data/a.key" # metadata is not brokered
        is "$out" 8
        boxed sh -c "echo x >$T/data/a.key"
        status_is 2
        boxed sh -c "cat $T/data/a.key/"
        has "$err" "Not a directory"
        mkfifo "$T/data/f.key"
        boxed cat "$T/data/f.key"
        status_is 1
        has "$err" "Permission denied"
}

# What is granted deeper is there, in an otherwise empty directory.
test_mask_around_what_is_granted() {
        world_policy <<-END
		mask $T/data
		read $T/data/dir
	END
        sed -i '$d' "$T/policy"
        boxed sh -c "ls -A $T/data; cat $T/data/dir/in"
        status_is 0
        is "$out" $'dir\ncontent'
        boxed cat "$T/data/plain"
        status_is 1
}

# ---- file -----------------------------------------------------------------------------------------------------------

test_file_is_one_file_for_all() {
        local audit
        need python3 busybox git
        for audit in denied none; do
                world_policy <<-END
			audit $audit
			file /virtual/note "two\nlines\n"
			file $T/data/file "instead\n"
		END
                boxed cat /virtual/note "$T/data/file" "$T/data/plain"
                status_is 0
                is "$out" $'two\nlines\ninstead\nplain'
                boxed busybox cat /virtual/note
                is "$out" $'two\nlines'
                # These compare what they opened with what they had looked at.
                boxed sh -c "cp -p /virtual/note $T/data/file $W && tar -cf $W/t.tar /virtual/note $T/data/file && tar -xOf $W/t.tar; cat $W/note"
                status_is 0
                is "$out" $'two\nlines\ninstead\ntwo\nlines'
                rm -f "$W/note" "$W/file"
                boxed git hash-object /virtual/note
                is "$out" "$(printf 'two\nlines\n' | git hash-object --stdin)"
                boxed python3 -c 'import mmap, os; f = open("/virtual/note"); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); print(m[:3], os.path.samestat(os.fstat(f.fileno()), os.stat("/virtual/note")), oct(os.stat("/virtual/note").st_mode), os.stat("/virtual/note").st_uid == os.getuid())'
                is "$out" "b'two' True 0o100444 True"
                boxed ls -A /virtual
                is "$out" note
                is "$(cat "$T/data/file")" content
        done
        world_policy </dev/null
        boxed cat /virtual/note
        status_is 1
        boxed cat "$T/data/file"
        is "$out" content
}

test_file_cannot_be_changed() {
        echo "the host's" >"$W/note"
        dev_policy "file $W/note \"virtual\\n\""
        local way audit
        for audit in denied none; do
                echo "audit $audit" >>"$T/policy"
                for way in 'echo x >note' 'echo x >>note' 'echo x >new; mv new note' 'rm note' 'mv note other' 'chmod 600 note' 'touch note' \
                        'truncate -s 0 note' 'ln -f /etc/passwd note' 'cp /etc/passwd note' 'ln note link' 'sed -i s/v/w/ note'; do
                        boxed sh -c "cd $W && $way"
                        [ "$rc" != 0 ] || fail "$way worked"
                        boxed cat "$W/note"
                        is "$out" virtual "$way"
                        is "$(cat "$W/note")" "the host's" "$way"
                done
                sed -i '$d' "$T/policy"
        done
        boxed sh -c "cd $W && echo x >plain && chmod 600 plain && mv plain other && rm other"
        status_is 0
}

test_file_is_not_executed() {
        local it
        for it in file exec; do
                printf '#!/bin/sh\necho run\n' >"$W/script"
                chmod 755 "$W/script"
                dev_policy "$([ $it = exec ] || echo "file $W/script from $W/script")"
                boxed "$W/script"
                status_is $([ $it = exec ] && echo 0 || echo 126)
                boxed sh "$W/script" # as data it is what it is
                is "$out" run
        done
}

test_file_where_the_host_has_none() {
        mkdir "$W/dir"
        dev_policy "file $W/none \"x\""
        refused_launch "policy:5: \`file $W/none\` lies in $W" -- true
        has "$err" "make it first"
        [ ! -e "$W/none" ] || fail "a stub was made in the user's tree"
        dev_policy "file $W/dir \"x\""
        refused_launch "on the host this is a directory" -- true
        : >"$W/none"
        dev_policy "file $W/none \"x\""
        boxed cat "$W/none"
        is "$out" x
}

test_file_from_the_host_and_large() {
        plant_secret
        head -c 4194304 /dev/urandom >"$T/secret/large"
        dev_policy "file /large from $T/secret/large"
        boxed sha256sum /large
        is "${out%% *}" "$(sha256sum <"$T/secret/large" | cut -d' ' -f1)"
        boxed cat "$T/secret/large"
        status_is 1
}

test_file_in_tmp_and_proc() {
        dev_policy "file /tmp/a/note \"x\""
        echo 'file /proc/version "a kernel\n"' >>"$T/policy"
        boxed sh -c 'cat /tmp/a/note /proc/version; echo y >/tmp/other && cat /tmp/other; mv /tmp/a /tmp/b 2>&- || echo stays; rm /tmp/a/note 2>&- || echo stays'
        is "$out" $'xa kernel\ny\nstays\nstays'
        dev_policy 'mask /proc/version /dev/null'
        boxed sh -c 'cat /proc/version; cat /dev/null; [ -f /dev/null ] && echo file; echo x >/dev/null || echo held'
        is "$out" $'file\nheld'
}

# ---- fd -------------------------------------------------------------------------------------------------------------

test_fd_is_kept_under_its_number() {
        need python3
        echo content >"$W/file"
        dev_policy 'fd keep 3 read'
        echo 'fd keep 4 write' >>"$T/policy"
        echo 'fd keep 17' >>"$T/policy"
        run "$CORDON" run -q --audit "$T/audit" -p "$T/policy" -- bash -c "cat <&3; echo out >&4; echo both >&17; $HELPERS/fds" \
                3<"$W/file" 4>"$W/out" 17<>"$W/both" 5<"$W/file" 16<"$W/file"
        status_is 0
        is "$out" $'content\n0\n1\n2\n3\n4\n17'
        is "$(cat "$W/out" "$W/both")" $'out\nboth'
        run "$CORDON" run -q -p "$T/policy" -- python3 -c 'import os; print(os.read(3, 99)); os.write(4, b"python\n")' 3<"$W/file" 4>"$W/out" 17<"$W/file"
        is "$out" "b'content\\n'"
        is "$(cat "$W/out")" python
        # a pipe, and a socket
        run bash -c 'echo through | "$0" run -q -p "$1" -- cat /dev/fd/3 3<&0 4>/dev/null 17>/dev/null' "$CORDON" "$T/policy"
        is "$out" through
}

test_fd_is_what_the_policy_says() {
        echo content >"$W/file"
        dev_policy 'fd keep 3 read'
        refused_launch "policy:5: descriptor 3, which \`fd keep\` names, is not handed over" -- true
        exec 3>"$W/out"
        refused_launch "policy:5: descriptor 3 is open for writing, but the policy keeps it for reading" -- true
        exec 3<>"$W/out"
        refused_launch "policy:5: descriptor 3 is open for reading and writing, but" -- true
        exec 3</
        refused_launch "policy:5: descriptor 3, which \`fd keep\` names, is a directory" -- true
        exec 3<"$W/file"
        refused_launch "policy:5: \`fd keep 3\`, but the program is to have its channel there" --channel -- true
        boxed cat /proc/self/fd/3
        is "$out" content
        exec 3<&-
}

# A number that cordon's own descriptors come to have is not handed over.
test_fd_is_never_one_of_ours() {
        local n
        for n in 3 4 5 6 7 8 9 10 11 12; do
                dev_policy "fd keep $n"
                refused_launch "descriptor $n, which \`fd keep\` names, is not handed over" --audit "$T/audit" -- true
        done
}

# ---- caps, user, hostname -------------------------------------------------------------------------------------------

test_caps_are_in_force() {
        need python3
        local bind='import socket, sys
try: socket.socket().bind(("127.0.0.1", int(sys.argv[1]))); print("bound")
except OSError as e: print(e.strerror)'
        dev_policy 'net loopback'
        boxed python3 -c "$bind" 80
        is "$out" "Permission denied"
        boxed python3 -c "$bind" 8080
        is "$out" bound
        echo 'caps keep net_bind_service' >>"$T/policy"
        boxed python3 -c "$bind" 80
        is "$out" bound
        boxed grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/self/status
        is "$out" $'CapInh:\t0000000000000400\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\nCapAmb:\t0000000000000400'
        echo 'syscalls @basic' >>"$T/policy"
        boxed grep CapEff /proc/self/status
        is "$out" $'CapEff:\t0000000000000400'
        dev_policy 'caps none'
        boxed grep CapEff /proc/self/status
        is "$out" $'CapEff:\t0000000000000000'
}

test_user_is_a_number() {
        need python3
        local uid gid line outside
        outside=$(am_root && echo 65534 || id -u)
        while read -r line uid gid; do
                [ -n "$line" ] || continue
                dev_policy "${line//_/ }"
                boxed sh -c "id -u; id -g; echo x >$W/made; stat -c '%u %g' $W $W/made; sed 's/  */ /g' /proc/self/uid_map"
                status_is 0
                is "$out" "$uid"$'\n'"$gid"$'\n'"$uid $gid"$'\n'"$uid $gid"$'\n'" $uid $outside 1" "$line"
                is "$(stat -c '%u %g' "$W/made")" "$(id -u) $(id -g)" "$line"
                boxed python3 -c 'import os; print(os.getuid(), os.geteuid(), os.getgid(), os.getresuid())'
                is "$out" "$uid $uid $gid ($uid, $uid, $uid)"
                rm "$W/made"
        done <<-END
		user_root 0 0
		user_1234 1234 1234
		user_1234:99 1234 99
		$(am_root || echo "user_own $(id -u) $(id -g)")
		audit_denied $outside $(am_root && echo 65534 || id -g)
	END
        dev_policy 'user root'
        boxed sh -c 'echo $HOME $USER'
        is "$out" "$HOME tester"
        boxed grep CapEff /proc/self/status
        is "$out" $'CapEff:\t0000000000000000'
}

test_user_own_of_root() {
        am_root || skip "this is about root"
        mkdir "$T/data"
        echo mine >"$T/data/mine"
        echo other >"$T/data/other"
        chmod 600 "$T/data/mine" "$T/data/other"
        chown 1234 "$T/data/other"
        dev_policy "read $T/data"
        boxed cat "$T/data/mine"
        status_is 1
        echo 'user own' >>"$T/policy"
        boxed sh -c "id -u; cat $T/data/mine; cat $T/data/other; echo x >$T/data/new; grep CapEff /proc/self/status; cut -c-40 /proc/self/uid_map | tr -s ' '"
        is "$out" $'0\nmine\nCapEff:\t0000000000000000\n 0 0 1'
        has "$err" "other: Permission denied"
        boxed sh -c "echo x >$W/made"
        is "$(stat -c %u "$W/made")" 0
        # what belongs to somebody else still does when root's own program works in it
        mkdir "$W/theirs"
        chown 1234:1234 "$W/theirs"
        printf 'cordon 1\nuse @base @dev\nuser own\nwrite %s\n' "$W/theirs" >"$T/policy"
        boxed sh -c "echo x >$W/theirs/made"
        status_is 0
        is "$(stat -c '%u %g' "$W/theirs/made")" "1234 1234"
}

test_hostname() {
        need hostname
        dev_policy
        boxed hostname
        is "$out" sandbox
        dev_policy 'hostname box'
        boxed hostname
        is "$out" box
        boxed uname -n
        is "$out" box
}

# ---- require --------------------------------------------------------------------------------------------------------

test_require() {
        local one
        for one in 'kernel 5.14' landlock 'landlock 1' userns idmap; do
                dev_policy "require $one"
                boxed true
                status_is 0
                run "$CORDON" explain -p "$T/policy"
                status_is 0
                matches "$out" "  $one +[^ ]*policy:5  met: "
        done
        for one in 'kernel 99.0' 'landlock 999'; do # limits.sh has what there is of cgroup
                dev_policy "require $one"
                refused_launch "policy:5: \`require $one\` is not met: " -- true
                run "$CORDON" explain -p "$T/policy"
                matches "$out" "  $one +[^ ]*policy:5  NOT MET: "
        done
        lacks "$(dev_policy && "$CORDON" explain -p "$T/policy")" "met:"
}

# ---- what is told ---------------------------------------------------------------------------------------------------

test_ask_says_why_nobody_was_asked() {
        world_policy <<-END
		ask read $T/data/dir because "look first"
		deny $T/data/file
	END
        run "$CORDON" run --ask-timeout 0 -p "$T/policy" -- cat "$T/data/dir/in" "$T/data/file"
        status_is 1
        matches "$err" "denied  read $T/data/dir/in .*ask read $T/data/dir  because \"look first\"  nobody was to be asked"
        lacks "$(grep 'data/file' "$T/err")" "asked"
}

# A line that could not do it is not offered.
test_virtual_files_and_masks_are_not_to_be_allowed_otherwise() {
        world_policy <<-END
		file /virtual "x"
		mask $T/data/file
	END
        told sh -c "echo x >/virtual; echo x >$T/data/file; echo x >$T/data/plain"
        matches "$err" "denied  write /virtual  .*file /virtual"
        matches "$err" "denied  write $T/data/file  .*mask $T/data/file"
        is "$(grep -A1 'write /virtual\|data/file' "$T/err" | grep -c 'to allow')" 0
        matches "$err" "to allow: write $T/data/plain"
}

test_explain_shows_what_is_none_of_the_hosts() {
        world_policy <<-END
		mask $T/data/file
		file /virtual "12345"
	END
        run "$CORDON" explain -p "$T/policy"
        status_is 0
        matches "$out" "  empty +$T/data/file +ro noexec nodev nosuid .*policy:6 +mask"
        matches "$out" "  file +/virtual +ro noexec nodev nosuid 5 .*policy:7 +file"
        world_policy </dev/null
        run "$CORDON" explain -p "$T/policy"
        lacks "$out" "  empty "
        lacks "$out" "/virtual"
}
