#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The price list: every price, in every format, with and without probes, and interrupted.
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/cli
setup_file() { cli_setup_file; }

setup() {
	cli_setup
	export SWITCHTAX_WORKLOADS=$build/workloads
}

teardown() {
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
	[ -z "${place:-}" ] || rm -rf "$place"
}

# priced FILE PRICE VARIANT...: each is in the list, and costs something.
priced() {
	local file=$1 price=$2 variant
	shift 2
	for variant; do
		awk -F, -v p="$price" -v v="$variant" '
			$1 == p && $2 == v { found = $3 > 0 && $6 >= 1 }
			END { exit !found }' "$file" || fail "$price $variant:" "$(cat "$file")"
	done
}

locks() {
	"$switchtax" list --format csv | awk -F, '$1 == "lock" { print $2 }'
}

@test "calibrate: every price is there" {
	need_bpf
	exits 0 calibrate --blocks 1 --format csv -o "$out"
	whole_folder "$out"
	[ "$output" = "$(cat "$out/prices.csv")" ]
	[ -s "$out/report.txt" ]
	[ "$(column valid "$out/runs.csv" | sort -u)" = 1 ]
	[ "$(column traced "$out/runs.csv" | sort -u | tr -d '\n')" = 01 ]

	list=$out/prices.csv
	priced "$list" switch thread process
	[ "$(nproc)" -lt 2 ] || priced "$list" switch thread-cross process-cross
	! grep -qw avx /proc/cpuinfo || priced "$list" switch thread-vector
	priced "$list" system_calls pipe
	priced "$list" minor_fault anonymous
	priced "$list" probe_hit uprobe uretprobe
	for lock in $(locks); do
		priced "$list" lock_uncontended "$lock"
		[ "$lock" = none ] || [ ! -x "$build/workloads/contend" ] ||
			priced "$list" lock_contended "$lock"
	done
	# Differences of two prices: they may be lost in the noise, but they are there.
	grep -q '^probe_hit,sched_switch,' "$list"
	for bytes in 4096 16384 65536 262144 1048576; do
		grep -q "^refill,$bytes," "$list"
	done
	if perf bench sched pipe -T -l 10 >/dev/null 2>&1; then
		priced "$list" perf_bench_sched_pipe thread
	else
		grep -q 'Not measured: perf_bench_sched_pipe' "$out/report.txt"
	fi
	# An instruction that is single-stepped costs another trap or two.
	awk -F, '
		$2 == "uprobe" { plain = $3 }
		$2 == "uprobe-stepped" { stepped = $3 }
		END { exit stepped && !(stepped > plain) }' "$list"
	no_bpf_left
}

as_nobody() { # ARGS...
	run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"$switchtax" "$@"
	[ "$status" -eq 0 ] || fail "as nobody: exit $status" "$stderr"
}

@test "calibrate: without root, all that needs no probe" {
	need_root
	id nobody >/dev/null 2>&1 || skip "no user nobody"
	# bats' own folder is closed to others.
	place=$(mktemp -d /tmp/switchtax-nobody-XXXXXX)
	mkdir "$place/build" "$place/cwd"
	cp "$switchtax" "$place/build/"
	cp -r "$build/workloads" "$place/build/workloads"
	chmod -R a+rX "$place"
	chown nobody "$place/cwd"
	cd "$place/cwd"
	unset SWITCHTAX_WORKLOADS
	switchtax=$place/build/switchtax
	as_nobody calibrate --blocks 1 --cpus 0 --format json -o out
	says "cannot trace" "the prices that need no probe"
	whole_folder out
	"$python" - "$output" out/prices.csv <<'END'
import csv, json, sys
shown = json.loads(sys.argv[1])
prices = {(p["price"], p["variant"]): p for p in shown["prices"]}
rows = list(csv.DictReader(open(sys.argv[2], newline="")))
assert len(rows) == len(prices)
for row in rows:
    price = prices[row["price"], row["variant"]]
    assert abs(float(row["median_ns"]) - price["median_ns"]) < 1e-6, row
    # One round has a median, and no interval: missing, not 0.
    assert row["low_ns"] == row["high_ns"] == "" and price["low_ns"] is None, row
assert ("switch", "thread") in prices
# One CPU, and no probe: said, not made up.
assert ("switch", "thread-cross") not in prices
assert not any(name == "probe_hit" for name, variant in prices)
missing = "\n".join(shown["not_measured"])
assert "probe_hit" in missing and "across CPUs" in missing, missing
END
	# Every price is one of runs on the CPU that was asked for.
	[ "$(column cpus out/runs.csv | sort -u)" = 0 ]
}

finish() {
	status=0
	wait "$loader" || status=$?
	loader=
	stderr=$(cat "$here/stderr")
}

has_runs() {
	[ -e "$out/runs.csv.partial" ] && [ "$(wc -l <"$out/runs.csv.partial")" -gt "$1" ]
}

@test "calibrate: interrupted, what was finished is written" {
	setsid env --default-signal=INT,TERM,HUP "$switchtax" calibrate --no-bpf -o "$out" \
		>"$here/stdout" 2>"$here/stderr" &
	loader=$!
	# Of so many, one at least is a price by itself and no half of a difference.
	retry retry has_runs 9
	kill -INT "$loader"
	finish
	[ "$status" -eq 130 ] || fail "exit $status" "$stderr"
	says interrupted "$out"
	whole_folder "$out"
	[ "$(wc -l <"$out/prices.csv")" -ge 2 ]
	grep -q '"interrupted"' "$out/environment.json"
	[ "$(cat "$here/stdout")" = "$(cat "$out/report.txt")" ]
}

@test "calibrate: wrong usage" {
	is_usage_error "'all'" -- calibrate all
	is_usage_error "'--workers" -- calibrate --workers=2
	is_usage_error --timeline -- calibrate --timeline
	is_usage_error --blocks "'0'" "whole number from 1 to" -- calibrate --blocks=0
	is_usage_error --budget "'none'" "number above 0" -- calibrate --budget=none
	is_usage_error --cpus "'1023'" usable -- calibrate --cpus=1023
	exits 0 calibrate --help
	[[ $output == *Examples:*"  switchtax calibrate"* ]]
}

# refuses TEXT... -- PROGRAM ARGS...: exit 2, each TEXT on stderr, nothing measured.
refuses() {
	local texts=()
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	run --separate-stderr "$build/workloads/$1" "${@:2}"
	[ "$status" -eq 2 ] || fail "$*: exit $status" "$stderr"
	says "${texts[@]}" && nothing_printed
}

@test "calibrate: the workloads refuse what they cannot do" {
	refuses --mode "'fibre'" "thread, process" -- switchcost --mode fibre
	refuses --vector "'maybe'" "no, yes" -- switchcost --vector maybe
	for value in -1 x 1e3 999999999999; do
		refuses --bytes "'$value'" "from 0 to" -- switchcost "--bytes=$value"
	done
	for value in 0 -1 x; do
		refuses --rounds "'$value'" "from 1 to" -- switchcost "--rounds=$value"
		refuses --batches "'$value'" "from 1 to" -- switchcost "--batches=$value"
		refuses --pages "'$value'" "from 1 to" -- faults "--pages=$value"
		refuses --batches "'$value'" "from 1 to" -- faults "--batches=$value"
	done
	refuses --cpu "cannot be used" usable -- switchcost --cpu 1023
	for value in 0 0,0 0,1023 0,x ","; do
		refuses --cpus -- switchcost "--cpus=$value"
	done
	refuses --cross -- switchcost --cross --cpu 0
	run --separate-stderr taskset -c 0 "$build/workloads/switchcost" --cross
	[ "$status" -eq 3 ]
	says "two CPUs"
	nothing_printed
}

# observed METRIC: the figure, from $output
observed() {
	awk -v metric="$1" '$1 == "obs" && $2 == metric { print $4; found = 1 }
		END { exit !found }' <<<"$output"
}

@test "calibrate: what the workloads count is what the kernel counts" {
	for mode in thread process; do
		for bytes in 0 65536; do
			run "$build/workloads/switchcost" --mode "$mode" --bytes "$bytes" --batches 3
			[ "$status" -eq 0 ]
			# On one CPU the token cannot go round by less.
			[ "$(observed switches_counted)" -ge "$(observed switches_expected)" ]
			[ "$(observed working_set_bytes)" -eq "$bytes" ]
		done
	done
	run "$build/workloads/faults" --pages 100 --batches 7
	[ "$status" -eq 0 ]
	[ "$(observed faults_expected)" -eq 700 ]
	[ "$(observed faults_counted)" -ge 700 ]
}
