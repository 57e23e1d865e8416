# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What every end-to-end test needs: where things are, and how to read the results.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
SWITCHTAX=$BUILD/switchtax
# No page at the end of each run.
export SWITCHTAX_ANALYSIS=

# Each test has a results folder of its own; it does not exist yet.
setup() {
	RESULTS=$BATS_TEST_TMPDIR/results
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# csv FILE COLUMN [FILTER_COLUMN VALUE]: the column's values, one a line. Knows no
# quotes: for columns that come before any text with a comma in it.
csv() {
	awk -F, -v column="$2" -v by="${3-}" -v value="${4-}" '
		NR == 1 {
			for (i = 1; i <= NF; i++)
				at[$i] = i
			if (!(column in at) || (by != "" && !(by in at))) {
				printf "%s: no column %s or %s\n", FILENAME, column, by >"/dev/stderr"
				exit 1
			}
			next
		}
		by == "" || $at[by] == value { print $at[column] }' "$RESULTS/$1"
}

# The number of rows, without the header.
rows() {
	echo $(($(wc -l <"$RESULTS/$1") - 1))
}

# Nanoseconds of one lock state.
state() {
	csv ledger.csv ns state "$1"
}

# What the traced program itself printed under this key.
truth() {
	awk -v key="$1" '$1 == key { print $2; found = 1 } END { exit !found }' \
		"$RESULTS/program.stdout" || fail "program.stdout has no $1"
}

number() {
	case $1 in '' | *[!0-9]*) fail "'$1' is not a number" ;; esac
}

# tolerance B EVENTS: 2 % of B, or 30 us per event, whichever is larger.
tolerance() {
	local share=$(($1 / 50)) each=$((30000 * $2))

	echo $((share > each ? share : each))
}

# between VALUE LOW HIGH EVENTS: inside [LOW, HIGH], give or take the tolerance.
between() {
	local off

	number "$1" && number "$2" && number "$3" || return
	off=$(tolerance "$3" "$4")
	(($1 + off >= $2 && $1 <= $3 + off)) ||
		fail "$1 is not within $off of $2 to $3" "$(cat "$RESULTS/ledger.csv")" \
			"$(cat "$RESULTS/program.stdout")"
}

# within A B [EVENTS]: A is B, give or take the tolerance.
within() {
	between "$1" "$2" "$2" "${3:-1}"
}

equal() {
	[ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

# traced PROGRAM [ARG...]: one traced run with its time line, which must be valid.
traced() {
	"$SWITCHTAX" trace -q --timeline -o "$RESULTS" -- "$@" >"$BATS_TEST_TMPDIR/report" ||
		fail "switchtax trace failed: $(cat "$BATS_TEST_TMPDIR/report")" \
			"$(cat "$RESULTS/runs.csv")"
	equal "$(csv runs.csv valid)" 1
	equal "$(csv runs.csv events_lost)" 0
}

# Tests that trace need root, and say so instead of failing.
needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}
