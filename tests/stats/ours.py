# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks the loader's own statistics, through tests/tools/statistics."""

import os
import subprocess

TOOL = os.path.join(os.environ.get("BUILD", "build"), "tests", "tools", "statistics")

STATES = ("held_running", "held_preempted_self", "held_preempted_other", "held_blocked",
          "held_waking", "held_throttled", "handoff_signal", "handoff_queue",
          "handoff_queue_self", "handoff_queue_other", "handoff_throttled", "handoff_take",
          "free_idle")
# Which states a component of the verdict is made of, where it is not the one of its name.
JOINED = {"handoff_queue": ("handoff_queue", "handoff_queue_self"),
          "held_preempted_other": ("held_preempted_other", "held_throttled",
                                   "handoff_queue_other", "handoff_throttled"),
          "held_blocked": ("held_blocked", "held_waking")}
COMPONENTS = {name: JOINED.get(name, (name,)) for name in (
    "held_running", "held_preempted_self", "held_preempted_other", "held_blocked",
    "handoff_signal", "handoff_queue", "handoff_take", "free_idle")}


def text(number):
    return format(number, ".17g")


def value_lines(values):
    return [f"value {text(value)}" for value in values]


def point_lines(points):
    return [f"point {block} {text(handoffs)} {text(excess)}" for block, handoffs, excess in points]


def run_line(run):
    numbers = [run["wall"], run["handoffs"], run["acquisitions"], run["faults"], *run["lock"]]
    return (f"run {run['arm']} {run['block']} {int(run['traced'])} {int(run['valid'])} "
            + " ".join(map(text, numbers)))


def run_lines(runs):
    return [run_line(run) for run in runs]


def parse(output):
    """One dictionary per experiment: name -> list of lists of numbers."""
    answers, answer = [], {}
    for line in output.splitlines():
        name, *numbers = line.split()
        if name == "end":
            answers.append(answer)
            answer = {}
        else:
            answer.setdefault(name, []).append([float(number) for number in numbers])
    return answers


def ask(experiments, prices_ns=(0.0, 0.0)):
    """Experiments are lists of lines; all are answered by one process."""
    lines = "".join("\n".join(lines) + "\nend\n" for lines in experiments)
    done = subprocess.run([TOOL, *map(text, prices_ns)], input=lines, capture_output=True,
                          text=True, check=True)
    answers = parse(done.stdout)
    assert len(answers) == len(experiments)
    return answers
