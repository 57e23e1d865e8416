# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the page share: the package, a results folder, its page, a browser."""

import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.dirname(os.path.abspath(__file__))]

import experiment  # noqa: E402 (found by the line above)


def make_page(folder, switchtax="/bin/false"):
    """Run analysis/ as switchtax does: what came of it."""
    return subprocess.run(
        ["/usr/bin/python3", "-I", "-B", os.path.join(ROOT, "analysis"), "--name", "results/x",
         "--switchtax", switchtax], cwd=folder, capture_output=True, timeout=300, check=False)


class Made:
    def __init__(self, folder, page, timeline):
        self.folder = str(folder)
        self.page = str(page)
        self.timeline = timeline


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A whole folder with hostile names, and the page that was made of it."""
    here = tmp_path_factory.mktemp("page")
    folder = here / "results"
    timeline = experiment.build(folder, experiment.HOSTILE)
    program = experiment.fake_switchtax(str(here / "switchtax"), timeline)
    ended = make_page(folder, program)
    assert ended.returncode == 0, ended.stderr.decode()
    page = here / "report.html"
    page.write_bytes(ended.stdout)
    return Made(folder, page, timeline)


@pytest.fixture
def plain(tmp_path):
    """A folder to damage: none of its files is shared."""
    folder = tmp_path / "results"
    experiment.build(folder)
    return folder
