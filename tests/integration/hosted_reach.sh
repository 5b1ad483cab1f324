# Without user namespaces, and with that accepted: what could be reached by a way round, and what the host's own objects must not lend
# to the program. Each is reached outside.
# shellcheck shell=bash disable=SC2154

test_hosted_generations_that_run_ahead() {
        hosted_policy
        local way
        # Outside they go on when the one that started them is gone.
        run "$HELPERS/ahead" "$W/lock" 8 32
        is "$out" "running ahead"
        ! flock -n "$W/lock" true || fail "they hold no lock"
        printf x 1<>"$W/lock"
        timeout 60 flock "$W/lock" true || fail "they did not end when told to"
        rm "$W/lock"
        for way in "1 1" "8 32" "32 8"; do
                # shellcheck disable=SC2086
                hosted -- "$HELPERS/ahead" "$W/lock" $way
                is "$out" "running ahead"
                flock -n "$W/lock" true || fail "some of $way run when cordon has ended"
                rm "$W/lock"
        done
        start "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" --accept no-userns -- \
                sh -c "$HELPERS/ahead $W/lock 8 32; exec $HELPERS/hog deaf"
        expect_line "running ahead"
        kill -KILL "$pid"
        timeout 20 flock "$W/lock" true || fail "they outlived a cordon that was killed"
        wait "$pid" || true
}

# pid 1 signals "all", which are the sandbox's as long as Landlock says so. Where it were not true, nothing would start.
test_hosted_scope_is_tried_first() {
        dev_policy 'user own'
        start "$HELPERS/hog" forever
        expect_line ready
        run "$HELPERS/without" userns,landlock-mute "$CORDON" run -p "$T/policy" --accept no-userns -- true
        status_is 125
        has "$err" "beyond its scope"
        kill -0 "$pid" || fail "it was killed"
        hosted -- true
        status_is 0
        kill -0 "$pid" || fail "it was killed"
}

test_hosted_network_tables_of_threads() {
        need python3
        hosted_policy
        cat >"$T/tables.py" <<-'END'
		import os
		pid = os.getpid()
		for path in "/proc/net/unix", "/proc/self/net/unix", f"/proc/{pid}/task/{pid}/net/unix", "/proc/thread-self/net/unix", \
		            f"/proc/{pid}/task/{pid}/net/../net/tcp", f"/proc/{pid}/task/{pid}/net", f"/proc/{pid}/task/{pid}/comm":
		    try:
		        print(len(os.listdir(path) if path.endswith("net") else open(path).read()) > 0)
		    except OSError as e:
		        print(type(e).__name__)
	END
        stdin=$T/tables.py run python3 -
        lacks "$out" Error
        stdin=$T/tables.py hosted -- python3 -
        is "$(sort "$T/out" | uniq -c | tr -s ' ')" $' 6 FileNotFoundError\n 1 True'
}

test_hosted_tables_of_other_namespaces() {
        hosted_policy
        local path
        for path in /proc/sys/net/core/somaxconn /proc/locks; do
                run cat $path
                status_is 0
                hosted -- cat $path
                has "$err" "No such file"
        done
        hosted -- cat /proc/sys/kernel/ostype
        is "$out" Linux
}

# The owner of a file gets a signal when there is something to read. The file is the program's, the signal the kernel's.
test_hosted_signals_by_way_of_a_file() {
        need python3
        hosted_policy
        cat >"$T/own.py" <<-'END'
		import fcntl, os, signal, sys, time
		it = int(sys.argv[1])
		a, b = os.pipe()
		got = []
		signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
		def send(to):
		    fcntl.fcntl(a, fcntl.F_SETOWN, to)
		    fcntl.fcntl(a, 10, signal.SIGUSR1 if to == os.getpid() else signal.SIGKILL) # F_SETSIG
		    fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC)
		    os.write(b, b"x")
		try:
		    send(it)
		except OSError as e:
		    print(type(e).__name__)
		send(os.getpid())
		print("own", len(got))
	END
        start_neighbour
        stdin=$T/own.py hosted -- python3 - "$pid"
        has "$out" "own 1"
        kill -0 "$pid" || fail "it was killed"
        [[ $(cut -d' ' -f3 "/proc/$pid/stat") != Z ]] || fail "it was killed"
        stdin=$T/own.py outside_as_neighbour python3 - "$pid"
        has "$out" "own 1"
        rc=0
        wait "$pid" || rc=$?
        status_is 137
}

# A rule on much more is no grant of what a sandbox has of its own elsewhere, or has not.
test_hosted_rules_on_everything() {
        policy <<-END
		read exec /
		write $W
		proc none
		dev null zero
		tmp none
	END
        chmod 777 "$W"
        run sh -c 'cat /proc/version && head -c 1 /dev/urandom && [ -d /dev/shm ]'
        status_is 0
        hosted -- sh -c 'cat /proc/version /proc/self/comm /proc/net/unix; head -c 9 /dev/urandom; ls /dev/shm /dev/pts /proc /dev; [ -e /dev/shm ] && echo there'
        is "$out" ""
        hosted -- sh -c 'head -c 9 /dev/zero | wc -c; echo x >/dev/null; head -1 /etc/passwd'
        is "$(head -1 "$T/out")" 9
        has "$out" root
        is "$err" ""
        policy <<-END
		read exec /
		proc self
		dev none
	END
        hosted -- sh -c 'cat /proc/self/comm; cat /proc/version; : </dev/null'
        is "$out" cat
        has "$err" "/proc/version"
        has "$err" "/dev/null"
        # A device that is for reading alone, by a line of one's own.
        dev_policy 'read /dev/zero'
        hosted -- sh -c 'head -c 9 /dev/zero | wc -c; echo x >/dev/zero'
        is "$out" 9
        has "$err" "Permission denied"
}

# An abstract name that the program took would be the host's.
test_hosted_pairs_take_no_names() {
        need python3
        hosted_policy
        cat >"$T/bind.py" <<-'END'
		import os, socket
		a, b = socket.socketpair()
		try:
		    a.bind("\0cordon-test-%d" % os.getpid())
		    print("taken")
		except OSError as e:
		    print(type(e).__name__)
		a.send(b"x")
		print(b.recv(9))
	END
        stdin=$T/bind.py run python3 -
        is "$out" $'taken\nb\'x\''
        stdin=$T/bind.py hosted -- python3 -
        is "$out" $'PermissionError\nb\'x\''
}

# What a pidfd tells of any process: its ids, its cgroup, how it ended.
test_hosted_pidfds_tell_nothing() {
        need python3
        hosted_policy
        start "$HELPERS/hog" forever
        expect_line ready
        cat >"$T/info.py" <<-'END'
		import errno, fcntl, os, select, struct, subprocess, sys
		def info(pid):
		    request = bytearray(struct.pack("<Q", 3) + bytes(56)) # PIDFD_GET_INFO: struct pidfd_info of 64 bytes
		    try:
		        fcntl.ioctl(os.pidfd_open(pid), 0xc040ff0b, request)
		        return struct.unpack_from("<I", request, 16)[0] == pid
		    except OSError as e:
		        return errno.errorcode[e.errno]
		print(info(int(sys.argv[1])))
		child = subprocess.Popen(["true"])
		fd = os.pidfd_open(child.pid)
		print(select.select([fd], [], [], 20)[0] == [fd], os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
	END
        stdin=$T/info.py run python3 - "$pid"
        is "$(tail -1 "$T/out")" "True 0"
        [ "$(head -1 "$T/out")" = True ] || skip "this kernel does not tell: $(head -1 "$T/out")"
        stdin=$T/info.py hosted -- python3 - "$pid"
        is "$out" $'ENOTTY\nTrue 0'
}

# Files of root's that only capabilities or another owner keep from root's own id.
test_hosted_settings_of_the_kernel() {
        dev_policy $'user own\nproc own'
        local path
        for path in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/self/oom_score_adj /proc/self/mem; do
                if am_root; then
                        run sh -c ": >>$path"
                        status_is 0
                fi
                hosted -- sh -c ": >>$path"
                has "$err" "Permission denied"
                status_is 2
        done
        hosted -- sh -c 'cat /proc/sys/kernel/ostype && head -c 9 /proc/kallsyms'
        is "$out" Linux
        launch=may_fail
        dev_policy 'write /proc/sys'
        hosted -- true
        status_is 125
        has "$err" "$T/policy:5"
}

test_hosted_limit_of_processes_is_the_users() {
        dev_policy 'limit procs 4000'
        run "$HELPERS/without" userns "$CORDON" run -p "$T/policy" --accept no-userns -- true
        status_is 0
        if [[ $err == "" ]]; then skip "a cgroup counts them here"; fi
        has "$err" '`limit procs` counts all processes of'
        boxed true
        lacks "$err" "counts all"
}

# The bundles, and the policy that is used where there is none: none of them needs a view.
test_hosted_bundles() {
        need python3 git
        git init -q "$W"
        local name
        for name in $("$CORDON" show | sed -n 's/^ *@\([a-z-]*\) .*/\1/p'); do
                dev_policy "use @$name"
                hosted -- sh -c 'echo ran; cat /etc/shadow; ls /root /home'
                is "$out" ran "what @$name lets through"
        done
        [ -n "${name-}" ] || fail "there are no bundles"
        cd "$W"
        plant_secret
        run "$HELPERS/without" userns "$CORDON" run -q --accept no-userns -- sh -c "echo ran; python3 -c 'print(6 * 7)'; cat $S; ls >/dev/null && ls /bin >/dev/null && echo listed"
        is "$out" $'ran\n42\nlisted'
}

# What the parent of what is made lends it: its group, its access list.
test_names_modes_keep_what_the_directory_gives() {
        need python3
        dev_policy
        mkdir "$W/given" "$W/listed"
        if am_root; then chown -R 65534:65534 "$W"; fi
        chmod g+s "$W/given"
        local acl=
        if command -v setfacl >/dev/null && setfacl -d -m u::rwx,g::r-x,o::---,u:12345:rwx,m::r-x "$W/listed" 2>/dev/null; then acl=1; fi
        cat >"$T/make.py" <<-'END'
		import os
		os.umask(0)
		for n in ("given", "listed"):
		    os.mkdir(n + "/d", 0o777)
		    os.close(os.open(n + "/f", os.O_CREAT | os.O_WRONLY, 0o666))
		    print("%o %o" % (os.stat(n + "/d").st_mode & 0o7777, os.stat(n + "/f").st_mode & 0o7777))
		    os.rmdir(n + "/d")
		    os.remove(n + "/f")
	END
        cd "$W"
        stdin=$T/make.py run python3 -
        local outside=$out
        has "$outside" "2777 666"
        [ -z "$acl" ] || has "$outside" "750 640"
        umask 077 # of cordon, which is not to count
        stdin=$T/make.py hosted -- python3 -
        is "$(head -1 "$T/out")" "2777 666"
        [ -z "$acl" ] || is "$out" "$outside"
        stdin=$T/make.py run "$HELPERS/without" userns,unshare "$CORDON" run -q -p "$T/policy" --accept no-userns -- python3 -
        is "$(head -1 "$T/out")" "2777 666"
        [ -z "$acl" ] || is "$out" "$outside"
}

# What is granted below /tmp is the host's; the way there can be looked at and no more.
test_hosted_granted_below_tmp() {
        need git
        local way
        way=$(mktemp -d /tmp/cordon-test.XXXXXX)
        mkdir "$way/middle" "$way/middle/work"
        echo neighbour >"$way/neighbour"
        chmod 777 "$way" "$way/middle" "$way/middle/work"
        policy <<-END
		use @base @dev
		write $way/middle/work
	END
        if am_root; then chown 65534:65534 "$way/middle/work"; fi
        cd "$way/middle/work"
        hosted -- sh -c 'git init -q . && echo a >a && git add a && git status --short && stat -c %F / /tmp .. ../..'
        is "$out" $'A  a\ndirectory\ndirectory\ndirectory\ndirectory'
        local attempt
        for attempt in "ls /tmp" "ls $way" "cat $way/neighbour" "stat $way/neighbour" "touch $way/new" "mkdir /tmp/new" "chmod 700 $way" "touch $way" \
                "mv $way/middle $way/other" "rmdir $way/middle" "ln $way/neighbour n" "mv a $way/a" "touch /tmp/new.$$"; do
                # shellcheck disable=SC2086
                hosted -- $attempt
                [ "$rc" != 0 ] || fail "$attempt"
        done
        hosted -- python3 -c "import os; os.open('$way', os.O_TMPFILE | os.O_RDWR)"
        status_is 1
        is "$(cd "$way" && echo *; stat -c %a "$way")" $'middle neighbour\n777'
        # Outside, all of it is possible.
        run sh -c "ls $way && cat $way/neighbour && touch $way/new && mv $way/middle $way/other && chmod 700 $way"
        status_is 0
        rm -r "$way"
}
