# SPDX-License-Identifier: GPL-2.0-or-later
"""histograms - how long holds, waits and slices are, in buckets that double."""

import math

from .. import style
from ..figure import Cell, Figure, Table, axis
from ..folder import Missing
from ..words import duration, fixed, plot, tick

NAME, TITLE = "histograms", "How long: holds, waits, slices"
SHOWN = {
    "hold": "Hold: a thread keeps the lock",
    "handoff": "Hand-off: the lock is free until its next owner has it",
    "ready": "Wait: runnable until a CPU is free",
    "slice": "Slice: on a CPU without a break",
}
MOST_TICKS = 5
TICKS = [10 ** power for power in range(0, 11)]


def per_run(rows, runs):
    """Events per run, by bucket and arm."""
    counts = rows.groupby(["low_ns", "arm"])["count"].sum().unstack()
    for arm in counts.columns:
        counts[arm] = counts[arm] / max(1, (runs["arm"] == arm).sum())
    return counts.sort_index()


def lines(counts, arms):
    traces = []
    for index, arm in enumerate(arms):
        if arm not in counts.columns:
            continue
        colour, symbol, dash = style.arm(index)
        known = counts[arm].fillna(0)
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": plot(arm),
            "x": [max(1.0, low) * math.sqrt(2) for low in counts.index], "y": list(known),
            "line": {"color": colour, "dash": dash, "width": 2, "shape": "linear"},
            "marker": {"color": colour, "symbol": symbol, "size": 7},
            "hovertext": [plot(f"{arm}: {duration(low)} to {duration(2 * low or 2)}: "
                               f"{fixed(value, 2)} per run")
                          for low, value in known.items()], "hoverinfo": "text",
        })
    return traces


def table(counts, arms, title):
    arms = [arm for arm in arms if arm in counts.columns]
    rows = [[Cell(duration(low), low)] +
            [Cell(fixed(counts[arm][low], 2), counts[arm][low])
             if not math.isnan(counts[arm][low]) else Cell("–") for arm in arms]
            for low in counts.index]
    return Table(["from"] + [f"{arm}, per run" for arm in arms], rows,
                 f"{title}, in figures",
                 shown=False)


def fill(section, results):
    rows = results.of_traced("histograms.csv")
    rows = rows[rows["histogram"].isin(SHOWN)]
    if rows.empty:
        raise Missing("histograms.csv has none of these; traced runs write them")
    section.texts.append("Events per run, mean of the traced runs. A bucket ends where it is twice "
                         "as long as where it begins; the axis of time is logarithmic.")
    for name, title in SHOWN.items():
        mine = rows[rows["histogram"] == name]
        if mine.empty:
            continue
        arms = results.arms
        counts = per_run(mine, results.traced)
        low = math.log10(max(1, counts.index.min())) - 0.1
        high = math.log10(2 * max(1, counts.index.max())) + 0.1
        ticks = [power for power in TICKS if low <= math.log10(power) <= high]
        ticks = ticks[::2] if len(ticks) > MOST_TICKS else ticks
        layout = {"showlegend": True,
                  "xaxis": axis("duration", type="log", tickvals=ticks, range=[low, high],
                                ticktext=[tick(power) for power in ticks]),
                  "yaxis": axis("events per run", rangemode="tozero")}
        alt = "; ".join(f"{arm}: most often from {duration(counts[arm].idxmax())}"
                        for arm in arms if arm in counts.columns and counts[arm].notna().any())
        section.figures.append(Figure(f"histogram-{name}", title, alt, lines(counts, arms), layout,
                                      340, table(counts, arms, title)))
