# SPDX-License-Identifier: GPL-2.0-or-later
"""One check of a guest: the files that its commands have left, and what is wrong with them.

Its folder has NAME.status, .out and .err of each command, and a results folder NAME of each that
has measured.
"""
import os

from accounts import number, read


class Check:
    """One check: its folder, and what is wrong with it."""

    def __init__(self, folder, name, accounts):
        self.path = os.path.join(folder, name)
        self.accounts = accounts
        self.wrong = []

    def text(self, name):
        try:
            with open(os.path.join(self.path, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def equal(self, what, found, expected):
        if found != expected:
            self.wrong.append(f"{what}: {found}, not {expected}")

    def said(self, name):
        """The last words of a command, without libbpf's log."""
        lines = (self.text(name + ".err") or self.text(name + ".out")).strip().split("\n")
        own = [line for line in lines if line.startswith("switchtax: ")]
        return [f"    {line}" for line in (own or lines)[-4:]]

    def status(self, name, expected=0):
        status = self.text(name + ".status").strip() or "none: it did not come to an end"
        if status == str(expected):
            return True
        self.wrong.append(f"{name}: exit {status}, not {expected}")
        if not self.rows(name, "runs.csv"):
            self.wrong += self.said(name)
        return False

    def measured(self, name):
        """The command succeeded, and what it measured adds up."""
        succeeded = self.status(name)
        if not succeeded and not self.rows(name, "runs.csv"):
            return False
        before = len(self.accounts.wrong)
        self.accounts.add(os.path.join(self.path, name))
        self.wrong += [f"{name}: {what}" for what in self.accounts.wrong[before:]]
        return succeeded

    def run(self, name):
        return read(os.path.join(self.path, name), "runs.csv")[0]

    def rows(self, name, file):
        return read(os.path.join(self.path, name), file)

    def truth(self, name):
        """What the program itself has printed: "key value" lines."""
        lines = self.text(f"{name}/program.stdout").split("\n")
        return {words[0]: number(words[1]) for words in map(str.split, lines)
                if len(words) == 2 and words[1].isdigit()}

    def state(self, name, states):
        return sum(number(row["ns"]) for row in self.rows(name, "ledger.csv")
                   if row["state"] in states)
