# SPDX-License-Identifier: GPL-2.0-or-later
"""Simulated experiments with a known truth: how many intervals have it inside?

Times are in ms. Every run adds scatter of its own, of one of LAWS, and what all runs of its
block share (drift). An array has one row per experiment and one column per block."""

import numpy as np

import ours

LAWS = {
    "normal": lambda rng, shape: rng.normal(0, 1, shape),
    "lognormal": lambda rng, shape: rng.lognormal(0, 0.8, shape) - 1,
    "laplace": lambda rng, shape: rng.laplace(0, 1, shape),
    # one run in ten is disturbed, which always makes it longer
    "disturbed": lambda rng, shape: (rng.normal(0, 1, shape)
                                     + (rng.random(shape) < 0.1) * rng.exponential(8, shape)),
}

WALL = {"sequential": 400.0, "interleaved": 460.0, "threads-1cpu": 485.0, "threads": 520.0}
LOCK = {"handoff_signal": 8.0, "handoff_queue": 5.0, "handoff_take": 7.0,
        "held_preempted_self": 10.0, "held_preempted_other": 2.0}
HANDOFFS = {"threads": 500, "threads-i100": 4000, "threads-i1000": 1500, "threads-i20000": 120,
            "threads-i100000": 25}
SLOPE = 0.04			# per hand-off
INTERCEPT = WALL["threads"] - WALL["sequential"] - SLOPE * HANDOFFS["threads"]
SCATTER = 3.0			# of a wall time
LOCK_SCATTER = 0.02		# of each time in LOCK, as a part of it
DRIFT = 20.0			# of a block

# What the planted numbers are wherever the scatter is symmetric.
PLANTED = {
    "excess": WALL["threads"] - WALL["sequential"],
    "ledger.switching": 30.0, "ledger.handoff_signal": 8.0, "ledger.held_preempted_self": 10.0,
    "ladder.memory": 60.0, "ladder.switching_one_cpu": 25.0,
    "slope_us": SLOPE * 1000, "intercept_ms": INTERCEPT,
}
DOSE_FIGURES = ("slope_us", "intercept_ms")
FIGURES = ("slowdown", *PLANTED, "ledger.switching.share", "ladder.memory.share",
           "dose.switching.share")


class Runs:
    """All runs of (experiments, blocks)."""

    def __init__(self, rng, law, shape):
        self.shape = shape
        self.scatter = lambda: LAWS[law](rng, shape)
        drift = DRIFT * rng.normal(size=shape)
        self.wall = {(arm, traced): ms + drift + SCATTER * self.scatter()
                     for arm, ms in WALL.items() for traced in (True, False)}
        self.handoffs = {arm: count + rng.integers(-count // 20, count // 20 + 1, shape)
                         for arm, count in HANDOFFS.items()}
        for arm in list(HANDOFFS)[1:]:
            self.wall[arm, False] = (WALL["sequential"] + INTERCEPT + drift
                                     + SLOPE * self.handoffs[arm] + SCATTER * self.scatter())
        # The run at the usual interval lies on the line too.
        self.wall["threads", False] += SLOPE * (self.handoffs["threads"] - HANDOFFS["threads"])
        self.lock = {arm: self.states(arm) for arm in WALL}

    def states(self, arm):
        """What is not planted is held_running, as much as the run's length leaves."""
        planted = LOCK if arm == "threads" else {}
        states = {name: planted.get(name, 0) * (1 + LOCK_SCATTER * self.scatter())
                  for name in ours.STATES}
        states["held_running"] = self.wall[arm, True] - sum(states.values())
        return states

    def doses(self):
        """Hand-offs and excess of the arms under the lock; the last axis tells them apart."""
        base = self.wall["sequential", False]
        return (np.stack([self.handoffs[arm] for arm in HANDOFFS], axis=-1).astype(float),
                np.stack([self.wall[arm, False] - base for arm in HANDOFFS], axis=-1))

    def run_lines(self, experiment):
        lines = []
        for (arm, traced), wall in self.wall.items():
            for block in range(self.shape[1]):
                at = experiment, block
                lock = [self.lock[arm][name][at] if arm in WALL else 0 for name in ours.STATES]
                lines.append("run %s %d %d 1 %.9g %d 0 0 " % (
                    arm, block + 1, traced, wall[at],
                    self.handoffs[arm][at] if arm in HANDOFFS else 0)
                    + " ".join("%.9g" % ms for ms in lock))
        return lines

    def point_lines(self, experiment):
        handoffs, excess = self.doses()
        return ["point %d %.9g %.9g" % (block + 1, handoffs[experiment, block, i],
                                       excess[experiment, block, i])
                for block in range(self.shape[1]) for i in range(len(HANDOFFS))]


def weighted_medians(values, weights):
    """Along the last axis: half of the weight lies below. Ties of weight are not expected."""
    order = np.argsort(values, axis=-1)
    below = np.cumsum(np.take_along_axis(weights, order, -1), axis=-1)
    at = np.argmax(below >= below[..., -1:] / 2, axis=-1)
    return np.take_along_axis(np.take_along_axis(values, order, -1), at[..., None], -1)[..., 0]


def dose_figures(handoffs, excess):
    """Slope in ms and intercept of each block (dose.h)."""
    i, j = np.triu_indices(handoffs.shape[-1], 1)
    run, rise = handoffs[..., j] - handoffs[..., i], excess[..., j] - excess[..., i]
    slope = weighted_medians(rise / run, np.abs(run))
    return slope, np.median(excess - slope[..., None] * handoffs, axis=-1)


def figures(runs):
    """Every figure of FIGURES in every block, from the definitions alone."""
    wall, lock = runs.wall, runs.lock
    base, other, memory = (wall[arm, False] for arm in ("sequential", "threads", "interleaved"))
    slope, intercept = dose_figures(*runs.doses())
    result = {f"ledger.{name}": sum(lock["threads"][state] - lock["sequential"][state]
                                    for state in states)
              for name, states in ours.COMPONENTS.items()}
    result["ledger.switching"] = sum(result[f"ledger.{name}"] for name in list(LOCK)[:4])
    whole = sum(result[f"ledger.{name}"] for name in ours.COMPONENTS)
    result.update({
        "slowdown": other / base, "excess": other - base,
        "ledger.switching.share": result["ledger.switching"] / whole,
        "ladder.memory": memory - base, "ladder.memory.share": (memory - base) / (other - base),
        "ladder.switching_one_cpu": wall["threads-1cpu", False] - memory,
        "slope_us": slope * 1000, "intercept_ms": intercept,
        "dose.switching.share": slope * runs.handoffs["threads"] / (other - base),
    })
    return result


def truth(law, blocks=200_000):
    """The medians over all blocks there could be.

    Those are the planted numbers where scatter is symmetric. Where it is not, and for quotients,
    the median over blocks is another number, and it is what an interval of a median is about."""
    values = figures(Runs(np.random.default_rng(7), law, (1, blocks)))
    return {name: float(np.median(values[name])) for name in FIGURES}


def hits(answers, names, true):
    """How many intervals have the truth inside, by figure."""
    return {name: sum(answer[name][0][1] <= true[name] <= answer[name][0][2]
                      for answer in answers) for name in names}


def of_values(law, blocks, count, seed):
    """The bare interval: a sample of `blocks` values of median 0."""
    rng = np.random.default_rng(seed)
    middle = {"disturbed": float(np.median(LAWS["disturbed"](np.random.default_rng(7), 4_000_000)))}
    answers = ours.ask([ours.value_lines(sample) for sample in LAWS[law](rng, (count, blocks))])
    return hits(answers, ["interval"], {"interval": middle.get(law, 0.0)})


def of_doses(law, blocks, count, seed, true):
    runs = Runs(np.random.default_rng(seed), law, (count, blocks))
    answers = ours.ask([runs.point_lines(experiment) for experiment in range(count)])
    return hits(answers, DOSE_FIGURES, true)


def of_verdicts(law, blocks, count, seed, true):
    runs = Runs(np.random.default_rng(seed), law, (count, blocks))
    answers = ours.ask([runs.run_lines(experiment) + runs.point_lines(experiment)
                        for experiment in range(count)])
    return hits(answers, FIGURES, true)
