#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ctrl-C, SIGTERM and kill -9 at any moment: whole rows, and nothing left behind.
# shellcheck disable=SC2154

load ../lib/cli
setup_file() { cli_setup_file; }

setup() {
	cli_setup
	way=()
	[ "$(id -u)" -eq 0 ] || way=(--no-bpf)
}

teardown() {
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
	pkill -KILL -f -- "$here/workloads/" || true
}

workload_processes() { # AT-LEAST
	[ "$(pgrep -c -f -- "$here/workloads/slowdown")" -ge "$1" ]
}

# The loader itself minds the signals: before that it is not yet doing anything.
minds_signals() {
	local mask
	[ "$(cat "/proc/$loader/comm")" = switchtax ] &&
		mask=$(sed -n 's/^SigCgt:\t//p' "/proc/$loader/status") &&
		[ $((16#${mask:-0} & 0x4003)) -eq $((0x4003)) ]
}

# launch ARGS...: in a session of its own, with the signals a shell would hold back.
launch() {
	setsid env --default-signal=INT,TERM,HUP "$switchtax" "$@" \
		>"$here/stdout" 2>"$here/stderr" &
	loader=$!
	retry minds_signals
}

launch_run() {
	rm -rf "$out"
	launch run --objects 200000 --blocks 50 "${way[@]}" -o "$out"
}

finish() {
	status=0
	wait "$loader" || status=$?
	loader=
	stderr=$(cat "$here/stderr")
	output=$(cat "$here/stdout")
}

# More of the early moments, where there is most to trip over.
moment() { # MOST-MS
	local ms=$((RANDOM % $1 * (RANDOM % 1000) / 1000))
	printf '%d.%03d' $((ms / 1000)) $((ms % 1000))
}

clean_end() { # WHAT
	[ "$status" -eq 130 ] || fail "$1: exit $status, not 130" "$stderr" || return
	says interrupted || fail "$1" || return
	if [ -e "$out" ]; then
		whole_folder "$out" || fail "$1" || return
		grep -q '"interrupted"' "$out/environment.json" || fail "$1" || return
		[ "$(wc -l <"$out/runs.csv")" -ge 2 ] || fail "$1: a folder, but no run" || return
		says "$out"
	else
		says nothing
	fi || return
	no_process_left || fail "$1"
}

@test "interrupt: SIGINT, SIGTERM and SIGHUP at 25 random moments" {
	signals=(INT TERM INT TERM HUP)
	for ((n = 0; n < 25; n++)); do
		signal=${signals[n % 5]}
		delay=$([ "$n" -lt 3 ] && echo 0 || moment 3000)
		launch_run
		sleep "$delay"
		kill "-$signal" "$loader"
		finish
		clean_end "SIG$signal after $delay s"
	done
	[ "$(id -u)" -ne 0 ] || no_bpf_left
}

@test "interrupt: Ctrl-C reaches the whole process group" {
	for delay in 0 0.3 1; do
		launch_run
		sleep "$delay"
		kill -INT -- "-$loader"
		finish
		clean_end "Ctrl-C after $delay s"
	done
}

@test "interrupt: pressed again and again" {
	launch_run
	sleep 0.5
	for ((n = 0; n < 50; n++)); do
		kill -INT -- "-$loader" 2>/dev/null || break
	done
	finish
	clean_end "50 times"
}

@test "interrupt: what was finished is written, with its verdict after a block" {
	rm -rf "$out"
	launch run --objects 1000 --blocks 10000 --no-bpf -o "$out"
	retry grep -q '^1,002-' "$out/runs.csv.partial"
	kill -INT "$loader"
	finish
	clean_end "after two blocks"
	[ -s "$out/report.txt" ]
	[ -s "$out/verdict.csv" ]
	[ "$output" = "$(cat "$out/report.txt")" ]
	says "$out"
}

@test "interrupt: kill -9 at 10 random moments" {
	for ((n = 0; n < 10; n++)); do
		delay=$(moment 2000)
		launch_run
		sleep "$delay"
		kill -KILL "$loader"
		finish
		[ "$status" -eq 137 ]
		no_process_left || fail "after $delay s"
		files=("$out"/*.csv*)
		[ ! -e "${files[0]}" ] || whole_rows "${files[@]}" || fail "after $delay s"
	done
	[ "$(id -u)" -ne 0 ] || no_bpf_left
}

# Stopped ones do not end by themselves while we look: only the kernel can end them.
@test "interrupt: kill -9 ends every process of the workload with it" {
	for who in loader group; do
		for arm in threads:1 processes:6; do
			rm -rf "$out"
			launch run --objects 2000000 --blocks 50 --arms "${arm%:*}" "${way[@]}" \
				-o "$out"
			retry workload_processes "${arm#*:}"
			pkill -STOP -f -- "$here/workloads/slowdown"
			case $who in
			loader) kill -KILL "$loader" ;;
			group) kill -KILL -- "-$loader" ;;
			esac
			finish
			no_process_left
			whole_rows "$out"/*.csv.partial
		done
	done
}

@test "interrupt: Ctrl-C during trace ends the program" {
	need_bpf
	for target in loader group; do
		cp "$(command -v sleep)" "$here/workloads/snooze"
		rm -rf "$out"
		launch trace -o "$out" -- "$here/workloads/snooze" 100
		retry pgrep -f -- "^$here/workloads/snooze" >/dev/null
		case $target in
		loader) kill -INT "$loader" ;;
		group) kill -INT -- "-$loader" ;;
		esac
		finish
		[ "$status" -eq 130 ]
		says interrupted
		# What the program did until then is settled, as any run.
		[[ $output == *"The accounts add up"* ]]
		no_process_left
		whole_folder "$out"
		[ "$(wc -l <"$out/runs.csv")" -eq 2 ]
	done
	no_bpf_left
}

@test "interrupt: kill -9 during trace ends the program" {
	need_bpf
	cp "$(command -v sleep)" "$here/workloads/snooze"
	launch trace -o "$out" -- "$here/workloads/snooze" 100
	retry pgrep -f -- "^$here/workloads/snooze" >/dev/null
	kill -KILL "$loader"
	finish
	no_process_left
	whole_rows "$out"/*.csv.partial
	no_bpf_left
}

# As under nohup(1), or in a shell's job in the background.
@test "interrupt: what the caller ignores, the program ignores" {
	need_bpf
	for signal in HUP INT; do
		bit=$((1 << ($(kill -l $signal) - 1)))
		(
			trap '' $signal
			"$switchtax" trace -q -o "$out" -- sed -n 's/^SigIgn:\t//p' /proc/self/status >/dev/null
		)
		[ $((16#$(cat "$out/program.stdout") & bit)) -eq $bit ]
		rm -rf "$out"
	done
}
