# SPDX-License-Identifier: GPL-2.0-or-later
"""style - what each thing looks like: a colour per theme, a pattern, a symbol, words.

Colours are those of M. Okabe and K. Ito's "Color Universal Design" (2008), darker or lighter
where the background asks for it. None of them carries meaning alone: a pattern, a symbol or
a label says the same.
"""

from collections import namedtuple

Look = namedtuple("Look", "light dark pattern words")

# Figures name a colour as "$name"; the page and the printed picture look it up.
LOCK_STATES = {
    "held_running": Look("#0072b2", "#4fa8dc", "", "held, holder on a CPU"),
    "held_preempted_self": Look("#c24a00", "#ff8a4d", "/",
                                "held, holder pre-empted by a sibling"),
    "held_preempted_other": Look("#767d86", "#9aa3ae", ".",
                                 "held, holder pre-empted by others (noise)"),
    "held_blocked": Look("#a8447c", "#e08fba", "x", "held, holder asleep"),
    "held_waking": Look("#c98bb0", "#f0c3dc", "+", "held, holder woken, waits for a CPU"),
    "held_throttled": Look("#4f545b", "#c6ccd4", "x", "held, holder without CPU quota"),
    "handoff_signal": Look("#d99100", "#f0b23c", "\\", "free, next owner asleep"),
    "handoff_queue": Look("#b3a000", "#e5d84b", "-", "free, next owner's CPU idle or switching"),
    "handoff_queue_self": Look("#8a7a00", "#f4ec9a", "/",
                               "free, next owner waits for a sibling's CPU"),
    "handoff_queue_other": Look("#949ba3", "#7f8791", "-",
                                "free, next owner waits for others (noise)"),
    "handoff_throttled": Look("#4f545b", "#c6ccd4", "|", "free, next owner without CPU quota"),
    "handoff_take": Look("#00805c", "#35c49b", "|", "free, next owner on a CPU"),
    "free_idle": Look("#c3c9d1", "#59626e", "", "free, nobody wants it"),
}
THREAD_STATES = {
    "cpu": Look("#0072b2", "#4fa8dc", "", "on a CPU"),
    "ready": Look("#c24a00", "#ff8a4d", "/", "runnable, waits for a CPU"),
    "lock_wait": Look("#d99100", "#f0b23c", "\\", "asleep because of the lock"),
    "blocked": Look("#c3c9d1", "#59626e", "", "asleep for another reason"),
}
OTHERS = {
    "ink": Look("#1b1f24", "#e8ebef", "", ""),
    "muted": Look("#57606a", "#a3acb8", "", ""),
    "grid": Look("#dfe3e8", "#333b45", "", ""),
    "paper": Look("#ffffff", "#14181d", "", ""),
    "card": Look("#f6f7f9", "#1c2229", "", ""),
    "accent": Look("#00578a", "#74bdec", "", ""),
    "total": Look("#57606a", "#a3acb8", "", ""),
    "more": Look("#c24a00", "#ff8a4d", "/", ""),
    "less": Look("#0072b2", "#4fa8dc", "\\", ""),
    "same": Look("#c3c9d1", "#59626e", "", ""),
}
COLOURS = {**{f"lock-{name}": look for name, look in LOCK_STATES.items()},
           **{f"thread-{name}": look for name, look in THREAD_STATES.items()}, **OTHERS}

# One for each arm, in the order of their appearance: colour, symbol, dash.
ARMS = [("$lock-held_running", "circle", "solid"), ("$lock-held_preempted_self", "square", "dash"),
        ("$lock-handoff_take", "diamond", "dot"), ("$lock-handoff_signal", "triangle-up",
                                                   "dashdot"),
        ("$lock-held_blocked", "x", "longdash"), ("$muted", "cross", "longdashdot")]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def arm(index):
    return ARMS[index % len(ARMS)]


def light(colour):
    """The printed page's colour for "$name", or for a colour as it is."""
    return COLOURS[colour[1:]].light if colour.startswith("$") else colour


# What a component is called beside an axis.
COMPONENTS = {
    "total": "all together", "switching": "context switching",
    "handoff_signal": "next owner asleep", "handoff_queue": "next owner waits for a CPU",
    "handoff_take": "next owner takes the lock",
    "held_preempted_self": "holder pre-empted by a sibling",
    "held_preempted_other": "waits for others or quota (noise)",
    "held_blocked": "holder asleep", "free_idle": "lock not wanted",
    "held_running": "holder on a CPU", "page_faults": "page faults",
    "working_set": "larger working set", "memory": "memory",
    "lock_operations": "lock operations", "not_explained": "not explained",
    "switching_one_cpu": "switching on one CPU", "switching_all_cpus": "all CPUs instead of one",
    "switch_direct": "switches times their price",
    "switch_indirect": "indirect cost of switching",
    "without_handoffs": "without any hand-off",
}
