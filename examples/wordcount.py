#!/usr/bin/python3
"""Counts the words of a text: wordcount.py TEXT COUNTS [OTHER]. Then tries OTHER, which nobody asked it to do."""
import collections
import re
import sys

with open(sys.argv[1], encoding="utf-8") as text:
    words = collections.Counter(re.findall(r"[a-z]+", text.read().lower()))
with open(sys.argv[2], "w", encoding="utf-8") as out:
    for word, count in sorted(words.items(), key=lambda item: (-item[1], item[0])):
        out.write(f"{count:4} {word}\n")
print(f"{len(words)} different words")

for path in sys.argv[3:]:
    try:
        with open(path, encoding="utf-8") as other:
            print(f"{path} says: {other.read().strip()}")
    except OSError as error:
        print(f"{path}: {error.strerror}")
