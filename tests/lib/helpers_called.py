# SPDX-License-Identifier: GPL-2.0-or-later
"""Which of the kernel's helpers a process's BPF programs call: program, helper, its number.

usage: helpers_called.py PID ; a call that is no helper's has the number "?"
"""
import json
import pathlib
import re
import subprocess
import sys

HEADER = "/usr/include/linux/bpf.h"

# What the kernel puts in place of a helper's call when it loads a program.
IN_PLACE = {
    "__htab_map_lookup_elem": "bpf_map_lookup_elem",
    "htab_map_update_elem": "bpf_map_update_elem",
    "htab_map_delete_elem": "bpf_map_delete_elem",
    "queue_map_pop_elem": "bpf_map_pop_elem",
    "bpf_get_attach_cookie_pe": "bpf_get_attach_cookie",
    "bpf_get_attach_cookie_trace": "bpf_get_attach_cookie",
    "bpf_get_stack_pe": "bpf_get_stack",
    "bpf_get_stack_tp": "bpf_get_stack",
    "bpf_for_each_array_elem": "bpf_for_each_map_elem",
}


def bpftool(*arguments):
    done = subprocess.run(["bpftool", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def numbers():
    """The helpers in the order of their numbers: FN(name), or FN(name, number)."""
    text = open(HEADER, encoding="utf-8").read()
    names = re.findall(r"^\s*FN\((\w+)[,)]", text, re.MULTILINE)
    return {f"bpf_{name}": number for number, name in enumerate(names)}


def programs(pid):
    """By the process's file descriptors: (number, name)."""
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        number = re.search(r"^prog_type:.*^prog_id:\s*(\d+)$", info.read_text(),
                           re.MULTILINE | re.DOTALL)
        if number:
            program = json.loads(bpftool("prog", "show", "-j", "id", number[1]))
            yield program["id"], program.get("name", "?")


def main():
    known = numbers()
    for program, name in programs(int(sys.argv[1])):
        listing = bpftool("prog", "dump", "xlated", "id", str(program))
        for called in sorted(set(re.findall(r" call ([A-Za-z_]\w*)#", listing))):
            called = IN_PLACE.get(called, called)
            print(name, called, known.get(called, "?"))


main()
