#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program that hangs: on what its threads went to sleep before anybody looked, and who has it.
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
	"${CC:-cc}" -O1 -pthread -o "$programs/hung" "$BATS_TEST_DIRNAME/programs/hung.c"
}

setup() {
	cli_setup
	unset SUDO_USER
	program=
}

teardown() {
	[ -z "$program" ] || { kill -KILL "$program" && wait "$program"; } 2>/dev/null || true
}

# All that hang do: THREADS threads, asleep for good.
all_asleep() { # THREADS
	local n

	for _ in $(seq 200); do
		n=$(cat "/proc/$program"/task/*/status 2>/dev/null | grep -c '^State:.S') || true
		[ "$n" -eq "$1" ] && [ "$(wc -l <"$here/threads")" -ge "$1" ] && sleep 0.3 && return
		sleep 0.05
	done
	fail "$n threads asleep, not $1" "$(cat "$here/threads")"
}

hangs() { # THREADS KIND
	"$programs/hung" "$2" 2>"$here/threads" &
	program=$!
	all_asleep "$1"
}

attach() { # [OPTION...]
	rm -rf "$out"
	"$switchtax" attach -o "$out" -p "$program" --budget 0.5 "$@" >"$here/report" \
		2>"$here/err" || fail "attach: exit $?" "$(cat "$here/err" "$here/report")"
	assert_threads "$out"
}

stops_hanging() {
	{ kill -KILL "$program" && wait "$program"; } 2>/dev/null || true
}

# The tid of the only thread of that name.
tid_of() { # NAME
	awk -v name="$1" '$1 == name { print $2 }' "$here/threads"
}

# waiters NAME-OF-FUTEX OWNER: so many slept on it for all of the window, and it had it
waiters() {
	local window

	window=$(column window_ns "$out/runs.csv")
	select_rows "$out/futexes.csv" "index(\$c[\"name\"], \"$1\") == 1 &&
		\$c[\"owner_tid\"] == \"$2\" && \$c[\"wait_ns\"] > $window * 0.99" '$c["waiter_tid"]' |
		sort -u | wc -l
}

wants() { # GOT WANTED WHAT
	[ "$1" = "$2" ] || fail "$3: $1, not $2" "$(cat "$out/futexes.csv" "$here/report")"
}

reports() { # TEXT
	grep -qF -- "$1" "$here/report" || fail "report lacks: $1" "$(cat "$here/report")"
}

@test "each sleeper's mutex and its owner are named, whatever kind of mutex it is" {
	for kind in chain robust inheriting checking; do
		hangs 5 "$kind"
		attach
		wants "$(waiters first_mutex "$(tid_of holder)")" 3 "$kind: waiters of the holder"
		wants "$(waiters second_mutex "$(tid_of main)")" 1 "$kind: waiters of main"
		reports "waits for second_mutex (hung), held by main ("
		! grep -q DEADLOCK "$here/report" || fail "$kind: no deadlock" "$(cat "$here/report")"
		stops_hanging
	done
}

@test "kernels that lack this or that name them too" {
	hangs 5 chain
	for without in task-iterator kernel-btf; do
		SWITCHTAX_WITHOUT=$without attach
		wants "$(waiters first_mutex "$(tid_of holder)")" 3 "without $without"
	done
}

@test "a deadlock is called one, in words, by explain and in JSON too" {
	hangs 3 cycle
	attach
	"$switchtax" explain "$out" >"$here/explained" 2>&1 || fail "$(cat "$here/explained")"
	for report in report explained; do
		cp "$here/$report" "$here/this"
		grep -q "DEADLOCK of 2 threads" "$here/this" || fail "$report" "$(cat "$here/this")"
		grep -q "left (.*) waits for second_mutex (hung), held by right ($(tid_of right))" \
			"$here/this" || fail "$report" "$(cat "$here/this")"
	done
	attach --format json -q
	wants "$("$python" -c 'import json, sys
print(sum(w["deadlock"] for w in json.load(open(sys.argv[1]))["waits_at_end"]))' "$here/report")" \
		2 "waits of the deadlock"
}

@test "a thread that wants the mutex that it has is a deadlock by itself" {
	hangs 2 alone
	attach
	wants "$(waiters first_mutex "$(tid_of holder)")" 1 "waiters of the holder"
	reports "DEADLOCK of 1 thread with itself"
	reports "holder ($(tid_of holder)) waits for first_mutex (hung), which it holds itself"
}

@test "a thread that waits for the end of one that waits for it is in a deadlock" {
	hangs 2 join
	attach
	reports "DEADLOCK of 2 threads"
	reports "waits for the end of waiter ($(tid_of waiter))"
}

@test "nothing is said of owners that are not certain" {
	hangs 4 condition
	attach
	wants "$(column owner_tid "$out/futexes.csv" | grep -c .)" 0 "owners of a condition"
	stops_hanging
	hangs 2 timed
	attach
	wants "$(column owner_tid "$out/futexes.csv" | grep -c .)" 0 "owners of a wait that ends"
}

@test "a program in another PID namespace is told by our numbers" {
	unshare -pf true 2>/dev/null || skip "no PID namespaces here"
	unshare -pf --kill-child "$programs/hung" cycle 2>"$here/threads" &
	local parent=$!

	for _ in $(seq 100); do
		program=$(pgrep -P "$parent" hung\|main) && [ "$(wc -l <"$here/threads")" -eq 3 ] && break
		sleep 0.05
	done
	sleep 0.5
	attach
	wants "$(column owner_tid "$out/futexes.csv" | grep . | sort)" \
		"$(column waiter_tid "$out/futexes.csv" | sort)" "owners, who are the waiters"
	reports "DEADLOCK of 2 threads"
	kill "$parent"
}

@test "trace that is interrupted tells on what the program hung" {
	"$switchtax" trace -o "$out" -- "$programs/hung" cycle >"$here/report" 2>&1 &
	local tracer=$!

	for _ in $(seq 200); do
		program=$(pgrep -P "$tracer" main) &&
			[ "$(find "/proc/$program/task" -mindepth 1 -maxdepth 1 | wc -l)" -eq 3 ] && break
		sleep 0.05
	done
	sleep 1
	program=
	kill -INT "$tracer"
	wait "$tracer" || true
	reports "DEADLOCK of 2 threads"
}
