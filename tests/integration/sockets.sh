# Sockets between the sandbox's own processes, and connections of every kind, as outside.
# shellcheck shell=bash

PY=$T/sockets.py
cp "$HERE/helpers/sockets.py" "$PY"

socket_policy() {
        need python3
        dev_policy "read $PY
		tmp private 16M
		${1-}"
        cd "$W"
}

# What both ends read of the address and of each other is what it is outside.
test_names_are_as_they_were_given() {
        local more name
        mkdir -p "$T/seed/a/b"
        socket_policy
        for name in s ./s a/b/s "$W//a/./b/s" "$W/ä b"; do
                same python3 "$PY" name_of "$name"
                has "$out" "hello same"
        done
        for more in "audit none" "deny $W/**/*.key" "net host"; do
                socket_policy "$more"
                for name in s "$W/a/s"; do
                        same python3 "$PY" name_of "$name"
                        has "$out" "hello same"
                done
        done
        socket_policy
        boxed python3 "$PY" name_of "@name"
        matches "$out" "name.*hello same"
        boxed python3 "$PY" name_of /tmp/s
        has "$out" "/tmp/s /tmp/s  '' hello same"
        boxed python3 "$PY" name_of a/../s # as near as can be
        has "$out" "s s  '' hello same"
}

test_modes_follow_the_umask() {
        socket_policy
        local mask
        for mask in 0 022 077 0177; do
                same python3 -c "import os, socket
os.umask(0o$mask)
socket.socket(socket.AF_UNIX).bind('$W/s')
os.chmod('.', 0o755)
print(oct(os.stat('s').st_mode))"
        done
}

# Errors, each as outside.
test_errors_are_the_kernels() {
        socket_policy
        mkdir -p "$T/seed/dir"
        touch "$T/seed/file"
        ln -s nowhere "$T/seed/dangling"
        ln -s loop "$T/seed/loop"
        cat >"$T/errors.py" <<-'END'
	import ctypes, os, socket, struct, sys
	sys.path.insert(0, sys.argv[1])
	from sockets import libc, listen_at, stream, told
	server = listen_at("s")
	connected = stream(); connected.connect("s")
	for name in ("s", "file", "dir", "dangling", "loop", "none", "none/x", "file/x", "s/", "dir/", ".", "..", "x" * 107,
	             "dir/" + "x" * 103, "\0none"):
	    for what in ("bind", "connect"):
	        print(ascii(name), what, told(lambda: getattr(stream(), what)(name)))
	        if what == "bind" and os.path.lexists(name) and name.startswith("x"):
	            os.unlink(name)
	print(told(lambda: connected.connect("s")), told(lambda: connected.bind("t")), told(lambda: connected.bind("t")))
	print(told(lambda: server.connect("s")), told(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("s")))
	closed = stream(); closed.bind("closed")
	print(told(lambda: stream().connect("closed")))
	closed.close()
	print(told(lambda: stream().connect("closed")))
	file, pin = os.open("file", os.O_RDONLY), os.open("s", os.O_PATH)
	buffer = ctypes.create_string_buffer(b"\x01\0s")
	def raw(call, fd, address, length):
	    ctypes.set_errno(0)
	    r = getattr(libc, call)(fd, address, length)
	    return r, ctypes.get_errno()
	for call in ("connect", "bind"):
	    for fd in (file, pin, 999, -1, stream().fileno()):
	        for address, length in ((buffer, 3), (None, 3), (buffer, -1), (buffer, 200), (buffer, 0), (buffer, 1), (None, 0),
	                                (b"\x01\0" + b"y" * 120, 111), (b"\x02\0ssssssssssss", 16)):
	            if (call, fd > 2, address is buffer, length) != ("bind", True, True, 3):
	                print(call, address is None, length, raw(call, fd, address, length))
	END
        echo "read $T/errors.py" >>"$T/policy"
        same python3 "$T/errors.py" "$T"
        status_is 0
}

test_blocking_connect_waits_for_room() {
        socket_policy
        cat >"$T/full.py" <<-'END'
	import os, select, signal, socket, struct, sys, threading, time
	sys.path.insert(0, sys.argv[1])
	from sockets import stream, told
	server = stream(); server.bind("s"); server.listen(1)
	clients = []
	while True: # until it is full
	    c = stream(); c.setblocking(False)
	    try: c.connect("s")
	    except BlockingIOError: break
	    clients.append(c)
	print("full")
	late = stream()
	late.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 100000))
	print("timed:", told(lambda: late.connect("s")))
	signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
	signal.setitimer(signal.ITIMER_REAL, 0.1)
	try: stream().connect("s")
	except ZeroDivisionError: print("interrupted")
	done = threading.Event()
	def wait():
	    stream().connect("s"); done.set()
	threading.Thread(target=wait).start()
	print("waits:", not done.wait(0.1))
	server.accept()
	print("goes on:", done.wait(20))
	END
        echo "read $T/full.py" >>"$T/policy"
        within=60 same python3 "$T/full.py" "$T"
        has "$out" "goes on: True"
}

test_tcp_connects_as_ever() {
        socket_policy "net loopback"
        cat >"$T/tcp.py" <<-'END'
	import errno, select, signal, socket, struct, sys, threading
	sys.path.insert(0, sys.argv[1])
	from sockets import told
	for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
	    server = socket.socket(family); server.bind((host, 0)); server.listen(1)
	    port = server.getsockname()[1]
	    c = socket.socket(family); print(told(lambda: c.connect((host, port))), told(lambda: c.connect((host, port))))
	    print(c.getpeername()[:2] == (host, port), server.accept()[1][:2] == c.getsockname()[:2], c.getblocking())
	    n = socket.socket(family); n.setblocking(False)
	    print(n.connect_ex((host, port)) in (0, errno.EINPROGRESS), select.select([], [n], [], 20)[1] == [n], n.connect_ex((host, port)))
	    free = socket.socket(family); free.bind((host, 0)); none = free.getsockname()[1]
	    print(told(lambda: socket.socket(family).connect((host, none))))
	    u = socket.socket(family, socket.SOCK_DGRAM); u.connect((host, none)); print(u.getpeername()[1] == none)
	    print(told(lambda: free.bind((host, 0))), told(lambda: socket.socket(family).bind((host, port))))
	# A server that answers nobody any more: its queue is full.
	full = socket.socket(); full.bind(("127.0.0.1", 0)); full.listen(0)
	kept = []
	while True:
	    c = socket.socket(); c.settimeout(0.2)
	    try: c.connect(full.getsockname())
	    except TimeoutError: break
	    kept.append(c)
	late = socket.socket()
	late.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
	print("timed:", told(lambda: late.connect(full.getsockname())))
	signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
	signal.setitimer(signal.ITIMER_REAL, 0.2)
	try: socket.socket().connect(full.getsockname())
	except ZeroDivisionError: print("interrupted")
	END
        echo "read $T/tcp.py" >>"$T/policy"
        within=60 same python3 "$T/tcp.py" "$T"
        has "$out" interrupted
}

test_many_connections_at_once() {
        socket_policy
        cat >"$T/many.py" <<-'END'
	import socket, socketserver, sys, threading
	class Echo(socketserver.StreamRequestHandler):
	    def handle(self): self.wfile.write(self.rfile.readline())
	class Server(socketserver.ThreadingUnixStreamServer):
	    request_queue_size = 2
	server = Server("s", Echo)
	threading.Thread(target=server.serve_forever, daemon=True).start()
	good = []
	def ask(i):
	    c = socket.socket(socket.AF_UNIX); c.connect(server.server_address)
	    c.sendall(b"%d\n" % i)
	    good.append(c.makefile().readline() == "%d\n" % i)
	threads = [threading.Thread(target=ask, args=(i,)) for i in range(100)]
	for t in threads: t.start()
	for t in threads: t.join()
	print(len(good), all(good))
	server.shutdown()
	END
        echo "read $T/many.py" >>"$T/policy"
        within=60 same python3 "$T/many.py"
        is "$out" "100 True"
}

# ---- programs -----------------------------------------------------------------------------------------------------------

test_python_multiprocessing() {
        socket_policy
        cat >"$T/manager.py" <<-'END'
	import multiprocessing as mp
	def put(d): d["x"] = 1
	if __name__ == "__main__":
	    mp.set_start_method("spawn")
	    with mp.Manager() as m:
	        d = m.dict()
	        p = mp.Process(target=put, args=(d,)); p.start(); p.join()
	        print(dict(d), p.exitcode)
	    p = mp.get_context("forkserver").Process(target=print, args=("forkserver",)); p.start(); p.join()
	END
        echo "read $T/manager.py" >>"$T/policy"
        within=60 boxed python3 "$T/manager.py"
        is "$out" "{'x': 1} 0"$'\n'"forkserver"
}

test_node_server_by_path() {
        need node
        socket_policy
        within=60 boxed node -e '
                const net = require("net")
                const s = net.createServer(c => c.end("from node\n")).listen("/tmp/n.sock", () =>
                        net.connect("/tmp/n.sock").on("data", d => process.stdout.write(d)).on("close", () => s.close()))'
        is "$out" "from node"
}

test_ssh_agent() {
        need ssh-agent ssh-add ssh-keygen
        [ -n "$(getent passwd "$(am_root && echo 65534 || id -u)")" ] || skip "ssh-keygen wants a user with a name"
        socket_policy
        within=60 boxed sh -c 'eval $(ssh-agent -s) >/dev/null; ssh-keygen -q -t ed25519 -N "" -f k && ssh-add -q k && ssh-add -l; ssh-agent -k'
        has "$out" "ED25519"
        status_is 0
}

test_gpg_agent() {
        need gpg gpg-agent gpgconf
        socket_policy "env set HOME=$W"
        within=100 boxed sh -c 'gpg --batch -q --passphrase "" --quick-gen-key a@example.org default default never &&
                echo hello | gpg --batch -q --clearsign | gpg --batch -q --decrypt; gpgconf --kill gpg-agent'
        has "$out" hello
}

test_dbus() {
        need dbus-run-session dbus-send
        [ -n "$(getent passwd "$(am_root && echo 65534 || id -u)")" ] || skip "D-Bus wants a user with a name"
        socket_policy
        within=60 boxed dbus-run-session -- dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames
        has "$out" 'string "org.freedesktop.DBus"'
}

test_git_credential_cache() {
        need git
        socket_policy "env set HOME=$W"
        within=60 boxed sh -c 'git config --global credential.helper cache
                printf "protocol=http\nhost=x\nusername=u\npassword=p\n" | git credential approve
                printf "protocol=http\nhost=x\n" | git credential fill; git credential-cache exit'
        has "$out" "password=p"
}

# ---- datagrams ----------------------------------------------------------------------------------------------------------

MESSAGES=$T/messages.py
cp "$HERE/helpers/messages.py" "$MESSAGES"

datagram_policy() {
        need python3
        socket_policy "unix datagram
		read $MESSAGES
		${1-}"
}

# All that is served now is as outside: whatever the socket, whatever the message.
test_datagrams_are_as_outside() {
        local more
        for more in "" "audit none" "deny $W/**/*.key" "net host"; do
                datagram_policy "$more"
                same python3 "$MESSAGES" datagrams
                has "$out" "b'three', 'named'"
        done
        datagram_policy
        same python3 "$MESSAGES" abstract
        datagram_policy "net host"
        same python3 "$MESSAGES" abstract
}

test_messages_are_as_outside() {
        local what
        datagram_policy
        for what in descriptors streams broken faults; do
                within=60 same python3 "$MESSAGES" $what
                status_is 0
        done
}

test_messages_wait_for_room() {
        datagram_policy
        within=60 same python3 "$MESSAGES" waiting
        has "$out" interrupted
}

test_messages_over_the_network() {
        datagram_policy "net loopback"
        within=60 same python3 "$MESSAGES" internet
        has "$out" "b'tcp'"
        datagram_policy
        boxed python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)'
        has "$err" "Permission denied"
}

# A receiver sees the sandbox's user, and no process: who has sent it is outside.
test_datagrams_tell_who_sends_by_user() {
        datagram_policy
        boxed python3 -c 'import os, socket, struct
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
a.sendmsg([b"x"])
print(struct.unpack("3i", b.recvmsg(9, 100)[1][0][2]) == (0, os.getuid(), os.getgid()))
try: a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("3i", 1, os.getuid(), os.getgid()))])
except PermissionError: print("no lies")'
        is "$out" $'True\nno lies'
}

# The word stands alone, or before what is granted as ever.
test_datagram_is_a_word_of_unix() {
        policy <<<"unix datagram"
        policy "$T/more" <<<"unix datagram $W/x because \"a reason\""
        run "$CORDON" check "$T/more"
        status_is 0
        policy "$T/more" <<<"unix datagram $W/x"
        run "$CORDON" check "$T/more"
        status_is 0
        run "$CORDON" fmt --check "$T/policy" "$T/more"
        status_is 0
        run "$CORDON" diff "$T/policy" "$T/more"
        has "$out" "$W/x"
        lacks "$out" datagram
        policy "$T/less" <<<"unix $W/x"
        run "$CORDON" diff "$T/less" "$T/more"
        has "$out" datagram
        policy <<<"write unix datagram $W"
        run "$CORDON" check "$T/policy"
        [ $rc != 0 ] || fail "taken for a verb"
        has "$err" "datagram"
}

test_datagrams_are_refused_unasked() {
        socket_policy
        boxed python3 -c 'import socket
for f in socket.socket, socket.socketpair:
        try: f(socket.AF_UNIX, socket.SOCK_DGRAM)
        except PermissionError: print("refused")'
        is "$out" $'refused\nrefused'
}

test_datagrams_of_programs() {
        need logger
        datagram_policy
        boxed sh -c "python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(\"log\"); print(\"up\", flush=True); print(s.recv(200))' >got &
                until [ -s got ]; do :; done; logger -u log --id=7 hello; wait; cat got"
        has "$out" hello
        need socat
        boxed sh -c 'echo through | socat - "EXEC:cat,socktype=2"'
        is "$out" through
}

# ---- what is told -------------------------------------------------------------------------------------------------------

test_explain_tells_what_is_brokered() {
        socket_policy "unix $W/*.sock"
        run "$CORDON" explain "$T/policy"
        status_is 0
        matches "$out" 'sockets +connect bind'
        lacks "$out" sendmsg
        datagram_policy
        run "$CORDON" explain "$T/policy"
        matches "$out" 'messages +sendmsg sendmmsg sendto'
        matches "$out" 'unix +datagram'
        socket_policy "unix $W/*.sock"
        run "$CORDON" why unix "$W/a.sock" -p "$T/policy"
        status_is 0
        run "$CORDON" why unix "$W/a.socket" -p "$T/policy"
        status_is 1
}

# What the host does not have is not worth a word; what it has is.
test_denials_are_told_where_there_is_something() {
        socket_policy
        told python3 -c "import sys; sys.path.insert(0, '$T')
from sockets import *
for p in ('$T/none', '$T/there'): print(told(lambda: stream().connect(p)))"
        is "$out" $'refused: ENOENT\nrefused: ENOENT'
        lacks "$err" "denied  unix"
        python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('$T/there')"
        told python3 "$PY" connect "$T/there"
        is "$out" "refused: ENOENT"
        has "$err" "denied  unix $T/there"
        has "$err" "to allow: unix $T/there"
        has "$(grep -A1 "denied  unix" "$T/err")" "unix $T/there"
}
