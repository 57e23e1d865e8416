# SPDX-License-Identifier: GPL-2.0-or-later
"""columns - what each CSV file holds, from the list that switchtax writes them by."""

import os
import re
from collections import namedtuple

# Beside analysis/, in a checkout and installed.
LIST = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "include", "columns.def")

TEXT, NUMBER, WHOLE, FLAG = "text", "number", "whole number", "0 or 1"
KINDS = {"TEXT": TEXT, "U64": WHOLE, "I64": NUMBER, "F64": NUMBER, "BOOL": FLAG}

# added: it joined later, and older files lack it.
Column = namedtuple("Column", "kind added")

COLUMN = re.compile(rf"\s+({'|'.join(KINDS)})\(\w+, (\w+)(.*?)\)")
END = re.compile(r'END\(\w+, \w+, "([^"]+)"\)')
VERSION = re.compile(r"VERSION\((\d+)\)")


def read(path):
    """(the schema_version, {file: {column: Column}})"""
    version, tables, columns = None, {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if match := COLUMN.match(line):
                columns[match[2]] = Column(KINDS[match[1]], "ADDED" in match[3])
            elif match := END.match(line):
                tables[match[1]], columns = columns, {}
            elif match := VERSION.match(line):
                version = int(match[1])
    return version, tables


# The newest schema_version that this code reads, and the tables.
NEWEST, TABLES = read(LIST)
