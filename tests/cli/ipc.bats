#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ipc, blocking and convoy: what they count is right, what they refuse is said, and whatever
# happens nothing of them stays.
# shellcheck disable=SC2154

load ../lib/cli

setup() {
	cli_setup
	cp "$build/workloads/ipc" "$build/workloads/blocking" "$build/workloads/convoy" \
		"$here/workloads/"
}

teardown() {
	[ -z "${program:-}" ] || kill -KILL "$program" 2>/dev/null || true
}

# ends STATUS PROGRAM ARGS...: run a workload, leaving $output and $stderr.
ends() {
	local want=$1
	shift
	run --separate-stderr "$here/workloads/$1" "${@:2}"
	[ "$status" -eq "$want" ] || fail "$*: exit $status, not $want" "$output" "$stderr"
}

# is_refused TEXT PROGRAM ARGS...: a usage error whose message has that text in it.
is_refused() {
	ends 2 "${@:2}" && says "$1" && nothing_printed && nothing_written
}

# observed METRIC: the value of the only observation of that name.
observed() {
	awk -v metric="$1" '$1 == "obs" && $2 == metric { print $4; n++ } END { exit n != 1 }' \
		<<<"$output" || fail "not once: $1" "$output"
}

# traced ARGS...: one traced run of a workload, which must be valid.
traced() {
	exits 0 trace -o "$out" -- "$here/workloads/$1" "${@:2}"
	[ "$(column valid "$out/runs.csv")" = 1 ] || fail "$(cat "$out/runs.csv")"
}

@test "ipc: every means delivers every message, whole and in order" {
	for means in pipe unix mq shm in-place pointer; do
		for bytes in 8 4096; do
			ends 0 ipc --means "$means" --bytes "$bytes" --messages 300
			[ "$(observed ipc_sent)" = 900 ]
			[ "$(observed ipc_messages)" = 900 ]
			[ "$(observed ipc_latency_ns)" != 0 ]
			[ "$(observed ipc_throughput)" != 0 ]
		done
	done
	for means in pipe unix shm pointer; do
		ends 0 ipc --means "$means" --bytes 262144 --messages 20
		[ "$(observed ipc_messages)" = 60 ]
	done
	no_process_left
	nothing_written
}

@test "ipc: a message too large for a queue, or no room for queues" {
	ends 3 ipc --means mq --bytes 16777216
	says "mqueue/msgsize_max" "--bytes"
	nothing_printed
	run --separate-stderr bash -c 'ulimit -q 0 && "$@"' - "$here/workloads/ipc" --means mq
	[ "$status" -eq 3 ] || fail "exit $status: $stderr"
	says "mq_open" "ulimit -q"
}

@test "ipc: without a lock updates are lost, on several CPUs in every run" {
	[ "$(nproc)" -ge 2 ] || skip "one CPU"
	for _ in 1 2 3 4 5; do
		ends 0 ipc --guard none --limit-ms 4000
		[ "$(observed shared_overlaps)" -ge 200 ] || skip "the processes never overlapped"
		[ "$(observed shared_lost)" -gt 0 ] || fail "$output"
	done
}

@test "ipc: no guard loses an update, and private memory is not shared" {
	for guard in mutex semaphore robust; do
		ends 0 ipc --guard "$guard" --workers 3 --updates 5000 --limit-ms 300
		[ "$(observed shared_lost)" = 0 ] || fail "$output"
		[ "$(observed shared_updates)" -ge 15000 ]
	done
	ends 0 ipc --guard private --updates 5000 --limit-ms 300
	[ "$(observed shared_lost)" = "$(observed shared_updates)" ]
}

@test "ipc: the killed owner of a robust mutex costs no update" {
	for _ in 1 2 3 4 5; do
		ends 0 ipc --guard robust --updates 1000 --limit-ms 50
		[ "$(observed owner_killed)" = 1 ]
		[ "$(observed owner_died)" = 1 ]
		[ "$(observed shared_lost)" = 0 ] || fail "$output"
	done
	no_process_left
}

@test "ipc: killed, in any way, it takes its children along" {
	for signal in KILL TERM; do
		for way in "--means unix --messages 1000000" \
			"--guard mutex --updates 1000000000"; do
			# shellcheck disable=SC2086
			"$here/workloads/ipc" $way >/dev/null 2>&1 &
			program=$!
			retry pgrep -P "$program" >/dev/null
			kill "-$signal" "$program"
			wait "$program" || true
			no_process_left
		done
	done
}

@test "ipc: a killed child is an error, and the other one does not wait for it" {
	"$here/workloads/ipc" --means pipe --messages 1000000 >"$here/stdout" 2>"$here/stderr" &
	program=$!
	retry pgrep -P "$program" >/dev/null
	kill -KILL "$(pgrep -P "$program" | head -1)"
	status=0
	wait "$program" || status=$?
	[ "$status" -eq 1 ]
	grep -q "ipc: pipe" "$here/stderr"
	[ ! -s "$here/stdout" ]
	no_process_left
}

@test "ipc: what it cannot do is named" {
	is_refused "'fax' is not one of pipe, unix" ipc --means fax
	is_refused "'door' is not one of none" ipc --guard door
	is_refused "--bytes: '12' is not a multiple of 8" ipc --bytes 12
	is_refused "--bytes: '0' is not a whole number from 8" ipc --bytes 0
	is_refused "--messages: '-1'" ipc --messages -1
	is_refused "--workers: '1' is not a whole number from 2 to 64" ipc --guard none --workers 1
	is_refused "--updates: 'x'" ipc --guard none --updates x
	is_refused "CPU 1023 cannot be used" ipc --cpu 1023
	is_refused "exclude each other" ipc --guard none --means pipe
}

@test "blocking: nobody is woken early, and a lock that is held makes them wait in turn" {
	for what in sleep accept; do
		for lock in released held; do
			ends 0 blocking --what "$what" --lock-while "$lock" --workers 4 --ms 20
			[ "$(observed blocking_done)" = 4 ]
			least=20000000
			[ "$lock" = released ] || least=80000000
			[ "$(observed blocking_wall_ns)" -ge "$least" ] || fail "$output"
		done
		ends 0 blocking --what "$what" --who processes --workers 4 --ms 20
		[ "$(observed blocking_done)" = 4 ]
		[ "$(observed blocking_wall_ns)" -ge 20000000 ]
	done
	no_process_left
}

@test "blocking: what it cannot do is named" {
	is_refused "'wait' is not one of sleep, accept" blocking --what wait
	is_refused "'fibers' is not one of threads, processes" blocking --who fibers
	is_refused "'kept' is not one of released, held" blocking --lock-while kept
	is_refused "processes share no lock" blocking --who processes --lock-while held
	is_refused "--workers: '65' is not a whole number from 1 to 64" blocking --workers 65
	is_refused "--ms: '0'" blocking --ms 0
}

@test "blocking: without a loopback device it says so" {
	need_root
	unshare -n true 2>/dev/null || skip "no network namespaces"
	for who in threads processes; do
		run --separate-stderr unshare -n "$here/workloads/blocking" --what accept \
			--who "$who"
		[ "$status" -eq 3 ] || fail "exit $status: $stderr"
		says "loopback"
	done
	no_process_left
}

@test "convoy: every answer is processed, and the lock is passed on" {
	ends 0 convoy --cpu-threads 0 --responses 20 --answer-us 100
	[ "$(observed convoy_responses)" = 20 ]
	[ "$(observed convoy_steps)" = 0 ]
	grep -qx "acquisitions 21" <<<"$output"
	grep -qx "handoffs 0" <<<"$output"
	ends 0 convoy --cpu-threads 2 --interval-us 500 --responses 10
	[ "$(observed convoy_responses)" = 10 ]
	[ "$(observed convoy_steps)" -gt 0 ]
	[ "$(awk '$1 == "handoffs" { print $2 }' <<<"$output")" -ge 2 ]
}

@test "convoy: what it cannot do is named" {
	is_refused "--interval-us: '0'" convoy --interval-us 0
	is_refused "--cpu-threads: '65' is not a whole number from 0 to 64" convoy --cpu-threads 65
	is_refused "--responses: 'many'" convoy --responses many
	is_refused "--answer-us: ''" convoy --answer-us ''
}

@test "ipc, blocking, convoy: traced, the accounts add up" {
	need_bpf
	traced ipc --means pipe --messages 200
	# Two processes and who started them.
	[ "$(column tid "$out/threads.csv" | wc -l)" -eq 3 ]
	rm -r "$out"
	traced ipc --guard robust --updates 1000 --limit-ms 100
	rm -r "$out"
	traced convoy --interval-us 500 --responses 5
	rm -r "$out"
	traced blocking --lock-while held --workers 2 --ms 20
	# Two sleeps of 20 ms under the lock, less what falling asleep takes.
	[ "$(awk -F, '$2 == "held_blocked" { print $3 }' "$out/ledger.csv")" -ge 36000000 ]
}
