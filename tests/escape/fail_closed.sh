# fail-closed: errors are denials, and a broker that dies takes its children along.
# shellcheck shell=bash

test_fail_closed_broker_killed() {
        dev_policy
        echo x >"$W/file"
        # The control: with the broker alive, a file that appears later is opened.
        start "$CORDON" run -q -p "$T/policy" -- "$HELPERS/orphan" "$W/file" "$W/later"
        expect_line ready
        echo x >"$W/later"
        expect_line later
        finish
        rm "$W/later"
        start "$CORDON" run -q -p "$T/policy" -- "$HELPERS/orphan" "$W/file" "$W/later"
        expect_line ready
        kill -KILL "$pid"
        wait "$pid" || true
        echo x >"$W/later"
        finish
        lacks "$rest" later
        lacks "$rest" errno
}

test_fail_closed_broker_killed_takes_daemons_along() {
        dev_policy
        start "$CORDON" run -q -p "$T/policy" -- sh -c "$HELPERS/daemonize $W/lock $W/pid; exec $HELPERS/hog deaf"
        expect_line ready
        ! flock -n "$W/lock" true || fail "the daemon holds no lock"
        kill -KILL "$pid"
        finish
        timeout 10 flock "$W/lock" true || fail "the daemon outlived the broker"
}

test_fail_closed_memory_of_processes() {
        dev_policy
        local what n
        run head -c 1 /proc/self/environ
        status_is 0
        for what in mem environ maps; do
                for n in 1; do
                        boxed head -c 1 "/proc/$n/$what"
                        [ "$rc" != 0 ] || [ -z "$out" ] || fail "/proc/$n/$what could be read"
                done
        done
        boxed sh -c 'ls -l /proc/1/fd /proc/1/exe /proc/1/cwd /proc/1/root'
        [ "$rc" != 0 ] || fail "the descriptors of pid 1 can be seen"
}

test_fail_closed_own_memory_cannot_be_rewritten_by_the_broker() {
        need python3
        dev_policy 'use @python'
        cat >"$W/mem.py" <<'END'
import ctypes
text = ctypes.create_string_buffer(b"before", 16)
try:
    with open("/proc/self/mem", "r+b", buffering=0) as f:
        f.seek(ctypes.addressof(text)); f.write(b"AFTER!")
except OSError as e:
    print("refused", e.strerror)
print(text.value.decode())
END
        run python3 "$W/mem.py"
        has "$out" "AFTER!"
        boxed python3 "$W/mem.py"
        has "$out" "refused"
        has "$out" "before"
}

# A policy that cannot be carried out is a refusal, never a weaker sandbox.
test_fail_closed_setup_errors_run_nothing() {
        dev_policy 'cwd /nowhere/at/all'
        launch=may_fail boxed touch "$W/ran"
        [ "$rc" = 125 ] || fail "status $rc"
        [ ! -e "$W/ran" ] || fail "the program ran"
        one_line "$err"
}

test_fail_closed_a_flood_of_waiting_opens_delays_only_itself() {
        dev_policy
        mkfifo "$W/fifo"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "for i in \$(seq 300); do cat $W/fifo & done 2>/dev/null; cat $W/quick; echo ready; kill \$(jobs -p); wait"
        echo quick >"$W/quick"
        expect_line ready 60
        finish
        status_is 0
}

# At most 64 opens of a sandbox wait; the others are told so.
test_bounded_waiting_opens() {
        dev_policy
        mkfifo "$W/fifo"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "
                for i in {1..100}; do cat $W/fifo 2>>$W/errors & done
                until [ -e $W/errors ] && [ \"\$(wc -l <$W/errors)\" -ge 36 ]; do :; done; echo refused
                kill \$(jobs -p); wait 2>/dev/null"
        expect_line refused 30
        finish
        # cat writes its message in pieces, so several may share a line.
        is "$(grep -o 'temporarily unavailable' "$W/errors" | wc -l)" 36
        is "$(wc -l <"$W/errors")" 36
}

test_fail_closed_many_sandboxes_at_once() {
        dev_policy
        echo x >"$W/file"
        local i pids=()
        for i in $(seq 12); do
                "$CORDON" run -q -p "$T/policy" -- sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do cat $W/file; done | wc -l" >"$T/out.$i" 2>&1 &
                pids+=($!)
        done
        for i in "${pids[@]}"; do wait "$i" || fail "status $?"; done
        for i in $(seq 12); do is "$(cat "$T/out.$i")" 10; done
}

test_fail_closed_nothing_is_left_behind() {
        dev_policy
        local before after
        before=$(wc -l </proc/self/mountinfo)
        boxed sh -c 'mkfifo f; cat f & (sleep 4242 &) ; exit 3'
        status_is 3
        boxed sh -c 'kill -9 $$'
        after=$(wc -l </proc/self/mountinfo)
        is "$after" "$before" "mounts"
        local p line
        for p in /proc/[0-9]*/cmdline; do
                { line=$(tr '\0' ' ' <"$p"); } 2>/dev/null || continue
                lacks "$line" "run -q -p $T/policy"
                lacks "$line" "sleep 4242"
        done
        is "$(ls -A "$T" | sort | tr '\n' ' ')" "err home out output policy secret work "
}

# Stopped in the middle of an answer (Ctrl-Z, a debugger), the broker must not make an open return somebody else's descriptor.
test_fail_closed_where_the_broker_is_stopped() {
        dev_policy
        echo content >"$W/file"
        "$CORDON" run -q -p "$T/policy" -- python3 -c "
import os
while not os.path.exists('$W/done'):
    fd = os.open('$W/file', os.O_RDONLY)
    if fd < 3 or os.read(fd, 100) != b'content\n':
        os._exit(9)
    os.close(fd)
    open('$W/going', 'a').close()" 2>"$T/err" &
        local cordon=$! i
        until [ -e "$W/going" ]; do :; done
        for ((i = 0; i < 4000; i++)); do
                kill -STOP $cordon
                kill -CONT $cordon
        done
        touch "$W/done"
        rc=0
        wait $cordon || rc=$?
        is "$rc" 0
}

# ---- no process survives its sandbox ----------------------------------------------------------------------------------

# A program of the sandbox with a daemon that has left its session, is no child of it any more, and holds a lock.
daemon_in_a_sandbox() {
        dev_policy
        start "$CORDON" run -q -p "$T/policy" -- sh -c "$HELPERS/daemonize $W/lock $W/pid; exec $HELPERS/hog deaf"
        expect_line ready
        ! flock -n "$W/lock" true || fail "the daemon holds no lock"
}

no_daemon_is_left() {
        timeout 20 flock "$W/lock" true || fail "the daemon outlived $1"
        wait "$pid" || true
        exec {lines}<&-
}

# The control: nothing but the sandbox ends such a daemon.
test_fail_closed_daemons_survive_without_a_sandbox() {
        start sh -c "$HELPERS/daemonize $W/lock $W/pid; exec $HELPERS/hog deaf"
        expect_line ready
        kill -KILL "$pid"
        wait "$pid" || true
        ! flock -n "$W/lock" true || fail "the daemon is gone"
        kill -KILL "$(cat "$W/pid")"
        exec {lines}<&-
}

test_fail_closed_broker_crashed() {
        daemon_in_a_sandbox
        ulimit -c 0
        kill -SEGV "$pid"
        no_daemon_is_left "a broker that crashed"
}

# Stopped, and pid 1 with it, so that it cannot see that the broker is gone.
test_fail_closed_everything_stopped_then_killed() {
        daemon_in_a_sandbox
        local init state
        init=$(cat "/proc/$pid/task/$pid/children")
        # shellcheck disable=SC2086
        kill -STOP "$pid" $init
        # shellcheck disable=SC2086
        until state=$(cut -d' ' -f3 "/proc/$pid/stat" /proc/${init% }/stat) && [ "$state" = $'T\nT' ]; do :; done
        kill -KILL "$pid"
        no_daemon_is_left "a stopped broker that was killed"
}

test_fail_closed_pid_1_killed_from_outside() {
        daemon_in_a_sandbox
        # shellcheck disable=SC2046
        kill -KILL $(cat "/proc/$pid/task/$pid/children")
        timeout 20 flock "$W/lock" true || fail "the daemon outlived pid 1"
        finish
        status_is 137
}

test_fail_closed_whole_group_killed() {
        need setsid
        dev_policy
        start setsid "$CORDON" run -q -p "$T/policy" -- sh -c "$HELPERS/daemonize $W/lock $W/pid; exec $HELPERS/hog deaf"
        expect_line ready
        ! flock -n "$W/lock" true || fail "the daemon holds no lock"
        kill -KILL -- "-$pid"
        no_daemon_is_left "the process group"
}
