# The command line: exit statuses, words and options, bad input, signals, the terminal.
# shellcheck shell=bash

simple_policy() {
        policy <<-'END'
		use @base @dev
	END
}

test_exit_status_is_the_programs() {
        simple_policy
        local n
        for n in 0 1 7 124 125 126 127 255; do
                launch=may_fail boxed sh -c "exit $n"
                status_is $n
        done
}

test_exit_status_of_a_signal() {
        simple_policy
        local n
        for n in 1 6 9 11 15; do
                boxed sh -c "kill -$n \$\$"
                status_is $((128 + n))
        done
}

test_time_limit_is_124() {
        policy <<-'END'
		use @base @dev
		limit time 1s
	END
        boxed sleep 20
        status_is 124
        boxed true
        status_is 0
}

test_help_can_be_asked_for_by_every_name() {
        local word
        for word in "" help --help -h; do
                run "$CORDON" help ${word:+"$word"}
                status_is 0
                has "$out" "Usage: cordon COMMAND"
        done
        run "$CORDON" cat file
        status_is 125
        has "$err" "to run a program: cordon run -- cat"
        run "$CORDON" chek
        has "$err" "did you mean 'check'"
}

test_missing_program_is_127() {
        simple_policy
        boxed no-such-program-anywhere
        status_is 127
        one_line "$err"
        has "$err" "no-such-program-anywhere"
        boxed /no/such/program
        status_is 127
        one_line "$err"
        boxed ""
        status_is 127
        one_line "$err"
}

test_program_that_is_a_directory_is_126() {
        simple_policy
        boxed /usr
        status_is 126
        one_line "$err"
        boxed "$W"
        status_is 126
}

test_program_not_executable_is_126() {
        simple_policy
        echo 'echo ran' >"$W/script"
        echo "read $W" >>"$T/policy"
        boxed "$W/script"
        status_is 126
        is "$out" ""
}

test_program_in_no_known_format_is_126() {
        simple_policy
        head -c 100 /dev/zero >"$W/zeros"
        chmod 755 "$W/zeros"
        echo "exec $W" >>"$T/policy"
        boxed "$W/zeros"
        status_is 126
        has "$err" "Exec format error"
}

test_script_with_interpreter_runs() {
        simple_policy
        printf '#!/bin/sh\necho ran "$@"\n' >"$W/script"
        chmod 755 "$W/script"
        echo "exec $W" >>"$T/policy"
        boxed "$W/script" a b
        is "$out" "ran a b"
        boxed ./script c
        is "$out" "ran c"
}

test_program_that_the_policy_does_not_let_run() {
        policy <<-'END'
		use @base
	END
        cp /bin/true "$W/prog"
        boxed "$W/prog"
        [ "$rc" = 126 ] || [ "$rc" = 127 ] || fail "status $rc"
        has "$err" "exec"
}

test_no_program_is_an_error() {
        run "$CORDON" run
        status_is 125
        [ -n "$err" ] || fail "nothing was said"
        run "$CORDON" run --
        status_is 125
}

test_double_dash_ends_options() {
        simple_policy
        run "$CORDON" run -q -p "$T/policy" -- echo -- -q --help
        is "$out" "-- -q --help"
        run "$CORDON" run -q -p "$T/policy" echo --help -p x
        is "$out" "--help -p x"
}

test_several_policies_are_one() {
        policy "$T/a" <<<"use @base @dev"
        echo content >"$W/file"
        policy "$T/b" <<<"read $W"
        run "$CORDON" run -q -p "$T/a" -p "$T/b" -- cat "$W/file"
        is "$out" content
        run "$CORDON" run -q -p "$T/a" -- cat "$W/file"
        status_is 1
}

test_defines() {
        echo content >"$W/file"
        policy <<-'END'
		param IN
		param OUT=/nowhere
		use @base @dev
		read $IN
	END
        run "$CORDON" run -q -p "$T/policy" -D "IN=$W" -- cat "$W/file"
        is "$out" content
        run "$CORDON" run -q -p "$T/policy" -D IN=. -- cat "$W/file"
        is "$out" content
        run "$CORDON" run -q -p "$T/policy" -- cat "$W/file"
        status_is 125
        has "$err" IN
        run "$CORDON" run -q -p "$T/policy" -D "IN=$W" -D "IM=x" -- cat "$W/file"
        status_is 125
        has "$err" IN
        run "$CORDON" run -q -p "$T/policy" -D "IN" -- true
        status_is 125
}

test_help_and_version_everywhere() {
        local c
        run "$CORDON" --version
        status_is 0
        matches "$out" '^cordon [0-9]+\.[0-9]+\.[0-9]+$'
        for c in "" run check diff explain fmt syscalls; do
                run "$CORDON" $c --help
                status_is 0
                is "$err" ""
                has "$out" "cordon"
                run "$CORDON" $c --version
                status_is 0
        done
        run "$CORDON"
        [ "$rc" != 0 ] || fail "no command is no error"
        run "$CORDON" rum
        status_is 125
        has "$err" "run"
        run "$CORDON" run --quite -- true
        status_is 125
        has "$err" "quiet"
}

# ---- bad input: one clear line each, and the right status -----------------------------------------------------------

refused_policy() { # refused_policy FILE TEXT: as a policy of run, and of check
        run "$CORDON" run -p "$1" -- echo ran
        status_is 125
        [ "$out" = "" ] || fail "the program ran"
        has "$err" "$2"
        [ "$(wc -l <"$T/err")" -le "${3-4}" ] || fail "too many lines"
        run "$CORDON" check "$1"
        [ "$rc" != 0 ] || fail "check accepts it"
        has "$out$err" "$2"
}

test_bad_policy_missing() {
        refused_policy "$T/nowhere" "$T/nowhere" 1
        has "$err$out" "no such file"
}

test_bad_policy_directory() {
        mkdir "$T/dir.policy"
        refused_policy "$T/dir.policy" "directory" 1
}

test_bad_policy_empty() {
        : >"$T/empty"
        refused_policy "$T/empty" "cordon 1"
}

test_bad_policy_binary() {
        cp /bin/true "$T/binary"
        refused_policy "$T/binary" "binary" 8
        ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f-\xff]' "$T/err" || fail "raw bytes came out"
}

test_bad_policy_10_MB() {
        { echo "cordon 1"; head -c 10000000 /dev/zero | tr '\0' '#'; } >"$T/large"
        run "$CORDON" run -p "$T/large" -- echo ran
        status_is 125
        one_line "$err"
        has "$err" "large"
}

test_bad_policy_not_utf8() {
        printf 'cordon 1\nread /caf\351\n' >"$T/latin"
        refused_policy "$T/latin" "UTF-8"
        ! LC_ALL=C grep -q $'\351' "$T/err" || fail "raw bytes came out"
}

test_bad_policy_nul_byte() {
        printf 'cordon 1\nread /us\0r\n' >"$T/nul"
        refused_policy "$T/nul" "nul"
}

test_bad_policy_include_loop() {
        printf 'cordon 1\nuse %s\n' "$T/b" >"$T/a"
        printf 'cordon 1\nuse %s\n' "$T/a" >"$T/b"
        ln -s "$T/a" "$T/c"
        refused_policy "$T/a" "use" 8
        printf 'cordon 1\nuse %s\n' "$T/self" >"$T/self"
        refused_policy "$T/self" "use" 8
}

test_bad_policy_device_and_fifo() {
        refused_policy /dev/zero "/dev/zero" 2
        mkfifo "$T/fifo"
        run timeout 10 "$CORDON" run -p "$T/fifo" -- echo ran
        status_is 125
}

test_policy_with_10000_rules_works() {
        {
                echo "cordon 1"
                echo "use @base @dev"
                seq 1 10000 | sed 's|.*|read /srv/none/f&|'
                echo "read $W"
        } >"$T/policy"
        echo content >"$W/file"
        boxed cat "$W/file"
        status_is 0
        is "$out" content
        boxed cat "/srv/none/f77"
        status_is 1
}

test_policy_with_10000_globs_works() {
        {
                echo "cordon 1"
                echo "use @base @dev"
                seq 1 10000 | sed "s|.*|deny $W/**/*.x&|"
                echo "read $W"
        } >"$T/policy"
        echo content >"$W/file"
        echo content >"$W/file.x777"
        boxed cat "$W/file"
        is "$out" content
        boxed cat "$W/file.x777"
        has "$err" "Permission denied"
}

test_policy_rules_for_what_is_missing_are_fine_when_reading() {
        policy <<-END
		use @base @dev
		read $W/not-there /no/where/at-all
	END
        boxed echo ran
        is "$out" ran
}

test_write_rule_for_what_is_missing_is_an_error() {
        policy <<-END
		use @base @dev
		write $W/not-there
	END
        launch=may_fail boxed echo ran
        status_is 125
        has "$err" "not-there"
        has "$err" "policy:3"
}

test_path_of_5000_bytes() {
        local long
        long=/$(head -c 4999 /dev/zero | tr '\0' x)
        simple_policy
        boxed "$long"
        [ "$rc" = 126 ] || [ "$rc" = 127 ] || fail "status $rc"
        one_line "$err"
        refused_policy "$long" "name" 1
        boxed cat "$long"
        has "$err" "File name too long"
        policy <<<"read $long"
        refused_policy "$T/policy" "long"
        run "$CORDON" run -q -p @base -D "X=$long" -- true
        status_is 125
}

test_every_error_with_line_and_caret() {
        cat >"$T/policy" <<-'END'
		cordon 1
		use @base
		wirte /tmp/x
		read relative/path
		read $NOTHING
		limit time soon
		use @bse
	END
        run "$CORDON" check "$T/policy"
        [ "$rc" != 0 ] || fail "accepted"
        local all=$out$err n
        for n in 3 4 5 6 7; do
                has "$all" "policy:$n:"
        done
        has "$all" "did you mean 'write'?"
        has "$all" "^~~~~"
        has "$all" "wirte /tmp/x"
        has "$all" "@base"
}

test_version_line_is_needed() {
        echo "read /usr" >"$T/policy"
        refused_policy "$T/policy" "cordon 1" 8
        printf 'cordon 2\nread /usr\n' >"$T/policy"
        refused_policy "$T/policy" "cordon 2" 8
}

test_expect_lines_are_run_by_check() {
        policy <<-END
		use @base
		read $W
		expect allow read $W/x
		expect deny write $W/x
	END
        run "$CORDON" check "$T/policy"
        status_is 0
        echo "expect deny read $W/x" >>"$T/policy"
        run "$CORDON" check "$T/policy"
        [ "$rc" != 0 ] || fail "a wrong expectation passed"
        has "$out$err" "policy:6"
}

test_explain_tells_the_plan() {
        policy <<-END
		use @base
		read $W
		deny $W/**/*.key because "keys"
		limit procs 10
	END
        run "$CORDON" explain "$T/policy"
        status_is 0
        has "$out" "$W"
        has "$out" "open"
        has "$out" "procs"
        is "$err" ""
}

# ---- signals --------------------------------------------------------------------------------------------------------

test_term_is_forwarded() {
        simple_policy
        start "$CORDON" run -q -p "$T/policy" -- sh -c 'trap "echo got TERM; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
        expect_line ready
        kill -TERM "$pid"
        expect_line "got TERM"
        finish
        status_is 9
}

test_other_signals_are_forwarded() {
        simple_policy
        local s
        for s in INT USR1 USR2 QUIT; do
                start "$CORDON" run -q -p "$T/policy" -- bash -c "trap 'echo got $s; exit 3' $s; echo ready; while :; do sleep 0.05; done"
                expect_line ready
                kill -$s "$pid"
                expect_line "got $s"
                finish
                status_is 3
        done
}

# With a policy file it means something else, see hot.sh.
test_hangup_is_forwarded_where_no_policy_can_be_read_again() {
        mkdir -p "$W"
        start bash -c 'cd "$1" && exec "$2" run -q -- bash -c "trap \"echo got HUP; exit 3\" HUP; echo ready; while :; do sleep 0.05; done"' sh "$W" "$CORDON"
        expect_line ready
        kill -HUP "$pid"
        expect_line "got HUP"
        finish
        status_is 3
}

test_unhandled_term_ends_the_program() {
        simple_policy
        echo "exec $HELPERS" >>"$T/policy"
        start "$CORDON" run -q -p "$T/policy" -- "$HELPERS/hog" forever
        expect_line ready
        kill -TERM "$pid"
        finish
        status_is 143
}

test_background_children_die_with_the_program() {
        dev_policy
        # Outside, the lock stays with the daemon.
        run "$HELPERS/daemonize" "$W/lock" "$W/pid"
        has "$out" "daemon is up"
        ! flock -n "$W/lock" true || fail "the control is broken: the daemon holds no lock"
        kill -KILL "$(cat "$W/pid")"
        rm -f "$W/lock" "$W/pid"
        boxed "$HELPERS/daemonize" "$W/lock" "$W/pid"
        status_is 0
        has "$out" "daemon is up"
        flock -n "$W/lock" true || fail "the daemon outlived its sandbox"
}

test_stdin_and_stdout_that_are_pipes() {
        simple_policy
        is "$(seq 5 | "$CORDON" run -q -p "$T/policy" -- sort -rn | head -1)" 5
        "$CORDON" run -q -p "$T/policy" -- yes | head -1 >"$T/first" || true
        is "$(cat "$T/first")" y
}

test_closed_stdio_is_no_surprise() {
        simple_policy
        rc=0
        "$CORDON" run -q -p "$T/policy" -- sh -c 'exit 4' <&- >&- 2>&- || rc=$?
        is "$rc" 4
        rc=0
        "$CORDON" run -q -p "$T/policy" -- sh -c 'exit 4' <&- || rc=$?
        is "$rc" 4
}

test_working_directory_outside_the_view() {
        simple_policy
        cd "$T/secret"
        launch=may_fail boxed pwd
        [ "$rc" = 0 ] || [ "$rc" = 125 ] || fail "status $rc"
        cd "$W"
        echo "read $W" >>"$T/policy"
        boxed pwd
        is "$out" "$W"
}

test_sandbox_in_a_sandbox_says_so() {
        simple_policy
        printf 'read exec %s %s\nenv keep PATH HOME\nenv set ASAN_OPTIONS=detect_leaks=0\n' "$(dirname "$CORDON")" "$T/policy" >>"$T/policy"
        launch=may_fail boxed "$CORDON" run -p "$T/policy" -- echo inner
        status_is 125
        one_line "$err"
        lacks "$out" inner
}

test_cwd_rule() {
        simple_policy
        printf 'read %s\ncwd %s\n' "$W" "$W" >>"$T/policy"
        cd /
        boxed pwd
        is "$out" "$W"
}
