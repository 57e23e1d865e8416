# SPDX-License-Identifier: GPL-2.0-or-later
"""Planted excess, mechanism by mechanism: does the verdict's interval contain it?

The oracle (tests/workloads/oracle.c) runs twice in every block: BASE does a thing a few times,
OTHER many times, and both print by their own clocks how long it really took, as two bounds. So
what was planted is known even on a machine that is busy with something else."""

import os
import statistics
import subprocess
import tempfile

import table
from results import Results

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
US = 1000
FEW, MANY = 2, 20


def bounds(key):
    return lambda printed: (printed[f"{key}_low_ns"], printed[f"{key}_high_ns"])


def idle(printed):
    """All of the window in which the lock was not held."""
    return (printed["wall_ns"] - printed["held_high_ns"],
            printed["wall_outer_ns"] - printed["held_low_ns"])


def preempted(printed):
    return printed["burst_ns"], printed["gap_high_ns"]


class Mechanism:
    def __init__(self, component, plan, planted, few=FEW, many=MANY, spinner=False, beside=None):
        self.component = component
        self.beside = beside        # a component that a busy machine puts a part of it into
        self.plan = plan
        self.planted = planted
        self.counts = few, many
        self.spinner = spinner


MECHANISMS = [
    Mechanism("handoff_signal", "dead --where asleep", bounds("signal")),
    Mechanism("handoff_queue", "dead --where runnable", bounds("queue"),
              beside="held_preempted_other"),
    Mechanism("handoff_take", "dead --where running", bounds("take")),
    Mechanism("held_preempted_self", "preempt-self", preempted),
    Mechanism("held_preempted_other", "preempt-other", bounds("gap"), 1, 8, spinner=True),
    Mechanism("held_blocked", "sleep", bounds("slept")),
    Mechanism("held_running", "work", bounds("ran")),
    Mechanism("free_idle", "idle", idle),
    Mechanism("page_faults", "faults", bounds("faulted"), 2000, 20000),
]


def first_cpu():
    return min(os.sched_getaffinity(0))


def command(mechanism, count):
    line = f"{BUILD}/tests/oracle --plan {mechanism.plan} --count {count} --us {US}"
    return line + (f" --cpu {first_cpu()}" if mechanism.spinner else "")


def compare(folder, mechanism, blocks):
    few, many = mechanism.counts
    subprocess.run([f"{BUILD}/switchtax", "compare", "-q", "--no-html", "--as-root",
                    "--arms", "base,other", "--blocks", str(blocks), "--budget", "600",
                    "-o", folder,
                    command(mechanism, few), command(mechanism, many)],
                   check=True, stdout=subprocess.DEVNULL)


class Spinner:
    """Somebody outside of the run who wants the CPU."""

    def __init__(self, wanted):
        self.wanted = wanted

    def __enter__(self):
        if self.wanted:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(first_cpu()), "sh", "-c", "while :; do :; done"])

    def __exit__(self, *_):
        if self.wanted:
            self.process.kill()
            self.process.wait()


def finding_of(results, mechanism):
    """Medians over blocks of the two bounds, and what the verdict says."""
    lows, highs = [], []
    for base, other in results.blocks("base", "other"):
        before = mechanism.planted(results.printed(base))
        after = mechanism.planted(results.printed(other))
        lows.append((after[0] - before[1]) / 1e6)
        highs.append((after[1] - before[0]) / 1e6)
    found = results.component("ledger", mechanism.component)
    if mechanism.beside:
        found = tuple(map(sum, zip(found, results.component("ledger", mechanism.beside))))
    return table.Finding((statistics.median(lows), statistics.median(highs)), found)


def experiment(mechanism, blocks):
    with tempfile.TemporaryDirectory() as folder, Spinner(mechanism.spinner):
        results = os.path.join(folder, "results")
        compare(results, mechanism, blocks)
        return finding_of(Results(results), mechanism)


def main():
    options = table.arguments(__doc__)
    proof = table.Table(options)
    for mechanism in MECHANISMS:
        if not options.names or mechanism.component in options.names:
            for _ in range(options.experiments):
                proof.add(mechanism.component, experiment(mechanism, options.blocks))
    proof.end()


main()
