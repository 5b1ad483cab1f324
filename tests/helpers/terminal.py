"""Drives a program on a terminal of its own: waits for what it says, types, and tells whether all went as expected.

terminal.py jobs -- INTERACTIVE-BASH...   job control inside a shell
terminal.py outer -- PROGRAM...           Ctrl-Z, fg and Ctrl-C on a job of a shell outside; it puts "got:" before each line
terminal.py background|ignores|stops_itself|loop|all_stop|group -- PROGRAM...   see there
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
        self.text = self.seen = ""
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
                return found
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
            self.seen += more.decode("utf-8", "replace")
            self.text += more.decode("utf-8", "replace")
            self.text = re.sub(r"\x1b\[\?2004[hl]\r?", "", self.text)  # readline's own

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self):
        try:
            while more := os.read(self.fd, 4096):
                self.seen += more.decode("utf-8", "replace")
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


def shell(monitor="-i"):
    t = Terminal(["bash", "--norc", "--noprofile", monitor])
    t.type("PS1='@@ '\n")
    t.expect(r"\n@@ ")
    return t


def command(args):
    return " ".join(shlex.quote(a) for a in args)


def outer(args):
    t = shell()
    t.type(command(args) + "\n")
    t.type("one\n")
    t.expect(r"got:one\r\n")
    t.type("\x1a")
    t.expect(r"Stopped  ")
    t.expect(r"@@ ")
    t.type("jobs -l\n")
    t.expect(r"[0-9] Stopped   ")  # by SIGTSTP; of another signal bash would say which
    t.type("fg\n")  # nothing of the program's takes this line away from the shell
    t.type("two\n")
    t.expect(r"got:two\r\n")
    t.type("\x03")
    t.expect(r"@@ ")
    t.type("echo status-$?\n")
    t.expect(r"status-130")
    t.type("exit 6\n")
    return t.status() == 6


def background(args):
    """A job that reads the terminal in the background is stopped for it, and goes on in the foreground."""
    t = shell()
    t.type(command(args) + " &\n")
    t.expect(r"@@ ")
    t.type("until [ -n \"$(jobs -s)\" ]; do :; done; jobs -l; echo seen-$((1+1))\n")
    t.expect(r"Stopped \(tty input\)")
    t.expect(r"seen-2")
    t.type("fg\n")
    t.type("three\n")
    t.expect(r"got:three\r\n")
    t.type("\x1a")
    t.expect(r"Stopped  ")
    t.type("kill -TERM %1; fg; echo status-$?\n")
    t.expect(r"status-143")
    t.type("exit 4\n")
    return t.status() == 4


def ignores(args):
    """A program to which Ctrl-Z means nothing goes on, and the shell waits for it."""
    t = shell()
    t.type(command(args) + "\n")
    t.expect(r"\nready")
    t.type("\x1a")
    t.type("four\n")
    t.expect(r"got:four\r\n")
    t.type("\x04")
    t.expect(r"@@ ")
    t.type("jobs; echo status-$?\n")
    t.expect(r"status-0")
    t.type("exit 3\n")
    return t.status() == 3


def stops_itself(args):
    """A program that stops itself, as editors do on Ctrl-Z, gives the terminal back to the shell."""
    t = shell()
    t.type(command(args) + "\n")
    t.expect(r"Stopped  ")
    t.expect(r"@@ ")
    t.type("jobs -l\n")
    t.expect(r"Stopped \(signal\)")
    t.type("fg\n")
    t.expect(r"\non-again")
    t.expect(r"@@ ")
    t.type("exit 2\n")
    return t.status() == 2


def loop(args):
    """Ctrl-C ends the command, and the script that runs it again and again."""
    t = shell()
    t.type("bash -c 'while :; do \"$@\"; done' loop " + command(args) + "\n")
    t.expect(r"\nready")
    t.type("\x03")
    t.expect(r"@@ ")
    t.type("echo status-$?\n")
    t.expect(r"status-130")
    t.type("exit 1\n")
    return t.status() == 1


def all_stop(args):
    """Ctrl-Z stops whatever has the last argument as its name, each process of it; fg lets all go on, Ctrl-C ends all."""
    def states():
        found = []
        for p in os.listdir("/proc"):
            try:
                stat = open("/proc/%s/stat" % p).read()
            except OSError:
                continue
            if "(" + args[-1] + ")" in stat:
                found.append(stat.rsplit(")", 1)[1].split()[0])
        return found

    t = shell()
    t.type(command(args) + "\n")
    t.expect(r"\nready")
    t.expect(r"ready")
    t.type("\x1a")
    t.expect(r"Stopped  ")
    t.expect(r"@@ ")
    until = time.monotonic() + 15
    while states() != ["T", "T"] and time.monotonic() < until:
        pass  # the program has stopped; others on another processor do so at their next turn
    stopped = states()
    t.type("fg\n")
    while "T" in states() and time.monotonic() < until:
        pass
    going = len(states())
    t.type("\x03")
    t.expect(r"@@ ")
    print("stopped", stopped, "going", going, "left", states())
    t.type("exit 9\n")
    return t.status() == 9 and stopped == ["T", "T"] and going == 2 and states() == []


def group(args):
    """Ctrl-C reaches a child of the program, Ctrl-Z and fg stop it and let it go on."""
    t = shell()
    t.type(command(args) + "\n")
    t.expect(r"\nready")
    t.type("\x1a")
    t.expect(r"Stopped  ")
    t.expect(r"@@ ")
    t.type("fg\n")
    t.expect(r"\ncontinued")
    t.type("\x03")
    t.expect(r"\n(\^C)?child-interrupted")
    t.expect(r"@@ ")
    t.type("exit 8\n")
    return t.status() == 8


modes = {f.__name__: f for f in (jobs, outer, background, ignores, stops_itself, loop, all_stop, group)}
if __name__ == "__main__":
    good = modes[sys.argv[1]](sys.argv[3:])
    print("all as expected" if good else "wrong exit status")
    sys.exit(0 if good else 1)
