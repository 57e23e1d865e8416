# SPDX-License-Identifier: GPL-2.0-or-later
"""words - numbers and names as people read them, and text that is safe where it goes."""

import html
import json
import math
import textwrap


def number(value, digits=3):
    """With about so many significant digits, never as an exponent; "–" for a missing one."""
    if value is None or math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(places, 6)}f}"
    return text.replace(",", "\u202f").replace("-", "−")


def fixed(value, places):
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.{places}f}".replace(",", "\u202f").replace("-", "−")


def whole(value):
    return fixed(value, 0)


def interval(figure, places):
    """median [low, high] of {"median", "low", "high"}; "–" if there is none."""
    if not figure or figure.get("median") is None:
        return "–"
    text = fixed(figure["median"], places)
    if figure.get("low") is None or figure.get("high") is None:
        return text
    return f"{text} [{fixed(figure['low'], places)}, {fixed(figure['high'], places)}]"


def places_for(values):
    """Decimal places that tell these values apart."""
    largest = max((abs(value) for value in values if value is not None and
                   not math.isnan(value)), default=0)
    return 1 if largest >= 10 else 2 if largest >= 1 else 3


def duration(ns):
    """Nanoseconds in the unit that suits them."""
    if ns is None or math.isnan(ns):
        return "–"
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(ns) >= scale:
            return f"{number(ns / scale)} {unit}"
    return f"{number(ns)} ns"


def tick(ns):
    """A power of ten of nanoseconds, as an axis has it."""
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= scale:
            return f"{ns / scale:g} {unit}"
    return f"{ns:g} ns"


def size(value):
    """Bytes, as powers of 1024."""
    if not isinstance(value, (int, float)):
        return "–"
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= scale:
            return f"{number(value / scale)} {unit}"
    return f"{number(value)} B"


def plot(text):
    """Text for plotly, which takes some tags for markup and would make links of them."""
    return html.escape(text, quote=False)


def wrapped(text, width=20):
    """Text of ours for an axis: several short lines."""
    return "<br>".join(plot(line) for line in textwrap.wrap(text, width) or [""])


def script(tree):
    """JSON that is inert inside a script element, whatever the strings are."""
    text = json.dumps(tree, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
