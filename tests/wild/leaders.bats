#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program whose main thread has ended by pthread_exit(): a zombie by its leader, and it runs on.
# shellcheck disable=SC2154,SC2030,SC2031 # what cli_setup sets; each test has its own $program
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	programs=$BATS_FILE_TMPDIR
	export programs
	"${CC:-cc}" -O1 -pthread -o "$programs/leaderless" "$BATS_TEST_DIRNAME/programs/leaderless.c"
}

setup() {
	cli_setup
	unset SUDO_USER
	program=
}

teardown() {
	[ -z "$program" ] || { kill -KILL "$program" && wait "$program"; } 2>/dev/null || true
}

# The program runs, and its leader has ended.
start() {
	"$programs/leaderless" 3 100000 &
	program=$!
	for _ in $(seq 200); do
		grep -q '^State:.*Z' "/proc/$program/status" && return
		sleep 0.05
	done
	fail "its leader has not ended"
}

sleeps_by_name() {
	select_rows "$out/futexes.csv" '$c["name"] ~ /leaderless_mutex/' '$c["waits"]' |
		awk '{ sum += $1 } END { print sum + 0 }'
}

@test "attach finds the threads, and names what they sleep on" {
	start
	"$switchtax" attach -q -o "$out" -p "$program" --budget 1 >"$here/report" 2>&1 ||
		fail "attach: exit $?" "$(cat "$here/report")"
	assert_threads "$out"
	[ "$(column tid "$out/threads.csv" | sort -u | wc -l)" -eq 3 ] || fail "not 3 threads"
	[ "$(sleeps_by_name)" -gt 0 ] || fail "no sleep by name" "$(cat "$out/futexes.csv")"
}

@test "attach watches the lock of its threads" {
	for without in '' uprobe-session; do
		start
		rm -rf "$out"
		SWITCHTAX_WITHOUT=$without "$switchtax" attach -q -o "$out" -p "$program" --budget 1 \
			--lock-symbols pthread_mutex_lock:pthread_mutex_unlock \
			>"$here/report" 2>&1 || fail "attach: exit $?" "$(cat "$here/report")"
		assert_identities "$out"
		[ "$(column handoffs "$out/runs.csv")" -gt 0 ] || fail "no hand-off without '$without'"
		{ kill -KILL "$program" && wait "$program"; } 2>/dev/null || true
	done
}

@test "trace names what its threads sleep on when the leader has ended" {
	"$switchtax" trace -q -o "$out" -- "$programs/leaderless" 3 60 >"$here/report" 2>&1 ||
		fail "trace: exit $?" "$(cat "$here/report")"
	assert_threads "$out"
	[ "$(sleeps_by_name)" -gt 0 ] || fail "no sleep by name" "$(cat "$out/futexes.csv")"
}
