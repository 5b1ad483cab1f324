"""Sockets by path, from inside and from outside: `sockets.py WHAT ARGS...` prints what became of it.

A contact is what the server outside has noticed: it says "hit" for each."""
import ctypes
import errno
import os
import socket
import struct
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)


def told(action):
    """The result, or the errno's name."""
    try:
        action()
        return "reached"
    except OSError as e:
        return "refused: " + errno.errorcode[e.errno]


def stream():
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


# ---- outside ---------------------------------------------------------------------------------------------------------


def serve(path, kind="stream"):
    """Says "ready", then "hit" for each that comes."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_STREAM)
    s.bind(path)
    if not path.startswith("\0"):
        os.chmod(path, 0o777)
    if kind != "dgram":
        s.listen(64)
    print("ready", flush=True)
    while True:
        if kind == "dgram":
            s.recv(100)
        else:
            s.accept()[0].close()
        print("hit", flush=True)


# ---- one way each ----------------------------------------------------------------------------------------------------


def connect(path):
    print(told(lambda: stream().connect(path)))


def seqpacket(path):
    print(told(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(path)))


def pinned(path):
    """Through a descriptor that is only a path."""
    fd = os.open(path, os.O_PATH)
    print(told(lambda: stream().connect("/proc/self/fd/%d" % fd)))


def datagrams(path):
    """Everything that can be told an address with a message, on each kind of socket that there is."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        for make in (lambda: socket.socket(socket.AF_UNIX, kind), lambda: socket.socketpair(socket.AF_UNIX, kind)[0]):
            print(told(lambda: make().sendto(b"x", path)))
            print(told(lambda: make().sendmsg([b"x"], [], 0, path)))
            print(told(lambda: sendmmsg(make(), path)))
            print(told(lambda: make().connect(path)))


def sendmmsg(s, path):
    name = struct.pack("H", socket.AF_UNIX) + path.encode() + b"\0"
    address, data = ctypes.create_string_buffer(name), ctypes.create_string_buffer(b"x")
    vector = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(data), 1))
    header = struct.pack("QI4xQQQQI4xI4x", ctypes.addressof(address), len(name), ctypes.addressof(vector), 1, 0, 0, 0, 0)
    messages = ctypes.create_string_buffer(header)
    if libc.sendmmsg(s.fileno(), messages, 1, 0) != 1:
        raise OSError(ctypes.get_errno(), "sendmmsg")


# ---- races: `own` is ours, `outside` is not --------------------------------------------------------------------------


def listen_at(path):
    s = stream()
    s.bind(path)
    s.listen(512)
    s.setblocking(False)
    return s


def drain(s):
    try:
        while True:
            s.accept()[0].close()
    except BlockingIOError:
        pass


def in_background(action):
    stop = threading.Event()

    def run():
        while not stop.is_set():
            action()

    thread = threading.Thread(target=run)
    thread.start()
    return lambda: (stop.set(), thread.join())


def count_connects(rounds, path, server):
    results = {}
    for i in range(rounds):
        s = stream()
        result = told(lambda: s.connect(path))
        s.close()
        results[result] = results.get(result, 0) + 1
        if i % 64 == 0:
            drain(server)
    return results


def swap(own, outside, rounds):
    """The name means now the one, now the other."""
    server = listen_at(own)
    exchange = lambda: libc.renameat2(-100, own.encode(), -100, outside.encode(), 2)
    stop = in_background(exchange)
    results = count_connects(int(rounds), own, server)
    stop()
    print("own" if results.get("reached") else "never", results)


def swap_link(own, outside, link, rounds):
    """The same with a symlink on the way."""
    server = listen_at(own)

    def turn():
        for target in (own, outside):
            os.symlink(target, link + ".new")
            os.rename(link + ".new", link)

    turn()
    stop = in_background(turn)
    results = count_connects(int(rounds), link, server)
    stop()
    print("own" if results.get("reached") else "never", results)


def flip(own, outside, rounds):
    """The address changes in memory while the call is on its way."""
    server = listen_at(own)
    size = max(len(own), len(outside)) + 3
    names = [(struct.pack("H", socket.AF_UNIX) + p.encode()).ljust(size, b"\0") for p in (own, outside)]
    memory = ctypes.create_string_buffer(names[0], size)

    def turn():
        for name in names:
            ctypes.memmove(memory, name, size)

    stop = in_background(turn)
    reached = 0
    for i in range(int(rounds)):
        s = stream()
        reached += libc.connect(s.fileno(), memory, size) == 0
        s.close()
        if i % 64 == 0:
            drain(server)
    stop()
    print("own" if reached else "never")


def steal(name, outside, rounds):
    """What was just bound is replaced by what is outside, before anybody could have looked at it."""
    stop = in_background(lambda: replace(outside, name))
    reached = 0
    for _ in range(int(rounds)):
        try:
            os.unlink(name)
        except OSError:
            pass
        s = stream()
        try:
            s.bind(name)
            s.listen(4)
        except OSError:
            pass
        c = stream()
        if told(lambda: c.connect(name)) == "reached":
            reached += 1
    stop()
    print("done", reached)


def replace(outside, name):
    try:
        os.link(outside, name + ".link")
        os.rename(name + ".link", name)
    except OSError:
        pass


# ---- what must work --------------------------------------------------------------------------------------------------


def name_of(path):
    """Both ends of a connection by that name, as they see each other."""
    s = stream()
    s.bind(path)
    s.listen(1)
    c = stream()
    c.connect(path)
    a, who = s.accept()
    pid, uid, gid = struct.unpack("iii", a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    a.sendall(b"hello")
    server = struct.unpack("iii", c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    same = (uid, gid) == (os.geteuid(), os.getegid())
    same = same and server == (os.getpid(), os.geteuid(), os.getegid())
    print(s.getsockname(), c.getpeername(), c.getsockname(), repr(who), c.recv(5).decode(), "same" if same else (pid, uid, gid))


def flip_messages(own, outside, rounds):
    """The same with the address of a message."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(own)
    server.setblocking(False)
    size = max(len(own), len(outside)) + 3
    names = [(struct.pack("H", socket.AF_UNIX) + p.encode()).ljust(size, b"\0") for p in (own, outside)]
    memory = ctypes.create_string_buffer(names[0], size)
    data = ctypes.create_string_buffer(b"x")
    vector = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(data), 1))
    header = struct.pack("QI4xQQQQI4xI4x", ctypes.addressof(memory), size, ctypes.addressof(vector), 1, 0, 0, 0, 0)
    message = ctypes.create_string_buffer(header)

    def turn():
        for name in names:
            ctypes.memmove(memory, name, size)

    stop = in_background(turn)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.setblocking(False)
    reached = 0
    for i in range(int(rounds)):
        sent = (libc.sendmsg(s.fileno(), message, 0), libc.sendmmsg(s.fileno(), message, 1, 0),
                libc.sendto(s.fileno(), data, 1, 0, memory, size))
        reached += any(n == 1 for n in sent)
        while told(lambda: server.recv(9)) == "reached":
            pass
    stop()
    print("own" if reached else "never")


def pinned_datagram(path):
    fd = os.open(path, os.O_PATH)
    print(told(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "/proc/self/fd/%d" % fd)))


if __name__ == "__main__":
    globals()[sys.argv[1]](*(a.replace("@", "\0") if a.startswith("@") else a for a in sys.argv[2:]))
