#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A build without clang, bpftool or libbpf: everything but tracing works.

setup_file() {
	export NO_BPF=$BATS_FILE_TMPDIR/build
	make -j2 BUILD="$NO_BPF" HAVE_BPF= "$NO_BPF/switchtax" "$NO_BPF/workloads/slowdown" \
		"$NO_BPF/workloads/lockcost" "$NO_BPF/tests/unit/test_ledger" >&2
}

setup() {
	folder=$BATS_TEST_TMPDIR/results
}

@test "it is built without libbpf, and its unit tests run" {
	[ "$(ldd "$NO_BPF/switchtax" | grep -c libbpf)" -eq 0 ]
	"$NO_BPF/tests/unit/test_ledger"
}

@test "run measures times, and says once that nothing is traced" {
	"$NO_BPF/switchtax" run --objects 20000 --blocks 2 -o "$folder" 2>"$BATS_TEST_TMPDIR/talk" |
		grep -q 'nothing was traced'
	[ "$(grep -c 'without BPF' "$BATS_TEST_TMPDIR/talk")" -eq 1 ]
	[ "$(wc -l <"$folder/ledger.csv")" -eq 1 ]
	[ "$(awk -F, 'NR > 1 && $7 != 0' "$folder/runs.csv" | wc -l)" -eq 0 ]
}

@test "--no-bpf says so once too" {
	"$BUILD/switchtax" run --no-bpf --objects 20000 --blocks 1 -o "$folder" \
		2>"$BATS_TEST_TMPDIR/talk" >/dev/null
	[ "$(grep -c 'no-bpf' "$BATS_TEST_TMPDIR/talk")" -eq 1 ]
}

@test "trace and doctor say what to install" {
	run "$NO_BPF/switchtax" trace -o "$folder" -- true
	[ "$status" -eq 3 ] && [[ $output == *bpftool* ]]
	[ ! -e "$folder" ]
	run "$NO_BPF/switchtax" doctor
	[ "$status" -eq 3 ] && [[ $output == *bpftool* ]]
}

# A program of this name that prints this.
fake() { # NAME TEXT
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "%s"\n' "$2" >"$BATS_TEST_TMPDIR/bin/$1"
	chmod 755 "$BATS_TEST_TMPDIR/bin/$1"
}

@test "a toolchain that is too old for the tracer is told by name" {
	local bin=$BATS_TEST_TMPDIR/bin lacks=$BATS_TEST_DIRNAME/../tools/tracer_lacks

	fake cc 1.1
	fake clang 14.0.6
	fake bpftool "bpftool gen object OUTPUT_FILE INPUT_FILE"
	run "$lacks" "$bin/cc" "$bin/clang" "$bin/bpftool"
	[ -z "$output" ]
	fake cc 0.8
	fake clang 11.0.1
	fake bpftool "bpftool gen skeleton FILE"
	run "$lacks" "$bin/cc" "$bin/clang" "$bin/bpftool"
	[[ $output == *"clang is 11.0.1"*"bpftool cannot"*"libbpf is 0.8"* ]]
	run "$lacks" no-such-cc no-such-clang ""
	[[ $output == *"no clang"*"no bpftool"*"no libbpf"* ]]
}

@test "what is left out is said when it is built" {
	run make -n BUILD="$BATS_TEST_TMPDIR/build" CLANG=no-such-clang
	[[ $output == *"without the tracer: there is no clang"* ]]
}
