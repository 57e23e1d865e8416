# SPDX-License-Identifier: GPL-2.0-or-later
"""waterfall - from one arm to the other, step by step: what each component adds."""

from .. import components
from ..figure import Cell, Figure, Table, axis, names
from ..folder import Missing
from ..words import fixed, interval, places_for

NAME, TITLE = "waterfall", "Where the excess comes from"
# Below this part of the total, what the medians leave over is not drawn.
SMALL = 0.005


def share(component):
    if not component.share or component.share.get("median") is None:
        return Cell("–")
    percent = {key: value * 100 for key, value in component.share.items()
               if isinstance(value, (int, float))}
    return Cell(interval(percent, 1), component.share["median"])


def table(rows):
    places = places_for([item.excess["median"] for item in rows])
    return Table(["component", "ms [95 % interval]", "% of the excess"],
                 [[item.label, Cell(interval(item.excess, places), item.excess["median"]),
                   share(item)] for item in rows],
                 "The same steps. Parts add up block by block; their medians need not.")


def steps(leaves, whole):
    """(label, start, size, component) of each bar, and what the medians leave over."""
    bars, at = [], 0.0
    for item in leaves:
        bars.append((item.short, at, item.excess["median"], item))
        at += item.excess["median"]
    rest = whole.excess["median"] - at if whole else 0.0
    largest = max([abs(item.excess["median"]) for item in leaves] +
                  ([abs(whole.excess["median"])] if whole else []))
    if whole and abs(rest) > SMALL * largest:
        bars.append(("medians need not add up", at, rest, None))
    if whole:
        bars.append((whole.short, 0.0, whole.excess["median"], whole))
    return bars


def style_of(item, size, whole):
    if item is whole or item is None:
        return ("$total", "") if item is whole else ("$same", ".")
    return ("$more", "/") if size > 0 else ("$less", "\\")


def bounds(bars, key):
    """Ends of the intervals, at the place where the bar ends."""
    return [start + item.excess[key] if item and item.excess.get(key) is not None else None
            for _, start, _, item in bars]


def trace(bars, whole, places):
    looks = [style_of(item, size, whole) for _, _, size, item in bars]
    ends = [start + size for _, start, size, _ in bars]
    low, high = bounds(bars, "low"), bounds(bars, "high")
    return {
        "type": "bar", "orientation": "h", "x": [size for _, _, size, _ in bars],
        "y": list(range(len(bars))), "base": [start for _, start, _, _ in bars], "width": 0.62,
        "marker": {"color": [look[0] for look in looks],
                   "pattern": {"shape": [look[1] for look in looks], "fgcolor": "$paper",
                               "size": 6, "solidity": 0.25, "fillmode": "overlay"}},
        "error_x": {"type": "data", "symmetric": False, "thickness": 1.4, "width": 4,
                    "color": "$ink",
                    "array": [up - end if up is not None else 0 for up, end in zip(high, ends)],
                    "arrayminus": [end - down if down is not None else 0
                                   for down, end in zip(low, ends)]},
        "hovertext": [f"{signed(size, places)} ms" for _, _, size, _ in bars],
        "hoverinfo": "text",
    }


def signed(value, places):
    return ("+" if value > 0 else "") + fixed(value, places)


def fill(section, results):
    every = components.of(results)
    leaves, whole = components.leaves(every), components.total(every)
    if not leaves:
        raise Missing("the ledger has no component: traced runs of both arms make one "
                      "(without --no-bpf, under one lock)")
    places = places_for([item.excess["median"] for item in leaves])
    bars = steps(leaves, whole)
    section.texts.append(
        f"What {results.other} spends more than {results.base}, by the state of the lock: every "
        "step begins where the one above it ends. Striped like / adds time, like \\ saves time; "
        "whiskers are 95 % intervals.")
    alt = "; ".join(f"{label} {signed(size, places)} ms" for label, _, size, _ in bars)
    layout = {
        "xaxis": axis(f"ms more than {results.base}", zeroline=True),
        "yaxis": names([f"{label} {signed(size, places)}" for label, _, size, _ in bars], 24),
    }
    section.figures.append(Figure(
        "waterfall-steps", f"From {results.base} to {results.other}", f"Steps: {alt}.",
        [trace(bars, whole, places)], layout, 90 + 42 * len(bars),
        table(leaves + ([whole] if whole else []))))
