# SPDX-License-Identifier: GPL-2.0-or-later
"""Planted excess, mechanism by mechanism: does the verdict's interval contain it?

The oracle (tests/workloads/oracle.c) runs twice in every block: BASE does a thing a few times,
OTHER many times, and both print by their own clocks how long it really took, as two bounds. So
what was planted is known even on a machine that is busy with something else."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

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
    def __init__(self, component, plan, planted, few=FEW, many=MANY, spinner=False):
        self.component = component
        self.plan = plan
        self.planted = planted
        self.counts = few, many
        self.spinner = spinner


MECHANISMS = [
    Mechanism("handoff_signal", "dead --where asleep", bounds("signal")),
    Mechanism("handoff_queue", "dead --where runnable", bounds("queue")),
    Mechanism("handoff_take", "dead --where running", bounds("take")),
    Mechanism("held_preempted_self", "preempt-self", preempted),
    Mechanism("held_preempted_other", "preempt-other", bounds("gap"), 1, 8, spinner=True),
    Mechanism("held_blocked", "sleep", bounds("slept")),
    Mechanism("held_running", "work", bounds("ran")),
    Mechanism("free_idle", "idle", idle),
    Mechanism("page_faults", "faults", bounds("faulted"), 100, 20000),
]


def first_cpu():
    return min(os.sched_getaffinity(0))


def command(mechanism, count):
    line = f"{BUILD}/tests/oracle --plan {mechanism.plan} --count {count} --us {US}"
    return line + (f" --cpu {first_cpu()}" if mechanism.spinner else "")


def compare(folder, mechanism, blocks):
    few, many = mechanism.counts
    subprocess.run([f"{BUILD}/switchtax", "compare", "-q", "--arms", "base,other", "--as-root",
                    "--blocks", str(blocks), "--budget", "600", "-o", folder,
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


class Finding:
    """One experiment: medians over blocks of the two bounds, and what the verdict says; in ms."""

    def __init__(self, results, mechanism):
        lows, highs = [], []
        for base, other in results.blocks("base", "other"):
            before = mechanism.planted(results.printed(base))
            after = mechanism.planted(results.printed(other))
            lows.append((after[0] - before[1]) / 1e6)
            highs.append((after[1] - before[0]) / 1e6)
        self.blocks = len(lows)
        self.planted = statistics.median(lows), statistics.median(highs)
        self.found, self.low, self.high = results.component("ledger", mechanism.component)

    def contains(self, tolerance=0.0):
        return self.low - tolerance <= self.planted[1] and self.planted[0] <= self.high + tolerance


def experiment(mechanism, blocks):
    with tempfile.TemporaryDirectory() as folder, Spinner(mechanism.spinner):
        results = os.path.join(folder, "results")
        compare(results, mechanism, blocks)
        return Finding(Results(results), mechanism)


def row(mechanism, finding, contained):
    low, high = finding.planted
    return (f"{mechanism.component:22}{f'{low:.2f} .. {high:.2f}':22}"
            f"{f'{finding.found:.2f} [{finding.low:.2f}, {finding.high:.2f}]':28}"
            f"{'yes' if contained else 'NO'}")


def prove(mechanism, options):
    """How many experiments contain what was planted."""
    contained = 0
    for _ in range(options.experiments):
        finding = experiment(mechanism, options.blocks)
        tolerance = options.tolerance * max(1, abs(finding.planted[1]))
        hit = finding.contains(tolerance)
        contained += hit
        print(row(mechanism, finding, hit), flush=True)
    return contained


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=10)
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--at-least", type=int, help="experiments that must contain it")
    parser.add_argument("--tolerance", type=float, default=0.0,
                        help="of what is planted, or of 1 ms if that is more")
    parser.add_argument("components", nargs="*", help="default: all")
    options = parser.parse_args()
    if options.at_least is None:
        options.at_least = -(-9 * options.experiments // 10)
    return options


def main():
    options = arguments()
    wanted = [mechanism for mechanism in MECHANISMS
              if not options.components or mechanism.component in options.components]
    failed = []
    print(f"{'mechanism':22}{'planted, ms':22}{'found, ms':28}contained")
    for mechanism in wanted:
        contained = prove(mechanism, options)
        print(f"{mechanism.component:22}{contained} of {options.experiments}\n", flush=True)
        if contained < options.at_least:
            failed.append(mechanism.component)
    if failed:
        sys.exit("not contained often enough: " + ", ".join(failed))


main()
