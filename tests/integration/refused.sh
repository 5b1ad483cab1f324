# What the kernel refuses by itself, and nobody but the program is told at that moment: programs, system calls, sockets.
# shellcheck shell=bash

told_exec() { # told_exec POLICY-LINES PROGRAM...: started or not
        policy <<<"$1"
        shift
        launch=may_fail told "$@"
}

# The program itself, and then what it needs.
test_program_not_granted_is_told_with_its_line() {
        local true loader
        true=$(readlink -f /bin/true)
        loader=/lib64/ld-linux-x86-64.so.2
        [ -e $loader ] || skip "the loader has another name here"
        told_exec "use @base
read $true" "$true"
        status_is 126
        has "$err" "denied  exec $true  $T/policy:3 read $true"
        has "$err" "to allow: exec $true"
        told_exec "exec $true" "$true"
        status_is 127
        has "$err" "denied  exec $loader   no rule covers it"
        has "$err" "to allow: exec $loader"
        # What it says is what helps.
        told_exec "exec $true
exec $loader
use @base" "$true"
        status_is 0
        lacks "$err" denied
}

test_interpreter_not_granted_is_told() {
        local cat
        cat=$(readlink -f /bin/cat)
        cp "$cat" "$W/interpreter"
        printf '#!%s -\n' "$W/interpreter" >"$W/script"
        chmod +x "$W/script"
        told_exec "use @base
exec $W/script
deny $W/interpreter because \"not this one\"" "$W/script"
        status_is 127
        has "$err" "denied  exec $W/interpreter  $T/policy:4 deny $W/interpreter  because \"not this one\""
        lacks "$err" "denied  exec $W/script"
        told_exec "use @base
exec $W/script $W/interpreter" "$W/script"
        status_is 0
        has "$out" "#!$W/interpreter"
        lacks "$err" denied
}

# What a program starts itself is between it and the kernel: only its status tells.
test_status_of_a_shell_gives_a_hint() {
        cp "$(readlink -f /bin/true)" "$W/tool"
        told_exec "use @base @dev
read $W" sh -c "$W/tool"
        status_is 126
        has "$err" "cordon: it ended with 126"
        has "$err" "cordon why -p $T/policy exec PATH"
        run "$CORDON" why -p "$T/policy" exec "$W/tool"
        status_is 1
        has "$out" "to allow exec $W/tool"
        told_exec "use @base @dev
read exec $W" sh -c "$W/tool"
        status_is 0
        lacks "$err" "it ended with"
        policy <<<"use @base @dev"
        run "$CORDON" run -q -p "$T/policy" -- sh -c "$W/tool"
        status_is 127
        lacks "$err" "cordon:"
}
