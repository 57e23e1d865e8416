# SPDX-License-Identifier: GPL-2.0-or-later
"""timeline - swim lanes: the lock and every thread over a stretch of one run, with hand-offs.

A run has more switches than a page can hold: the stretch is cut around the hand-off in the
middle of the run, and the text says what part of the run it is.
"""

import pandas

from ..figure import Cell, Figure, Table, axis, bar
from ..folder import Missing
from ..style import LOCK_STATES, THREAD_STATES
from ..words import duration, fixed, plot, whole, wrapped

NAME, TITLE = "timeline", "Timeline"
MOST_LANES = 16
MOST_SEGMENTS = 2400
# What is seen at first; the slider below has the rest of the stretch.
FIRST_HANDOFFS = 8
MOST_LISTED = 60


def pick_threads(events):
    """The threads to draw, in their order: of hand-offs, else those with most events."""
    handoffs = events[events["kind"] == "handoff"]
    chosen = pandas.concat([handoffs["thread"], handoffs["from_thread"]]).dropna()
    if chosen.empty:
        chosen = events[events["kind"] == "thread"]["thread"]
    return sorted(int(thread) for thread in chosen.value_counts().head(MOST_LANES).index)


def stretch(events, handoffs):
    """(start, end) in ns that holds no more segments than a page can."""
    spans = events[events["kind"] != "handoff"]
    start, end = spans["start_ns"].min(), spans["end_ns"].max()
    if len(spans) <= MOST_SEGMENTS:
        return start, end
    middle = handoffs["end_ns"].median() if len(handoffs) else (start + end) / 2
    low, high = 0.0, float(end - start)
    for _ in range(40):
        half = (low + high) / 2
        inside = ((spans["end_ns"] > middle - half) & (spans["start_ns"] < middle + half)).sum()
        low, high = (half, high) if inside <= MOST_SEGMENTS else (low, half)
    return max(start, middle - low), min(end, middle + low)


def cut(rows, start, end):
    rows = rows[(rows["end_ns"] > start) & (rows["start_ns"] < end)].copy()
    rows["start_ns"] = rows["start_ns"].clip(lower=start)
    rows["end_ns"] = rows["end_ns"].clip(upper=end)
    return rows


def segments(rows, looks, prefix, lane_of):
    """One trace for each state: bars that begin at their base."""
    traces = []
    for state, look in looks.items():
        mine = rows[rows["state"] == state]
        if mine.empty:
            continue
        starts = [round(value / 1e6, 6) for value in mine["start_ns"]]
        lengths = [round(value / 1e6, 6) for value in mine["end_ns"] - mine["start_ns"]]
        lanes = [lane_of(row) for row in mine.to_dict("records")]
        hover = [f"{look.words}: {duration(length * 1e6)}" for length in lengths]
        if prefix == "lock":
            owners = [f", thread {int(thread)}" if thread == thread else ""
                      for thread in mine["thread"]]
            hover = [text + owner for text, owner in zip(hover, owners)]
        trace = bar(f"{prefix}: {look.words}", look, f"${prefix}-{state}", lengths, lanes,
                    base=starts, width=0.72, hovertext=hover, hoverinfo="text")
        trace["marker"]["line"]["width"] = 0
        traces.append(trace)
    return traces


def arrows(handoffs, lanes):
    """From the lane of who released to that of who took, a triangle where it arrives."""
    traces = []
    for kind, symbol, dash in (("forced", "triangle-down", "solid"),
                               ("voluntary", "diamond", "dot")):
        mine = handoffs[handoffs["state"] == kind]
        x, y, hover = [], [], []
        for row in mine.to_dict("records"):
            if row["from_thread"] not in lanes or row["thread"] not in lanes:
                continue
            x += [row["start_ns"] / 1e6, row["end_ns"] / 1e6, None]
            y += [lanes[row["from_thread"]], lanes[row["thread"]], None]
            text = (f"hand-off, {kind}: thread {int(row['from_thread'])} to "
                    f"{int(row['thread'])}, {duration(row['end_ns'] - row['start_ns'])}")
            hover += [text, text, ""]
        if x:
            traces.append({"type": "scatter", "mode": "lines+markers", "x": x, "y": y,
                           "name": f"hand-off, {kind}", "hovertext": hover, "hoverinfo": "text",
                           "line": {"color": "$ink", "width": 1.4, "dash": dash},
                           "marker": {"color": "$ink", "symbol": symbol,
                                      "size": [0, 9, 0] * (len(x) // 3)}})
    return traces


def first_view(handoffs, start, end):
    """A few hand-offs, so that a lane's segments can be told apart."""
    if len(handoffs) <= FIRST_HANDOFFS:
        return start, end
    middle = len(handoffs) // 2
    few = handoffs.sort_values("start_ns").iloc[max(0, middle - FIRST_HANDOFFS // 2):
                                                middle + FIRST_HANDOFFS // 2]
    margin = (few["end_ns"].max() - few["start_ns"].min()) * 0.08
    return max(start, few["start_ns"].min() - margin), min(end, few["end_ns"].max() + margin)


def summary_table(rows, names):
    totals = (rows["end_ns"] - rows["start_ns"]).groupby([rows["thread"], rows["state"]]).sum()
    cells = [[name] + [Cell(fixed(totals.get((thread, state), 0) / 1e6, 3),
                            float(totals.get((thread, state), 0))) for state in THREAD_STATES]
             for thread, name in names.items()]
    return Table(["thread"] + [f"{look.words}, ms" for look in THREAD_STATES.values()], cells,
                 "The lanes of the stretch in figures.", shown=False)


def handoff_table(handoffs):
    cells = [[Cell(fixed(row["start_ns"] / 1e6, 3), row["start_ns"]),
              Cell(whole(row["from_thread"]), row["from_thread"]),
              Cell(whole(row["thread"]), row["thread"]), str(row["state"]),
              Cell(fixed((row["end_ns"] - row["start_ns"]) / 1e3, 1),
                   row["end_ns"] - row["start_ns"])]
             for row in handoffs.head(MOST_LISTED).to_dict("records")]
    caption = "Hand-offs of the stretch." if len(cells) == len(handoffs) else \
        f"The first {len(cells)} of the stretch's {len(handoffs)} hand-offs."
    return Table(["released at, ms", "by thread", "taken by", "kind", "took, µs"], cells, caption,
                 shown=False)


def lane_names(events, threads):
    comms = events[events["kind"] == "thread"].drop_duplicates("thread").set_index("thread")
    return {thread: f"{thread} {comms['comm'].get(thread, '')}" for thread in threads}


def said(run, begins, ends, events, shown, every, lanes, complete):
    text = (f"Run {run}, from {fixed(begins / 1e6, 1)} to {fixed(ends / 1e6, 1)} ms of "
            f"{fixed(events['end_ns'].max() / 1e6, 1)} ms: {shown} of {every} hand-offs.")
    total = events[events["kind"] == "thread"]["thread"].nunique()
    if lanes < total:
        text += f" {lanes} of {total} threads: those that hand the lock on, or do most."
    if not complete:
        text += " The timeline is longer than a page reads; this is from its beginning."
    return text + (" Drag over the lanes, or the handles of the strip below them, to look closer; "
                   "a double click goes back.")


def fill(section, results):
    run = results.shown_run()
    events, complete = results.folder.timeline(run)
    if events.empty:
        raise Missing(f"the timeline of run {run} is empty")
    threads = pick_threads(events)
    every = events[events["kind"] == "handoff"]
    start, end = stretch(events, every)
    inside = cut(events, start, end)
    handoffs = every[(every["end_ns"] > start) & (every["start_ns"] < end)]
    handoffs = handoffs.sort_values("start_ns")
    lock, rows = inside[inside["kind"] == "lock"], inside[inside["kind"] == "thread"]
    rows = rows[rows["thread"].isin(threads)]
    names = lane_names(events, threads)
    first = 0 if lock.empty else 1
    lanes = {thread: index + first for index, thread in enumerate(threads)}
    traces = segments(lock, LOCK_STATES, "lock", lambda row: 0) + \
        segments(rows, THREAD_STATES, "thread", lambda row: lanes[row["thread"]]) + \
        arrows(handoffs, lanes)
    section.texts.append(said(run, start, end, events, len(handoffs), len(every),
                              len(threads), complete))
    section.figures.append(draw(traces, (["the lock"] if first else []) + list(names.values()),
                                first_view(handoffs, start, end), (start, end), handoffs))
    section.figures[0].table = summary_table(rows, names)
    if len(handoffs):
        section.tables.append(handoff_table(handoffs))


def draw(traces, labels, view, whole_stretch, handoffs):
    alt = (f"{len(labels)} lanes: {', '.join(labels[:6])}; {len(handoffs)} hand-offs. The tables "
           "below have the figures.")
    layout = {
        "barmode": "overlay", "showlegend": True, "dragmode": "zoom",
        "xaxis": axis("ms since the window's start", fixedrange=False,
                      range=[view[0] / 1e6, view[1] / 1e6],
                      rangeslider={"visible": True, "thickness": 0.12, "bordercolor": "$grid",
                                   "borderwidth": 1, "bgcolor": "$card",
                                   "range": [whole_stretch[0] / 1e6, whole_stretch[1] / 1e6]}),
        "yaxis": {"automargin": True, "fixedrange": True, "zeroline": False, "showgrid": False,
                  "tickmode": "array", "tickvals": list(range(len(labels))),
                  "ticktext": [wrapped(label, 14) for label in labels],
                  "range": [len(labels) - 0.45, -0.55], "linecolor": "$muted"},
    }
    return Figure("timeline-lanes", "Who ran, who waited, who held the lock", plot(alt), traces,
                  layout, 330 + 40 * len(labels), zoom=True, below=122)
