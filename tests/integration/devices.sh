# /dev, /proc and /sys: what is the sandbox's own works, and what is the host's is not there.
# shellcheck shell=bash

# ---- pseudo-terminals -----------------------------------------------------------------------------------------------

# Makes a pair, and lets a program have it as its terminal, in each of the usual ways.
terminals_py() {
        cat >"$W/terminals.py" <<-'END'
	import os, pty, sys
	master, slave = pty.openpty()
	name = os.ttyname(slave)
	os.write(master, b"line\n")
	print("openpty", name.startswith("/dev/pts/"), os.read(slave, 99))
	again = os.open(name, os.O_RDWR | os.O_NOCTTY)
	print("by name", os.ttyname(again) == name, os.path.sameopenfile(again, slave))
	pid, fd = pty.fork()
	if pid == 0:
	    os.execvp("sh", ["sh", "-c", "test -t 0 && stty size && echo to-tty >/dev/tty && exit 7"])
	out = b""
	try:
	    while more := os.read(fd, 999): out += more
	except OSError: pass
	print("fork", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.split())
	END
}

test_pts_work() {
        need python3 script
        local audit
        for audit in denied none; do
                dev_policy "audit $audit"
                terminals_py
                run python3 "$W/terminals.py"
                is "$out" $'openpty True b\'line\\n\'\nby name True True\nfork 7 [b\'0\', b\'0\', b\'to-tty\']' outside
                cp "$T/out" "$T/outside"
                boxed python3 "$W/terminals.py"
                is "$out" "$(cat "$T/outside")" "with audit $audit"
                boxed script -qec 'tty; echo written >/dev/tty; exit 3' /dev/null
                status_is 3
                is "$out" $'/dev/pts/0\r\nwritten\r'
        done
        dev_policy 'dev null zero urandom tty'
        boxed script -qec true /dev/null
        [ "$rc" != 0 ] || fail "there is a pseudo-terminal without \`dev pts\`"
        boxed ls /dev/pts
        [ "$rc" != 0 ] || fail "there is /dev/pts without \`dev pts\`"
}

# The host's terminals have numbers, too, and an instance of one's own has other terminals under them.
test_pts_of_the_host_are_not_there() {
        need python3 script
        dev_policy
        cat >"$T/host.py" <<-'END'
	import os, subprocess, sys
	pairs = [os.openpty() for _ in range(3)]
	for _, slave in pairs:
	    os.fchmod(slave, 0o666) # so that nothing but the sandbox is in the way
	names = [os.ttyname(slave) for _, slave in pairs]
	probe = "import os, sys\nfor n in sys.argv[1:]:\n  try: os.write(os.open(n, os.O_RDWR | os.O_NOCTTY), b'reached'); print('reached')\n  except OSError as e: print('refused')\n"
	subprocess.run(sys.argv[1:] + ["python3", "-c", probe] + names)
	for master, _ in pairs:
	    os.set_blocking(master, False)
	    try: print("got", os.read(master, 99))
	    except OSError: print("got nothing")
	END
        run python3 "$T/host.py"
        is "$(grep -c "^reached\|got b'reached" "$T/out")" 6
        run python3 "$T/host.py" "$CORDON" run -q -p "$T/policy"
        is "$out" $'refused\nrefused\nrefused\ngot nothing\ngot nothing\ngot nothing'
        boxed sh -c 'ls /dev/pts; ls -d /dev/ptmx; script -qec "ls /dev/pts" /dev/null'
        is "$out" $'ptmx\n/dev/ptmx\n0  ptmx\r'
}

# /dev/tty of a session inside is the terminal of that session, even where the host's has the same number.
test_pts_of_a_session_is_its_dev_tty() {
        need python3 script setsid
        dev_policy
        cat >"$T/on-terminal.py" <<-'END'
	import os, pty, sys
	pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024))
	END
        run python3 "$T/on-terminal.py" "$CORDON" run -q -p "$T/policy" -- \
                sh -c 'echo outer >/dev/tty; script -qec "echo inner >/dev/tty" /dev/null >script.out; setsid -w sh -c "echo none >/dev/tty" || echo refused'
        has "$out" outer
        lacks "$out" inner
        has "$out" refused
        lacks "$out" none
        has "$(cat "$W/script.out")" inner
}

test_pts_have_a_limit() {
        need python3
        dev_policy
        boxed python3 -c 'import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
n = 0
try:
    while n < 1000: os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY); n += 1
except OSError as e: print(n, e.strerror)'
        is "$out" "512 No space left on device"
}

test_dev_names_are_all_there_is() {
        dev_policy 'dev null full shm'
        boxed ls -A /dev
        is "$out" $'fd\nfull\nnull\nshm\nstderr\nstdin\nstdout'
        boxed sh -c 'echo x >/dev/null && (echo out >/dev/stdout; echo err >/dev/stderr) 2>&1 | cat && echo in | cat /dev/stdin; echo in | cat /dev/fd/0; echo x >/dev/full || echo full; cat /dev/urandom || echo absent'
        is "$out" $'out\nerr\nin\nin\nfull\nabsent'
        dev_policy
        boxed ls -A /dev
        is "$out" $'fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero'
        dev_policy 'dev none'
        boxed sh -c 'ls -d /dev/*; echo in | cat /dev/stdin'
        has "$out" in
        lacks "$out" null
        boxed sh -c ': >/dev/null'
        [ "$rc" != 0 ] || fail "there is /dev/null with \`dev none\`"
        # nothing can be made there
        boxed sh -c ': >/dev/new || mkdir /dev/dir || mv /dev/fd /dev/other || rm /dev/stdin'
        [ "$rc" != 0 ] || fail "something in /dev was changed"
}

# ---- shared memory --------------------------------------------------------------------------------------------------

shared_memory_py() {
        cat >"$W/shared.py" <<-'END'
	import multiprocessing, os
	from multiprocessing import shared_memory
	def work(lock, name):
	    with lock:
	        m = shared_memory.SharedMemory(name); m.buf[0] += 1; m.close()
	if __name__ == "__main__":
	    lock = multiprocessing.Lock()
	    m = shared_memory.SharedMemory(create=True, size=4096)
	    ps = [multiprocessing.Process(target=work, args=(lock, m.name)) for _ in range(4)]
	    [p.start() for p in ps]; [p.join() for p in ps]
	    print(m.buf[0], sum(multiprocessing.Pool(2).map(abs, range(10))), os.path.exists("/dev/shm/" + m.name))
	    m.close(); m.unlink()
	END
}

test_shm_works() {
        need python3
        local lines
        for lines in 'tmp private 8M' $'tmp none\ndev null urandom shm' $'tmp none\ndev null urandom shm\naudit none' $'tmp private 8M\ndev null urandom shm'; do
                dev_policy "$lines"
                shared_memory_py
                run python3 "$W/shared.py"
                is "$out" "4 45 True" outside
                boxed python3 "$W/shared.py"
                is "$out" "4 45 True" "${lines//$'\n'/; }"
                [ ! -e /dev/shm/secret ] || rm -f /dev/shm/secret
        done
        dev_policy $'tmp none\ndev null urandom'
        shared_memory_py
        boxed python3 "$W/shared.py"
        [ "$rc" != 0 ] || fail "there is shared memory without \`dev shm\` and without /tmp"
}

test_shm_is_the_sandboxs_own() {
        local name=cordon-test-$$-$RANDOM
        echo outside >"/dev/shm/$name"
        dev_policy 'dev null shm'
        boxed sh -c "cat /dev/shm/$name; echo inside >/dev/shm/$name-2; ls /dev/shm; stat -fc %T /dev/shm"
        is "$out" "$name-2"$'\ntmpfs'
        [ ! -e "/dev/shm/$name-2" ] || fail "the host sees what was made inside"
        rm "/dev/shm/$name"
        boxed sh -c 'cp /bin/true /dev/shm/prog; chmod 755 /dev/shm/prog; /dev/shm/prog'
        status_is 126
        # as large as /tmp
        dev_policy $'tmp private 1M\ndev null zero shm'
        boxed head -c 2M /dev/zero
        boxed sh -c 'head -c 2M /dev/zero >/dev/shm/large'
        [ "$rc" != 0 ] || fail "it has no limit"
        boxed sh -c 'head -c 900K /dev/zero >/dev/shm/small'
        status_is 0
}

# ---- /proc ----------------------------------------------------------------------------------------------------------

# Opens each as far as the caller may; says which could be read.
closed_places="kcore keys key-users kmsg kallsyms interrupts timer_list sched_debug latency_stats slabinfo vmallocinfo kpagecount kpageflags"

test_proc_own_is_closed_where_it_tells_of_the_kernel() {
        local audit probe
        # shellcheck disable=SC2016
        probe='for f; do head -c 1 /proc/$f >/dev/null 2>&1 && echo $f; done; true'
        # shellcheck disable=SC2086
        run sh -c "$probe" sh $closed_places
        has "$out" kallsyms
        has "$out" interrupts
        has "$out" keys
        for audit in denied none; do
                dev_policy "audit $audit"
                # shellcheck disable=SC2086
                boxed sh -c "$probe" sh $closed_places
                is "$out" "" "with audit $audit"
                boxed sh -c 'head -c 1 /proc/meminfo /proc/cpuinfo /proc/stat /proc/filesystems /proc/sys/kernel/ostype /proc/self/status >/dev/null; ls /proc/acpi/* /proc/scsi/*'
                [ "$rc" != 0 ] || fail "a directory that is closed was listed"
                lacks "$err" "head:"
                boxed sh -c 'ls /proc/keys && cat /proc/bus/../keys; cat /proc/self/../keys; exec 5</proc/keys'
                is "$out" /proc/keys
                # not even for root's own id
                echo 'user own' >>"$T/policy"
                # shellcheck disable=SC2086
                boxed sh -c "$probe" sh $closed_places
                is "$out" "" "as oneself, with audit $audit"
        done
        # a line about the very file opens it
        dev_policy 'read /proc/interrupts'
        # shellcheck disable=SC2086
        boxed sh -c "$probe" sh $closed_places
        is "$out" interrupts
        run "$CORDON" why -p "$T/policy" read /proc/keys
        has "$out" "denied   read /proc/keys: EACCES"
        run "$CORDON" why -p "$T/policy" read /proc/interrupts
        has "$out" "allowed  read /proc/interrupts"
}

test_proc_self_has_processes_only() {
        dev_policy 'proc self'
        # shellcheck disable=SC2010
        boxed sh -c 'ls /proc | grep -v "^[0-9]" | tr "\n" " "; cat /proc/self/comm; cat /proc/sys/kernel/ostype /proc/meminfo'
        is "$out" "self thread-self cat"
        [ "$rc" != 0 ] || fail "there is more than processes"
        dev_policy
        boxed cat /proc/sys/kernel/ostype
        is "$out" Linux
}

# Where a part of the host's /proc is hidden, the kernel lets nobody mount a whole one.
test_proc_where_the_hosts_is_partly_hidden() {
        need unshare
        dev_policy
        local -a private=(unshare -m --propagation private)
        local hide='mount -t tmpfs none /proc/sys && exec "$@"'
        if ! am_root; then
                unshare -Ur true 2>/dev/null || skip "no user namespaces for this user"
                private=(unshare -Urm --propagation private)
                hide='mount -t tmpfs none /proc/sys && exec unshare -U --map-user=65533 --map-group=65533 "$@"'
        fi
        run "${private[@]}" sh -c "$hide" sh "$CORDON" run -q -p "$T/policy" -- true
        status_is 125
        has "$err" "stage 'proc'"
        has "$err" "--accept no-proc" # what to do
        dev_policy 'proc none'
        run "${private[@]}" sh -c "$hide" sh "$CORDON" run -q -p "$T/policy" -- sh -c 'echo ran; ls /proc/self'
        has "$out" ran
        lacks "$out" status
}

# ---- /sys -----------------------------------------------------------------------------------------------------------

test_sys_is_there_where_it_is_asked_for() {
        local mem=/sys/devices/virtual/mem
        run cat $mem/null/uevent
        has "$out" MAJOR=1
        policy <<-'END'
		use @base
		exec /bin /usr/bin
	END
        boxed sh -c "ls /sys/class /sys/block /sys/devices/virtual || cat $mem/null/uevent"
        [ "$rc" != 0 ] || fail "there is /sys without a rule"
        is "$out" ""
        echo "read $mem" >>"$T/policy"
        boxed cat $mem/null/uevent
        has "$out" MAJOR=1
        boxed sh -c 'ls /sys/devices/virtual; ls /sys/class'
        is "$out" mem
        boxed sh -c ": >$mem/null/uevent"
        [ "$rc" != 0 ] || fail "/sys can be written"
}

# ---- who the program is ---------------------------------------------------------------------------------------------

# A file that only its group may read.
group_file() {
        mkdir "$T/group"
        echo of-the-group >"$T/group/file"
        chown 65531:4321 "$T/group/file"
        chmod 040 "$T/group/file"
        chmod 755 "$T/group"
        dev_policy "read $T/group"
}

test_supplementary_groups_of_root_are_dropped() {
        am_root || skip "this is about root"
        need setpriv
        group_file
        run setpriv --reuid=65532 --regid=65532 --groups=4321 cat "$T/group/file"
        is "$out" of-the-group
        run setpriv --groups=4321 "$CORDON" run -q -p "$T/policy" -- sh -c "id -G; cat $T/group/file"
        has "$out" 65534
        lacks "$out" of-the-group
        lacks "$out" 4321
        boxed grep Groups: /proc/self/status
        matches "$out" $'^Groups:[\t ]*$'
}

# An ordinary user cannot drop them: the manual says so. They have no number inside, and cannot be changed there.
test_supplementary_groups_of_a_user_stay() {
        am_root || skip "only root can begin with other groups"
        need setpriv python3
        group_file
        run setpriv --reuid=65532 --regid=65532 --groups=4321 env HOME=/ "$CORDON" run -q -p "$T/policy" -- \
                sh -c "id -G; cat $T/group/file; cat /proc/self/setgroups; python3 -c 'import os; os.setgroups([])'"
        if [ "$rc" = 126 ] || [ "$rc" = 127 ]; then
                skip "this build cannot be executed by an ordinary user"
        fi
        is "$out" $'65532 65534\nof-the-group\ndeny'
        has "$err" "PermissionError"
}
