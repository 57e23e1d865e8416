# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a results folder: its CSV files, and what the programs printed."""

import csv
import json
import os


class Results:
    def __init__(self, folder):
        self.folder = folder

    def rows(self, name):
        with open(os.path.join(self.folder, name), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def runs(self, arm, traced):
        """Block -> run, of the measured and valid ones."""
        return {int(row["block"]): row for row in self.rows("runs.csv")
                if row["arm"] == arm and row["traced"] == str(int(traced))
                and row["valid"] == "1" and int(row["block"]) > 0}

    def blocks(self, base, other):
        """Pairs of traced runs, one per block that has both."""
        before, after = self.runs(base, True), self.runs(other, True)
        return [(before[block], after[block]) for block in sorted(before) if block in after]

    def printed(self, run):
        """The "KEY NUMBER" lines of a program."""
        path = os.path.join(self.folder, "programs", run["run_id"] + ".stdout")
        with open(path, encoding="utf-8") as file:
            pairs = [line.split() for line in file]
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}

    def component(self, method, component):
        """The median and interval of a component in ms."""
        for row in self.rows("verdict.csv"):
            if row["method"] == method and row["component"] == component and row["low_ms"]:
                return tuple(float(row[key]) for key in ("excess_ms", "low_ms", "high_ms"))
        raise KeyError(f"verdict.csv has no interval of {method}, {component}")

    def agreement(self):
        """What the report says in words of the three lines."""
        with open(os.path.join(self.folder, "report.json"), encoding="utf-8") as file:
            return json.load(file)["agreement"]
