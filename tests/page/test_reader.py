# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader: what is whole is read as it is, what is not is refused by file and line."""

import json
import os
import re

import pytest

from conftest import make_page
from analysis.columns import FLAG, NEWEST, NUMBER, TABLES, TEXT, WHOLE
from analysis.folder import Folder, Missing, NotResults, Refused, clean, folded, line_of, table
from analysis.results import Results

LEDGER = b"run_id,state,ns,count\n"


def results(folder):
    fd = os.open(folder, os.O_RDONLY)
    try:
        return Results(Folder(fd, "results/x"))
    finally:
        os.close(fd)


def refused(folder):
    with pytest.raises(Refused) as error:
        results(folder)
    return str(error.value)


def edit(folder, name, old, new):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert re.search(old, text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(old, new, text, count=1))


def test_missing_is_empty_and_never_zero():
    rows = table("ledger.csv", LEDGER + b"a,held_running,5,\nb,free_idle,0,7\n")
    assert rows["count"].isna().tolist() == [True, False]
    assert rows["ns"].tolist() == [5, 0]


def test_columns_may_move_and_join():
    rows = table("ledger.csv", b"new,count,ns,state,run_id\n1,2,3,free_idle,x\n")
    assert (rows["ns"][0], rows["run_id"][0]) == (3, "x")


def test_quoted_fields():
    rows = table("ledger.csv", LEDGER + b'"a,""b""\nc",held_running,5,\nd,free_idle,6,\n')
    assert rows["run_id"][0] == 'a,"b"\ufffdc'
    assert rows["ns"].tolist() == [5, 6]


def test_line_numbers_count_line_ends_in_fields():
    text = 'x\n"a\nb"\nc\n'
    assert [line_of(text, 0), line_of(text, 1)] == [2, 4]


@pytest.mark.parametrize("data, line, says", [
    (b"", 1, "empty"),
    (b"\x7fELF\0\0", 1, "zero byte"),
    (b"a,b\n1,2\n", 1, "no column run_id, state, ns, count"),
    (LEDGER + b"a,held_running,5,", 2, "truncated"),
    (LEDGER + b"a,held_running,5,\nb,free\n", 3, "2 fields where the header has 4"),
    (LEDGER + b"a,held_running,5,\nb,free,1,2,3\n", 3, "5 fields where the header has 4"),
    (LEDGER + b'a,"held"_running,5,\n', 2, "not a CSV file"),
    (LEDGER + b"a,held_running,5,\nb,free,many,\n", 3, "column ns"),
    (LEDGER + b"a,held_running,-5,\n", 2, "column ns"),
    (LEDGER + b"a,held_running,1e999,\n", 2, "column ns"),
    (LEDGER + b'"a\nb",held_running,5,\nc,free,x,\n', 4, "column ns"),
])
def test_refusals_name_the_line(data, line, says):
    with pytest.raises(Refused) as error:
        table("ledger.csv", data)
    assert str(error.value).startswith(f"ledger.csv:{line}: ")
    assert says in str(error.value)


def test_text_is_cleaned():
    assert clean("a\ud800\u202e\x1b[31m\nb") == "a\ufffd\ufffd\ufffd[31m\ufffdb"
    rows = table("ledger.csv", LEDGER + b"a\xed\xa0\x80\x1bz,held_running,5,\n")
    assert rows["run_id"][0] == "a\ufffd\ufffd\ufffd\ufffdz"


def test_folded_stacks():
    assert folded("x", b"a;b c;d 1 20\n", 2) == [(["a", "b c", "d"], [1, 20])]
    for data in (b"a;b 1\n", b"a;b 1 -2\n", b"a;b 1 2", b"a 1 99999999999999999999\n"):
        with pytest.raises(Refused, match="x:1: "):
            folded("x", data, 2)


def test_columns_are_those_of_the_writer():
    """One of each kind, and one that joined later."""
    runs = TABLES["runs.csv"]
    assert list(runs)[:3] == ["schema_version", "run_id", "experiment"]
    assert runs["run_id"] == (TEXT, False)
    assert runs["wall_ns"] == (WHOLE, False)
    assert runs["exit_status"] == (NUMBER, False)
    assert runs["traced"] == (FLAG, False)
    assert runs["window_ns"] == (WHOLE, True)
    assert TABLES["verdict.csv"]["share"] == (NUMBER, False)


def test_a_column_that_joined_later_may_be_missing(plain):
    assert "window_ns" not in results(plain).runs
    edit(plain, "runs.csv", "wall_ns", "wall")
    assert refused(plain) == "runs.csv:1: no column wall_ns: this is not the runs.csv of switchtax"


def test_a_newer_version_is_refused_by_name(plain):
    edit(plain, "runs.csv", r"\n1,", "\n2,")
    assert re.match("runs.csv:2: schema_version 2 is newer", refused(plain))


@pytest.mark.parametrize("name", ["environment.json", "report.json"])
def test_foreign_json(plain, name):
    path = os.path.join(plain, name)
    for text, says in (("{", f"{name}:1: not JSON"), ("[1]", "not a JSON object"),
                       ("{}", "no schema_version"), ("[" * 100000, "nested"),
                       (json.dumps({"schema_version": NEWEST + 1}), "newer"),
                       (json.dumps({"schema_version": 1, "experiment": "compare"}),
                        "another experiment")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        assert says in refused(plain)


def test_mixed_experiments(plain):
    edit(plain, "ledger.csv", r"\n001-", "\n777-")
    assert re.match(r"ledger.csv:\d+: run 777-\S+ is not in runs.csv", refused(plain))
    edit(plain, "ledger.csv", r"\n777-", "\n001-")
    edit(plain, "runs.csv", r"\n1,002-(\S+?),slowdown", r"\n1,002-\1,compare")
    assert "mixed experiments" in refused(plain)


def test_the_same_run_twice(plain):
    edit(plain, "runs.csv", r"\n(1,003-[^\n]*)", r"\n\1\n\1")
    assert "a second time" in refused(plain)


def keep_runs(folder, chosen):
    path = os.path.join(folder, "runs.csv")
    with open(path, encoding="utf-8") as file:
        header, *rows = file.read().splitlines()
    rows = [row for row in rows if chosen(row)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([header, *rows]) + "\n")
    for name in ("ledger.csv", "threads.csv", "histograms.csv"):
        os.unlink(os.path.join(folder, name))
    return len(rows)


def test_one_run_only(plain):
    assert keep_runs(plain, lambda row: ",001-01-" in row) == 1
    assert "1 valid run besides the warm-up" in refused(plain)


def test_no_run_at_all(plain):
    keep_runs(plain, lambda row: False)
    assert refused(plain) == "runs.csv:1: holds no run, only its header"


def test_no_valid_run(plain):
    path = os.path.join(plain, "runs.csv")
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(?m)^(1(?:,[^,]*){6}),1,,", r"\1,0,L1 is broken,", file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    assert re.match(r"runs.csv:2: none of the \d+ runs is valid, the first: L1 is broken",
                    refused(plain))


def test_no_results_folder(tmp_path):
    with pytest.raises(NotResults):
        results(tmp_path)


def test_links_and_pipes_are_not_followed(plain):
    path = os.path.join(plain, "ledger.csv")
    os.unlink(path)
    os.symlink("/etc/passwd", path)
    assert refused(plain).startswith("ledger.csv: cannot be read")
    os.unlink(path)
    os.mkfifo(path)
    assert refused(plain) == "ledger.csv: not a regular file"


def test_a_missing_file_names_what_makes_it(plain):
    os.unlink(os.path.join(plain, "ledger.csv"))
    with pytest.raises(Missing, match="ledger.csv is not in this folder; `switchtax run`"):
        results(plain).csv("ledger.csv")


def test_exit_status_and_message(plain, tmp_path):
    edit(plain, "ledger.csv", "held_running,[0-9]+", "held_running,x")
    ended = make_page(plain)
    assert (ended.returncode, ended.stdout) == (4, b"")
    assert ended.stderr.startswith(b"ledger.csv:2: ") and ended.stderr.count(b"\n") == 1
    (tmp_path / "empty").mkdir()
    ended = make_page(tmp_path / "empty")
    assert (ended.returncode, ended.stdout) == (5, b"")


def test_settings_in_the_folder_are_not_obeyed(plain):
    """A results folder is data: neither matplotlib nor Python looks for theirs in it."""
    for name in ("matplotlibrc", "pandas.py", "sitecustomize.py", "csv.py"):
        with open(os.path.join(plain, name), "w", encoding="utf-8") as file:
            file.write("raise SystemExit(99)\n")
    assert make_page(plain).returncode == 0
