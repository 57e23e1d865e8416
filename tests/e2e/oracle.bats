#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Planted truth: what the oracle did, by its own clock, must come back in the right
# state. Each truth is a pair of bounds that the oracle measured, not what was asked of it.

load ../lib/common

COUNT=20
US=2000

teardown() {
	if [ -n "${SPINNER-}" ]; then
		kill "$SPINNER" 2>/dev/null || true
		wait "$SPINNER" 2>/dev/null || true
	fi
}

oracle() {
	needs_root
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	traced "$BUILD/tests/oracle" "$@"
}

# The first CPU we may use.
first_cpu() {
	taskset -cp $$ | sed -e 's/.*: //' -e 's/[-,].*//'
}

# planted STATE... - KEY: the states together are what the oracle calls KEY.
planted() {
	local sum=0

	while [ "$1" != - ]; do
		sum=$((sum + $(state "$1")))
		shift
	done
	between "$sum" "$(truth "$2_low_ns")" "$(truth "$2_high_ns")" "$COUNT"
}

# absent STATE: less than what counts as an error for the time planted.
absent() {
	between "$(state "$1")" 0 0 "$COUNT"
}

# The states in which the next owner is runnable.
queues=(handoff_queue handoff_queue_self handoff_queue_other handoff_throttled)

# Hand-offs one by one add up to the ledger's states.
timeline_agrees() {
	local queued=0 name

	for name in "${queues[@]}"; do
		queued=$((queued + $(state "$name")))
	done
	equal "$(in_all signal)" "$(state handoff_signal)"
	equal "$(in_all queue)" "$queued"
	equal "$(in_all take)" "$(state handoff_take)"
}

in_all() { # PART: of all hand-offs
	csv handoffs.csv "$1_ns" | awk '{ s += $1 } END { printf "%d", s }'
}

dead_time() {
	oracle --plan dead --where "$1" --count $COUNT --us $US
	equal "$(csv runs.csv handoffs)" $COUNT
	equal "$(rows handoffs.csv)" $COUNT
	timeline_agrees
	planted handoff_signal "${queues[@]}" handoff_take - dead
	planted handoff_signal - signal
	planted "${queues[@]}" - queue
	planted handoff_take - take
}

# At least what was meant to be planted was: else the test shows nothing.
was_planted() {
	local at_least=$((COUNT * US * 1000))

	(($(truth "$1") >= at_least * 9 / 10)) || fail "only $(truth "$1") ns of $1 planted"
}

@test "hand-offs are counted exactly" {
	oracle --plan handoffs --count 1000
	equal "$(csv runs.csv handoffs)" 1000
	equal "$(truth handoffs)" 1000
	equal "$(rows handoffs.csv)" 1000
	timeline_agrees
}

# The next owner announces itself while the last one comes back to its CPU on another: both
# account for what is left of the hold, and only one of them may.
@test "hand-offs across CPUs add up in each of 20 runs" {
	for ((run = 0; run < 20; run++)); do
		rm -rf "$RESULTS"
		oracle --plan handoffs --count 1000
		equal "$(csv runs.csv handoffs)" 1000
	done
}

@test "one hand-off is one, not two" {
	oracle --plan handoffs --count 1
	equal "$(csv runs.csv handoffs)" 1
	equal "$(rows handoffs.csv)" 1
}

@test "dead time before the wake-up is handoff_signal" {
	dead_time asleep
	was_planted signal_low_ns
}

@test "dead time in the run queue behind a sibling is handoff_queue_self" {
	dead_time runnable
	was_planted queue_low_ns
	# Others may have had the CPU too, but not for what the sibling kept it.
	between "$(state handoff_queue_self)" $((COUNT * US * 1000)) "$(truth queue_high_ns)" $COUNT
	absent handoff_queue
	absent handoff_throttled
}

@test "dead time on a CPU is handoff_take" {
	dead_time running
	was_planted take_high_ns
}

@test "a holder that sleeps is held_blocked" {
	oracle --plan sleep --count $COUNT --us $US
	planted held_blocked held_waking - slept
	((COUNT * US * 1000 <= $(state held_blocked))) || fail "it slept longer"
	absent held_preempted_self
	absent held_throttled
	equal "$(csv runs.csv handoffs)" 0
	was_planted slept_low_ns
}

@test "a holder pre-empted by its sibling is held_preempted_self" {
	oracle --plan preempt-self --count $COUNT --us $US
	equal "$(truth bursts)" $COUNT
	between "$(state held_preempted_self)" "$(truth burst_ns)" "$(truth gap_high_ns)" $COUNT
	planted held_preempted_self held_preempted_other - gap
	between "$(state held_preempted_other)" 0 \
		$(($(truth gap_high_ns) - $(truth burst_ns))) $COUNT
	was_planted burst_ns
}

@test "a holder pre-empted by an outsider is held_preempted_other" {
	local cpu

	cpu=$(first_cpu)
	taskset -c "$cpu" sh -c 'while :; do :; done' 3>&- &
	SPINNER=$!
	oracle --plan preempt-other --count $COUNT --cpu "$cpu"
	equal "$(truth gaps)" $COUNT
	planted held_preempted_other - gap
	absent held_preempted_self
}
