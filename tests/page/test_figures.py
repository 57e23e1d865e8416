# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures and tables: their numbers are those of the files, computed here by other means."""

import csv
import json
import os
import statistics

import plotly.graph_objects as graph
import pytest

import experiment
from analysis import sections, static, words
from analysis.folder import Folder
from analysis.results import Results


@pytest.fixture(scope="module")
def page(made):
    """(results, {name: section}) of the whole folder."""
    fd = os.open(made.folder, os.O_RDONLY)
    read = Results(Folder(fd, "x", os.path.join(os.path.dirname(made.folder), "switchtax")))
    yield read, {section.name: section for section in sections.of(read)}
    os.close(fd)


@pytest.fixture(scope="module")
def parts(page):
    return page[1]


def rows_of(made, name):
    with open(os.path.join(made.folder, name), newline="", encoding="utf-8",
              errors="replace") as file:
        return list(csv.DictReader(file))


def report_of(made):
    with open(os.path.join(made.folder, "report.json"), encoding="utf-8") as file:
        return json.load(file)


def column(table, index):
    return [row[index].value for row in table.rows]


def test_every_section_is_whole(parts):
    assert list(parts) == ["answer", "slowdown", "waterfall", "evidence", "ledger", "threads",
                           "dose", "timeline", "flame", "histograms", "environment"]
    for section in parts.values():
        assert section.missing == [], section.name
        assert section.figures or section.name in ("answer", "environment")


def every_figure(parts):
    return [figure for section in parts.values() for figure in section.figures]


def test_every_figure_has_words_and_a_table(parts):
    for figure in every_figure(parts):
        assert figure.table and figure.table.rows, figure.name
        assert figure.alt and figure.title
        for which in ("xaxis", "yaxis"):
            axis = figure.layout.get(which)
            assert figure.name.startswith("flame") or axis.get("title") or "ticktext" in axis


def test_plotly_knows_every_word_of_the_figures(parts):
    """graph_objects refuses what plotly.js would ignore."""
    for figure in every_figure(parts):
        text = json.dumps(figure.spec()).replace('"$', '"#abcdef$')
        for name in sorted(words_of_colours(text), key=len, reverse=True):
            text = text.replace(f"#abcdef${name}", "#abcdef")
        spec = json.loads(text)
        graph.Figure(data=spec["data"], layout=spec["layout"])


def words_of_colours(text):
    return {part.split('"')[0] for part in text.split("#abcdef$")[1:]}


def test_answer_and_agreement(made, parts):
    report = report_of(made)
    said = parts["answer"].quote.replace("\u00a0", " ")
    assert said == report["answer"] + "."
    assert parts["answer"].texts[0].lower().rstrip(".") == report["agreement"]


def test_slowdown_is_that_of_the_report(made, parts):
    figure = parts["slowdown"].figures[0]
    arms = report_of(made)["arms"]
    shown = [arm for arm in arms if arm["ratio"]]
    trace = figure.traces[0]
    assert trace["x"] == [arm["ratio"]["median"] for arm in shown]
    assert trace["error_x"]["array"] == pytest.approx(
        [arm["ratio"]["high"] - arm["ratio"]["median"] for arm in shown])
    assert column(figure.table, 1) == [arm["wall_ms"]["median"] for arm in arms]


def test_waterfall_steps_follow_each_other(made, parts):
    figure = parts["waterfall"].figures[0]
    known = {(row["method"], row["component"]): float(row["excess_ms"])
             for row in rows_of(made, "verdict.csv")}
    leaves = [name for method, name in known if method == "ledger" and
              name not in ("total", "switching", "held_running", "switch_direct")]
    trace = figure.traces[0]
    assert trace["x"][:-1] == [known["ledger", name] for name in leaves]
    assert trace["x"][-1] == known["ledger", "total"] and trace["base"][-1] == 0
    ends = [base + size for base, size in zip(trace["base"], trace["x"])]
    assert trace["base"][1:-1] == pytest.approx(ends[:-2])
    assert ends[-2] == pytest.approx(known["ledger", "total"])
    assert column(figure.table, 1) == trace["x"]


def test_evidence_lists_the_whole_verdict(made, parts):
    table = parts["evidence"].figures[0].table
    rows = rows_of(made, "verdict.csv")
    assert column(table, 2) == [float(row["excess_ms"]) for row in rows]
    assert [row[0].text for row in table.rows] == [row["method"] for row in rows]


def ledger_medians(made):
    """{(arm, state): median ns} over valid traced runs that are no warm-up."""
    runs = {row["run_id"]: row["arm"] for row in rows_of(made, "runs.csv")
            if row["traced"] == "1" and row["valid"] == "1" and row["block"] != "0"}
    found = {}
    for row in rows_of(made, "ledger.csv"):
        if row["run_id"] in runs:
            found.setdefault((runs[row["run_id"]], row["state"]), []).append(int(row["ns"]))
    return {key: statistics.median(values) for key, values in found.items()}


def test_ledger_is_the_median_of_the_csv(made, parts):
    medians = ledger_medians(made)
    table = parts["ledger"].figures[0].table
    arms = [name.split(",")[0] for name in table.head[1:]]
    assert arms == ["sequential", "threads-1cpu", "threads"]
    for row, state in zip(table.rows, experiment.STATES):
        assert state in row[0].text
        assert [cell.value for cell in row[1:]] == [medians[arm, state] for arm in arms]
    for trace, state in zip(parts["ledger"].figures[0].traces, experiment.STATES):
        assert trace["x"] == [medians[arm, state] / 1e6 for arm in arms]
    sampled = parts["ledger"].tables[0]
    assert {row[0].text.split("(")[1][:-1]: row[3].value for row in sampled.rows} == \
        {part: medians["threads", part] for part in experiment.PARTS}


def test_dose_points_and_line(made, parts):
    dose = report_of(made)["dose"]
    figure = parts["dose"].figures[0]
    shown = sorted((x, y) for trace in figure.traces[:-1] for x, y in zip(trace["x"], trace["y"]))
    assert shown == sorted((point["handoffs"], point["excess_ms"]) for point in dose["points"])
    line = figure.traces[-1]
    assert line["y"][0] == dose["intercept_ms"]["median"]
    slope = (line["y"][1] - line["y"][0]) / (line["x"][1] - line["x"][0])
    assert slope * 1000 == pytest.approx(dose["slope_us"]["median"])


def test_timeline_holds_each_interval_and_handoff(made, parts):
    figure = parts["timeline"].figures[0]
    bars = [trace for trace in figure.traces if trace["type"] == "bar"]
    shown = sorted(round(base * 1e6) for trace in bars for base in trace["base"])
    assert shown == sorted(row["start_ns"] for row in made.timeline if row["kind"] != "handoff")
    arrows = [trace for trace in figure.traces if trace["type"] == "scatter"]
    taken = sorted(round(x * 1e6) for trace in arrows for x in trace["x"][1::3])
    assert taken == sorted(row["end_ns"] for row in made.timeline if row["kind"] == "handoff")


def test_a_long_timeline_is_cut_to_a_stretch(page, monkeypatch):
    from analysis.sections import timeline
    events, _ = page[0].folder.timeline(page[0].shown_run())
    monkeypatch.setattr(timeline, "MOST_SEGMENTS", 100)
    handoffs = events[events["kind"] == "handoff"]
    start, end = timeline.stretch(events, handoffs)
    inside = timeline.cut(events[events["kind"] != "handoff"], start, end)
    assert 50 < len(inside) <= 100
    assert start < handoffs["end_ns"].median() < end
    assert ((inside["start_ns"] >= start) & (inside["end_ns"] <= end)).all()


def test_flame_widths_are_samples(made, page, parts):
    trace = parts["flame"].figures[0].traces[0]
    runs = {arm: sum(row["arm"] == arm and row["traced"] == "1" and row["block"] != "0" and
                     row["valid"] == "1" for row in rows_of(made, "runs.csv"))
            for arm in ("sequential", "threads")}
    with open(os.path.join(made.folder, "stacks-diff.folded"), encoding="utf-8",
              errors="replace") as file:
        counts = [line.split()[-2:] for line in file]
    assert trace["values"][0] == sum(int(other) for _, other in counts)
    values = dict(zip(trace["ids"], trace["values"]))
    for name, value in values.items():
        below = [values[child] for child, parent in zip(trace["ids"], trace["parents"])
                 if parent == name]
        assert sum(below) <= value and isinstance(value, int)
    # Boxes are light in both themes, and their text has to be dark.
    assert trace["textfont"]["color"] == "#111111" and trace["leaf"]["opacity"] == 1
    malloc = next(row for row in parts["flame"].figures[0].table.rows if row[0].text == "malloc")
    assert [cell.value for cell in malloc[1:4]] == pytest.approx(
        [2100 / runs["sequential"], 3100 / runs["threads"],
         3100 / runs["threads"] - 2100 / runs["sequential"]])


def test_histograms_count_every_event(made, parts):
    runs = {row["run_id"]: row["arm"] for row in rows_of(made, "runs.csv")
            if row["traced"] == "1" and row["valid"] == "1" and row["block"] != "0"}
    number = sum(arm == "threads" for arm in runs.values())
    for figure in parts["histograms"].figures:
        name = figure.name.split("-")[1]
        total = sum(int(row["count"]) for row in rows_of(made, "histograms.csv")
                    if row["histogram"] == name and runs.get(row["run_id"]) == "threads")
        trace = next(trace for trace in figure.traces if trace["name"] == "threads")
        assert sum(trace["y"]) == pytest.approx(total / number)


def test_validity_names_the_run_that_is_not(parts):
    tables = parts["environment"].tables
    assert [row[0].text for row in tables[1].rows] == ["006-10-processes-traced"]
    assert "0.7 %" in tables[1].rows[0][1].text


def test_old_and_untraced_folders_say_what_is_missing(plain):
    for name in ("report.json", "ledger.csv", "threads.csv", "histograms.csv",
                 "stacks-diff.folded", "000-08-threads-traced.timeline", "environment.json"):
        os.unlink(os.path.join(plain, name))
    fd = os.open(plain, os.O_RDONLY)
    found = {section.name: section for section in sections.of(Results(Folder(fd, "x")))}
    os.close(fd)
    for name in ("answer", "slowdown", "ledger", "dose", "timeline", "flame", "histograms",
                 "environment"):
        assert found[name].missing and "switchtax" in found[name].missing[0], name
    # verdict.csv alone still gives the steps and the methods.
    assert found["waterfall"].figures and found["evidence"].figures


def test_one_program_has_fewer_sections(tmp_path):
    run = {**experiment.run_row("trace", 1, 1, 1, 10**9), "experiment": "trace"}
    experiment.write_csv(tmp_path, "runs.csv", [run])
    fd = os.open(tmp_path, os.O_RDONLY)
    names = [section.name for section in sections.of(Results(Folder(fd, "x")))]
    os.close(fd)
    assert "ledger" in names and "timeline" in names
    assert not {"slowdown", "waterfall", "evidence", "dose"} & set(names)


def test_pictures_for_paper_are_drawn_of_every_figure(parts):
    for figure in every_figure(parts):
        assert static.picture(figure).startswith("data:image/svg+xml;base64,")


def test_script_is_inert():
    text = words.script(["</script><!--", "\u2028\ud800&"])
    assert not set("<>&\u2028\ud800") & set(text)
    assert json.loads(text)[0] == "</script><!--"


def test_numbers_for_people():
    assert words.fixed(-1234.56, 1) == "−1\u202f234.6"
    assert words.fixed(float("nan"), 1) == "–" and words.number(None) == "–"
    assert words.interval({"median": 1.5, "low": 1, "high": 2}, 1) == "1.5 [1.0, 2.0]"
    assert words.interval(None, 1) == "–"
    assert [words.duration(ns) for ns in (12, 4500, 2e6, 3.2e9)] == \
        ["12.0 ns", "4.50 µs", "2.00 ms", "3.20 s"]
