#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every traced run satisfies L1, T1 and T2 and loses nothing; checked here from the CSV
# files alone, not by the program's own word.
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/table
load ../lib/identities

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
}

count_runs() { # ARM
	select_rows "$folder/runs.csv" "\$c[\"traced\"] == 1 && \$c[\"arm\"] == \"$1\"" '1' | wc -l
}

# An experiment in which a run is not valid says which, and why.
run_valid() {
	"$switchtax" run -q -o "$folder" "$@" >/dev/null && return
	awk -F, 'NR > 1 && $8 == 0' "$folder/runs.csv"
	return 1
}

@test "100 consecutive traced runs of each threaded arm under gil add up" {
	run_valid --arms threads,threads-1cpu --objects 200000 --blocks 99 --budget 1000
	[ "$(count_runs threads)" -eq 100 ]
	[ "$(count_runs threads-1cpu)" -eq 100 ]
	assert_identities "$folder"
}

@test "every arm adds up under the mutex lock" {
	run_valid --lock mutex --objects 50000 --blocks 5
	[ "$(count_runs threads)" -eq 6 ]
	assert_identities "$folder"
}

# What the program has printed under a key, and what the tracer's row of it says.
same() { # KEY
	local own seen

	own=$(awk -v key="$1" '$1 == key { print $2 }' "$folder/program.stdout")
	seen=$(select_rows "$folder/runs.csv" '1' "\$c[\"$1\"]")
	echo "$1: own '$own', seen '$seen'"
	[ -n "$own" ] && [ "$own" = "$seen" ]
}

@test "every lock adds up where more threads than CPUs want it all the time" {
	for lock in $("$switchtax" list --format csv | awk -F, '$1 == "lock" { print $2 }'); do
		[ "$lock" != none ] || continue
		rm -rf "$folder"
		echo "under $lock:"
		"$switchtax" trace -q -o "$folder" -- "$BUILD/workloads/contend" --lock "$lock" \
			--steps 20000 --interval-us 200 --time-limit-ms 300 >/dev/null
		assert_identities "$folder"
		same handoffs
		same acquisitions
		same releases
	done
}

@test "the headline task adds up under locks of every habit" {
	for lock in gil-ticks pi futex spin; do
		rm -rf "$folder"
		echo "under $lock:"
		run_valid --lock "$lock" --arms threads --objects 20000 --blocks 1
		assert_identities "$folder"
	done
}

@test "threads without any lock keep a thread ledger and no lock ledger" {
	"$switchtax" run -q --lock none --arms threads,sequential --objects 50000 --blocks 2 \
		-o "$folder" >/dev/null || true
	assert_t1 "$folder"
	assert_t2 "$folder"
	[ "$(wc -l <"$folder/ledger.csv")" -eq 1 ]
}

@test "a run at full size adds up" {
	run_valid --arms threads,sequential --blocks 1
	assert_identities "$folder"
}

@test "many short-lived threads and processes keep their accounts" {
	"$switchtax" trace -q -o "$folder" -- bash -c \
		'for i in $(seq 60); do (for j in 1 2 3; do /bin/true; done) & done; wait' >/dev/null
	[ "$(select_rows "$folder/threads.csv" '1' '1' | wc -l)" -ge 181 ]
	assert_t1 "$folder"
	assert_t2 "$folder"
	[ "$(select_rows "$folder/runs.csv" '1' '$c["valid"] $c["events_lost"]')" = 10 ]
}

@test "hand-offs counted by the lock, seen by the tracer and streamed are as many" {
	"$switchtax" run -q --arms threads,sequential --objects 100000 --blocks 2 --timeline \
		--interval-us 200 -o "$folder" >/dev/null
	select_rows "$folder/runs.csv" '$c["traced"] == 1 && $c["arm"] == "threads"' \
		'$c["run_id"], $c["handoffs"]' >"$BATS_TEST_TMPDIR/counted"
	select_rows "$folder/handoffs.csv" '1' '$c["run_id"]' | sort | uniq -c |
		awk '{ print $2, $1 }' >"$BATS_TEST_TMPDIR/streamed"
	diff <(sort "$BATS_TEST_TMPDIR/counted") <(sort "$BATS_TEST_TMPDIR/streamed")
	# and what each hand-off took is what the ledger has for all of them
	diff <(select_rows "$folder/handoffs.csv" '1' '$c["run_id"], $c["signal_ns"]' |
		awk '{ s[$1] += $2 } END { for (r in s) printf "%s %d\n", r, s[r] }' | sort) \
	     <(select_rows "$folder/ledger.csv" '$c["state"] == "handoff_signal"' '$c["run_id"], $c["ns"]' |
		grep threads | sort)
}
