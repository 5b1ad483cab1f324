# Processes: those outside can't be seen, signalled or traced.
# shellcheck shell=bash

test_outside_processes_cannot_be_killed() {
        dev_policy
        start "$HELPERS/hog" forever
        expect_line ready
        reached_outside kill "$pid"
        refused_inside 'ESRCH|EPERM' kill "$pid"
        reached_outside ptrace "$pid"
        refused_inside 'ESRCH|EPERM|ENOSYS' ptrace "$pid"
        boxed sh -c 'kill -9 $1; echo tried' sh "$pid"
        is "$out" tried
        kill -0 "$pid" || fail "it was killed"
}

test_proc_shows_own_processes_only() {
        dev_policy
        boxed sh -c 'ls /proc | grep "^[0-9]"'
        [ "$(wc -l <"$T/out")" -le 4 ] || fail "foreign processes"
        boxed sh -c 'ls -d /proc/$1' sh $$
        [ "$rc" != 0 ] || [ $$ -lt 8 ] || fail "the test's own process is visible"
        boxed sh -c 'echo $$'
        [ "$out" -le 4 ] || fail "the pid is not of a new namespace: $out"
}

test_proc_none() {
        dev_policy 'proc none'
        boxed sh -c 'ls /proc/self || ls /proc/1 || echo none'
        has "$out" none
        boxed cat /proc/self/status
        status_is 1
}

test_proc_self() {
        dev_policy 'proc self'
        boxed cat /proc/self/comm
        is "$out" cat
        boxed sh -c 'cat /proc/1/comm /proc/1/cmdline'
        [ "$rc" != 0 ] || fail "pid 1 is visible"
}

test_proc_is_not_writable() {
        dev_policy
        local f
        for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/self/oom_score_adj /proc/self/uid_map /proc/self/attr/current; do
                boxed sh -c ": >>$f" # opened, never written: a failing test must do no harm
                [ "$rc" != 0 ] || fail "$f could be opened for writing"
        done
}

test_pid_1_is_safe_from_the_program() {
        dev_policy
        boxed sh -c '[ $$ -lt 9 ] || exit 99; kill -TERM 1; kill -KILL 1; kill -STOP 1; echo alive; exit 3'
        has "$out" alive
        status_is 3
}

test_orphans_are_reaped_while_it_runs() {
        dev_policy
        boxed bash -c 'for i in {1..50}; do (sleep 0 &); done; for k in {1..200}; do n=0; for f in /proc/[0-9]*/stat; do read -r a b c rest <"$f" 2>/dev/null || continue
                [ "$c" = Z ] && n=$((n+1)); done 2>/dev/null; [ $n = 0 ] && break; sleep 0.02; done; echo $n'
        is "$out" 0
}
