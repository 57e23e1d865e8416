# SPDX-License-Identifier: GPL-2.0-or-later
"""whole_csv.py FILE...: every row is whole, and the columns are those that it lists.

NAME.csv.partial is held to the same, and may also be empty: killed before its header.
"""
import csv
import os
import sys

COLUMNS = {
    "runs.csv": "schema_version, run_id, experiment, arm, block, order, traced, valid, reason,"
                "workers, objects, lock, interval_us, cpus, seed, wall_ns, user_ns, sys_ns,"
                "switches_voluntary, switches_involuntary, migrations, handoffs,"
                "handoffs_forced, faults_minor, faults_major, max_rss_bytes, steal_ns,"
                "events_lost, exit_status",
    "threads.csv": "run_id, thread, tid, comm, life_ns, cpu_ns, ready_ns, lock_wait_ns,"
                   "blocked_ns, switches_voluntary, switches_involuntary, kernel_voluntary,"
                   "kernel_involuntary, acquisitions, handoffs_in",
    "ledger.csv": "run_id, state, ns, count, lock, parent",
    "handoffs.csv": "run_id, t_ns, from_tid, to_tid, from_cpu, to_cpu, forced, signal_ns,"
                    "queue_ns, take_ns",
    "histograms.csv": "run_id, histogram",
    "futexes.csv": "run_id, address, name, waiter_tid, waker_tid, waits, wait_ns",
    "stacks.csv": "run_id, kind, stack, samples",
    "losses.csv": "run_id, cause, count",
    "locks.csv": "run_id, lock, pid, name, kind, module, acquire, release, found_by, acquisitions,"
                 "releases, handoffs, handoffs_forced, held_ns, wait_ns, threads, owner_tid,"
                 "lost_claims",
    "verdict.csv": "experiment, method, component, excess_ms, low_ms, high_ms, share,"
                   "share_low, share_high",
    "observations.csv": "run_id, experiment, arm, block, metric, variant, value, unit",
    "labs.csv": "claim, experiment, verdict, figure, low, high, unit, reason",
    "prices.csv": "price, variant, median_ns, low_ns, high_ns, samples",
}


def complaint(path):
    name = os.path.basename(path)
    partial = name.endswith(".partial")
    with open(path, "rb") as file:
        data = file.read()
    if partial and not data:
        return None
    if not data.endswith(b"\n"):
        return "the last byte is no newline: a torn row"
    rows = list(csv.reader(data.decode("utf-8").splitlines(keepends=True), strict=True))
    header = [column.strip() for column in COLUMNS[name.removesuffix(".partial")].split(",")]
    if rows[0][:len(header)] != header:
        return f"the header is {rows[0]}"
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            return f"line {number} has {len(row)} fields, the header {len(rows[0])}"
    return None


failed = False
for path in sys.argv[1:]:
    what = complaint(path)
    if what:
        print(f"{path}: {what}")
        failed = True
sys.exit(failed or len(sys.argv) < 2)
