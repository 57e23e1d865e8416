# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2016 # $here is its user's, and what eval evaluates
# bpftrace as the witness of how often a CPython's lock is taken. Needs common.bash and pythons.bash;
# the file's own teardown calls counting_teardown.

# Waits for it, for at most 20 s.
until_true() { # COMMAND...
	local i

	for ((i = 0; i < 400; i++)); do
		"$@" && return
		sleep 0.05
	done
	fail "never true: $*"
}

# Where the lock is taken: every clone of the function.
takes() { # CODE
	nm "$(symbols_of "$1")" |
		awk '$3 ~ /^take_gil($|\.)/ && $3 !~ /cold/ { print "uprobe:'"$1"':0x" $1 }'
}

# How many clones, and whether they are named by the file itself.
kind_of() { # CODE
	[ "$(symbols_of "$1")" = "$1" ] && echo -n own- || echo -n debug-
	takes "$1" | wc -l
}

# Counts the calls by programs called taking-*, from before their start to after their end, by what
# bpftrace calls KEY. Since 3.14 their threads have names of their own.
start_counting() { # KEY PYTHON...
	local key=$1 probes

	shift
	probes=$(for each in "$@"; do takes "$(code_of "$each")"; done | paste -sd ,)
	BPFTRACE_MAP_KEYS_MAX=100000 bpftrace -e "BEGIN { printf(\"ready\n\"); }
		$probes /strncmp(curtask->group_leader->comm, \"taking-\", 7) == 0/ {
			@taken[$key] = count();
		}" \
		>"$here/counted" 2>&1 3>&- &
	counter=$!
	until_true grep -q ready "$here/counted"
}

# Its handler sets a flag, and what comes between the look at it and the next wait for events
# is heard with the next signal only: so say it until it is heard.
stop_counting() {
	until_true eval '! kill -TERM "$counter" 2>/dev/null'
	wait "$counter" || fail "bpftrace: $(cat "$here/counted")"
	counter=
}

counting_teardown() {
	[ -z "${counter-}" ] || kill "$counter" 2>/dev/null || true
}
