#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing that a program has many of voids a run: stretches off the CPU, threads, futexes.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/identities
load ../lib/cli

setup_file() {
	programs=$BATS_FILE_TMPDIR
	export programs
	for source in late; do
		"${CC:-cc}" -O1 -g -pthread -o "$programs/$source" \
			"$BATS_TEST_DIRNAME/programs/$source.c"
	done
}

setup() {
	cli_setup
	need_bpf
	unset SUDO_USER
}

# trace [OPTION...] -- PROGRAM [ARG...]: one traced run that is valid, and adds up by its files.
trace() {
	rm -rf "$out"
	exits 0 trace -q --no-samples -o "$out" "$@" || return
	assert_identities "$out" && assert_threads "$out" && whole_folder "$out"
}

sum_of() { # FILE COLUMN [CONDITION]
	select_rows "$out/$1" "${3:-1}" "\$c[\"$2\"]" |
		awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

@test "history: a hand-off of hundreds of stretches has its parts" {
	for naps in 20 100 800; do
		trace --lock-symbols gate_enter:gate_leave -- "$programs/late" "$naps"
		# The taker is the one that was switched out as often as it has slept.
		asleep=$(select_rows "$out/threads.csv" "\$c[\"switches_voluntary\"] >= $naps" \
			'$c["blocked_ns"]' | sort -n | tail -1)
		signal=$(sum_of ledger.csv ns '$c["state"] == "handoff_signal"')
		[ "$signal" -ge $((asleep * 9 / 10)) ] ||
			fail "$naps naps: $signal ns are signal, the taker was asleep for $asleep"
	done
}
