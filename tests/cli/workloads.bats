#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Workloads that fail, in every way there is: said clearly, exit 1, nothing left behind.
# shellcheck disable=SC2154

load ../lib/cli
setup_file() { cli_setup_file; }
setup() { cli_setup; }

teardown() {
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
	pkill -KILL -f -- "$here/workloads/" || true
}

misbehave() {
	[ -x "$build/tests/misbehave" ] || fail "build/tests/misbehave is missing: make build"
	cp "$build/tests/misbehave" "$here/workloads/slowdown"
}

# both_ways TEXT... -- ARGS...: fails clearly with and without the tracer, leaving nothing.
both_ways() {
	local texts=() ways=(--no-bpf)
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	if [ "$(id -u)" -eq 0 ]; then
		ways+=(--seed=1)
	fi
	for way in "${ways[@]}"; do
		exits 1 run "$way" "${small[@]}" --arms threads -o "$out" "$@"
		says "${texts[@]}" && nothing_printed && no_folder "$out" && no_process_left || return
	done
}

# Start a run in the background, without reading its files before $1 rows are in.
start() { # ROWS ARGS...
	local rows=$1
	shift
	"$switchtax" run --objects 20000 -o "$out" "$@" >"$here/stdout" 2>"$here/stderr" &
	loader=$!
	[ "$rows" -eq 0 ] || retry has_rows "$rows"
}

has_rows() {
	[ -e "$out/runs.csv.partial" ] && [ "$(wc -l <"$out/runs.csv.partial")" -gt "$1" ]
}

finish() {
	status=0
	wait "$loader" || status=$?
	loader=
	stderr=$(cat "$here/stderr")
	output=$(cat "$here/stdout")
}

@test "workloads: missing" {
	rm "$here/workloads/slowdown"
	both_ways "$here/workloads/slowdown" "not there" "make" --
	rm "$here/workloads/lockcost"
	cp "$build/workloads/slowdown" "$here/workloads/"
	both_ways "$here/workloads/lockcost" --
	SWITCHTAX_WORKLOADS=/nosuch both_ways "/nosuch/slowdown" "make" --
}

@test "workloads: a relative folder of workloads" {
	ln -s "$here/workloads" mine
	SWITCHTAX_WORKLOADS=mine exits 0 run --no-bpf "${small[@]}" --arms threads -o "$out"
	whole_folder "$out"
}

@test "workloads: not executable, a folder, not a program" {
	chmod 644 "$here/workloads/slowdown"
	both_ways "$here/workloads/slowdown" "Permission denied" --
	rm "$here/workloads/slowdown"
	mkdir "$here/workloads/slowdown"
	both_ways "$here/workloads/slowdown" "Permission denied" --
	rmdir "$here/workloads/slowdown"
	echo 'no program' >"$here/workloads/slowdown"
	chmod 755 "$here/workloads/slowdown"
	both_ways "$here/workloads/slowdown" --
}

@test "workloads: crashing" {
	misbehave
	MISBEHAVE=crash both_ways "workload killed by signal 11" "Segmentation fault" --
	no_bpf_left
}

@test "workloads: hanging, ended by the time limit" {
	misbehave
	MISBEHAVE=hang both_ways "$here/workloads/slowdown" "did not end within 1 s" \
		"--time-limit" -- --time-limit 1
	no_bpf_left
}

@test "workloads: exiting with a status and a message" {
	misbehave
	MISBEHAVE=exit3 both_ways "exited with status 3" "misbehave: exits with 3" --
}

@test "workloads: printing nothing, or garbage" {
	misbehave
	MISBEHAVE=silent both_ways "no report that can be read" --
	MISBEHAVE=garbage both_ways "no report that can be read" --
}

@test "workloads: running out of memory" {
	misbehave
	MISBEHAVE=oom both_ways "misbehave: out of memory" --
}

@test "workloads: one that does not know its options" {
	misbehave
	MISBEHAVE=nonsense both_ways "exited with status 2" "MISBEHAVE: crash, hang" --
}

@test "workloads: leaving a child behind, which ends with it" {
	misbehave
	MISBEHAVE=fork-and-linger exits 0 run --no-bpf "${small[@]}" --arms threads -o "$out"
	whole_folder "$out"
	no_process_left
	need_bpf
	rm -rf "$out"
	MISBEHAVE=fork-and-linger run --separate-stderr "$switchtax" run "${small[@]}" \
		--arms threads -o "$out"
	[[ $status == [01] ]]
	whole_folder "$out"
	no_process_left
	no_bpf_left
}

@test "workloads: killed from outside" {
	misbehave
	for way in --no-bpf --seed=1; do
		[ "$way" = --no-bpf ] || need_bpf
		for signal in KILL TERM; do
			MISBEHAVE=hang start 0 "$way" --arms threads
			retry pgrep -f -- "$here/workloads/slowdown" >/dev/null
			pkill "-$signal" -f -- "$here/workloads/slowdown"
			finish
			[ "$status" -eq 1 ] || fail "exit $status: $stderr"
			says "killed by signal"
			nothing_printed
			no_folder "$out"
			no_process_left
		done
	done
	no_bpf_left
}

@test "workloads: failing after some good runs keeps those, in whole rows" {
	way=()
	[ "$(id -u)" -eq 0 ] || way=(--no-bpf)
	export MISBEHAVE=crash
	start 3 --blocks 1000 "${way[@]}"
	cp "$build/tests/misbehave" "$here/workloads/other"
	mv "$here/workloads/other" "$here/workloads/slowdown"
	finish
	[ "$status" -eq 1 ] || fail "exit $status: $stderr"
	says "killed by signal 11"
	whole_folder "$out"
	[ "$(column run_id "$out/runs.csv" | wc -l)" -ge 3 ]
	[ "$(column valid "$out/runs.csv" | sort -u)" = 1 ]
	grep -q "a run failed" "$out/environment.json"
	no_process_left
}

@test "workloads: vanishing after some good runs" {
	start 3 --no-bpf --blocks 1000
	rm "$here/workloads/slowdown"
	finish
	[ "$status" -eq 1 ] || fail "exit $status: $stderr"
	says "$here/workloads/slowdown" "No such file"
	whole_folder "$out"
	no_process_left
}

@test "workloads: too many objects for the memory, said before the first run" {
	for shape in "5" "2" "1000"; do
		exits 3 run --objects 1000000000 --workers "$shape" -o "$out"
		says "too little memory" "$shape workers with 1000000000 objects" "would fit"
		nothing_printed
		no_folder "$out"
		nothing_written
		# It does fit by its own arithmetic, and a tenth more would not.
		"$python" - "$stderr" <<'END'
import re, sys
words = re.search(r"need ([\d.]+) GB at once, ([\d.]+) GB are available; --objects (\d+) ",
                  sys.argv[1])
need, available, fits = map(float, words.groups())
base = 64 * 2**20 / 1e9
each = (need - base) / 1e9
rounding = 0.11
assert need > available
assert 1 <= fits < 1e9
assert fits * each + base <= available + rounding, words.group()
if fits >= 100:
    assert fits * 1.11 * each + base >= available - rounding, words.group()
END
	done
}

@test "workloads: a single task may use all the memory" {
	exits 3 run --objects 1000000000 -o "$out"
	all=${stderr##*--objects }
	exits 3 run --objects 1000000000 --arms sequential -o "$out"
	one=${stderr##*--objects }
	# Five tasks at a time or one: about five times as many objects.
	[ "${one%% *}" -gt $((4 * ${all%% *})) ]
	[ "${one%% *}" -lt $((6 * ${all%% *})) ]
}
