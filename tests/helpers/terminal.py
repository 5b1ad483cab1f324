"""Drives a program on a terminal of its own: waits for what it says, types, and tells whether all went as expected.

terminal.py jobs -- INTERACTIVE-BASH...   job control inside a shell
terminal.py outer -- PROGRAM...           Ctrl-Z, fg and Ctrl-C on a job of a shell outside; it puts "got:" before each line
"""
import os
import pty
import re
import select
import shlex
import sys
import time


class Terminal:
    def __init__(self, args):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "$ "
            os.execvp(args[0], args)

    def expect(self, regex, seconds=15):
        until = time.monotonic() + seconds
        while True:
            found = re.search(regex, self.text)
            if found:
                self.text = self.text[found.end():]
                return
            left = until - time.monotonic()
            ready = left > 0 and select.select([self.fd], [], [], left)[0]
            try:
                more = os.read(self.fd, 4096) if ready else b""
            except OSError:
                more = b""
            if not more:
                print("expected:", regex, "\nseen:", repr(self.text))
                os.kill(self.pid, 9)
                sys.exit(1)
            self.text += more.decode("utf-8", "replace")
            self.text = re.sub(r"\x1b\[\?2004[hl]\r?", "", self.text)  # readline's own

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self):
        try:
            while os.read(self.fd, 4096):
                pass
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def jobs(args):
    t = Terminal(args)
    t.type("PS1='@@ '\n")
    t.expect(r"\n@@ ")
    t.type("test -t 0 && echo is-a-$((1+1))-tty\n")
    t.expect(r"is-a-2-tty")
    t.type("sleep 1000 & echo started-$((2+3))\n")
    t.expect(r"started-5")
    t.type("jobs\n")
    t.expect(r"Running +sleep 1000")
    t.type("kill %1; wait; echo gone-$((3+4))\n")
    t.expect(r"gone-7")
    # What only the program itself can say shows that it reads the terminal, so it is in the foreground: ^Z is for it.
    t.type("sed -u s/^/got:/\n")
    t.type("one\n")
    t.expect(r"got:one\r\n")
    t.type("\x1a")
    t.expect(r"Stopped +sed")
    t.expect(r"@@ ")
    t.type("jobs\n")
    t.expect(r"Stopped +sed")
    t.type("fg\n")
    t.type("two\n")
    t.expect(r"got:two\r\n")
    t.type("\x03")
    t.expect(r"@@ ")
    t.type("echo status-$?\n")
    t.expect(r"status-130")
    t.type("echo to-tty-$((4+4)) >/dev/tty\n")
    t.expect(r"to-tty-8")
    t.type("exit 5\n")
    return t.status() == 5


def outer(args):
    t = Terminal(["bash", "--norc", "--noprofile", "-i"])
    t.type("PS1='@@ '\n")
    t.expect(r"\n@@ ")
    t.type(" ".join(shlex.quote(a) for a in args) + "\n")
    t.type("one\n")
    t.expect(r"got:one\r\n")
    t.type("\x1a")
    t.expect(r"Stopped")
    t.expect(r"@@ ")
    t.type("        fg\n")  # readline may drop what is typed while it sets the terminal up, or the job still read it
    t.type("two\n")
    t.expect(r"got: *two\r\n")
    t.type("\x03")
    t.expect(r"@@ ")
    t.type("        echo status-$?\n")
    t.expect(r"status-130")
    t.type("        exit 6\n")
    return t.status() == 6


good = {"jobs": jobs, "outer": outer}[sys.argv[1]](sys.argv[3:])
print("all as expected" if good else "wrong exit status")
sys.exit(0 if good else 1)
