#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program that already runs is watched for a while and left as it was.
# ATTACHES=N: how often the busiest one is visited (default 15).
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what needs_python and `run` set, and what common.bash reads
# shellcheck disable=SC2030,SC2031 # each test has its own $started

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
	started=()
}

teardown() {
	local pid

	for pid in "${started[@]}"; do
		{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
	done
}

# --- programs to be visited ------------------------------------------------------------

# Threads that compute, that let go of the lock all the time, and that wait. It says the
# same however long it is left to run, if nothing goes wrong.
busy_program() {
	cat <<-'END'
		import os, sys, threading, time
		stop, sums = threading.Event(), set()
		def compute():
		    while not stop.is_set():
		        value = 1
		        for _ in range(20000):
		            value = value * 1103515245 + 12345 & 0x7fffffff
		        sums.add(value)
		def let_go():
		    fd = os.open(os.devnull, os.O_RDONLY)
		    while not stop.is_set():
		        sums.add(os.lseek(fd, 0, 0))
		def wait():
		    while not stop.wait(0.001):
		        pass
		threads = [threading.Thread(target=f) for f in (compute, compute, let_go, wait)]
		for thread in threads: thread.start()
		open(sys.argv[1] + ".ready", "w").close()
		while not (os.path.exists(sys.argv[1] + ".stop") and len(sums) == 2):
		    time.sleep(0.01)
		print("alive", sum(thread.is_alive() for thread in threads), "of", len(threads))
		stop.set()
		for thread in threads: thread.join()
		print("sums", sorted(sums))
	END
}

# start NAME COMMAND...: in the background, until it has made the file NAME.ready; sets $pid.
start() {
	local name=$1

	shift
	rm -f "$here/$name".{ready,stop}
	"$@" >"$here/$name.stdout" 2>"$here/$name.stderr" 3>&- &
	pid=$!
	started+=("$pid")
	retry [ -e "$here/$name.ready" ] || fail "$name never began: $(cat "$here/$name.stderr")"
}

start_busy() { # NAME
	needs_python
	busy_program >"$here/busy.py"
	start "$1" "$python" "$here/busy.py" "$here/$1"
}

# It ends as it would have ended without us.
stop_busy() { # NAME
	touch "$here/$1.stop"
	wait "$pid" || fail "$1: exit status $?" "$(cat "$here/$1.stderr")"
	equal "$(cat "$here/$1.stderr")" ""
	equal "$(cat "$here/$1.stdout")" $'alive 4 of 4\nsums [0, 1820071137]'
}

threads_of() { # PID
	ls "/proc/$1/task"
}

# It is there, and nothing has left it stopped or traced.
lives_on() { # PID
	local state

	state=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status")
	[[ $state == [RSD] ]] || fail "process $1 is in state '$state'"
}

attach() { # PID [OPTION...]
	rm -rf "$out"
	exits 0 attach -q -o "$out" -p "$@" && lives_on "$1" && assert_threads "$out" &&
		whole_folder "$out"
}

# --- what is found ---------------------------------------------------------------------

@test "attach: to a busy Python, again and again, which goes on as if nothing had been" {
	start_busy busy
	before=$(threads_of "$pid")
	for ((n = 0; n < ${ATTACHES:-15}; n++)); do
		attach "$pid" --budget 0.3
		python_adds_up || fail "attach number $n: $output"
		equal "$(rows threads.csv)" 5
		equal "$(threads_of "$pid")" "$before"
	done
	stop_busy busy
	no_bpf_left
}

@test "attach: in whichever way it is asked for" {
	start_busy busy
	SWITCHTAX_WITHOUT=uprobe-session attach "$pid" --budget 0.3
	python_adds_up
	attach "$pid" --budget 0.3 --timeline
	python_adds_up
	(($(csv runs.csv handoffs) > 0))
	equal "$(rows handoffs.csv)" "$(csv runs.csv handoffs)"
	attach "$pid" --no-lock --budget 0.1
	equal "$(rows ledger.csv)" 0
	equal "$(csv runs.csv lock)" ""
	stop_busy busy
}

@test "attach: to the oldest Python, and the newest" {
	pythons_with_symbols | sort -V >"$here/pythons"
	[ -s "$here/pythons" ] || skip "no Python whose symbols are there"
	busy_program >"$here/busy.py"
	for each in "$(head -1 "$here/pythons")" "$(tail -1 "$here/pythons")"; do
		start busy "$each" "$here/busy.py" "$here/busy"
		attach "$pid" --budget 0.2
		python_adds_up || fail "$each: $output"
		stop_busy busy
	done
}

@test "attach: threads are called by their names" {
	start_busy busy
	attach "$pid" --budget 0.3
	equal "$(csv threads.csv comm | sort -u)" "$(cat "/proc/$pid/task/"*/comm | sort -u)"
	stop_busy busy
}

@test "attach: a Python that waits: its lock is known, but not seen" {
	needs_python
	cat >"$here/idle.py" <<-'END'
		import sys, threading
		stop = threading.Event()
		threads = [threading.Thread(target=stop.wait, daemon=True) for _ in range(3)]
		for thread in threads: thread.start()
		open(sys.argv[1] + ".ready", "w").close()
		stop.wait()
	END
	start idle "$python" "$here/idle.py" "$here/idle"
	# All of them wait for good.
	sleep 0.2
	attach "$pid" --budget 0.3
	equal "$(rows threads.csv)" 4
	equal "$(rows ledger.csv)" 0
	equal "$(csv runs.csv lock | cut -c1-9)" cpython-3
	report_says "take_gil" "neither taken nor let go of"
}

@test "attach: threads and children that are born meanwhile" {
	needs_python
	cat >"$here/fertile.py" <<-'END'
		import subprocess, sys, threading, time
		open(sys.argv[1] + ".ready", "w").close()
		while True:
		    thread = threading.Thread(target=time.sleep, args=(0.001,))
		    thread.start()
		    thread.join()
		    subprocess.check_call(["true"])
	END
	start fertile "$python" "$here/fertile.py" "$here/fertile"
	attach "$pid" --budget 0.5
	python_adds_up
	# Its children are called `true`, its threads as itself, or Thread-N since 3.14.
	select_rows "$out/threads.csv" '1' '$c["comm"]' | sort | uniq -c >"$here/names"
	cat "$here/names"
	(($(awk '$2 == "true" { print $1 }' "$here/names") >= 2))
	(($(awk '$2 ~ /python|^Thread/ { n += $1 } END { print n + 0 }' "$here/names") >= 3))
}

@test "attach: the lock of a C program, by its symbols" {
	for program in mutexes:big_lock:big_unlock spinners:spin_lock:spin_unlock \
		mutexes:pthread_mutex_lock:pthread_mutex_unlock; do
		"$BUILD/tests/${program%%:*}" -t 3 -n 1000000000 >/dev/null 3>&- &
		started+=($!)
		attach $! --lock-symbols "${program#*:}" --budget 0.3
		assert_identities "$out"
		assert_calls "$out"
		equal "$(csv runs.csv lock)" "${program#*:}"
		(($(csv runs.csv handoffs) > 0))
		kill -KILL "${started[-1]}"
	done
}

# --- how it ends -----------------------------------------------------------------------

# The lock's probes are in place.
is_attached() {
	grep -qsE '^link_type:[[:space:]]*(uprobe|perf)' "/proc/$loader"/fdinfo/*
}

# Attaches to $pid without end, and waits until that has begun.
launch() {
	rm -rf "$out"
	setsid env --default-signal=INT,TERM,HUP "$switchtax" attach -q -o "$out" -p "$pid" \
		--budget 500 >"$here/stdout" 2>"$here/stderr" 3>&- &
	loader=$!
	started+=("$loader")
	retry is_attached || fail "not attached: $(cat "$here/stderr")"
	# The window is open once it waits for the program's end, however busy the machine is.
	retry grep -q poll "/proc/$loader/wchan" || fail "does not wait: $(cat "$here/stderr")"
	# Until something was seen.
	sleep 0.7
}

finish() { # STATUS
	status=0
	wait "$loader" || status=$?
	[ "$status" -eq "$1" ] || fail "exit $status, not $1: $(cat "$here/stderr" "$here/stdout")"
}

@test "attach: a program that ends meanwhile, or is killed, is a normal end" {
	start_busy busy
	launch
	stop_busy busy
	finish 0
	assert_threads "$out"
	python_adds_up
	start_busy busy
	launch
	kill -KILL "$pid"
	finish 0
	assert_identities "$out"
	no_bpf_left
}

@test "attach: Ctrl-C ends us, and not the program" {
	start_busy busy
	for signal in INT TERM; do
		launch
		kill "-$signal" -- "-$loader"
		finish 130
		lives_on "$pid"
		python_adds_up
		whole_folder "$out"
	done
	launch
	kill -KILL "$loader"
	finish 137
	lives_on "$pid"
	stop_busy busy
	no_bpf_left
}

# --- namespaces ------------------------------------------------------------------------

@test "attach: to a program in a PID namespace, from outside" {
	needs_python
	busy_program >"$here/busy.py"
	unshare --pid true 2>/dev/null || skip "no PID namespaces here"
	start busy unshare --pid --fork --kill-child "$python" "$here/busy.py" "$here/busy"
	inside=$(pgrep -P "$pid")
	attach "$inside" --budget 0.3
	python_adds_up
	# Threads have the numbers by which we know them.
	diff <(csv threads.csv tid | sort) <(threads_of "$inside" | sort)
	stop_busy busy
}

@test "attach and trace: inside of a PID namespace" {
	needs_python
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespaces here"
	rm -rf "$out"
	unshare --pid --fork --mount-proc "$switchtax" trace -q -o "$out" -- \
		"$python" "$root/examples/threads.py" 50000 3 >/dev/null
	assert_threads "$out"
	python_adds_up
	# A new namespace counts from 1: the loader, then what it starts.
	csv threads.csv tid | awk '$1 < 2 || $1 > 60 { print; bad = 1 } END { exit bad }'
	equal "$(csv futexes.csv pid | sort -u)" "$(csv threads.csv tid | head -1)"
	rm -rf "$out"
	busy_program >"$here/busy.py"
	unshare --pid --fork --mount-proc --kill-child sh -c '
		"$1" "$2" "$3" >"$3.stdout" &
		while [ ! -e "$3.ready" ]; do sleep 0.1; done
		"$4" attach -q -o "$5" -p $! --budget 0.3 && touch "$3.stop" && wait $!' sh \
		"$python" "$here/busy.py" "$here/inside" "$switchtax" "$out"
	assert_threads "$out"
	python_adds_up
	equal "$(head -1 "$here/inside.stdout")" "alive 4 of 4"
}

@test "attach: a number that is nobody's in our PID namespace" {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespaces here"
	run --separate-stderr unshare --pid --fork --mount-proc \
		"$switchtax" attach -o "$out" -p $$ --budget 0.2
	equal "$status" 1
	says "-p $$" "no such process"
	no_folder "$out"
	# A /proc of another namespace knows the number, but not the same process.
	run --separate-stderr unshare --pid --fork \
		"$switchtax" attach -o "$out" -p $$ --budget 0.2
	equal "$status" 1
	says "-p $$"
	no_folder "$out"
}

# --- what cannot be attached to --------------------------------------------------------

# refused PID TEXT...: exit 1, each TEXT on stderr, no output, no file.
refused() {
	local who=$1

	shift
	exits 1 attach -o "$out" --budget 0.2 -p "$who" && says "-p $who" "$@" &&
		nothing_printed && no_folder "$out" && nothing_written
}

@test "attach: no such process" {
	refused 2147483647 "no such process"
	true 3>&- &
	wait $!
	refused $! "no such process"
}

@test "attach: a kernel thread" {
	[ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ] || skip "no kernel thread is visible here"
	refused 2 "kernel thread"
}

@test "attach: a thread that is no process, and ourselves" {
	start_busy busy
	thread=$(threads_of "$pid" | tail -1)
	refused "$thread" "thread of process $pid"
	stop_busy busy
	run --separate-stderr bash -c 'exec "$0" attach -o "$1" -p $$' "$switchtax" "$out"
	equal "$status" 1
	says "switchtax itself"
	no_folder "$out"
}

@test "attach: a process that nobody has buried yet" {
	sh -c 'true & exec sleep 60' 3>&- &
	started+=($!)
	retry pgrep -P "${started[-1]}" -r Z >/dev/null
	refused "$(pgrep -P "${started[-1]}" -r Z)" "ended"
}

@test "attach: usage" {
	for number in 0 -1 abc 1.5 4294967296 "" " 1"; do
		is_usage_error "'$number'" "whole number from 1 to" -- attach "--pid=$number"
	done
	is_usage_error "which process" -- attach
	is_usage_error "which process" -- attach --budget 1
	is_usage_error "'$$'" "-p PID" -- attach "$$"
	for budget in 0 -1 x ""; do
		is_usage_error --budget "'$budget'" -- attach -p $$ "--budget=$budget"
	done
}

@test "attach: functions that are not there" {
	start_busy busy
	exits 1 attach -o "$out" -p "$pid" --budget 0.2 --lock-symbols no_such:neither
	says no_such neither "no function"
	nothing_printed
	no_folder "$out"
	lives_on "$pid"
	stop_busy busy
	"$BUILD/tests/mutexes" -t 2 -n 1000000000 >/dev/null 3>&- &
	started+=($!)
	exits 1 attach -o "$out" -p $! --budget 0.2 --lock-symbols big_lock:no_such
	says "has big_lock" no_such
	no_folder "$out"
	lives_on "${started[-1]}"
	no_bpf_left
}

@test "attach: a program that has been stripped, or deleted" {
	cp "$BUILD/tests/spinners" "$here/bare"
	strip "$here/bare"
	"$here/bare" -t 2 -n 1000000000 >/dev/null 3>&- &
	started+=($!)
	exits 1 attach -o "$out" -p $! --budget 0.2 --lock-symbols spin_lock:spin_unlock
	says "$here/bare" "no function spin_lock" "stripped"
	no_folder "$out"
	cp "$BUILD/tests/spinners" "$here/gone"
	"$here/gone" -t 2 -n 1000000000 >/dev/null 3>&- &
	started+=($!)
	retry grep -q "$here/gone" "/proc/$!/maps"
	rm "$here/gone"
	attach $! --budget 0.2 --lock-symbols spin_lock:spin_unlock
	assert_identities "$out"
	assert_calls "$out"
}
