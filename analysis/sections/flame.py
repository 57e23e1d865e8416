# SPDX-License-Identifier: GPL-2.0-or-later
"""flame - where the lock's holder was found: OTHER's stacks, coloured by how BASE's differ.

A differential flame graph (B. Gregg, "Differential Flame Graphs", 2014) as icicles, the root on
top: a box is as wide as its samples in OTHER; red and "+" have grown over BASE, blue and "−"
have shrunk. Samples are per run, since arms may have different numbers of runs.
"""

from ..figure import Cell, Figure, Table
from ..folder import Missing
from ..words import fixed, plot

NAME, TITLE = "flame", "Flame graph of the difference"
MOST_BOXES = 1200
SMALLEST = 0.002
MOST_FUNCTIONS = 25
MOST_DEPTH = 64
# From BASE's to OTHER's, in a page's light and dark theme alike: text on them stays black.
SHRUNK = ["#dfe7f3", "#b9d0ea", "#8fb8e0", "#63a0d8"]
GROWN = ["#f6e3dc", "#f5c3b0", "#f0a184", "#e8825c"]


class Node:
    def __init__(self):
        self.base = self.other = 0.0
        self.samples = 0
        self.children = {}


def tree_of(stacks, runs):
    """All stacks as one tree; every node with the samples of it and all below it."""
    root = Node()
    for frames, (base, other) in stacks:
        node = root
        for frame in [None] + frames[:MOST_DEPTH]:
            node = node if frame is None else node.children.setdefault(frame, Node())
            node.base += base / runs[0]
            node.other += other / runs[1]
            node.samples += other
    return root


def colour(node, largest):
    change = (node.other - node.base) / largest if largest else 0
    level = min(3, int(abs(change) ** 0.5 * 4))
    if abs(change) < 0.002:
        return "#e9e9e6"
    return (GROWN if change > 0 else SHRUNK)[level]


def signed(value):
    return ("+" if value > 0 else "") + fixed(value, 1)


def boxes(root):
    """(id, parent, name, node), widest first, as many as a page holds."""
    found, queue = [], [("all", "", "all", root)]
    while queue:
        queue.sort(key=lambda item: -item[3].other)
        item = queue.pop(0)
        if len(found) >= MOST_BOXES:
            break
        found.append(item)
        for number, (name, child) in enumerate(item[3].children.items()):
            if child.other > SMALLEST * root.other:
                queue.append((f"{item[0]}.{number}", item[0], name, child))
    return found


def trace(root):
    found = boxes(root)
    largest = max(abs(node.other - node.base) for _, _, _, node in found)
    return {
        "type": "icicle", "ids": [item[0] for item in found],
        "parents": [item[1] for item in found],
        "labels": [plot(f"{name} {signed(node.other - node.base)}")
                   for _, _, name, node in found],
        # Whole numbers: plotly draws nothing if children exceed their parent, be it by rounding.
        "values": [node.samples for _, _, _, node in found],
        "branchvalues": "total", "tiling": {"orientation": "v"}, "sort": False,
        "marker": {"colors": [colour(node, largest) for _, _, _, node in found],
                   "line": {"color": "$paper", "width": 1}},
        "textfont": {"color": "#111111"}, "textinfo": "label", "leaf": {"opacity": 1},
        "pathbar": {"visible": False},
        "hovertext": [plot(f"{name}: {fixed(node.other, 1)} per run, "
                           f"{signed(node.other - node.base)}") for _, _, name, node in found],
        "hoverinfo": "text",
    }


def functions(stacks, runs):
    """{function: [own base, own other, with callees base, with callees other]} per run."""
    found = {}
    for frames, counts in stacks:
        each = [count / per for count, per in zip(counts, runs)]
        for frame in set(frames):
            totals = found.setdefault(frame, [0.0] * 4)
            totals[2] += each[0]
            totals[3] += each[1]
            if frame == frames[-1]:
                totals[0] += each[0]
                totals[1] += each[1]
    return found


def table(stacks, runs, names):
    rows = sorted(functions(stacks, runs).items(),
                  key=lambda item: -abs(item[1][1] - item[1][0]))[:MOST_FUNCTIONS]
    cells = [[name, Cell(fixed(own[0], 1), own[0]), Cell(fixed(own[1], 1), own[1]),
              Cell(signed(own[1] - own[0]), own[1] - own[0]),
              Cell(signed(own[3] - own[2]), own[3] - own[2])] for name, own in rows]
    return Table(["function", f"{names[0]}, own", f"{names[1]}, own", "difference",
                  "with callees"], cells,
                 "Samples per run, the functions whose own samples differ most.")


def runs_of(results):
    """Traced runs behind either column of the difference, 1 where none is known."""
    arms = results.traced["arm"]
    return [max(1, int((arms == arm).sum())) for arm in (results.base, results.other)]


def fill_difference(section, results):
    stacks = results.folder.folded("stacks-diff.folded", 2, results.remake())
    runs = runs_of(results)
    draw(section, stacks, runs, (results.base, results.other))
    section.texts.append(
        f"The holder of the lock, sampled while it ran: a box is as wide as its samples in "
        f"{results.other}, callers above callees. Red boxes marked + have grown over "
        f"{results.base}, blue ones marked − have shrunk; the numbers are samples per run. A "
        "click on a box shows it alone, a click on the top one goes back.")


def fill_single(section, results):
    """One program: its samples, nothing to compare with."""
    rows = results.csv("stacks.csv")
    stacks = [(row["stack"].split(";"), (row["samples"], row["samples"]))
              for row in rows.to_dict("records") if row["samples"] > 0]
    draw(section, stacks, (1, 1), ("", "samples"))
    section.texts.append("The holder of the lock, sampled while it ran: a box is as wide as its "
                         "samples, callers above callees.")


def draw(section, stacks, runs, names):
    if not sum(counts[1] for _, counts in stacks):
        raise Missing("no sample of a running holder; `switchtax run` takes them in traced runs")
    root = tree_of(stacks, runs)
    depth = min(24, max(len(frames) for frames, _ in stacks) + 1)
    section.figures.append(Figure(
        "flame-difference", "Where the holder ran", "A flame graph; the table below has its "
        "functions.", [trace(root)], {"margin": {"l": 0, "r": 0, "t": 4, "b": 4},
                              "uniformtext": {"minsize": 9, "mode": "hide"}},
        60 + 24 * depth, table(stacks, runs, names)))


def fill(section, results):
    (fill_difference if results.compares else fill_single)(section, results)
