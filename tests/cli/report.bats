#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `switchtax report`: a page that is whole or not there. What is on it, tests/page looks at.
# shellcheck disable=SC2154 # what `run` sets

load ../lib/cli

has_packages() {
	"$python" -c 'from importlib.util import find_spec
assert all(map(find_spec, ["pandas", "jinja2", "plotly", "matplotlib"]))' 2>/dev/null
}

setup() {
	cli_setup
	unset SWITCHTAX_ANALYSIS
	folder=$here/results
}

# A folder of results with every file, and what makes a page of it.
results() {
	has_packages || skip "needs python3-pandas, -jinja2, -plotly and -matplotlib"
	PYTHONDONTWRITEBYTECODE=1 "$python" "$root/tests/page/experiment.py" "$folder"
}

# Python in the place of analysis/, to see how it is treated.
analysis() { # LINE...
	mkdir -p "$here/analysis"
	printf '%s\n' "$@" >"$here/analysis/__main__.py"
	export SWITCHTAX_ANALYSIS=$here/analysis
}

no_page() {
	no_folder "$folder/report.html" && no_folder "$folder/report.html.partial"
}

whole_page() {
	[ "$(head -c 15 "$folder/report.html")" = "<!DOCTYPE html>" ] &&
		[ "$(tail -c 8 "$folder/report.html")" = "</html>" ] &&
		no_folder "$folder/report.html.partial"
}

@test "report: the page of a folder, in place of an older one" {
	results
	echo older >"$folder/report.html"
	exits 0 report "$folder"
	[ "$output" = "$folder/report.html" ]
	[ -z "$stderr" ]
	whole_page
}

@test "report: a link in the page's place is replaced, not followed" {
	results
	analysis 'print("<html>")'
	echo precious >"$here/precious"
	ln -s "$here/precious" "$folder/report.html"
	exits 0 report "$folder"
	[ "$(cat "$here/precious")" = precious ]
	[ ! -L "$folder/report.html" ]
	[ "$(cat "$folder/report.html")" = "<html>" ]
	ln -s "$here/precious" "$folder/report.html.partial"
	exits 1 report "$folder"
	says "report.html.partial exists"
	[ "$(cat "$here/precious")" = precious ]
}

@test "report: damaged files are named with their line, and nothing is left" {
	results
	truncate -s -7 "$folder/ledger.csv"
	exits 1 report "$folder"
	says "$folder: ledger.csv:" "truncated"
	no_page
	nothing_printed
}

@test "report: a page that is there stays when a new one cannot be made" {
	results
	echo older >"$folder/report.html"
	rm "$folder/runs.csv"
	exits 2 report "$folder"
	says "no runs.csv there"
	[ "$(cat "$folder/report.html")" = older ]
}

@test "report: wrong command lines" {
	is_usage_error "which results folder" -- report
	is_usage_error "one folder at a time" -- report a b
	is_usage_error "nosuch" "No such file" -- report nosuch
	is_usage_error "--output" -- report a -o b
}

@test "report: missing packages are named, exit 3" {
	mkdir "$folder"
	analysis 'import sys' 'print("No module named x; apt-get install python3-x", file=sys.stderr)' \
		'sys.exit(3)'
	exits 3 report "$folder"
	says "No module named x; apt-get install python3-x"
	no_page
	SWITCHTAX_ANALYSIS=/nosuch exits 3 report "$folder"
	says "not installed"
}

@test "report: analysis says which packages it needs" {
	results
	# -S leaves Debian's packages out.
	run --separate-stderr env -C "$folder" /usr/bin/python3 -I -B -S "$root/analysis"
	[ "$status" -eq 3 ]
	says "apt-get install python3-pandas python3-jinja2 python3-plotly python3-matplotlib"
	nothing_printed
}

@test "report: an error in analysis is one line, without what drives a terminal" {
	mkdir "$folder"
	analysis 'print("half a page", flush=True)' 'raise ValueError("a\x1b[31mb")'
	exits 1 report "$folder"
	says "exited with status 1" "a?[31mb"
	[[ $stderr != *$'\x1b'* ]]
	no_page
}

both_ended() {
	local first second
	read -r first second <"$here/pids"
	! kill -0 "$first" 2>/dev/null && ! kill -0 "$second" 2>/dev/null
}

@test "report: Ctrl-C leaves no process and no half page" {
	mkdir "$folder"
	analysis 'import os, subprocess, sys, time' \
		"with open('$here/pids', 'w') as pids:" \
		'    child = subprocess.Popen(["/bin/sleep", "1000"])' \
		'    print(os.getpid(), child.pid, file=pids)' \
		'print("half a page", flush=True)' 'time.sleep(1000)'
	"$switchtax" report "$folder" 2>"$here/stderr" &
	local pid=$!
	retry test -s "$here/pids"
	kill -INT "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	grep -q "interrupted" "$here/stderr"
	no_page
	retry both_ended
}

@test "report: under sudo it is made as the user, in a folder that only root can reach" {
	need_root
	chmod 755 "$here"
	analysis 'import os' 'print(os.getuid(), os.getgid(), os.listdir("."))'
	chmod 755 "$here/analysis" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
	su -s /bin/sh nobody -c "test -r $here/analysis/__main__.py" ||
		skip "nobody cannot read the tests' folder"
	mkdir -p "$here/locked/in"
	touch "$here/locked/in/one"
	chown nobody "$here/locked/in"
	chmod 700 "$here/locked"
	SUDO_UID=$(id -u nobody) SUDO_GID=$(id -g nobody) exits 0 report "$here/locked/in"
	[[ $(cat "$here/locked/in/report.html") == "$(id -u nobody) $(id -g nobody) "*one* ]]
	[ "$(stat -c %U "$here/locked/in/report.html")" = nobody ]
}

@test "run makes the page at its end, and --no-html does not" {
	has_packages || skip "needs python3-pandas, -jinja2, -plotly and -matplotlib"
	exits 0 run --no-bpf "${small[@]}" --blocks 2 -o "$folder"
	says "$folder/report.html"
	whole_page
	whole_folder "$folder"
	exits 0 run --no-bpf "${small[@]}" --no-html -o "$here/second"
	[[ $stderr != *report.html* ]]
	no_folder "$here/second/report.html"
}

@test "run, traced: its page has a timeline and a flame graph" {
	need_bpf
	has_packages || skip "needs python3-pandas, -jinja2, -plotly and -matplotlib"
	exits 0 run --objects 200000 --blocks 1 -o "$folder"
	whole_page
	grep -q 'id="timeline-lanes"' "$folder/report.html"
	grep -q 'id="ledger-arms"' "$folder/report.html"
}

@test "run without analysis: a note, and the same exit status" {
	SWITCHTAX_ANALYSIS=/nosuch exits 0 run --no-bpf "${small[@]}" -o "$folder"
	says "no report.html: " "not installed"
	no_page
	whole_folder "$folder"
}
