#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One road to the words: a command has its folder explained, and publishes that, so `explain` of
# the folder says the same to the last byte. Of run, compare and labs: explain.bats.
# shellcheck disable=SC2154 # what `run` and cli.bash set

load ../lib/cli


setup() {
	cli_setup
	unset SUDO_USER
	folder=$out
	program=
}

teardown() {
	[ -z "$program" ] || { kill "$program" && wait "$program"; } 2>/dev/null || true
}

# Each form that the command has left is what explain makes of the rest.
same_again() { # FORM FILE
	[ -s "$folder/$2" ]
	"$switchtax" explain --format "$1" "$folder" 2>/dev/null | diff - "$folder/$2"
}


@test "road: trace of a Python, of an announced lock, of no lock" {
	for what in "/usr/bin/python3 $BATS_TEST_DIRNAME/../../examples/threads.py 20000 3" \
		"$SWITCHTAX_WORKLOADS/slowdown --objects 20000" "sleep 0.05"; do
		# shellcheck disable=SC2086 # a command with its arguments
		"$switchtax" trace -q -o "$folder" -- $what >/dev/null 2>&1
		same_again text report.txt
		same_again json report.json
		rm -rf "$folder"
	done
}

# Where watching the lock is felt, the report says what it costs.
@test "road: trace with a warning" {
	"$switchtax" trace -q -o "$folder" -- /usr/bin/python3 \
		"$BATS_TEST_DIRNAME/../../examples/yielding.py" 200000 1 300 >/dev/null 2>&1
	grep -q "^WARNING: the lock was taken" "$folder/report.txt"
	grep -q "^watched_acquisition,-," "$folder/prices.csv"
	same_again text report.txt
	same_again json report.json
}

@test "road: attach" {
	/usr/bin/python3 -c '
while True:
    sum(range(10000))' &
	program=$!
	sleep 0.3
	"$switchtax" attach -q -p $program --budget 0.5 -o "$folder" >/dev/null
	grep -q "^$program (python3): " "$folder/report.txt"
	same_again text report.txt
	same_again json report.json
}

@test "road: one lab" {
	SWITCHTAX_WORKLOADS=$build/workloads "$switchtax" run interval -q --blocks 1 -o "$folder" \
		>/dev/null || true
	same_again text report.txt
	same_again csv labs.csv
}

# What a machine refuses is undecided, with the machine's reason.
@test "road: labs, one of which cannot be run" {
	cp -r "$build/workloads" "$here/all"
	cp "$build/tests/misbehave" "$here/all/refcount"
	MISBEHAVE=exit3 SWITCHTAX_WORKLOADS=$here/all "$switchtax" labs -q --no-bpf \
		--only refcount,interval --blocks 1 -o "$folder" >/dev/null
	grep -q "^C1,refcount,undecided,.*exited with status 3" "$folder/labs.csv"
	same_again text report.txt
	same_again csv labs.csv
}

# What was broken off has no verdict beside one that was not.
@test "road: labs that are interrupted" {
	SWITCHTAX_WORKLOADS=$build/workloads setsid env --default-signal=INT "$switchtax" labs -q \
		--no-bpf --only refcount,interval --blocks 20 -o "$folder" >"$here/stdout" 3>&- &
	program=$!
	retry retry grep -q '^1,interval-' "$folder/runs.csv.partial"
	kill -INT "$program"
	wait "$program" || [ $? -eq 130 ]
	program=
	diff "$here/stdout" "$folder/report.txt"
	run ! grep -q '^interval: ' "$folder/report.txt"
	same_again text report.txt
	same_again csv labs.csv
}

# Without perf one price is missing, and the report says so.
@test "road: calibrate" {
	SWITCHTAX_WORKLOADS=$build/workloads PATH=$(dirname "$switchtax") "$switchtax" calibrate -q --blocks 1 -o "$folder" >/dev/null
	grep -q "^Not measured: perf_bench_sched_pipe: " "$folder/report.txt"
	same_again text report.txt
	same_again csv prices.csv
}

# There is nothing to judge, and the report of the command says so; explain refuses, in short.
@test "road: no pair" {
	"$switchtax" run --no-bpf -q --workers 2 --objects 20000 --blocks 1 --arms sequential \
		-o "$folder" >"$here/stdout"
	diff "$here/stdout" "$folder/report.txt"
	grep -q "There is no valid pair of sequential and threads runs" "$folder/report.txt"
	[ -s "$folder/verdict.csv" ] && [ -s "$folder/report.json" ]
	exits 1 explain "$folder"
	says "no block with a valid run of both"
	nothing_printed
}
