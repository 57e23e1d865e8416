#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Timelines of real runs: they tile the threads' lives, their sums are those of the CSV files,
# another reader reads the same, and the exported trace has all of it (tests/lib/check_timeline.py).
# shellcheck disable=SC2016,SC2154 # $c["name"] is for awk; needs_python sets $python

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons

setup_file() {
	needs_root
}

teardown() {
	[ -z "${started-}" ] || { kill -KILL "$started" && wait "$started"; } 2>/dev/null || true
}

# Every timeline of $RESULTS.
adds_up() {
	/usr/bin/python3 "$ROOT/tests/lib/check_timeline.py" "$SWITCHTAX" "$RESULTS"
}

# of_run PROGRAM [ARG...]: a traced run whose timeline adds up.
of_run() {
	rm -rf "$RESULTS"
	traced "$@" && adds_up
}

switches() {
	echo $(($(csv runs.csv switches_voluntary) + $(csv runs.csv switches_involuntary)))
}

timelines() {
	find "$RESULTS" -name '*.timeline*' -printf '%f\n' | sort
}

@test "five threads under the gil, in less than 16 bytes a switch" {
	of_run "$BUILD/workloads/slowdown" --workers 5 --objects 1000000 --interval-us 200
	[ "$(switches)" -ge 1000 ]
}

@test "a ping-pong through pipes, and one of a lock, in less than 16 bytes a switch" {
	of_run "$BUILD/tests/pingpong" --by pipe --count 3000
	[ "$(switches)" -ge 1000 ]
	of_run "$BUILD/tests/pingpong" --lock --count 1000
	[ "$(csv runs.csv handoffs)" -ge 1000 ]
}

@test "locks of every habit" {
	for lock in mutex adaptive pi futex spin gil-ticks; do
		echo "under $lock:"
		of_run "$BUILD/workloads/contend" --lock "$lock" --steps 20000 --interval-us 200 \
			--time-limit-ms 300
	done
}

@test "a holder that is pre-empted, sleeps and hands on" {
	for plan in handoffs dead sleep preempt-self; do
		echo "planted: $plan"
		of_run "$BUILD/tests/oracle" --plan "$plan"
	done
}

@test "a Python's lock: its gaps without a switch are held, and are said to be" {
	needs_python
	cat >"$BATS_TEST_TMPDIR/gaps.py" <<-'PYTHON'
		import os, threading, time
		def work():
		    null = os.open("/dev/null", os.O_WRONLY)
		    for i in range(600):
		        os.write(null, b"x")
		        if i % 4 == 0:
		            time.sleep(0.0003)
		threads = [threading.Thread(target=work) for _ in range(3)]
		[t.start() for t in threads]
		[t.join() for t in threads]
	PYTHON
	of_run "$python" "$BATS_TEST_TMPDIR/gaps.py"
	"$SWITCHTAX" timeline "$RESULTS" | grep "no event of their own"
}

@test "a tree of short-lived processes" {
	of_run bash -c 'for i in 1 2 3 4 5 6; do (/bin/true; /bin/true) & done; wait'
}

@test "a process that already runs, in the middle of whatever it does" {
	needs_python
	cat >"$BATS_TEST_TMPDIR/busy.py" <<-'PYTHON'
		import sys, threading, time
		stop = threading.Event()
		def compute():
		    while not stop.is_set():
		        sum(range(2000))
		def wait():
		    while not stop.wait(0.001):
		        pass
		threads = [threading.Thread(target=f) for f in (compute, compute, wait)]
		[t.start() for t in threads]
		open(sys.argv[1], "w").close()
		time.sleep(20)
		stop.set()
	PYTHON
	"$python" "$BATS_TEST_TMPDIR/busy.py" "$BATS_TEST_TMPDIR/ready" &
	started=$!
	until [ -e "$BATS_TEST_TMPDIR/ready" ]; do sleep 0.02; done
	"$SWITCHTAX" attach -q --timeline -p "$started" --budget 0.4 -o "$RESULTS" >/dev/null
	adds_up
}

@test "run makes one of each traced run of the warm-up, and of all with --timeline" {
	local run=("$SWITCHTAX" run -q --arms "threads,sequential" --objects 20000 --blocks 1)

	"${run[@]}" -o "$RESULTS" >/dev/null
	[ "$(timelines)" = "$(select_rows "$RESULTS/runs.csv" '$c["traced"] == 1 && $c["block"] == 0' \
		'$c["run_id"] ".timeline"' | sort)" ]
	[ "$(timelines | wc -l)" -eq 2 ]
	[ ! -e "$RESULTS/handoffs.csv" ]
	adds_up
	rm -rf "$RESULTS"
	"${run[@]}" --timeline -o "$RESULTS" >/dev/null
	[ "$(timelines)" = "$(select_rows "$RESULTS/runs.csv" '$c["traced"] == 1' \
		'$c["run_id"] ".timeline"' | sort)" ]
	[ "$(timelines | wc -l)" -eq 4 ]
	adds_up
}

@test "compare makes them of its warm-up too; nothing is streamed of other runs" {
	"$SWITCHTAX" compare -q --arms base,other --blocks 1 -o "$RESULTS" true 'sleep 0.01' \
		>/dev/null || true
	[ "$(timelines)" = "$(select_rows "$RESULTS/runs.csv" '$c["traced"] == 1 && $c["block"] == 0' \
		'$c["run_id"] ".timeline"' | sort)" ]
	adds_up
	rm -rf "$RESULTS"
	"$SWITCHTAX" trace -q -o "$RESULTS" -- true >/dev/null
	[ -z "$(timelines)" ]
}

# The loader sleeps while far more happens than the ring buffer holds.
@test "what found no room is counted, and a timeline with losses says so" {
	"$SWITCHTAX" trace -q --timeline -o "$RESULTS" -- "$BUILD/tests/pingpong" --same-cpu \
		--count 300000 >"$BATS_TEST_TMPDIR/report" 2>&1 &
	local loader=$! child=

	until child=$(pgrep -P "$loader" -x pingpong); do
		kill -0 "$loader" || fail "$(cat "$BATS_TEST_TMPDIR/report")" || return
	done
	kill -STOP "$loader"
	until [ "$(cut -d' ' -f3 "/proc/$child/stat")" = Z ]; do sleep 0.02; done
	kill -CONT "$loader"
	wait "$loader" || true
	[ "$(csv runs.csv valid)" -eq 0 ]
	[ "$(csv runs.csv events_lost)" -gt 0 ]
	grep -q 'no room for the timeline' "$RESULTS/runs.csv"
	"$SWITCHTAX" timeline "$RESULTS" >"$BATS_TEST_TMPDIR/shown" 2>"$BATS_TEST_TMPDIR/said"
	grep -q "LOSSES: $(csv runs.csv events_lost) events" "$BATS_TEST_TMPDIR/shown"
	grep -q 'events of it are missing' "$BATS_TEST_TMPDIR/said"
	"$SWITCHTAX" timeline "$RESULTS" --format json 2>/dev/null |
		/usr/bin/python3 -c 'import json, sys
t = json.load(sys.stdin)
sys.exit(not (t["gaps"] and t["lost"] == int(sys.argv[1])))' "$(csv runs.csv events_lost)"
}

@test "a run that comes to nothing leaves no timeline" {
	! "$SWITCHTAX" trace -q --timeline --time-limit 1 -o "$RESULTS" -- sleep 10 || false
	[ ! -e "$RESULTS" ]
}
