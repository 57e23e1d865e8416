# SPDX-License-Identifier: GPL-2.0-or-later
"""rows.py FILE...: the rows that judge.py has written, as a table. Exit 1: one is not valid.

A kernel that could not be had has a row with the reason, and does not count.
"""
import json
import sys

FIRST = ["name", "kernel", "preempt", "boot s", "total s"]
LAST = ["L1 ns", "T1 ns", "T2", "lost", "valid"]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def columns_of(rows):
    """Each check is a column, in the order in which they were made."""
    checks = []
    for row in rows:
        checks += [key for key in row if key not in FIRST + LAST + checks]
    return FIRST + checks + LAST


def print_table(rows, columns):
    cells = [columns] + [[str(row.get(column, "-")) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    rows = [load(path) for path in sys.argv[1:]]
    had = [row for row in rows if "skipped" not in row]
    if had:
        print_table(had, columns_of(had))
    for row in rows:
        if "skipped" in row:
            print(f"{row['name']}: {row['skipped']}; skipped")
    valid = sum(row["valid"] == "yes" for row in had)
    print(f"{valid} rows valid of {len(had)}")
    return valid < len(had)


sys.exit(main())
