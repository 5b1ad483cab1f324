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

# ---- programs at another place ----------------------------------------------------------------------------------------

# Where the program is is asked of the host, and then of what the policy shows.
test_program_that_only_the_sandbox_has() {
        mkdir "$W/tools"
        printf '#!/bin/sh\necho "ran $0 as $1"\n' >"$W/tools/tool"
        chmod +x "$W/tools/tool"
        printf 'no program\n' >"$W/tools/text"
        policy <<<"use @base @dev
exec $W/tools as /of-the-sandbox
exec \$PROG"
        local run=("$CORDON" run -q -p "$T/policy" --)
        run "${run[@]}" /of-the-sandbox/tool path
        is "$out" "ran /of-the-sandbox/tool as path"
        run env PATH="$PATH:/of-the-sandbox" "${run[@]}" tool name
        is "$out" "ran /of-the-sandbox/tool as name"
        run "${run[@]}" tool
        status_is 127
        has "$err" "tool: not found on PATH"
        run "${run[@]}" /of-the-sandbox/none
        status_is 127
        has "$err" "/of-the-sandbox/none: not found"
        run "${run[@]}" /of-the-sandbox/text
        status_is 126
        run "$CORDON" why -p "$T/policy" read /of-the-sandbox/tool -- /of-the-sandbox/tool
        status_is 0
        run "$CORDON" explain "$T/policy" -- /of-the-sandbox/none
        status_is 2
        # What another policy does not show there is not there.
        policy <<<"use @base @dev
exec \$PROG"
        run "${run[@]}" /of-the-sandbox/tool
        status_is 127
        # A policy that cannot be loaded is what is told then.
        policy <<<"nonsense"
        run "${run[@]}" /bin/true
        status_is 125
        has "$err" nonsense
}

# ---- system calls -----------------------------------------------------------------------------------------------------

py() { # py POLICY-LINES CODE: under that and what python needs
        policy <<<"use @python
exec \$PROG
$1"
        told /usr/bin/python3 -c "$2"
}

MAKE_SOCKET="import socket
try: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); print('made')
except OSError as e: print(e)"

test_refused_socket_is_told_and_its_line_helps() {
        need /usr/bin/python3
        py "" "$MAKE_SOCKET"
        is "$out" "[Errno 13] Permission denied"
        has "$err" "cordon: denied  syscall socket AF_UNIX SOCK_DGRAM  (by pid "
        has "$err" "to allow: unix datagram"
        py "unix datagram" "$MAKE_SOCKET"
        is "$out" made
        lacks "$err" denied
        py "audit none" "$MAKE_SOCKET"
        is "$out" "[Errno 13] Permission denied"
        lacks "$err" denied
}

test_refused_network_is_told_and_its_line_helps() {
        need /usr/bin/python3
        local make="import socket
for i in range(3):
    try: socket.socket(socket.AF_INET, socket.SOCK_STREAM); print('made')
    except OSError as e: print(e.errno)"
        py "" "$make"
        is "$out" "13
13
13"
        has "$err" "syscall socket AF_INET SOCK_STREAM  (×3, first by pid "
        has "$err" "to allow: net host # or, if that is enough: net loopback"
        py "net loopback # as it says" "$make"
        is "$out" "made
made
made"
        lacks "$err" denied
}

# Those of the fixed tables name their reason, and no line.
test_refused_in_every_sandbox_is_told_with_the_reason() {
        need /usr/bin/python3
        local try="import ctypes, os
l = ctypes.CDLL(None, use_errno=True)
print(l.mount(b'none', b'/tmp', b'tmpfs', 0, None), ctypes.get_errno())"
        py "" "$try"
        is "$out" "-1 1"
        has "$err" 'denied  syscall mount  (every sandbox)  because "goes round the view"'
        lacks "$err" "to allow"
}

test_refused_by_lines_about_calls() {
        need /usr/bin/python3
        local try="import os
try: print(len(os.uname()))
except OSError as e: print(e.errno)"
        py "syscalls @default
syscalls deny uname" "$try"
        is "$out" 1
        has "$err" "denied  syscall uname  $T/policy:5 syscalls deny uname"
        lacks "$err" "to allow"
        py "syscalls deny uname errno ENOENT" "$try" # a kernel that is played, and no refusal
        is "$out" 2
        lacks "$err" denied
        py "syscalls @basic" "$MAKE_SOCKET"
        has "$err" "to allow: syscalls socket"
}

test_message_queues_come_by_a_device() {
        need /usr/bin/python3
        local name=/cordon-$RANDOM$RANDOM
        local try="import ctypes, os
l = ctypes.CDLL('librt.so.1', use_errno=True)
q = l.mq_open(b'$name', os.O_CREAT | os.O_RDWR, 0o600, None)
if q < 0: print(ctypes.get_errno())
else:
    l.mq_send(q, b'text', 4, 1)
    b = ctypes.create_string_buffer(8192)
    l.mq_receive(q, b, 8192, None)
    print(b.value.decode(), os.listdir('/dev/mqueue') == ['$name'[1:]], l.mq_unlink(b'$name'))"
        py "dev null mqueue" "$try"
        is "$out" "text True 0"
        lacks "$err" denied
        py "dev null mqueue
audit none" "$try"
        is "$out" "text True 0"
        py "dev null urandom" "$try"
        is "$out" 13
        has "$err" "denied  syscall mq_open"
        has "$err" "to allow: dev null urandom mqueue"
        # None of the host's is there: what is made outside is not found inside.
        run /usr/bin/python3 -c "import ctypes, os
l = ctypes.CDLL('librt.so.1', use_errno=True); print(l.mq_open(b'$name', os.O_CREAT | os.O_RDWR, 0o600, None) >= 0)"
        [ "$out" = True ] || skip "no message queues on this machine"
        py "dev null mqueue" "import ctypes, os
l = ctypes.CDLL('librt.so.1', use_errno=True); print(l.mq_open(b'$name', os.O_RDWR), ctypes.get_errno())"
        is "$out" "-1 2"
        run /usr/bin/python3 -c "import ctypes; print(ctypes.CDLL('librt.so.1').mq_unlink(b'$name'))"
        is "$out" 0
}

# What the broker knows how to do, and does not do for this policy, is refused like anything else.
test_refused_is_never_served() {
        need /usr/bin/python3
        local try="import os
try: os.mkdir('$W/made'); print('made')
except OSError as e: print(e.errno)"
        py "write $W
syscalls deny mkdir mkdirat" "$try"
        is "$out" 1
        has "$err" "denied  syscall mkdir  $T/policy:5 syscalls deny mkdir"
        [ ! -e "$W/made" ] || fail "a refused call was done"
        py "write $W" "$try"
        is "$out" made
        [ -d "$W/made" ] || fail "an allowed call was not done"
}

test_refused_calls_are_in_the_audit_file() {
        need /usr/bin/python3
        policy <<<"use @python
exec \$PROG"
        run "$CORDON" run -q --audit "$T/audit" -p "$T/policy" -- /usr/bin/python3 -c "$MAKE_SOCKET"
        status_is 0
        run grep -c '"op":"syscall","path":"socket AF_UNIX SOCK_DGRAM".*"verdict":"deny","errno":"EACCES"' "$T/audit"
        is "$out" 1
}

# A thread's own working directory and table of descriptors; samba and virtiofsd want one.
test_unshare_without_namespaces() {
        need /usr/bin/python3
        policy <<<"use @python @dev
exec \$PROG
read $W"
        echo text >"$W/file"
        told /usr/bin/python3 -c "import ctypes, os, threading
l = ctypes.CDLL(None, use_errno=True)
os.chdir('/')
def own():
    print(l.unshare(0x200 | 0x400)); os.chdir('$W'); print(os.getcwd() == '$W', open('file').read().strip())
t = threading.Thread(target=own); t.start(); t.join(); print(os.getcwd())
for flags in (0x10000000, 0x20000, 0x200 | 0x40000000): print(l.unshare(flags), ctypes.get_errno())"
        is "$out" "0
True text
/
-1 1
-1 1
-1 1"
        has "$err" "denied  syscall unshare  (every sandbox)"
}
