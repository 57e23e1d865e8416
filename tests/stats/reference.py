# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of a verdict once more, by numpy and scipy from the measurement model alone."""

import itertools

import numpy as np
from scipy import stats

from ours import STATES

NARROW = ("handoff_signal", "handoff_queue", "handoff_take", "held_preempted_self")


def interval(values):
    """Median, low, high, count. Below six values there is no 95 % interval: the ends."""
    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        return [np.nan, np.nan, np.nan, 0]
    if len(values) == 1:
        return [values[0], np.nan, np.nan, 1]
    low, high = values.min(), values.max()
    if len(values) >= 6:
        low, high = stats.mstats.median_cihs(values, alpha=0.05)
    return [np.median(values), float(low), float(high), len(values)]


def slope_by_search(doses, excess):
    """The slope that makes the sum of |difference of excess - slope x difference of dose| least.

    That sum is convex and linear between the slopes of the pairs, so its least is at one of
    them, or between two."""
    pairs = [(doses[j] - doses[i], excess[j] - excess[i])
             for i, j in itertools.combinations(range(len(doses)), 2) if doses[i] != doses[j]]
    run, rise = np.array(pairs).T
    slopes = rise / run
    sums = np.abs(rise[None, :] - slopes[:, None] * run[None, :]).sum(axis=1)
    best = slopes[np.isclose(sums, sums.min(), rtol=1e-12, atol=0)]
    return (best.min() + best.max()) / 2


def dose_line(doses, excess):
    """Slope per hand-off and intercept; no line without two different doses."""
    doses, excess = np.asarray(doses, dtype=float), np.asarray(excess, dtype=float)
    if len(set(doses)) < 2:
        return None
    slope = slope_by_search(doses, excess)
    return slope, np.median(excess - slope * doses)


class Experiment:
    """Runs as dictionaries: arm, block, traced, valid, wall, handoffs, acquisitions, lock."""

    def __init__(self, runs, price_ns):
        self.runs = {(run["arm"], run["block"], bool(run["traced"])): run
                     for run in runs if run["valid"] and run["block"] > 0}
        self.blocks = sorted({run["block"] for run in runs if run["block"] > 0})
        self.price_ms = price_ns / 1e6
        self.traced_clock = all(run["traced"] for run in runs)

    def field(self, arm, block, traced, name):
        run = self.runs.get((arm, block, traced))
        return np.nan if run is None else run[name]

    def walls(self, arm):
        return np.array([self.field(arm, block, self.traced_clock, "wall")
                         for block in self.blocks])

    def operations(self, arm):
        return self.price_ms * np.array(
            [self.field(arm, block, self.traced_clock, "acquisitions") for block in self.blocks])

    def states(self, *names):
        def of(arm, block):
            run = self.runs.get((arm, block, True))
            if run is None:
                return np.nan
            return sum(run["lock"][STATES.index(name)] for name in names)
        return np.array([of("threads", block) - of("sequential", block)
                         for block in self.blocks])

    def ladder(self):
        sequential, threads = self.walls("sequential"), self.walls("threads")
        interleaved, one_cpu = self.walls("interleaved"), self.walls("threads-1cpu")
        before, after = self.operations("sequential"), self.operations("threads")
        return {
            "ladder.total": threads - sequential,
            "ladder.memory": interleaved - (sequential - before),
            "ladder.switching_one_cpu": one_cpu - interleaved,
            "ladder.switching_all_cpus": threads - one_cpu,
            "ladder.lock_operations": after - before,
            "ladder.switching": (one_cpu - interleaved) + (threads - one_cpu) - after,
        }

    def ledger(self):
        figures = {f"ledger.{name}": self.states(name) for name in STATES}
        figures["ledger.total"] = self.states(*STATES)
        figures["ledger.switching"] = self.states(*NARROW)
        return figures

    def figures(self):
        """Name -> (per block, its whole per block)."""
        ledger, ladder = self.ledger(), self.ladder()
        result = {name: (values, ledger["ledger.total"]) for name, values in ledger.items()}
        result.update((name, (values, ladder["ladder.total"])) for name, values in ladder.items())
        return result

    def points(self):
        base = dict(zip(self.blocks, self.walls("sequential")))
        return [(block, run["handoffs"], run["wall"] - base[block])
                for (arm, block, traced), run in self.runs.items()
                if (arm == "threads" or arm.startswith("threads-i"))
                and traced == self.traced_clock and np.isfinite(base[block])]

    def slopes(self):
        points = self.points()
        lines = {block: dose_line([p[1] for p in points if p[0] == block],
                                  [p[2] for p in points if p[0] == block])
                 for block in self.blocks}
        return np.array([np.nan if lines[block] is None else lines[block][0]
                         for block in self.blocks])

    def wide_shares(self):
        handoffs = np.array([self.field("threads", block, self.traced_clock, "handoffs")
                             for block in self.blocks])
        return self.slopes() * handoffs / self.ladder()["ladder.total"]


def over_blocks(values):
    return interval(values[np.isfinite(values)])
