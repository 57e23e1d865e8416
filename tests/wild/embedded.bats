#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Interpreters that are not what their program's name says, that come later, and that go.
# shellcheck disable=SC2154,SC2030,SC2031 # what cli_setup sets; each test has its own $program
# shellcheck disable=SC2016,SC2034 # $c["name"] is for awk, $1 for sh; RESULTS for common.bash

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	programs=$BATS_FILE_TMPDIR
	export programs
	"${CC:-cc}" -O1 -pthread -o "$programs/host" "$BATS_TEST_DIRNAME/programs/host.c" -ldl
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
	turns=$BATS_TEST_DIRNAME/programs/turns.py
	program=
	home=
}

teardown() {
	[ -z "$program" ] || { kill -KILL "$program" && wait "$program"; } 2>/dev/null || true
}

# Sets $library and $home to those of a Python with a library of its own.
needs_library() {
	local candidate

	library=
	while read -r candidate; do
		case $(code_of "$candidate") in
		*libpython*) library=$(code_of "$candidate") ;;
		*) continue ;;
		esac
		home=$("$candidate" -c 'import sys; print(sys.base_prefix)')
		return
	done < <(pythons_with_symbols)
	skip "no Python with a library of its own, and its symbols"
}

traces() { # COMMAND [ARG...]
	rm -rf "$out"
	"$switchtax" trace -o "$out" --no-samples -- env ${home:+PYTHONHOME="$home"} "$@" \
		>"$here/report" 2>&1 || fail "trace $*: exit $?" "$(cat "$here/report")"
	assert_threads "$out"
}

# The locks of interpreters that were taken, one a line: "PID HANDOFFS COMMAND".
taken() {
	select_rows "$out/locks.csv" '$c["kind"] == "cpython" && $c["acquisitions"] > 0' \
		'$c["pid"], $c["handoffs"], $c["command"]'
}

has_locks() { # COUNT
	[ "$(taken | awk '$2 > 5' | wc -l)" -eq "$1" ] ||
		fail "not $1 locks with hand-offs" "$(cat "$out/locks.csv" "$here/report")"
}

says() { # TEXT
	grep -qF -- "$1" "$here/report" || fail "report lacks: $1" "$(cat "$here/report")"
}

# --- it comes later ------------------------------------------------------------------

@test "a libpython that comes by dlopen() is found, at once, later, and without a leader" {
	needs_library
	for how in plain late leaderless; do
		traces "$programs/host" "$how" "$library" "$turns" 3 150
		has_locks 1
		says "of process"
		[[ $(column lock "$out/runs.csv") == cpython-3* ]] || fail "$how: no lock"
	done
}

# It computes alone first, and nobody looks at a program that sleeps on no futex.
@test "what a lock did before it was known is in no state of it" {
	local computes='import threading, time

def computes():
    for _ in range(400):
        sum(range(100000))

until = time.monotonic() + 0.7
while time.monotonic() < until:
    sum(range(1000))
threads = [threading.Thread(target=computes) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()'

	needs_library
	traces "$programs/host" late "$library" -c "$computes"
	has_locks 1
	assert_l1 "$out"
	select_rows "$out/locks.csv" '$c["whole"] == 0 && $c["unseen_ns"] > 1.2e9' '"late"' | grep -q . ||
		fail "not late" "$(cat "$out/locks.csv")"
	says "Known from"
	says "In no ledger: what the lock did in the first"
	"$switchtax" explain "$out" >"$here/report" 2>&1 || fail "explain" "$(cat "$here/report")"
	says "Known from"
}

@test "a libpython that comes by dlopen() in children is found in each" {
	needs_library
	traces sh -c '"$1" plain "$2" "$3" 2 400 & "$1" plain "$2" "$3" 2 400; wait' sh \
		"$programs/host" "$library" "$turns"
	has_locks 2
}

@test "a libpython that comes by dlopen() while we are attached is found" {
	needs_library
	PYTHONHOME=$home "$programs/host" late "$library" "$turns" 3 100000 &
	program=$!
	"$switchtax" attach -o "$out" --no-samples -p "$program" --budget 3 >"$here/report" 2>&1 ||
		fail "attach: exit $?" "$(cat "$here/report")"
	assert_threads "$out"
	has_locks 1
}

# --- its name is another one ------------------------------------------------------------

# Sets $renamed to a Python of another name; it needs no library.
needs_renamed() {
	local candidate

	while read -r candidate; do
		[[ $(code_of "$candidate") != *libpython* ]] || continue
		renamed=$here/application
		cp "$(readlink -f "$candidate")" "$renamed"
		home=$("$candidate" -c 'import sys; print(sys.base_prefix)')
		PYTHONHOME=$home "$renamed" -c pass 2>/dev/null && return
	done < <(pythons_with_symbols)
	skip "no Python in one file, with its symbols"
}

@test "a Python by another name is found below a wrapper, and its lock named" {
	needs_renamed
	for wrapper in '"$@"; true' 'nice "$@"' 'exec env -S nice "$@"'; do
		traces sh -c "$wrapper" sh "$renamed" "$turns" 3 150
		has_locks 1
		[[ $(column lock "$out/runs.csv") == cpython-3* ]] || fail "$wrapper: no lock"
		says "(application)"
	done
}

@test "children of the same file are found each, and others held up by none" {
	needs_renamed
	traces sh -c 'for i in 1 2 3; do "$1" "$2" 2 600 & done
		i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i + 1)); done; wait' sh \
		"$renamed" "$turns"
	has_locks 3
}

# Sets $renamed to a Python of another name, whose code is in a library; and $home.
needs_renamed_with_library() {
	local candidate

	while read -r candidate; do
		[[ $(code_of "$candidate") == *libpython* ]] || continue
		renamed=$here/application
		cp "$(readlink -f "$candidate")" "$renamed"
		home=$("$candidate" -c 'import sys; print(sys.base_prefix)')
		PYTHONHOME=$home "$renamed" -c pass 2>/dev/null && return
	done < <(pythons_with_symbols)
	skip "no Python with a library of its own, and its symbols"
}

@test "a Python by another name that has its code in a library is watched before it runs" {
	needs_renamed_with_library
	traces sh -c '"$@"; true' sh "$renamed" "$turns" 3 150
	has_locks 1
	[ "$(column whole "$out/locks.csv")" = 1 ] || fail "late" "$(cat "$out/locks.csv")"
}

# --- it is never used, and it is gone ----------------------------------------------------

@test "a lock that is only linked, and never taken, is not reported" {
	needs_library
	"${CC:-cc}" -O1 -Wl,--no-as-needed -o "$here/links" -x c - -x none "$library" \
		-Wl,-rpath,"${library%/*}" <<<'int main(void) { return 0; }' || skip "cannot be linked"
	traces "$here/links"
	says "Lock: none is known"
	[ -z "$(column lock "$out/runs.csv")" ] || fail "a lock" "$(cat "$out/runs.csv")"
	[ -z "$(column lock "$out/locks.csv")" ] || fail "a lock" "$(cat "$out/locks.csv")"
}

@test "of a process that is another program by now the report says which it was" {
	needs_python
	traces "$python" "$turns" 3 150 sleep 0.5
	has_locks 1
	says ", now sleep)"
	! grep -q announced "$here/report" || fail "announced" "$(cat "$here/report")"
	"$switchtax" explain "$out" >"$here/report" 2>&1 || fail "explain" "$(cat "$here/report")"
	says "CPython"
	says ", now sleep)"
}
