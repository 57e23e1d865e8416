# SPDX-License-Identifier: GPL-2.0-or-later
"""The same data to the loader's statistics and to scipy: the same numbers to 1e-9."""

import numpy as np
import pytest
from scipy import stats

import ours
import reference

LAWS = {
    "normal": lambda rng, n: rng.normal(100, 15, n),
    "lognormal": lambda rng, n: rng.lognormal(3, 1, n),
    "heavy": lambda rng, n: rng.standard_cauchy(n),
    "ties": lambda rng, n: rng.integers(0, 5, n).astype(float),
    "tiny": lambda rng, n: rng.normal(1e-9, 1e-10, n),
    "huge": lambda rng, n: rng.normal(1e12, 1e9, n),
}


def same(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("law", LAWS)
def test_medians_and_intervals(law):
    rng = np.random.default_rng(20240611)
    samples = [LAWS[law](rng, n) for n in [*range(1, 61), 100, 137, 1000] for _ in range(5)]
    answers = ours.ask([ours.value_lines(sample) for sample in samples])
    for sample, answer in zip(samples, answers):
        same(answer["median"][0][0], np.median(sample))
        same(answer["interval"][0], reference.interval(sample))


def test_ends_lie_between_the_exact_ones():
    """From one value to another at least 95 % are covered; the next two values are too close."""
    rng = np.random.default_rng(1)
    samples = [rng.normal(size=n) for n in range(6, 61)]
    answers = ours.ask([ours.value_lines(sample) for sample in samples])
    for sample, answer in zip(samples, answers):
        ordered = np.sort(sample)
        _, low, high, n = answer["interval"][0]
        below, above = np.searchsorted(ordered, [low, high], side="right")
        assert below == n - above
        assert stats.binom.cdf(below - 1, n, 0.5) <= 0.025 < stats.binom.cdf(below, n, 0.5)


def lines_of(answer):
    return {int(block): (slope, intercept) for block, slope, intercept in answer.get("line", [])}


def test_slope_and_intercept_are_theil_sens_where_all_weights_are_equal():
    """With two doses, each several times, all pairs are equally far apart."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        dose, repeats = int(rng.integers(1, 5000)), int(rng.integers(1, 6))
        doses = np.repeat([0.0, dose], repeats)
        points = []
        for block in (1, 2):
            excess = 3 + 0.01 * doses + rng.standard_t(2, len(doses))
            points += list(zip([block] * len(doses), doses, excess))
        answer, = ours.ask([ours.point_lines(points)])
        for block, line in lines_of(answer).items():
            excess = [point[2] for point in points if point[0] == block]
            want = stats.theilslopes(excess, doses, method="joint")
            same(line, (want.slope * 1000, want.intercept))


def random_points(rng):
    """Up to 12 blocks of up to 10 doses, in log steps, some doses twice, some blocks too short."""
    points = []
    for block in range(1, int(rng.integers(2, 13))):
        count = int(rng.integers(1, 11))
        doses = np.rint(np.exp(rng.uniform(0, 9, count)))
        if count > 3:
            doses[1] = doses[0]
        excess = rng.normal(40, 5) + 0.02 * doses + rng.standard_t(2, count) * 4
        points += list(zip([block] * count, doses, excess))
    return [points[i] for i in rng.permutation(len(points))]


def by_block(points):
    lines = {block: reference.dose_line([p[1] for p in points if p[0] == block],
                                        [p[2] for p in points if p[0] == block])
             for block in {point[0] for point in points}}
    return {block: (line[0] * 1000, line[1]) for block, line in lines.items() if line}


def test_weighted_slopes_are_those_of_least_absolute_differences():
    rng = np.random.default_rng(3)
    experiments = [points for points in (random_points(rng) for _ in range(200))
                   if len(by_block(points)) > 1]
    assert len(experiments) > 100
    answers = ours.ask([ours.point_lines(points) for points in experiments])
    for points, answer in zip(experiments, answers):
        got, want = lines_of(answer), by_block(points)
        assert got.keys() == want.keys()
        for block, line in want.items():
            same(got[block], line)
        same(answer["slope_us"][0], reference.interval([line[0] for line in want.values()]))
        same(answer["intercept_ms"][0], reference.interval([line[1] for line in want.values()]))


ARMS = {"sequential": 300, "interleaved": 340, "threads-1cpu": 420, "threads": 450,
        "threads-i100": 900, "threads-interval-20000": 380, "processes": 200}


def random_run(rng, arm, block, traced, damage):
    """Times have nothing to do with each other: arithmetic is tested here, not sense."""
    lock = rng.uniform(0, 60, len(ours.STATES))
    if arm == "threads":
        lock += rng.uniform(5, 60)
    return {"arm": arm, "block": block, "traced": traced, "valid": rng.random() > damage,
            "wall": ARMS[arm] * rng.lognormal(0, 0.05), "lock": lock,
            "handoffs": float(rng.integers(0, 5000)),
            "acquisitions": float(rng.integers(0, 5_000_000)), "faults": rng.uniform(0, 40)}


def random_runs(rng, blocks, untraced, damage):
    """Runs in any order, some not valid, some missing."""
    runs = [random_run(rng, arm, block, traced, damage)
            for block in range(blocks + 1) for arm in ARMS
            for traced in ([True, False] if untraced else [True])
            if rng.random() > damage / 2]
    return [runs[i] for i in rng.permutation(len(runs))]


@pytest.mark.parametrize("untraced", [True, False])
@pytest.mark.parametrize("damage", [0, 0.15])
def test_pairs_ratios_components_and_shares(untraced, damage):
    rng = np.random.default_rng(4)
    prices = 61.5, 1800.0
    many = [random_runs(rng, blocks, untraced, damage) for blocks in [*range(6, 26), 40]]
    answers = ours.ask([ours.run_lines(runs) for runs in many], prices)
    for runs, answer in zip(many, answers):
        check_verdict(reference.Experiment(runs, prices), answer)


def check_verdict(experiment, answer):
    slowdown = reference.over_blocks(experiment.of("threads", "wall")
                                     / experiment.of("sequential", "wall"))
    same(answer["slowdown"][0], slowdown)
    assert slowdown[1] > 1, "the data are not made for that"
    same(answer["excess"][0], reference.over_blocks(experiment.excess()))
    figures = experiment.figures()
    for name, (values, whole) in figures.items():
        same(answer[name][0], reference.over_blocks(values))
        if reference.over_blocks(whole)[1] > 0:
            same(answer[name + ".share"][0], reference.over_blocks(values / whole))
        else:
            assert answer[name + ".share"][0][3] == 0, "a share of what may be nothing"
    wide, whole = figures["dose.switching"]
    same(answer["wide.share"][0], reference.over_blocks(wide / whole))
    named = {name for name in answer if name.split(".")[0] in ("ledger", "ladder", "dose")}
    assert named == {name + share for name in figures for share in ("", ".share")}


def test_no_slowdown_gives_no_shares():
    rng = np.random.default_rng(5)
    runs = random_runs(rng, 8, True, 0)
    for run in runs:
        if run["arm"] == "threads":
            run["wall"] = ARMS["sequential"] * rng.lognormal(0, 0.05)
    answer, = ours.ask([ours.run_lines(runs)], (50, 1000))
    experiment = reference.Experiment(runs, (50, 1000))
    same(answer["slowdown"][0],
         reference.over_blocks(experiment.of("threads", "wall")
                               / experiment.of("sequential", "wall")))
    assert answer["slowdown"][0][1] < 1
    for name in experiment.figures():
        assert answer[name + ".share"][0][3] == 0
