# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The machine's CPythons, and traced runs of them. Needs common.bash, table.bash and
# identities.bash.

# Every CPython 3, one a line.
pythons() {
	local python

	for python in /usr/bin/python3 ~/.pyenv/versions/3.*/bin/python3; do
		[ ! -x "$python" ] || echo "$python"
	done
}

# The file with an interpreter's code: its libpython, or itself.
code_of() { # PYTHON
	local file

	file=$(ldd "$1" 2>/dev/null | awk '$1 ~ /^libpython3/ && $3 ~ /^\// { print $3; exit }')
	readlink -f "${file:-$1}"
}

# The file that names its functions: itself, or the debug file of the same build; or none.
symbols_of() { # FILE
	local id file

	id=$(readelf -n "$1" 2>/dev/null | awk '/Build ID/ { print $3; exit }')
	for file in "$1" "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"; do
		[ -f "$file" ] || continue
		! nm "$file" 2>/dev/null | grep -q ' take_gil' || { echo "$file" && return; }
	done
}

has_symbols() { # PYTHON
	[ -n "$(symbols_of "$(code_of "$1")")" ]
}

# Those whose lock can be traced, one a line.
pythons_with_symbols() {
	local python

	while read -r python; do
		! has_symbols "$python" || echo "$python"
	done < <(pythons)
}

# Sets $python to the machine's own if its lock can be traced, else to another that can.
needs_python() {
	local own

	own=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) || own=
	python=
	for python in /usr/bin/python3 "$own"; do
		if [ -x "$python" ] && has_symbols "$python"; then
			return
		fi
	done
	python=$(pythons_with_symbols | head -1)
	[ -n "$python" ] || skip "no Python whose symbols are there (on Debian: package python3-dbg)"
}

# The results are of a Python whose lock is known, and everything adds up.
python_adds_up() {
	[[ $(csv runs.csv lock) == cpython-3* ]] && assert_identities "$RESULTS" &&
		assert_calls "$RESULTS"
}

# One traced run whose accounts add up; the results take the place of the last one's.
trace_python() { # PROGRAM [ARG...]
	rm -rf "$RESULTS"
	if ! { "$SWITCHTAX" trace -q -o "$RESULTS" -- "$@" >"$BATS_TEST_TMPDIR/report" 2>&1 &&
		python_adds_up; }; then
		fail "trace of $*:" "$(cat "$BATS_TEST_TMPDIR/report")" \
			"$(cat "$RESULTS"/program.* "$RESULTS/runs.csv")"
	fi
}

report_says() { # TEXT...
	local text

	for text in "$@"; do
		grep -qF -- "$text" "$RESULTS/report.txt" ||
			fail "the report lacks '$text':" "$(cat "$RESULTS/report.txt")" || return
	done
}
