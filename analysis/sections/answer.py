# SPDX-License-Identifier: GPL-2.0-or-later
"""answer - the sentence that the experiment was made for, and how far its evidence agrees."""

from ..folder import Missing, clean
from ..words import fixed, interval, whole

NAME, TITLE = "answer", "The answer"


def capital(text):
    return text[:1].upper() + text[1:]


def sentence(text):
    """One of ours with its full stop, and no line that begins with a unit."""
    text = capital(text.strip()).rstrip(".") + "."
    return text.replace(" %", "\u00a0%").replace(" ms", "\u00a0ms")


def add_cards(section, report, results):
    slowdown = report.get("slowdown")
    if slowdown and slowdown.get("median") is not None:
        section.cards.append(("slowdown", f"× {fixed(slowdown['median'], 2)}",
                              f"95 % interval {fixed(slowdown.get('low'), 3)} to "
                              f"{fixed(slowdown.get('high'), 3)}"))
    excess = report.get("excess_ms")
    if excess and excess.get("median") is not None:
        section.cards.append(("excess", f"{fixed(excess['median'], 1)} ms",
                              interval(excess, 1)[len(fixed(excess["median"], 1)):].strip()))
    for arm in report.get("arms") or []:
        if arm.get("arm") == results.other and isinstance(arm.get("handoffs"), (int, float)):
            section.cards.append(("lock hand-offs", whole(arm["handoffs"]),
                                  f"per run of {results.other}"))
    runs = report.get("runs")
    if isinstance(runs, (int, float)):
        bad = report.get("runs_not_valid") or 0
        section.cards.append(("runs", whole(runs), f"{whole(bad)} of them not valid"
                              if bad else "every one valid"))


def plain_report(results):
    """report.txt as it is, but for what could turn lines around; None if there is none."""
    try:
        text = results.folder.read("report.txt", "").decode("utf-8", "replace")
    except Missing:
        return None
    return "\n".join(clean(line) for line in text.split("\n"))


def add_programs(section, results):
    """Which two command lines `compare` has compared."""
    try:
        parameters = results.json("environment.json").get("parameters") or {}
    except Missing:
        return
    for arm in ("base", "other"):
        if isinstance(parameters.get(arm), str):
            section.texts.append(f"{arm}: `{parameters[arm].replace('`', chr(0x2018))}`")


def fill(section, results):
    if not results.compares:
        section.pre = plain_report(results)
        return
    try:
        report = results.json("report.json")
    except Missing:
        section.pre = plain_report(results)
        raise
    if not isinstance(report.get("answer"), str):
        raise Missing("report.json holds no answer; " + results.remake())
    section.quote = sentence(report["answer"])
    if report.get("agreement"):
        section.texts.append(sentence(report["agreement"]))
    add_programs(section, results)
    add_cards(section, report, results)
