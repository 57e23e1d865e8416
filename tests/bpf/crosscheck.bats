#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The tracer's counts against counters of the kernel that it does not use.
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/table

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
}

@test "switches per thread equal /proc's, voluntary and involuntary" {
	for _ in 1 2 3 4 5; do
		rm -rf "$folder"
		"$switchtax" trace -q -o "$folder" -- "$BUILD/tests/census" >/dev/null
		select_rows "$folder/threads.csv" '1' \
			'"thread", $c["tid"], $c["switches_voluntary"], $c["switches_involuntary"]' |
			sort >"$BATS_TEST_TMPDIR/ours"
		# The main thread reads its own counters while it runs: it is compared below.
		grep thread "$folder/program.stdout" | head -6 | sort >"$BATS_TEST_TMPDIR/kernel"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/kernel")" -eq 6 ]
		[ -z "$(comm -23 "$BATS_TEST_TMPDIR/kernel" "$BATS_TEST_TMPDIR/ours")" ]
	done
}

@test "switches of the process equal a perf event's over the same window" {
	"$switchtax" trace -q -o "$folder" -- "$BUILD/tests/census" >/dev/null
	perf=$(awk '$1 == "perf" { print $2 }' "$folder/program.stdout")
	ours=$(select_rows "$folder/runs.csv" '1' '$c["switches_voluntary"] + $c["switches_involuntary"]')
	[ -n "$perf" ] && [ "$ours" -gt 200 ]
	# Reading the event and announcing the window are two acts of a running thread,
	# which may be pre-empted in between.
	[ $((perf - ours)) -ge 0 ] && [ $((perf - ours)) -le 2 ]
}

@test "switches of the process equal perf stat's on the same run" {
	command -v perf >/dev/null || skip "perf is not installed (package linux-perf)"
	for _ in 1 2 3; do
		rm -rf "$folder"
		"$switchtax" trace -q -o "$folder" -- perf stat -x, -e context-switches \
			-o "$BATS_TEST_TMPDIR/stat" -- "$BUILD/tests/census" >/dev/null
		perf=$(awk -F, '/context-switches/ { print $1 }' "$BATS_TEST_TMPDIR/stat")
		before=$(awk '$1 == "before" { print $2 }' "$folder/program.stdout")
		ours=$(select_rows "$folder/threads.csv" '$c["comm"] == "census"' \
			'$c["switches_voluntary"] + $c["switches_involuntary"]' |
			awk '{ s += $1 } END { print s }')
		echo "perf stat $perf, ours $ours, before main $before"
		# perf begins at exec and lets go of each of the 7 threads in the middle of do_exit()
		# (perf_event_exit_task()), before the one or two switches of its end.
		[ "$perf" -ge 200 ]
		[ "$perf" -le $((ours - 7)) ] && [ "$perf" -ge $((ours - 14 - before)) ]
	done
}

@test "an untraced run meets no probe: the site is as it was built, and stays so" {
	site=nop
	[ "$(uname -m)" != aarch64 ] || site=b
	objdump -d --no-show-raw-insn "$BUILD/workloads/slowdown" |
		awk '/<switchtax_announce>:/ { getline; print $2; exit }' | grep -qx $site
	"$switchtax" run -q --arms threads,sequential --objects 20000 --blocks 1 -o "$folder" >/dev/null
	# The kernel frees programs after a grace period; another tracer's have somebody to hold them.
	for _ in $(seq 50); do
		left=$(python3 "$BATS_TEST_DIRNAME/../lib/bpf_orphans.py" on_switch on_fork on_exec \
			on_announce)
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	echo "$left"
	false
}

@test "the tracer's wake-up times agree with the scheduler's wake-up tracepoint" {
	command -v bpftrace >/dev/null || skip "bpftrace is not installed"
	mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
	# The run-queue wait of sleepers, summed by bpftrace from sched_wakeup to switched in.
	"$switchtax" trace -q -o "$folder" -- bpftrace -q -e '
		tracepoint:sched:sched_wakeup /args->comm == "pingpong"/ { @w[args->pid] = nsecs; }
		tracepoint:sched:sched_switch /@w[args->next_pid]/ {
			@ready = @ready + nsecs - @w[args->next_pid]; @n = @n + 1;
			delete(@w[args->next_pid]); }
		END { printf("ready %lld switches %lld\n", @ready, @n); clear(@w); clear(@ready); clear(@n); }' \
		-c "$BUILD/tests/pingpong --count 20000 --same-cpu" >/dev/null
	theirs=$(awk '$1 == "ready" { print $2, $4 }' "$folder/program.stdout")
	ours=$(select_rows "$folder/threads.csv" '$c["comm"] == "pingpong"' '$c["ready_ns"]' |
		awk '{ s += $1 } END { printf "%.0f\n", s }')
	echo "ours $ours, bpftrace (ns, wake-ups) $theirs"
	# Ours also holds the waits of pre-empted threads; both are averages over tens of thousands of wake-ups.
	awk -v ours="$ours" -v theirs="${theirs% *}" -v n="${theirs#* }" \
		'BEGIN { off = ours - theirs; if (off < 0) off = -off; exit !(n > 10000 && off / n < 30000) }'
}
