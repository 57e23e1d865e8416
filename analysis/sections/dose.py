# SPDX-License-Identifier: GPL-2.0-or-later
"""dose - dose and response: the excess of runs against the hand-offs in them, and the fit."""

from .. import style
from ..figure import Cell, Figure, Table, axis
from ..folder import Missing
from ..words import fixed, interval, plot, whole

NAME, TITLE = "dose", "Dose and response"


def points(dose, arms):
    traces = []
    for arm in arms:
        mine = [point for point in dose["points"] if point.get("arm") == arm]
        colour, symbol, _ = style.arm(len(traces))
        if not mine:
            continue
        traces.append({
            "type": "scatter", "mode": "markers", "name": plot(arm),
            "x": [point["handoffs"] for point in mine],
            "y": [point["excess_ms"] for point in mine],
            "marker": {"color": colour, "symbol": symbol, "size": 8, "opacity": 0.85},
            "hovertext": [plot(f"{arm}, block {point.get('block')}: {whole(point['handoffs'])} "
                               f"hand-offs, {fixed(point['excess_ms'], 2)} ms")
                          for point in mine], "hoverinfo": "text",
        })
    return traces


def line(dose, most):
    slope, intercept = dose["slope_us"]["median"], dose["intercept_ms"]["median"]
    return {"type": "scatter", "mode": "lines", "name": "fit", "x": [0, most],
            "y": [intercept, intercept + slope * most / 1000], "hoverinfo": "skip",
            "line": {"color": "$ink", "width": 2, "dash": "solid"}}


def fit_table(dose):
    return Table(["figure", "median [95 % interval]"],
                 [["slope: full cost of one hand-off, µs",
                   Cell(interval(dose["slope_us"], 2), dose["slope_us"]["median"])],
                  ["intercept: excess with no hand-off at all, ms",
                   Cell(interval(dose["intercept_ms"], 2), dose["intercept_ms"]["median"])]],
                 "The fitted line.")


def point_table(dose):
    return Table(["block", "arm", "hand-offs", "excess, ms"],
                 [[Cell(str(point.get("block")), point.get("block")), str(point.get("arm")),
                   Cell(whole(point["handoffs"]), point["handoffs"]),
                   Cell(fixed(point["excess_ms"], 3), point["excess_ms"])]
                  for point in dose["points"]], "Every point of the plot.", shown=False)


def complete(dose):
    return isinstance(dose, dict) and dose.get("points") and all(
        (dose.get(key) or {}).get("median") is not None for key in ("slope_us", "intercept_ms"))


def fill(section, results):
    dose = results.json("report.json").get("dose")
    if not complete(dose):
        raise Missing("no line can be fitted: that takes runs with different numbers of hand-offs "
                      "in two blocks or more; more blocks (`--blocks`, `--budget`) give them, "
                      "`compare` also with `--arms base,other,other-interval-500`")
    section.texts.append(
        "Each point is a run: its hand-offs, and how much longer it took. The slope of the line is "
        "what one hand-off costs, everything included; the intercept is what would remain with no "
        "hand-off at all.")
    arms = list(dict.fromkeys(point.get("arm") for point in dose["points"]))
    most = max(point["handoffs"] for point in dose["points"])
    alt = (f"{len(dose['points'])} points, slope {interval(dose['slope_us'], 2)} µs per hand-off, "
           f"intercept {interval(dose['intercept_ms'], 2)} ms.")
    layout = {"showlegend": True, "xaxis": axis("hand-offs per run", rangemode="tozero"),
              "yaxis": axis(f"ms more than {results.base}")}
    section.figures.append(Figure(
        "dose-fit", "Excess against hand-offs", alt, points(dose, arms) + [line(dose, most)],
        layout, 400, fit_table(dose)))
    section.tables.append(point_table(dose))
