# SPDX-License-Identifier: GPL-2.0-or-later
"""static - the figures for paper: draws with matplotlib what plotly.js draws on the screen.

Knows the part of plotly's figures that the sections use: bars, points and lines with their
intervals, icicles, reference lines, numeric axes with names.
"""

import base64
import html
import io
import math
import re

import matplotlib

matplotlib.use("svg")
from matplotlib.figure import Figure as Canvas  # noqa: E402 (the backend comes first)

from .style import light  # noqa: E402

WIDTH_INCHES = 7.2
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3)),
          "longdashdot": (0, (8, 3, 1, 3))}
SYMBOLS = {"circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "x": "X",
           "cross": "P", "triangle-down": "v", "circle-open": "o", "line-ns": "|"}
MOST_BOXES = 1500

matplotlib.rcParams.update({
    "font.size": 8, "text.parse_math": False, "svg.hashsalt": "switchtax", "hatch.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#57606a",
})


def plain(text):
    """Without the markup that plotly wants."""
    return html.unescape(re.sub("</?(b|i|span)[^>]*>", "", text.replace("<br>", "\n")))


def many(value, count):
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def draw_bars(axes, trace, left, seen):
    across = trace.get("orientation") == "h"
    lengths, at = (trace["x"], trace["y"]) if across else (trace["y"], trace["x"])
    bases = trace.get("base")
    if bases is None:
        bases = [left.get(key, 0) for key in at]
        for key, length in zip(at, lengths):
            left[key] = left.get(key, 0) + (length or 0)
    bases = many(bases, len(at))
    widths = many(trace.get("width", 0.7), len(at))
    colours = [light(colour) for colour in many(trace["marker"]["color"], len(at))]
    shapes = many(trace["marker"].get("pattern", {}).get("shape", ""), len(at))
    by_shape = {}
    for index, shape in enumerate(shapes):
        # Of a timeline, paper shows the stretch that is seen first.
        if not across or (bases[index] <= seen[1] and bases[index] + (lengths[index] or 0) >=
                          seen[0]):
            by_shape.setdefault(shape, []).append(index)
    for shape, chosen in by_shape.items():
        draw = axes.barh if across else axes.bar
        size = "height" if across else "width"
        draw([at[i] for i in chosen], [lengths[i] or 0 for i in chosen],
             **{size: [widths[i] for i in chosen], "left" if across else "bottom":
                [bases[i] for i in chosen]}, color=[colours[i] for i in chosen],
             hatch=shape * 2 or None, edgecolor="white", linewidth=0.3, label=trace.get("name"))
    draw_errors(axes, trace, [base + (length or 0) for base, length in zip(bases, lengths)]
                if across else at, at if across else
                [base + (length or 0) for base, length in zip(bases, lengths)])
    if trace.get("text") and across:
        for base, length, y, text in zip(bases, lengths, at, many(trace["text"], len(at))):
            axes.annotate(plain(text), (max(base, base + (length or 0)), y), xytext=(4, 5),
                          textcoords="offset points", fontsize=7, va="bottom")


def draw_errors(axes, trace, x, y):
    for key in ("error_x", "error_y"):
        error = trace.get(key)
        if error:
            spans = [[max(0, value) for value in error["arrayminus"]],
                     [max(0, value) for value in error["array"]]]
            axes.errorbar(x, y, fmt="none", ecolor=light("$ink"), elinewidth=1, capsize=2.5,
                          **{"xerr" if key == "error_x" else "yerr": spans})


def draw_points(axes, trace):
    gaps = [math.nan if value is None else value for value in trace["x"]]
    heights = [math.nan if value is None else value for value in trace["y"]]
    mode = trace.get("mode", "lines")
    marker, line = trace.get("marker", {}), trace.get("line", {})
    colour = light(many(marker.get("color") or line.get("color", "$ink"), 1)[0])
    step = {"drawstyle": "steps-mid"} if line.get("shape") == "hvh" else {}
    axes.plot(gaps, heights, color=colour, label=trace.get("name"),
              linestyle=DASHES[line.get("dash", "solid")] if "lines" in mode else "none",
              linewidth=line.get("width", 1.5) * 0.7,
              marker=SYMBOLS.get(marker.get("symbol", "circle"), "o")
              if "markers" in mode else None, markersize=max(many(marker.get("size", 7), 1)) * 0.6,
              **step)
    draw_errors(axes, trace, gaps, heights)


def icicle_boxes(trace):
    """(depth, start, width, label, colour) of each node, children inside their parent."""
    children = {}
    for index, parent in enumerate(trace["parents"]):
        children.setdefault(parent, []).append(index)
    stack = [(index, 0, 0.0) for index in children.get("", [])]
    while stack:
        index, depth, start = stack.pop()
        yield (depth, start, trace["values"][index], trace["labels"][index],
               trace["marker"]["colors"][index])
        for child in children.get(trace["ids"][index], []):
            stack.append((child, depth + 1, start))
            start += trace["values"][child]


def draw_icicle(axes, trace):
    boxes = sorted(icicle_boxes(trace), key=lambda box: -box[2])[:MOST_BOXES]
    total = max((box[1] + box[2] for box in boxes), default=1) or 1
    for depth, start, width, label, colour in boxes:
        axes.barh(depth, width, left=start, height=0.94, color=light(colour), edgecolor="white",
                  linewidth=0.4)
        room = int(width / total * 95)
        text = plain(label)
        if room > 4:
            axes.text(start + width * 0.01, depth, text if len(text) <= room else
                      text[:room - 1] + "…", fontsize=6, va="center", clip_on=True)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.set_xlabel("samples")


def draw_axis(axes, which, axis):
    if axis.get("type") == "log":
        getattr(axes, f"set_{which}scale")("log")
    title = axis.get("title", {}).get("text")
    if title:
        getattr(axes, f"set_{which}label")(plain(title))
    if "tickvals" in axis:
        getattr(axes, f"set_{which}ticks")(axis["tickvals"])
        if "ticktext" in axis:
            getattr(axes, f"set_{which}ticklabels")([plain(text) for text in axis["ticktext"]])
        if axis.get("type") == "log":
            getattr(axes, f"{which}axis").set_minor_locator(matplotlib.ticker.NullLocator())
    if "range" in axis:
        ends = [10 ** end for end in axis["range"]] if axis.get("type") == "log" else axis["range"]
        getattr(axes, f"set_{which}lim")(*ends)


def draw_layout(axes, layout):
    for which in ("x", "y"):
        draw_axis(axes, which, layout.get(f"{which}axis", {}))
    for shape in layout.get("shapes", []):
        if shape["type"] == "line" and shape["x0"] == shape["x1"]:
            axes.axvline(shape["x0"], color=light("$muted"), linestyle="--", linewidth=0.8)
    if layout.get("showlegend"):
        handles, labels = axes.get_legend_handles_labels()
        once = dict(zip(map(plain, labels), handles))
        axes.legend(once.values(), once.keys(), loc="upper left", bbox_to_anchor=(0, -0.16),
                    ncol=2, frameon=False, fontsize=7)


def picture(figure):
    """The figure as the address of an SVG inside the page."""
    canvas = Canvas((WIDTH_INCHES, max(1.6, figure.height / 105)))
    axes = canvas.subplots()
    left, seen = {}, figure.layout.get("xaxis", {}).get("range", (-math.inf, math.inf))
    for trace in figure.traces:
        if trace["type"] == "bar":
            draw_bars(axes, trace, left, seen)
        elif trace["type"] == "icicle":
            draw_icicle(axes, trace)
        else:
            draw_points(axes, trace)
    draw_layout(axes, figure.layout)
    out = io.BytesIO()
    canvas.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
