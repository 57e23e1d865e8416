# SPDX-License-Identifier: GPL-2.0-or-later
"""components - the verdict's parts, from report.json or, in an older folder, verdict.csv."""

import math

from . import style
from .folder import Missing

PARENTS = {
    "handoff_signal": "switching", "handoff_queue": "switching", "handoff_take": "switching",
    "held_preempted_self": "switching", "page_faults": "held_running",
    "working_set": "held_running", "memory": "held_running", "lock_operations": "held_running",
    "not_explained": "held_running",
}
# Of the ledger: what no whole holds.
ALONE = ("total", "switch_direct")


class Component:
    """label: the verdict's own words; short: those that fit beside an axis."""

    def __init__(self, method, name, label, parent, excess, share):
        self.short = style.COMPONENTS.get(name) or label
        self.method = method
        self.name = name
        self.label = label
        self.parent = parent
        self.excess = excess
        self.share = share

    @property
    def known(self):
        return bool(self.excess) and self.excess.get("median") is not None


def label_of(item):
    """The report's words for a line, without what places it among the lines above."""
    text = (item.get("label") or item["component"]).removeprefix("of it ")
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    if text == item["component"]:
        return style.COMPONENTS.get(text, text)
    return text.lower() if text.isupper() else text


def from_report(report):
    return [Component(item.get("method"), item["component"], label_of(item),
                      item.get("parent"), item.get("excess_ms"), item.get("share"))
            for item in report["components"]]


def figure_of(row, middle, low, high):
    if math.isnan(row[middle]):
        return None
    return {"median": row[middle], "low": None if math.isnan(row[low]) else row[low],
            "high": None if math.isnan(row[high]) else row[high]}


def parent_of(method, name):
    """As report.json says it, for folders that have none."""
    if method != "ledger" or name in ALONE:
        return None
    return PARENTS.get(name, "total")


def from_verdict(rows):
    return [Component(row["method"], row["component"],
                      style.COMPONENTS.get(row["component"], row["component"]),
                      parent_of(row["method"], row["component"]),
                      figure_of(row, "excess_ms", "low_ms", "high_ms"),
                      figure_of(row, "share", "share_low", "share_high"))
            for row in rows.to_dict("records")]


def of(results):
    """All components; Missing if neither file is there."""
    try:
        report = results.json("report.json")
        if report.get("components"):
            return from_report(report)
    except Missing:
        pass
    return from_verdict(results.csv("verdict.csv"))


def leaves(components):
    """Those of the ledger without parts: they add up to its total, block by block."""
    known = [item for item in components if item.method == "ledger" and item.known and
             item.parent]
    parents = {item.parent for item in known}
    return [item for item in known if item.name not in parents]


def total(components, method="ledger"):
    return next((item for item in components if item.method == method and item.known and
                 item.name == "total"), None)
