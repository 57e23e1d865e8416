# SPDX-License-Identifier: GPL-2.0-or-later
"""slowdown - how long every arm takes, as a ratio to the first, with its interval."""

from ..figure import Cell, Figure, Table, axis, errors, names, upright
from ..folder import Missing
from ..words import fixed, interval, plot, whole

NAME, TITLE = "slowdown", "How much slower"


def cell(figure, places):
    return Cell(interval(figure, places), (figure or {}).get("median"))


def plain(value):
    return Cell(whole(value), value) if isinstance(value, (int, float)) else Cell("–")


def table(arms, base):
    head = ["arm", "wall time, ms", f"time / {base}", "switches", "hand-offs", "page faults",
            "memory, MB", "traced / untraced"]
    rows = [[arm["arm"], cell(arm.get("wall_ms"), 1), cell(arm.get("ratio"), 3),
             plain(arm.get("switches")), plain(arm.get("handoffs")), plain(arm.get("faults")),
             plain(arm.get("max_rss_mb")), cell(arm.get("overhead"), 3)] for arm in arms]
    return Table(head, rows, "Each arm: median and 95 % interval over the blocks, counts per run.")


def fill(section, results):
    report = results.json("report.json")
    arms = report.get("arms") or []
    if not arms:
        raise Missing("report.json names no arm; " + results.remake())
    section.texts.append(f"Wall time of an arm divided by that of {results.base} in the same "
                         "block: drift of the machine cancels. A dot is the median, its whiskers "
                         "are the 95 % interval; right of the dashed line is slower.")
    shown = [arm for arm in arms if (arm.get("ratio") or {}).get("median") is not None]
    middle = [arm["ratio"]["median"] for arm in shown]
    points = {
        "type": "scatter", "mode": "markers", "x": middle, "y": list(range(len(shown))),
        "marker": {"color": "$accent", "size": 11, "symbol": "circle"},
        "error_x": errors([arm["ratio"].get("low") for arm in shown], middle,
                          [arm["ratio"].get("high") for arm in shown]),
        "hovertext": [plot(f"{arm['arm']}: {interval(arm['ratio'], 3)}") for arm in shown],
        "hoverinfo": "text",
    }
    alt = "; ".join(f"{arm['arm']} {interval(arm['ratio'], 3)}" for arm in shown)
    layout = {"xaxis": axis(f"wall time / {results.base}"), "shapes": [upright(1)],
              "yaxis": names([f"{arm['arm']}  ×{fixed(arm['ratio']['median'], 2)}"
                              for arm in shown])}
    section.figures.append(Figure(
        "slowdown-arms", f"Wall time as a multiple of {results.base}",
        f"Ratios with their intervals: {alt}.", [points], layout, 90 + 42 * len(shown),
        table(arms, results.base)))
