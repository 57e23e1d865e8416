# SPDX-License-Identifier: GPL-2.0-or-later
"""experiment - a results folder whose every number is known, to make pages of.

The numbers are made up, as the input of a test is: nothing here is a measurement.
"""

import csv
import json
import os
import random
import statistics
import stat

ARMS = ["sequential", "interleaved", "threads-1cpu", "threads", "processes"]
WALL_MS = {"sequential": 2100, "interleaved": 3050, "threads-1cpu": 3180, "threads": 3420,
           "processes": 1450}
STATES = ["held_running", "held_preempted_self", "held_preempted_other", "held_blocked",
          "held_waking", "held_throttled", "handoff_signal", "handoff_queue",
          "handoff_queue_self", "handoff_queue_other", "handoff_throttled", "handoff_take",
          "free_idle"]
STATE_MS = {"threads-1cpu": [3050, 60, 20, 2, 1, 0, 12, 2, 20, 3, 0, 6, 4],
            "sequential": [2080, 0, 14, 1, 1, 0, 0, 0, 0, 0, 0, 0, 4],
            "threads": [3140, 90, 30, 4, 1, 25, 60, 8, 20, 12, 5, 20, 5]}
PARTS = ["held_running.user", "held_running.fault", "held_running.syscall",
         "held_running.interrupt"]
BLOCKS = 6
WORKERS = 4
# What names of others may hold; none of it may do anything on the page.
HOSTILE = "</script><script>window.hostile=1</script><img src=x onerror=window.hostile=1>" \
          "<a href=\"http://example.invalid/\">%{x}$\\frac{$&amp;\u202e\ud83dthread"


def interval(middle, spread):
    return {"median": middle, "low": middle - spread, "high": middle + spread}


def write_csv(folder, name, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8",
              errors="surrogatepass") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_json(folder, name, tree):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(tree, file, indent=1)


def run_row(arm, block, order, traced, wall_ns):
    return {
        "schema_version": 1, "run_id": f"{block:03}-{order:02}-{arm}" + ("-traced" * traced),
        "experiment": "slowdown", "arm": arm, "block": block, "order": order, "traced": traced,
        "valid": 1, "reason": "", "workers": WORKERS, "objects": 5000000, "lock": "gil",
        "interval_us": 5000, "cpus": "0-1", "seed": 7, "wall_ns": wall_ns,
        "user_ns": wall_ns // 2, "sys_ns": wall_ns // 3, "switches_voluntary": 500,
        "switches_involuntary": 40, "migrations": "", "handoffs": 470 if "thr" in arm else 0,
        "handoffs_forced": "", "faults_minor": 41000, "faults_major": 0,
        "max_rss_bytes": 900 << 20, "steal_ns": 1000000, "events_lost": 0 if traced else "",
        "exit_status": 0,
    }


def runs(chance):
    rows = []
    for block in range(BLOCKS + 1):
        order = 0
        for arm in ARMS:
            for traced in (0, 1):
                order += 1
                wall = int(WALL_MS[arm] * 1e6 * chance.uniform(0.98, 1.02))
                rows.append(run_row(arm, block, order, traced, wall))
    rows[-1].update(valid=0, reason="the lock's states add up to 0.7 % less than the wall time")
    return rows


def ledger(every, chance):
    rows = []
    for run in every:
        if not run["traced"] or run["arm"] not in STATE_MS:
            continue
        for state, ms in zip(STATES, STATE_MS[run["arm"]]):
            rows.append({"run_id": run["run_id"], "state": state,
                         "ns": int(ms * 1e6 * chance.uniform(0.97, 1.03)), "count": ""})
        for part, share in zip(PARTS, (0.62, 0.3, 0.06, 0.02)):
            rows.append({"run_id": run["run_id"], "state": part, "count": int(share * 3000),
                         "ns": int(STATE_MS[run["arm"]][0] * 1e6 * share)})
    return rows


def threads(every, name):
    rows = []
    for run in every:
        if not run["traced"]:
            continue
        life = run["wall_ns"]
        for thread in range(1, WORKERS + 2):
            cpu, ready = life // 5, life // 50
            wait = life // 2 if "thr" in run["arm"] else ""
            rows.append({"run_id": run["run_id"], "thread": thread, "tid": 700 + thread,
                         "comm": name if thread == 2 else "slowdown", "life_ns": life,
                         "cpu_ns": cpu, "ready_ns": ready, "lock_wait_ns": wait,
                         "blocked_ns": life - cpu - ready - (wait or 0),
                         "switches_voluntary": 100, "switches_involuntary": 8,
                         "kernel_voluntary": 100, "kernel_involuntary": 8,
                         "acquisitions": "", "handoffs_in": ""})
    return rows


def histograms(every, chance):
    rows = []
    for run in every:
        if not run["traced"]:
            continue
        for name, centre in (("slice", 22), ("ready", 15), ("hold", 22), ("handoff", 16)):
            if name in ("hold", "handoff") and "thr" not in run["arm"]:
                continue
            for power in range(centre - 5, centre + 4):
                rows.append({"run_id": run["run_id"], "histogram": name, "low_ns": 1 << power,
                             "high_ns": 2 << power,
                             "count": chance.randint(0, 90) >> abs(power - centre)})
    return rows


def components():
    spread = {"handoff_signal": (60, 2), "handoff_queue": (40, 3), "handoff_take": (20, 1),
              "held_preempted_self": (90, 8), "held_preempted_other": (16, 6),
              "held_blocked": (3, 1), "free_idle": (1, 0.4), "page_faults": (512, 30),
              "working_set": (430, 60), "lock_operations": (2.5, 0.2), "not_explained": (130, 55)}
    parents = {name: "switching" for name in ("handoff_signal", "handoff_queue", "handoff_take",
                                              "held_preempted_self")}
    parents.update({name: "held_running" for name in ("page_faults", "working_set",
                                                      "lock_operations", "not_explained")})
    rows = [("ledger", "total", 1304.5, 40, None), ("ledger", "switching", 210, 12, "total"),
            ("ledger", "held_running", 1074.5, 44, "total"),
            ("ledger", "switch_direct", 1.1, 0.1, None)]
    rows += [("ledger", name, middle, width, parents.get(name, "total"))
             for name, (middle, width) in spread.items()]
    rows += [("ladder", "total", 1320, 42, None), ("ladder", "memory", 950, 30, None),
             ("ladder", "switching", 367.5, 45, None), ("dose", "switching", 338, 52, None),
             ("dose", "memory", 966, 48, None)]
    return rows


def verdict(rows):
    return [{"experiment": "slowdown", "method": method, "component": name, "excess_ms": middle,
             "low_ms": middle - width, "high_ms": middle + width, "share": middle / 1320,
             "share_low": (middle - width) / 1320, "share_high": (middle + width) / 1320}
            for method, name, middle, width, _ in rows]


def report(rows, every, note, chance):
    arms = []
    for arm in ARMS:
        wall = statistics.median(run["wall_ns"] for run in every if run["arm"] == arm) / 1e6
        arms.append({"arm": arm, "wall_ms": interval(wall, 14), "switches": 540,
                     "ratio": None if arm == "sequential" else
                     interval(wall / WALL_MS["sequential"], 0.012),
                     "overhead": interval(1.012, 0.006), "handoffs": 470 if "thr" in arm else 0,
                     "faults": 41000, "max_rss_mb": 900})
    points = [{"block": block, "arm": f"threads-{us}us", "handoffs": 2400000 // us,
               "excess_ms": 966 + 2400000 / us * 0.72 + chance.uniform(-25, 25)}
              for block in range(1, BLOCKS + 1) for us in (1000, 5000, 20000, 100000)]
    return {
        "schema_version": 1, "experiment": "slowdown", "slower": True,
        "answer": "The threads took 1.629 [1.611, 1.648] times as long as one thread, 1320 ms "
                  "more: of the excess, context switching explains 16 % [15, 17]; memory "
                  "explains 71 % [67, 75]; 10 % is not explained",
        "agreement": "the three lines agree: ledger, ladder and dose put context switching at a "
                     "sixth to a quarter of the excess, and their intervals overlap",
        "question": {"base": "sequential", "other": "threads", "memory": "interleaved",
                     "one_cpu": "threads-1cpu"},
        "slowdown": {**interval(1.629, 0.018), "blocks": BLOCKS},
        "excess_ms": interval(1320, 42), "arms": arms,
        "components": [{"method": method, "component": name, "label": name.replace("_", " "),
                        "parent": parent, "excess_ms": interval(middle, width),
                        "share": interval(middle / 1320, width / 1320)}
                       for method, name, middle, width, parent in rows],
        "dose": {"slope_us": interval(720, 31), "intercept_ms": interval(966, 48),
                 "points": points},
        "disturbed_runs": 2, "runs": len(every), "runs_not_valid": 1,
        "stop_reason": "the interval is narrower than asked for", "notes": [note],
    }


def environment(command):
    return {
        "schema_version": 1, "switchtax": "0.1.0", "started_utc": "2026-01-02T03:04:05Z",
        "command": command, "experiment": "slowdown",
        "parameters": {"cpus": "0-1", "lock": "gil", "workers": "4", "objects": "5000000"},
        "seed": "7", "stop_reason": "the interval is narrower than asked for",
        "bpf": {"used": True, "reason": None}, "versions": {"libbpf": "v1.1", "glibc": "2.36"},
        "machine": {"cpu_model": "Example CPU", "cpus_online": 2, "l2_bytes": 1048576,
                    "memory_bytes": 25276502016, "kernel_release": "6.1.0-example",
                    "cpu_governor": None, "virtual_machine": True, "load_1min": 0.25},
    }


def folded(name):
    return (f"main;worker;task_run;object_create;asm_exc_page_fault;clear_page 180 2300\n"
            f"main;worker;task_run;object_create;malloc 2100 3100\n"
            f"main;worker;task_run;list_max 5200 6900\n"
            f"main;worker;task_run;{name} 0 900\n"
            f"main;worker;task_run;object_drop;free 4100 3300\n"
            f"main;worker;lock_gil_acquire;futex_wait 0 420\n")


def timeline(name, chance, handoffs=300):
    """A lock that goes round among the threads, as `switchtax timeline --format csv` says it."""
    rows, now, owner = [], 0, 1

    def add(kind, thread, state, start, end, origin=""):
        rows.append({"kind": kind, "thread": thread, "tid": 700 + thread if thread else "",
                     "comm": (name if thread == 2 else "slowdown") if thread else "",
                     "state": state, "start_ns": start, "end_ns": end, "cpu": thread % 2,
                     "from_thread": origin})
    since = {thread: 0 for thread in range(1, WORKERS + 1)}
    for number in range(handoffs):
        hold = chance.randint(4800000, 5600000)
        take = chance.randint(20000, 300000)
        following = owner % WORKERS + 1
        add("lock", owner, "held_running", now, now + hold)
        add("thread", owner, "lock_wait", since[owner], now)
        add("thread", owner, "cpu", now, now + hold)
        since[owner] = now + hold
        add("lock", following, "handoff_signal", now + hold, now + hold + take // 2)
        add("lock", following, "handoff_take", now + hold + take // 2, now + hold + take)
        add("handoff", following, "voluntary" if number % 5 == 0 else "forced", now + hold,
            now + hold + take, owner)
        now, owner = now + hold + take, following
    return [row for row in rows if row["end_ns"] > row["start_ns"]]


def fake_switchtax(path, rows):
    """A program that answers `timeline DIR RUN --format csv` with these rows."""
    folder = os.path.dirname(path)
    write_csv(folder, "timeline.out", rows)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\n[ "$1 $2 $4 $5" = "timeline . --format csv" ] || exit 2\n'
                   f'exec cat {os.path.join(folder, "timeline.out")}\n')
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def build(folder, name="worker", seed=1):
    """Write the whole folder; name: a thread, a function, a word of the command, a note."""
    chance = random.Random(seed)
    os.makedirs(folder, exist_ok=True)
    every, rows = runs(chance), components()
    write_csv(folder, "runs.csv", every)
    write_csv(folder, "ledger.csv", ledger(every, chance))
    write_csv(folder, "threads.csv", threads(every, name))
    write_csv(folder, "histograms.csv", histograms(every, chance))
    write_csv(folder, "verdict.csv", verdict(rows))
    write_json(folder, "report.json", report(rows, every, f"A note on {name}.", chance))
    write_json(folder, "environment.json", environment(["switchtax", "run", name]))
    with open(os.path.join(folder, "stacks-diff.folded"), "w", encoding="utf-8",
              errors="surrogatepass") as file:
        file.write(folded(name.replace(" ", "_")))
    with open(os.path.join(folder, "000-08-threads-traced.timeline"), "wb") as file:
        file.write(b"read by the program that stands in for switchtax\n")
    return timeline(name, chance)


if __name__ == "__main__":
    import sys
    made = build(sys.argv[1], HOSTILE if "hostile" in sys.argv else "worker")
    fake_switchtax(os.path.abspath(sys.argv[1]) + "/../fake-switchtax", made)
