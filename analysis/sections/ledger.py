# SPDX-License-Identifier: GPL-2.0-or-later
"""ledger - the lock's time: in every arm, how long it was in which state."""

from ..figure import Cell, Figure, Table, axis, bar, names
from ..folder import Missing
from ..style import LOCK_STATES
from ..words import duration, places_for, fixed

NAME, TITLE = "ledger", "The lock's ledger"


def medians(rows, arms):
    """Median ns by state (row) and arm (column); an arm without a row in a run is not there."""
    table = rows.pivot_table(index="state", columns="arm", values="ns", aggfunc="median")
    return table[[arm for arm in arms if arm in table.columns]]


def state_table(table, states, words, caption, shown=True):
    arms = list(table.columns)
    places = places_for(list((table / 1e6).to_numpy().flatten()))
    rows = [[f"{words.get(state, state)} ({state})"] +
            [Cell(fixed(table[arm][state] / 1e6, places), table[arm][state]) for arm in arms]
            for state in states if state in table.index]
    return Table(["state of the lock"] + [f"{arm}, ms" for arm in arms], rows, caption, shown)


def bars(table, arms):
    traces = []
    for state, look in LOCK_STATES.items():
        if state not in table.index:
            continue
        ms = [table[arm][state] / 1e6 for arm in arms]
        traces.append(bar(look.words, look, f"$lock-{state}", ms, list(range(len(arms))),
                          width=0.62, hovertext=[f"{look.words}: {duration(value * 1e6)}"
                                                 for value in ms], hoverinfo="text"))
    return traces


def held_parts(section, rows, arms):
    """held_running by what the sampled holder did."""
    parts = rows[rows["state"].str.startswith("held_running.")]
    if parts["ns"].notna().sum() == 0:
        return
    table = medians(parts, arms)
    words = {"held_running.user": "the program's own code",
             "held_running.fault": "page faults", "held_running.syscall": "system calls",
             "held_running.interrupt": "interrupts"}
    section.tables.append(state_table(table, list(table.index), words, "Held with the holder on "
                                      "a CPU, by what the holder was found doing when sampled: "
                                      "median per run."))


def fill(section, results):
    rows = results.of_traced("ledger.csv")
    whole = rows[rows["state"].isin(LOCK_STATES)]
    if whole.empty:
        raise Missing("no traced run found a lock; `--lock-symbols ACQUIRE:RELEASE` names one")
    arms = [arm for arm in results.arms if arm in set(whole["arm"])]
    table = medians(whole, arms)
    section.texts.append(
        "At every instant the lock is in exactly one of these states, so that the states of a "
        "run add up to its wall time. Shown is the median of every state over the traced runs.")
    alt = "; ".join(f"{arm}: " + ", ".join(
        f"{look.words} {duration(table[arm][state])}" for state, look in LOCK_STATES.items()
        if state in table.index and table[arm][state] > 0) for arm in arms)
    layout = {"barmode": "stack", "showlegend": True, "xaxis": axis("ms of wall time"),
              "yaxis": names(arms)}
    section.figures.append(Figure(
        "ledger-arms", "Time in each state of the lock, by arm", alt, bars(table, arms), layout,
        190 + 46 * len(arms), state_table(table, LOCK_STATES, {
            state: look.words for state, look in LOCK_STATES.items()},
            "Median per traced run.")))
    held_parts(section, rows, arms)
