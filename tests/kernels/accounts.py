# SPDX-License-Identifier: GPL-2.0-or-later
"""What one results folder adds up to, told from its CSV files alone.

L1: the states of a lock sum to its window. T1: a thread's four states sum to its life. T2: our
counts of its switches are the kernel's. Nothing is lost, and every traced run is valid.
"""
import csv
import os

ALLOWED = 0.001     # of a window or a life


def read(folder, name):
    try:
        with open(os.path.join(folder, name), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError:
        return []


def number(text):
    return int(text) if text else 0


class Accounts:
    """The sums of any number of folders, and what is wrong with them."""

    def __init__(self):
        self.runs = self.ledgers = self.threads = self.differing = self.lost = 0
        self.l1 = self.t1 = (0, 0.0)    # the largest by ns, and what it is of the whole
        self.wrong = []

    def add(self, folder):
        runs = [run for run in read(folder, "runs.csv") if run["traced"] == "1"]
        if not runs:
            self.wrong.append(f"{folder}: no traced run")
        for run in runs:
            self.runs += 1
            self.lost += number(run["events_lost"])
            if run["valid"] != "1":
                self.wrong.append(f"{run['run_id']} is not valid: {run['reason']}")
            if number(run["events_lost"]):
                self.wrong.append(f"{run['run_id']}: {run['events_lost']} events lost")
        self.add_ledgers({run["run_id"]: run for run in runs}, read(folder, "ledger.csv"))
        self.add_threads({run["run_id"] for run in runs}, read(folder, "threads.csv"))

    def add_ledgers(self, runs, rows):
        sums = {}
        for row in rows:
            if row["run_id"] in runs and "." not in row["state"]:   # parts have a dot
                sums[row["run_id"]] = sums.get(row["run_id"], 0) + number(row["ns"])
        for run_id, total in sums.items():
            window = number(runs[run_id]["window_ns"])
            self.ledgers += 1
            self.l1 = max(self.l1, self.compare(f"L1 of {run_id}", total, window))

    def add_threads(self, runs, rows):
        for row in rows:
            if row["run_id"] not in runs:
                continue
            who = f"{row['run_id']}, thread {row['tid']} ({row['comm']})"
            states = sum(number(row[state + "_ns"])
                         for state in ("cpu", "ready", "lock_wait", "blocked"))
            self.threads += 1
            self.t1 = max(self.t1, self.compare(f"T1 of {who}", states, number(row["life_ns"])))
            self.compare_switches(who, row)

    def compare(self, what, total, whole):
        off = abs(total - whole)
        if off > whole * ALLOWED:
            self.wrong.append(f"{what}: states {total} ns, whole {whole} ns: {total - whole:+} ns")
        return off, off / whole if whole else 0.0

    def compare_switches(self, who, row):
        for kind in ("voluntary", "involuntary"):
            ours, kernel = row["switches_" + kind], row["kernel_" + kind]
            if ours != kernel:
                self.differing += 1
                self.wrong.append(f"T2 of {who}: {kind} {ours}, by the kernel {kernel}")
