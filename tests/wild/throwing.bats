#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Locks by functions that a program has of its own: left by exceptions and cancellation, one among
# several, taken twice, tried. The programs count for themselves.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
	programs=$BATS_FILE_TMPDIR
	export programs
	source=$BATS_TEST_DIRNAME/programs
	for name in wrapped cancelled; do
		"${CC:-cc}" -O1 -g -pthread -o "$programs/$name" "$source/$name.c"
	done
	! command -v g++ >/dev/null ||
		g++ -O1 -g -pthread -o "$programs/throwing" "$source/throwing.cc"
	strip -g -o "$programs/wrapped-bare" "$programs/wrapped"
	! command -v go >/dev/null ||
		HOME=$programs GOFLAGS=-mod=mod go build -o "$programs/moving" "$source/moving.go"
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
	gate=_ZN4Gate7acquireEi:_ZN4Gate7releaseEv
}

equal() { # GOT WANTED
	[ "$1" = "$2" ] || fail "got '$1', not '$2'"
}

# traces [OPTION...] -- PROGRAM [ARG...]: a valid run of a program that ends well.
traces() {
	rm -rf "$out"
	exits 0 trace -o "$out" "$@"
	equal "$(csv runs.csv valid)" 1
	equal "$(csv runs.csv exit_status)" 0
}

# is_not_valid TEXT SYMBOLS PROGRAM [ARG...]
is_not_valid() {
	rm -rf "$out"
	exits 1 trace -q -o "$out" --lock-symbols "$2" -- "${@:3}"
	equal "$(csv runs.csv valid)" 0
	says "$1"
}

# is_refused TEXT SYMBOLS PROGRAM [ARG...]
is_refused() {
	rm -rf "$out"
	exits 1 trace -q -o "$out" --lock-symbols "$2" -- "${@:3}"
	says "$1"
	[ ! -e "$out" ] || fail "there are results"
}

of_lock() { # NAME COLUMN
	select_rows "$out/locks.csv" '$c["name"] ~ /'"$1"'( |$)/' "\$c[\"$2\"]"
}

# The states of each lock add up to its window, the threads' to their lives.
adds_up() {
	assert_threads "$out"
	locks=$(select_rows "$out/locks.csv" 1 '$c["lock"]')
	[ -n "$locks" ] || fail "there are no locks"
	for lock in $locks; do
		window=$(select_rows "$out/locks.csv" '$c["lock"] == '"$lock" '$c["window_ns"]')
		sum=$(select_rows "$out/ledger.csv" \
			'$c["lock"] == '"$lock"' && $c["parent"] == ""' '$c["ns"]' |
			awk '{ s += $1 } END { printf "%.0f", s }')
		((sum - window <= window / 1000 + 20000 && window - sum <= window / 1000 + 20000)) ||
			fail "lock $lock: its states sum to $sum, its window is $window"
	done
}

# What the program printed of each lock, "NAME acquisitions held_ns", is what was measured.
is_true_of() { # NAME...
	local name taken held

	for name in "$@"; do
		read -r _ taken held < <(grep "^$name " "$out/program.stdout")
		equal "$(of_lock "$name" acquisitions)" "$taken"
		equal "$(of_lock "$name" releases)" "$taken"
		equal "$(of_lock "$name" owner_tid)" ""
		# The probes lie in our time and not in the program's.
		(($(of_lock "$name" held_ns) > held * 9 / 10)) || fail "$name: held $held"
	done
}

lock_wait() {
	select_rows "$out/threads.csv" 1 '$c["lock_wait_ns"]' | awk '{ s += $1 } END { printf "%.0f", s }'
}

need() { # COMMAND PACKAGE
	command -v "$1" >/dev/null || skip "$1 is missing (package $2)"
}

@test "throwing: a lock whose function throws is measured, and the program lives" {
	need g++ g++
	for without in "" uprobe-session; do
		for way in late early; do
			SWITCHTAX_WITHOUT=$without traces --lock-symbols "$gate" -- \
				"$programs/throwing" $way
			adds_up
			is_true_of outer inner
			(($(sed -n 's/^caught //p' "$out/program.stdout") > 20))
			# Whoever has been thrown out does not wait.
			(($(lock_wait) <= $(sed -n 's/^inside //p' "$out/program.stdout"))) ||
				fail "waited $(lock_wait)"
		done
	done
}

@test "throwing: a thread that is cancelled in the function" {
	for without in "" uprobe-session; do
		SWITCHTAX_WITHOUT=$without traces --lock-symbols gate_enter:gate_leave -- \
			"$programs/cancelled"
		adds_up
		is_true_of gate
		equal "$(sed -n 's/^cancelled //p' "$out/program.stdout")" 4
	done
}

@test "throwing: where returns cannot be seen, it is said before, and after" {
	need g++ g++
	cat >"$here/elsewhere.cc" <<-'END'
		#include <cstdio>
		#include <mutex>
		#include <stdexcept>
		static std::mutex mutex;
		static __attribute__((noinline)) void take(int)
		{
			mutex.lock();
			asm volatile("" ::: "memory");
		}
		static __attribute__((noinline)) void odd(int i)
		{
			if (i % 2)
				throw std::runtime_error("odd");
			take(i);
		}
		void (*volatile way)(int) = take;
		extern "C" __attribute__((noinline)) void go_elsewhere(int i) { way(i); }
		extern "C" __attribute__((noinline)) void let_go() { mutex.unlock(); asm volatile(""); }
		int main(int argc, char **)
		{
			int caught = 0;
			if (argc > 1)
				way = odd;
			for (int i = 0; i < 10; i++)
				try {
					go_elsewhere(i);
					let_go();
				} catch (const std::exception &) {
					caught++;
				}
			std::printf("caught %d\n", caught);
		}
	END
	g++ -O2 -g -pthread -o "$here/elsewhere" "$here/elsewhere.cc"
	traces --lock-symbols go_elsewhere:let_go -- "$here/elsewhere"
	says "SIGABRT" "go_elsewhere"
	equal "$(csv runs.csv acquisitions)" 10
	is_not_valid "SIGABRT" go_elsewhere:let_go "$here/elsewhere" throw
}

@test "throwing: Go's locks are refused, and the program is not touched" {
	need go golang-go
	is_refused "goroutines" main.take:main.give "$programs/moving"
	is_refused "goroutines" runtime.lock2:runtime.unlock2 "$programs/moving"
	traces -q -- "$programs/moving"
	equal "$(cat "$out/program.stdout")" "taken 20"
}

@test "wrapped: which lock is meant is read from debug information" {
	traces -q --lock-symbols my_lock:my_unlock -- "$programs/wrapped" nested
	adds_up
	is_true_of outer inner
	is_not_valid "-g" my_lock:my_unlock "$programs/wrapped-bare" nested
}

@test "wrapped: ... or from C++ names, of the methods of a class" {
	need g++ g++
	sed 's|^class Gate {|&\npublic: virtual ~Gate() {}|' \
		"$BATS_TEST_DIRNAME/programs/throwing.cc" >"$here/virtual.cc"
	g++ -O1 -pthread -o "$here/virtual" "$here/virtual.cc"
	traces -q --lock-symbols "$gate" -- "$here/virtual" late
	is_true_of outer inner
}

@test "wrapped: a lock without a name, taken twice by its holder" {
	traces -q --lock-symbols the_lock:the_unlock -- "$programs/wrapped" one
	adds_up
	read -r _ taken held < <(grep "^single " "$out/program.stdout")
	equal "$(csv runs.csv acquisitions)" "$taken"
	equal "$(csv runs.csv releases)" "$taken"
	(($(select_rows "$out/locks.csv" 1 '$c["held_ns"]') > held * 9 / 10))
	if command -v g++ >/dev/null; then
		traces -q --lock-symbols "$gate" -- "$programs/throwing" recursive
		is_true_of outer inner
	fi
}

@test "wrapped: a lock that is tried, by a bool; any other answer is refused" {
	traces -q --lock-symbols my_trylock:my_unlock -- "$programs/wrapped" tried
	adds_up
	is_true_of inner
	(($(of_lock inner acquisitions) < 1200)) || fail "no try has failed"
	is_refused "my_timedlock may fail" my_timedlock:my_unlock "$programs/wrapped" nested
	is_refused "-g" my_trylock:my_unlock "$programs/wrapped-bare" nested
}

@test "wrapped: an argument that is not the lock does not pass for it" {
	is_not_valid "first argument" worker_lock:worker_unlock "$programs/wrapped" workers
	# Where nothing is known, there is one lock, and here that is so.
	traces -q --lock-symbols worker_lock:worker_unlock -- "$programs/wrapped-bare" workers
	equal "$(csv runs.csv acquisitions)" 1200
}
