#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `switchtax timeline`: what it prints and exports of a timeline made by hand, and what it says of
# folders and files that are not what it wants.
# shellcheck disable=SC2154 # what cli_setup sets

load ../lib/cli

setup() {
	cli_setup
	run_id=001-01-trace-traced
	mkdir "$out"
	"$python" "$lib/make_timeline.py" "$out/$run_id.timeline"
}

prints() { # TEXT...
	local text
	for text in "$@"; do
		[[ $output == *"$text"* ]] || fail "stdout lacks '$text': $output" || return
	done
}

@test "CSV holds every interval, and names that are hard to print" {
	exits 0 timeline "$out" "$run_id" --format csv
	"$python" - "$output" <<-'PYTHON'
		import csv, io, sys
		rows = list(csv.reader(io.StringIO(sys.argv[1], newline=""), strict=True))
		def row(*fields):
		    return [str(field) for field in fields]
		second = (2, 102, 'a,"b??\u00e9')
		assert rows[0] == ("kind thread tid comm state start_ns end_ns cpu "
		                   "from_thread").split(), rows[0]
		want = [
		    row("thread", 1, 101, "plain", "cpu", 0, 100000, 0, ""),
		    row("thread", *second, "cpu", 0, 20000, 0, ""),
		    row("thread", *second, "lock_wait", 20000, 62000, "", ""),
		    row("thread", *second, "ready", 62000, 65000, "", ""),
		    row("thread", *second, "cpu", 65000, 100000, 1, ""),
		    row("lock", "", "", "", "free_idle", 0, 10000, "", ""),
		    row("lock", 1, 101, "plain", "held_running", 10000, 60000, "", ""),
		    row("lock", *second, "handoff_signal", 60000, 62000, "", ""),
		    row("lock", *second, "handoff_queue", 62000, 65000, "", ""),
		    row("lock", *second, "handoff_take", 65000, 67000, "", ""),
		    row("lock", *second, "held_running", 67000, 100000, "", ""),
		    row("handoff", *second, "forced", 60000, 67000, 1, 1),
		]
		assert rows[1:] == want, rows
	PYTHON
}

@test "the other reader of the format reads the same" {
	exits 0 timeline "$out" --format csv
	PYTHONPATH=$lib "$python" - "$out/$run_id.timeline" "$output" <<-'PYTHON'
		import csv, io, sys, timeline
		mine = [[row[k] for k in timeline.HEADER if k != "comm"]
		        for row in timeline.read(sys.argv[1]).rows()]
		rows = csv.DictReader(io.StringIO(sys.argv[2], newline=""))
		assert mine == [[row[k] for k in timeline.HEADER if k != "comm"] for row in rows]
	PYTHON
}

@test "one run is summed up, drawn, and named where there is but one" {
	exits 0 timeline "$out"
	prints "$run_id: 0.1 ms, 2 threads, 1 context switches, 1 hand-offs" held_running \
		"Longest waits" "1 ->    2" "the lock"
	[[ $output != *$'\xff'* ]]
	exits 0 timeline "$out" --format json
	"$python" -m json.tool <<<"$output" >/dev/null
}

@test "of several runs there is a list, in three forms" {
	cp "$out/$run_id.timeline" "$out/002-01-trace-traced.timeline"
	exits 0 timeline "$out"
	prints "$run_id" switches "switchtax timeline $out RUN_ID"
	[ "$(grep -c "^$run_id" <<<"$output")" -eq 2 ]
	exits 0 timeline "$out" --format csv
	[ "${lines[0]}" = "run_id,window_ns,threads,switches,handoffs,lost,file_bytes" ]
	[ "${lines[1]%,*}" = "$run_id,100000,2,1,1,0" ]
	exits 0 timeline "$out" --format json
	[ "$("$python" -c 'import json, sys; print(len(json.load(sys.stdin)))' <<<"$output")" -eq 2 ]
	exits 2 timeline "$out" --perfetto trace.json.gz
	says "of which run?" "002-01-trace-traced"
	nothing_written
}

@test "the exported trace has tracks, slices and a flow" {
	exits 0 timeline "$out" --perfetto trace.json.gz
	nothing_printed
	[ "$(ls -A)" = trace.json.gz ]
	"$python" - <<-'PYTHON'
		import collections, gzip, json
		trace = json.load(gzip.open("trace.json.gz"))
		events = trace["traceEvents"]
		assert collections.Counter(e["ph"] for e in events) == {"M": 9, "X": 11, "s": 1, "f": 1}
		start, end = [e for e in events if e["ph"] in "sf"]
		assert (start["tid"], start["ts"], end["tid"], end["ts"]) == (1, 60, 2, 67)
		assert start["id"] == end["id"] and start["cat"] == end["cat"] and end["bp"] == "e"
		assert start["name"] == end["name"] == "forced"
		names = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
		assert names == {"plain 101", 'a,"b??\u00e9 102', "state"}, names
		held = [e for e in events if e["name"] == "held_running"]
		assert [(e["ts"], e["dur"], e["args"]["thread"]) for e in held] == [(10, 50, 1), (67, 33, 2)]
		assert trace["otherData"]["handoffs_without_flow"] == 0
	PYTHON
}

@test "a trace is never written over something, nor half" {
	echo mine >taken.gz
	ln -s elsewhere link.gz
	mkdir folder
	before=$(ls -A)
	exits 2 timeline "$out" --perfetto taken.gz
	says "taken.gz" "exists"
	exits 2 timeline "$out" --perfetto link.gz
	says "link.gz" "exists"
	exits 2 timeline "$out" --perfetto folder
	exits 1 timeline "$out" --perfetto nowhere/trace.gz
	says "nowhere/trace.gz" "No such file"
	exits 1 timeline "$out" --perfetto folder/
	says "not a file's name"
	exits 1 timeline "$out" --perfetto /dev/full/x
	ln -s elsewhere new.gz.partial
	exits 2 timeline "$out" --perfetto new.gz
	rm new.gz.partial
	[ "$(cat taken.gz)" = mine ]
	[ "$(ls -A)" = "$before" ]
}

@test "a full disk leaves nothing of a trace" {
	need_root
	mkdir small
	mount -t tmpfs -o size=4k none small || skip "cannot mount a small file system"
	head -c 4096 /dev/zero >small/filler
	run --separate-stderr "$switchtax" timeline "$out" --perfetto small/trace.gz
	left=$(ls -A small)
	umount small
	[ "$status" -eq 1 ]
	says "No space left"
	[ "$left" = filler ]
}

@test "folders and runs that are not there are named" {
	exits 2 timeline none
	says "none: No such file"
	exits 2 timeline "$out/$run_id.timeline"
	says "Not a directory"
	exits 2 timeline "$out" 009-01-other-traced
	says "009-01-other-traced" "there are: $run_id"
	rm "$out/$run_id.timeline"
	exits 2 timeline "$out"
	says "$out" "no timeline is in it" "--timeline"
	exits 2 timeline
	says "which results folder?"
	exits 2 timeline "$out" a b
	exits 2 timeline "$out" --cpus 0
	exits 2 timeline "$out" -o x
	nothing_written
}

@test "files that are cut, foreign, damaged, newer or no files are named, and nothing is printed" {
	local file=$out/$run_id.timeline

	whole=$(stat -c %s "$file")
	for size in 0 3 11 12 20 $((whole - 1)); do
		truncate -s "$size" "$file"
		exits 1 timeline "$out"
		says "$run_id.timeline: it is truncated"
		nothing_printed
		"$python" "$lib/make_timeline.py" "$file"
	done
	printf 'more' >>"$file"
	exits 1 timeline "$out"
	says "something behind its end"
	echo "run_id,state,start" >"$file"
	exits 1 timeline "$out" --format csv
	says "no timeline of switchtax"
	nothing_printed
	"$python" "$lib/make_timeline.py" "$file" 3
	exits 1 timeline "$out" --format json
	says "version 3 of the format" "reads version 2"
	nothing_printed
	rm "$file"
	mkfifo "$file"
	exits 1 timeline "$out" --perfetto trace.json.gz
	says "no regular file"
	nothing_written
}

@test "of a list, what can be read is shown, and the rest said" {
	echo foreign >"$out/000-01-x-traced.timeline"
	exits 1 timeline "$out"
	says "000-01-x-traced.timeline: it is no timeline"
	prints "$run_id"
}

@test "--help has examples" {
	exits 0 timeline --help
	prints --perfetto "switchtax timeline DIR"
}
