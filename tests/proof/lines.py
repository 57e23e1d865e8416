# SPDX-License-Identifier: GPL-2.0-or-later
"""The three lines of evidence on a planted slowdown: do they find it, and do they agree?

`switchtax run` runs a stand-in for its own workload (tests/workloads/planted.c): the same arms,
but what memory, a hand-off's dead time and the refill after it cost is planted. It notes by its
own clock what each run really paid; the rest of its wall time (start and end of threads) it
cannot attribute, which makes a planted value a pair of bounds."""

import os
import statistics
import subprocess
import tempfile

import table
from results import Results

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ARMS = ("sequential", "interleaved", "threads-1cpu", "threads", "threads-interval-100",
        "threads-interval-1000")
DOSE = "threads-interval-100"
WORK_MS = 60.0


class Phases:
    """What one run paid, in ms."""

    def __init__(self, line):
        words = line.split()
        values = {key: int(number) / 1e6 for key, number in zip(words[::2], words[1::2])}
        self.handoffs = values["handoffs"] * 1e6
        self.memory = values["set"] + values["faults"]
        self.faults = values["faults"] - values["again"], values["faults"]
        self.refill = values["refill"]
        self.dead = values["dead_low"], values["dead_high"]
        self.signal = values["signal_low"], values["signal_high"]
        self.full = self.dead[0] + self.refill, self.dead[1] + self.refill
        # what has no name: threads' start and end, and steps that took longer than planned
        self.rest = values["wall"] - WORK_MS - self.memory - self.full[1]


def around(value, slack):
    return value - slack, value + slack


def memory(block, traced):
    one, all_alive = block["sequential", traced], block["interleaved", traced]
    return around(all_alive.memory, one.rest + all_alive.rest)


def working_set(block):
    low, high = memory(block, True)
    faults = block["threads", True].faults
    return low - faults[1], high - faults[0]


def held(block):
    """Of held_running, what is neither memory nor lock operations: the refill."""
    threads, alive = block["threads", True], block["interleaved", True]
    return around(threads.refill + threads.memory - alive.memory,
                  threads.rest + alive.rest + 2 * block["sequential", True].rest)


def switching(block):
    threads, alive = block["threads", False], block["interleaved", False]
    more = threads.memory - alive.memory
    return (threads.full[0] + more - alive.rest, threads.full[1] + more + threads.rest)


def slope_us(block):
    few, many = block["threads", False], block[DOSE, False]
    handoffs = (many.handoffs - few.handoffs) / 1e3
    return ((many.full[0] - few.full[1]) / handoffs,
            (many.full[1] + many.rest - few.full[0]) / handoffs)


def wide(block):
    handoffs = block["threads", False].handoffs / 1e3
    return tuple(bound * handoffs for bound in slope_us(block))


def indirect(block):
    dead = block["threads", True].dead
    low, high = wide(block)
    return low - dead[1], high - dead[0]


def intercept(block):
    threads = block["threads", False]
    low, high = wide(block)
    return (threads.memory + threads.full[0] - high - block["sequential", False].rest,
            threads.memory + threads.full[1] - low + threads.rest)


# METHOD, COMPONENT, what was planted in one block
COMPONENTS = (
    ("ledger", "switching", lambda block: block["threads", True].dead),
    ("ledger", "handoff_signal", lambda block: block["threads", True].signal),
    ("ledger", "memory", lambda block: memory(block, True)),
    ("ledger", "page_faults", lambda block: block["threads", True].faults),
    ("ledger", "working_set", working_set),
    ("ledger", "not_explained", held),
    ("ladder", "memory", lambda block: memory(block, False)),
    ("ladder", "switching", switching),
    ("dose", "switching", wide),
    ("dose", "switch_indirect", indirect),
    ("dose", "without_handoffs", intercept),
)


def workloads(folder):
    """All of ours, but the headline's is planted's."""
    os.mkdir(folder)
    for name in os.listdir(f"{BUILD}/workloads"):
        program = f"{BUILD}/workloads/{name}"
        if "." not in name and os.access(program, os.X_OK):
            os.symlink(f"{BUILD}/tests/planted" if name == "slowdown" else program,
                       f"{folder}/{name}")


def urgent():
    """Nobody of this machine is to get in between; children inherit it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass


def run(folder, blocks):
    log = f"{folder}/log"
    workloads(f"{folder}/workloads")
    os.chmod(folder, 0o755)
    with open(log, "w", encoding="utf-8"):
        os.chmod(log, 0o666)
    subprocess.run([f"{BUILD}/switchtax", "run", "-q", "--no-html", "--arms", ",".join(ARMS),
                    "--blocks", str(blocks), "--budget", "600", "-o", f"{folder}/results"],
                   check=True, stdout=subprocess.DEVNULL, preexec_fn=urgent,
                   env={**os.environ, "PLANTED_LOG": log,
                        "SWITCHTAX_WORKLOADS": f"{folder}/workloads"})
    with open(log, encoding="utf-8") as file:
        return [Phases(line) for line in file]


def by_block(results, phases):
    """Runs are in runs.csv in the order in which they were made, as in the log."""
    rows = results.rows("runs.csv")
    assert len(rows) == len(phases)
    blocks = {}
    for row, paid in zip(rows, phases):
        if int(row["block"]) > 0:
            assert row["valid"] == "1", row["reason"]
            blocks.setdefault(row["block"], {})[row["arm"], row["traced"] == "1"] = paid
    return list(blocks.values())


def experiment(blocks):
    """METHOD.COMPONENT -> what was planted and found; what refilling cost; the report's words."""
    with tempfile.TemporaryDirectory() as folder:
        phases = run(folder, blocks)
        results = Results(f"{folder}/results")
        planted = by_block(results, phases)
        findings = {}
        for method, component, truth in COMPONENTS:
            bounds = zip(*(truth(block) for block in planted))
            findings[f"{method}.{component}"] = table.Finding(
                tuple(map(statistics.median, bounds)), results.component(method, component))
        refill = statistics.median(block["threads", True].refill for block in planted)
        return findings, refill, results.agreement()


def agree(findings, refill):
    """A hand-off in full: lost around it and refilled after it, its dose, and its two rungs."""
    lost, dose, ladder = (findings[f"{line}.switching"] for line in ("ledger", "dose", "ladder"))
    ends = [(lost.low + refill, lost.high + refill), (dose.low, dose.high),
            (ladder.low, ladder.high)]
    return max(low for low, _ in ends) <= min(high for _, high in ends)


def main():
    options = table.arguments(__doc__)
    proof = table.Table(options)
    for _ in range(options.experiments):
        findings, refill, words = experiment(options.blocks)
        for name, finding in findings.items():
            if not options.names or name in options.names:
                proof.add(name, finding)
        if not options.names or "agreement" in options.names:
            print("three lines, one cost:", proof.count("agreement", agree(findings, refill)))
            print("and so says the report:",
                  proof.count("agreement in words", "disagree" not in words), "\n", flush=True)
    proof.end()


main()
