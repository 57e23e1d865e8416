#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Fixed CSV files lead to a fixed report. To have it anew after a change that was meant:
#   build/switchtax explain tests/golden/slowdown >tests/golden/slowdown/report.txt

setup() {
	switchtax=$BUILD/switchtax
	golden=tests/golden/slowdown
	copy=$BATS_TEST_TMPDIR/copy
	cp -r "$golden" "$copy"
}

# But for the name of the folder.
without_folder() {
	grep -v '^  Files: '
}

@test "the report from fixed CSV files is the one on file" {
	"$switchtax" explain "$golden" >"$BATS_TEST_TMPDIR/report"
	diff "$golden/report.txt" "$BATS_TEST_TMPDIR/report"
}

# With arms at other switch intervals, page faults by samples, and runs marked as disturbed.
@test "the report from a folder with all the files is the one on file" {
	"$switchtax" explain tests/golden/doses >"$BATS_TEST_TMPDIR/report"
	diff tests/golden/doses/report.txt "$BATS_TEST_TMPDIR/report"
}

@test "no line of the report is wider than 92 columns" {
	[ -z "$(awk 'length > 92' tests/golden/*/report.txt)" ]
}

@test "the order of rows does not matter" {
	{ head -1 "$golden/runs.csv"; tail -n +2 "$golden/runs.csv" | tac; } >"$copy/runs.csv"
	{ head -1 "$golden/ledger.csv"; tail -n +2 "$golden/ledger.csv" | tac; } \
		>"$copy/ledger.csv"
	"$switchtax" explain "$copy" >"$BATS_TEST_TMPDIR/report"
	diff <(without_folder <"$golden/report.txt") <(without_folder <"$BATS_TEST_TMPDIR/report")
}

@test "a run marked invalid changes the report and is named in it" {
	awk -F, -v OFS=, 'NR > 1 && $4 == "threads" && $5 == 2 { $8 = 0; $9 = "T2" } { print }' \
		"$golden/runs.csv" >"$copy/runs.csv"
	run "$switchtax" explain "$copy"
	[ "$status" -eq 1 ]
	[[ $output == *"2 NOT VALID"* ]]
	[ "$output" != "$(cat "$golden/report.txt")" ]
}

@test "truncated, foreign and missing files are refused with file, line and reason" {
	truncate -s -7 "$copy/runs.csv"
	run "$switchtax" explain "$copy"
	[ "$status" -eq 1 ] && [[ $output == *runs.csv*line* ]]
	cp "$golden/runs.csv" "$copy/runs.csv"
	sed -i '3s/,[0-9][0-9]*,/,many,/' "$copy/ledger.csv"
	sed -i '1s/state/stat/' "$copy/ledger.csv"
	run "$switchtax" explain "$copy"
	[ "$status" -eq 1 ] && [[ $output == *ledger.csv*state* ]]
	rm "$copy/ledger.csv"
	run "$switchtax" explain "$copy"
	[ "$status" -eq 1 ] && [[ $output == *ledger.csv* ]]
}
