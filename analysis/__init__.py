# SPDX-License-Identifier: GPL-2.0-or-later
"""analysis - from the CSV files of a results folder to pictures and report.html."""

import sys


def load():
    """The function that makes a page. Imports what Debian ships apart from Python."""
    from . import folder as reader, page, results, sections

    def make(fd, name, switchtax):
        try:
            read = results.Results(reader.Folder(fd, name, switchtax))
            text = page.render(read, sections.of(read))
        except reader.Refused as refused:
            print(refused, file=sys.stderr)
            return 5 if isinstance(refused, reader.NotResults) else 4
        sys.stdout.buffer.write(text.strip().encode() + b"\n")
        sys.stdout.buffer.flush()
        return 0

    return make
