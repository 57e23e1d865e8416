# SPDX-License-Identifier: GPL-2.0-or-later
"""bpf_orphans.py NAME...: BPF programs so called, and their links, that no process holds.

Who holds what is read from /proc, since not every bpftool can tell. What is there before
and after that look, and was not seen in anybody's hands, is an orphan.
"""
import glob
import json
import subprocess
import sys


def bpf(what):
    # A listing fails if an entry goes away in the middle of it: look again.
    for _ in range(100):
        done = subprocess.run(["bpftool", "-j", what, "list"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout)
    sys.exit(f"bpftool {what} list: {done.stderr.decode()}")


def ours(names):
    programs = {p["id"]: p["name"] for p in bpf("prog") if p.get("name") in names}
    found = {("prog_id", number): f"program {number} {name}"
             for number, name in programs.items()}
    found |= {("link_id", link["id"]): f"link {link['id']} of {programs[link['prog_id']]}"
              for link in bpf("link") if link.get("prog_id") in programs}
    return found


def held():
    numbers = set()
    for path in glob.glob("/proc/[0-9]*/fdinfo/*"):
        try:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    key, _, value = line.partition(":")
                    if key in ("prog_id", "link_id"):
                        numbers.add((key, int(value)))
        except OSError:
            pass
    return numbers


if len(sys.argv) < 2:
    sys.exit("bpf_orphans: no names")
before = ours(sys.argv[1:])
if before:
    in_hands = held()
    for key, text in ours(sys.argv[1:]).items():
        if key in before and key not in in_hands:
            print(text)
