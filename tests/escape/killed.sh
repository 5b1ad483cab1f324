# cordon is killed at any of its system calls, from its first to its last: nothing of what it has started or made is left.
# KILLS says how often in two tests together (100; `make check-long`: 2000).
# shellcheck shell=bash disable=SC2154

# What could be left, beside processes (and an empty cgroup, see limits.sh): mounts, names in what the program may write and in the directories of everybody.
traces() {
        cat /proc/self/mountinfo
        find "$W" "$T/tree" | LC_ALL=C sort
        find /tmp /var/tmp /dev/shm -maxdepth 1 -user "$(id -u)" -name '*cordon*' ! -name '*test*' ! -name '*unit*' 2>/dev/null || true
}

# killed_at POINT [OPTION]...
killed_at() {
        local point=$1
        shift
        rm -rf "$T/kept"
        if [ -n "${keeps-}" ]; then mkdir -m 700 "$T/kept"; fi
        "$HELPERS/killpoint" "$point" "$CORDON" run -q -p "$T/policy" "$@" -- \
                sh -c ": $marker; $HELPERS/daemonize $W/lock $W/pid; cat $W/file ${reads-} >/dev/null; echo x >${writes-$W/pid}; echo y >$T/tree/y; cat $T/tree/y" \
                >"$T/said" 2>"$T/err" </dev/null || true
}

nothing_runs() {
        # Their names are in the command line of pid 1, which is a copy of cordon's, and of all that it starts.
        local tries
        for ((tries = 0; tries < 2000; tries++)); do
                pgrep -f "$marker" >/dev/null || break
                pause 0.01
        done
        ! pgrep -af "$marker" || fail "left running, killed at call $1 of $calls"
        timeout 20 flock "$W/lock" true || fail "the daemon is left, killed at call $1 of $calls"
}

killed_often() {
        local before i point killed=0 marker=kill-marker-$$-$RANDOM calls
        echo text >"$W/file"
        : >"$W/lock"
        : >"$W/pid"
        : >"$T/tree/y"
        chmod 666 "$W"/* "$T/tree/y"
        killed_at 0 "$@"
        calls=$(sed -n 's/^calls \([0-9]*\)$/\1/p' "$T/said")
        is "$(sed '/^calls/d' "$T/said")" $'daemon is up\ny'
        [ "$calls" -gt 1000 ] || fail "only $calls calls"
        rm -rf "$T/kept"
        before=$(traces)
        for ((i = 0; i < ${KILLS:-100} / 2; i++)); do
                point=$(((RANDOM * 32768 + RANDOM) % calls + 1))
                killed_at "$point" "$@"
                grep -q killed "$T/said" && killed=$((killed + 1))
                nothing_runs "$point"
                rm -rf "$T/kept"
                is "$(traces)" "$before" "what is there, killed at call $point of $calls,"
        done
        [ "$killed" -gt $((i / 2)) ] || fail "it was killed only $killed times"
}

test_killed_at_any_call_of_a_plain_run() {
        need pgrep
        mkdir -m 777 "$T/tree"
        dev_policy "write $T/tree"
        killed_often
}

test_killed_at_any_call() {
        need pgrep
        mkdir -m 777 "$T/tree"
        dev_policy "write $T/tree
		file /made/file \"text\"
		tmp private 8M
		limit cpu 100s"
        reads=/made/file writes=/tmp/x killed_often
}

test_killed_at_any_call_with_an_overlay() {
        need pgrep
        mkdir -m 777 "$T/tree"
        dev_policy "overlay $T/tree
		file /made/file \"text\"
		limit time 60s"
        reads=/made/file writes=/tmp/x keeps=1 killed_often --keep "$T/kept"
        is "$(cat "$T/tree/y")" "" # nothing of it came to the host
}

# The control: what a program leaves behind where there is no sandbox.
test_killed_without_a_sandbox() {
        local marker=kill-marker-$$-$RANDOM
        : >"$W/lock"
        "$HELPERS/killpoint" 0 sh -c ": $marker; $HELPERS/daemonize $W/lock $W/pid" >/dev/null
        ! flock -n "$W/lock" true || fail "the daemon is gone"
        kill -KILL "$(cat "$W/pid")"
}
