# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of a verdict once more, by numpy and scipy from their definitions alone."""

import itertools

import numpy as np
from scipy import stats

from ours import COMPONENTS, STATES

VARIED = 1.5			# the largest dose of a block over its smallest, at least

NARROW = [state for name in ("handoff_signal", "handoff_queue", "handoff_take",
                             "held_preempted_self") for state in COMPONENTS[name]]


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
    """Slope per hand-off and intercept; no line where the dose has hardly been varied."""
    doses, excess = np.asarray(doses, dtype=float), np.asarray(excess, dtype=float)
    if len(doses) < 2 or doses.max() <= VARIED * doses.min():
        return None
    slope = slope_by_search(doses, excess)
    return slope, np.median(excess - slope * doses)


class Experiment:
    """Runs as dictionaries: arm, block, traced, valid, wall, handoffs, acquisitions, faults,
    lock. Prices are those of a lock operation and of a switch."""

    def __init__(self, runs, prices_ns):
        self.runs = {(run["arm"], run["block"], bool(run["traced"])): run
                     for run in runs if run["valid"] and run["block"] > 0}
        self.blocks = sorted({run["block"] for run in runs if run["block"] > 0})
        self.operation_ms, self.switch_ms = (price / 1e6 for price in prices_ns)
        self.clock = all(run["traced"] for run in runs)	# which runs tell the time

    def of(self, arm, name, traced=None):
        """One number per block; NAN where there is no such run."""
        traced = self.clock if traced is None else traced
        return np.array([self.runs[arm, block, traced][name]
                         if (arm, block, traced) in self.runs else np.nan
                         for block in self.blocks])

    def states(self, *names):
        def of(arm, block):
            run = self.runs.get((arm, block, True))
            return np.nan if run is None else sum(run["lock"][STATES.index(name)]
                                                  for name in names)
        return np.array([of("threads", block) - of("sequential", block)
                         for block in self.blocks])

    def excess(self):
        return self.of("threads", "wall") - self.of("sequential", "wall")

    def operations(self, arm, traced=None):
        return self.operation_ms * self.of(arm, "acquisitions", traced)

    def memory(self, traced=None):
        return (self.of("interleaved", "wall", traced)
                - (self.of("sequential", "wall", traced) - self.operations("sequential", traced)))

    def ladder(self):
        interleaved, one_cpu = self.of("interleaved", "wall"), self.of("threads-1cpu", "wall")
        threads = self.of("threads", "wall")
        return {
            "total": self.excess(),
            "memory": self.memory(),
            "switching_one_cpu": one_cpu - interleaved,
            "switching_all_cpus": threads - one_cpu,
            "lock_operations": self.operations("threads") - self.operations("sequential"),
            "switching": (one_cpu - interleaved) + (threads - one_cpu) - self.operations("threads"),
        }

    def ledger(self):
        result = {name: self.states(*states) for name, states in COMPONENTS.items()}
        memory = self.memory(True)
        faults = self.of("threads", "faults", True) - self.of("sequential", "faults", True)
        lock = self.operations("threads", True) - self.operations("sequential", True)
        handoffs = self.of("threads", "handoffs", True) - self.of("sequential", "handoffs", True)
        result.update({
            "total": self.states(*STATES), "switching": self.states(*NARROW),
            "memory": memory, "page_faults": faults, "working_set": memory - faults,
            "lock_operations": lock,
            "not_explained": result["held_running"] - memory - lock,
            "switch_direct": handoffs * self.switch_ms,
        })
        return result

    def points(self):
        base = dict(zip(self.blocks, self.of("sequential", "wall")))
        return [(block, run["handoffs"], run["wall"] - base[block])
                for (arm, block, traced), run in self.runs.items()
                if (arm == "threads" or arm.startswith(("threads-i", "threads-interval-")))
                and traced == self.clock and np.isfinite(base[block])]

    def lines(self):
        """Slope and intercept per block, NAN where it has no line."""
        points = self.points()
        lines = [dose_line([p[1] for p in points if p[0] == block],
                           [p[2] for p in points if p[0] == block]) for block in self.blocks]
        return np.array([line or (np.nan, np.nan) for line in lines]).T

    def dose(self):
        slope, intercept = self.lines()
        wide = slope * self.of("threads", "handoffs")
        return {
            "total": np.where(np.isfinite(slope), self.excess(), np.nan),
            "switching": wide,
            "switch_indirect": wide - self.states(*NARROW),
            "without_handoffs": intercept,
        }

    def figures(self):
        """METHOD.COMPONENT -> (per block, its method's total per block)."""
        methods = {"ledger": self.ledger(), "ladder": self.ladder(), "dose": self.dose()}
        return {f"{method}.{name}": (values, parts["total"])
                for method, parts in methods.items() for name, values in parts.items()}


def over_blocks(values):
    return interval(values[np.isfinite(values)])
