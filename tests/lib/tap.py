# SPDX-License-Identifier: GPL-2.0-or-later
"""A pytest plugin: say results as TAP, as the other suites do (tests/run counts them)."""

import pytest

LINES = 20


def say(outcome, name, rest=""):
    print(f"{outcome} - {name}{rest}", flush=True)


def explain(report):
    """The end of it says what was wrong, and where."""
    for line in report.longreprtext.splitlines()[-LINES:]:
        print(f"# {line}", flush=True)


def pytest_runtest_logreport(report):
    if report.skipped:
        say("ok", report.nodeid, f" # skip {report.longrepr[2]}")
    elif report.failed:
        say("not ok", f"{report.nodeid} ({report.when})")
        explain(report)
    elif report.when == "call":
        say("ok", report.nodeid)


def pytest_collectreport(report):
    if report.failed:
        say("not ok", f"{report.nodeid} (collection)")
        explain(report)


@pytest.hookimpl(tryfirst=True)
def pytest_internalerror(excrepr):
    say("not ok", f"pytest itself: {excrepr}".replace("\n", "\n# "))
