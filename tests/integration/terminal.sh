# The terminal: job control inside and outside, what the terminal sends, and policies that keep it away. Each thing is done
# outside first, by the same program without cordon: what the shell shows must be the same.
# shellcheck shell=bash

# MODE PROGRAM...
on_a_terminal() {
        local mode=$1
        shift
        run python3 "$HERE/helpers/terminal.py" "$mode" -- "$@"
        has "$out" "all as expected"
}

outside_and_inside() {
        on_a_terminal "$@"
        on_a_terminal "$1" "$CORDON" run -q -p "$T/policy" -- "${@:2}"
}

without_tty() {
        dev_policy 'dev null zero urandom pts'
}

test_job_control_on_a_terminal() {
        need python3
        dev_policy
        outside_and_inside jobs bash --norc --noprofile -i
}

test_ctrl_c_and_ctrl_z_of_a_sandboxed_program() {
        need python3
        dev_policy
        outside_and_inside outer sed -u s/^/got:/
}

test_background_job_that_reads_the_terminal() {
        need python3
        dev_policy
        outside_and_inside background sed -u s/^/got:/
}

test_ctrl_z_of_a_program_that_ignores_it() {
        need python3
        dev_policy
        outside_and_inside ignores sh -c 'trap "" TSTP; echo ready; exec sed -u s/^/got:/'
}

test_a_program_that_stops_itself() {
        need python3
        dev_policy
        outside_and_inside stops_itself sh -c 'kill -STOP $$; echo on-again'
}

# A shell goes on with a loop whose command exits after Ctrl-C, and ends with one that dies of it.
test_ctrl_c_ends_a_loop() {
        need python3
        dev_policy
        outside_and_inside loop sh -c 'echo ready; exec sleep 100'
}

with_a_child='trap : INT; sh -c "trap \"echo child-interrupted; exit\" INT; trap \"echo continued\" CONT; echo ready; while :; do :; done"; true'

test_ctrl_c_reaches_children() {
        need python3
        dev_policy
        outside_and_inside group sh -c "$with_a_child"
}

# ---- without `dev tty` ----------------------------------------------------------------------------------------------

test_without_tty_there_is_no_terminal() {
        need python3
        cat >"$T/probe.py" <<-'END'
	import fcntl, os, termios
	print("session", os.getsid(0) == 1)
	for path in ("/dev/tty", "/dev/console"):
	    try: os.open(path, os.O_RDWR); print(path, "opened")
	    except OSError as e: print(path, e.strerror)
	def attempt(what, request, arg=0):
	    try: fcntl.ioctl(0, request, arg); print(what, "done")
	    except OSError as e: print(what, e.strerror)
	attempt("foreground", termios.TIOCSPGRP, os.getpgrp().to_bytes(4, "little"))
	if os.fork() == 0:
	    os.setsid()
	    attempt("take", termios.TIOCSCTTY)
	    os._exit(0)
	os.wait()
	END
        cat >"$T/on-terminal.py" <<-'END'
	import os, pty, sys
	status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024), lambda fd: b"")
	sys.exit(os.waitstatus_to_exitcode(status))
	END
        without_tty
        echo "read $T/probe.py" >>"$T/policy"
        run python3 "$T/on-terminal.py" "$CORDON" run -q -p "$T/policy" -- python3 "$T/probe.py"
        is "${out//$'\r'/}" $'session True\n/dev/tty No such file or directory\n/dev/console No such file or directory\nforeground Inappropriate ioctl for device\ntake Operation not permitted'
        # The opposite: with it the terminal is the program's, and the session is the caller's.
        dev_policy "read $T/probe.py"
        run python3 "$T/on-terminal.py" "$CORDON" run -q -p "$T/policy" -- python3 "$T/probe.py"
        has "$out" "session False"
        has "$out" "/dev/tty opened"
        has "$out" "take Operation not permitted"
}

test_without_tty_ctrl_c_and_ctrl_z_work() {
        need python3
        without_tty
        on_a_terminal outer "$CORDON" run -q -p "$T/policy" -- sed -u s/^/got:/
        on_a_terminal loop "$CORDON" run -q -p "$T/policy" -- sh -c 'echo ready; exec sleep 100'
        on_a_terminal group "$CORDON" run -q -p "$T/policy" -- sh -c "$with_a_child"
}

# A program that the terminal has stopped, all of it, also what has left the program's process group.
test_without_tty_all_of_it_stops() {
        need python3 setsid
        without_tty
        cp /bin/sh "$W/spinner-$$"
        on_a_terminal all_stop "$CORDON" run -q -p "$T/policy" -- "$W/spinner-$$" -c \
                "setsid $W/spinner-$$ -c 'echo ready; while :; do :; done' & echo ready; while :; do :; done" "spinner-$$"
}

# ---- input pushed back ----------------------------------------------------------------------------------------------

# What the kernel allows outside: of pushing input back, nothing where the sysctl forbids it.
test_door_tiocsti() {
        need script
        dev_policy
        local way
        for way in tiocsti tiocsti_high tioclinux; do
                run script -qec "$CORDON run -q -p $T/policy -- $HELPERS/attack $way" /dev/null
                matches "$out" 'refused: (EPERM|EACCES)'
                # on a terminal of the sandbox's own, too
                boxed script -qec "$HELPERS/attack $way" /dev/null
                matches "$out" 'refused: (EPERM|EACCES)'
        done
        run script -qec "$HELPERS/attack tiocsti" /dev/null
        [[ $out == *reached* ]] || skip "inside it is refused, but outside, too: dev.tty.legacy_tiocsti is 0"
}

# ---- programs that make terminals, or need one ------------------------------------------------------------------------

test_tmux() {
        need tmux
        dev_policy
        cat >"$W/session" <<-'END'
	t="tmux -S $PWD/socket -f /dev/null"
	$t new-session -d -x 80 -y 24 'test -t 0 && echo is-a-tty >/dev/tty; exec cat'
	until $t capture-pane -p | grep -q is-a-tty; do :; done
	$t send-keys hello Enter
	until [ "$($t capture-pane -p | grep -c hello)" = 2 ]; do :; done
	$t capture-pane -p | head -3
	$t kill-server
	END
        within=60 boxed sh "$W/session"
        status_is 0
        is "$out" $'is-a-tty\nhello\nhello'
}

test_editor_on_a_terminal() {
        need vim script
        dev_policy
        echo before >"$W/text"
        boxed script -qec "vim -u NONE -i NONE -n -c '%s/before/after/' -c 'wq' text" /dev/null
        status_is 0
        is "$(cat "$W/text")" after
}

# What asks for a password on /dev/tty, whatever its standard input is, and is answered by a program that plays a person.
test_questions_on_a_terminal() {
        need expect
        dev_policy
        cat >"$W/ask.exp" <<-'END'
	set timeout 30
	spawn sh -c {printf "who? " >/dev/tty; read x </dev/tty; echo "hello $x" >/dev/tty; exit 5}
	expect "who? " { send "you\r" }
	expect "hello you" { puts answered }
	expect eof
	exit [lindex [wait] 3]
	END
        boxed expect "$W/ask.exp"
        status_is 5
        has "$out" answered
}
