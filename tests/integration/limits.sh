# Limits hold, each beside the same program without it.
# shellcheck shell=bash

limited() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
		${1-}
	END
}

test_limit_procs_bounds_a_fork_bomb() {
        limited
        boxed "$HELPERS/hog" procs 100
        is "$out" "made 100"
        limited 'limit procs 20'
        boxed "$HELPERS/hog" procs 100
        matches "$out" '^made [0-9]+ and then no more$'
        [ "${out//[!0-9]/}" -le 20 ] || fail "$out"
}

test_limit_files() {
        limited
        boxed "$HELPERS/hog" files 200
        is "$out" "made 200"
        limited 'limit files 32'
        boxed "$HELPERS/hog" files 200
        matches "$out" '^made (2[0-9]|3[0-2]) and then no more$'
}

test_limit_memory() {
        need_plain_build
        limited
        boxed "$HELPERS/hog" memory 200
        is "$out" "made 200"
        limited 'limit memory 64M'
        boxed "$HELPERS/hog" memory 200
        lacks "$out" "made 200"
}

test_limit_fsize() {
        limited
        boxed "$HELPERS/hog" fsize 4 "$W/f"
        is "$out" "made 4"
        limited 'limit fsize 2M'
        boxed "$HELPERS/hog" fsize 4 "$W/f"
        lacks "$out" "made 4"
        [ "$(stat -c %s "$W/f")" -le 2097152 ] || fail "the file is larger"
}

test_limit_cpu() {
        limited
        boxed "$HELPERS/hog" cpu 2
        is "$out" "made 2"
        limited 'limit cpu 1s'
        boxed "$HELPERS/hog" cpu 4
        lacks "$out" "made"
        [ "$rc" -gt 128 ] || [ "$rc" = 124 ] || fail "status $rc"
}

test_limit_time_ends_the_deaf_too() {
        limited 'limit time 1s'
        within=30 boxed "$HELPERS/hog" deaf # it gives up by itself, later
        status_is 124
        has "$out" ready
        limited 'limit time 1m'
        boxed "$HELPERS/ids"
        status_is 0
}

test_limit_tmp_size() {
        limited 'tmp private 4M'
        boxed sh -c 'head -c 3M /dev/zero >/tmp/f && echo fits; rm /tmp/f; head -c 8M /dev/zero >/tmp/f || echo full'
        is "$out" $'fits\nfull'
}

test_no_tmp() {
        limited 'tmp none'
        boxed sh -c 'echo x >/tmp/f || echo none'
        is "$out" none
}

test_limits_are_no_trouble_for_go_and_threads() {
        need_plain_build
        [ -x "$HELPERS/gocat" ] || skip "no Go compiler on this machine"
        limited 'limit memory 512M procs 100 files 100 cpu 60s time 60s fsize 10M'
        echo text >"$W/a"
        boxed "$HELPERS/gocat" "$W/a"
        status_is 0
        is "$out" text
}

# A program can get the process group that it shares with cordon stopped by the terminal. pid 1 is never stopped.
test_time_is_over_even_where_cordon_is_stopped() {
        policy <<-END
		use @dev
		write $W
		limit time 1s
	END
        mkfifo "$W/pipe"
        "$CORDON" run -q -p "$T/policy" -- sh -c "exec 3>'$W/pipe'; echo up >&3; sleep 60" &
        local cordon=$! line
        exec 7<"$W/pipe"
        read -r -t 20 line <&7
        is "$line" up
        kill -STOP $cordon
        timeout 20 cat <&7 || fail "it lives on"
        exec 7<&-
        kill -CONT $cordon
        rc=0
        wait $cordon || rc=$?
        is "$rc" 124
}

# ---- time is over ------------------------------------------------------------------------------------------------------

# `sh` waits for the pipe, in which nothing ever comes, so no test sleeps.
timed() {
        policy <<-END
		use @base @dev
		write $W
		${1-limit time 1s}
	END
        [ -p "$W/never" ] || mkfifo "$W/never"
}

test_time_over_lets_a_program_tidy_up() {
        timed
        boxed bash -c "trap 'echo tidied; exit 3' TERM; exec 3<>'$W/never'; read -r <&3"
        status_is 124
        is "$out" tidied
        # With time enough the same trap says nothing, and the status is its own.
        timed 'limit time 1m'
        boxed bash -c "trap 'echo tidied; exit 3' TERM; exit 4"
        status_is 4
        is "$out" ""
}

# The first process dies at once; the one that it started still has its grace.
test_time_over_is_said_to_all() {
        timed
        boxed sh -c "bash -c 'trap \"echo tidied >$W/said; exit\" TERM; exec 3<>$W/never; read -r <&3' & wait"
        status_is 124
        is "$(cat "$W/said")" tidied
}

test_time_over_reaches_the_stopped() {
        timed
        boxed bash -c "trap 'echo tidied; exit' TERM; kill -STOP \$\$"
        status_is 124
        is "$out" tidied
}

test_time_over_ends_the_daemonised() {
        timed
        # Holds the pipe open for writing: the reader outside sees its end.
        mkfifo "$W/alive"
        "$CORDON" run -q -p "$T/policy" -- sh -c \
                "setsid sh -c 'trap \"\" TERM HUP; exec 3>\"$W/alive\"; echo up >&3; read -r x <\"$W/never\"' & read -r x <'$W/never'" &
        local cordon=$! line
        exec 7<"$W/alive"
        read -r -t 20 line <&7
        is "$line" up
        timeout 20 cat <&7 || fail "it lives on"
        exec 7<&-
        rc=0
        wait $cordon || rc=$?
        is "$rc" 124
}

# ---- what was used -----------------------------------------------------------------------------------------------------

stat_of() { # the figure of one line of --stats
        sed -n "s/^cordon: $1  *\\([^ ]*\\).*/\\1/p" <<<"$err"
}

test_stats() {
        limited
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" memory 40
        status_is 0
        is "$(stat_of processes)" 1
        matches "$(stat_of memory)" '^4[0-9]\.[0-9]M$'
        matches "$err" 'cordon: cpu  *[0-9]+\.[0-9]{3} s \(user [0-9.]*, system [0-9.]*\)'
        matches "$err" 'cordon: requests  *[0-9]+ \([0-9]+ opens; 0 denied\)'
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" memory 1
        matches "$(stat_of memory)" '^[0-9.]*M$'
        local small
        small=$(stat_of memory)
        [ "${small%%.*}" -lt 40 ] || fail "$small"
        run "$CORDON" run -p "$T/policy" -- "$HELPERS/hog" memory 1
        is "$err" ""
}

test_stats_count_all_that_is_started() {
        limited
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" procs 30
        is "$(stat_of processes)" 31
}

# A daemon that nobody has waited for is killed at the end, and counted all the same.
test_stats_include_what_is_left_behind() {
        limited
        run "$CORDON" run --stats -p "$T/policy" -- sh -c 'head -c 5000000 /dev/zero >/dev/null; exit 0'
        matches "$err" 'bytes .*4\.[0-9]M read, 4\.[0-9]M written'
        mkfifo "$W/done"
        run "$CORDON" run --stats -p "$T/policy" -- \
                bash -c "setsid sh -c 'head -c 5000000 /dev/zero >/dev/null; echo >$W/done; exec sleep 100' & read -r <$W/done"
        status_is 0
        matches "$err" 'bytes .*4\.[0-9]M read, 4\.[0-9]M written'
}

test_stats_are_there_when_time_is_over() {
        timed
        run "$CORDON" run --stats -p "$T/policy" -- bash -c "trap '' TERM; head -c 5000000 /dev/zero >/dev/null; read -r <$W/never"
        status_is 124
        matches "$err" 'bytes .*4\.[0-9]M read'
        has "$err" '`limit time` of the policy was reached'
}
