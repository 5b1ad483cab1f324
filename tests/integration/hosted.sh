# Without user namespaces, and with that accepted: what the broker, Landlock and the filter hold by themselves. Each attack works
# outside, and so does what is honest inside. (`tests/run --hosted` runs the escape tests in this mode.)
# shellcheck shell=bash disable=SC2154

test_hosted_programs_run() {
        need python3 git gcc
        hosted_policy
        mkdir "$W/tmp"
        cat >"$W/hello.c" <<-'END'
		#include <pthread.h>
		#include <stdio.h>
		static void *look(void *arg) { FILE *f = fopen("hello.c", "r"); if (f) fclose(f); return f ? arg : NULL; }
		int main(void)
		{
		        pthread_t t[8];
		        void *got;
		        int n = 0;
		        for (int i = 0; i < 8; i++) pthread_create(&t[i], NULL, look, &n);
		        for (int i = 0; i < 8; i++) { pthread_join(t[i], &got); n += got != NULL; }
		        printf("%d threads\n", n);
		        return 0;
		}
	END
        if am_root; then chown -R 65534:65534 "$W"; fi
        hosted --setenv "TMPDIR=$W/tmp" -- sh -c 'gcc -pthread -o hello hello.c && ./hello'
        is "$out" "8 threads"
        hosted -- sh -c 'git init -q r && cd r && echo a >a && git add a && git -c user.name=a -c user.email=a@b commit -qm one && git log --format=%s'
        is "$out" one
        hosted -- python3 -c 'import os, subprocess; print(subprocess.run(["sh", "-c", "echo $PPID"], capture_output=True, text=True).stdout.strip() == str(os.getpid()), os.listdir("r"))'
        is "$out" "True ['.git', 'a']"
        hosted -- bash -c 'seq 100 | sort -n | tail -1; kill -TERM $$'
        is "$out" 100
        status_is 143
        hosted -- sh -c 'id -u; mkdir d && mv d e && touch e/f && chmod 600 e/f && ln -s e/f l && cat l && rm -r e l && exit 9'
        status_is 9
        is "$out" "$(am_root && echo 65534 || id -u)"
}

# What is not accepted is not done without, and what is there is used.
test_hosted_is_accepted_by_name() {
        hosted_policy
        run "$HELPERS/without" userns "$CORDON" run -p "$T/policy" -- true
        status_is 125
        one_line "$err"
        has "$err" "--accept no-userns"
        run "$HELPERS/without" userns "$CORDON" run -p "$T/policy" -v --accept no-userns -- true
        status_is 0
        has "$err" "degraded: no-userns"
        lacks "$err" "no-netns" # is part of it
        run "$CORDON" run -p "$T/policy" -v --accept no-userns -- readlink /proc/self/ns/user
        lacks "$err" degraded
        local other
        for other in landlock notify; do
                run "$HELPERS/without" "userns,$other" "$CORDON" run -p "$T/policy" --accept "no-userns,no-$other" -- true
                status_is 125
                has "$err" "no-userns and no-$other cannot both be done without"
        done
        run "$HELPERS/without" userns,memory "$CORDON" run -p "$T/policy" --accept no-userns -- true
        status_is 125
        has "$err" "process_vm_readv"
        hosted --dry-run -- true
        has "$out" "no private /tmp"
}

test_hosted_secrets_of_the_host() {
        need python3
        plant_secret
        hosted_policy
        ln -s "$S" "$W/link"
        local way
        for way in "$S" "$W/link" "/proc/self/root$S" "/proc/thread-self/root$S" "/dev/fd/../root$S" "$W/../secret/secret" "/proc/self/cwd/../secret/secret"; do
                leaks_outside cat "$way"
                hosted -- cat "$way"
                lacks "$out" "$SECRET"
                status_is 1
        done
        run sh -c "cd $T/secret && cat secret"
        is "$out" "$SECRET"
        hosted -- sh -c "cd $T/secret; cat secret" # chdir is the kernel's
        lacks "$out" "$SECRET"
        run ln "$S" "$W/second"
        hosted -- sh -c "ln $S third; mv $S fourth; cat third fourth; rm -f $S; echo x >$S; chmod 777 $S; : >>$T/policy"
        lacks "$out" "$SECRET"
        is "$(cat "$S")" "$SECRET"
        is "$(stat -c %a "$S")" 644
        # It is not even there to be looked at, and no neighbour is.
        run stat -c %s "$S"
        status_is 0
        hosted -- stat -c %s "$S"
        has "$err" "No such file"
        hosted -- ls "$T"
        has "$err" "Permission denied"
        lacks "$out" secret
        # The control of the control: what is granted is read.
        echo granted >"$W/granted"
        hosted -- cat "$W/granted" "/proc/self/cwd/granted" /dev/stdin
        is "$out" $'granted\ngranted'
}

# The top of what is granted stays, as a mount would.
test_hosted_what_a_rule_names_stays() {
        mkdir "$W/own"
        echo text >"$W/one"
        policy <<-END
		use @base @dev
		write $W/own
		write $W/one
	END
        chmod 777 "$W" "$W/own"
        chmod 666 "$W/one"
        hosted -- sh -c "mv $W/own $W/own/other; rmdir $W/own; rm $W/one; mv $W/one $W/own/; mv -T $W/own $W/one"
        [ -d "$W/own" ] && [ -f "$W/one" ] || fail "it could be removed"
        hosted -- sh -c "echo more >>$W/one; echo x >$W/own/x; mv $W/own/x $W/own/y; rm $W/own/y; mkdir $W/own/d; rmdir $W/own/d; cat $W/one"
        status_is 0
        is "$out" $'text\nmore'
}

# What is tried, as Python: say(NAME, FUNCTION) says "NAME reached", or the errno.
attempts() {
        cat - /dev/fd/3 3<&0 <<-'END'
		import errno, os, sys
		def say(name, act):
		    try:
		        act()
		        print(name, "reached")
		    except OSError as e:
		        print(name, errno.errorcode[e.errno])
	END
}

# ---- processes ------------------------------------------------------------------------------------------------------------

test_hosted_processes_of_the_host() {
        need python3
        hosted_policy
        start_neighbour
        attempts >"$T/reach.py" <<-'END'
		import resource, signal
		it = int(sys.argv[1])
		say("signal", lambda: os.kill(it, signal.SIGCONT))
		say("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(it), signal.SIGCONT))
		say("limits", lambda: resource.prlimit(it, resource.RLIMIT_NOFILE))
		say("processors", lambda: os.sched_setaffinity(it, os.sched_getaffinity(0)))
		say("scheduler", lambda: os.sched_setscheduler(it, os.SCHED_OTHER, os.sched_param(0)))
		say("priority", lambda: os.setpriority(os.PRIO_PROCESS, it, os.getpriority(os.PRIO_PROCESS, it)))
		say("environment", lambda: open(f"/proc/{it}/environ").close())
		say("status", lambda: open(f"/proc/{it}/status").close())
		say("descriptors", lambda: os.listdir(f"/proc/{it}/fd"))
		say("list", lambda: os.listdir("/proc"))
		say("own", lambda: (os.kill(os.getpid(), 0), os.sched_setaffinity(0, os.sched_getaffinity(0)), os.nice(0),
		                    resource.setrlimit(resource.RLIMIT_CORE, (0, 0)), open("/proc/self/status").close()))
	END
        outside_as_neighbour python3 - "$pid" <"$T/reach.py"
        lacks "$out" E
        stdin=$T/reach.py hosted -- python3 - "$pid"
        is "$out" "signal EPERM
pidfd EPERM
limits EPERM
processors EPERM
scheduler EPERM
priority EPERM
environment ENOENT
status ENOENT
descriptors ENOENT
list EACCES
own reached"
        # All that one may kill are one's own.
        hosted -- python3 -c 'import os, signal
os.kill(-1, signal.SIGKILL)
print("alive")'
        kill -0 "$pid" || fail "it was killed"
}

# Those who started it, and the one that tidies up after it.
test_hosted_its_own_keepers_are_safe() {
        hosted_policy
        hosted -- sh -c 'kill -KILL $PPID; kill -STOP $PPID; kill -TERM $PPID; cat /proc/$PPID/comm; echo alive; exit 3'
        is "$out" alive
        status_is 3
        has "$err" "not permitted"
        hosted -- sh -c 'sh -c "kill -KILL \$PPID"; echo never' # one's own
        status_is 137
        lacks "$out" never
}

hosted_daemon() {
        hosted_policy
        start "$@" "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" --accept no-userns -- \
                sh -c "$HELPERS/daemonize $W/lock $W/pid; ${after-exec $HELPERS/hog deaf}"
}

hosted_daemon_is_gone() {
        timeout 20 flock "$W/lock" true || fail "the daemon outlived $1"
        wait "$pid" || true
        exec {lines}<&-
}

test_hosted_daemons_end_with_it() {
        need setsid
        after='echo ready' hosted_daemon
        expect_line ready
        hosted_daemon_is_gone "the program"
        rm "$W/lock"
        hosted_daemon
        expect_line ready
        ! flock -n "$W/lock" true || fail "the daemon holds no lock"
        kill -KILL "$pid"
        hosted_daemon_is_gone "cordon"
        rm "$W/lock"
        hosted_daemon setsid
        expect_line ready
        kill -KILL -- "-$pid"
        hosted_daemon_is_gone "the process group"
}

# What nothing takes along then (docs/THREAT_MODEL.md) is not waited for either, and has nobody to open anything for it.
test_hosted_pid_1_killed_from_outside() {
        need setsid
        hosted_policy
        echo text >"$W/file"
        chmod 666 "$W/file"
        mkfifo "$W/go" "$W/left"
        chmod 666 "$W/go" "$W/left"
        cat >"$W/leftover" <<-'END'
		exec 3<>go 4<>left
		echo "leftover $(head -n 1 file)" >&4
		read -r x <&3
		if read -r x <file; then echo opened >&4; else echo refused >&4; fi
	END
        exec {left}<>"$W/left"
        start "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" --accept no-userns -- \
                sh -c 'setsid bash leftover </dev/null >/dev/null 2>&1 & echo ready; exec sleep 100'
        expect_line ready
        read -rt 20 -u "$left"
        is "$REPLY" "leftover text"
        kill -KILL "$(pgrep -P "$pid" -x cordon-init)"
        finish
        status_is 137
        echo >"$W/go"
        read -rt 20 -u "$left"
        is "$REPLY" refused
        exec {left}<&-
}

test_hosted_generations_that_do_not_want_to_end() {
        hosted_policy $'limit time 1s\nlimit grace 100ms'
        hosted -- bash -c 'trap "" TERM; for i in 1 2 3 4 5 6 7 8; do (setsid sh -c "setsid sh -c \"exec 9<$0; flock 9; sleep 100\" & sleep 100" & while :; do :; done) & done; wait' "$W"
        status_is 124
        timeout 20 flock "$W" true || fail "somebody is left"
}

# ---- what namespaces hide ---------------------------------------------------------------------------------------------------

test_hosted_objects_and_sockets_of_the_host() {
        need python3
        hosted_policy
        attempts >"$T/objects.py" <<-'END'
		import ctypes, socket
		libc = ctypes.CDLL(None, use_errno=True)
		def checked(result):
		    if result < 0:
		        raise OSError(ctypes.get_errno(), "")
		    return result
		def shared():
		    libc.shmctl(checked(libc.shmget(0, 4096, 0o1600)), 0, None)
		def semaphores():
		    libc.semctl(checked(libc.semget(0, 1, 0o1600)), 0, 0)
		def messages():
		    libc.msgctl(checked(libc.msgget(0, 0o1600)), 0, None)
		def queue():
		    name = b"/cordon-test-%d" % os.getpid()
		    checked(libc.mq_open(name, os.O_RDWR | os.O_CREAT, 0o600, None))
		    libc.mq_unlink(name)
		say("shared", shared)
		say("semaphores", semaphores)
		say("messages", messages)
		say("queue", queue)
		say("unix", lambda: socket.socket(socket.AF_UNIX).close())
		say("inet", lambda: socket.socket().close())
		say("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
		say("pair", lambda: [s.close() for s in socket.socketpair()])
	END
        stdin=$T/objects.py run python3 -
        lacks "$out" E
        stdin=$T/objects.py hosted -- python3 -
        is "$out" "shared ENOSYS
semaphores ENOSYS
messages ENOSYS
queue ENOSYS
unix EACCES
inet EACCES
netlink EACCES
pair reached"
        hosted -- "$HELPERS/attack" handle "$W"
        is "$out" "refused: EOPNOTSUPP"
}

# Places that the policy means to be the sandbox's own, and that the host has as well.
test_hosted_places_of_the_hosts() {
        hosted_policy
        local name=cordon-test-$$-$RANDOM
        echo "on the host" >"/tmp/$name"
        chmod 666 "/tmp/$name"
        run cat "/tmp/$name"
        is "$out" "on the host"
        hosted -- sh -c "cat /tmp/$name; echo x >/tmp/$name; echo x >/tmp/$name.new; mkdir /tmp/$name.d; rm /tmp/$name; rmdir /tmp; stat /tmp/$name; ls /tmp"
        is "$(cat "/tmp/$name")" "on the host"
        ! [ -e "/tmp/$name.new" ] && ! [ -e "/tmp/$name.d" ] || fail "something was made in the host's /tmp"
        is "$out" ""
        rm "/tmp/$name"
        hosted -- sh -c 'ls /dev; ls /dev/shm; ls /dev/pts; stat /dev/mem /dev/fuse; : </dev/ptmx; cat /proc/net/dev /proc/self/net/dev'
        is "$out" ""
        hosted -- sh -c 'echo x >/dev/null && head -c 4 /dev/zero | wc -c && [ -c /dev/urandom ] && ls -l /dev/fd/0 >/dev/null && head -1 /proc/meminfo'
        status_is 0
        has "$out" MemTotal
        # A directory of the host's that is granted in /tmp is the host's.
        mkdir -m 777 "/tmp/$name"
        dev_policy "write /tmp/$name"
        hosted -- sh -c "echo x >/tmp/$name/x && cat /tmp/$name/x"
        is "$out" x
        rm -r "/tmp/$name"
}

test_hosted_executing() {
        hosted_policy
        cp /bin/echo "$T/home/program"
        chmod 755 "$T/home/program"
        run "$T/home/program" ran
        is "$out" ran
        hosted -- "$T/home/program" ran
        status_is 126
        hosted -- sh -c "$T/home/program ran; cp /bin/echo own && ./own mine"
        is "$out" mine
        cp /bin/echo "$W/closed"
        dev_policy "deny $W/closed"
        launch=may_fail hosted -- true
        status_is 125
        has "$err" "all of which could be executed"
        chmod -x "$W/closed"
        hosted -- sh -c "cat $W/closed; $W/closed ran"
        is "$out" ""
        dev_policy
        hosted -- sh -c 'cat closed | wc -c'
        [ "$out" -gt 1000 ] || fail "what is not denied cannot be read"
}

test_hosted_what_needs_a_view_is_refused() {
        local line
        while read -r line; do
                dev_policy "$line"
                echo data >"$W/data"
                launch=may_fail hosted -- true
                status_is 125
                has "$err" "$T/policy:5"
        done <<-END
		overlay $T/home
		tmp /scratch
		file /etc/made "text"
		mask $W/data
		read $W as /mnt/in
		symlink data as /link
		caps keep net_bind_service
		user root
		hostname box
		unix $W/socket
		unix datagram
		net loopback
	END
        dev_policy
        hosted -- true
        status_is 0
}

# ---- root -------------------------------------------------------------------------------------------------------------------

test_hosted_as_root() {
        am_root || skip "this is about root"
        dev_policy
        hosted -- sh -c 'id -u; grep CapPrm /proc/self/status; echo x >made'
        is "$(head -1 "$T/out")" 65534
        has "$out" "CapPrm:"$'\t'"0000000000000000"
        has "$err" "Permission denied" # the directory is root's
        dev_policy 'user own'
        hosted -- sh -c 'id -u; grep CapPrm /proc/self/status; echo x >made; cat made; cat /etc/shadow; echo x >>/etc/passwd; chown 1:1 made; kill -0 $PPID'
        is "$out" $'0\nCapPrm:\t0000000000000000\nx'
        status_is 1
        # Root as containers have it.
        local caps=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap
        hosted_policy
        run setpriv --inh-caps=-all --bounding-set="-all,$caps" "$HELPERS/without" userns "$CORDON" run -q -p "$T/policy" \
                --accept no-userns -- sh -c 'id -u; echo y >made2; cat made2'
        is "$out" $'65534\ny'
}

# No mount keeps devices in a granted tree closed.
test_hosted_devices_in_a_granted_tree() {
        am_root || skip "only root makes devices"
        mkdir "$W/devices"
        mknod -m 666 "$W/devices/zero" c 1 5
        mkfifo -m 666 "$W/devices/fifo"
        dev_policy 'user own'
        run head -c 3 "$W/devices/zero"
        status_is 0
        hosted -- head -c 3 "$W/devices/zero"
        status_is 1
        has "$err" "Permission denied"
        hosted -- sh -c "echo x >$W/devices/fifo & cat $W/devices/fifo; head -c 3 /dev/zero | wc -c"
        is "$out" $'x\n3'
}

# What `cordon explain` shows is the plan that would be carried out.
test_hosted_is_explained() {
        dev_policy
        run "$HELPERS/without" userns "$CORDON" explain --accept no-userns "$T/policy"
        status_is 0
        has "$out" "Done without, as accepted"
        matches "$out" $'\n  no-userns +no namespaces and no view'
        lacks "$out" "The view: what there is"
        lacks "$out" "tmpfs"
        matches "$out" $'\n  tree +/usr +@dev'
        has "$out" "there is no private /tmp here"
        run "$HELPERS/without" userns "$CORDON" explain --accept no-userns --seccomp "$T/policy"
        status_is 0
        has "$out" "without namespaces, the pid can be that of a process outside"
        run "$HELPERS/without" userns "$CORDON" explain "$T/policy" # is not accepted
        has "$out" "The view: what there is"
        run "$CORDON" explain --accept no-userns "$T/policy" # is not missing
        has "$out" "The view: what there is"
        lacks "$out" "Done without"
        run "$CORDON" explain --accept no-such "$T/policy"
        status_is 1
        is "$out" ""
        has "$err" "no-such"
        dev_policy "tmp /scratch"
        run "$HELPERS/without" userns "$CORDON" explain --accept no-userns "$T/policy"
        status_is 1
        has "$out" "$T/policy:5"
}
