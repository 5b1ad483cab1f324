"""Answers cordon's questions on a terminal of its own, step by step; all that was seen goes to standard output at the end.

ask.py STEP... -- PROGRAM...
    ask:REGEX   wait for a question in which this is found
    type:TEXT   type this; # stands for the number in the last question, and backslash escapes count
    see:REGEX   wait for this
    do:COMMAND  run it outside
    status:N    the exit status must be this (0)
"""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
given = sys.argv[1:]
from terminal import Terminal  # noqa: E402

split = given.index("--")
steps, program = given[:split], given[split + 1:]
t = Terminal(program)
number, status = "none", 0
for step in steps:
    kind, _, text = step.partition(":")
    if kind == "ask":
        t.expect(text)
        found = t.expect(r"once (\d+) ")
        number = found.group(1)
        t.expect(r"your answer\? ")
    elif kind == "type":
        t.type(text.encode().decode("unicode_escape").replace("#", number))
    elif kind == "see":
        t.expect(text)
    elif kind == "do":
        subprocess.run(["sh", "-c", text], check=True)
    elif kind == "status":
        status = int(text)
got = t.status()
sys.stdout.write(t.seen)
if got != status:
    sys.exit("exit status %d" % got)
