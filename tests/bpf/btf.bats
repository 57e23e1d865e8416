#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's types come from a file (--btf), as on kernels that do not have them themselves: the
# accounts are the same, and a file that does not describe the running kernel is refused, since
# the programs would read whatever lies there.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154 # what `run` sets

load ../lib/table
load ../lib/identities

types=/sys/kernel/btf/vmlinux

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
	unset SWITCHTAX_WITHOUT
	[ -r $types ] || skip "no $types: the kernel was built without CONFIG_DEBUG_INFO_BTF"
}

# As another kernel's would be: one member lies elsewhere.
foreign() { # STRUCT MEMBER BYTES
	python3 "$BATS_TEST_DIRNAME/../lib/foreign_btf.py" $types "$@" >"$BATS_TEST_TMPDIR/foreign"
}

traced_by_foreign() {
	run "$switchtax" trace --btf "$BATS_TEST_TMPDIR/foreign" -o "$folder" -- true
}

@test "btf: with the kernel's types from a file, runs add up" {
	"$switchtax" run -q --btf $types --objects 50000 --blocks 1 --workers 3 -o "$folder" >/dev/null
	assert_identities "$folder"
}

@test "btf: a lock by its calls, and the futexes below it, are counted as otherwise" {
	"$switchtax" trace -q --btf $types --lock-symbols big_lock:big_unlock -o "$folder" -- \
		"$BUILD/tests/mutexes" -n 500 >/dev/null 2>&1
	assert_identities "$folder"
	acquired=$(select_rows "$folder/runs.csv" 1 '$c["acquisitions"]')
	rm -rf "$folder"
	"$switchtax" trace -q --lock-symbols big_lock:big_unlock -o "$folder" -- \
		"$BUILD/tests/mutexes" -n 500 >/dev/null 2>&1
	[ "$acquired" -gt 0 ]
	[ "$acquired" -eq "$(select_rows "$folder/runs.csv" 1 '$c["acquisitions"]')" ]
}

# Those that sleep, and those of a process that is not ours.
@test "btf: every thread of a process that runs already is found, and no other" {
	python3 -c '
import threading, time
for _ in range(7):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("begun", flush=True)
while True:
    time.sleep(0.01)' >"$BATS_TEST_TMPDIR/begun" 3>&- &
	program=$!
	until grep -q begun "$BATS_TEST_TMPDIR/begun"; do sleep 0.05; done
	"$switchtax" attach -q --btf $types -p $program --budget 0.3 -o "$folder" >/dev/null 2>&1
	select_rows "$folder/threads.csv" 1 '$c["tid"]' | sort -n >"$BATS_TEST_TMPDIR/found"
	printf "%s\n" "/proc/$program/task/"* | sed "s,.*/,," | sort -n | diff - "$BATS_TEST_TMPDIR/found"
	assert_threads "$folder"
	# Seven slept all the time.
	[ "$(select_rows "$folder/threads.csv" '$c["blocked_ns"] == $c["life_ns"]' 1 | wc -l)" -eq 7 ]
	kill $program
}

@test "btf: what is no kernel's types is refused by its name, and nothing is written" {
	printf 'none' >"$BATS_TEST_TMPDIR/text"
	: >"$BATS_TEST_TMPDIR/empty"
	head -c 100000 $types >"$BATS_TEST_TMPDIR/half"
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	for wrong in "$BATS_TEST_TMPDIR"/{text,empty,half,pipe,nothing} "$BATS_TEST_TMPDIR" \
		"$BUILD/switchtax" "$BUILD/bpf/switchtax.bpf.o" ""; do
		run timeout 20 "$switchtax" trace --btf "$wrong" -o "$folder" -- true
		echo "$wrong: $output"
		[ "$status" -eq 3 ]
		[[ $output == *"--btf: '$wrong': "* && $output == *"accepted is BTF of the running kernel"* ]]
		[ ! -e "$folder" ]
		run "$switchtax" doctor --btf "$wrong"
		[ "$status" -eq 3 ]
		grep -A1 '^FAIL  BTF' <<<"$output" | grep -qF -- "-> --btf: '$wrong': "
	done
}

# A neighbour may happen to hold the same; not on both sides.
@test "btf: a file of another kernel is refused, whichever member lies elsewhere there" {
	for member in task_struct.{stack,__state,on_cpu,flags,pid,tgid,prio,wake_cpu,thread_pid} \
		task_struct.{group_leader,real_parent,tasks,thread_node,signal,mm,start_time,nvcsw,nivcsw,se} \
		task_struct.{sched_info,comm} signal_struct.thread_head sched_entity.sum_exec_runtime \
		sched_info.run_delay; do
		refused=0
		for bytes in 8 -8; do
			foreign "${member%.*}" "${member#*.}" $bytes 2>/dev/null || continue
			traced_by_foreign
			echo "$member $bytes: $status: $output"
			[ "$status" -eq 0 ] || refused=$((refused + 1))
			[ "$status" -eq 0 ] || [[ $output == *"does not describe the running kernel"* ]]
			[ "$status" -ne 0 ] || assert_threads "$folder"
			[ "$status" -eq 0 ] || [ ! -e "$folder" ]
			rm -rf "$folder"
		done
		[ "$refused" -ge 1 ]
	done
}
