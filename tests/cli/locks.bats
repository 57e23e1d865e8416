#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every lock keeps more threads than there are CPUs apart, and every list of locks is the same.
# shellcheck disable=SC2154

load ../lib/cli
setup() {
	cli_setup
	mapfile -t locks < <("$switchtax" list --format csv | awk -F, '$1 == "lock" { print $2 }')
}

# contend LOCK ARGS...: one run, leaving what it printed in $output.
contend() {
	local lock=$1
	shift
	run --separate-stderr "$build/workloads/contend" --lock "$lock" "$@"
	[ "$status" -eq 0 ] || fail "contend --lock $lock: exit $status: $stderr"
}

# What contend observed, or counted.
observed() {
	awk -v metric="contend_$1" '$1 == "obs" && $2 == metric { print $4; found = 1 }
		END { exit !found }' <<<"$output" || fail "no $1: $output"
}

counted() {
	awk -v key="$1" '$1 == key { print $2; found = 1 } END { exit !found }' <<<"$output" ||
		fail "no $1: $output"
}

spins() {
	case $1 in spin | ticket | mcs | clh) return 0 ;; *) return 1 ;; esac
}

# A waiter that spins keeps the next owner from its CPU: slow is a result there, lost never.
keeps_apart() { # LOCK ARGS...
	local lock=$1 limit=60000 steps=200000
	shift
	! spins "$lock" || limit=300
	# Each of its steps is a hand-off.
	[ "$lock" != pi ] || steps=40000
	contend "$lock" --steps "$steps" --workers 7 --time-limit-ms "$limit" "$@"
	[ "$(observed lost)" = 0 ] || fail "$lock lost updates: $output"
	[ "$(counted acquisitions)" = "$(counted releases)" ] || fail "$lock: $output"
	[ "$(counted handoffs)" = "$(observed handoffs)" ] || fail "$lock: $output"
	if [ "$(observed timed_out)" = 0 ]; then
		[ "$(observed steps)" = $((7 * steps)) ] || fail "$lock: $output"
		[ "$(observed handoffs)" -ge 6 ] || fail "$lock: not all of 7 threads had it: $output"
	else
		spins "$lock" || fail "$lock has not come to its end: $output"
	fi
}

@test "locks: no update is lost, with more threads than CPUs" {
	[ "${#locks[@]}" -eq 12 ]
	for lock in "${locks[@]}"; do
		[ "$lock" = none ] || keeps_apart "$lock"
	done
}

@test "locks: no update is lost on one CPU" {
	cpu=$(taskset -cp $$ | sed -e 's/.*: //' -e 's/[-,].*//')
	for lock in gil gil-ticks pi futex spin mcs; do
		keeps_apart "$lock" --cpu "$cpu"
	done
}

@test "locks: none is no lock, and loses updates" {
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	for ((i = 0; i < 20; i++)); do
		contend none --steps 2000000
		[ "$(counted acquisitions)" = 0 ] && [ "$(observed handoffs)" = 0 ] || fail "$output"
		[ "$(observed steps)" = 10000000 ] || fail "$output"
		[ "$(observed lost)" = 0 ] || return 0
	done
	fail "nothing was lost in $i runs"
}

@test "locks: a wrong name is answered with all of them, and help has them too" {
	for program in slowdown lockcost contend race granularity; do
		run --separate-stderr "$build/workloads/$program" --lock padlock
		[ "$status" -eq 2 ] && says "--lock" "'padlock'" "${locks[@]}" || fail "$program: $stderr"
		help=$("$build/workloads/$program" --help | tr -s ' \n' ' ')
		for lock in "${locks[@]}"; do
			[[ $help =~ [\ ]${lock}[,\ ] ]] || fail "$program --help lacks $lock: $help"
		done
	done
	is_usage_error --lock "'padlock'" "${locks[@]}" -- run --lock padlock
	exits 0 run --help
	for lock in "${locks[@]}"; do
		[[ $(tr -s ' \n' ' ' <<<"$output") =~ [\ ]${lock}[,\ ] ]] || fail "help lacks $lock"
		grep -qw -- "${lock/-/\\\\-}" "$root/docs/switchtax.1" || fail "man page lacks $lock"
	done
}

@test "locks: contend's numbers are checked" {
	for bad in --workers=0 --workers=1025 --steps=0 --steps=many --time-limit-ms=0 --cpu=1023 \
		--interval-us=-1; do
		run --separate-stderr "$build/workloads/contend" "$bad"
		[ "$status" -eq 2 ] && says "${bad%%=*}" "${bad##*=}" || fail "$bad: $status: $stderr"
		nothing_printed
	done
}

# Two threads on one CPU: what the time limit ends.
@test "locks: a lock that serves in order and spins is warned of where threads lack CPUs" {
	run --separate-stderr "$switchtax" run --no-bpf --no-html --lock ticket --workers 2 \
		--objects 20000 --arms threads-1cpu --blocks 1 --time-limit 1 -o "$out"
	[[ $stderr == *"'ticket' spins and serves in order"*"in threads-1cpu "*"another lock"* ]] ||
		fail "$stderr"
	run --separate-stderr "$switchtax" run --no-bpf --no-html --lock ticket --workers 2 \
		--objects 2000 --arms sequential --blocks 1 --time-limit 60 -o "$out-2"
	[[ $stderr != *"serves in order"* ]] || fail "$stderr"
}
