#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""plain_text.py FILE|FOLDER...: nothing in them drives a terminal, and all can be read.

Of a folder all files but the programs' own outputs and the timelines, which are binary. Files named
*.json and *.csv are parsed as well, and so are *.folded; texts inside JSON are held to the same.
"""
import csv
import io
import json
import os
import re
import sys

# What analysis/folder.py takes out of a page. Line ends and tabs lay a text out.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def texts_of(tree):
    """All that is a string in a JSON tree, keys too."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from texts_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from texts_of(value)


def complaints(path, data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"no UTF-8 at {error.start}: {data[max(0, error.start - 20):error.start + 20]}"
        return
    if match := UNSAFE.search(text):
        yield f"{match.group()!r} in {text[max(0, match.start() - 30):match.start() + 30]!r}"
    if path.endswith(".json"):
        for inside in texts_of(json.loads(text)):
            if UNSAFE.search(inside):
                yield f"{inside!r} in JSON"
    if path.endswith(".csv"):
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        for row in rows:
            if len(row) != len(header):
                yield f"a row of {len(row)} fields, not {len(header)}: {row}"
            if any("\n" in field or "\t" in field for field in row):
                yield f"a line end or tab in {row}"
    if path.endswith(".folded"):
        for line in text.splitlines():
            if not re.fullmatch(r".* \d+( \d+)?", line):
                yield f"not a stack: {line!r}"


def files_of(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name)
            for folder, _, names in os.walk(path) for name in names
            if not name.endswith((".timeline", ".stdout", ".stderr"))]


def main():
    wrong = 0
    for path in (file for argument in sys.argv[1:] for file in files_of(argument)):
        with open(path, "rb") as file:
            data = file.read()
        try:
            found = list(complaints(path, data))
        except (ValueError, csv.Error) as error:
            found = [f"cannot be parsed: {error}"]
        for complaint in found:
            print(f"{ascii(path)}: {complaint!a}")
            wrong += 1
    return 1 if wrong else 0


sys.exit(main())
