# SPDX-License-Identifier: GPL-2.0-or-later
"""folder - the one reader of a results folder: its files in, checked tables out.

A missing value is an empty field and becomes NaN or "", never 0. What is not as the interface
says is refused, by file and line. Text of others (thread names, command lines) is cleaned here,
so that nothing behind this file sees half a character or one that turns a line around.
"""

import csv
import io
import json
import os
import re
import stat
import subprocess
import threading

import pandas

from .columns import FLAG, NEWEST, TABLES, TEXT, WHOLE

MOST_BYTES = 256 << 20
# Of a timeline; a page shows a stretch of it anyway.
TIMELINE_BYTES = 48 << 20
TIMELINE_SECONDS = 60

csv.field_size_limit(1 << 24)

# Control characters, halves of surrogate pairs, and what reorders the text around it.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Refused(Exception):
    """A file is not what it should be; the message names it and its line."""


class NotResults(Refused):
    """This is no results folder at all."""


class Missing(Exception):
    """A file is not there, and what makes it."""


def clean(text):
    """Text as it can be shown: nothing that a terminal or browser would obey."""
    return UNSAFE.sub("\ufffd", text)


def clean_tree(value):
    """clean() for all that a JSON file may hold."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_tree(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean_tree(item) for key, item in value.items()}
    return value


def line_of(text, row):
    """The line that data row `row` (from 0) begins on: a quoted field may hold line ends."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    for index, _ in enumerate(reader):
        if index == row + 1:
            break
        line = reader.line_num + 1
    return line


def refuse_first(name, text, bad, what):
    """Refuse the file for the first row that is `bad`, if one is."""
    if bad.any():
        raise Refused(f"{name}:{line_of(text, int(bad.to_numpy().argmax()))}: {what}")


def convert(name, text, column, values, kind):
    """A column of texts as what it should be."""
    if kind == TEXT:
        unsafe = values.str.contains(UNSAFE)
        return values.where(~unsafe, values.map(clean)) if unsafe.any() else values
    empty = values == ""
    numbers = pandas.to_numeric(values.where(~empty), errors="coerce")
    bad = (numbers.isna() & ~empty) | numbers.abs().eq(float("inf"))
    if kind == WHOLE:
        bad |= (numbers < 0) | (numbers % 1 > 0)
    if kind == FLAG:
        bad |= ~(empty | numbers.isin((0, 1)))
    refuse_first(name, text, bad, f"column {column} is not a {kind}")
    return numbers


def split(name, text):
    """The rows of a file as a table of texts, the header as its columns."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *rows = reader
    except csv.Error as error:
        raise Refused(f"{name}:{reader.line_num}: not a CSV file: {error}") from None
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise Refused(f"{name}:{line_of(text, number)}: {len(row)} fields where the header has "
                          f"{len(header)}")
    columns = zip(*rows) if rows else [()] * len(header)
    return pandas.DataFrame({column: pandas.Series(values, dtype=object)
                             for column, values in zip(header, columns)})


def table(name, data):
    """The table in the bytes of a CSV file, which may have more columns, and in another order."""
    columns = TABLES[name]
    if not data:
        raise Refused(f"{name}:1: empty, not even a header")
    text = data.decode("utf-8", "replace")
    if b"\0" in data:
        line = data[:data.index(b"\0")].count(b"\n") + 1
        raise Refused(f"{name}:{line}: not a CSV file: it holds a zero byte")
    if not text.endswith("\n"):
        raise Refused(f"{name}:{data.count(10) + 1}: truncated: the last line has no end")
    rows = split(name, text)
    lacking = [column for column, what in columns.items()
               if column not in rows.columns and not what.added]
    if lacking:
        raise Refused(f"{name}:1: no column {', '.join(lacking)}: this is not the {name} of "
                      "switchtax")
    if "schema_version" in columns:
        check_version(name, text, rows)
    for column in rows.columns.intersection(columns):
        rows[column] = convert(name, text, column, rows[column], columns[column].kind)
    return rows


def check_version(name, text, rows):
    newer = pandas.to_numeric(rows["schema_version"], errors="coerce") > NEWEST
    if newer.any():
        row = int(newer.to_numpy().argmax())
        refuse_first(name, text, newer, f"schema_version {clean(rows['schema_version'][row])} is "
                     f"newer than {NEWEST}, the newest that this switchtax reads; use the one "
                     "that wrote it")


def folded(name, data, counts):
    """Lines of folded stacks, "a;b;c N..." with `counts` numbers: [([frames], [numbers])]."""
    stacks = []
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not line:
            continue
        parts = line.rsplit(" ", counts)
        if len(parts) != counts + 1 or not all(re.fullmatch("[0-9]{1,18}", part)
                                               for part in parts[1:]):
            raise Refused(f"{name}:{number}: not a stack with {counts} "
                          f"number{'s' if counts > 1 else ''} behind it")
        stacks.append(([clean(frame) for frame in parts[0].split(";")],
                       [int(part) for part in parts[1:]]))
    if data and not data.endswith(b"\n"):
        raise Refused(f"{name}:{data.count(10) + 1}: truncated: the last line has no end")
    return stacks


class Folder:
    """A results folder, open: nothing is looked up by its path again."""

    def __init__(self, fd, name, switchtax=None):
        self.fd = fd
        self.name = clean(name)
        self.switchtax = switchtax

    def read(self, name, makes):
        """The bytes of a file; Missing, naming what makes it, if there is none."""
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=self.fd)
        except FileNotFoundError:
            raise Missing(f"{name} is not in this folder; {makes}") from None
        except OSError as error:
            raise Refused(f"{name}: cannot be read: {error.strerror}") from None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Refused(f"{name}: not a regular file")
            try:
                data = file.read(MOST_BYTES + 1)
            except OSError as error:
                raise Refused(f"{name}: cannot be read: {error.strerror}") from None
        if len(data) > MOST_BYTES:
            raise Refused(f"{name}: larger than {MOST_BYTES >> 20} MB")
        return data

    def has(self, name):
        try:
            os.stat(name, dir_fd=self.fd)
        except OSError:
            return False
        return True

    def csv(self, name, makes=""):
        return table(name, self.read(name, makes))

    def folded(self, name, counts, makes=""):
        return folded(name, self.read(name, makes), counts)

    def json(self, name, makes=""):
        data = self.read(name, makes)
        try:
            tree = json.loads(data.decode("utf-8", "replace"), parse_constant=lambda _: None)
        except json.JSONDecodeError as error:
            raise Refused(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
        except RecursionError:
            raise Refused(f"{name}:1: nested too deeply") from None
        if not isinstance(tree, dict):
            raise Refused(f"{name}:1: not a JSON object")
        version = tree.get("schema_version")
        if not isinstance(version, int) or isinstance(version, bool):
            raise Refused(f"{name}:1: no schema_version: this is not the {name} of switchtax")
        if version > NEWEST:
            raise Refused(f"{name}:1: schema_version {version} is newer than {NEWEST}, the newest "
                          "that this switchtax reads; use the one that wrote it")
        return clean_tree(tree)

    def timeline(self, run_id):
        """(table, whole): what `switchtax timeline` prints of a run; whole False: its beginning."""
        name = f"{run_id}.timeline"
        if not self.has(name):
            raise Missing(f"{name} is not in this folder; `switchtax run` and `switchtax compare` "
                          "write one of a warm-up run, `--timeline` one of every traced run")
        if not self.switchtax:
            raise Missing(f"{name} is read by `switchtax timeline`, which is not at hand")
        data, whole, status, said = self.ask("timeline", ".", run_id, "--format", "csv")
        if status:
            raise Missing(f"`switchtax timeline` could not read {name}: {said}")
        return table("timeline", data), whole

    def ask(self, *arguments):
        """Run switchtax here: (stdout up to a limit, whole, exit status, stderr)."""
        with subprocess.Popen([self.switchtax, *arguments], cwd=f"/proc/self/fd/{self.fd}",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as child:
            timer = threading.Timer(TIMELINE_SECONDS, child.kill)
            timer.start()
            said = []
            listener = threading.Thread(target=lambda: said.append(child.stderr.read(4096)))
            listener.start()
            data = child.stdout.read(TIMELINE_BYTES + 1)
            whole = len(data) <= TIMELINE_BYTES
            if not whole:
                child.kill()
                data = data[:data.rindex(b"\n") + 1]
            child.wait()
            timer.cancel()
            listener.join()
        status = child.returncode if whole else 0
        return data, whole, status, clean(said[0].decode("utf-8", "replace").strip())
