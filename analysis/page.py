# SPDX-License-Identifier: GPL-2.0-or-later
"""page - the sections as one HTML file that needs nothing else.

plotly.js goes in packed (gzip, base64: 9 MB become 2.5 MB) and is unpacked by the browser. What
cannot unpack or run it shows the pictures that are there for paper.
"""

import base64
import gzip
import os

import jinja2
import markupsafe
import plotly.offline

from . import static, style
from .folder import Missing
from .words import script

HERE = os.path.dirname(os.path.abspath(__file__))
TITLES = {"compare": "Why is the other one slower?",
          "trace": "Where the threads' time went", "attach": "Where the threads' time went"}


def packed(text):
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def text_of(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def colours(theme):
    return "".join(f"--{name}:{getattr(look, theme)};" for name, look in style.COLOURS.items())


def figures_of(sections):
    return [figure for section in sections for figure in section.figures]


def render(results, sections):
    """The whole page as text."""
    figures = figures_of(sections)
    for figure in figures:
        figure.picture = static.picture(figure)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    safe = markupsafe.Markup
    environment.filters["marked"] = marked
    return environment.get_template("page.html").render(
        title=title_of(results),
        folder=results.folder.name, experiment=results.experiment, sections=sections,
        # Ours, without a "<": the style sheet and the script. The rest is escaped.
        css=safe(text_of("page.css")), light=safe(colours("light")),
        dark=safe(colours("dark")), font=safe(style.FONT), js=safe(text_of("page.js")),
        plotly=safe(packed(plotly.offline.get_plotlyjs())) if figures else "",
        specs=safe(script({figure.name: figure.spec() for figure in figures})),
        started=started(results))


def marked(text):
    """`command` as code; everything is escaped."""
    parts = [markupsafe.escape(part) for part in text.split("`")]
    return markupsafe.Markup("").join(
        markupsafe.Markup("<code>{}</code>").format(part) if index % 2 else part
        for index, part in enumerate(parts))


def title_of(results):
    if results.experiment == "slowdown":
        workers = results.runs.get("workers", [""])[0]
        return f"Why are {workers or 'many'} threads slower than one?"
    return TITLES.get(results.experiment, f"Experiment {results.experiment}")


def started(results):
    try:
        environment = results.json("environment.json")
    except Missing:
        return ""
    machine = environment.get("machine") or {}
    parts = [environment.get("started_utc"), machine.get("cpu_model"),
             f"{machine['cpus_online']} CPUs" if machine.get("cpus_online") else None,
             f"Linux {machine['kernel_release']}" if machine.get("kernel_release") else None]
    return " · ".join(str(part) for part in parts if part)
