#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every traced run satisfies L1, T1 and T2 and loses nothing; checked here from the CSV
# files alone, not by the program's own word.
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/table

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
}

# L1: the lock's states sum to the window, within 0.1 % (or 20 us), and the window holds
# what the workload's own clock says.
assert_l1() {
	awk -F, '
		FNR == 1 { delete c; for (i = 1; i <= NF; i++) c[$i] = i; file++; next }
		file == 1 { sum[$c["run_id"]] += $c["ns"]; states[$c["run_id"]]++; next }
		$c["traced"] == 1 && ($c["run_id"] in sum) {
			id = $c["run_id"]; wall = $c["window_ns"]; off = sum[id] - wall
			if (off < 0) off = -off
			if (states[id] != 8 || (off > wall / 1000 && off > 20000)) {
				print id, "states", states[id], "sum", sum[id], "wall", wall; bad = 1
			}
			if (wall < $c["wall_ns"]) { print id, "window", wall, "own", $c["wall_ns"]; bad = 1 }
			checked++
		}
		END { print checked + 0 " ledgers add up"; exit bad || !checked }' \
		"$folder/ledger.csv" "$folder/runs.csv"
}

# T1: cpu + ready + lock_wait + blocked = life, within 0.1 % (or 20 us), thread by thread.
assert_t1() {
	select_rows "$folder/threads.csv" '1' '$c["run_id"], $c["tid"], $c["life_ns"],
		$c["cpu_ns"] + $c["ready_ns"] + $c["lock_wait_ns"] + $c["blocked_ns"]' |
		awk '{ off = $4 - $3; if (off < 0) off = -off; n++
		       if (off > $3 / 1000 && off > 20000) { print "T1 broken:", $0; bad = 1 } }
		     END { exit bad || !n }'
}

# T2: our counts are the kernel's, kind by kind, exactly.
assert_t2() {
	[ -z "$(select_rows "$folder/threads.csv" '$c["switches_voluntary"] != $c["kernel_voluntary"] ||
		$c["switches_involuntary"] != $c["kernel_involuntary"]' '"T2 broken:", $0')" ]
}

assert_identities() {
	assert_l1
	assert_t1
	assert_t2
	[ -z "$(select_rows "$folder/runs.csv" '$c["traced"] == 1 && ($c["valid"] != 1 ||
		$c["events_lost"] != 0)' '$0')" ]
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
	run_valid --arms threads,threads-1cpu --objects 200000 --blocks 99 \
		--budget 1000
	[ "$(count_runs threads)" -eq 100 ]
	[ "$(count_runs threads-1cpu)" -eq 100 ]
	assert_identities
}

@test "every arm adds up under the mutex lock" {
	run_valid --lock mutex --objects 50000 --blocks 5
	[ "$(count_runs threads)" -eq 6 ]
	assert_identities
}

@test "threads without any lock keep a thread ledger and no lock ledger" {
	run_valid --lock none --arms threads,sequential --objects 50000 --blocks 2 || true
	assert_t1
	assert_t2
	[ "$(wc -l <"$folder/ledger.csv")" -eq 1 ]
}

@test "a run at full size adds up" {
	run_valid --arms threads,sequential --blocks 1
	assert_identities
}

@test "many short-lived threads and processes keep their accounts" {
	"$switchtax" trace -q -o "$folder" -- bash -c \
		'for i in $(seq 60); do (for j in 1 2 3; do /bin/true; done) & done; wait' >/dev/null
	[ "$(select_rows "$folder/threads.csv" '1' '1' | wc -l)" -ge 181 ]
	assert_t1
	assert_t2
	[ "$(select_rows "$folder/runs.csv" '1' '$c["valid"] $c["events_lost"]')" = 10 ]
}

@test "hand-offs counted by the lock, seen by the tracer and streamed are as many" {
	run_valid --arms threads,sequential --objects 100000 --blocks 2 --timeline \
		--interval-us 200
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
