# SPDX-License-Identifier: GPL-2.0-or-later
"""section - a part of the page, which says what it lacks where a file is missing."""

from .folder import Missing


class Section:
    def __init__(self, name, title):
        self.name = name
        self.title = title
        self.texts = []
        self.figures = []
        self.tables = []
        self.missing = []
        self.cards = []
        self.quote = None
        self.pre = None


def make(name, title, fill, results):
    """A section that fill(section, results) fills, as far as the files go."""
    section = Section(name, title)
    try:
        fill(section, results)
    except Missing as missing:
        section.missing.append(str(missing))
    return section
