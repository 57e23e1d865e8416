#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The workloads that count references: what they observe, and what they refuse.

setup() {
	build=${BUILD:-build}
	[[ $build == /* ]] || build=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/$build
}

# observed PROGRAM ARGS...: leaves what it printed in $output.
observed() {
	run "$build/workloads/$1" "${@:2}"
	[ "$status" -eq 0 ] || { echo "$output" >&2 && return 1; }
	[[ $output == wall_ns* ]]
}

# value METRIC VARIANT: of the observation in $output.
value() {
	awk -v metric="$1" -v variant="$2" \
		'$1 == "obs" && $2 == metric && $3 == variant { print $4 }' <<<"$output"
}

refuses() { # TEXT PROGRAM ARGS...
	run "$build/workloads/$2" "${@:3}"
	[ "$status" -eq 2 ] || { echo "exit $status: $output" >&2 && return 1; }
	[[ $output == *"$1"* ]] || { echo "no '$1' in: $output" >&2 && return 1; }
	[[ $output != *wall_ns* ]]
}

@test "refcount: 2 3 4 3 2, and all garbage reclaimed, live objects untouched" {
	for seed in 1 2 3; do
		observed refcount --objects 3000 --seed "$seed"
		prints=$(for i in 1 2 3 4 5; do value refcount "print-$i"; done | paste -sd ' ')
		[ "$prints" = "2 3 4 3 2" ]
		[ "$(value refcount freed-early)$(value refcount freed-at-zero)" = 01 ]
		[ "$(value objects allocated)" -gt 9000 ]
		[ "$(value objects allocated)" = "$(value objects freed)" ]
		[ "$(value cycle survived-counting)" -gt 0 ]
		[ "$(value cycle survived-counting)" = "$(value cycle reclaimed)" ]
		[ "$(value cycle live)" -gt 0 ]
		[ "$(value cycle live-touched)" = 0 ]
		[ "$(value cycle automatic)" = 4 ]
		[ "$(value cycle most-waiting)" = 701 ]
	done
}

@test "race: no scheme and no lock loses an update" {
	for scheme in object-lock atomic biased global; do
		observed race --scheme "$scheme" --pairs 20000 --time-limit-ms 100
		[ "$(value race_lost "$scheme")" = 0 ]
		[ "$(value race_operations "$scheme")" -gt 0 ]
		[ "$(value race_freed_early "$scheme")" = 0 ]
	done
	for lock in gil mutex; do
		observed race --lock "$lock" --pairs 20000 --time-limit-ms 100
		[ "$(value race_lost "$lock")" = 0 ]
	done
}

# Each operation may take a time slice there, and a stretch of 64 by each of the threads a minute:
# who stops inside a stretch leaves sums that are no multiples of 64, of one lock at least.
@test "race: the time limit holds under locks that serve in order, with more threads than CPUs" {
	local inside=0 operations
	for lock in ticket mcs clh; do
		observed race --lock "$lock" --workers 8 --pairs 1000000000 --time-limit-ms 300
		[ "$(value race_lost "$lock")" = 0 ]
		[ "$(value race_asked "$lock")" = 16000000000 ]
		operations=$(value race_operations "$lock")
		[ "$operations" -gt 0 ]
		[ "$operations" -lt 16000000000 ]
		[ "$(awk '$1 == "acquisitions" { print $2 }' <<<"$output")" = "$operations" ]
		[ $((operations % 64)) -eq 0 ] || inside=1
	done
	[ "$inside" = 1 ]
}

@test "race: what was asked for is done, all of it, where there is time enough" {
	observed race --lock mutex --workers 2 --pairs 1000 --time-limit-ms 60000
	[ "$(value race_asked mutex)" = 4000 ]
	[ "$(value race_operations mutex)" -ge 4000 ]
	[ "$(($(value race_operations mutex) % 2))" = 0 ]
	[ "$(value race_lost mutex)" = 0 ]
}

# Where the threads were seen to count at the same time often enough, that is: on a machine with
# one CPU, or a very busy one, they may not have been.
@test "race: a plain count loses updates in every run in which threads meet" {
	for _ in $(seq 10); do
		observed race --time-limit-ms 300
		[ "$(value race_meetings plain)" -lt 30 ] || [ "$(value race_lost plain)" -gt 0 ]
	done
}

@test "race: a plain count is right in one thread" {
	observed race --workers 1 --pairs 100000
	[ "$(value race_lost plain)" = 0 ]
	[ "$(value race_meetings plain)" = 0 ]
	[ "$(value race_operations plain)" -ge 200000 ]
}

@test "granularity: a price and a size for each scheme, private and shared" {
	for scheme in plain object-lock atomic biased global; do
		for shared in no yes; do
			kind=private
			[ "$shared" = no ] || kind=shared
			observed granularity --scheme "$scheme" --shared "$shared" --workers 2 --ms 5
			[ "$(value count_operations "$scheme.$kind")" -gt 0 ]
			awk -v ns="$(value count_ns "$scheme.$kind")" 'BEGIN { exit !(ns > 0) }'
			[ "$(value count_bytes "$scheme")" -ge 24 ]
			[ "$(value count_chunk_bytes "$scheme")" -gt "$(value count_bytes "$scheme")" ]
		done
	done
	observed granularity --lock gil --workers 2 --ms 5
	[ "$(value count_operations gil.private)" -gt 0 ]
}

@test "what they refuse, naming the option and what it takes" {
	refuses "--objects: '0' is not a whole number from 1 to" refcount --objects 0
	refuses "--threshold: 'x'" refcount --threshold x
	refuses "--scheme: 'none' is not one of plain, object-lock, atomic" race --scheme none
	refuses "--lock: 'x' is not one of gil" race --lock x
	refuses "--workers: '0'" race --workers 0
	refuses "--pairs: '-1'" race --pairs=-1
	refuses "--shared: 'maybe' is not one of yes, no" granularity --shared maybe
	refuses "--ms: '0'" granularity --ms 0
	refuses "--workers: '1025'" granularity --workers 1025
	refuses "unrecognized option" granularity --pairs 3
	refuses "Too many arguments" race 1
}
