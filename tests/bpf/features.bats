#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel may lack: each is named by the doctor, each can be forced off, and the accounts
# are the same without. What no kernel may lack is in Linux 5.15.
# shellcheck disable=SC2016 # $c["name"] is for awk

load ../lib/table
load ../lib/identities

features=(kernel-btf uprobe-session switch-state task-iterator queue-times)

setup() {
	switchtax=$BUILD/switchtax
	folder=$BATS_TEST_TMPDIR/results
}

teardown() {
	[ -z "${traced-}" ] || kill "$traced" 2>/dev/null || true
}

@test "the doctor names each feature, and which of them are forced off" {
	run "$switchtax" doctor
	for feature in "${features[@]}"; do
		grep -qE "^ok +$feature +(have|fall-back)[:,] " <<<"$output"
	done
	for off in "${features[@]}"; do
		SWITCHTAX_WITHOUT=$off run "$switchtax" doctor
		[ "$(grep -c 'fall-back, by SWITCHTAX_WITHOUT' <<<"$output")" -eq 1 ]
		grep -qE "^ok +$off +fall-back, by SWITCHTAX_WITHOUT: ." <<<"$output"
	done
	SWITCHTAX_WITHOUT=all run "$switchtax" doctor
	[ "$(grep -c 'fall-back, by SWITCHTAX_WITHOUT' <<<"$output")" -eq ${#features[@]} ]
}

@test "what is no feature is refused by its name, and nothing is written" {
	for wrong in nonsense queue-time queue-times2 "switch-state,all2" " all"; do
		SWITCHTAX_WITHOUT=$wrong run "$switchtax" trace -o "$folder" -- true
		[ "$status" -eq 3 ]
		[[ $output == *"SWITCHTAX_WITHOUT: '${wrong##*,}' is no feature"* ]]
		for feature in "${features[@]}" all; do
			[[ $output == *"$feature"* ]]
		done
		[ ! -e "$folder" ]
	done
}

@test "without any one of them, and without all, runs add up" {
	for off in "${features[@]}" all; do
		SWITCHTAX_WITHOUT=$off "$switchtax" run -q --objects 50000 --blocks 1 --workers 3 -o "$folder" >/dev/null
		assert_identities "$folder"
		rm -rf "$folder"
	done
}

# Sleepers' waits for a CPU are short beside their sleep, as they are with the kernel's own notes.
@test "wake-ups that are seen tell sleep from waiting as the kernel's notes do" {
	for off in "" queue-times; do
		SWITCHTAX_WITHOUT=$off "$switchtax" trace -q -o "$folder" -- sleep 0.3 2>/dev/null
		assert_threads "$folder"
		blocked=$(select_rows "$folder/threads.csv" 1 '$c["blocked_ns"]')
		[ "$blocked" -ge 290000000 ]
		rm -rf "$folder"
	done
}

calls_of() { # FEATURE,...
	mkfifo "$BATS_TEST_TMPDIR/end"
	SWITCHTAX_WITHOUT=$1 "$switchtax" trace -q -o "$folder" -- \
		sh -c 'echo begun; read -r _' <"$BATS_TEST_TMPDIR/end" 3>&- 2>/dev/null \
		>"$BATS_TEST_TMPDIR/begun" &
	traced=$!
	exec 4>"$BATS_TEST_TMPDIR/end"
	for _ in $(seq 400); do
		grep -q begun "$BATS_TEST_TMPDIR/begun" && break
		sleep 0.05
	done
	python3 "$BATS_TEST_DIRNAME/../lib/helpers_called.py" "$traced" >"$BATS_TEST_TMPDIR/called"
	echo >&4
	exec 4>&-
	wait "$traced"
	rm -rf "$folder" "$BATS_TEST_TMPDIR"/{end,begun}
	cat "$BATS_TEST_TMPDIR/called"
}

# Helpers by number: those after 175 are younger than 5.15. "?": a kernel's function.
none_is_young() {
	awk '$3 == "?" || $3 > 175 { print "too young:", $0; bad = 1 } END { exit bad }' \
		"$BATS_TEST_TMPDIR/called"
}

@test "with all forced off, the programs call nothing that Linux 5.15 lacks" {
	command -v bpftool >/dev/null || PATH=$PATH:/usr/sbin
	command -v bpftool >/dev/null || skip "bpftool is not installed"
	calls_of uprobe-session,switch-state,task-iterator,queue-times
	# The lock's programs are among them. On kernels that can pre-empt a program at a probe
	# 5.15's are not to be had: these are the same, between two calls more.
	sed -i '/ bpf_preempt_\(dis\|en\)able ?$/d; s/^\(on_[a-z]*\)_steady /\1 /' "$BATS_TEST_TMPDIR/called"
	grep -q '^on_acquired bpf_for_each_map_elem 164$' "$BATS_TEST_TMPDIR/called"
	grep -q '^on_switch_no_state bpf_task_pt_regs 175$' "$BATS_TEST_TMPDIR/called"
	none_is_young
	# Those for kernels that do not know their own types call no function of theirs at all.
	calls_of all
	sed -i '/ bpf_tail_call /d' "$BATS_TEST_TMPDIR/called"
	grep -q '^on_acquired bpf_for_each_map_elem 164$' "$BATS_TEST_TMPDIR/called"
	grep -q '^on_switch_no_state bpf_probe_read_kernel 113$' "$BATS_TEST_TMPDIR/called"
	! grep '_btf\|pt_regs' "$BATS_TEST_TMPDIR/called" || return 1
	none_is_young
}
