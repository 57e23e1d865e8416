# SPDX-License-Identifier: GPL-2.0-or-later
"""95 % intervals have the truth inside in 93 to 97 % of simulated experiments.

Seeds are fixed, so that this repeats. In 2000 experiments at 95 % the standard deviation is
0.5 %. `make coverage` makes a table of all figures at all of these numbers of blocks."""

import functools

import pytest

import simulate

EXPERIMENTS = 2000
SEED = 20240611

truth = functools.lru_cache(simulate.truth)


def assert_covered(hits):
    wrong = {name: f"{100 * count / EXPERIMENTS:.2f} %" for name, count in hits.items()
             if not 0.93 <= count / EXPERIMENTS <= 0.97}
    assert not wrong


@pytest.mark.parametrize("law", simulate.LAWS)
def test_what_is_planted_is_the_truth_where_scatter_is_symmetric(law):
    if law in ("normal", "laplace"):
        for name, planted in simulate.PLANTED.items():
            assert truth(law)[name] == pytest.approx(planted, rel=2e-3), name
    else:
        assert truth(law)["excess"] == pytest.approx(simulate.PLANTED["excess"], rel=2e-3)


@pytest.mark.parametrize("law, blocks", [("lognormal", 6), ("laplace", 7), ("disturbed", 12),
                                        ("normal", 20), ("lognormal", 40)])
def test_medians(law, blocks):
    assert_covered(simulate.of_values(law, blocks, EXPERIMENTS, [SEED, blocks]))


@pytest.mark.parametrize("law, blocks", [("normal", 6), ("laplace", 7), ("disturbed", 12)])
def test_slope_and_intercept(law, blocks):
    assert_covered(simulate.of_doses(law, blocks, EXPERIMENTS, [SEED, blocks], truth(law)))


@pytest.mark.parametrize("law, blocks", [("laplace", 7), ("disturbed", 6)])
def test_figures_of_a_verdict(law, blocks):
    assert_covered(simulate.of_verdicts(law, blocks, EXPERIMENTS, [SEED, blocks], truth(law)))
