"""cordon from Python: run a program in a sandbox, and take what it wrote without copying it.

    import cordon

    policy = cordon.Policy("use @base\\nexec $PROG\\nread /data", program="/usr/bin/sort", files={"/data/names": b"b\\na\\n"})
    with cordon.run(["/usr/bin/sort", "/data/names"], policy) as result:
        print(result.status, bytes(result.output), result.denials)

A policy is the text of cordon-policy(5), without its first line. `files` are virtual files: the program finds them, the host does
not. What the program writes goes into memory (a sealed cordon_buffer): `result.output` is a view of it, until the result is closed.

Needs the shared library: libcordon.so.1 as the system's loader finds it, or what CORDON_LIBRARY names. No other module is needed.
Nothing here is safe to be used by two threads at once on the same object."""

import ctypes
import ctypes.util
import os
import select
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p

__all__ = ["Error", "Denial", "Policy", "Buffer", "Result", "run", "version"]

# ---- the library, as include/cordon.h has it ------------------------------------------------------------------------------

_lib = ctypes.CDLL(os.environ.get("CORDON_LIBRARY") or ctypes.util.find_library("cordon") or "libcordon.so.1")


class _Error(Structure):
    _fields_ = [("code", c_int), ("text", c_char * 508)]


class _Diag(Structure):
    _fields_ = [("severity", c_int), ("file", c_char_p), ("line", c_uint), ("column", c_uint), ("width", c_uint),
                ("message", c_char_p), ("hint", c_char_p), ("source", c_char_p), ("id", c_char_p)]


class _Text(Structure):
    _fields_ = [("name", c_char_p), ("text", c_char_p), ("length", c_size_t), ("flags", c_uint)]


_DIAG = ctypes.CFUNCTYPE(None, c_void_p, POINTER(_Diag))


class _PolicyOptions(Structure):
    _fields_ = [("size", c_size_t), ("files", POINTER(c_char_p)), ("defines", POINTER(c_char_p)), ("program", c_char_p),
                ("cwd", c_char_p), ("home", c_char_p), ("diag", _DIAG), ("diag_ctx", c_void_p), ("search", POINTER(c_char_p)),
                ("used", c_void_p), ("texts", POINTER(_Text)), ("text_count", c_size_t)]


class _ChildFd(Structure):
    _fields_ = [("source", c_int), ("target", c_int), ("flags", c_uint)]


class _ChildOptions(Structure):
    _fields_ = [("size", c_size_t), ("program", c_char_p), ("argv", POINTER(c_char_p)), ("envp", POINTER(c_char_p)),
                ("name", c_char_p), ("stdio", POINTER(c_int)), ("flags", c_uint64), ("audit_fd", c_int), ("cwd", c_char_p),
                ("env", POINTER(c_char_p)), ("fds", POINTER(_ChildFd)), ("fd_count", c_size_t)]


class _Exit(Structure):
    _fields_ = [("reason", c_int), ("status", c_int), ("error", _Error), ("wall_ns", c_uint64), ("cpu_ns", c_uint64),
                ("requests", c_uint64), ("denied", c_uint64), ("user_ns", c_uint64), ("system_ns", c_uint64),
                ("memory_peak", c_uint64), ("opens", c_uint64), ("processes", c_uint64), ("bytes_read", c_uint64),
                ("bytes_written", c_uint64), ("output", c_uint64), ("oom_kills", c_uint64), ("together", c_int)]


class _Denial(Structure):
    _fields_ = [("op", c_char_p), ("path", c_char_p), ("count", c_uint64), ("pid", c_int), ("comm", c_char_p), ("error", c_int),
                ("file", c_char_p), ("line", c_uint), ("rule", c_char_p), ("because", c_char_p), ("allow", c_char_p),
                ("ask", c_int), ("on_host", c_char_p)]


_DENIAL = ctypes.CFUNCTYPE(None, c_void_p, POINTER(_Denial))


def _declare(name, result, *arguments):
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, arguments
    return function


_version = _declare("cordon_version", c_char_p)
_diag_format = _declare("cordon_diag_format", c_size_t, POINTER(_Diag), c_char_p, c_size_t)
_quote = _declare("cordon_policy_quote", c_size_t, c_char_p, c_char_p, c_size_t)
_load = _declare("cordon_policy_load", c_int, POINTER(c_void_p), POINTER(_PolicyOptions), POINTER(_Error))
_unref = _declare("cordon_policy_unref", c_void_p, c_void_p)
_broker_new = _declare("cordon_broker_new", c_int, POINTER(c_void_p), POINTER(_Error))
_broker_free = _declare("cordon_broker_free", c_void_p, c_void_p)
_broker_fd = _declare("cordon_broker_fd", c_int, c_void_p)
_next_timeout = _declare("cordon_broker_next_timeout", c_int, c_void_p)
_dispatch = _declare("cordon_broker_dispatch", c_int, c_void_p)
_spawn = _declare("cordon_child_spawn", c_int, POINTER(c_void_p), c_void_p, c_void_p, POINTER(_ChildOptions), POINTER(_Error))
_phase = _declare("cordon_child_phase", c_int, c_void_p)
_exit = _declare("cordon_child_exit", c_int, c_void_p, POINTER(_Exit))
_denials = _declare("cordon_child_denials", c_uint, c_void_p, _DENIAL, c_void_p, POINTER(c_uint64))
_child_free = _declare("cordon_child_free", c_void_p, c_void_p)
_buffer_new = _declare("cordon_buffer_new", c_int, POINTER(c_void_p), c_char_p, c_size_t, POINTER(_Error))
_buffer_open = _declare("cordon_buffer_open", c_int, POINTER(c_void_p), c_int, c_size_t, POINTER(_Error))
_buffer_seal = _declare("cordon_buffer_seal", c_int, c_void_p, c_size_t, POINTER(_Error))
_buffer_data = _declare("cordon_buffer_data", c_void_p, c_void_p)
_buffer_size = _declare("cordon_buffer_size", c_size_t, c_void_p)
_buffer_fd = _declare("cordon_buffer_fd", c_int, c_void_p)
_buffer_free = _declare("cordon_buffer_free", c_void_p, c_void_p)

_PHASE_ENDED = 5
REASONS = {1: "exited", 2: "signal", 3: "timeout", 4: "setup-failed", 5: "exec-failed", 6: "oom", 7: "cpu", 8: "output"}

# ---- what it looks like from here -------------------------------------------------------------------------------------------


class Error(OSError):
    """`errno`, and a text that says what, where, and often what to do."""


def _call(function, *arguments):
    error = _Error()
    result = function(*arguments, byref(error))
    if result < 0:
        raise Error(-result, error.text.decode(errors="replace") or os.strerror(-result))
    return result


def _strings(values):
    """A NULL-terminated array."""
    values = [os.fsencode(v) for v in values]
    return (c_char_p * (len(values) + 1))(*values, None)


def _optional(text):
    return None if text is None else os.fsencode(text)


def _quoted(text):
    text = os.fsencode(text)
    room = ctypes.create_string_buffer(_quote(text, None, 0) + 1)
    _quote(text, room, len(room))
    return room.value.decode()


def _content(data):
    """As the language writes the content of a virtual file."""
    if b"\0" in data:
        raise Error(22, "a virtual file cannot have a NUL byte in it: give the program a Buffer instead")
    return '"' + "".join({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}.get(c, c) for c in data.decode()) + '"'


def version():
    return _version().decode()


class Policy:
    """What a sandbox may do. Raises Error with all findings in its text."""

    def __init__(self, text="", *, program=None, defines=None, files=None, cwd=None):
        lines = ["cordon 1", text]
        lines += [f"file {_quoted(path)} {_content(data)}" for path, data in (files or {}).items()]
        source = "\n".join(lines).encode() + b"\n"
        findings = []

        def found(_, diag):
            room = ctypes.create_string_buffer(_diag_format(diag, None, 0) + 1)
            _diag_format(diag, room, len(room))
            if diag.contents.severity == 1:
                findings.append(room.value.decode(errors="replace").rstrip())

        one = _Text(b"(python)", source, len(source), 0)
        options = _PolicyOptions(size=ctypes.sizeof(_PolicyOptions), files=_strings([]), texts=ctypes.pointer(one), text_count=1,
                                 defines=_strings(f"{k}={v}" for k, v in (defines or {}).items()),
                                 program=_optional(program), cwd=_optional(cwd), diag=_DIAG(found))
        self._policy = c_void_p()
        try:
            _call(_load, byref(self._policy), byref(options))
        except Error as e:
            raise Error(e.errno, "\n".join(findings) or e.strerror) from None

    def __del__(self):
        if getattr(self, "_policy", None):
            _unref(self._policy)


class Buffer:
    """Memory that is handed over as a descriptor: filled, then sealed, and read in place by whoever has it."""

    def __init__(self, data=b"", *, size=None):
        """With `data`: sealed. With `size`: of so many zero bytes, to be filled by this program or another."""
        self._buffer = c_void_p()
        _call(_buffer_new, byref(self._buffer), b"python", len(data) if size is None else size)
        if size is None:
            self.view()[:] = data
            self.seal(len(data))

    @classmethod
    def open(cls, fd, most):
        """What somebody else has sealed. Error EPERM: it is not sealed; EFBIG: it is longer than `most`."""
        self = cls.__new__(cls)
        self._buffer = c_void_p()
        _call(_buffer_open, byref(self._buffer), fd, most)
        return self

    def seal(self, length):
        """Cuts it to this length; views that were taken before must not be used any more."""
        _call(_buffer_seal, self._buffer, length)

    def view(self):
        """A memoryview of it, without a copy; not to be used once the buffer is sealed or closed."""
        size = _buffer_size(self._buffer)
        return memoryview((c_char * size).from_address(_buffer_data(self._buffer))).cast("B") if size else memoryview(bytearray())

    def fileno(self):
        return _buffer_fd(self._buffer)

    def __len__(self):
        return _buffer_size(self._buffer)

    def close(self):
        _buffer_free(self._buffer)
        self._buffer = c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_buffer", None):
            self.close()


class Denial:
    """Something that was refused: `op`, `path` (bytes), `count`, and `allow`, the line that would allow it, or None."""

    def __init__(self, d):
        self.op, self.path, self.count = d.op.decode(), d.path, d.count
        self.allow = d.allow.decode(errors="replace") if d.allow else None

    def __repr__(self):
        return f"<denied {self.op} {os.fsdecode(self.path)!r}>"


class Result:
    """`reason` as REASONS has it, `status` (an exit status, or a signal's number), `error` in words where it could not be started,
    `output` (a memoryview), `denials`, `wall_ns`, `cpu_ns`."""

    def __init__(self, end, buffer, denials):
        self.reason, self.status, self.error = REASONS.get(end.reason, "?"), end.status, end.error.text.decode(errors="replace")
        self.wall_ns, self.cpu_ns, self.denials, self._buffer = end.wall_ns, end.cpu_ns, denials, buffer
        self.output = buffer.view()

    def close(self):
        self.output = memoryview(b"")
        self._buffer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _serve(broker, child):
    poll = select.poll()
    poll.register(_broker_fd(broker), select.POLLIN)
    while _phase(child) != _PHASE_ENDED:
        poll.poll(_next_timeout(broker))
        _dispatch(broker)


def _wait(broker, options, policy):
    """Starts it, and serves it to its end: how that was, and what was denied."""
    child, end, denials = c_void_p(), _Exit(), []
    _call(_spawn, byref(child), broker, policy, byref(options))
    try:
        _serve(broker, child)
        _exit(child, byref(end))
        _denials(child, _DENIAL(lambda _, d: denials.append(Denial(d.contents))), None, None)
    finally:
        _child_free(child)
    return end, denials


def run(argv, policy, *, input=b"", env=None, cwd=None, fds=None, most=1 << 28):
    """Runs a program, named by its absolute path, to its end. `input` is what it finds on its standard input: bytes, or a Buffer that
    is sealed. `env` are changes to what the policy lets through; `fds` maps the program's descriptor numbers to ours. Its standard
    output is the result's, up to `most` bytes; its standard error is this program's. An exception, KeyboardInterrupt too, ends it."""
    out = Buffer(size=0)
    given = input if isinstance(input, Buffer) else Buffer(input)
    stdio = (c_int * 3)(given.fileno(), out.fileno(), 2)
    passed = [(_ChildFd)(ours, theirs, 0) for theirs, ours in (fds or {}).items()]
    options = _ChildOptions(size=ctypes.sizeof(_ChildOptions), program=os.fsencode(argv[0]), argv=_strings(argv), stdio=stdio,
                            cwd=_optional(cwd), env=_strings(f"{k}={v}" for k, v in (env or {}).items()),
                            fds=(_ChildFd * len(passed))(*passed), fd_count=len(passed))
    broker = c_void_p()
    _call(_broker_new, byref(broker))
    try:
        end, denials = _wait(broker, options, policy._policy)
    finally:
        _broker_free(broker)
        if given is not input:
            given.close()
    return Result(end, _sealed(out, most), denials)


def _sealed(out, most):
    """What was written, for reading: the program has made the file longer than we made it."""
    fd = out.fileno()
    size = os.fstat(fd).st_size
    if size > most:
        raise Error(27, f"the program wrote {size} bytes, and {most} are wanted at most")
    import fcntl
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    sealed = Buffer.open(fd, most)
    out.close()
    return sealed
