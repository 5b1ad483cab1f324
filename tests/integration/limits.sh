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
        run "$CORDON" run -p "$T/policy" -- "$HELPERS/hog" cpu 4
        lacks "$out" "made"
        status_is 124
        has "$err" '`limit cpu` of the policy was reached'
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

# ---- cgroups -----------------------------------------------------------------------------------------------------------

# Any cgroup v2 that may be written will do: the time that all have used needs no controller.
need_cgroup() {
        policy <<-END
		use @base @dev
		exec $HELPERS
		write $W
		limit cpu ${1-60s}
	END
        run "$CORDON" explain -p "$T/policy"
        [[ $out == *cpu.stat* ]] || skip "no cgroup can be made by this user on this machine"
}

# The cgroup of the first process of $pid's sandbox, as a directory.
leaf_of() {
        local child mount=/sys/fs/cgroup
        [ -e $mount/cgroup.controllers ] || mount+=/unified
        child=$(cat "/proc/$1/task/$1/children")
        echo "$mount$(sed -n 's/^0:://p' "/proc/${child%% *}/cgroup")"
}

test_cgroup_is_made_and_removed() {
        need_cgroup
        mkfifo "$W/go"
        start "$CORDON" run -q -p "$T/policy" -- bash -c 'sed -n "s/^0::/in /p" /proc/self/cgroup; echo up; read -r <'"$W/go"
        expect_line "in /"
        expect_line up
        local leaf
        leaf=$(leaf_of "$pid")
        matches "$leaf" '/cordon-[0-9]+-[0-9a-f]{8}$'
        [ -d "$leaf" ] || fail "no $leaf"
        [ "$(wc -l <"$leaf/cgroup.procs")" = 2 ] || fail "who is in it: $(cat "$leaf/cgroup.procs")"
        echo >"$W/go"
        finish
        is "$rc" 0
        [ ! -e "$leaf" ] || fail "$leaf is left behind"
}

# Nobody can remove it when cordon is killed; the next one does, and leaves those alone that are in use.
test_cgroup_of_a_killed_cordon_goes_with_the_next_run() {
        need_cgroup
        mkfifo "$W/go" "$W/never"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "echo up; read -r <'$W/go'"
        expect_line up
        local alive=$pid alive_lines=$lines alive_leaf dead_leaf
        alive_leaf=$(leaf_of "$pid")
        start "$CORDON" run -q -p "$T/policy" -- bash -c "echo up; read -r <'$W/never'"
        expect_line up
        dead_leaf=$(leaf_of "$pid")
        kill -KILL "$pid"
        timeout 20 cat <&"$lines" >/dev/null || fail "it lives on"
        [ -d "$dead_leaf" ] || fail "it was removed by nobody: that is no proof of anything"
        boxed true
        [ ! -e "$dead_leaf" ] || [ -s "$dead_leaf/cgroup.procs" ] || fail "$dead_leaf is left behind"
        [ -d "$alive_leaf" ] || fail "that of another is gone"
        echo >"$W/go"
        pid=$alive lines=$alive_lines
        finish
        is "$rc" 0
}

# Each by itself stays below the limit, which is what an rlimit looks at.
test_limit_cpu_is_of_all_together_with_a_cgroup() {
        need_cgroup 2s
        boxed bash -c "for i in 1 2 3 4; do '$HELPERS/hog' cpu 1; done; echo done"
        status_is 124
        lacks "$out" done
        need_cgroup 60s
        run "$CORDON" run --stats -p "$T/policy" -- bash -c "'$HELPERS/hog' cpu 1 & '$HELPERS/hog' cpu 1 & wait; echo done"
        status_is 0
        has "$out" done
        matches "$(stat_of cpu)" '^2\.[0-9]+$'
        has "$err" "(all together)"
}

test_require_cgroup() {
        need_cgroup
        echo 'require cgroup' >>"$T/policy"
        boxed true
        status_is 0
        # What it does not have here, it is not started without.
        local controllers
        controllers=$(cat /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null || true)
        [[ " $controllers " != *" memory "* ]] || return 0
        echo 'limit memory 1G' >>"$T/policy"
        run "$CORDON" run -p "$T/policy" -- true
        status_is 125
        has "$err" '`require cgroup` is not met: memory'
}

# Where no cgroup holds it, that is said once, and not with -q.
test_a_limit_that_holds_less_is_said() {
        need_plain_build
        limited 'limit memory 1G'
        run "$CORDON" explain -p "$T/policy"
        [[ $out == *RLIMIT_DATA* ]] || skip "a cgroup holds the memory on this machine"
        run "$CORDON" run -p "$T/policy" -- true
        status_is 0
        one_line "$err"
        has "$err" '`limit memory` holds for each process by itself'
        boxed true
        is "$err" ""
        limited 'limit fsize 1G'
        run "$CORDON" run -p "$T/policy" -- true
        is "$err" ""
}

test_what_nothing_can_hold_is_refused() {
        limited 'limit cpus 0.5'
        run "$CORDON" explain -p "$T/policy"
        [[ $out != *cpu.max* ]] || skip "a cgroup holds it on this machine"
        run "$CORDON" run -p "$T/policy" -- true
        status_is 125
        has "$err" "$T/policy:5: nothing but a cgroup can hold \`limit cpus\`"
}

# The kernel does not hold root to RLIMIT_NPROC.
test_limit_procs_of_roots_own_id() {
        am_root || skip "about root"
        limited $'user own\nlimit procs 20'
        run "$CORDON" run -q -p "$T/policy" -- "$HELPERS/hog" procs 100
        if [ "$rc" = 125 ]; then
                has "$err" "for root's own id"
        else
                matches "$out" '^made [0-9]+ and then no more$'
        fi
}

# As a session manager delegates one: the directory belongs to the user, the shell's own below it does not.
test_cgroup_that_is_delegated_to_a_user() {
        am_root || skip "an ordinary user cannot delegate"
        local mount=/sys/fs/cgroup delegated
        [ -e $mount/cgroup.controllers ] || mount+=/unified
        delegated=$mount/test-of-cordon-$$
        mkdir "$delegated" "$delegated/shell" 2>/dev/null || skip "no cgroup v2 that can be written"
        # shellcheck disable=SC2064
        trap "rmdir '$delegated/shell' '$delegated'" EXIT
        chown 65533 "$delegated" "$delegated/cgroup.procs" "$delegated/cgroup.subtree_control"
        cp "$CORDON" "$T/cordon"
        policy <<-END
		use @base @dev
		limit cpu 60s
	END
        # In a process of its own, which becomes cordon.
        as_user() {
                echo "$BASHPID" >"$delegated/shell/cgroup.procs" && exec setpriv --reuid 65533 --regid 65533 --clear-groups "$@"
        }
        run bash -c "echo \$\$ >'$delegated/shell/cgroup.procs'"
        [ "$rc" = 0 ] || skip "this cgroup takes no processes"
        out=$(as_user "$T/cordon" explain -p "$T/policy")
        has "$out" cpu.stat
        mkfifo "$T/answers" "$T/says"
        (as_user "$T/cordon" run -q -p "$T/policy" -- sh -c 'echo up; read -r x; cat /proc/self/cgroup' <"$T/answers" >"$T/says") &
        pid=$!
        exec 7>"$T/answers" 8<"$T/says"
        local line
        read -r -t 20 -u 8 line
        is "$line" up
        matches "$(leaf_of "$pid")" "^$delegated/cordon-[0-9]+-[0-9a-f]{8}\$"
        echo >&7
        out=$(cat <&8)
        wait "$pid" || fail "status $?"
        has "$out" "0::/"
        lacks "$out" "0::/cordon"
        is "$(find "$delegated" -mindepth 1 -maxdepth 1 -type d -printf '%f\n')" shell
}

# With the controllers, where the machine has them.
test_limit_memory_by_a_cgroup_says_why() {
        limited 'limit memory 64M'
        run "$CORDON" explain -p "$T/policy"
        [[ $out == *memory.max* ]] || skip "no memory controller for this user on this machine"
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" memory 200
        status_is 137
        has "$err" '`limit memory` of the policy was reached'
        has "$err" '(at most, all together)'
        run "$CORDON" run --stats -p "$T/policy" -- sh -c "'$HELPERS/hog' memory 200; exit 3"
        status_is 3
        has "$err" 'killed     1 for memory'
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" memory 20
        is "$out" "made 20"
        lacks "$err" killed
}

test_limit_cpus() {
        limited 'limit cpus 0.5'
        run "$CORDON" explain -p "$T/policy"
        [[ $out == *cpu.max* ]] || skip "no cpu controller for this user on this machine"
        run "$CORDON" run --stats -p "$T/policy" -- "$HELPERS/hog" cpu 1
        is "$out" "made 1"
        [ "$(stat_of wall | tr -d .)" -ge 1800 ] || fail "$(stat_of wall) s"
}

# ---- output ------------------------------------------------------------------------------------------------------------

test_limit_output_is_exact() {
        limited 'limit output 1K'
        boxed head -c 1024 /dev/zero
        status_is 0
        is "$(stat -c %s "$T/out")" 1024
        run "$CORDON" run -p "$T/policy" -- head -c 1025 /dev/zero
        status_is 124
        is "$(stat -c %s "$T/out")" 1024
        has "$err" '`limit output` of the policy was reached'
        # The two together; and to a file that is open for appending.
        boxed sh -c 'head -c 600 /dev/zero; head -c 424 /dev/zero >&2'
        status_is 0
        boxed sh -c 'head -c 600 /dev/zero; head -c 425 /dev/zero >&2; exit 0'
        status_is 124
        is "$(($(stat -c %s "$T/out") + $(stat -c %s "$T/err")))" 1024
        printf 'before' >"$T/appended"
        rc=0
        "$CORDON" run -q -p "$T/policy" -- head -c 3000 /dev/zero >>"$T/appended" || rc=$?
        status_is 124
        is "$(stat -c %s "$T/appended")" 1030
}

test_limit_output_ends_a_flood() {
        limited 'limit output 1M'
        within=60 boxed sh -c 'trap "" PIPE TERM; while :; do yes; done'
        status_is 124
        is "$(stat -c %s "$T/out")" 1048576
        [ "$(stat -c %s "$T/err")" = 0 ] || fail "what came after the limit was passed on"
}

# As without: all of it, in its order, however slowly it is read; and SIGPIPE where nobody does.
test_limit_output_changes_nothing_below_it() {
        limited 'limit output 10M'
        rc=0
        "$CORDON" run -q -p "$T/policy" -- sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 5' >"$T/both" 2>&1 || rc=$?
        status_is 5
        is "$(cat "$T/both")" $'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3'
        mkfifo "$T/slow"
        "$CORDON" run -q -p "$T/policy" -- head -c 500000 /dev/zero >"$T/slow" &
        local cordon=$! count
        exec 7<"$T/slow"
        count=$(head -c 1 <&7 | wc -c)
        count=$((count + $(wc -c <&7)))
        exec 7<&-
        is "$count" 500000
        wait $cordon || fail "status $?"
        run bash -c "\"$CORDON\" run -q -p '$T/policy' -- yes | head -1; echo \${PIPESTATUS[0]}"
        is "$out" $'y\n141'
        boxed sh -c 'echo by its name >/dev/stdout'
        is "$out" "by its name"
        boxed sh -c 'exec >&-; test -t 2 || echo none >&2'
        is "$err" none
}

# Nobody ever reads: the end comes all the same, and what was not passed on is lost.
test_limit_output_does_not_wait_for_ever() {
        limited 'limit time 1s output 10M'
        mkfifo "$T/stuck"
        exec 7<>"$T/stuck"
        rc=0
        timeout -s KILL 60 "$CORDON" run -q -p "$T/policy" -- head -c 500000 /dev/zero >&7 || rc=$?
        exec 7>&-
        status_is 124
}

# ---- hogs --------------------------------------------------------------------------------------------------------------

test_limit_procs_bounds_threads() {
        limited
        boxed "$HELPERS/hog" threads 60
        is "$out" "made 60"
        limited 'limit procs 20'
        boxed "$HELPERS/hog" threads 60
        matches "$out" '^made [0-9]+ and then no more$'
        [ "${out//[!0-9]/}" -le 19 ] || fail "$out"
}

# Each child forks in turn, and none listens. Afterwards nothing of it is left.
test_a_fork_bomb_is_held_and_ended() {
        limited 'limit procs 40 time 2s grace 100ms'
        local mark="bomb-of-$$-$RANDOM"
        within=60 boxed bash -c "trap '' TERM; bomb() { bomb | bomb & }; while :; do bomb 2>/dev/null; done" "$mark"
        status_is 124
        ! grep -qsF "$mark" /proc/[0-9]*/cmdline || fail "some are left"
}

test_a_dry_run_tells_of_the_cgroup_and_of_limits() {
        dev_policy "limit memory 1G"
        run "$CORDON" run --dry-run -p "$T/policy" -- true
        status_is 0
        local shown=$out
        run "$CORDON" run -p "$T/policy" -- true
        status_is 0
        if [ -n "$err" ]; then # there is none that could hold it
                has "$shown" "note         ${err#cordon: }"
        else
                matches "$shown" 'cgroup +its own in /.*, with (.*, )?memory'
                lacks "$shown" "holds for each process"
        fi
        dev_policy
        run "$CORDON" run --dry-run -p "$T/policy" -- true
        lacks "$out" cgroup
        lacks "$out" note
}
