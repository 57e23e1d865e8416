# SPDX-License-Identifier: GPL-2.0-or-later
"""judge.py FOLDER NAME SECONDS CHECK...: what a guest has left, as one row of the table.

Writes FOLDER/row (JSON; rows.py prints it) and says on stderr what is wrong. FOLDER has a folder
for each check; `console` is the guest's serial line. Exit 1: the row is not valid.
"""
import json
import os
import re
import sys

import checks
from accounts import Accounts
from check import Check

SHOWN = 10


def preemption(guest):
    """The model, by what the scheduler says of itself, or by how the kernel was built."""
    version = guest.text("version")
    if "PREEMPT_RT" in version:
        return "rt"
    chosen = re.search(r"\((\w+)\)", guest.text("preempt"))
    if chosen:
        return chosen.group(1)
    return "full" if "PREEMPT" in version else "voluntary" if version else "-"


def off(pair):
    return f"{pair[0]} ({pair[1]:.3%})" if pair[0] else "0"


def complain(folder, name, wrong):
    with open(os.path.join(folder, name + ".wrong"), "w", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in wrong))
    for line in wrong[:SHOWN]:
        print(f"  {name}: {line}", file=sys.stderr)
    if len(wrong) > SHOWN:
        print(f"  {name}: ... all {len(wrong)} in {file.name}", file=sys.stderr)


def judged(folder, name, accounts):
    check = Check(folder, name, accounts)
    if os.path.isdir(check.path):
        getattr(checks, name)(check)
    else:
        check.wrong.append("the guest did not come to it: see console")
    if check.wrong:
        complain(folder, name, check.wrong)
    return "FAIL" if check.wrong else "ok"


def main():
    folder, name, seconds, *names = sys.argv[1:]
    accounts = Accounts()
    guest = Check(folder, ".", accounts)
    booted = re.search(r"@booted ([0-9.]+)@", guest.text("console"))
    row = {"name": name, "kernel": guest.text("release").strip() or "did not boot",
           "preempt": preemption(guest), "boot s": booted.group(1) if booted else "-",
           "total s": seconds}
    row.update((check, judged(folder, check, accounts)) for check in names)
    row["valid"] = "no" if "FAIL" in row.values() else "yes"
    if accounts.runs:
        row.update({"L1 ns": off(accounts.l1), "T1 ns": off(accounts.t1),
                    "T2": f"{accounts.differing} of {accounts.threads}", "lost": accounts.lost})
    with open(os.path.join(folder, "row"), "w", encoding="utf-8") as file:
        json.dump(row, file)
    return row["valid"] != "yes"


sys.exit(main())
