#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# CPython's lock, in every version at hand and however Python is started: the accounts add
# up, and what is counted is what others count.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154 # $python is set by needs_python

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/witness

setup() {
	needs_root
	unset SUDO_UID SUDO_GID SUDO_USER
	here=$BATS_TEST_TMPDIR
	RESULTS=$here/results
	examples=$ROOT/examples
}

teardown() {
	counting_teardown
}

version_of() { # PYTHON
	"$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

@test "python: the lock of every version adds up" {
	mapfile -t all < <(pythons_with_symbols)
	[ "${#all[@]}" -gt 0 ] || skip "no Python whose symbols are there"
	for each in "${all[@]}"; do
		trace_python "$each" "$examples/threads.py" 100000 3
		[[ $(csv runs.csv lock) == "cpython-$(version_of "$each")"* ]]
		equal "$(rows threads.csv)" 4
		# Each of the three took the lock over from another thread, if only once.
		(($(csv runs.csv handoffs) >= 3))
	done
}

@test "python: 50 consecutive traces of the examples add up" {
	needs_python
	for _ in $(seq 10); do
		trace_python "$python" "$examples/single.py" 20000 5
		trace_python "$python" "$examples/threads.py" 20000 5
		trace_python "$python" "$examples/hashing.py" 4 2
		trace_python "$python" "$examples/io.py" 20 2 1
		trace_python "$python" "$examples/yielding.py" 10000 2
	done
}

@test "python: kernels without uprobe sessions give the same accounts" {
	needs_python
	export SWITCHTAX_WITHOUT=uprobe-session
	trace_python "$python" "$examples/threads.py" 50000 4
	trace_python "$python" "$examples/yielding.py" 10000 4
}

# The wait for a CPU is in states by whose it was; for quota it is one of its own.
in_all() { # PART
	case $1 in
	queue) select_rows "$RESULTS/ledger.csv" '$c["state"] ~ /^handoff_(queue|throttled)/' '$c["ns"]' ;;
	*) state "handoff_$1" ;;
	esac | awk '{ s += $1 } END { printf "%d", s }'
}

# A thread that takes the lock again though others wait has not handed it over: such time is
# in the ledger, but in no row.
@test "python: hand-offs are streamed one by one" {
	needs_python
	for example in "threads.py 50000 4" "yielding.py 10000 4"; do
		rm -rf "$RESULTS"
		# shellcheck disable=SC2086
		traced "$python" "$examples"/$example
		python_adds_up
		equal "$(rows handoffs.csv)" "$(csv runs.csv handoffs)"
		for part in signal queue take; do
			streamed=$(csv handoffs.csv "${part}_ns" | awk '{ s += $1 } END { printf "%d", s }')
			((streamed <= $(in_all "$part")))
		done
	done
}

# --- against others ------------------------------------------------------------------

count_ourselves() { # COMM PYTHON EXAMPLE [ARG...]
	ln -s "$2" "$here/$1"
	trace_python "$here/$1" "$examples/$3" "${@:4}"
	echo "@taken[$1]: $(csv runs.csv acquisitions)" >>"$here/ours"
}

# No call is left out: threads enter the function for the last time long before the process
# ends, also the main thread, which ends with the lock in its hands.
@test "python: as many acquisitions as bpftrace counts calls of the same function" {
	command -v bpftrace >/dev/null || skip "bpftrace is not installed"
	# One of each kind will do.
	mapfile -t all < <(pythons_with_symbols | while read -r each; do
		echo "$(kind_of "$(code_of "$each")") $each"
	done | sort -k1,1 -u | cut -d" " -f2-)
	[ "${#all[@]}" -gt 0 ] || skip "no Python whose symbols are there"
	start_counting "curtask->group_leader->comm" "${all[@]}"
	for i in "${!all[@]}"; do
		count_ourselves "taking-$i" "${all[i]}" threads.py 30000 3
	done
	count_ourselves taking-often "${all[0]}" yielding.py 5000 3
	count_ourselves taking-again "${all[-1]}" yielding.py 5000 3
	stop_counting
	diff <(grep @taken "$here/counted" | sort) <(sort "$here/ours")
}

@test "python: as many switches as perf stat counts" {
	command -v perf >/dev/null || skip "perf is not installed (package linux-perf)"
	needs_python
	cat >"$here/program.py" <<-'END'
		import os, sys
		status = open("/proc/thread-self/status").read().split("\n")
		print("before", sum(int(line.split()[1]) for line in status if "_ctxt_" in line))
		sys.stdout.flush()
		os.execv(sys.executable, [sys.executable] + sys.argv[1:])
	END
	for _ in 1 2 3; do
		rm -rf "$RESULTS"
		"$SWITCHTAX" trace -q -o "$RESULTS" -- perf stat -x, -e context-switches \
			-o "$here/stat" -- "$python" "$here/program.py" "$examples/threads.py" \
			200000 6 >/dev/null
		assert_threads "$RESULTS"
		perf=$(awk -F, '/context-switches/ { print $1 }' "$here/stat")
		read -r ours threads < <(select_rows "$RESULTS/threads.csv" '$c["comm"] !~ /^perf/' \
			'$c["switches_voluntary"] + $c["switches_involuntary"]' |
			awk '{ s += $1; n++ } END { print s, n }')
		echo "perf stat $perf, ours $ours of $threads threads, before $(truth before)"
		# perf begins at exec, and lets go of each thread in the middle of do_exit()
		# (perf_event_exit_task()), before the one or two switches of its end.
		equal "$threads" 7
		((perf > 50 && perf <= ours - threads))
		((perf >= ours - 2 * threads - $(truth before)))
	done
}

# --- interpreters ----------------------------------------------------------------------

@test "python: another interpreter's lock is told apart" {
	local found=0

	cat >"$here/program.py" <<-'END'
		import sys, threading
		try:
		    import _interpreters as interpreters
		except ImportError:
		    import _xxsubinterpreters as interpreters
		run = interpreters.exec if hasattr(interpreters, "exec") else interpreters.run_string
		def other():
		    number = interpreters.create()
		    for _ in range(20):
		        run(number, "for i in range(50000): pass")
		    interpreters.destroy(number)
		def main():
		    for i in range(500000): pass
		threads = [threading.Thread(target=f) for f in (other, other, main, main)]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
	END
	while read -r each; do
		case $(version_of "$each") in 3.1[2-9]) ;; *) continue ;; esac
		trace_python "$each" "$here/program.py"
		report_says "2 more, each with a ledger of its own"
		equal "$(select_rows "$RESULTS/locks.csv" '$c["kind"] == "cpython"' '$c["pid"]' |
			sort | uniq -c | awk '{ print $1 }')" 3
		# The two threads of the main interpreter and the two others hand its lock over.
		(($(csv runs.csv handoffs) >= 4))
		found=1
	done < <(pythons_with_symbols)
	((found)) || skip "no Python 3.12 or newer whose symbols are there"
}

# --- however it is started ---------------------------------------------------------------

@test "python: found behind a shell, env and #!" {
	needs_python
	cp "$examples/threads.py" "$here/script"
	sed -i "1i #!$python" "$here/script"
	chmod 755 "$here" "$here/script"
	trace_python sh -c 'true; "$0" "$@"; true' "$python" "$examples/threads.py" 50000 3
	trace_python env THREADS=3 "$python" "$examples/threads.py" 50000 3
	trace_python "$here/script" 50000 3
	trace_python sh -c 'true; exec "$0" "$@"' "$here/script" 50000 3
}

# perf has a Python inside, which sleeps unless perf runs a script.
@test "python: found behind a program that could run Python itself" {
	command -v perf >/dev/null || skip "perf is not installed (package linux-perf)"
	needs_python
	trace_python perf stat -e context-switches -o "$here/stat" -- "$python" "$examples/threads.py" 50000 3
}

@test "python: its parent does not notice that it was looked at" {
	command -v perl >/dev/null || skip "perl is not installed"
	needs_python
	cat >"$here/parent" <<-'END'
		$SIG{CHLD} = sub { $signals++ };
		$child = fork || exec @ARGV;
		1 while waitpid($child, 0) != $child;
		print "signals $signals\n";
	END
	for option in --timeline --no-lock; do
		rm -rf "$RESULTS"
		"$SWITCHTAX" trace -q "$option" -o "$RESULTS" -- perl "$here/parent" "$python" -c 1 >/dev/null
		equal "$(truth signals)" 1
	done
}

@test "python: children by fork and by multiprocessing do not disturb their parent's lock" {
	needs_python
	cat >"$here/program.py" <<-'END'
		import multiprocessing, os, threading
		def work(count):
		    for i in range(count): pass
		    return count
		def fork():
		    for _ in range(5):
		        child = os.fork()
		        if child == 0:
		            work(20000)
		            os._exit(0)
		        os.waitpid(child, 0)
		        print("child", child)
		if __name__ == "__main__":
		    fork()
		    threads = [threading.Thread(target=work, args=(300000,)) for _ in range(3)]
		    for thread in threads: thread.start()
		    fork()
		    for thread in threads: thread.join()
		    with multiprocessing.get_context("fork").Pool(2) as pool:
		        print("sum", sum(pool.map(work, [20000] * 8)))
		    with multiprocessing.get_context("spawn").Pool(2) as pool:
		        print("spawned", sum(pool.map(work, [20000] * 8)))
	END
	trace_python "$python" "$here/program.py"
	equal "$(truth sum)" 160000
	equal "$(truth spawned)" 160000
	# itself, three threads, twice five children, twice a pool of two
	(($(rows threads.csv) >= 1 + 3 + 10 + 4))
	# A child's lock is another one, though the child began as a copy: what it takes is in that.
	awk '$1 == "child" { print $2 }' "$RESULTS/program.stdout" >"$here/children"
	equal "$(wc -l <"$here/children")" 10
	while read -r child; do
		equal "$(csv threads.csv acquisitions tid "$child")" \
			"$(select_rows "$RESULTS/locks.csv" "\$c[\"pid\"] == $child" '$c["acquisitions"]' |
				awk '{ s += $1 } END { print s + 0 }')"
	done <"$here/children"
}

# --- where there is no lock to watch -----------------------------------------------------

# Traces a Python whose lock cannot be watched: the rest is as always, and it is said why.
trace_without_lock() { # PROGRAM [ARG...]
	rm -rf "$RESULTS"
	"$SWITCHTAX" trace -q -o "$RESULTS" -- "$@" >/dev/null
	assert_threads "$RESULTS"
	equal "$(rows threads.csv)" 4
	equal "$(rows ledger.csv)" 0
	equal "$(csv runs.csv lock)" ""
	equal "$(csv runs.csv acquisitions)" ""
	report_says "not watched"
}

# Sets $alone to a folder with a copy of its code, to be found there by LD_LIBRARY_PATH; and
# $program to what runs that copy.
copy_code() { # PYTHON
	local code

	code=$(code_of "$1")
	alone=$here/alone
	mkdir -p "$alone"
	cp "$code" "$alone/"
	copy=$alone/${code##*/}
	program=$1
	[ "$code" != "$(readlink -f "$1")" ] || program=$copy
}

@test "python: a stripped one has no lock to watch, and the report says what to install" {
	needs_python
	for each in "$python" "$(pythons_with_symbols | tail -1)"; do
		copy_code "$each"
		# Without a build-id nothing leads to the debug symbols.
		objcopy --strip-all --remove-section .note.gnu.build-id \
			--remove-section .gnu_debuglink "$copy"
		LD_LIBRARY_PATH=$alone trace_without_lock "$program" "$examples/threads.py" 50000 3
		report_says take_gil "CPython $(version_of "$each")" \
			"python$(version_of "$each")-dbg" "not stripped"
	done
}

# Since 3.13 an interpreter says so itself, for debuggers; here it is made to.
@test "python: a free-threaded build has no lock, and the report says so" {
	local found=

	while read -r each; do
		case $(version_of "$each") in 3.1[3-9]) found=$each && break ;; esac
	done < <(pythons_with_symbols)
	[ -n "$found" ] || skip "no Python 3.13 or newer whose symbols are there"
	copy_code "$each"
	"$each" - "$copy" <<-'END'
		import sys
		own = sys.hexversion.to_bytes(8, "little")
		with open(sys.argv[1], "r+b") as file:
		    at = file.read().index(b"xdebugpy" + own)
		    file.seek(at + 16)
		    file.write(b"\x01")
	END
	LD_LIBRARY_PATH=$alone trace_without_lock "$program" "$examples/threads.py" 50000 3
	report_says "free-threaded" "CPython $(version_of "$each")"
}
