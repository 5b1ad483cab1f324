# The options of `cordon run` for scripts: rules, surroundings, descriptors, status, waiting, and the dry run. Each with its
# opposite.
# shellcheck shell=bash

programs_policy() {
        policy <<-END
		use @base
		exec /usr /bin
		${1-}
	END
}

# ---- rules of the command line --------------------------------------------------------------------------------------

test_rules_of_the_command_line() {
        mkdir "$T/data"
        echo content >"$T/data/file"
        chmod 777 "$T/data"
        chmod 666 "$T/data/file"
        cp /bin/true "$T/data/program"
        programs_policy
        boxed cat "$T/data/file"
        [ "$rc" != 0 ] || fail "it is there without a rule"
        run "$CORDON" run -q -p "$T/policy" --ro "$T/data" -- sh -c "cat $T/data/file; echo x >>$T/data/file"
        has "$out" content
        [ "$rc" != 0 ] || fail "--ro lets it be written"
        run "$CORDON" run -q -p "$T/policy" --ro "$T/data" -- "$T/data/program"
        status_is 126
        run "$CORDON" run -q -p "$T/policy" --exec "$T/data" -- "$T/data/program"
        status_is 0
        run "$CORDON" run -q -p "$T/policy" --exec "$T/data" -- touch "$T/data/new"
        [ "$rc" != 0 ] || fail "--exec lets it be written"
        run "$CORDON" run -q -p "$T/policy" --rw "$T/data" -- sh -c "echo more >>$T/data/file; touch $T/data/new"
        status_is 0
        has "$(cat "$T/data/file")" more
        run "$CORDON" run -q -p "$T/policy" --rw "$T/data" --exec "$T/data" -- "$T/data/program"
        status_is 0
        run "$CORDON" run -q -p "$T/policy" --overlay "$T/data" --exec "$T/data" -- \
                sh -c "$T/data/program && echo other >$T/data/file && cat $T/data/file"
        is "$out" other
        has "$(cat "$T/data/file")" more
        run "$CORDON" run -q -p "$T/policy" --overlay "$T/data" --rw "$T/data" -- true
        status_is 125
        has "$err" "(command line):2:1: error: 'write' cannot stand beside 'overlay'"
}

# Over the default policy, where no other is named.
test_rules_over_the_default_policy() {
        mkdir "$HOME/data"
        echo content >"$HOME/data/file"
        run "$CORDON" run -q -- cat "$HOME/data/file"
        [ "$rc" != 0 ] || fail "the default policy shows the home directory"
        run "$CORDON" run -q --ro "$HOME/data" -- sh -c "cat $HOME/data/file; touch here"
        is "$out" content
        status_is 0
        [ -e here ] || fail "the default policy is gone"
}

# Relative paths are the shell's; nothing in a name has a meaning.
test_names_are_taken_as_they_are() {
        local name
        programs_policy
        mkdir "$T/sub" other
        echo wrong >other/file
        # shellcheck disable=SC2016
        for name in 'a b' $'new\nline' '$HOME' '*' '[x]' '{a,b}' '~' 'q"uote' 'back\slash' '#' ' ' $'\xff' 'as' 'because'; do
                mkdir -p "$name"
                echo right >"$name/file"
                run "$CORDON" run -q -p "$T/policy" --ro "$name" -- cat "$W/$name/file"
                is "$out" right "for '$name'"
        done
        run "$CORDON" run -q -p "$T/policy" --ro '*' -- cat "$W/other/file"
        [ "$rc" != 0 ] || fail "a star shows something else"
        cd "$T/sub"
        for name in ../work/other ./../work//other/. "$T/sub/../work/other/"; do
                run "$CORDON" run -q -p "$T/policy" --ro "$name" -- cat "$W/other/file"
                is "$out" wrong "for '$name'"
        done
        ln -s "$W/other" link
        run "$CORDON" run -q -p "$T/policy" --ro ./link -- cat "$T/sub/link/file"
        is "$out" wrong
}

test_rules_about_nothing() {
        run "$CORDON" run --ro "$W/missing" -- true
        status_is 125
        is "$err" "cordon: --ro $W/missing: No such file or directory"
        run "$CORDON" run --rw '' -- true
        status_is 125
        has "$err" "which path?"
        run "$CORDON" explain --rw missing
        status_is 2
        run "$CORDON" run -q --ro . -- true
        status_is 0
}

test_of_two_rules_about_one_path_that_of_the_command_line_counts() {
        mkdir dir dir/closed
        programs_policy "read $W/dir"$'\n'"deny $W/dir/closed"$'\n'"never $W/floor"
        mkdir floor
        chmod 777 dir floor
        boxed touch dir/file
        [ "$rc" != 0 ] || fail "it can be written without --rw"
        run "$CORDON" run -q -p "$T/policy" --rw dir --rw floor -- sh -c "touch $W/dir/file && ls $W/dir/closed"
        [ -e dir/file ] || fail "--rw does not count"
        [ "$rc" != 0 ] || fail "a deeper rule does not count any more"
        run "$CORDON" run -q -p "$T/policy" --rw floor -- ls "$W/floor"
        [ "$rc" != 0 ] || fail "never can be opened"
        run "$CORDON" why -p "$T/policy" --rw dir write "$W/dir/file"
        has "$out" "(command line):2  write $W/dir"
        has "$out" "what is said outside of the files counts more"
}

test_as_shows_it_elsewhere() {
        mkdir data
        echo content >data/file
        programs_policy
        run "$CORDON" run -q -p "$T/policy" --ro data --as '/mnt/in here' -- cat '/mnt/in here/file'
        is "$out" content
        run "$CORDON" run -q -p "$T/policy" --ro data --as /mnt/in -- ls "$W/data"
        [ "$rc" != 0 ] || fail "it is at its own place, too"
        run "$CORDON" run -q -p "$T/policy" --as /mnt/in -- true
        status_is 125
        has "$err" "--as /mnt/in: it follows --ro, --rw, --overlay or --exec, once"
        run "$CORDON" run -q -p "$T/policy" --ro data --as mnt -- true
        status_is 125
        has "$err" "begins with '/'"
}

test_a_directory_in_memory() {
        mkdir "$W/cache"
        echo host >"$W/cache/file"
        programs_policy "read $W"
        boxed sh -c "cat $W/cache/file; echo x >$W/cache/new"
        is "$out" host
        [ "$rc" != 0 ] || fail "it can be written without --tmpfs"
        run "$CORDON" run -q -p "$T/policy" --tmpfs cache --tmpfs /var/lib/here -- sh -c \
                "ls $W/cache; echo x >$W/cache/new && cat $W/cache/new; mkdir /var/lib/here/d && stat -c %a /var/lib/here"
        is "$out" $'x\n755'
        is "$(ls cache)" file
        run "$CORDON" run -q -p "$T/policy" --tmpfs cache -- sh -c "cp /bin/true $W/cache/t && $W/cache/t"
        status_is 126
        run "$CORDON" run -q -p "$T/policy" --tmpfs cache --exec cache -- sh -c "cp /bin/true $W/cache/t && $W/cache/t"
        status_is 0
        run "$CORDON" run -q -p "$T/policy" --tmpfs missing -- true
        status_is 125
        has "$err" "no such directory there to mount it over"
}

# Its size, and what other rules bring into it.
test_a_directory_in_memory_by_a_policy() {
        mkdir "$T/cache" "$T/cache/kept"
        echo kept >"$T/cache/kept/file"
        echo lost >"$T/cache/file"
        programs_policy "tmp $T/cache 1M"$'\n'"read $T/cache/kept"
        boxed sh -c "cat $T/cache/kept/file; ls $T/cache; head -c 500000 /dev/zero >$T/cache/small && echo fits"
        is "$out" $'kept\nkept\nfits'
        boxed sh -c "head -c 2000000 /dev/zero >$T/cache/large"
        has "$err" "No space left"
        is "$(ls "$T/cache")" $'file\nkept'
        run "$CORDON" why -p "$T/policy" read "$T/cache/file"
        has "$out" "own directory, which is empty"
        run "$CORDON" explain "$T/policy"
        matches "$out" "tmpfs +$T/cache +"
        run "$CORDON" check -q --strict "$T/policy"
        status_is 0
}

test_other_commands_take_the_rules() {
        mkdir data
        run "$CORDON" explain --ro data
        status_is 0
        matches "$out" "read +$W/data.*\\(command line\\):2"
        run "$CORDON" explain
        lacks "$out" "(command line)"
        run "$CORDON" why --rw data write "$W/data/x"
        status_is 0
        policy <<<"use @base"
        run "$CORDON" check -q --rw data "$T/policy"
        status_is 0
        run "$CORDON" check --strict --rw / "$T/policy"
        status_is 1
        has "$err" "(command line):2:7: error: 'write' cannot be given for the whole system"
        run "$CORDON" check --rw data
        status_is 0
}

# ---- policies by other ways -----------------------------------------------------------------------------------------

test_a_policy_on_standard_input() {
        echo data >file
        programs_policy "read $W/file"
        stdin=$T/policy run "$CORDON" run -q -p - -- cat "$W/file"
        is "$out" data
        stdin=$T/policy run "$CORDON" check -
        status_is 0
        has "$out" "(standard input): fine"
        stdin=$T/policy run "$CORDON" run -p - -- cat "$W/other"
        lacks "$err" " - covers"
        stdin=$T/policy run "$CORDON" explain -
        matches "$out" "read +$W/file.*\\(standard input\\):4"
        stdin=$T/policy run "$CORDON" why -p - read "$W/file"
        status_is 0
        stdin=$T/policy run "$CORDON" diff - "$T/policy"
        status_is 0
        printf 'cordon 1\nraed /usr\n' >wrong
        stdin=wrong run "$CORDON" run -p - -- true
        status_is 125
        has "$err" "(standard input):2:1: error: unknown verb 'raed'"
        stdin=$T/policy run "$CORDON" run -p - -p - -- true
        status_is 125
        has "$err" "read once"
}

test_check_takes_p() {
        policy <<<"use @base"
        run "$CORDON" check -p "$T/policy"
        status_is 0
        has "$out" "$T/policy: fine"
        echo nonsense >"$T/other"
        run "$CORDON" check -p "$T/policy" "$T/other"
        status_is 1
}

# ---- surroundings ---------------------------------------------------------------------------------------------------

test_changes_to_the_environment() {
        export LANG=C OTHER=outside
        programs_policy 'env keep LANG PATH'$'\n''env set MODE=policy'
        # shellcheck disable=SC2016
        local show='echo "$LANG|$OTHER|$MODE|$NEW"'
        boxed sh -c "$show"
        is "$out" "C||policy|"
        run "$CORDON" run -q -p "$T/policy" --setenv MODE=mine --setenv 'NEW=a=b c' -- sh -c "$show"
        is "$out" "C||mine|a=b c"
        run "$CORDON" run -q -p "$T/policy" --unsetenv LANG --setenv OTHER=x -- sh -c "$show"
        is "$out" "|x|policy|"
        run "$CORDON" run -q -p "$T/policy" --setenv NEW=1 --setenv NEW=2 -- sh -c "$show"
        is "$out" "C||policy|2"
        run "$CORDON" run -q -p "$T/policy" --setenv NEW=1 --unsetenv NEW -- sh -c "$show"
        is "$out" "C||policy|"
        run "$CORDON" run -q -p "$T/policy" --unsetenv NEW --setenv NEW=1 -- sh -c "$show"
        is "$out" "C||policy|1"
        run "$CORDON" run -q -p "$T/policy" --setenv A=1 --clearenv --setenv B=2 -- env
        is "$out" "B=2"
        run "$CORDON" run -q -p "$T/policy" --clearenv --setenv A=$'new\nline' -- env
        is "$out" $'A=new\nline'
}

test_changes_that_are_none() {
        local word
        for word in --setenv=NAME --setenv==x --unsetenv=A=B --unsetenv=; do
                run "$CORDON" run "$word" -- true
                status_is 125
                one_line "$err"
                has "$err" "${word%%=*} wants"
        done
}

test_where_the_program_starts() {
        mkdir -p dir hidden
        programs_policy "read $W/dir"$'\n'"cwd /usr"
        boxed pwd
        is "$out" /usr
        run "$CORDON" run -q -p "$T/policy" --chdir "$W/dir" -- pwd
        is "$out" "$W/dir"
        run "$CORDON" run -q -p "$T/policy" --chdir dir/. -- pwd
        is "$out" "$W/dir"
        run "$CORDON" run -q -p "$T/policy" --chdir hidden -- pwd
        status_is 125
        has "$err" "$W/hidden"
        has "$err" "does not contain it"
        is "$out" ""
}

test_the_name() {
        programs_policy
        run "$CORDON" run --name worker-7 --audit "$T/audit" -p "$T/policy" -- cat /etc/shadow-of-nothing
        has "$(cat "$T/audit")" '"child":"worker-7"'
        run "$CORDON" run --audit "$T/audit2" -p "$T/policy" -- cat /etc/shadow-of-nothing
        has "$(cat "$T/audit2")" '"child":"cat"'
        run "$CORDON" run --name "" -- true
        status_is 125
        run "$CORDON" run --name "$(printf '%300s')" -- true
        status_is 125
}

# ---- descriptors ----------------------------------------------------------------------------------------------------

test_passed_descriptors() {
        echo content >file
        programs_policy
        run "$CORDON" run -q -p "$T/policy" -- cat /proc/self/fd/7 7<file
        [ "$rc" != 0 ] || fail "it is handed over without being asked for"
        run "$CORDON" run -q -p "$T/policy" --pass-fd 7 -- sh -c 'cat <&7' 7<file
        is "$out" content
        run "$CORDON" run -q -p "$T/policy" --pass-fd 7=5 -- sh -c 'cat <&5; cat <&7' 7<file
        is "$out" content
        [ "$rc" != 0 ] || fail "it is there as 7, too"
        run "$CORDON" run -q -p "$T/policy" --pass-fd 5=6 --pass-fd 6=5 -- sh -c 'cat <&5; cat <&6' 5< <(echo five) 6< <(echo six)
        is "$out" $'six\nfive'
        run "$CORDON" run -q -p "$T/policy" --pass-fd 0=5 -- sh -c 'cat <&5' <file
}

test_descriptors_beside_those_of_the_policy() {
        echo content >file
        programs_policy 'fd keep 5 read'
        run "$CORDON" run -q -p "$T/policy" --pass-fd 6 -- sh -c 'cat <&5; cat <&6' 5<file 6<file
        is "$out" $'content\ncontent'
        run "$CORDON" run -q -p "$T/policy" --pass-fd 5 -- sh -c 'cat <&5' 5<file
        is "$out" content
        run "$CORDON" run -q -p "$T/policy" --pass-fd 6=5 -- true 5<file 6<file
        status_is 125
        has "$err" "another one there"
}

refused_fd() { # refused_fd WORD TEXT
        run "$CORDON" run -q -p "$T/policy" --pass-fd "$1" -- true
        status_is 125
        one_line "$err"
        has "$err" "$2"
}

test_descriptors_that_are_none() {
        local word
        programs_policy
        for word in x -1 '' 7= 7=x =7 7:rw 7:ro:ro 99999999999; do
                refused_fd "$word" "--pass-fd"
        done
        refused_fd 7 "--pass-fd 7: descriptor 7 is not open"
        refused_fd 0=2 "from 3 to 1023"
        refused_fd 0=5000 "from 3 to 1023"
        refused_fd 7 "descriptor 7, which is to be passed, is a directory" 7</usr
        for word in status sync block; do
                run "$CORDON" run -q -p "$T/policy" --$word-fd 8 --pass-fd 8 -- true 8<>"$T/policy"
                status_is 125
                has "$err" "--pass-fd 8: this is --$word-fd's"
                run "$CORDON" run -q -p "$T/policy" --$word-fd 8 -- true
                status_is 125
                has "$err" "--$word-fd 8: descriptor 8 is not open"
                run "$CORDON" run -q -p "$T/policy" --$word-fd x -- true
                status_is 125
                one_line "$err"
        done
        run "$CORDON" run -q -p "$T/policy" --status-fd 8 -- true 8<"$T/policy"
        status_is 125
        has "$err" "not open for writing"
        run "$CORDON" run -q -p "$T/policy" --block-fd 8 -- true 8>"$T/written"
        status_is 125
        has "$err" "not open for reading"
}

# Whoever closes the audit file's future number must not hand the audit file over.
test_a_number_of_cordons_own_is_never_passed() {
        programs_policy
        local fd
        for fd in 3 4 5 6 7 8; do
                run "$CORDON" run -q -p "$T/policy" --audit "$T/audit" --pass-fd $fd -- true
                status_is 125
                has "$err" "descriptor $fd is not open"
        done
}

test_read_only_is_read_only() {
        local audit
        for audit in denied none; do
                echo content >file
                chmod 666 file
                programs_policy "audit $audit"
                run "$CORDON" run -q -p "$T/policy" --pass-fd 7 -- sh -c 'echo more >&7' 7>>file
                status_is 0
                is "$(cat file)" $'content\nmore'
                run "$CORDON" run -q -p "$T/policy" --pass-fd 7:ro -- sh -c \
                        'cat <&7; echo x >&7 || echo no; echo x >/proc/self/fd/7 || echo never; echo x >>/dev/fd/7 || echo ever' 7<>file
                is "$out" $'content\nmore\nno\nnever\never'
                is "$(cat file)" $'content\nmore'
                run "$CORDON" run -q -p "$T/policy" --pass-fd 7=9:ro -- sh -c 'cat <&9; echo x >/proc/self/fd/9 || echo no' 7<file
                is "$out" $'content\nmore\nno'
        done
}

test_what_cannot_be_read_only() {
        programs_policy
        run "$CORDON" run -q -p "$T/policy" --pass-fd 7:ro -- true 7< <(echo)
        status_is 125
        has "$err" "is no regular file: pass it as it is"
        run "$CORDON" run -q -p "$T/policy" --pass-fd 7:ro -- true 7<>/dev/null
        status_is 125
        echo >file
        chmod 666 file
        run "$CORDON" run -q -p "$T/policy" --pass-fd 7:ro -- true 7>>file
        status_is 0
}

# ---- status ---------------------------------------------------------------------------------------------------------

# status PROGRAM...: the events, one a line, in $events.
with_status() {
        rm -f "$T/status"
        run "$CORDON" run -q -p "$T/policy" --status-fd 9 "$@" 9>"$T/status"
        events=$(cat "$T/status")
}

# field NUMBER KEY: of that event.
field() {
        python3 -c 'import json, sys; print(json.loads(sys.stdin.read().splitlines()[int(sys.argv[1])]).get(sys.argv[2]))' "$1" "$2" \
                <<<"$events"
}

ended_with() { # ended_with REASON EXIT_CODE
        is "$(field -1 event)" exit
        is "$(field -1 reason)" "$1"
        is "$(field -1 exit_code)" "$2"
        status_is "$2"
}

test_status_of_a_program_that_exits() {
        need python3
        programs_policy
        with_status -- sh -c 'exit 7'
        is "$(wc -l <"$T/status")" 2
        is "$(field 0 event)" started
        is "$(field 0 version)" 1
        is "$(field 0 name)" sh
        matches "$(field 0 pid)" '^[1-9][0-9]*$'
        [ "$(field 0 pid)" != "$(field 0 init_pid)" ] || fail "one pid for two processes"
        ended_with exited 7
        is "$(field -1 status)" 7
        is "$(field -1 signal)" None
        matches "$(field -1 wall_s)" '^[0-9.]+$'
        with_status --name 'a "b"'$'\n' -- true
        is "$(field 0 name)" 'a "b"\x0a'
        ended_with exited 0
}

# The program's own number, outside.
test_status_names_the_program() {
        need python3
        programs_policy
        mkfifo "$T/fifo" "$T/go"
        start "$CORDON" run -q -p "$T/policy" --status-fd 1 -- sleep 1000
        local line
        read -r -t 20 -u "$lines" line
        events=$line
        is "$(cat "/proc/$(field 0 pid)/comm")" sleep
        is "$(cat "/proc/$(field 0 init_pid)/comm")" cordon-init
        kill -TERM "$pid"
        finish
        events=$rest
        ended_with signal 143
        is "$(field -1 signal)" 15
}

test_status_of_other_ends() {
        need python3
        # shellcheck disable=SC2016
        programs_policy
        with_status -- sh -c 'kill -KILL $$'
        ended_with signal 137
        programs_policy 'syscalls kill mkdir mkdirat'
        with_status -- mkdir "$W/x"
        ended_with denied-fatal 159
        programs_policy 'limit time 1s'
        with_status -- sleep 100
        ended_with timeout 124
        with_status --chdir /no/such/place -- true
        ended_with setup-failed 125
        has "$(field -1 error)" /no/such/place
        is "$(wc -l <"$T/status")" 1
        with_status -- /no/such/program
        ended_with exec-failed 127
        is "$(wc -l <"$T/status")" 1
        printf '#!/no/such/interpreter\n' >script
        chmod 755 script
        with_status --exec script -- ./script
        ended_with exec-failed 127
        with_status -p ./no-such-policy -- true
        ended_with setup-failed 125
}

test_a_reader_that_is_gone_changes_nothing() {
        programs_policy
        run "$CORDON" run -q -p "$T/policy" --status-fd 9 -- sh -c 'echo ran; exit 3' 9> >(:)
        is "$out" ran
        status_is 3
        run "$CORDON" run -q -p "$T/policy" --status-fd 9 -- sh -c 'echo ran; exit 3' 9>/dev/full
        is "$out" ran
        status_is 3
        has "$err" "cannot write to --status-fd"
}

# A pipe that is full, and that nobody reads.
test_a_reader_that_does_not_read_changes_nothing() {
        need python3
        programs_policy
        cat >"$T/script.py" <<-'END'
		import fcntl, os, subprocess, sys
		r, w = os.pipe()
		os.set_blocking(w, False)
		try:
		    while True:
		        os.write(w, b"x" * 4096)
		except BlockingIOError:
		    pass
		os.set_blocking(w, True)
		p = subprocess.run([sys.argv[1], "run", "-q", "-p", sys.argv[2], "--status-fd", str(w), "--", "sh", "-c", "exit 5"],
		                   pass_fds=[w], timeout=60)
		print(p.returncode)
	END
        run python3 "$T/script.py" "$CORDON" "$T/policy"
        is "$out" 5
}

test_the_program_does_not_get_the_status() {
        need python3
        programs_policy
        with_status -- sh -c 'echo forged >&9'
        lacks "$events" forged
        is "$(field -1 status)" 2
}

# ---- waiting --------------------------------------------------------------------------------------------------------

test_sync_fd_is_open_as_long_as_the_sandbox() {
        need python3
        programs_policy
        cat >"$T/script.py" <<-'END'
		import os, select, subprocess, sys
		r, w = os.pipe()
		p = subprocess.Popen([sys.argv[1], "run", "-q", "-p", sys.argv[2], "--sync-fd", str(w), "--", "sh", "-c",
		                      "ls /proc/self/fd; echo; cat >/dev/null"], pass_fds=[w], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		os.close(w)
		inside = b""
		while not inside.endswith(b"\n\n"):
		    inside += os.read(p.stdout.fileno(), 1000)
		print(str(w).encode() in inside.split(), select.select([r], [], [], 0)[0] == [])
		p.stdin.close()
		p.wait()
		print(select.select([r], [], [], 30)[0] == [r])
	END
        run python3 "$T/script.py" "$CORDON" "$T/policy"
        is "$out" $'False True\nTrue'
}

test_block_fd_holds_the_program() {
        need python3
        programs_policy
        mkfifo "$T/go"
        exec {go}<>"$T/go"
        start "$CORDON" run -q -p "$T/policy" --status-fd 1 --block-fd "$go" -- echo ran
        local line
        read -r -t 20 -u "$lines" line
        events=$line
        is "$(field 0 event)" ready
        is "$(cat "/proc/$(field 0 init_pid)/comm")" cordon-init
        ! read -r -t 0 -u "$lines" || fail "it did not wait"
        echo >&"$go"
        finish
        has "$rest" $'ran\n'
        has "$rest" '"event":"started"'
        # Its end will do as well, and a signal ends the waiting.
        run "$CORDON" run -q -p "$T/policy" --block-fd 8 -- echo ran 8</dev/null
        is "$out" ran
        start "$CORDON" run -q -p "$T/policy" --status-fd 1 --block-fd "$go" -- echo ran
        expect_line ready
        kill -TERM "$pid"
        finish
        is "$rc" 143
        is "$rest" ""
        exec {go}>&-
}

# ---- the dry run ----------------------------------------------------------------------------------------------------

test_a_dry_run_starts_nothing_and_leaves_nothing() {
        programs_policy "read /no/such/file"
        echo secret >file
        local before ignore='^(out|err|output)'
        before=$(tree_of "$T")
        run "$CORDON" run --dry-run -p "$T/policy" --audit "$T/audit" --pass-fd 7=5:ro --chdir /usr --setenv 'A=TOP SECRET' \
                --clearenv --setenv B=SECRET -- touch "it's" made 7<>file
        status_is 0
        is "$(tree_of "$T")" "$before"
        is "$(grep -v ^note "$T/out")" "program      /usr/bin/touch
arguments    'it'\\''s' made
directory    /usr
environment  B
descriptors  0 1 2 5 (7 here, read-only)
policy       $T/policy"
        matches "$out" "note +$T/policy:4: /no/such/file does not exist"
        is "$err" ""
}

test_a_dry_run_finds_what_is_wrong() {
        programs_policy
        run "$CORDON" run --dry-run -p "$T/policy" -- no-such-program
        status_is 127
        run "$CORDON" run --dry-run -p "$T/no-such-policy" -- true
        status_is 125
        run "$CORDON" run --dry-run -p "$T/policy" --chdir "$HOME" -- true
        status_is 125
        has "$err" "not in the sandbox"
        cp /bin/true program
        run "$CORDON" run --dry-run -p "$T/policy" -- ./program
        status_is 127
        run "$CORDON" run --dry-run -p "$T/policy" --ro program -- ./program
        status_is 126
        run "$CORDON" run --dry-run -p "$T/policy" --exec program -- ./program
        status_is 0
        programs_policy "write /no/such/directory"
        run "$CORDON" run --dry-run -p "$T/policy" -- true
        status_is 125
        has "$err" "/no/such/directory"
        programs_policy "require kernel 99.0"
        run "$CORDON" run --dry-run -p "$T/policy" -- true
        status_is 125
        has "$err" "99.0"
        is "$out" ""
}

# What is said of files is said of standard input and of the command line.
test_warnings_about_what_is_in_no_file() {
        printf 'cordon 1\nread /no/such/file\n' >"$T/policy"
        stdin=$T/policy run "$CORDON" check -
        has "$err" "(standard input):2:6: warning: there is no /no/such/file here"
        policy <<<"use @base"
        mkdir "$HOME/own"
        run "$CORDON" check --rw "$HOME" "$T/policy"
        has "$err" "(command line):2:"
        has "$err" "wide-grant"
        run "$CORDON" check --rw "$HOME/own" "$T/policy"
        lacks "$err" "warning"
}
