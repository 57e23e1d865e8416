#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The experiments on the scheduler: what is traced of them adds up, and each fork, exit and mark
# is followed once.
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/table
load ../lib/identities

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
}

in_histogram() { # NAME
	select_rows "$folder/histograms.csv" "\$c[\"histogram\"] == \"$1\"" '$c["count"]' |
		awk '{ sum += $1 } END { print sum + 0 }'
}

@test "traced spinners on one CPU add up, and what they were pre-empted after is in range" {
	"$switchtax" run timeslice -q --blocks 1 -o "$folder" >/dev/null
	assert_threads "$folder"
	preempted=$(in_histogram preempted)
	involuntary=$(select_rows "$folder/threads.csv" '1' '$c["switches_involuntary"]' |
		awk '{ sum += $1 } END { print sum + 0 }')
	[ "$preempted" -le "$involuntary" ]
	# Linear buckets of a millisecond, and no others.
	[ -z "$(select_rows "$folder/histograms.csv" '$c["histogram"] == "preempted" &&
		($c["low_ns"] % 1000000 || ($c["high_ns"] != "" &&
		$c["high_ns"] - $c["low_ns"] != 1000000))' '$0')" ]
}

@test "every fork, new task, exit and mark is followed to one switch" {
	"$switchtax" run priority -q --blocks 1 -o "$folder" >/dev/null
	assert_threads "$folder"
	# 200 of each; the spinner beside them is made, too, and ends.
	[ "$(in_histogram after_mark)" -eq 200 ]
	[ "$(in_histogram after_fork)" -eq 201 ]
	[ "$(in_histogram after_wake_new)" -eq 201 ]
	[ "$(in_histogram after_exit)" -ge 200 ]
}
