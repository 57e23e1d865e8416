#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the holder's time went, by sampling it: held against what a program knows of itself.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
	holder=$BUILD/tests/holder
}

# A traced run that is valid. Status 1 of a busy machine is not hidden: its reason is shown.
sample() { # [OPTION...] -- PROGRAM [ARG...]
	rm -rf "$out"
	exits 0 trace -q -o "$out" "$@" && whole_folder "$out"
}

# Samples of a kind, by the ledger; and in lines of stacks.csv that fit (an awk pattern).
counted() { # KIND
	csv ledger.csv count state "held_running.$1"
}

in_stacks() { # CONDITION
	select_rows "$out/stacks.csv" "$1" '$c["samples"]' | awk '{ n += $1 } END { print n + 0 }'
}

# near PART WHOLE NS ALL_NS: PART of WHOLE samples is the share that NS is of ALL_NS, give or
# take five standard errors and a twentieth for what the program does not know of itself.
near() {
	awk -v part="$1" -v whole="$2" -v ns="$3" -v all="$4" 'BEGIN {
		share = ns / all
		off = part / whole - share
		bound = 5 * sqrt(share * (1 - share) / whole) + 0.05
		if (whole < 100 || off > bound || -off > bound) {
			print "a share of", part / whole, "by samples,", share, "by its own clock"
			exit 1
		}
	}'
}

@test "the split of held_running is what the program knows of itself" {
	sample -- "$holder" lock
	assert_l1 "$out"
	user=$(truth user_ns) call=$(truth syscall_ns) fault=$(truth fault_ns)
	all=$((user + call + fault))
	whole=$(($(counted user) + $(counted fault) + $(counted syscall) + $(counted interrupt)))
	# its own work by its name: the rest of user mode is the way into the kernel and back
	own=$(in_stacks '$c["kind"] == "user" && $c["stack"] ~ /;planted_own_work$/')
	near "$own" "$whole" "$user" "$all"
	near "$(counted syscall)" "$whole" "$call" "$all"
	touch=$(in_stacks '$c["kind"] == "user" && $c["stack"] ~ /;planted_touch$/')
	near "$(($(counted fault) + touch))" "$whole" "$fault" "$all"
	# a tick is 1/1009 s of the holder's time; a virtual machine that stands still loses some
	ticks=$(($(csv ledger.csv ns state held_running) / 991080))
	[ "$whole" -ge $((ticks / 2)) ]
	[ "$whole" -le $((ticks * 11 / 10 + 5)) ]
}

@test "only the holder is sampled where a lock is known, and every thread where none is" {
	sample -- "$holder" lock
	[ "$(in_stacks '1')" -gt 0 ]
	[ "$(in_stacks '$c["stack"] ~ /planted_elsewhere/')" -eq 0 ]
	sample -- "$holder" no-lock
	[ "$(rows ledger.csv)" -eq 0 ]
	[ "$(in_stacks '$c["stack"] ~ /planted_elsewhere$/')" -gt 50 ]
	[ "$(in_stacks '$c["stack"] ~ /planted_own_work$/')" -gt 50 ]
	grep -q 'by sampling' "$out/report.txt"
}

@test "the folded file holds the samples of stacks.csv, under whole stacks" {
	sample -- "$holder" lock
	[ "$(awk '{ n += $NF } END { print n }' "$out/stacks-trace.folded")" = "$(in_stacks 1)" ]
	grep -qE '^[^ ]*;main;[^ ]*planted_own_work [0-9]+$' "$out/stacks-trace.folded"
	grep -qE ';planted_touch;.*page_fault_\[k\]' "$out/stacks-trace.folded"
	[ ! -e "$out/stacks-diff.folded" ]
	# and in the ledger there are as many
	[ "$(awk -F, '$2 ~ /^held_running[.]/ { n += $4 } END { print n }' "$out/ledger.csv")" = \
		"$(in_stacks 1)" ]
}

@test "code made at run time has the names that its maker wrote down" {
	sample -- "$holder" jit
	rm -f "/tmp/perf-$(csv threads.csv tid | sort -n | head -1).map"
	[ "$(in_stacks '$c["stack"] ~ /;made:at run time$/')" -gt 50 ]
	[ "$(in_stacks '$c["stack"] ~ /planted_own_work/')" -eq 0 ]
}

# Whatever pid the program gets has a map that names every address: a link to one, or one that
# belongs to somebody else.
plant_maps() { # FIRST LAST
	local pid

	echo '1000 7fffffffffff planted_lie' >"$here/lie"
	chmod 644 "$here/lie"
	for ((pid = $1; pid <= $2; pid += 2)); do
		ln -s "$here/lie" "/tmp/perf-$pid.map" || true
		[ -e "/tmp/perf-$((pid + 1)).map" ] ||
			install -m 644 -o nobody "$here/lie" "/tmp/perf-$((pid + 1)).map"
	done
}

remove_maps() { # FIRST LAST
	local pid

	for ((pid = $1; pid <= $2 + 1; pid++)); do
		! grep -qs planted_lie "/tmp/perf-$pid.map" || rm -f "/tmp/perf-$pid.map"
	done
}

@test "a map of names that is a link, or not the program's, is not read" {
	first=$(sh -c 'echo $$')
	plant_maps "$first" $((first + 300)) 2>/dev/null
	run "$switchtax" trace -q -o "$out" -- "$holder" jit-unnamed
	pid=$(csv threads.csv tid | sort -n | head -1)
	remove_maps "$first" $((first + 300))
	[ "$status" -eq 0 ]
	[ "$pid" -gt "$first" ] || skip "the pids began anew"
	[ "$(in_stacks '$c["stack"] ~ /;\[unknown\]$/')" -gt 50 ]
	[ "$(in_stacks '$c["stack"] ~ /planted_lie/')" -eq 0 ]
}

@test "--no-samples takes none, and leaves no trace of them" {
	sample --no-samples -- "$holder" lock
	[ ! -e "$out/stacks.csv" ] && [ ! -e "$out/stacks-trace.folded" ]
	[ "$(rows ledger.csv)" -eq 13 ]
	run ! grep -q 'by sampling' "$out/report.txt"
	sample -- "$holder" lock
	[ "$(rows ledger.csv)" -eq 17 ]
	no_bpf_left
}

@test "a comparison has a file for each arm, and the difference of two of them" {
	exits 0 compare -q --blocks 1 --arms base,other -o "$out" "$holder no-lock" "$holder lock" &&
		whole_folder "$out"
	for arm in base other; do
		[ "$(awk '{ n += $NF } END { print n }' "$out/stacks-$arm.folded")" = \
			"$(in_stacks "\$c[\"run_id\"] ~ /^001-.*-$arm-traced/")" ]
	done
	awk '{ base += $(NF - 1); other += $NF } END { print base, other }' \
		"$out/stacks-diff.folded" >"$here/sums"
	[ "$(cat "$here/sums")" = "$(awk '{ n += $NF } END { print n }' "$out/stacks-base.folded") $(
		awk '{ n += $NF } END { print n }' "$out/stacks-other.folded")" ]
	grep -q 'by sampling it' "$out/report.txt"
	# the warm-up is in stacks.csv, and in no sum
	[ "$(in_stacks '$c["run_id"] ~ /^000-/')" -gt 0 ]
}

@test "a Python's holder is sampled too, by the functions of its interpreter" {
	needs_python
	trace_python "$python" "$root/examples/threads.py" 300000 2
	assert_l1 "$out"
	[ "$(in_stacks '$c["stack"] ~ /PyEval|PyObject|_Py/')" -gt 10 ]
}

# A Python that can name its functions, 3.12 or newer.
needs_naming_python() {
	while read -r python; do
		! "$python" -c 'import sys; sys.exit(not sys.version_info >= (3, 12))' || return 0
	done < <(pythons_with_symbols)
	skip "no Python 3.12 or newer with symbols"
}

@test "--python-frames names Python's functions, and leaves no map behind" {
	needs_naming_python
	ls /tmp/perf-*.map >"$here/before" 2>/dev/null || true
	sample --python-frames -- "$python" "$root/examples/threads.py" 1500000 2
	whole=$(in_stacks 1)
	# Not every interpreter keeps frame pointers: Debian's 3.14 has none, and its callers are lost.
	named=$(in_stacks '$c["stack"] ~ /(py::Thread.run:[^;]*|[[]broken].*);py::task:/')
	[ "$whole" -gt 50 ]
	[ $((named * 2)) -gt "$whole" ] || fail "$named of $whole: $(cat "$out/stacks-trace.folded")"
	while read -r tid; do
		[ ! -e "/tmp/perf-$tid.map" ] || grep -qx "/tmp/perf-$tid.map" "$here/before"
	done < <(csv threads.csv tid)
	sample -- "$python" "$root/examples/threads.py" 100000 2
	[ "$(in_stacks '$c["stack"] ~ /py::/')" -eq 0 ]
}
