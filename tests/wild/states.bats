#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Why a holder does not run: no CPU quota is left, it is stopped, it has been woken and waits.
# shellcheck disable=SC2016 # $c["name"] is for awk, $$ for sh
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	programs=$BATS_FILE_TMPDIR
	export programs
	"${CC:-cc}" -O1 -g -pthread -o "$programs/states" "$BATS_TEST_DIRNAME/programs/states.c"
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
	group=
}

teardown() {
	[ -z "${program-}" ] || kill -KILL "$program" 2>/dev/null || true
	[ -z "$group" ] || rmdir "$group"
}

# traces PROGRAM [ARG...]: a valid run, whose mutex is watched.
traces() {
	"$switchtax" trace -q --as-root --lock-symbols pthread_mutex_lock:pthread_mutex_unlock \
		-o "$out" -- "$@" >"$here/report" 2>"$here/err" </dev/null ||
		fail "trace $*: exit $?" "$(cat "$here/err")"
	assert_threads "$out"
	add_up
}

# L1, of each lock over its own window.
add_up() {
	local lock window sum

	while read -r lock window; do
		sum=$(select_rows "$out/ledger.csv" \
			'$c["lock"] == '"$lock"' && $c["parent"] == ""' '$c["ns"]' |
			awk '{ s += $1 } END { printf "%.0f", s }')
		((sum - window <= window / 1000 + 20000 && window - sum <= window / 1000 + 20000)) ||
			fail "lock $lock: its states sum to $sum, its window is $window"
	done < <(select_rows "$out/locks.csv" '$c["window_ns"] != ""' '$c["lock"], $c["window_ns"]')
	[ -n "$sum" ] || fail "no lock has a window"
}

# ns NAME...: these states of the lock that cost most.
ns() {
	local name sum=0

	for name in "$@"; do
		sum=$((sum + $(select_rows "$out/ledger.csv" \
			'$c["lock"] == 1 && $c["state"] == "'"$name"'"' '$c["ns"]')))
	done
	echo "$sum"
}

# A control group with so many us of CPU in each 100 ms, by either version.
make_group() { # US
	local root

	root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2; exit }' /proc/mounts)
	[ -n "$root" ] || root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	mkdir "$root/switchtax-test-$$" 2>/dev/null || skip "needs a cgroup that may be written"
	group=$root/switchtax-test-$$
	# More weight than anybody else, for the quota to be what it lacks.
	if [ -e "$group/cpu.cfs_quota_us" ]; then
		echo 200000 >"$group/cpu.shares"
		echo 100000 >"$group/cpu.cfs_period_us"
		echo "$1" >"$group/cpu.cfs_quota_us"
	elif [ -e "$group/cpu.max" ]; then
		echo 10000 >"$group/cpu.weight"
		echo "$1 100000" >"$group/cpu.max"
	else
		skip "needs the CPU controller of cgroups"
	fi
}

throttled_ns() {
	awk '$1 == "throttled_time" { printf "%d\n", $2 }
		$1 == "throttled_usec" { printf "%d\n", $2 * 1000 }' "$group/cpu.stat"
}

@test "a holder without CPU quota is held_throttled, as long as its group counts" {
	local lock theirs threads

	make_group 5000
	traces sh -c 'echo $$ >'"$group"'/cgroup.procs; exec "$@"' - "$programs/states" fight 40
	theirs=$(throttled_ns)
	((theirs > 100000000)) || skip "the machine had less than the quota to give: $theirs ns"
	# Somebody has the lock, or is about to, all the time but the beginning and the end.
	lock=$(ns held_throttled handoff_throttled)
	echo "the lock $lock ns, the group $theirs ns"
	((lock >= theirs * 4 / 5 && lock <= theirs * 51 / 50))
	# One of the two at least; the other may be asleep for the lock.
	threads=$(csv runs.csv throttled_ns)
	((threads >= lock && threads <= 2 * theirs * 51 / 50))
	# It came to the group in the run, and is only seen there a moment later.
	((0 < $(csv runs.csv group_throttled) && $(csv runs.csv group_throttled_ns) <= theirs))
	grep -q '^Throttled: its threads waited' "$here/report" "$here/err"
}

@test "without a quota nothing is throttled" {
	traces "$programs/states" fight 20
	[ "$(ns held_throttled handoff_throttled)" = 0 ]
	[ "$(csv runs.csv throttled_ns)" = 0 ]
	run ! grep -q '^Throttled' "$here/report" "$here/err"
}

# until_state PID LETTER
until_state() {
	local limit=$((SECONDS + 30))

	until grep -q "^State:.$2" "/proc/$1/status"; do
		((SECONDS < limit)) || fail "it is not in state $2: $(grep State "/proc/$1/status")"
		sleep 0.01
	done
}

# until_attached TRACER: its probes are in place, and it waits for the program's end.
until_attached() {
	local limit=$((SECONDS + 60))

	until grep -qsE '^link_type:[[:space:]]*(uprobe|perf)' /proc/"$1"/fdinfo/* &&
		grep -q poll "/proc/$1/wchan"; do
		((SECONDS < limit)) || fail "not attached: $(cat "$here/err")"
		sleep 0.1
	done
	sleep 0.7
}

now() {
	awk '{ printf "%d\n", $1 * 1e9 }' /proc/uptime
}

@test "a stopped holder is held_blocked, and who waits for it is blocked too" {
	local from to

	"$programs/states" hold "$here/go" >"$here/said" &
	program=$!
	"$switchtax" attach -q --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -o "$out" \
		-p "$program" >"$here/report" 2>"$here/err" &
	tracer=$!
	until_attached "$tracer"
	kill -STOP "$program"
	until_state "$program" T
	from=$(now)
	sleep 1
	to=$(now)
	kill -CONT "$program"
	sleep 0.3
	touch "$here/go"
	wait "$tracer" || fail "attach: exit $?" "$(cat "$here/err")"
	wait "$program"
	assert_threads "$out"
	add_up
	cat "$out/ledger.csv" "$out/threads.csv"
	(($(ns held_blocked) >= to - from - 20000000))
	# Both threads, and neither sleeps for the lock in that time.
	[ "$(select_rows "$out/threads.csv" '$c["blocked_ns"] >= '$((to - from - 20000000)) '1' |
		wc -l)" -ge 2 ]
}

@test "a holder that has been woken and waits for a CPU is held_waking" {
	local spun

	traces "$programs/states" wake 20
	spun=$(grep -hoE '^[0-9]+$' "$here/report" "$here/err" "$out"/*.stdout 2>/dev/null | head -1)
	echo "the CPU was busy for $spun ns: waking $(ns held_waking), asleep $(ns held_blocked)," \
		"pre-empted by a sibling $(ns held_preempted_self)"
	((spun >= 400000000))
	# It sleeps for 1 ms of 20 that the CPU is busy, and is seldom on it as they begin.
	(($(ns held_waking) > spun / 2))
	(($(ns held_preempted_self) < spun / 2))
}
