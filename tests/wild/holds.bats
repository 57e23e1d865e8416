#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program stands still for us at an exec: nobody sees it, it is in no book, and it ends with us.
# ATTACHES=N: how often a program that executes itself is visited (default 12, a third are killed).
# shellcheck disable=SC2016 # $c["name"] is for awk, $0 for sh
# shellcheck disable=SC2154,SC2034 # what `run` and needs_python set, and what common.bash reads
# shellcheck disable=SC2030,SC2031 # each test has its own $started

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	programs=$BATS_FILE_TMPDIR
	export programs
	for source in untraced traces; do
		"${CC:-cc}" -O1 -o "$programs/$source" "$BATS_TEST_DIRNAME/programs/$source.c"
	done
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

equal() { # GOT WANTED
	[ "$1" = "$2" ] || fail "got '$1', not '$2'"
}

# traces STATUS [OPTION...] -- PROGRAM [ARG...]
traces() {
	local want=$1 status=0

	rm -rf "$out"
	"$switchtax" trace -q -o "$out" "${@:2}" >"$here/report" 2>"$here/err" </dev/null || status=$?
	[ "$status" -eq "$want" ] || fail "trace ${*:2}: exit $status, not $want" "$(cat "$here/err")"
}

# What the programs of ours say that they have seen of their child.
stops() { # [FILE]
	sed -n 's/^stops //p' "${1:-$out/program.stdout}"
}

state_of() { # PID
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

# It is not left standing: seen in another state within two seconds.
runs_on() { # PID
	local i state

	for ((i = 0; i < 40; i++)); do
		state=$(state_of "$1")
		case $state in [Tt]) sleep 0.05 ;; *) return 0 ;; esac
	done
	fail "process $1 is left in state $state"
}

steady() { # FILE
	cat >"$1" <<-'END'
		import threading, time
		def steady():
		    for _ in range(3):
		        sum(range(100000))
		        time.sleep(0.1)
		threads = [threading.Thread(target=steady) for _ in range(2)]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
	END
}

# The ledger of a run's only lock is its wall time, within 0.1 %, by the files alone; that of one of
# several, or of one that was known late (on a busy machine), lies within it.
ledger_is_wall_time() {
	local sum wall

	sum=$(select_rows "$out/ledger.csv" '$c["lock"] == 1 && $c["state"] !~ /\./' '$c["ns"]' |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }')
	wall=$(csv runs.csv wall_ns)
	number "$sum" && number "$wall" || return
	if (($(grep -c . "$out/locks.csv") > 2 || $(csv locks.csv unseen_ns | head -1) > 0)); then
		((sum > 100000000 && sum <= wall + wall / 1000)) ||
			fail "a ledger of a part sums to $sum, wall_ns is $wall"
		return
	fi
	((wall > 300000000 && sum - wall <= wall / 1000 && wall - sum <= wall / 1000)) ||
		fail "the ledger sums to $sum, wall_ns is $wall"
}

# launched NAME COMMAND [ARG...]; skipped where the launcher is missing.
launched() {
	command -v "$2" >/dev/null || return 0
	traces 0 -- "${@:2}" && [[ $(csv runs.csv lock) == cpython-3* ]] && assert_identities "$out" &&
		ledger_is_wall_time || fail "started by $1" "$(cat "$here/err" "$out/runs.csv")" || return
	launchers=$((launchers + 1))
}

@test "holds: whoever starts it, the ledger is the wall time" {
	needs_python
	steady "$here/steady.py"
	program=("$python" "$here/steady.py")
	line="$python $here/steady.py"
	printf 'all: one two\none:\n\t@%s\ntwo:\n\t@sleep 0.1\n' "$line" >"$here/Makefile"
	printf '#!/bin/sh\nexec %s\n' "$line" >"$here/script"
	chmod 755 "$here/script"
	launchers=0
	launched direct "${program[@]}"
	launched nice nice -n 1 "${program[@]}"
	launched "env -S" env -S "$line"
	launched timeout timeout 100 "${program[@]}"
	launched make make -s -f "$here/Makefile"
	launched "make -j2" make -s -j2 -f "$here/Makefile"
	launched sh sh -c "$line; true"
	launched "sh, exec" sh -c "exec $line"
	launched "sh, two at once" sh -c "$line & sleep 0.2 & wait"
	launched xargs sh -c 'echo "$1" | xargs "$0"' "${program[@]}"
	launched find find "$here/steady.py" -exec "$python" '{}' ';'
	launched setsid setsid -w "${program[@]}"
	launched stdbuf stdbuf -oL "${program[@]}"
	launched subprocess "$python" -c 'import subprocess, sys; subprocess.run(sys.argv[1:])' \
		"${program[@]}"
	launched pipe bash -c "$line | cat"
	launched nohup nohup "${program[@]}"
	launched time bash -c "time $line"
	launched chrt chrt -o 0 "${program[@]}"
	launched taskset taskset -c 0 "${program[@]}"
	launched unshare unshare -u "${program[@]}"
	launched script "$here/script"
	launched setarch setarch -R "${program[@]}"
	launched flock flock "$here/lock" "${program[@]}"
	echo "# $launchers launchers" >&3
	[ "$launchers" -ge 12 ]
}

@test "holds: a lock that is taken at once is seen from the first time on" {
	# Directly, and by three programs that execute the next one.
	mutexes=$build/tests/mutexes
	for command in "$mutexes -n 100" "nice -n 1 env -S '$mutexes -n 100'"; do
		for ((i = 0; i < 5; i++)); do
			eval "traces 0 --lock-symbols big_lock:big_unlock -- $command"
			equal "$(csv runs.csv acquisitions)" "$(truth acquisitions)"
			equal "$(csv runs.csv half_seen)" 0
		done
	done
}

@test "holds: many at once are not summed" {
	cp "$(type -P true)" "$here/python3-not"
	traces 0 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do "$0" & done; wait; sleep 0.1' "$here/python3-not"
	assert_t1 "$out" && assert_t2 "$out"
	wall=$(csv runs.csv wall_ns) window=$(csv runs.csv window_ns)
	equal "$wall" "$window"
	((wall > 100000000))
}

@test "holds: no parent sees one" {
	needs_python
	traces 0 -- "$programs/untraced" "$python" -c 'import sys; sys.exit(3)'
	equal "$(stops)" "0 status 768"
	traces 0 -- "$programs/untraced" sh -c "exec nice '$python' -c pass"
	equal "$(stops)" "0 status 0"
}

@test "holds: a stop of the program's own is one" {
	traces 0 -- "$programs/untraced" sh -c \
		'(sleep 0.3; kill -CONT $$) & kill -STOP $$; sleep 0.3; exit 5'
	equal "$(stops)" "2 status 1280"
	# Of the program that we have started ourselves, while it is on its way to another.
	traces 1 -- sh -c '(sleep 0.3; kill -CONT $$) & kill -STOP $$; sleep 0.3; exit 5'
	equal "$(csv runs.csv exit_status)" 5
	traces 1 -- sh -c 'trap "exit 7" USR1; kill -USR1 $$; sleep 1'
	equal "$(csv runs.csv exit_status)" 7
	traces 1 -- sh -c 'kill -TERM $$; sleep 1'
	equal "$(csv runs.csv exit_status)" -15
}

@test "holds: what somebody else traces is left to them" {
	needs_python
	traces 0 -- "$programs/traces" "$python" -c pass
	equal "$(stops)" "1 status 0"
}

@test "holds: without a lock nobody is held" {
	traces 0 --no-lock -- sh -c 'exec grep TracerPid /proc/self/status'
	equal "$(truth TracerPid:)" 0
	equal "$(csv runs.csv stopped_ns)" 0
}

@test "holds: a program that executes itself runs on after every attach" {
	printf '#!/bin/sh\nsleep 0.1\nexec /bin/sh "$0" again\n' >"$here/again"
	"$programs/untraced" /bin/sh "$here/again" >"$here/parent" &
	started+=($!)
	retry grep -q pid "$here/parent"
	pid=$(awk '$1 == "pid" { print $2 }' "$here/parent")
	started+=("$pid")
	for ((i = 0; i < ${ATTACHES:-12}; i++)); do
		options=(-q -o "$here/attach-$i" -p "$pid" --budget 0.3)
		((i % 4)) || options+=(--no-lock)
		if ((i % 3)); then
			"$switchtax" attach "${options[@]}" >"$here/report" 2>"$here/err" ||
				fail "attach: $(cat "$here/err")"
		else
			"$switchtax" attach "${options[@]}" >"$here/report" 2>"$here/err" &
			tool=$!
			sleep "0.$((RANDOM % 9 + 1))"
			{ kill -KILL "$tool" && wait "$tool"; } 2>/dev/null || true
		fi
		runs_on "$pid"
	done
	{ kill -KILL "$pid" && wait "${started[0]}"; } 2>/dev/null || true
	equal "$(stops "$here/parent")" "0 status 9"
	no_orphans
}

@test "holds: a trace that is killed leaves nobody standing" {
	needs_python
	for ((i = 0; i < 6; i++)); do
		"$switchtax" trace -q -o "$here/trace-$i" -- setsid sh -c \
			'echo $$ >"$0"; exec "$1" -c "import time; time.sleep(5)"' "$here/pid-$i" "$python" \
			>/dev/null 2>&1 &
		tool=$!
		sleep "0.$((RANDOM % 9 + 1))"
		{ kill -KILL "$tool" && wait "$tool"; } 2>/dev/null || true
		[ ! -s "$here/pid-$i" ] || runs_on "$(cat "$here/pid-$i")"
	done
}

@test "holds: in a time namespace the window has its length" {
	ahead=(unshare --time --fork --monotonic 100000 --boottime 100000)
	"${ahead[@]}" true 2>/dev/null || skip "no time namespaces"
	rm -rf "$out"
	"${ahead[@]}" "$switchtax" trace -q --timeline -o "$out" -- sleep 0.3 2>"$here/err" ||
		fail "$(cat "$here/err")"
	equal "$(rows threads.csv)" 1
	assert_t1 "$out" && assert_t2 "$out"
	wall=$(csv runs.csv wall_ns)
	((wall >= 300000000 && wall < 60000000000)) || fail "wall_ns is $wall"
	"$python" "$lib/check_timeline.py" "$switchtax" "$out"
	sleep 30 &
	started+=($!)
	rm -rf "$out"
	"${ahead[@]}" "$switchtax" attach -q -o "$out" -p $! --budget 0.3 2>"$here/err" ||
		fail "$(cat "$here/err")"
	equal "$(rows threads.csv)" 1
}

@test "namespaces: a /proc of other processes is refused, one of our own is not" {
	unshare -pf true 2>/dev/null || skip "no PID namespaces"
	rm -rf "$out"
	run --separate-stderr unshare -pf "$switchtax" trace -q -o "$out" -- sleep 0.1
	equal "$status" 3
	says "/proc" "PID namespace"
	no_folder "$out"
	run --separate-stderr unshare -pf --mount-proc "$switchtax" trace -q -o "$out" -- sleep 0.1
	equal "$status" 0
	equal "$(rows threads.csv)" 1
}
