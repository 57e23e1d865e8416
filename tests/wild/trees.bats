#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Trees of Pythons, again and again: every run is valid, and each process whose lock was watched from its
# first call on (`whole`) has taken it as often as bpftrace counts; one that nobody could hold in time,
# on a busy machine, may lack some, and says so. TREES=n: so many runs of each tree.
# shellcheck disable=SC2016 # $c["name"] is for awk, $0 for sh
# shellcheck disable=SC2154,SC2034 # what needs_python set, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/pythons
load ../lib/witness

setup() {
	needs_root
	export LC_ALL=C
	unset SUDO_UID SUDO_GID SUDO_USER
	here=$BATS_TEST_TMPDIR
	RESULTS=$here/results
	needs_python
	command -v bpftrace >/dev/null || skip "bpftrace is not installed"
	ln -s "$python" "$here/taking-turns"
	cat >"$here/work.py" <<-'END'
		import threading
		def work():
		    for i in range(100000): pass
		threads = [threading.Thread(target=work) for _ in range(3)]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
	END
	cat >"$here/children.py" <<-'END'
		import multiprocessing, runpy, sys
		def child(): runpy.run_path(sys.argv[2])
		if __name__ == "__main__":
		    multiprocessing.set_start_method(sys.argv[1])
		    children = [multiprocessing.Process(target=child) for _ in range(8)]
		    for process in children: process.start()
		    for process in children: process.join()
		    # Of who outlives us the end is in no window.
		    from multiprocessing import resource_tracker
		    stop = getattr(resource_tracker._resource_tracker, "_stop", None)
		    if sys.argv[1] == "spawn" and stop: stop()
	END
	printf 'all: a b c d\na b c d:\n\t@"%s" "%s"\n' "$here/taking-turns" "$here/work.py" \
		>"$here/Makefile"
}

teardown() {
	counting_teardown
}

# PID and acquisitions, from 1 on, of each process in each run. WHOLE: 1, or 0 for those watched late.
ours() { # WHOLE
	awk -v whole="$1" '{ taken[$1] += $2; if (!$3) late[$1] = 1 }
		END { for (pid in taken) if (taken[pid] && whole == !(pid in late)) print pid, taken[pid] }' \
		"$here/ours" | sort
}

theirs() {
	sed -n 's/^@taken\[\([0-9]*\)\]: \([0-9]*\)$/\1 \2/p' "$here/counted" | sort
}

# N valid runs, with so many processes that took a lock.
runs_of() { # PROCESSES COMMAND...
	local i processes=$1

	shift
	start_counting pid "$python"
	for ((i = 0; i < ${TREES:-3}; i++)); do
		rm -rf "$RESULTS"
		"$SWITCHTAX" trace -q -o "$RESULTS" -- "$@" >/dev/null 2>"$here/err" ||
			fail "run $i: exit $?" "$(cat "$here/err" "$RESULTS"/runs.csv)"
		assert_identities "$RESULTS" >"$here/identities" ||
			fail "run $i:" "$(cat "$here/identities")"
		select_rows "$RESULTS/locks.csv" 1 '$c["pid"], $c["acquisitions"], $c["whole"]' \
			>>"$here/ours"
		all_or_told "$processes"
	done
	stop_counting
	agrees
}

# A process that nobody saw in time is in no ledger, and the run says so.
all_or_told() { # PROCESSES
	local seen

	seen=$(select_rows "$RESULTS/locks.csv" '$c["acquisitions"] > 0' '$c["pid"]' | sort -u | wc -l)
	[ "$seen" -eq "$1" ] ||
		[[ $seen -lt $1 && $(select_rows "$RESULTS/runs.csv" 1 '$c["lock_reason"]') == *ended* ]] ||
		fail "run $i: $seen of $1 processes, and no reason"
}

# Each whole one is equal; a late one has at most as many; not all are late.
agrees() {
	local late all

	diff <(ours 1) <(join -o 2.1,2.2 <(ours 1) <(theirs)) ||
		fail "whole, and not as bpftrace counts"
	diff <(ours 0) <(ours 0 | join - <(theirs) | awk '$2 <= $3 { print $1, $2 }') ||
		fail "late, and more than bpftrace counts"
	late=$(ours 0 | wc -l)
	all=$(theirs | wc -l)
	echo "# $all processes, $(ours 1 | wc -l) equal to the last acquisition, $late watched late" >&3
	[ "$(ours 1 | wc -l)" -gt 0 ] || fail "$late of $all watched late"
}

@test "trees: a pipe of two Pythons" {
	runs_of 2 sh -c '"$0" "$1" | "$0" "$1" 1>&2' "$here/taking-turns" "$here/work.py"
}

@test "trees: make -j2" {
	runs_of 4 make -s -j2 -f "$here/Makefile"
}

@test "trees: eight processes of multiprocessing, each started anew" {
	# And the tracker of their resources.
	runs_of 10 "$here/taking-turns" "$here/children.py" spawn "$here/work.py"
}

@test "trees: eight forked processes of multiprocessing" {
	runs_of 9 "$here/taking-turns" "$here/children.py" fork "$here/work.py"
}
