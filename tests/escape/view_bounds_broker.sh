# view-bounds-broker: whatever is asked for, the broker resolves it inside the view, and what it hands over is bounded
# by the view's own mounts.
# shellcheck shell=bash

bounds_policy() {
        plant_secret
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
	END
}

test_view_bounds_broker_dotdot_from_a_granted_directory() {
        bounds_policy
        leaks_only_outside cat "$W/../secret/secret"
        leaks_only_outside cat ../secret/secret
        leaks_only_outside sh -c "cd $W && cat ./../secret/secret"
        boxed cat "$W/../work/../../../../../../../../../../../etc/passwd"
        has "$out" root
}

test_view_bounds_broker_dotdot_from_a_dirfd() {
        bounds_policy
        leaks_outside "$HELPERS/attack" up "$W" "$S"
        holds_inside "$HELPERS/attack" up "$W" "$S"
        holds_inside "$HELPERS/attack" up / "$S"
        holds_inside "$HELPERS/attack" up /usr "$S"
}

test_view_bounds_broker_proc_self_root() {
        bounds_policy
        leaks_only_outside cat "/proc/self/root$S"
        leaks_only_outside cat "/proc/thread-self/root$S"
        leaks_only_outside cat "/proc/self/root/proc/self/root$S"
        leaks_only_outside cat "/proc/self/root/../../..$S"
        leaks_only_outside bash -c "cat /proc/\$\$/root$S"
        leaks_only_outside cat "/proc/self/task/../root$S"
        leaks_only_outside bash -c "exec 5</; cat /proc/self/fd/5$S"
        leaks_only_outside bash -c "exec 5</usr; cat /proc/self/fd/5/..$S"
}

test_view_bounds_broker_proc_of_others() {
        bounds_policy
        local n
        leaks_outside cat "/proc/$$/root$S"
        for n in 1 2 3 $$ $PPID self/../1 thread-self/../../1; do
                holds_inside cat "/proc/$n/root$S"
                holds_inside cat "/proc/$n/cwd/../secret/secret"
        done
}

test_view_bounds_broker_proc_self_cwd() {
        bounds_policy
        leaks_only_outside cat /proc/self/cwd/../secret/secret
        leaks_only_outside cat /dev/fd/../cwd/../secret/secret
}

test_view_bounds_broker_proc_self_is_the_callers() {
        bounds_policy
        boxed cat /proc/self/comm
        is "$out" cat
        boxed cat /proc/thread-self/comm
        is "$out" cat
        boxed cat /proc/self/cmdline
        lacks "$out" cordon
        boxed bash -c 'read -r a rest </proc/self/stat; [ $a = $BASHPID ] && echo own; readlink /proc/self | grep -c .'
        is "$out" $'own\n1'
        export CORDON_TEST_TOKEN=$SECRET
        leaks_outside cat /proc/self/environ
        holds_inside cat /proc/self/environ
        local n
        for n in 1 2 $$ $PPID; do
                holds_inside cat "/proc/$n/environ"
        done
}

test_view_bounds_broker_read_descriptor_reopened_for_writing() {
        bounds_policy
        mkdir -p "$T/data"
        echo original >"$T/data/file"
        chmod 0666 "$T/data/file"
        chmod 0777 "$T/data"
        echo "read $T/data" >>"$T/policy"
        local way
        for way in reopen reopen_path; do
                echo original >"$T/data/file"
                reached_outside $way "$T/data/file"
                has "$(cat "$T/data/file")" overwritten
                echo original >"$T/data/file"
                refused_inside 'EACCES|EROFS|EPERM' $way "$T/data/file"
                is "$(cat "$T/data/file")" original
        done
        # Where writing is granted, it works.
        echo original >"$W/file"
        boxed "$HELPERS/attack" reopen "$W/file"
        is "$out" reached
}

test_view_bounds_broker_reopened_by_shell() {
        bounds_policy
        mkdir -p "$T/data"
        echo "read $T/data" >>"$T/policy"
        local way
        for way in 'exec 3<$1; echo x >/proc/self/fd/3' 'exec 3<$1; echo x >/dev/fd/3' 'echo x <$1 >/dev/stdin' 'exec 3<$1; echo x >/proc/$$/fd/3' \
                'exec 3<$1; echo x >>/proc/thread-self/fd/3'; do
                echo original >"$T/data/file"
                chmod 0666 "$T/data/file"
                run bash -c "$way" bash "$T/data/file"
                has "$(cat "$T/data/file")" x
                echo original >"$T/data/file"
                boxed bash -c "$way" bash "$T/data/file"
                is "$(cat "$T/data/file")" original "$way"
        done
}

test_view_bounds_broker_symlinks_out_of_the_view() {
        bounds_policy
        ln -s "$S" "$W/absolute"
        ln -s ../secret/secret "$W/relative"
        ln -s / "$W/root"
        ln -s "/proc/self/root$S" "$W/magic"
        ln -s .. "$W/up"
        leaks_only_outside cat "$W/absolute"
        leaks_only_outside cat "$W/relative"
        leaks_only_outside cat "$W/root$S"
        leaks_only_outside cat "$W/magic"
        leaks_only_outside cat "$W/up/secret/secret"
}

# In a tree for new files only, no mount and no Landlock rule says what a descriptor may be reopened for: only the broker.
test_view_bounds_broker_descriptor_gives_no_more_than_it_is() {
        need python3
        bounds_policy
        mkdir "$T/drop"
        chmod 0777 "$T/drop"
        cat >"$T/again.py" <<-'END'
	import os, sys, errno
	def again(name, fd, flags):
	    try:
	        os.close(os.open("/proc/self/fd/%d" % fd, flags))
	        print(name, "opened")
	    except OSError as e:
	        print(name, errno.errorcode[e.errno])
	rw = os.open(sys.argv[1] + "/new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
	os.write(rw, b"content")
	ro = os.open("/proc/self/fd/%d" % rw, os.O_RDONLY)
	wo = os.open("/proc/self/fd/%d" % rw, os.O_WRONLY)
	os.close(rw)
	again("r to r", ro, os.O_RDONLY)
	again("w to w", wo, os.O_WRONLY)
	again("r to w", ro, os.O_WRONLY)
	again("r to rw", ro, os.O_RDWR)
	again("r to cut", ro, os.O_RDONLY | os.O_TRUNC)
	print(os.fstat(ro).st_size)
	again("w to r", wo, os.O_RDONLY)
	again("w to rw", wo, os.O_RDWR)
	END
        printf 'use @python\ncreate %s\n' "$T/drop" >>"$T/policy"
        run python3 -c "$(cat "$T/again.py")" "$T/drop"
        is "$out" $'r to r opened\nw to w opened\nr to w opened\nr to rw opened\nr to cut opened\n0\nw to r opened\nw to rw opened'
        rm "$T/drop/new"
        boxed python3 -c "$(cat "$T/again.py")" "$T/drop"
        is "$out" $'r to r opened\nw to w opened\nr to w EACCES\nr to rw EACCES\nr to cut EACCES\n7\nw to r EACCES\nw to rw EACCES'
}

# Another process's descriptor is not the caller's own of the same number, whoever asks.
test_view_bounds_broker_descriptors_of_other_processes() {
        bounds_policy
        echo mine >"$W/mine"
        echo theirs >"$W/theirs"
        # shellcheck disable=SC2016
        local script='exec 5<theirs; sh -c "exec 5<mine; cat /proc/self/fd/5; cat /proc/$$/fd/5 || echo refused"; true'
        run bash -c "$script"
        is "$out" $'mine\ntheirs'
        boxed bash -c "$script"
        is "$out" $'mine\nrefused'
}

# A program that has left the session has no terminal; the broker's own, which it might open in its place, is the caller's.
test_view_bounds_broker_terminal_is_the_callers() {
        need python3 setsid
        dev_policy
        cat >"$T/on-terminal.py" <<-'END'
	import os, pty, sys
	status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024))
	END
        run python3 "$T/on-terminal.py" "$CORDON" run -q -p "$T/policy" -- sh -c 'echo reached >/dev/tty; setsid -w sh -c "echo left-the-session >/dev/tty"; true'
        has "$out" reached
        lacks "$out" left-the-session
}

# The private /tmp has names that the host's has too, and they lead elsewhere.
test_view_bounds_broker_links_are_the_views_own() {
        bounds_policy
        local name=/tmp/cordon-test-$$-$RANDOM
        echo inside >"$W/inside"
        echo outside >"$W/outside"
        ln -s "$W/outside" "$name"
        run cat "$name"
        has "$out" outside
        boxed sh -c "ln -s $W/inside $name; cat $name; mkdir $name.d; ln -s ../${name##*/} $name.d/l; cat $name.d/l"
        rm "$name"
        is "$out" $'inside\ninside'
}

test_view_bounds_broker_nothing_is_made_outside() {
        bounds_policy
        am_root && chmod 0777 "$T/secret"
        ln -s "$T/secret/planted" "$W/link"
        run sh -c "echo x >$W/link"
        [ -e "$T/secret/planted" ] || fail "the control is broken"
        rm "$T/secret/planted"
        boxed sh -c "echo x >$W/link"
        boxed sh -c "echo x >$W/../secret/planted"
        boxed sh -c "echo x >/proc/self/cwd/../secret/planted"
        [ ! -e "$T/secret/planted" ] || fail "made outside the view"
}

test_view_bounds_broker_device_nodes_by_dev_only() {
        bounds_policy
        boxed sh -c 'echo x >/dev/null && head -c 1 /dev/zero | wc -c'
        is "$out" 1
        boxed ls /dev
        lacks "$out" "mem"
        lacks "$out" "vda"
        lacks "$out" "sda"
        refused_inside 'EPERM|EACCES' mknod_device "$W/mem"
        if am_root; then
                rm -f "$W/null"
                mknod -m 666 "$W/null" c 1 3
                run sh -c "echo x >$W/null"
                status_is 0
                boxed sh -c "echo x >$W/null"
                [ "$rc" != 0 ] || fail "a device node in a host tree works"
        fi
}

# What a file of /proc shows, it shows to who opens it: the broker stands outside.
test_view_bounds_broker_system_v_objects_of_the_host() {
        need ipcmk ipcrm
        bounds_policy
        local id shown
        id=$(ipcmk -M 54321 | grep -o '[0-9]*$')
        shown=$(cat /proc/sysvipc/shm)
        boxed cat /proc/sysvipc/shm
        ipcrm -m "$id"
        has "$shown" 54321
        lacks "$out" 54321
        boxed cat /proc/self/comm /proc/loadavg
        status_is 0
}

test_view_bounds_broker_proc_came_along_in_a_tree() {
        am_root || skip "only root can mount a proc file system of the host"
        need unshare
        plant_secret
        mkdir -p "$T/data/proc"
        echo plain >"$T/data/plain"
        policy <<-END
		use @base @dev
		read $T/data
		write $W
	END
        local there="unshare -m --propagation private sh -c"
        local mounted="mount -t proc proc $T/data/proc"
        run $there "$mounted; cat $T/data/proc/\$\$/maps"
        has "$out" stack
        run $there "$mounted; exec $CORDON run -q -p $T/policy -- cat $T/data/plain $T/data/proc/\$\$/maps"
        started_at_all
        has "$out" plain
        lacks "$out" stack
        local file
        for file in maps fdinfo/0 status; do
                run $there "$mounted; exec $CORDON run -q -p $T/policy -- cat $T/data/proc/self/$file"
                started_at_all
                is "$out" "" "$file"
        done
        run $there "$mounted; exec $CORDON run -q -p $T/policy -- cat /proc/self/status"
        has "$out" Umask
}

# Names and metadata alone: not those of pid 1, nor what no sandbox may open.
test_view_bounds_broker_listing_proc() {
        bounds_policy
        echo "list /proc" >>"$T/policy"
        local n
        boxed bash -c 'exec 3</proc/self/task && echo opened'
        is "$out" opened
        for n in 1/fdinfo 1/net self/ns self/map_files; do
                boxed bash -c 'exec 3<$1 && echo opened' bash "/proc/$n"
                is "$out" "" "$n"
                boxed ls "/proc/$n"
                is "$out" "" "$n"
        done
}
