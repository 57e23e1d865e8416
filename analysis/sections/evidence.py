# SPDX-License-Identifier: GPL-2.0-or-later
"""evidence - the three lines side by side: what each says, with its interval."""

from .. import components
from ..figure import Cell, Figure, Table, axis, errors, names, upright
from ..folder import Missing
from ..words import fixed, interval, places_for, plot
from .waterfall import share

NAME, TITLE = "evidence", "Three lines of evidence"
SYMBOLS = {"ledger": ("circle", "$lock-held_running"),
           "ladder": ("square", "$lock-held_preempted_self"),
           "dose": ("diamond", "$lock-handoff_take")}
# Of the ledger, what the others speak of as well; the waterfall has the rest.
OF_LEDGER = ("total", "switching", "memory", "page_faults", "not_explained")


def chosen(every):
    items = [item for item in every if item.known and
             (item.method != "ledger" or item.name in OF_LEDGER)]
    order = list(dict.fromkeys(item.name for item in items))
    return sorted(items, key=lambda item: order.index(item.name))


def points(method, items, rows):
    middle = [item.excess["median"] for item in items]
    symbol, colour = SYMBOLS.get(method, ("cross", "$muted"))
    return {
        "type": "scatter", "mode": "markers", "name": method, "x": middle, "y": rows,
        "marker": {"color": colour, "symbol": symbol, "size": 10},
        "error_x": errors([item.excess.get("low") for item in items], middle,
                          [item.excess.get("high") for item in items]),
        "hovertext": [plot(f"{item.method}, {item.short}: {interval(item.excess, 2)} ms")
                      for item in items], "hoverinfo": "text",
    }


def table(every):
    places = places_for([item.excess["median"] for item in every if item.known])
    rows = [[item.method, item.label, Cell(interval(item.excess, places),
                                           item.excess["median"] if item.known else None),
             share(item)] for item in every]
    return Table(["method", "component", "ms [95 % interval]", "% of the excess"], rows,
                 "Every component by every method, as in verdict.csv.", shown=False)


def fill(section, results):
    every = components.of(results)
    items = chosen(every)
    if not items:
        raise Missing("no component of any method; " + results.remake())
    section.texts.append(
        "The ledger adds up the lock's states in traced runs; the ladder subtracts neighbouring "
        "arms of untraced runs; dose and response fits the excess against the number of "
        "hand-offs. They are measured independently of each other: where their intervals "
        "overlap, they agree.")
    traces = []
    for method in dict.fromkeys(item.method for item in items):
        rows = [index for index, item in enumerate(items) if item.method == method]
        traces.append(points(method, [items[row] for row in rows], rows))
    alt = "; ".join(f"{item.method}, {item.short}: {fixed(item.excess['median'], 2)} ms"
                    for item in items)
    layout = {"xaxis": axis("ms of excess"), "shapes": [upright(0)],
              "yaxis": names([f"{item.method}: {item.short}" for item in items], 26)}
    section.figures.append(Figure("evidence-lines", "The excess and its parts, by each method",
                                  f"{alt}.", traces, layout, 90 + 40 * len(items), table(every)))
