#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Planted excess: what OTHER does more often than BASE, by the programs' own clocks, is what the
# verdict finds, each mechanism in its own component. `make proof` makes ten experiments of six
# blocks of each, without a tolerance; this is one of three blocks.

load ../lib/common

# proof PROGRAM TOLERANCE NAME...
proof() {
	local program=$1 tolerance=$2

	shift 2
	needs_root
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	[ -x /usr/bin/python3 ] || skip "needs python3"
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$ROOT/tests/proof/$program" \
		--experiments 1 --blocks 3 --tolerance "$tolerance" "$@" ||
		fail "what was planted was not found"
}

planted() {
	proof mechanisms.py 0.05 "$1"
}

@test "a planted delay before the wake-up is found as handoff_signal" {
	planted handoff_signal
}

@test "a planted delay in the run queue is found as handoff_queue" {
	planted handoff_queue
}

@test "a planted delay on a CPU is found as handoff_take" {
	planted handoff_take
}

@test "planted pre-emption by a sibling is found as held_preempted_self" {
	planted held_preempted_self
}

@test "planted pre-emption by an outsider is found as held_preempted_other" {
	planted held_preempted_other
}

@test "planted sleep with the lock held is found as held_blocked" {
	planted held_blocked
}

@test "planted work with the lock held is found as held_running" {
	planted held_running
}

@test "planted time without a wish for the lock is found as free_idle" {
	planted free_idle
}

# Some 45 samples a run: a single run is right to some 15 %.
@test "planted page faults with the lock held are found as page_faults" {
	proof mechanisms.py 0.5 page_faults
}

@test "planted costs of a hand-off are found by ledger, dose and ladder alike" {
	proof lines.py 0.25 ledger.switching ledger.memory ladder.switching dose.switching
}
