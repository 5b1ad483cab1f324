# closed-table: at its first instruction the program has descriptors 0, 1 and 2, and none of ours leaks later.
# shellcheck shell=bash

test_closed_table_inherited_secret_file() {
        plant_secret
        dev_policy
        exec 9<"$S"
        run bash -c 'cat <&9'
        is "$out" "$SECRET"
        exec 9<"$S"
        holds_inside bash -c 'cat <&9'
        has "$err" "Bad file descriptor"
        holds_inside cat /proc/self/fd/9
        holds_inside cat /dev/fd/9
        exec 9<&-
}

test_closed_table_inherited_directory() {
        plant_secret
        dev_policy
        exec 8</
        leaks_outside bash -c "cat /proc/self/fd/8$S"
        holds_inside bash -c "cat /proc/self/fd/8$S"
        holds_inside bash -c "cd /proc/self/fd/8 && cat .$S"
        # stat(2) is not brokered: only the closed table stands in its way.
        run bash -c "[ -e /proc/self/fd/8$S ] && echo there"
        is "$out" there
        boxed bash -c "[ -e /proc/self/fd/8$S ] && echo there; [ -e /proc/self/fd/8 ] && echo a descriptor; true"
        is "$out" ""
        exec 8<&-
}

test_closed_table_is_0_1_2() {
        dev_policy
        exec 9<"$T/policy" 8</ 200<"$T/policy"
        run "$HELPERS/fds"
        has "$out" 9
        has "$out" "8 directory"
        boxed "$HELPERS/fds"
        is "$out" $'0\n1\n2'
        boxed sh -c "$HELPERS/fds; cat /dev/null; $HELPERS/fds"
        is "$out" $'0\n1\n2\n0\n1\n2'
        exec 9<&- 8<&- 200<&-
}

test_closed_table_directory_as_standard_input() {
        plant_secret
        dev_policy
        stdin=/
        run bash -c "cat /proc/self/fd/0$S"
        is "$out" "$SECRET"
        launch=may_fail boxed bash -c "cat /proc/self/fd/0$S; cat /dev/stdin$S; cd /dev/fd/0 && cat .$S"
        lacks "$out" "$SECRET"
        status_is 125
        one_line "$err"
        has "$err" "directory"
}

# A standard descriptor that is closed when cordon starts must not become one of its own, and then the program's.
test_closed_table_closed_standard_descriptors() {
        dev_policy
        "$CORDON" run -q -p "$T/policy" -- bash -c 'readlink /proc/self/fd/0 >0; true' <&-
        matches "$(cat 0)" '^(/dev/null)?$'
        "$CORDON" run -q -p "$T/policy" -- bash -c 'readlink /proc/$$/fd/{0,1,2} >012; true' <&- >&- 2>&-
        lacks "$(cat 012)" anon_inode
        lacks "$(cat 012)" socket
}

test_closed_table_static_program() {
        policy <<-END
		exec \$PROG
	END
        exec 9<"$T/policy"
        boxed "$HELPERS/rawcat-static" /proc/self/fd/9
        is "$out" ""
        exec 9<&-
}

test_closed_table_broker_keeps_no_descriptors() {
        dev_policy
        echo x >"$W/file"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "
                exec 5<$W/file; some() { read -r x <$W/file; read -r x </no/such; read -r x </proc/self/fd/5; read -r x </dev/fd/77; }
                for i in {1..200}; do some; done 2>/dev/null; echo ready; while [ ! -e $W/go ]; do :; done
                for i in {1..3000}; do some; done 2>/dev/null; echo again; while [ ! -e $W/end ]; do :; done"
        expect_line ready
        local before after
        before=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true
        touch "$W/go"
        expect_line again 60
        after=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true
        touch "$W/end"
        finish
        [ "$before" != 0 ] || skip "the broker's descriptors can't be counted by this user"
        [ "$after" -le $((before + 4)) ] || fail "$before descriptors, then $after"
}

# Opens that wait hold a descriptor in the broker: it goes with whoever waited.
test_closed_table_broker_keeps_nothing_of_those_who_waited() {
        dev_policy
        mkfifo "$W/fifo" "$W/started"
        start "$CORDON" run -q -p "$T/policy" -- bash -c "
                exec 5<>$W/started
                some() {
                        local i n
                        for ((i = 0; i < \$1; i++)); do (echo >&5; read -r x <$W/fifo) & done
                        for ((i = 0; i < \$1; i++)); do read -r n <&5; done
                        kill \$(jobs -p); wait 2>/dev/null
                }
                some 3; echo ready; while [ ! -e $W/go ]; do :; done
                some 50; echo again; while [ ! -e $W/end ]; do :; done"
        expect_line ready
        local before after until=$((SECONDS + 20))
        before=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true
        touch "$W/go"
        expect_line again
        while after=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true; do
                [ "$after" -gt $((before + 4)) ] && [ $SECONDS -lt $until ] || break
        done
        touch "$W/end"
        finish
        [ "$before" != 0 ] || skip "the broker's descriptors can't be counted by this user"
        [ "$after" -le $((before + 4)) ] || fail "$before descriptors, then $after"
}

test_closed_table_environment_keeps_no_secrets() {
        plant_secret
        dev_policy
        export TOKEN=$SECRET
        leaks_outside env
        holds_inside env
        echo 'env keep PATH TOKEN' >>"$T/policy"
        boxed env
        has "$out" "TOKEN=$SECRET"
        has "$out" "PATH="
        dev_policy 'env set GREETING=hello'
        boxed sh -c 'echo $GREETING'
        is "$out" hello
        dev_policy 'env clear'
        boxed env
        is "$out" ""
}

# A datagram socket of this family could be told any path to send to.
test_closed_table_unix_datagram_as_stdin() {
        dev_policy
        local with='import os, socket, sys; a, b = socket.socketpair(socket.AF_UNIX, getattr(socket, sys.argv[1])); os.dup2(a.fileno(), 0); os.execvp(sys.argv[2], sys.argv[2:])'
        run python3 -c "$with" SOCK_STREAM "$CORDON" run -q -p "$T/policy" -- true
        status_is 0
        run python3 -c "$with" SOCK_DGRAM "$CORDON" run -q -p "$T/policy" -- true
        status_is 125
        has "$err" "datagram socket"
}
