# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the command line share. Load it, and call cli_setup in setup().
# shellcheck shell=bats disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

# Each test gets an empty folder to stand in ($here/cwd) and workloads of its own, whose
# path in a command line tells them from everybody else's.
cli_setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-build}
	[[ $build == /* ]] || build=$root/$build
	lib=$root/tests/lib
	PATH=$PATH:/usr/sbin:/sbin
	switchtax=$build/switchtax
	# Debian's own, if there: a shim of pyenv takes longer than some of the tests.
	python=$(command -v /usr/bin/python3 || command -v python3) || skip "no python3"
	here=$BATS_TEST_TMPDIR
	out=$here/out
	mkdir -p "$here/cwd" "$here/workloads"
	cp "$build/workloads/"{slowdown,lockcost,switchcost} "$here/workloads/"
	export SWITCHTAX_WORKLOADS=$here/workloads
	# A page takes longer than most of what is tested here; report.bats makes them.
	export SWITCHTAX_ANALYSIS=
	unset SUDO_UID SUDO_GID NO_COLOR
	cd "$here/cwd" || return
	small=(--objects 20000 --blocks 1)
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "not root"
}

need_bpf() {
	need_root
	command -v bpftool >/dev/null || skip "no bpftool"
	"$switchtax" doctor >/dev/null 2>&1 || skip "switchtax doctor: this machine cannot trace"
}

# exits STATUS ARGS...: run switchtax, leaving $output (stdout) and $stderr.
exits() {
	local want=$1
	shift
	run --separate-stderr "$switchtax" "$@"
	[ "$status" -eq "$want" ] ||
		fail "switchtax $*: exit $status, not $want" "stdout: $output" "stderr: $stderr"
}

# says TEXT...: each of them is on stderr.
says() {
	local text
	for text in "$@"; do
		[[ $stderr == *"$text"* ]] || fail "stderr lacks '$text': $stderr" || return
	done
}

nothing_printed() {
	[ -z "$output" ] || fail "stdout is not empty: $output"
}

# In the folder we stand in.
nothing_written() {
	local left
	left=$(find . -mindepth 1)
	[ -z "$left" ] || fail "left behind: $left"
}

# is_usage_error TEXT... -- ARGS...: exit 2, each TEXT on stderr, no output, no file.
is_usage_error() {
	local texts=()
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	if ! { exits 2 "$@" && says "${texts[@]}" && nothing_printed && nothing_written; }; then
		fail "switchtax $*"
	fi
}

no_folder() { # DIR
	[ ! -e "$1" ] || fail "$1 was left: $(ls -la "$1")"
}

# Every file holds whole rows of its columns.
whole_rows() { # FILE...
	"$python" "$lib/whole_csv.py" "$@"
}

# What a folder may hold after a run that came to an end, whichever.
whole_folder() { # DIR
	local partial
	partial=$(find "$1" -name '*.partial')
	[ -z "$partial" ] || fail "not complete: $partial" || return
	"$python" -m json.tool "$1/environment.json" >/dev/null && whole_rows "$1"/*.csv
}

# retry COMMAND...: until it succeeds; the kernel takes a moment to bury the dead.
retry() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

gone() {
	! pgrep -f -- "$here/(workloads|out)" >/dev/null
}

no_process_left() {
	retry gone || fail "still there: $(pgrep -af -- "$here/(workloads|out)")"
}

# For setup_file(): what others left in the kernel before is not held against us.
cli_setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR cli_setup
	if [ "$(id -u)" -eq 0 ] && command -v bpftool >/dev/null; then
		bpf_orphans >"$BATS_FILE_TMPDIR/orphans"
	fi
}

# BPF programs and links of ours that no living process holds. A uprobe lives as long as
# the link that holds it, so this finds those as well.
bpf_orphans() {
	local names
	mapfile -t names < <(
		grep -hoE '\<on_[a-z_]+' "$root"/bpf/*.bpf.c | sort -u)
	"$python" "$lib/bpf_orphans.py" "${names[@]}"
}

no_orphans() {
	bpf_orphans >"$here/orphans" && ! new_orphans >/dev/null
}

new_orphans() {
	grep -vxFf "$BATS_FILE_TMPDIR/orphans" "$here/orphans"
}

no_bpf_left() {
	retry no_orphans || fail "left in the kernel: $(new_orphans)"
}

column() { # NAME FILE
	"$python" -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")): print(row[sys.argv[1]])' "$1" "$2"
}
