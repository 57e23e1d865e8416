#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A function that begins with a nop of 5 bytes, of which newer kernels make a call when it is probed.
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
}

@test "nops: functions that begin with one lose nothing, nor do children that nobody has seen" {
	[ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
	"${CC:-cc}" -O1 -g -pthread -o "$here/nops" "$BATS_TEST_DIRNAME/programs/nops.c"
	exits 0 trace -q -o "$out" --lock-symbols nop_lock:nop_unlock -- "$here/nops"
	cat "$out/program.stdout"
	grep -qx "children 0" "$out/program.stdout" || fail "children have died"
	grep -qx "begins 0f 0f" "$out/program.stdout" || fail "the nop is probed"
	grep -qx "single 6000 0" "$out/program.stdout" || fail "something is lost"
	[ "$(csv runs.csv valid)" = 1 ] || fail "not valid"
	[ "$(csv runs.csv acquisitions)" = 6000 ] || fail "$(csv runs.csv acquisitions) acquisitions"
	[ "$(csv runs.csv releases)" = 6000 ] || fail "$(csv runs.csv releases) releases"
}
