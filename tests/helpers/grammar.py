"""grammar.py GRAMMAR: reads lines, and prints the scopes that a TextMate grammar gives to their parts.

As editors do: of the patterns that hold at a place the one that matches first counts, then the one that stands first. Only
what our grammar uses is known: match, begin and end within a line, captures, include. Anything else is an error, as is a
pattern that cannot be compiled or an include that leads nowhere."""
import json
import re
import sys

grammar = json.load(open(sys.argv[1], encoding="utf-8"))
known = {"match", "begin", "end", "name", "captures", "patterns", "include"}


def flatten(patterns):
    for p in patterns:
        assert set(p) <= known, f"not known here: {set(p) - known}"
        if "include" in p:
            assert p["include"][0] == "#", p["include"]
            target = grammar["repository"][p["include"][1:]]
            yield from flatten([target])
        elif "match" in p or "begin" in p:
            yield p
        else:
            yield from flatten(p["patterns"])


def paint(scopes, start, end, name):
    for i in range(start, end):
        scopes[i] = name


def walk(line, at, patterns, scopes, until=None):
    patterns = list(flatten(patterns))
    while at <= len(line):
        found = [(m.start(), i, m, p) for i, p in enumerate(patterns)
                 if (m := re.compile(p.get("match") or p["begin"]).search(line, at))]
        ends = until.search(line, at) if until else None
        if ends and (not found or ends.start() <= min(found, key=lambda f: f[:2])[0]):
            return ends.end()
        if not found:
            return len(line)
        _, _, m, p = min(found, key=lambda f: f[:2])
        if "name" in p:
            paint(scopes, m.start(), m.end(), p["name"])
        for group, capture in p.get("captures", {}).items():
            if m.group(int(group)) is not None:
                paint(scopes, m.start(int(group)), m.end(int(group)), capture["name"])
        end = m.end()
        if "begin" in p:
            inner = [None] * len(line)
            end = walk(line, m.end(), p.get("patterns", []), inner, re.compile(p["end"]))
            paint(scopes, m.start(), end, p["name"])
            for i, name in enumerate(inner):
                if name:
                    scopes[i] = name
        assert end > at or m.end() > m.start() or at == len(line), f"no way on at {at}: {line}"
        at = max(end, at + (end == at))
    return len(line)


for number, line in enumerate(sys.stdin.read().splitlines(), 1):
    scopes = [None] * len(line)
    walk(line, 0, grammar["patterns"], scopes)
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and scopes[end] == scopes[at]:
            end += 1
        if scopes[at]:
            print(number, scopes[at], "<" + line[at:end].strip() + ">")
        at = end
