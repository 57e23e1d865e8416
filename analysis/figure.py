# SPDX-License-Identifier: GPL-2.0-or-later
"""figure - a plot and the table of the same numbers.

A plot is a dict as plotly.js takes it (https://plotly.com/javascript/reference/), built by hand:
the page needs the script of python3-plotly, not its Python objects. static.py draws the same
dict for paper. Positions on an axis are numbers, their names are tick texts.
"""

from . import words

LONG = 40


class Cell:
    """What a table shows, and the number behind it."""

    def __init__(self, text, value=None):
        self.text = text
        self.value = value


class Table:
    """Rows of Cells under a head; open: to be seen without a click."""

    def __init__(self, head, rows, caption, shown=True):
        self.head = head
        self.rows = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
                     for row in rows]
        self.caption = caption
        self.shown = shown
        self.numeric = [self.is_numeric(column) for column in range(len(head))]
        # Too long for paper; the CSV files have it.
        self.long = not shown and len(self.rows) > LONG

    def is_numeric(self, column):
        cells = [row[column] for row in self.rows]
        return any(cell.value is not None for cell in cells) or \
            (column > 0 and all(cell.text == "–" for cell in cells))


class Figure:
    def __init__(self, name, title, alt, traces, layout, height=300, table=None, zoom=False,
                 below=58):
        self.name = name
        self.title = title
        self.alt = alt
        self.traces = traces
        self.layout = {**base_layout(), **layout, "height": height}
        self.height = height
        self.table = table
        self.zoom = zoom
        self.below = below
        self.picture = None

    def spec(self):
        """What plotly.js gets."""
        return {"data": self.traces, "layout": self.layout, "zoom": self.zoom,
                "below": self.below}


def base_layout():
    return {
        "autosize": True, "dragmode": False, "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "$ink", "size": 13},
        "hoverlabel": {"bgcolor": "$card", "bordercolor": "$muted", "font": {"color": "$ink"}},
        "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.25, "yanchor": "top",
                   "traceorder": "normal", "bgcolor": "rgba(0,0,0,0)"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "$muted", "activecolor": "$accent"},
        "showlegend": False,
    }


def axis(title, **more):
    """An axis with a name and its unit."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 12, "color": "$muted"}},
        "automargin": True, "gridcolor": "$grid", "zerolinecolor": "$muted",
        "linecolor": "$muted", "tickcolor": "$muted", "fixedrange": True, **more,
    }


def names(labels, width=20):
    """An axis of names, the first one on top."""
    return {
        "automargin": True, "tickmode": "array", "tickvals": list(range(len(labels))),
        "ticktext": [words.wrapped(label, width) for label in labels],
        "range": [len(labels) - 0.45, -0.55], "fixedrange": True, "zeroline": False,
        "showgrid": False, "linecolor": "$muted",
    }


def bar(name, look, colour, x, y, **more):
    """Horizontal bars with a colour and a pattern."""
    return {
        "type": "bar", "orientation": "h", "name": name, "x": x, "y": y,
        "marker": {"color": colour, "line": {"color": "$paper", "width": 0.5},
                   "pattern": {"shape": look.pattern, "fgcolor": "$paper", "size": 6,
                               "solidity": 0.3, "fillmode": "overlay"}},
        **more,
    }


def errors(low, middle, high):
    """An interval around each of the middles."""
    return {
        "type": "data", "symmetric": False, "visible": True, "thickness": 1.6, "width": 5,
        "color": "$ink",
        "array": [up - mid if up is not None else 0 for mid, up in zip(middle, high)],
        "arrayminus": [mid - down if down is not None else 0
                       for mid, down in zip(middle, low)],
    }


def upright(x):
    """A line that says: here is the reference."""
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
            "line": {"color": "$muted", "width": 1.2, "dash": "dash"}}
