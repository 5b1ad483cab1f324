# What changes while a program runs: a SIGHUP has the policy read again.
# shellcheck shell=bash

hot_policy() { # hot_policy [LINE]...
        mkdir -p "$W/in"
        echo input >"$W/in/data"
        echo key >"$W/in/a.key"
        printf 'x\n' >"$W/in/other"
        {
                printf 'use @base @dev\nread %s\n' "$W/in"
                printf '%s\n' "$@"
        } | policy
}

# Says what each file that is named to it is, until there are no more names.
reader='echo ready; while read -r name; do if read -r x <"$name"; then echo "got $x"; else echo "refused"; fi 2>/dev/null; done; echo over'

start_reader() {
        mkfifo "$T/names"
        start bash -c 'exec "$@" <>"$0"' "$T/names" "$CORDON" run -p "$T/policy" --audit "$T/audit" -- bash -c "$reader"
        exec {names}<>"$T/names"
        expect_line ready
}

ask_for() { # ask_for FILE ANSWER
        echo "$1" >&"$names"
        expect_line "$2"
}

said() { # said TEXT [TIMES]: waits until cordon has said it; the reader's own errors go nowhere
        local i
        for ((i = 0; i < 2000; i++)); do
                [ "$(grep -cF "$1" "$T/err")" -lt "${2-1}" ] || return 0
                pause 0.01
        done
        fail "not said: $1; but: $(cat "$T/err")"
}

test_hangup_narrows_and_widens() {
        hot_policy "deny $W/in/**/*.key"
        start_reader
        ask_for "$W/in/a.key" refused
        ask_for "$W/in/data" "got input"
        hot_policy "deny $W/in/d?ta"
        kill -HUP "$pid"
        said "counts from now on"
        ask_for "$W/in/a.key" "got key"
        ask_for "$W/in/data" refused
        is "$(kinds)" "verdict a.key
replaced
verdict data"
        kill -KILL "$pid"
}

# The audit log, as far as it is about $W/in; a refusal is written at once, but not waited for.
kinds() {
        local i
        for ((i = 0; i < 400; i++)); do
                grep -qF "$W/in/data" "$T/audit" && break
                pause 0.05
        done
        sed -nE 's|.*"kind":"replaced".*|replaced|p; s|.*"kind":"(verdict)".*"path":"'"$W"'/in/([^"]*)".*|\1 \2|p' "$T/audit"
}

test_what_needs_another_sandbox_is_refused_and_changes_nothing() {
        local line
        plant_secret
        hot_policy "deny $W/in/**/*.key"
        start_reader
        for line in "read $T/secret" "write $W/in/sub" "net host" "limit memory 64M" "wirte $W" "deny $W/in/data"; do
                : >"$T/err"
                mkdir -p "$W/in/sub"
                hot_policy "$line"
                kill -HUP "$pid"
                said "stays as it was"
                case $line in
                wirte*) has "$(cat "$T/err")" "unknown verb" ;;
                *) matches "$(cat "$T/err")" "policy:[0-9]+: this would change" ;;
                esac
                ask_for "$W/in/a.key" refused
                ask_for "$W/in/data" "got input"
        done
        : >"$T/err"
        rm "$T/policy"
        kill -HUP "$pid"
        said "stays as it was"
        ask_for "$W/in/a.key" refused
        lacks "$(cat "$T/audit")" replaced
        kill -KILL "$pid"
}

# What is open stays open; what waits is vetted when it can go on.
test_a_wait_that_is_over_is_vetted_again() {
        local take
        for take in yes no; do
                rm -rf "$W/in"
                rm -f "$T/names"
                hot_policy
                mkfifo "$W/in/fifo"
                chmod 666 "$W/in/fifo"
                start "$CORDON" run -p "$T/policy" -- bash -c 'exec 3<"$1"; echo ready; if read -r x <"$2"; then echo "got $x"; else
                        echo refused; fi; read -r x <&3; echo "still $x"' sh "$W/in/data" "$W/in/fifo"
                expect_line ready
                if [ $take = yes ]; then
                        hot_policy "deny $W/in/f?fo" "deny $W/in/d?ta"
                        kill -HUP "$pid"
                        said "counts from now on"
                fi
                echo through >"$W/in/fifo" &
                if [ $take = yes ]; then expect_line refused; else expect_line "got through"; fi
                expect_line "still input"
                finish
                wait
        done
}

# Somebody outside whose queue is full, so that a connect waits. Takes out of it what is there when a line comes on its input.
crowded='import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o666); s.listen(0)
others = []
while True:
    c = socket.socket(socket.AF_UNIX); c.setblocking(False)
    if c.connect_ex(sys.argv[1]): break
    others.append(c)
print("full", flush=True)
sys.stdin.readline()
for c in others: s.accept()
print("room", flush=True)
sys.stdin.readline()'

# The broker has something that waits: what it makes for that is there.
broker_waits() {
        local i
        for ((i = 0; i < 400; i++)); do
                [ -z "$(find "/proc/$pid/fd" -lname anon_inode:inotify)" ] || return 0
                pause 0.05
        done
        fail "nothing came to wait: $(cat "$T/err")"
}

test_a_connect_that_waits_is_vetted_again() {
        need python3
        local take
        for take in yes no; do
                rm -rf "$W/in"
                rm -f "$T/go" "$T/says"
                hot_policy "unix $W/in/doors"
                mkfifo "$T/go" "$T/says"
                mkdir "$W/in/doors"
                chmod 777 "$W/in/doors"
                python3 -c "$crowded" "$W/in/doors/front" <>"$T/go" >"$T/says" &
                exec {says}<"$T/says"
                read -rt 20 -u "$says"
                is "$REPLY" full
                start "$CORDON" run -p "$T/policy" -- python3 -uc 'import errno, socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(sys.argv[1])
    print("connected")
except OSError as e:
    print(errno.errorcode[e.errno])' "$W/in/doors/front"
                broker_waits
                if [ $take = yes ]; then
                        hot_policy "unix $W/in/doors" "deny $W/in/doors/f??nt"
                        kill -HUP "$pid"
                        said "counts from now on"
                fi
                echo >"$T/go"
                if [ $take = yes ]; then expect_line EACCES; else expect_line connected; fi
                finish
                echo >"$T/go"
                exec {says}<&-
                wait
        done
}

# Under one policy the old name is closed, under the other the new one: a rename needs both, and is served under one of them.
renamer='import os
print("ready", flush=True)
tries = moved = 0
while not os.path.exists("over"):
    tries += 1
    try:
        if os.path.exists("to-it"):
            os.rename("to-it", "from-it")
        else:
            os.rename("from-it", "to-it")
            moved += 1
    except OSError:
        pass
print(f"tried {tries}, moved {moved}")'

flip() { # flip TIMES LINE...: each of the lines in turn
        local i times=$1
        shift
        for ((i = 1; i <= times; i++)); do
                printf 'use @base @dev\nwrite %s\n%s\n' "$W" "${!#}" | policy
                set -- "${!#}" "${@:1:$#-1}"
                kill -HUP "$pid"
                said "counts from now on" "$i"
        done
        : >"$W/over"
}

renames() { # renames LINE...
        rm -rf "$W/over" "${W:?}"/*-it
        : >"$W/from-it"
        printf 'use @base @dev\nwrite %s\n%s\n' "$W" "$1" | policy
        start "$CORDON" run -p "$T/policy" -- python3 -c "$renamer"
        expect_line ready
        flip 60 "$@"
        finish
        matches "$rest" "tried [0-9]{3,}"
}

test_a_request_is_served_under_one_policy() {
        need python3
        renames "deny $W/f??m-*" "deny $W/t?-*"
        has "$rest" "moved 0"
        renames "deny $W/f??m-*" "deny $W/other-*"
        lacks "$rest" "moved 0"
}

test_a_policy_from_standard_input_cannot_be_read_again() {
        hot_policy
        start bash -c 'exec "$1" run -p - -- bash -c "echo ready; exec sleep 30" <"$2"' sh "$CORDON" "$T/policy"
        expect_line ready
        kill -HUP "$pid"
        said "cannot be read again"
        kill -TERM "$pid"
        finish
        status_is 143
}
