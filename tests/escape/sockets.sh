# Sockets by path: what was made outside of the sandbox cannot be reached, in whatever way it is named, unless `unix` names it.
# Each attack reaches the server outside first; inside, the server must not have noticed anything.
# shellcheck shell=bash

PY=$T/sockets.py
cp "$HERE/helpers/sockets.py" "$PY"

server() { # server PATH [KIND]
        need python3
        start python3 "$PY" serve "$@"
        expect_line ready
}

# Everything that the server has noticed so far was expected: the next thing that it notices is the one that is made here.
untouched() {
        local line
        python3 "$PY" "${probe-connect}" "$1" >"$T/probe"
        grep -q reached "$T/probe" || fail "the control does not reach the server any more"
        read -r -t 20 -u "$lines" line || fail "the server is gone"
        for _ in $(seq "$(grep -c reached "$T/probe")" | tail -n +2); do
                read -r -t 20 -u "$lines" line || fail "the server is gone"
        done
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

# outside_only ERRORS WHAT ARGS...: the last argument is the server's path.
outside_only() {
        local errors=$1
        shift
        run python3 "$PY" "$@"
        is "$out" reached
        expect_line hit
        boxed python3 "$PY" "$@"
        matches "$out" "^refused: ($errors)\$"
}

socket_policy() {
        dev_policy "read $PY
		${1-}"
        cd "$W"
}

test_connect_to_what_is_outside() {
        socket_policy
        server "$W/out"
        outside_only EACCES connect "$W/out"
        outside_only EACCES connect out
        outside_only EACCES connect ./../work//out
        outside_only EACCES connect "/proc/self/cwd/out"
        outside_only EACCES pinned "$W/out"
        untouched out
        told python3 "$PY" connect "$W/out"
        has "$err" "denied  unix $W/out"
        has "$err" "unix $W/out"
}

test_connect_by_other_names() {
        socket_policy
        server "$W/out"
        ln -s out link
        ln out hard
        mkdir dir
        ln -s ../../work dir/up
        outside_only EACCES connect link
        outside_only EACCES connect hard
        outside_only EACCES connect dir/up/../work/link
        boxed sh -c "ln -s $W/out made && ln $W/out second && mv second third; python3 $PY connect made; python3 $PY connect third"
        is "$out" $'refused: EACCES\nrefused: EACCES'
        untouched out
}

test_connect_from_every_kind_of_policy() {
        server "$W/out"
        local more
        for more in "audit none" "audit all" "net loopback" "net host" "deny $W/**/*.key" "hide $W/**/*.key"; do
                socket_policy "$more"
                boxed python3 "$PY" connect "$W/out"
                is "$out" "refused: EACCES" "$more"
        done
        untouched "$W/out"
}

test_connect_seqpacket() {
        socket_policy
        boxed python3 "$PY" seqpacket "$W/none"
        is "$out" "refused: ENOENT"
        server "$W/out"
        run python3 "$PY" seqpacket "$W/out"
        is "$out" "refused: EPROTOTYPE"
        boxed python3 "$PY" seqpacket "$W/out"
        is "$out" "refused: EACCES"
}

test_datagrams_to_what_is_outside() {
        socket_policy
        server "$W/out" dgram
        run python3 "$PY" datagrams "$W/out"
        has "$out" reached
        local hits
        hits=$(grep -c reached "$T/out")
        for _ in $(seq $((hits - 2))); do # connecting alone is noticed by nobody
                expect_line hit
        done
        boxed python3 "$PY" datagrams "$W/out"
        lacks "$out" reached
        is "$(wc -l <"$T/out")" 24
        run python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '$W/out')"
        expect_line hit
        local line
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

# The same where there are datagram sockets: each message is looked at.
test_served_datagrams_to_what_is_outside() {
        local more line
        for more in "" "audit none" "net host"; do
                socket_policy "unix datagram
				$more"
                rm -f "$W/out"
                server "$W/out" dgram
                boxed python3 "$PY" datagrams "$W/out"
                lacks "$out" reached
                is "$(head -8 "$T/out" | sort | uniq -c | tr -s ' ')" " 8 refused: EACCES"
                run python3 "$PY" pinned_datagram "$W/out"
                is "$out" reached
                expect_line hit
                boxed python3 "$PY" pinned_datagram "$W/out"
                is "$out" "refused: EACCES"
                ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
        done
        told python3 "$PY" pinned_datagram "$W/out"
        socket_policy "unix datagram"
        told python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '$W/out')"
        has "$err" "denied  unix $W/out"
}

test_unix_names_who_may_be_sent_to() {
        local line
        socket_policy "unix datagram $W/out/"
        mkdir "$W/out"
        server "$W/out/s" dgram
        boxed python3 "$PY" datagrams "$W/out/s"
        is "$(head -8 "$T/out" | sort | uniq -c | tr -s ' ')" " 8 reached"
        for line in 1 2 3 4 5 6; do # connecting alone is noticed by nobody
                expect_line hit
        done
}

# Each message is sent to what was looked at, whatever the memory holds by then.
test_address_flipped_while_sending() {
        socket_policy "unix datagram"
        server "$W/out" dgram
        run python3 "$PY" flip_messages "$W/own" "$W/out" 5000
        is "$out" own
        expect_line hit
        kill -KILL "$pid"
        rm -f "$W/own" "$W/out"
        server "$W/out" dgram
        boxed python3 "$PY" flip_messages "$W/own" "$W/out" 2000
        is "$out" own
        local line
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

# Whoever receives is told of the sandbox's user, and never of root.
test_datagrams_lend_nobodys_identity() {
        need python3
        socket_policy "unix datagram $W/out"
        start python3 -c "import os, socket, struct
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('$W/out'); os.chmod('$W/out', 0o777)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print('ready', flush=True)
while True: print(struct.unpack('3i', s.recvmsg(9, 100)[1][0][2])[1:], flush=True)"
        expect_line ready
        boxed python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '$W/out')"
        status_is 0
        if am_root; then
                expect_line "(65534, 65534)"
        else
                expect_line "($(id -u), $(id -g))"
        fi
}

# Over the channel it counts who asks. What the broker has sent for the program must not look as if it had asked itself.
test_channel_takes_nothing_that_the_broker_sent() {
        need python3
        dev_policy "unix datagram
		read $PY"
        cd "$W"
        echo secret >"$W/here"
        local ask="import os, socket, struct
c = socket.socket(fileno=int(os.environ['CORDON_CHANNEL']))
c.send(struct.pack('<IIQ', 2, 1, 0))
l = socket.socket(fileno=socket.recv_fds(c, 100, 1)[1][0])
p = b'here'
m = struct.pack('<IIQIIQQQI', 2, 2, 1, 0xffffff9c, 0, 0, 0, 0, len(p)) + p + struct.pack('<I', 0)"
        run "$CORDON" run -q --channel -p "$T/policy" -- python3 -c "$ask
l.send(m); print(len(socket.recv_fds(l, 100, 5)[1]))"
        is "$out" 1
        run "$CORDON" run -q --channel -p "$T/policy" -- python3 -c "$ask
l.sendmsg([m])
try: print(len(socket.recv_fds(l, 100, 5)[1]))
except ConnectionError: print(0)"
        is "$out" 0
}

# The file is exchanged for the one outside while it is being looked at: only what was looked at is connected to.
test_name_swapped_while_connecting() {
        socket_policy
        server "$W/out"
        run python3 "$PY" swap "$W/own" "$W/out" 3000
        has "$out" "own"
        expect_line hit
        kill -KILL "$pid"
        rm -f "$W/own" "$W/out"
        server "$W/out"
        boxed python3 "$PY" swap "$W/own" "$W/out" 3000
        has "$out" "own"
        has "$out" "refused: EACCES"
        local line
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

test_link_swapped_while_connecting() {
        socket_policy
        server "$W/out"
        boxed python3 "$PY" swap_link "$W/own" "$W/out" "$W/link" 2000
        has "$out" "own"
        has "$out" "refused: EACCES"
        local line
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

test_address_flipped_while_connecting() {
        socket_policy
        server "$W/out"
        run python3 "$PY" flip "$W/own" "$W/out" 3000
        is "$out" own
        expect_line hit
        kill -KILL "$pid"
        rm -f "$W/own" "$W/out"
        server "$W/out"
        boxed python3 "$PY" flip "$W/own" "$W/out" 3000
        is "$out" own
        local line
        ! read -r -t 0.05 -u "$lines" line || fail "the server was reached from inside"
}

# What is remembered as made here is what was made, not what has its name a moment later.
test_name_stolen_from_what_was_bound() {
        socket_policy
        server "$W/out"
        boxed python3 "$PY" steal "$W/own" "$W/out" 400
        has "$out" "done"
        untouched "$W/out"
        socket_policy "net host"
        boxed python3 "$PY" steal "$W/own" "$W/out" 400
        has "$out" "done"
        untouched "$W/out"
}

# A file is known by more than its name and its number, which are used again.
test_name_used_again_outside() {
        socket_policy
        mkfifo go
        start "$CORDON" run -q -p "$T/policy" -- python3 -c "
import os, socket, sys
sys.path.insert(0, '$T')
from sockets import stream, told
for i in range(64):
        s = stream(); s.bind('n%d' % i); s.close()
print('made', flush=True)
open('go').read()
print('*'.join(told(lambda: stream().connect('n%d' % i)) for i in range(64)))
"
        expect_line made
        local servers
        run python3 -c "
import os, socket, sys
made = []
for i in range(64):
        os.unlink('n%d' % i)
for i in range(64):
        s = socket.socket(socket.AF_UNIX); s.bind('n%d' % i); os.chmod('n%d' % i, 0o777); s.listen(1); made.append(s)
os.close(os.open('go', os.O_WRONLY))
import time
for _ in range(600):
        time.sleep(0.1)
" &
        servers=$!
        started+=("$servers")
        finish
        lacks "$rest" reached
        has "$rest" "refused: EACCES"
        kill -KILL "$servers" 2>/dev/null || true
}

test_unix_names_what_may_be_reached() {
        socket_policy "unix $W/out"
        mkdir sub other
        server "$W/out"
        boxed python3 "$PY" connect "$W/out"
        is "$out" reached
        expect_line hit
        boxed python3 "$PY" pinned "$W/out"
        is "$out" reached
        expect_line hit
        server "$W/sub/a.sock"
        socket_policy "write unix $W/sub"
        boxed python3 "$PY" connect sub/a.sock
        is "$out" reached
        expect_line hit
        socket_policy "unix $W/sub/*.sock"
        boxed python3 "$PY" connect sub/a.sock
        is "$out" reached
        socket_policy "unix $W/sub/*.socket"
        boxed python3 "$PY" connect sub/a.sock
        is "$out" "refused: EACCES"
        socket_policy "write unix $W/sub
		deny $W/sub/a.sock"
        boxed python3 "$PY" connect sub/a.sock
        is "$out" "refused: EACCES"
}

# The broker is no confused deputy: a socket that the sandbox's own id may not write to is not for it.
test_unix_needs_the_right_to_write() {
        socket_policy "unix $W/out"
        server "$W/out"
        chmod 0500 "$W/out"
        boxed python3 "$PY" connect "$W/out"
        is "$out" "refused: EACCES"
        chmod 0777 "$W/out"
        boxed python3 "$PY" connect "$W/out"
        is "$out" reached
}

test_abstract_names_are_the_sandboxs_own() {
        local net name="@cordon-test-$$"
        for net in none loopback host; do
                socket_policy "net $net"
                server "$name"
                outside_only ECONNREFUSED connect "$name"
                boxed python3 "$PY" name_of "$name" # inside it is free
                has "$out" "hello same"
                kill -KILL "$pid"
                wait "$pid" 2>/dev/null || true
        done
}

test_names_are_made_where_there_may_be_some() {
        mkdir -p "$W/ro" "$W/deny"
        chmod 0777 "$W/ro" "$W/deny"
        socket_policy "read $W/ro
		deny $W/deny
		deny $W/*.key"
        local name
        for name in "$W/ro/s" ro/s "$W/deny/s" "$W/x.key" ./x.key /etc/s /s; do
                boxed python3 -c "import sys; sys.path.insert(0, '$T')
from sockets import *
print(told(lambda: stream().bind('$name')))"
                matches "$out" '^refused: (EACCES|EROFS|ENOENT)$'
        done
        [ -z "$(find "$W" -type s)" ] || fail "a socket was made: $(find "$W" -type s)"
        boxed python3 "$PY" name_of "$W/s"
        has "$out" "hello same"
}

test_low_ports_stay_closed() {
        socket_policy "net loopback"
        local bind="import socket; s = socket.socket(); s.bind(('127.0.0.1', PORT)); print('bound')"
        boxed python3 -c "${bind/PORT/80}"
        has "$err" PermissionError
        boxed python3 -c "${bind/PORT/8080}"
        is "$out" bound
        socket_policy "net loopback
		caps keep net_bind_service"
        boxed python3 -c "${bind/PORT/80}"
        is "$out" bound
}

# Nothing of another family gets through where there is no network.
test_net_none_connects_to_sockets_by_path_only() {
        socket_policy
        local try='import errno, socket
for a in (("127.0.0.1", 80),):
        try: socket.socket().connect(a)
        except OSError as e: print(errno.errorcode[e.errno])'
        boxed python3 -c "$try"
        is "$out" EACCES
}

# A socket that comes with the program belongs to the network that it was made in.
test_socket_that_came_from_outside() {
        socket_policy
        local name="@cordon-came-$$"
        server "$name"
        local with='import os, socket, sys; s = socket.socket(socket.AF_UNIX); os.dup2(s.fileno(), 0); os.execvp(sys.argv[1], sys.argv[1:])'
        local use="import socket, sys; sys.path.insert(0, '$T')
from sockets import told
print(told(lambda: socket.socket(fileno=0).connect('\\0${name#@}')))"
        run python3 -c "$with" python3 -c "$use"
        is "$out" reached
        expect_line hit
        run python3 -c "$with" "$CORDON" run -q -p "$T/policy" -- python3 -c "$use"
        is "$out" "refused: ECONNREFUSED"
        kill -KILL "$pid"
        server "$W/out"
        run python3 -c "$with" "$CORDON" run -q -p "$T/policy" -- python3 -c "${use/\'\\0*\'/\'$W/out\'}"
        is "$out" "refused: EACCES"
        untouched "$W/out"
}

test_broker_keeps_no_sockets() {
        socket_policy "net loopback"
        mkfifo go
        start "$CORDON" run -q -p "$T/policy" -- python3 -c "
import socket, sys
sys.path.insert(0, '$T')
from sockets import *
server = listen_at('s')
def some(n):
        for i in range(n):
                for path in ('s', '$W/s', 'none', '\0none', '/etc/passwd'):
                        told(lambda: stream().connect(path))
                for path in ('b%d' % i, '$W/c%d' % i, 's', '/etc/x', '\0b%d' % i):
                        told(lambda: stream().bind(path))
                told(lambda: socket.socket().connect(('127.0.0.1', 9)))
                drain(server)
        [os.unlink(n) for n in os.listdir('.') if n[0] in 'bc']
some(3)
print('ready', flush=True)
open('go').read()
some(60)
print('again', flush=True)
open('go').read()
"
        expect_line ready
        local before after
        before=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true
        echo >go
        expect_line again 60
        for _ in $(seq 100); do # the open of `go` may be on its way; what is kept stays
                after=$(ls "/proc/$pid/fd" 2>/dev/null | wc -l) || true
                [ "$after" -gt "$before" ] || break
        done
        echo >go
        finish
        [ "$before" != 0 ] || skip "the broker's descriptors can't be counted by this user"
        [ "$after" -le "$before" ] || fail "$before descriptors, then $after"
}
