#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# switchtax where a shell allows it little, and where it is the program itself: a result or a
# reason, never a death by signal.
# shellcheck disable=SC2016 # what is meant for another shell
# shellcheck disable=SC2154,SC2030,SC2031 # what cli_setup sets; each test has its own $got

load ../lib/common
load ../lib/table
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
}

setup() {
	export here
	cli_setup
	unset SUDO_USER
}

# limited LIMITS COMMAND...: the exit status is in $got, what it said in $here/err (by a
# pipe: limits are for files)
limited() {
	rm -rf "$out"
	bash -c "$1 && exec \"\$@\"" _ "${@:2}" 2>&1 >"$here/said" </dev/null | cat >"$here/err" &&
		got=${PIPESTATUS[0]}
	[ "$got" -le 3 ] || fail "$1: exit $got" "$(cat "$here/err")"
}

# measured, or said why not
clear_end() {
	[ "$got" -eq 0 ] || grep -q "^switchtax: .*$1" "$here/err" ||
		fail "exit $got, and no word of $1" "$(cat "$here/err")"
}

@test "a small stack is a result, or a reason to be told" {
	for kib in 64 128 160 256; do
		limited "ulimit -s $kib" "$switchtax" trace -q -o "$out" -- true
		clear_end stack
	done
}

@test "few open files are a result, or a reason to be told" {
	for files in 8 16 32 64; do
		limited "ulimit -n $files" "$switchtax" trace -q -o "$out" -- true
		clear_end "open files"
	done
}

@test "little memory is a result, or told as that, not as a kernel without BTF" {
	for kib in 1000 5000 20000; do
		limited "ulimit -d $kib" "$switchtax" trace -q -o "$out" -- true
		clear_end "[Mm]emory"
		! grep -q "boot a kernel" "$here/err" || fail "$kib KiB" "$(cat "$here/err")"
	done
}

@test "a small limit of file sizes is told as that of the file that could not be written" {
	for blocks in 0 1; do
		limited "ulimit -f $blocks" "$switchtax" trace -q -o "$out" -- true
		[ "$got" -eq 1 ] || fail "exit $got" "$(cat "$here/err")"
		clear_end "too large"
	done
}

@test "the program has the limits that we were started with" {
	wanted=$(bash -c 'ulimit -Ss 512 -Sn 64 -Sc 0; ulimit -Sa; ulimit -Ha')
	limited "ulimit -Ss 512 -Sn 64 -Sc 0" "$switchtax" trace -q --format json -o "$out" -- \
		bash -c 'ulimit -Sa; ulimit -Ha'
	[ "$got" -eq 0 ] || fail "exit $got" "$(cat "$here/err")"
	got=$(cat "$out/program.stdout")
	[ "$got" = "$wanted" ] || fail "limits differ" "$(diff <(echo "$wanted") <(echo "$got"))"
}

@test "no PATH, no standard streams" {
	limited "unset PATH" "$switchtax" trace -q -o "$out" -- /bin/true
	[ "$got" -eq 0 ] || fail "exit $got" "$(cat "$here/err")"
	limited "exec <&- >&- 2>&-" "$switchtax" trace -q -o "$out" -- true
	[ "$(column valid "$out/runs.csv")" = 1 ] || fail "not valid"
}

@test "a working directory that is gone" {
	limited 'mkdir "$here/gone" && cd "$here/gone" && rmdir "$here/gone"' \
		"$switchtax" trace -q -o "$out" -- true
	[ "$got" -eq 0 ] || fail "exit $got" "$(cat "$here/err")"
	limited 'mkdir "$here/gone" && cd "$here/gone" && rmdir "$here/gone"' \
		"$switchtax" trace -q -- true
	[ "$got" -eq 2 ] || [ "$got" -eq 1 ] || fail "exit $got" "$(cat "$here/err")"
	clear_end "does not exist"
}

@test "switchtax itself is a program like others" {
	limited : "$switchtax" trace -q -o "$out" -- "$switchtax" trace -q -o "$here/inner" -- true
	[ "$got" -eq 0 ] || fail "exit $got" "$(cat "$here/err")"
	[ "$(column valid "$here/inner/runs.csv")" = 1 ] || fail "the inner one is not valid"
	limited : "$switchtax" trace -q -o "$out" -- "$switchtax" list
	[ "$got" -eq 0 ] || fail "list: exit $got" "$(cat "$here/err")"
}
