#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# attach --live on a real terminal (tmux): what it shows, what keys do, how it leaves.
# Nothing here waits for a time on a clock, only for what must come, for as long as it takes.
# shellcheck disable=SC2154,SC2034 # what cli_setup and `run` set, and what common.bash reads
# shellcheck disable=SC2030,SC2031 # each test has its own $pid

load ../lib/pythons
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	command -v tmux >/dev/null || skip "no tmux"
	! "$switchtax" attach -p $$ --live 2>&1 | grep -q "built without" || skip "no ncurses"
}

setup() {
	cli_setup
	pid=
	loader=
	shows=0
}

teardown() {
	[ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
	[ -z "$loader" ] || kill -KILL "$loader" 2>/dev/null || true
	close_terminal
}

# --- a program to look at --------------------------------------------------------------

# Two threads that compete for the lock, one that sleeps, and as many more as are asked for.
start_python() { # [SLEEPERS]
	needs_python
	cat >"$here/busy.py" <<-'END'
		import os, sys, threading, time
		def name(text):
		    with open("/proc/self/task/%d/comm" % threading.get_native_id(), "wb") as f:
		        f.write(text)
		def compute(text):
		    name(text)
		    while not os.path.exists(sys.argv[1] + ".stop"):
		        for _ in range(200000): pass
		def sleep(text):
		    name(text)
		    while not os.path.exists(sys.argv[1] + ".stop"):
		        time.sleep(0.01)
		threads = [threading.Thread(target=compute, args=(b"left",)),
		           threading.Thread(target=compute, args=(b"right",)),
		           threading.Thread(target=sleep, args=(b"\x1b[31m\xffbad\x9b2J",))]
		threads += [threading.Thread(target=sleep, args=(b"more%d" % i,))
		            for i in range(int(sys.argv[2]))]
		for thread in threads: thread.start()
		open(sys.argv[1] + ".ready", "w").close()
		for thread in threads: thread.join()
	END
	"$python" "$here/busy.py" "$here/busy" "${1:-0}" 3>&- &
	pid=$!
	await [ -e "$here/busy.ready" ]
}

# --- a terminal to look with -----------------------------------------------------------

terminal() {
	env -u TMUX LC_ALL=C.UTF-8 tmux -f /dev/null -S "$here/tmux$shows" "$@"
}

close_terminal() {
	terminal kill-server 2>/dev/null || true
}

# show COLUMNSxROWS ENVIRONMENT... -- ARGS...: switchtax attach on a terminal of that size. The
# terminal stays when switchtax has ended, as a shell would keep it.
show() {
	local size=$1 environment=()

	shift
	while [ "$1" != -- ]; do
		environment+=("$1")
		shift
	done
	shift
	rm -rf "$out" "$here"/{before,after,status,loader,stopped,go}
	cat >"$here/shell" <<-END
		set -m
		trap : INT TERM HUP
		stty -g >"$here/before"
		env ${environment[*]@Q} sh -c 'echo \$\$ >"$here/loader"; exec "\$@"' sh \
			"$switchtax" attach -o "$out" -p "$pid" ${*@Q}
		status=\$?
		if [ \$status -eq 148 ]; then
			stty -g >"$here/stopped"
			until [ -e "$here/go" ]; do sleep 0.1; done
			fg
			status=\$?
		fi
		echo "\$status" >"$here/status"
		stty -g >"$here/after"
		echo "the end"
		exec sleep 1000
	END
	# A server that is still on its way out would take the next one's place.
	close_terminal
	shows=$((shows + 1))
	terminal new-session -d -x "${size%x*}" -y "${size#*x}" "bash '$here/shell'" 3>&-
	await [ -s "$here/loader" ]
	loader=$(cat "$here/loader")
}

# await COMMAND...: until it succeeds, or nobody would wait any longer.
await() {
	local i

	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	fail "never: $*" "$(screen)"
}

screen() {
	terminal capture-pane -p 2>/dev/null
}

# Each TEXT is on the screen at once.
shown() { # TEXT...
	local now text

	now=$(screen)
	for text in "$@"; do
		[[ $now == *"$text"* ]] || return
	done
}

not_shown() {
	! shown "$@"
}

keys() {
	terminal send-keys "$@"
}

on_alternate_screen() {
	[ "$(terminal display -p '#{alternate_on}')" = "$1" ]
}

# It has ended so, and the terminal is what it was before.
left_with() { # STATUS
	await [ -s "$here/after" ]
	loader=
	[ "$(cat "$here/status")" = "$1" ] || fail "exit $(cat "$here/status"), not $1" "$(screen)"
	await shown "the end"
	diff "$here/before" "$here/after"
	on_alternate_screen 0
	[ "$(terminal display -p '#{cursor_flag}')" = 1 ]
}

states=(held_running held_preempted_self held_preempted_other held_blocked held_waking
	held_throttled handoff_signal handoff_queue handoff_queue_self handoff_queue_other
	handoff_throttled handoff_take free_idle "not seen")

# --- what is shown ---------------------------------------------------------------------

@test "live: the lock's states and the threads, until q; then the report as ever" {
	start_python
	show 100x40 -- --live --refresh 0.2
	await shown "$pid (" "cpython-3" take_gil "hand-offs" "forced)" "${states[@]}" \
		"left " "right " "*cpu%" "4 threads"
	on_alternate_screen 1
	# A name drives no terminal.
	shown "?[31m?bad?2J"
	# Of the time since the last look, and of all, hardly anything is in no state.
	await books_are_full
	# Both compete: there are hand-offs, and the lock is hardly ever idle.
	await not_shown "hand-offs 0/s"
	keys q
	left_with 0
	shown "add up" "files: $out"
	whole_folder "$out"
	grep -q '"q was pressed"' "$out/environment.json"
	[ "$(column valid "$out/runs.csv")" = 1 ]
	column comm "$out/threads.csv" | grep -qx left
	no_bpf_left
}

# The row of what was not seen: its share of the last stretch, a time, its share of all.
books_are_full() {
	screen | tr -d % | awk '$1 == "?" && $2 == "not" && $4 < 2 && $NF < 2 { full = 1 }
		END { exit !full }'
}

@test "live: keys sort, pause, scroll and explain" {
	start_python 40
	show 80x24 -- --live --refresh 0.1
	await shown "*cpu%" "44 threads"
	keys w
	await shown "*lck%"
	keys r
	await shown "*rdy%"
	keys b
	await shown "*blk%"
	keys c
	await shown "*cpu%" "left "
	keys p
	await shown PAUSED
	still=$(screen)
	# Many times as long as it takes to be shown anew.
	sleep 1
	[ "$(screen)" = "$still" ]
	keys End
	await not_shown "left "
	keys Home
	await shown "left "
	keys NPage
	await not_shown "left "
	keys PPage
	await shown "left "
	keys Down Down Down
	await not_shown "left "
	keys Up Up Up p
	await not_shown PAUSED
	keys t
	await shown "all time"
	keys h
	await shown "sort: c cpu" "scroll"
	keys '?' x Escape
	await not_shown "sort: c cpu"
	keys q
	left_with 0
}

@test "live: any size, and another one meanwhile" {
	start_python
	show 80x24 -- --live --refresh 0.2
	await shown "${states[@]}" "left " "in/s"
	terminal resize-window -x 40 -y 10
	await shown "held " "idle " "left" "q quit"
	not_shown handoff_signal
	terminal resize-window -x 39 -y 10
	await shown "too small: needs 40x10"
	terminal resize-window -x 20 -y 3
	await not_shown "q quit"
	terminal resize-window -x 160 -y 50
	await shown "${states[@]}" "left " "in/s"
	keys q
	left_with 0
}

@test "live: without colour, and without Unicode" {
	start_python
	show 80x24 LC_ALL=C NO_COLOR=1 -- --live --refresh 0.2
	# Most of the time somebody has the lock and runs.
	await shown "R held_running         RR" "${states[@]}"
	await shown " CC"
	coloured && fail "there is colour: $(terminal capture-pane -pe | cat -v)"
	keys q
	left_with 0
	show 80x24 LC_ALL=C.UTF-8 -- --live --refresh 0.2
	await shown "R held_running         ██"
	await coloured
	keys q
	left_with 0
}

coloured() {
	terminal capture-pane -pe | grep -qE $'\033''\[(0;)?3[1-6]m'
}

@test "live: no lock, only threads; and what is said meanwhile comes after" {
	start_python
	show 80x24 -- --live --refresh 0.2 --no-lock -v --format csv
	await shown "lock: none" "left " "right " "switches/s"
	not_shown held_running
	not_shown hand-offs
	not_shown libbpf
	keys q
	left_with 0
	terminal capture-pane -p -S - | grep -q '^run_id,state,ns'
}

# --- how it ends -----------------------------------------------------------------------

@test "live: Ctrl-C, SIGTERM and SIGHUP end it, and give the terminal back" {
	start_python
	for signal in C-c TERM HUP; do
		show 80x24 -- --live --refresh 0.2
		await shown held_running "left "
		if [ $signal = C-c ]; then
			keys C-c
		else
			kill -$signal "$loader"
		fi
		left_with 130
		whole_folder "$out"
		kill -0 "$pid"
	done
	no_bpf_left
}

@test "live: the program's end ends it, and so does the budget" {
	start_python
	show 80x24 -- --live --refresh 0.2 --budget 1
	left_with 0
	show 80x24 -- --live --refresh 0.2
	await shown held_running "left "
	touch "$here/busy.stop"
	left_with 0
	wait "$pid"
	pid=
	whole_folder "$out"
}

@test "live: its terminal goes away" {
	start_python
	show 80x24 -- --live --refresh 0.2
	await shown held_running "left "
	close_terminal
	await ended "$loader"
	loader=
	whole_folder "$out"
	kill -0 "$pid"
	no_bpf_left
}

ended() { # PID
	! kill -0 "$1" 2>/dev/null
}

@test "live: Ctrl-Z stops it and gives the terminal back, fg goes on" {
	start_python
	show 80x24 -- --live --refresh 0.2
	await shown held_running "left "
	keys C-z
	await [ -s "$here/stopped" ]
	diff "$here/before" "$here/stopped"
	on_alternate_screen 0
	touch "$here/go"
	await on_alternate_screen 1
	await shown held_running "left "
	keys q
	left_with 0
}

@test "live: functions that are not there: the message is read, on a terminal as it was" {
	start_python
	show 80x24 -- --live --lock-symbols no_such:neither
	left_with 1
	shown "no function no_such"
	no_folder "$out"
}

# --- where it cannot be ----------------------------------------------------------------

@test "live: not on a terminal" {
	is_usage_error --live "not a terminal" -- attach -p $$ --live
	exits 2 attach -p $$ --live -o "$out"
	no_folder "$out"
}

@test "live: on a terminal that cannot be drawn on" {
	sleep 1000 3>&- &
	pid=$!
	for kind in TERM=dumb TERM=no-such-kind TERM= "-u TERM"; do
		# shellcheck disable=SC2086 # an option and its argument
		show 100x24 $kind -- --live
		left_with 2
		shown "--live: TERM" "TERM=xterm"
		no_folder "$out"
	done
}

@test "live: usage" {
	is_usage_error --refresh --live -- attach -p $$ --refresh 2
	for refresh in 0 -1 0.01 x 1e9 nan ""; do
		is_usage_error --refresh "'$refresh'" -- attach -p $$ --live "--refresh=$refresh"
	done
}
