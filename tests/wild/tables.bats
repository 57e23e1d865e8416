#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing that a program has many of voids a run: stretches off the CPU, threads, futexes.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	programs=$BATS_FILE_TMPDIR
	export programs
	for source in late churn tiny; do
		"${CC:-cc}" -O1 -g -pthread -o "$programs/$source" \
			"$BATS_TEST_DIRNAME/programs/$source.c"
	done
}

setup() {
	cli_setup
	need_bpf
	unset SUDO_USER
	RESULTS=$out
}

teardown() {
	[ -z "${background-}" ] || kill "$background"
}

# trace [OPTION...] -- PROGRAM [ARG...]: one traced run that is valid, and adds up by its files.
trace() {
	rm -rf "$out"
	exits 0 trace -q --no-samples -o "$out" "$@" && assert_threads "$out" && whole_folder "$out"
}

sum_of() { # FILE COLUMN [CONDITION]
	select_rows "$out/$1" "${3:-1}" "\$c[\"$2\"]" |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

@test "history: a hand-off of hundreds of stretches has its parts" {
	for naps in 20 100 800; do
		trace --lock-symbols gate_enter:gate_leave -- "$programs/late" "$naps"
		assert_l1 "$out"
		# The taker is the one that was switched out as often as it has slept.
		asleep=$(select_rows "$out/threads.csv" "\$c[\"switches_voluntary\"] >= $naps" \
			'$c["blocked_ns"]' | sort -n | tail -1)
		signal=$(sum_of ledger.csv ns '$c["state"] == "handoff_signal"')
		[ "$signal" -ge $((asleep * 9 / 10)) ] ||
			fail "$naps naps: $signal ns are signal, the taker was asleep for $asleep"
	done
}

# --- threads ---------------------------------------------------------------------------

# More than a slot of 16 bits could tell apart.
@test "threads: more in a run than there are places, a few at a time" {
	trace -- "$programs/churn" churn 70000 3
	equal "$(sum_of threads.csv threads)" 70001
	equal "$(rows threads.csv)" 4097
	# The last row has no tid, and the sums of those without a row.
	equal "$(select_rows "$out/threads.csv" '$c["tid"] == ""' '$c["comm"], $c["threads"]')" \
		"others $((70001 - 4096))"
	equal "$(sum_of threads.csv switches_voluntary)" "$(sum_of threads.csv kernel_voluntary)"
	# The program itself comes first.
	equal "$(select_rows "$out/threads.csv" '$c["thread"] == 1' '$c["tid"]')" \
		"$(truth pid)"
}

@test "threads: a lock that each of many threads takes once has all its acquisitions" {
	trace --lock-symbols churn_take:churn_leave -- "$programs/churn" churn 9000 3
	assert_l1 "$out"
	equal "$(csv runs.csv acquisitions)" 9000
	equal "$(csv runs.csv releases)" 9000
	equal "$(sum_of threads.csv acquisitions)" 9000
	equal "$(sum_of threads.csv threads)" 9001
}

@test "threads: thousands alive at once, on one mutex" {
	trace -- "$programs/churn" crowd 5000 3
	equal "$(sum_of threads.csv threads)" 5001
	((waits = $(sum_of futexes.csv waits 'index($c["name"], "churn_mutex") == 1')))
	threads=$(sum_of futexes.csv threads 'index($c["name"], "churn_mutex") == 1')
	((threads >= 4500 && waits >= threads)) || fail "$waits waits of $threads threads"
	# Whatever is summed: no thread slept longer on futexes than it slept.
	futexes=$(sum_of futexes.csv wait_ns) asleep=$(sum_of threads.csv blocked_ns)
	((futexes <= asleep)) || fail "$futexes ns on futexes, $asleep asleep"
}

@test "threads: processes that come and go, pids that come back" {
	trace -- sh -c 'i=0
		while [ $i -lt 2100 ]; do /bin/true & /bin/true; wait; i=$((i + 1)); done'
	equal "$(sum_of threads.csv threads)" 4201
}

@test "threads: Python starts a thread for each request" {
	trace -- /usr/bin/python3 -c '
import threading
for i in range(1500):
    threads = [threading.Thread(target=sum, args=(range(200),)) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()'
	assert_l1 "$out"
	equal "$(sum_of threads.csv threads)" 4501
	assert_calls "$out"
}

# The first thread's record outlives it: one that executes takes over its pid.
@test "threads: the first one ends, and the process goes on" {
	trace -- "$programs/churn" orphan 9000 3
	equal "$(sum_of threads.csv threads)" 9002
}

@test "threads: a run that is attached to has as many" {
	"$programs/churn" churn 100000000 3 &
	background=$!
	exits 0 attach -q --no-samples -o "$out" --budget 3 -p "$background"
	assert_threads "$out" && whole_folder "$out"
	(($(sum_of threads.csv threads) > 4097))
}

@test "threads: with a timeline each of them has its row" {
	trace --timeline -- "$programs/churn" churn 6000 3
	equal "$(rows threads.csv)" 6001
	exits 0 timeline --format csv "$out"
}

# --- locks -----------------------------------------------------------------------------

# Of the processes that were gone before anybody had come, or were late: how many.
told() { # OF
	local count

	count=$(grep -o "$1 of [0-9]* process" "$out/runs.csv" | grep -o '[0-9]*')
	echo "${count:-0}"
}

# More processes than can be watched at once, and than there are ledgers: each is counted, or told of.
@test "locks: thousands of processes, one after the other, each with its own" {
	trace --lock-symbols tiny_lock:tiny_unlock -- "$programs/tiny" 2100
	missing=$((3 * (2101 - $(told 'the locks')) - $(sum_of locks.csv acquisitions)))
	late=$(told 'the first calls, if any,')
	((missing >= 0 && missing <= 3 * late)) || fail "$missing are missing, $late late"
	equal "$(sum_of locks.csv releases)" "$(sum_of locks.csv acquisitions)"
	equal "$(select_rows "$out/locks.csv" '$c["kind"] == "others"' '$c["lock"]')" \
		"$(rows locks.csv)"
	# All but those without a ledger of their own say whether they were there from their first call on.
	equal "$(select_rows "$out/locks.csv" '$c["whole"] == ""' '$c["kind"]')" others
	assert_l1 "$out"
}
