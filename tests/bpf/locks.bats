#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Locks of any program: by two functions that are named, and by the futexes it sleeps on.
# Counts equal those that the programs print.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
	programs=$BUILD/tests
}

# watch [OPTION...] -- PROGRAM [ARG...]: one traced run that is valid.
watch() {
	rm -rf "$out"
	exits 0 trace -q -o "$out" "$@" && assert_threads "$out" && whole_folder "$out"
}

# Rows of futexes.csv whose name begins so, as "WAITER WAKER WAITS NS HANDOFFS".
sleeps_on() { # NAME
	select_rows "$out/futexes.csv" "index(\$c[\"name\"], \"$1\") == 1" \
		'$c["waiter_tid"], $c["waker_tid"] == "" ? "nobody" : $c["waker_tid"],
		$c["waits"], $c["wait_ns"], $c["handoffs"]'
}

# --- locks by their functions ----------------------------------------------------------

@test "locks: a mutex and a spinlock by their own functions, counted exactly" {
	for names in mutexes:big_lock:big_unlock spinners:spin_lock:spin_unlock; do
		for size in "-t 4 -n 2000" "-t 2 -n 5000 -w 0 -r 0" "-t 8 -n 300 -w 5000"; do
			# shellcheck disable=SC2086
			watch --lock-symbols "${names#*:}" -- "$programs/${names%%:*}" $size
			assert_identities "$out"
			assert_calls "$out"
			equal "$(csv runs.csv lock)" "${names#*:}"
			equal "$(csv runs.csv acquisitions)" "$(truth acquisitions)"
			equal "$(csv runs.csv releases)" "$(truth acquisitions)"
			equal "$(csv runs.csv handoffs)" "$(truth handoffs)"
			# and thread by thread
			diff <(sed -n 's/^acquisitions_//p' "$out/program.stdout" | sort) \
				<(select_rows "$out/threads.csv" '$c["acquisitions"] > 0' \
					'$c["tid"], $c["acquisitions"]' | sort)
		done
	done
}

@test "locks: each hand-off has its row" {
	watch --timeline --lock-symbols big_lock:big_unlock -- "$programs/mutexes" -n 1000
	assert_identities "$out"
	equal "$(csv runs.csv handoffs)" "$(truth handoffs)"
	equal "$(rows handoffs.csv)" "$(truth handoffs)"
}

@test "locks: kernels without uprobe sessions count the same" {
	export SWITCHTAX_WITHOUT=uprobe-session
	for names in mutexes:big_lock:big_unlock spinners:spin_lock:spin_unlock; do
		watch --lock-symbols "${names#*:}" -- "$programs/${names%%:*}" -t 2 -n 800
		assert_identities "$out"
		assert_calls "$out"
		equal "$(csv runs.csv acquisitions)" "$(truth acquisitions)"
		equal "$(csv runs.csv releases)" "$(truth acquisitions)"
		equal "$(csv runs.csv handoffs)" "$(truth handoffs)"
	done
}

# The C library takes a mutex of its own a few times, with the same functions.
@test "locks: a mutex by the functions of the C library" {
	watch --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- "$programs/mutexes" -n 2000
	assert_identities "$out"
	assert_calls "$out"
	for count in acquisitions handoffs; do
		more=$(($(csv runs.csv $count) - $(truth $count)))
		((more >= 0 && more <= 20)) || fail "$more more $count than there were"
	done
}

@test "locks: --no-lock leaves the lock alone" {
	needs_python
	watch --no-lock -- "$python" "$root/examples/threads.py" 50000 3
	equal "$(rows threads.csv)" 4
	equal "$(rows ledger.csv)" 0
	equal "$(csv runs.csv lock)" ""
	equal "$(csv runs.csv acquisitions)" ""
	(($(rows futexes.csv) > 0))
}

@test "locks: the report warns where watching the lock is felt, and only there" {
	needs_python
	watch -- "$python" "$root/examples/yielding.py" 50000 1
	report_says "WARNING: the lock was taken" "Remedy: --no-lock"
	# Where each call must be single-stepped, as in sid's Python 3.14, it is felt even here.
	"$switchtax" trace -o "$here/looked" -- "$python" -c 1 2>"$here/talk"
	! grep -q "must single-step" "$here/talk" || return 0
	# Long enough that the start, with its thousand acquisitions, is a small part of it.
	watch -- "$python" "$root/examples/threads.py" 5000000 2
	[ "$(grep -c WARNING "$out/report.txt")" -eq 0 ] || fail "$(cat "$out/report.txt")"
}

# --- locks by the futex that is slept on -----------------------------------------------

@test "futexes: every wait and its waker, by every way to wait" {
	for way in "" "-b" "-t" "-s" "-b -t -s"; do
		# shellcheck disable=SC2086
		watch -- "$programs/futexes" -n 100 -x 20 -u 200 $way
		sleeps_on planted_word >"$here/sleeps"
		cat "$here/sleeps"
		equal "$(truth refused)" 0
		equal "$(awk '{ n += $5 } END { print n + 0 }' "$here/sleeps")" "$(truth woken)"
		equal "$(awk '{ n += $3 - $5 } END { print n + 0 }' "$here/sleeps")" \
			"$(truth timeouts)"
		equal "$(awk '{ print $1 }' "$here/sleeps" | sort -u)" "$(truth sleeper)"
		# One waker: neither the sleeper nor the main thread, but one of ours.
		waker=$(awk '$2 != "nobody" { print $2 }' "$here/sleeps")
		equal "$(csv threads.csv tid tid "$waker")" "$waker"
		[ "$waker" != "$(truth sleeper)" ]
		awk -v low="$(truth slept_low_ns)" -v high="$(truth slept_high_ns)" \
			-v waits="$(truth waits)" '{ ns += $4 } END {
				print "slept " low " <= " ns " <= " high
				exit ns < low - 30000 * waits || ns > high + 30000 * waits }' "$here/sleeps"
	done
}

@test "futexes: the mutex that threads sleep on is called by its name" {
	watch -- "$programs/mutexes" -t 4 -n 20000
	sleeps_on "big_mutex (mutexes)" >"$here/sleeps"
	cat "$here/sleeps"
	(($(awk '{ n += $3 } END { print n + 0 }' "$here/sleeps") > 0))
	report_says "big_mutex (mutexes)"
	# Only those that pass through it sleep on it, and only they wake each other.
	sed -n 's/^acquisitions_\([0-9]*\) .*/\1/p' "$out/program.stdout" | sort >"$here/threads"
	[ -z "$(awk '{ print $1; if ($2 != "nobody") print $2 }' "$here/sleeps" | sort -u |
		comm -23 - "$here/threads")" ]
	watch -- "$programs/spinners" -t 4 -n 2000
	[ -z "$(sleeps_on big)" ] || fail "nobody sleeps on a spinlock"
}

# --- programs at large -----------------------------------------------------------------

# Each of: the first thread, the children, what the children start. One that executes the
# program anew goes on as its leader, whose end is a thread's end.
@test "locks: threads, processes and pids that come and go" {
	for size in "-f 20 -e 0 -t 5" "-f 0 -e 10 -t 0" "-f 5 -e 5 -t 2"; do
		# shellcheck disable=SC2086
		watch -- "$programs/respawn" $size
		equal "$(rows threads.csv)" $((1 + $(truth forks) + $(truth threads)))
	done
}

@test "locks: pids that are given out a second time" {
	"$programs/respawn" -f 0 -e 0 -t 0 -r 1 || skip "no child can be given a pid of our choice here"
	watch --as-root -- "$programs/respawn" -f 0 -e 0 -t 2 -r 20
	equal "$(truth reused_pids)" 20
	equal "$(rows threads.csv)" $((1 + $(truth forks) + $(truth threads)))
	# They are told apart, though they have one number.
	(($(csv threads.csv tid | sort | uniq -d | wc -l) >= 20))
}

@test "locks: perf bench sched messaging" {
	command -v perf >/dev/null || skip "perf is not installed (package linux-perf)"
	watch -- perf bench sched messaging -g 2 -l 20
	(($(rows threads.csv) >= 81))
	watch -- perf bench sched messaging -t -g 2 -l 20
	(($(rows threads.csv) >= 81))
}

@test "locks: node" {
	command -v node >/dev/null || skip "node is not installed"
	watch -- node -e '
		for (let i = 0; i < 8; i++)
			require("crypto").pbkdf2("a", "b", 20000, 32, "sha256", () => {});'
	(($(rows threads.csv) > 4 && $(rows futexes.csv) > 0))
}

@test "locks: java" {
	command -v java >/dev/null || skip "java is not installed"
	watch -- java -version
	(($(rows threads.csv) > 4 && $(rows futexes.csv) > 0))
}

# --- what cannot be watched ------------------------------------------------------------

# refused SYMBOLS TEXT... -- PROGRAM [ARG...]: exit 1, each TEXT on stderr, no result.
refused() {
	local symbols=$1 texts=()

	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	rm -rf "$out"
	exits 1 trace -o "$out" --lock-symbols "$symbols" "$@" && says "${texts[@]}" &&
		nothing_printed && no_folder "$out" && nothing_written
}

@test "locks: functions that are not there" {
	refused no_such:neither "$programs/mutexes" "no function no_such and none neither" -- \
		"$programs/mutexes" -n 1
	refused big_lock:no_such "$programs/mutexes has big_lock" "no_such" -- "$programs/mutexes" -n 1
	refused no_such:big_unlock "$programs/mutexes has big_unlock" "no_such" -- \
		"$programs/mutexes" -n 1
	refused big_lock:pthread_mutex_unlock "big_lock" "$programs/mutexes" "pthread_mutex_unlock" \
		"libc" "one file" -- "$programs/mutexes" -n 1
	no_bpf_left
}

@test "locks: a name that matches fifty functions" {
	refused many:only_once "$programs/fifty" "many matches 50 functions" "in full" -- \
		"$programs/fifty"
	# One of them in full is a name like any other, and so is another's.
	watch --lock-symbols many.constprop.7:only_once -- "$programs/fifty" 100
	equal "$(csv runs.csv acquisitions)" 100
	equal "$(csv runs.csv releases)" 100
}

@test "locks: a function that begins with what cannot be probed" {
	[ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
	refused only_once:locked_first "$programs/fifty" "no probe" "locked_first begins" "LOCK" -- \
		"$programs/fifty"
	no_bpf_left
}

@test "locks: functions that are no lock's make the run invalid" {
	# Taken again and again, and never let go of.
	rm -rf "$out"
	exits 1 trace -q -o "$out" --lock-symbols only_once:main -- "$programs/fifty" 100
	says "not valid" "acquisitions (100)" "not every call is seen"
}

@test "locks: a program that has been stripped" {
	cp "$programs/spinners" "$here/bare"
	strip "$here/bare"
	refused spin_lock:spin_unlock "$here/bare" "no function spin_lock" "stripped" -- "$here/bare" -n 1
	# What the C library exports is still there.
	cp "$programs/mutexes" "$here/bare"
	strip "$here/bare"
	watch --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- "$here/bare" -n 100
	assert_identities "$out"
}

# A program of nine bytes: exit(0).
make_32bit() { # FILE
	{
		printf '\x7fELF\1\1\1\0\0\0\0\0\0\0\0\0'
		printf '\2\0\3\0\1\0\0\0\x54\x80\x04\x08\x34\0\0\0\0\0\0\0\0\0\0\0'
		printf '\x34\0\x20\0\1\0\0\0\0\0\0\0'
		printf '\1\0\0\0\0\0\0\0\0\x80\x04\x08\0\x80\x04\x08\x5d\0\0\0\x5d\0\0\0\5\0\0\0\0\x10\0\0'
		printf '\xb8\1\0\0\0\x31\xdb\xcd\x80'
	} >"$1"
	chmod 755 "$1"
}

@test "locks: a 32-bit program" {
	[ "$(uname -m)" = x86_64 ] || skip "made for x86_64"
	make_32bit "$here/small"
	"$here/small" || skip "this kernel runs no 32-bit programs"
	refused a:b "$here/small" "32-bit" -- "$here/small"
	watch -- "$here/small"
	report_says "not watched" "32-bit"
	equal "$(rows threads.csv)" 1
}

# Where the last segment ends: what comes behind is not mapped.
end_of_segments() {
	local end=0 offset size

	while read -r _ offset _ _ size _; do
		((offset + size <= end)) || end=$((offset + size))
	done < <(readelf -lW "$1" | grep -w LOAD)
	echo "$end"
}

@test "locks: a damaged program" {
	# With its segments alone it runs, but there are no sections any more.
	head -c "$(end_of_segments "$programs/fifty")" "$programs/fifty" >"$here/damaged"
	chmod 755 "$here/damaged"
	"$here/damaged" >/dev/null || skip "too much of it is missing here"
	refused many:only_once "$here/damaged" "damaged" -- "$here/damaged"
	watch -- "$here/damaged"
	report_says "not watched" "damaged"
	# The kernel itself ends one that has no code.
	head -c 4000 "$programs/fifty" >"$here/damaged"
	exits 1 trace -q -o "$out-2" --lock-symbols many:only_once -- "$here/damaged"
	says "$here/damaged"
}

# no_program NAME TEXT...: what stdin holds is refused, with and without a lock's name.
no_program() {
	local program=$here/$1 options

	cat >"$program"
	chmod 755 "$program"
	shift
	for options in -q "--lock-symbols=a:b"; do
		exits 1 trace -o "$out" "$options" -- "$program" && says "$program" "$@" &&
			nothing_printed && no_folder "$out" && nothing_written || return
	done
}

@test "locks: files that may be executed, but are no programs" {
	no_program empty "Exec format error" </dev/null
	no_program text "Exec format error" < <(echo 'echo "no #! line"')
	no_program header "Exec format error" < <(head -c 40 "$programs/fifty")
	# Elsewhere it gets as far as to its dynamic loader, which is a program.
	[ "$(uname -m)" != x86_64 ] ||
		no_program truncated "may be damaged" < <(head -c 4000 "$programs/fifty")
	no_program orphan "interpreter $here/nosuch (after #!) is missing" < <(
		echo "#! $here/nosuch -u")
	no_program orphan2 "interpreter $here/orphan (after #!)" "itself" < <(
		echo "#!$here/orphan")
	no_program windows "CR" < <(printf '#!/bin/sh\r\nexit 0\r\n')
	no_program loaderless "dynamic loader" < <(
		LC_ALL=C sed 's|/ld-linux|/ld-nosuc|' "$programs/fifty")
	no_bpf_left
}

@test "locks: a script is not its own program" {
	printf '#!/bin/sh\nexit 0\n' >"$here/script"
	chmod 755 "$here/script"
	refused many:only_once "no function many" -- "$here/script"
	# One that ends up in the program is.
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$programs/mutexes" >"$here/script"
	watch --lock-symbols big_lock:big_unlock -- "$here/script" -n 100
	assert_identities "$out"
	equal "$(csv runs.csv acquisitions)" "$(truth acquisitions)"
}

@test "locks: usage" {
	for names in big_lock : big_lock: :big_unlock a:b:c a:a ""; do
		for command in "trace" "attach -p $$"; do
			# shellcheck disable=SC2086
			is_usage_error --lock-symbols -- $command --lock-symbols "$names" -- true
		done
	done
	is_usage_error --no-lock --lock-symbols exclude -- trace --no-lock --lock-symbols a:b true
}
