# SPDX-License-Identifier: GPL-2.0-or-later
"""environment - on what it was measured, with what, and what of it does not count, and why."""

from ..figure import Cell, Table
from ..folder import Missing
from ..words import fixed, interval, size, whole

NAME, TITLE = "environment", "Machine, parameters, validity"
MOST_RUNS = 40


def shown(value):
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (dict, list)):
        return ", ".join(map(shown, value.values() if isinstance(value, dict) else value))
    return str(value)


def rows_of(tree):
    return [[key.replace("_", " "), size(value) if key.endswith("_bytes") and value is not None
             else shown(value)] for key, value in tree.items()]


def tables_of(environment):
    quoted = " ".join(str(word) for word in environment.get("command") or [])
    run = {"command": quoted, "started": environment.get("started_utc"),
           "switchtax": environment.get("switchtax"), "seed": environment.get("seed"),
           "stopped because": environment.get("stop_reason"),
           "tracing": "by BPF" if (environment.get("bpf") or {}).get("used") else
           f"none: {(environment.get('bpf') or {}).get('reason') or 'not said'}"}
    parameters = environment.get("parameters") or {}
    machine = {**(environment.get("machine") or {}), **(environment.get("versions") or {})}
    return [Table(["Experiment", ""], rows_of(run) + rows_of(parameters), ""),
            Table(["Machine", ""], rows_of(machine), "")]


def validity(results):
    """Runs by arm: how many, how many count, what disturbed them."""
    rows = []
    for arm in results.arms:
        mine = results.runs[results.runs["arm"] == arm]
        counted = mine[(mine["valid"] == 1) & (mine["block"] > 0)]
        steal = counted["steal_ns"].sum(min_count=1)
        lost = mine["events_lost"].sum(min_count=1)
        rows.append([arm, Cell(whole(len(mine)), len(mine)),
                     Cell(whole((mine["block"] == 0).sum()), int((mine["block"] == 0).sum())),
                     Cell(whole((mine["valid"] != 1).sum()), int((mine["valid"] != 1).sum())),
                     Cell(whole(len(counted)), len(counted)),
                     Cell(whole(lost), None if lost != lost else float(lost)),
                     Cell(fixed(steal / 1e6, 1), None if steal != steal else float(steal))])
    return Table(["arm", "runs", "warm-up", "not valid", "counted", "events lost",
                  "stolen time, ms"], rows, "Runs, and what spoils them.")


def refused(results):
    runs = results.runs[results.runs["valid"] != 1]
    if runs.empty:
        return None
    rows = [[row["run_id"], row["reason"] or "no reason given"]
            for row in runs.head(MOST_RUNS).to_dict("records")]
    caption = "Runs that are not valid; no figure uses them."
    if len(runs) > MOST_RUNS:
        caption += f" The first {MOST_RUNS} of {len(runs)}; runs.csv has all."
    return Table(["run", "reason"], rows, caption)


def runs_table(results):
    rows = [[row["run_id"], "yes" if row["traced"] == 1 else "no",
             "yes" if row["valid"] == 1 else "no",
             Cell(fixed(row["wall_ns"] / 1e6, 2), row["wall_ns"]),
             Cell(whole(row["switches_voluntary"] + row["switches_involuntary"])),
             Cell(whole(row["handoffs"]))] for row in results.runs.head(500).to_dict("records")]
    caption = "Every run." if len(rows) == len(results.runs) else \
        f"The first {len(rows)} of {len(results.runs)} runs; runs.csv has all."
    return Table(["run", "traced", "valid", "wall time, ms", "switches", "hand-offs"], rows,
                 caption, shown=False)


def overhead(report):
    rows = [[arm["arm"], Cell(interval(arm["overhead"], 3), arm["overhead"]["median"])]
            for arm in report.get("arms") or []
            if (arm.get("overhead") or {}).get("median") is not None]
    return Table(["arm", "traced / untraced wall time"], rows,
                 "What watching costs: the same arms with and without probes.") if rows else None


def fill(section, results):
    section.tables.append(validity(results))
    for table in (refused(results),):
        if table:
            section.tables.append(table)
    try:
        report = results.json("report.json")
        section.texts += [str(note) for note in report.get("notes") or []]
        disturbed = report.get("disturbed_runs")
        if isinstance(disturbed, (int, float)):
            number = whole(disturbed) if disturbed else "No"
            were = "run was" if disturbed in (0, 1) else "runs were"
            section.texts.append(f"{number} {were} disturbed by others (stolen time, load); such "
                                 "runs are marked by their cause, never dropped for their size.")
        section.tables += [table for table in (overhead(report),) if table]
    except Missing as missing:
        section.missing.append(str(missing))
    try:
        section.tables += tables_of(results.json("environment.json"))
    except Missing as missing:
        section.missing.append(str(missing))
    section.tables.append(runs_table(results))
