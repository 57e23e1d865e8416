# SPDX-License-Identifier: GPL-2.0-or-later
"""check_timeline.py SWITCHTAX DIR [RUN_ID...]: every timeline of a results folder agrees with its
CSV files, is read alike by switchtax and by timeline.py, and is exported whole.

Prints a line for each run, and each thing that is wrong; exits 1 then.
"""
import bisect
import collections
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile

import timeline

# The ledger's own: 0.1 % of the whole or 20 us.
SHARE, LEAST_NS = 1000, 20000
wrong = []


def table(folder, name, run_id=None):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if run_id in (None, row["run_id"])]


def expect(run_id, what, ok, *figures):
    if not ok:
        wrong.append(f"{run_id}: {what}: {' '.join(str(f) for f in figures)}")


def near(a, b, whole):
    return abs(a - b) <= max(whole // SHARE, LEAST_NS)


def sums(rows):
    total = collections.Counter()
    for row in rows:
        total[row["state"]] += row["end_ns"] - row["start_ns"]
    return total


# A gap is a hold of the tracer's: before what comes next the thread was ready, and a life is as much
# shorter. Of the lock there is none.
def follow(run_id, rows):
    for last, row in zip(rows, rows[1:]):
        held = row["kind"] == "thread" and row["state"] in ("ready", "cpu")
        expect(run_id, "an overlap", last["end_ns"] <= row["start_ns"], last, row)
        expect(run_id, "a gap", held or last["end_ns"] == row["start_ns"], last, row)


def check_thread(run_id, row, intervals, window):
    expect(run_id, "no intervals", intervals, row)
    if not intervals:
        return
    follow(run_id, intervals)
    total, life = sums(intervals), int(row["life_ns"])
    expect(run_id, "life", near(sum(total.values()), life, life), total, row)
    asleep = int(row["lock_wait_ns"] or 0) + int(row["blocked_ns"])
    expect(run_id, "cpu", near(total["cpu"], int(row["cpu_ns"]), life), total, row)
    expect(run_id, "ready", near(total["ready"], int(row["ready_ns"]), life), total, row)
    expect(run_id, "asleep", near(total["lock_wait"] + total["blocked"], asleep, life), total, row)
    if row["lock_wait_ns"]:
        expect(run_id, "lock_wait", near(total["lock_wait"], int(row["lock_wait_ns"]), life),
               total, row)
    # Each switch ends a stretch on a CPU; the last one may go on beyond the window.
    switches = int(row["switches_voluntary"]) + int(row["switches_involuntary"])
    on_cpu = sum(interval["state"] == "cpu" for interval in intervals)
    last = intervals[-1]
    goes_on = last["state"] == "cpu" and last["end_ns"] == window
    expect(run_id, "switches", switches <= on_cpu <= switches + goes_on, on_cpu, row)


def check_threads(folder, run_id, rows, window):
    of = collections.defaultdict(list)
    for row in rows:
        if row["kind"] == "thread":
            of[row["thread"]].append(row)
    threads = table(folder, "threads.csv", run_id)
    expect(run_id, "threads", set(of) == {row["thread"] for row in threads}, sorted(of))
    for row in threads:
        expect(run_id, "who", {(i["tid"], i["comm"]) for i in of[row["thread"]]} ==
               {(row["tid"], row["comm"])}, row)
        check_thread(run_id, row, of[row["thread"]], window)


def check_lock(folder, run_id, rows, window):
    track = [row for row in rows if row["kind"] == "lock"]
    ledger = {row["state"]: int(row["ns"]) for row in table(folder, "ledger.csv", run_id)
              if "." not in row["state"]}
    expect(run_id, "a lock", bool(track) == bool(ledger), len(track), ledger)
    if not ledger:
        return 0
    follow(run_id, track)
    expect(run_id, "the lock's track", track[0]["start_ns"] == 0 and
           track[-1]["end_ns"] == window, track[0], track[-1])
    total = sums(track)
    gaps = total["held_running"] - ledger["held_running"]
    hidden = sum(ledger[s] - total[s] for s in ("free_idle", "handoff_take"))
    expect(run_id, "silent gaps", gaps > -LEAST_NS and near(gaps, hidden, window), total, ledger)
    for state in set(timeline.LOCK_STATES) - {"held_running", "free_idle", "handoff_take"}:
        expect(run_id, state, near(total[state], ledger[state], window), total, ledger)
    return max(gaps, 0)


def check_handoffs(folder, run, rows):
    run_id = run["run_id"]
    handoffs = [row for row in rows if row["kind"] == "handoff"]
    expect(run_id, "hand-offs", len(handoffs) == int(run["handoffs"] or 0), len(handoffs))
    if not os.path.exists(os.path.join(folder, "handoffs.csv")):
        return
    theirs = table(folder, "handoffs.csv", run_id)
    expect(run_id, "rows of handoffs.csv", len(theirs) == len(handoffs), len(theirs))
    tids = {row["thread"]: row["tid"] for row in rows if row["kind"] == "thread"}
    mine = [(row["end_ns"], tids[row["from_thread"]], row["tid"], row["state"] == "forced")
            for row in handoffs]
    other = [(int(row["t_ns"]), row["from_tid"], row["to_tid"], row["forced"] == "1")
             for row in theirs]
    expect(run_id, "the same hand-offs", mine == other, mine[:3], other[:3])


# --- the exported trace, by the published format ---

def slices_of(run_id, events):
    """Complete events by track; their fields are what the format says."""
    tracks = collections.defaultdict(list)
    for event in events:
        expect(run_id, "event", event.get("ph") in ("M", "X", "s", "f") and
               isinstance(event.get("pid"), int) and isinstance(event.get("tid"), int) and
               isinstance(event.get("name"), str), event)
        if event["ph"] == "M":
            expect(run_id, "metadata", isinstance(event.get("args"), dict), event)
            continue
        expect(run_id, "ts", isinstance(event.get("ts"), (int, float)) and event["ts"] >= 0 and
               isinstance(event.get("cat"), str), event)
        if event["ph"] == "X":
            expect(run_id, "dur", isinstance(event.get("dur"), (int, float)) and
                   event["dur"] >= 0, event)
            tracks[event["pid"], event["tid"]].append(
                (round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000),
                 event["name"]))
    return tracks


def check_flows(run_id, events, tracks):
    """Each has one start and one end, bound to slices. Returns (from, to, start, end)s."""
    starts, ends = {}, {}
    for event in events:
        if event["ph"] in "sf":
            side = starts if event["ph"] == "s" else ends
            expect(run_id, "a flow's id twice", event["id"] not in side, event)
            side[event["id"]] = event
            ts = round(event["ts"] * 1000)
            around = tracks[event["pid"], event["tid"]]
            last = bisect.bisect_right(around, (ts, float("inf"))) - 1
            expect(run_id, "a flow without a slice", last >= 0 and
                   around[last][0] <= ts < around[last][1], event)
            # Where nobody waited, nobody noted when the lock was let go of: the new owner finds
            # the old one running, which may be leaving its CPU at this moment.
            ran = around[last if around[last][2] == "cpu" else max(last - 1, 0)]
            expect(run_id, "a flow from where the thread was not running",
                   event["ph"] == "f" or ran[2] == "cpu" and ts < ran[1] + LEAST_NS, event,
                   around[last])
            expect(run_id, "bp", event["ph"] == "s" or event.get("bp") == "e", event)
    expect(run_id, "flows in pairs", set(starts) == set(ends), len(starts), len(ends))
    return [(starts[i]["tid"], ends[i]["tid"], round(starts[i]["ts"] * 1000),
             round(ends[i]["ts"] * 1000)) for i in sorted(set(starts) & set(ends))]


def check_trace(run_id, path, rows):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        trace = json.load(file)
    events = trace["traceEvents"]
    tracks = slices_of(run_id, events)
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "thread_name"}
    expect(run_id, "every track has a name", set(tracks) <= set(names), sorted(tracks))
    for row in rows:
        if row["kind"] == "thread":
            expect(run_id, "name", names[1, int(row["thread"])] == f"{row['comm']} {row['tid']}")
    want = collections.defaultdict(list)
    for row in rows:
        if row["kind"] != "handoff":
            key = (1, int(row["thread"])) if row["kind"] == "thread" else (100000, 100000)
            want[key].append((row["start_ns"], row["end_ns"], row["state"]))
    expect(run_id, "slices are the CSV's", tracks == want, len(tracks), len(want))
    flows = check_flows(run_id, events, tracks)
    # A release that is known by its thread's leaving the CPU is drawn 1 ns before.
    handoffs = [row for row in rows if row["kind"] == "handoff"]
    expect(run_id, "flows are the CSV's", len(flows) == len(handoffs) and
           all(flow[:2] == (int(row["from_thread"]), int(row["thread"])) and
               row["start_ns"] - flow[2] in (0, 1) and flow[3] == row["end_ns"]
               for flow, row in zip(flows, handoffs)), len(flows), len(handoffs))
    return len(flows)


# --- one run ---

def read_rows(switchtax, folder, run_id):
    out = subprocess.run([switchtax, "timeline", folder, run_id, "--format", "csv"], check=True,
                         capture_output=True, text=True).stdout
    return list(csv.DictReader(out.splitlines()))


def check_json(switchtax, folder, run_id, rows):
    out = subprocess.run([switchtax, "timeline", folder, run_id, "--format", "json"], check=True,
                         capture_output=True, text=True).stdout
    objects = json.loads(out)["intervals"]
    texts = [{k: "" if v is None else str(v) for k, v in o.items()} for o in objects]
    expect(run_id, "JSON is the CSV", texts == rows, len(texts), len(rows))


def check_run(switchtax, folder, run):
    run_id, window = run["run_id"], int(run["window_ns"])
    path = os.path.join(folder, run_id + ".timeline")
    rows = read_rows(switchtax, folder, run_id)
    expect(run_id, "read alike by another reader", rows == list(timeline.read(path).rows()))
    check_json(switchtax, folder, run_id, rows)
    for row in rows:
        row["start_ns"], row["end_ns"] = int(row["start_ns"]), int(row["end_ns"])
    check_threads(folder, run_id, rows, window)
    gaps = check_lock(folder, run_id, rows, window)
    check_handoffs(folder, run, rows)
    with tempfile.TemporaryDirectory() as temporary:
        trace = os.path.join(temporary, "trace.json.gz")
        subprocess.run([switchtax, "timeline", folder, run_id, "--perfetto", trace], check=True)
        flows = check_trace(run_id, trace, rows)
    switches = int(run["switches_voluntary"]) + int(run["switches_involuntary"])
    size = os.path.getsize(path)
    expect(run_id, "16 bytes a switch", switches < 1000 or size <= 16 * switches, size, switches)
    print(f"{run_id}: {switches} switches, {size} bytes, {len(rows)} intervals, {flows} flows, "
          f"{gaps} ns of silent gaps")


switchtax, folder, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
checked = 0
for run in table(folder, "runs.csv"):
    if os.path.exists(os.path.join(folder, run["run_id"] + ".timeline")) and \
            (not wanted or run["run_id"] in wanted):
        check_run(switchtax, folder, run)
        checked += 1
for text in wrong[:20]:
    print("WRONG", text)
sys.exit(bool(wrong) or not checked or bool(wanted and checked != len(wanted)))
