# SPDX-License-Identifier: GPL-2.0-or-later
"""What each check of a guest must show; the functions are named as those of init, without check_."""
import os

from accounts import number

# Differences that two clock reads may make, as in the tests of planted truth.
SHARE, EACH_NS = 0.02, 30000
PARTS = {"signal": ("signal",), "take": ("take",),
         "queue": ("queue", "queue_self", "queue_other", "throttled")}


def doctor(check):
    """It says that this machine can measure."""
    check.status("doctor")


def headline(check):
    if check.measured("run"):
        arms = {run["arm"] for run in check.rows("run", "runs.csv")}
        if not {"threads", "sequential"} <= arms:
            check.wrong.append(f"arms: {', '.join(sorted(arms))}")


def counted(check, name, keys):
    """Counts are the program's own, and each hand-off of a timeline has its row."""
    if not check.measured(name):
        return False
    run, truth, rows = check.run(name), check.truth(name), check.rows(name, "handoffs.csv")
    for column, key in keys.items():
        check.equal(f"{name}: {column}", number(run[column]), truth.get(key))
    if rows:
        check.equal(f"{name}: rows of handoffs.csv", len(rows), truth.get("handoffs"))
    return True


def by_functions(check, name):
    counted(check, name, {"handoffs": "handoffs", "acquisitions": "acquisitions",
                          "releases": "acquisitions"})


def handoffs(check, name="handoffs"):
    """Hand-offs one by one add up to the states of the ledger, as well."""
    if not counted(check, name, {"handoffs": "handoffs"}):
        return
    for part, states in PARTS.items():
        rows = check.rows(name, "handoffs.csv")
        check.equal(f"{name}: {part}", sum(number(row[part + "_ns"]) for row in rows),
                    check.state(name, [f"handoff_{state}" for state in states]))


def planted(check):
    handoffs(check)
    check.status("timeline")
    if check.status("intervals"):
        kinds = {line.split(",")[0] for line in check.text("intervals.out").split("\n")[1:]}
        for kind in ("thread", "lock"):
            if kind not in kinds:
                check.wrong.append(f"the timeline has no interval of a {kind}")


def between(check, name, states, key):
    """The states together are what the oracle calls KEY."""
    truth = check.truth(name)
    if key + "_low_ns" not in truth:
        check.wrong.append(f"{name}: the oracle says nothing of {key}")
        return
    low, high = truth[key + "_low_ns"], truth[key + "_high_ns"]
    off = max(high * SHARE, 20 * EACH_NS)
    found = check.state(name, states)
    if not low - off <= found <= high + off:
        check.wrong.append(f"{name}: {'+'.join(states)} {found} ns, planted {low} to {high} ns")


def states(check):
    """Which part of the dead time is whose is left to tests/e2e/oracle.bats: under emulation a
    thread that is meant to run or to be runnable is found asleep for a moment."""
    for where in ("asleep", "runnable", "running"):
        handoffs(check, f"dead-{where}")
        between(check, f"dead-{where}", [f"handoff_{state}" for part in PARTS.values()
                                         for state in part], "dead")
    if check.measured("sleep"):
        between(check, "sleep", ["held_blocked", "held_waking"], "slept")
    if check.measured("preempt-self"):
        between(check, "preempt-self", ["held_preempted_self", "held_preempted_other"], "gap")


def locks(check):
    by_functions(check, "mutexes")
    by_functions(check, "spinners")


def calls(check, name):
    """A lock known by its calls: every one has been seen, and is some thread's."""
    if not check.measured(name):
        return
    run, threads = check.run(name), check.rows(name, "threads.csv")
    taken, returned = number(run["acquisitions"]), number(run["releases"])
    if not run["lock"].startswith("cpython"):
        check.wrong.append(f"{name}: the lock is '{run['lock']}': {run['lock_reason']}")
    if not taken or abs(taken - returned) > len(threads):
        check.wrong.append(f"{name}: {taken} acquisitions, {returned} releases")
    check.equal(f"{name}: acquisitions of its threads",
                sum(number(thread["acquisitions"]) for thread in threads), taken)
    check.equal(f"{name}: hand-offs to its threads",
                sum(number(thread["handoffs_in"]) for thread in threads), number(run["handoffs"]))


def python(check):
    calls(check, "python")


def attach(check):
    calls(check, "attach")
    if not os.path.exists(os.path.join(check.path, "alive")):
        check.wrong.append("the program did not survive it")


def births(check):
    if not check.measured("births"):
        return
    counts = {}
    for row in check.rows("births", "histograms.csv"):
        counts[row["histogram"]] = counts.get(row["histogram"], 0) + number(row["count"])
    # 200 of each; the spinner beside them is made, too.
    for name, expected in (("after_mark", 200), ("after_fork", 201), ("after_wake_new", 201)):
        check.equal(name, counts.get(name, 0), expected)
    if counts.get("after_exit", 0) < 200:
        check.wrong.append(f"after_exit: {counts.get('after_exit', 0)}, not 200")


def forced(check):
    handoffs(check)
    by_functions(check, "mutexes")
    calls(check, "python")


def untyped(check):
    forced(check)


def refusal(check):
    if check.status("doctor", 3) and "5.15" not in check.text("doctor.out"):
        check.wrong.append("doctor: no word of the kernel that is needed (5.15)")
    for name in ("run", "trace", "attach"):
        if check.status(name, 3):
            said = check.text(name + ".err")
            if "5.15" not in said:
                check.wrong += [f"{name}: no word of the kernel that is needed (5.15):", f"    {said.strip()}"]
            if "as root" in said:
                check.wrong.append(f"{name}: root is told to be root")
    check.status("untraced")
