# SPDX-License-Identifier: GPL-2.0-or-later
"""sections - what the page shows, one file for each idea, in the order of the page."""

from . import (answer, dose, environment, evidence, flame, histograms, ledger, slowdown, threads,
               timeline, waterfall)
from ..section import make

COMPARISON = (slowdown, waterfall, evidence)


def of(results):
    """All sections; a single program has nothing to compare, hence fewer."""
    modules = [answer, *(COMPARISON if results.compares else ()), ledger, threads]
    if results.compares:
        modules.append(dose)
    modules += [timeline, flame, histograms, environment]
    return [make(module.NAME, module.TITLE, module.fill, results) for module in modules]
