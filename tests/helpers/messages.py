"""Messages of every kind between the sandbox's own sockets: `messages.py WHAT` prints what became of it, the same as outside."""
import array
import ctypes
import errno
import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
import time

from sockets import libc, sendmmsg, told

LOCAL, DGRAM = socket.AF_UNIX, socket.SOCK_DGRAM


def dgram(name=None):
    s = socket.socket(LOCAL, DGRAM)
    s.settimeout(20)
    if name is not None:
        s.bind(name)
    return s


def datagrams():
    r, s, named = dgram("r"), dgram(), dgram("named")
    for path in ("r", "./r", os.path.abspath("r")):
        print(s.sendto(b"one", path), r.recvfrom(9))
        print(s.sendmsg([b"tw", b"", b"o"], [], 0, path), r.recvfrom(9))
        print(named.sendto(b"three", path), r.recvfrom(9))
        print(told(lambda: sendmmsg(s, path)), r.recvfrom(9))
    s.connect("r")
    print(s.send(b"x"), s.sendmsg([b"yy"]), s.getpeername(), r.recv(9), r.recv(9))
    print(libc.connect(s.fileno(), ctypes.create_string_buffer(2), 2), told(lambda: s.send(b"x")))  # AF_UNSPEC
    a, b = socket.socketpair(LOCAL, DGRAM)
    print(a.send(b"p"), a.sendmsg([b"q"]), b.recv(9), b.recv(9), a.sendmsg([]), b.recv(9))
    print(a.sendto(b"z", "r"), r.recv(9), told(lambda: r.bind("again")))
    os.rename("r", "moved")
    os.link("moved", "second")
    os.symlink("second", "link")
    print(told(lambda: s.sendto(b"z", "r")), s.sendto(b"m", "moved"), s.sendto(b"l", "link"), r.recv(9), r.recv(9))
    dgram("dead").close()
    open("file", "w").close()
    for path in ("none", "none/x", "dead", "file", ".", "file/x", "", "x" * 107):
        print(path[:8], told(lambda: s.sendto(b"z", path)), told(lambda: s.sendmsg([b"z"], [], 0, path)))
    print(told(lambda: a.sendmsg([b"v" * 600000])), told(lambda: a.sendmsg([b"v" * 3000000])))
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        x, y = socket.socketpair(LOCAL, kind)
        print(told(lambda: x.sendto(b"z", "moved")), told(lambda: x.sendmsg([b"z"], [], 0, "moved")))


def abstract():
    r, s = dgram("\0cordon-test-%d" % os.getpid()), dgram()
    print(s.sendto(b"a", r.getsockname()), r.recv(9), told(lambda: s.connect(r.getsockname())), s.send(b"b"), r.recv(9))
    chosen = dgram("")
    print(s.sendto(b"a", chosen.getsockname()), chosen.recv(9))


def descriptors():
    for kind in (socket.SOCK_STREAM, DGRAM, socket.SOCK_SEQPACKET):
        a, b = socket.socketpair(LOCAL, kind)
        out, into = os.pipe()
        socket.send_fds(a, [b"f"], [into, out])
        data, fds, _, _ = socket.recv_fds(b, 9, 5)
        os.write(fds[0], b"through")
        print(data, len(fds), os.read(out, 9))
        for fd in fds + [into]:
            os.close(fd)
        print(os.read(out, 9))  # the end: nobody else has kept one
        print(told(lambda: socket.send_fds(a, [b"f"], [999])), told(lambda: socket.send_fds(a, [b"f"], [out] * 253)),
              told(lambda: socket.send_fds(a, [b"f"], [out] * 254)))
        print(told(lambda: a.sendmsg([b"f"], [(socket.SOL_SOCKET, 99, b"")])), told(lambda: a.sendmsg([b"f"], [(0, 2, b"1234")])))
        ourselves = struct.pack("3i", os.getpid(), os.getuid(), os.getgid())
        print(told(lambda: a.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, ourselves)])))
    queue = multiprocessing.Queue()
    child = multiprocessing.Process(target=lambda: queue.put(socket.socketpair(LOCAL, DGRAM)[0].type))
    child.start()
    print(queue.get(), child.join())


def streams():
    a, b = socket.socketpair()
    big, got = os.urandom(3000000), []
    reader = threading.Thread(target=lambda: [got.append(x) for x in iter(lambda: b.recv(65536), b"")])
    reader.start()
    rest = memoryview(big)
    while rest:
        rest = rest[a.sendmsg([rest[:100], rest[100:]]):]
    a.shutdown(socket.SHUT_WR)
    reader.join()
    print(b"".join(got) == big, told(lambda: a.sendmsg([b"x"], [], socket.MSG_NOSIGNAL)))
    a, b = socket.socketpair()
    a.setblocking(False)
    print(0 < a.sendmsg([big]) < len(big))
    while told(lambda: a.sendmsg([big])) == "reached":
        pass
    print(told(lambda: a.sendmsg([big])))


def full(s, address):
    """Sends until there is no room."""
    s.setblocking(False)
    count = 0
    while told(lambda: s.sendmsg([b"." * 4000], [], 0, *address)) == "reached":
        count += 1
    s.setblocking(True)
    return count > 0


def waiting():
    signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
    r = dgram("r")
    pair = socket.socketpair()
    dpair = socket.socketpair(LOCAL, DGRAM)
    for s, reader, address in ((dgram(), r, ("r",)), (pair[0], pair[1], ()), (dpair[0], dpair[1], ())):
        print(full(s, address), told(lambda: s.sendmsg([b"x"], [], socket.MSG_DONTWAIT, *address)))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 100000))
        print(told(lambda: s.sendmsg([b"x" * 4000], [], 0, *address)))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 0))
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            s.sendmsg([b"x" * 4000], [], 0, *address)
        except ZeroDivisionError:
            print("interrupted")
        sent = []
        sender = threading.Thread(target=lambda: sent.append(s.sendmsg([b"last"], [], 0, *address)))
        sender.start()
        while b"last" not in reader.recv(1 << 20):
            pass
        sender.join()
        print(sent)


def broken():
    """What a default SIGPIPE does to who sends to nobody."""
    for kind, flags in ((socket.SOCK_STREAM, 0), (socket.SOCK_STREAM, socket.MSG_NOSIGNAL), (DGRAM, 0)):
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            a, b = socket.socketpair(LOCAL, kind)
            b.close()
            print(told(lambda: a.sendmsg([b"x"], [], flags)), flush=True)
            os._exit(0)
        print(os.waitpid(child, 0)[1], flush=True)


def faults():
    s, file = dgram(), os.open(".", os.O_RDONLY)
    a, b = socket.socketpair(LOCAL, DGRAM)
    data = ctypes.create_string_buffer(b"xy")
    vector = lambda at, size: ctypes.create_string_buffer(struct.pack("QQ", at, size))

    def message(fd, name=0, length=0, at=0, pieces=0, control=0, size=0, flags=0):
        header = ctypes.create_string_buffer(struct.pack("QI4xQQQQI4x", name, length, at, pieces, control, size, 0))
        ctypes.set_errno(0)
        return libc.sendmsg(fd, header, flags), errno.errorcode.get(ctypes.get_errno())

    good, bad, negative = vector(ctypes.addressof(data), 2), vector(8, 2), vector(ctypes.addressof(data), 1 << 63)
    at = ctypes.addressof
    for fd in (a.fileno(), s.fileno(), file, 999, -1):
        print(message(fd, at=at(good), pieces=1), message(fd, at=8, pieces=1), message(fd, at=at(good), pieces=1025))
        print(libc.sendmsg(fd, ctypes.c_void_p(8), 0), errno.errorcode[ctypes.get_errno()])
    for fd in (a.fileno(), s.fileno()):
        print(message(fd, at=at(bad), pieces=1), message(fd, at=at(negative), pieces=1), message(fd, at=8, pieces=0))
        print(message(fd, 8, 100, at(good), 1), message(fd, 8, 1 << 31, at(good), 1), message(fd, 0, 100, at(good), 1))
        print(message(fd, at=at(good), pieces=1, control=8, size=20), message(fd, at=at(good), pieces=1, control=8, size=8),
              message(fd, at=at(good), pieces=1, control=at(data), size=1 << 40))
        print(libc.sendmmsg(fd, ctypes.c_void_p(8), 1, 0), errno.errorcode[ctypes.get_errno()], libc.sendmmsg(fd, None, 0, 0))


def internet():
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        r, s = socket.socket(family, DGRAM), socket.socket(family, DGRAM)
        r.bind((host, 0))
        r.settimeout(20)
        to = r.getsockname()[:2]
        level, ttl = (0, socket.IP_TTL) if family == socket.AF_INET else (41, 52)  # IPV6_HOPLIMIT
        print(s.sendto(b"u", to), r.recv(9), s.sendmsg([b"u", b"v"], [(level, ttl, struct.pack("i", 9))], 0, to), r.recv(9))
        s.connect(to)
        print(s.sendmsg([b"w"]), r.recv(9), told(lambda: s.sendmsg([b"x" * 70000])))
        server = socket.socket(family)
        server.bind((host, 0))
        server.listen()
        c = socket.create_connection(server.getsockname()[:2])
        print(c.sendmsg([b"tcp"]), server.accept()[0].recv(9))
    print(bool(socket.if_nameindex()), bool(socket.getaddrinfo("127.0.0.1", 80)))


def cost(rounds):
    for kind in (socket.SOCK_STREAM, DGRAM):
        a, b = socket.socketpair(LOCAL, kind)
        for send in (a.send, lambda data: a.sendmsg([data])):
            start = time.monotonic()
            for _ in range(int(rounds)):
                send(b"x" * 64)
                b.recv(64)
            print("%.1f us" % ((time.monotonic() - start) / int(rounds) * 1e6))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
