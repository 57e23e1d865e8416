# SPDX-License-Identifier: GPL-2.0-or-later
"""threads - the threads' time in one run: on a CPU, runnable, behind the lock, asleep."""

from ..figure import Cell, Figure, Table, axis, bar, names
from ..folder import Missing
from ..style import THREAD_STATES
from ..words import duration, fixed, plot

NAME, TITLE = "threads", "The threads' ledger"
MOST_THREADS = 16


def name_of(row):
    return f"{int(row['thread'])} {row['comm']}"


def table(rows, everyone):
    cells = [[name_of(row), Cell(str(int(row["tid"])), row["tid"])] +
             [Cell(fixed(row[f"{key}_ns"] / 1e6, 2), row[f"{key}_ns"])
              for key in ("life", *THREAD_STATES)] for row in rows.to_dict("records")]
    caption = "Every thread of the run." if len(rows) == everyone else \
        f"The {len(rows)} that lived longest; threads.csv has all {everyone} rows."
    return Table(["thread", "tid", "life, ms"] +
                 [f"{look.words}, ms" for look in THREAD_STATES.values()], cells, caption,
                 shown=False)


def fill(section, results):
    every = results.csv("threads.csv")
    run = results.shown_run()
    rows = every[every["run_id"] == run]
    if rows.empty:
        raise Missing(f"threads.csv has no thread of run {run}; traced runs write them")
    everyone = len(rows)
    # The last row of a run with thousands is of all others together, and has no tid.
    rows = rows[rows["tid"].notna()].nlargest(MOST_THREADS, "life_ns").sort_values("thread")
    section.texts.append(f"Run {run}: the life of each thread, split without a rest. Time asleep "
                         "because of the lock is told from other sleep where a lock was found.")
    traces = []
    for state, look in THREAD_STATES.items():
        ms = [None if value != value else value / 1e6 for value in rows[f"{state}_ns"]]
        traces.append(bar(look.words, look, f"$thread-{state}", ms, list(range(len(rows))),
                          width=0.62, hoverinfo="text",
                          hovertext=[f"{look.words}: {duration((value or 0) * 1e6)}"
                                     for value in ms]))
    alt = "; ".join(f"thread {plot(name_of(row))}: " + ", ".join(
        f"{look.words} {duration(row[f'{state}_ns'])}" for state, look in THREAD_STATES.items())
        for row in rows.head(6).to_dict("records"))
    layout = {"barmode": "stack", "showlegend": True, "xaxis": axis("ms of the thread's life"),
              "yaxis": names([name_of(row) for row in rows.to_dict("records")])}
    section.figures.append(Figure("threads-run", f"Threads of run {run}", alt, traces, layout,
                                  170 + 36 * len(rows), table(rows, everyone)))
