#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One ledger per lock: several locks of a program, several programs of a tree; whose futex is it.
# shellcheck disable=SC2016 # $c["name"] is for awk, $0 for sh
# shellcheck disable=SC2154,SC2034 # what `run` and needs_python set, and what common.bash reads

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
	"${CC:-cc}" -O1 -g -pthread -o "$programs/conditions" \
		"$BATS_TEST_DIRNAME/programs/conditions.c"
	"${CC:-cc}" -O1 -pthread -o "$programs/tiny" "$BATS_TEST_DIRNAME/programs/tiny.c"
}

setup() {
	cli_setup
	unset SUDO_USER
	RESULTS=$out
}

equal() { # GOT WANTED
	[ "$1" = "$2" ] || fail "got '$1', not '$2'"
}

# traces [OPTION...] -- PROGRAM [ARG...]: a valid run.
traces() {
	rm -rf "$out"
	"$switchtax" trace -q -o "$out" "$@" >"$here/report" 2>"$here/err" </dev/null ||
		fail "trace $*: exit $?" "$(cat "$here/err")"
	equal "$(csv runs.csv valid)" 1
}

# of_lock NAME COLUMN: of the locks called so, with or without what follows a blank.
of_lock() {
	select_rows "$out/locks.csv" '$c["name"] ~ /^'"$1"'( |$)/' "\$c[\"$2\"]"
}

# The states of each lock add up to its window.
locks_add_up() {
	local locks lock window sum

	locks=$(select_rows "$out/locks.csv" '$c["window_ns"] != ""' '$c["lock"]')
	[ -n "$locks" ] || fail "no lock has a window"
	for lock in $locks; do
		window=$(select_rows "$out/locks.csv" '$c["lock"] == '"$lock" '$c["window_ns"]')
		sum=$(select_rows "$out/ledger.csv" \
			'$c["lock"] == '"$lock"' && $c["parent"] == ""' '$c["ns"]' |
			awk '{ s += $1 } END { printf "%.0f", s }')
		((sum - window <= window / 1000 + 20000 && window - sum <= window / 1000 + 20000)) ||
			fail "lock $lock: its states sum to $sum, its window is $window"
	done
}

@test "mutexes: each has its ledger, by whatever function it is taken" {
	local name taken held

	traces --lock-symbols pthread_mutex_lock:pthread_mutex_unlock -- "$programs/conditions"
	locks_add_up
	(($(sed -n 's/^waits //p' "$out/program.stdout") > 0))
	while read -r name taken held; do
		equal "$(of_lock "$name" acquisitions)" "$taken"
		equal "$(of_lock "$name" releases)" "$taken"
		equal "$(of_lock "$name" owner_tid)" ""
		# The probes are in our time and not in the program's.
		(($(of_lock "$name" held_ns) > held * 9 / 10))
	done < <(grep -E '^(queue|other|deep) ' "$out/program.stdout")
	equal "$(of_lock queue threads)" 4
	equal "$(of_lock deep threads)" 2
}

@test "mutexes: who names a part of the family means all of it, who mixes them is told" {
	traces --lock-symbols pthread_mutex_trylock:pthread_mutex_unlock -- "$programs/conditions"
	equal "$(of_lock deep acquisitions)" "$(awk '$1 == "deep" { print $2 }' "$out/program.stdout")"
	for pair in pthread_mutex_lock:pthread_spin_unlock pthread_cond_wait:pthread_mutex_unlock \
		pthread_rwlock_wrlock:pthread_rwlock_unlock; do
		rm -rf "$out"
		run "$switchtax" trace -q -o "$out" --lock-symbols "$pair" -- "$programs/conditions"
		[ "$status" -ne 0 ] || fail "$pair is taken"
		[[ $output == *"${pair%:*}"* ]] || fail "no word of ${pair%:*}: $output"
	done
}

@test "spin locks: every acquisition is counted, or the function that hides them is named" {
	"${CC:-cc}" -O1 -pthread -o "$programs/spins" "$BATS_TEST_DIRNAME/programs/spins.c"
	if "$switchtax" trace -q -o "$out" --lock-symbols pthread_spin_trylock:pthread_spin_unlock \
		-- "$programs/spins" >"$here/report" 2>"$here/err" </dev/null; then
		equal "$(of_lock spinlock acquisitions)" 400
	else
		grep -q "puts no probe on .* pthread_spin_lock begins" "$here/err" ||
			fail "the reason" "$(cat "$here/err")"
	fi
}

@test "trees: every Python has its ledger" {
	needs_python
	cat >"$here/work.py" <<-'END'
		import os, threading
		def work():
		    for i in range(300000): pass
		threads = [threading.Thread(target=work) for _ in range(3)]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
		print("pid", os.getpid(), flush=True)
	END
	printf 'all: a b\na b:\n\t@"%s" "%s"\n' "$python" "$here/work.py" >"$here/Makefile"
	for command in '"$0" "$1" & "$0" "$1" & wait' '"$0" "$1" | "$0" "$1" 1>&2' \
		'make -s -j2 -f "$2"'; do
		traces -- sh -c "$command" "$python" "$here/work.py" "$here/Makefile"
		locks_add_up
		equal "$(select_rows "$out/locks.csv" '$c["handoffs"] > 0' '$c["pid"]' | sort -u |
			wc -l)" 2
		equal "$(csv runs.csv lock)" "$(select_rows "$out/locks.csv" '$c["lock"] == 1' \
			'$c["name"]')"
	done
}

@test "trees: the report says whose lock it shows, and lists the others" {
	needs_python
	cat >"$here/children.py" <<-'END'
		import multiprocessing, os, sys, threading
		def work():
		    for i in range(300000): pass
		def child():
		    threads = [threading.Thread(target=work) for _ in range(2)]
		    for thread in threads: thread.start()
		    for thread in threads: thread.join()
		if __name__ == "__main__":
		    multiprocessing.set_start_method(sys.argv[1])
		    children = [multiprocessing.Process(target=child) for _ in range(2)]
		    for process in children: process.start()
		    print(*(process.pid for process in children), flush=True)
		    for process in children: process.join()
	END
	for method in fork spawn; do
		traces -- "$python" "$here/children.py" "$method"
		locks_add_up
		read -ra pids <"$out/program.stdout"
		for pid in "${pids[@]}"; do
			sed -n '/^Lock: /,/^$/p' "$here/report" | grep -qw "$pid" ||
				fail "$method: no word of process $pid" "$(cat "$here/report")"
		done
	done
}

@test "trees: a Python whose lock cannot be watched is told of beside one whose is" {
	needs_python
	[ "$(symbols_of "$(code_of "$python")")" != "$(code_of "$python")" ] ||
		skip "no Python whose symbols are in another file"
	objcopy --remove-section .note.gnu.build-id --remove-section .gnu_debuglink \
		"$(code_of "$python")" "$here/nameless"
	printf 'import threading\nthreading.Thread(target=sum, args=(range(100000),)).start()\n' \
		>"$here/work.py"
	for order in '"$0" "$2"; "$1" "$2"' '"$1" "$2"; "$0" "$2"'; do
		traces -- sh -c "$order" "$python" "$here/nameless" "$here/work.py"
		[[ $(csv runs.csv lock) == cpython-* ]]
		grep -q "^  In no ledger: .*nameless" "$here/report" || fail "$(cat "$here/report")"
		"$switchtax" explain "$out" >"$here/again"
		diff "$here/report" "$here/again"
	done
}

# tiny takes its mutex three times. One that nobody could hold in time is late, or told of.
all_tiny() { # COUNT
	local seen

	seen=$(select_rows "$out/locks.csv" '$c["command"] == "tiny" &&
		($c["acquisitions"] == 3 || $c["whole"] == 0)' '$c["pid"]' | sort -u | wc -l)
	[ "$seen" -eq "$1" ] || [[ $(csv runs.csv lock_reason) == *ended* ]] ||
		fail "$seen of $1" "$(cat "$out/locks.csv")"
}

@test "trees: a mutex of the C library, of whatever the program executes" {
	mutex=pthread_mutex_lock:pthread_mutex_unlock
	tiny=$programs/tiny
	traces --lock-symbols $mutex -- sh -c '"$0"; true' "$tiny"
	all_tiny 1
	traces --lock-symbols $mutex -- timeout 60 "$tiny"
	all_tiny 1
	traces --lock-symbols $mutex -- sh -c '"$0" & nice "$0" & wait' "$tiny"
	all_tiny 2
	traces --lock-symbols $mutex -- bash -c 'for i in 1 2 3 4 5 6 7 8; do "$0"; /bin/true; done' \
		"$tiny"
	all_tiny 8
	# What is said of the library is said once.
	[ "$(grep -c single-step "$here/err")" -le 1 ]
}

@test "futexes: a sleep on another's is a sleep with the lock" {
	needs_python
	cat >"$here/work.py" <<-'END'
		import ctypes, threading, time
		# With the lock (PyDLL), in C, on a semaphore of its own: no hand-off of anything.
		libc = ctypes.PyDLL(None)
		semaphore = ctypes.create_string_buffer(32)
		libc.sem_init(semaphore, 0, 0)
		class timespec(ctypes.Structure):
		    _fields_ = [("s", ctypes.c_long), ("ns", ctypes.c_long)]
		for _ in range(20):
		    at = time.time() + 0.01
		    libc.sem_timedwait(semaphore, ctypes.byref(timespec(int(at), int(at % 1 * 1e9))))
		    time.sleep(0.001)	# without it
	END
	traces -- "$python" "$here/work.py"
	locks_add_up
	equal "$(csv runs.csv handoffs)" 0
	(($(select_rows "$out/ledger.csv" '$c["state"] == "held_blocked"' '$c["ns"]') > 150000000))
	(($(select_rows "$out/ledger.csv" '$c["state"] == "handoff_signal"' '$c["ns"]') < 20000000))
}
