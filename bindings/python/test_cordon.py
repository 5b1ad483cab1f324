"""Tests of the module, with the stock python3: CORDON_LIBRARY=…/libcordon.so.1 python3 test_cordon.py"""

import errno
import os
import tempfile
import unittest

import cordon

BASE = "use @base\nexec $PROG\n"


def run(argv, text="", **options):
    made = {k: options.pop(k) for k in ("files", "defines") if k in options}
    return cordon.run(argv, cordon.Policy(BASE + text, program=argv[0], **made), **options)


class Running(unittest.TestCase):
    def test_output_status_and_input(self):
        with run(["/usr/bin/sort"], input=b"b\na\n") as r:
            self.assertEqual((r.reason, r.status, bytes(r.output)), ("exited", 0, b"a\nb\n"))
        with run(["/usr/bin/false"]) as r:
            self.assertEqual((r.reason, r.status, bytes(r.output)), ("exited", 1, b""))

    def test_much_output(self):
        with run(["/usr/bin/head", "-c", "5000000", "/dev/zero"], "dev zero\n") as r:
            self.assertEqual(len(r.output), 5000000)
            self.assertFalse(any(bytes(r.output)))
        with self.assertRaises(cordon.Error) as caught:
            run(["/usr/bin/head", "-c", "5000000", "/dev/zero"], "dev zero\n", most=4999999)
        self.assertEqual(caught.exception.errno, errno.EFBIG)

    def test_denials_name_the_line(self):
        with tempfile.NamedTemporaryFile(dir=os.path.realpath(".")) as secret:
            os.chmod(secret.name, 0o644)  # root becomes nobody inside
            with run(["/usr/bin/cat", secret.name]) as r:
                self.assertEqual(r.status, 1)
                self.assertIn(f"read {secret.name}", [d.allow for d in r.denials])
            with run(["/usr/bin/cat", secret.name], f"read {secret.name}\n") as r:
                self.assertEqual((r.status, r.denials), (0, []))

    def test_environment_and_limits(self):
        with run(["/usr/bin/env"], env={"COLOUR": "blue"}) as r:
            self.assertIn(b"COLOUR=blue", bytes(r.output).splitlines())
        with run(["/usr/bin/env"]) as r:
            self.assertNotIn(b"COLOUR", bytes(r.output))
        with run(["/usr/bin/sleep", "100"], "limit time 200ms\n") as r:
            self.assertEqual(r.reason, "timeout")

    def test_what_cannot_be_started(self):
        with self.assertRaises(cordon.Error) as caught:
            run(["/usr/bin/no-such-program"])
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        self.assertIn("no-such-program", str(caught.exception))
        with self.assertRaises(cordon.Error) as caught:
            cordon.run(["relative"], cordon.Policy(BASE))
        self.assertEqual(caught.exception.errno, errno.EINVAL)


class Policies(unittest.TestCase):
    def test_virtual_files(self):
        odd = 'two "lines"\n\\ and ä\ttab\n'.encode()
        with run(["/usr/bin/cat", "/data/in it"], files={"/data/in it": odd}) as r:
            self.assertEqual(bytes(r.output), odd)
        self.assertFalse(os.path.exists("/data/in it"))
        with run(["/usr/bin/cat", "/data/in it"]) as r:
            self.assertEqual(r.status, 1)
        with self.assertRaises(cordon.Error):
            cordon.Policy(files={"/x": b"\0"})

    def test_all_findings_are_told(self):
        with self.assertRaises(cordon.Error) as caught:
            cordon.Policy("wirte /x\nread\n")
        self.assertIn("unknown verb 'wirte'", str(caught.exception))
        self.assertIn("(python):3", str(caught.exception))

    def test_parameters(self):
        with run(["/usr/bin/cat", "/etc/hostname"], "param WHAT\nread $WHAT\n", defines={"WHAT": "/etc/hostname"}) as r:
            self.assertEqual(r.status, 0)
        with self.assertRaises(cordon.Error):
            cordon.Policy("param WHAT\nread $WHAT\n")


class Buffers(unittest.TestCase):
    def test_a_sealed_one_goes_in(self):
        with cordon.Buffer(b"content") as b, run(["/usr/bin/cat", "/proc/self/fd/7"], fds={7: b.fileno()}) as r:
            self.assertEqual(bytes(r.output), b"content")
            with self.assertRaises(OSError):
                os.write(b.fileno(), b"x")

    def test_one_comes_back(self):
        with cordon.Buffer(size=64) as b:
            with run(["/bin/sh", "-c", "printf result >&7"], fds={7: b.fileno()}) as r:
                self.assertEqual(r.status, 0)
            b.seal(6)
            self.assertEqual(bytes(b.view()), b"result")
            with cordon.Buffer.open(b.fileno(), 6) as same:
                self.assertEqual(bytes(same.view()), b"result")
            with self.assertRaises(cordon.Error) as caught:
                cordon.Buffer.open(b.fileno(), 5)
            self.assertEqual(caught.exception.errno, errno.EFBIG)

    def test_what_is_not_sealed_is_not_taken(self):
        with cordon.Buffer(size=64) as b, self.assertRaises(cordon.Error) as caught:
            cordon.Buffer.open(b.fileno(), 64)
        self.assertEqual(caught.exception.errno, errno.EPERM)

    def test_no_descriptor_is_left(self):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            run(["/usr/bin/true"]).close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


if __name__ == "__main__":
    unittest.main()
