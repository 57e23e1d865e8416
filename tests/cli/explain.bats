#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the files say is said again, figure by figure; and what cannot be believed is refused.
# shellcheck disable=SC2154

load ../lib/cli
setup_file() { cli_setup_file; }

setup() {
	cli_setup
	golden=$root/tests/golden/slowdown
	copy=$here/copy
	cp -r "$golden" "$copy"
}

# same_as FOLDER FILE...: what explain writes is what the experiment wrote.
same_as() {
	local folder=$1 file
	shift
	exits 0 explain -o "$here/again" "$folder"
	[ "$output" = "$(cat "$here/again/report.txt")" ]
	for file; do
		diff "$folder/$file" "$here/again/$file" || fail "$file differs"
	done
}

# machine FOLDER MODEL: it was measured on that machine.
machine() {
	printf '{"schema_version":1,"machine":{"cpu_model":"%s","cpus_online":2}}\n' "$2" \
		>"$1/environment.json"
}

# slower FOLDER: every run of threads took three times as long.
slower() {
	awk -F, -v OFS=, 'NR > 1 && $4 == "threads" { $16 = sprintf("%.0f", 3 * $16) } { print }' \
		"$1/runs.csv" >"$1/new"
	mv "$1/new" "$1/runs.csv"
}

# refused STATUS TEXT... -- ARGS...: says all that, prints nothing, writes nothing.
refused() {
	local want=$1 texts=()
	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	exits "$want" explain -o made "$@"
	says "${texts[@]}"
	nothing_printed
	nothing_written
	[ "${#stderr_lines[@]}" -le 3 ] || fail "too many words: $stderr"
}

# answer KEY...: of the JSON in $output, as Python sees it.
answer() {
	"$python" -c 'import json, sys
at = json.load(sys.stdin)
for key in sys.argv[1:]: at = at[int(key) if key.isdigit() else key]
print(at)' "$@" <<<"$output"
}

@test "explain: an untraced experiment, byte for byte" {
	exits 0 run --no-bpf -q --workers 2 --objects 20000 --blocks 2 -o "$out"
	same_as "$out" verdict.csv report.txt report.json
	exits 0 explain --format csv "$out"
	[ "$output" = "$(cat "$out/verdict.csv")" ]
	exits 0 explain --format json "$out"
	[ "$output" = "$(cat "$out/report.json")" ]
}

@test "explain: a traced experiment, byte for byte" {
	need_bpf
	exits 0 run -q --workers 2 --objects 50000 --blocks 3 -o "$out"
	same_as "$out" verdict.csv report.txt report.json
}

@test "explain: a comparison, byte for byte" {
	exits 0 compare --no-bpf -q --blocks 2 -o "$out" "sh -c 'sleep 0.01; echo a'" 'sleep 0.03'
	same_as "$out" verdict.csv report.txt report.json
	[[ $output == *"BASE  sh -c 'sleep 0.01; echo a'"* ]]
	need_bpf
	exits 0 compare -q --blocks 1 --arms base,other -o "$out-2" 'sleep 0.01' 'sleep 0.02'
	rm -r "$here/again"
	same_as "$out-2" verdict.csv report.txt report.json
}

@test "explain: the scoreboard of the lab sheet, byte for byte" {
	export SWITCHTAX_WORKLOADS=$build/workloads
	trace=()
	"$switchtax" doctor >/dev/null 2>&1 || trace=(--no-bpf)
	exits 0 labs -q --only refcount --blocks 1 -o "$out" "${trace[@]}"
	same_as "$out" labs.csv
	diff <(grep -v ' not valid; ' "$out/report.txt") \
		<(grep -v ' not valid; ' "$here/again/report.txt")
	exits 0 explain --format csv "$out"
	[ "$output" = "$(cat "$out/labs.csv")" ]
}

@test "explain: one traced program" {
	need_bpf
	exits 0 trace -q -o "$out" -- "$build/workloads/slowdown" --workers 2 --objects 20000
	exits 0 explain "$out"
	[ "$output" = "$(cat "$out/report.txt")" ]
	exits 0 explain --format json "$out"
	[ "$(answer valid)" = True ]
}

@test "explain: nobody needs to be root, and nothing is written" {
	need_root
	id nobody >/dev/null 2>&1 || skip "no user nobody"
	place=$(mktemp -d /tmp/switchtax-explain-XXXXXX)
	cp "$switchtax" "$golden"/*.csv "$place"
	chmod -R a+rX "$place"
	run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"$place/switchtax" explain "$place"
	left=$(cd "$place" && printf '%s\n' *)
	rm -r "$place"
	[ "$status" -eq 0 ] || fail "$stderr"
	[[ $output == "Why are 5 threads slower than one?"* ]]
	[ "$left" = "$(printf '%s\n' ledger.csv prices.csv runs.csv switchtax)" ] || fail "$left"
	nothing_written
}

@test "explain: without environment.json the figures are the same, and it is said" {
	exits 0 explain --format csv "$golden"
	figures=$output
	rm -f "$copy/environment.json"
	exits 0 explain --format csv "$copy"
	[ "$output" = "$figures" ]
	says "warning" "$copy/environment.json"
	exits 0 explain -q --format csv "$copy"
	[ -z "$stderr" ]
	for text in '' '{' '[]' '{"schema_version":1}x' '{"schema_version":"1"}' \
		'{"schema_version":2}' '{"schema_version":1,"machine":[],"parameters":7}'; do
		printf '%s' "$text" >"$copy/environment.json"
		exits 0 explain --format csv "$copy"
		[ "$output" = "$figures" ]
	done
	head -c 2M /dev/zero >"$copy/environment.json"
	exits 0 explain --format csv "$copy"
	says "environment.json: File too large"
}

@test "explain: blocks of one machine are put together" {
	machine "$copy" A
	cp -r "$copy" "$copy-2"
	exits 0 explain --format json "$copy"
	single=$(answer slowdown blocks)
	median=$(answer slowdown median)
	exits 0 explain --format json "$copy" "$copy-2"
	[ "$(answer slowdown blocks)" -eq $((2 * single)) ]
	[ "$(answer slowdown median)" = "$median" ]
	[[ $output != *'"machines"'* ]]
	exits 0 explain "$copy" "$copy-2/"
	[[ $output == *"over $((2 * single)) blocks"* ]]
	[[ $output == *"Files: $copy"$'\n'"         $copy-2" ]]
}

@test "explain: machines weigh the same, and are shown one by one" {
	machine "$copy" A
	cp -r "$copy" "$copy-2"
	cp -r "$copy" "$copy-3"
	machine "$copy-3" B
	slower "$copy-3"
	exits 0 explain --format json "$copy" "$copy-2" "$copy-3"
	"$python" -c 'import json, sys
report = json.load(sys.stdin)
a, b = report["machines"]
assert a["folders"] == 2 and b["folders"] == 1 and a["blocks"] == 2 * b["blocks"], report
assert a["slowdown"]["high"] < b["slowdown"]["low"] and report["machines_differ"]
for key in "slowdown", "excess_ms":
    mean = (a[key]["median"] + b[key]["median"]) / 2
    assert abs(report[key]["median"] - mean) < 1e-9 * abs(mean), (key, report[key], mean)
    assert report[key]["low"] < mean < report[key]["high"]
    assert report[key]["blocks"] == a[key]["blocks"] + b[key]["blocks"]' <<<"$output"
	exits 0 explain "$copy" "$copy-2" "$copy-3"
	[[ $output == *"mean of 2 machines' medians"* && $output == *"THE MACHINES DIFFER"* ]]
	[[ $output == *"1: A, 2 CPUs, Linux unknown (2 folders)"* ]]
	[[ $output == *"2: B, 2 CPUs, Linux unknown (1 folder)"* ]]
}

@test "explain: a machine of which nothing is known is one of its own" {
	rm -f "$copy/environment.json"
	cp -r "$copy" "$copy-2"
	exits 0 explain --format json "$copy" "$copy-2"
	[ "$(answer machines 1 folders)" = 1 ]
	[ "$(answer machines_differ)" = False ]
}

@test "explain: nothing in a foreign environment.json drives a terminal" {
	printf '{"schema_version":1,"machine":{"cpu_model":"\\u001b[31mred"}}' \
		>"$copy/environment.json"
	cp -r "$copy" "$copy-2"
	machine "$copy-2" B
	exits 0 explain "$copy" "$copy-2"
	[[ $output != *$'\e'* && $output == *"?[31mred"* ]]
}

@test "explain: a folder is needed, and options that mean nothing are refused" {
	is_usage_error "which results" -- explain
	is_usage_error "--cpus" -- explain --cpus 0 "$golden"
	is_usage_error "--timeline" -- explain --timeline "$golden"
	is_usage_error "--blocks" -- explain --blocks 3 "$golden"
	is_usage_error "'xml'" -- explain --format xml "$golden"
}

@test "explain: what is no results folder" {
	refused 2 "$here/none" "no such folder" -- "$here/none"
	refused 2 "''" "no such folder" -- ""
	refused 2 "$golden/runs.csv" "no folder" -- "$golden/runs.csv"
	mkdir "$here/empty"
	refused 2 "$here/empty" "no runs.csv" -- "$here/empty"
	refused 2 "$here/none" -- "$golden" "$here/none"
}

@test "explain: what a killed experiment has left is said" {
	for file in runs.csv ledger.csv; do
		mv "$copy/$file" "$copy/$file.partial"
	done
	rows=$(($(wc -l <"$copy/runs.csv.partial") - 1))
	refused 1 "$copy" "killed" "runs.csv.partial ($rows rows)" "ledger.csv.partial" -- "$copy"
	mv "$copy/runs.csv.partial" "$copy/runs.csv"
	refused 1 "$copy/ledger.csv" "No such file" -- "$copy"
	mv "$copy/ledger.csv.partial" "$copy/ledger.csv"
	rm "$copy/report.txt"
	machine "$copy" A
	exits 0 explain "$copy"
	says "$copy" "no report.txt"
}

@test "explain: the same folder twice, also by another name" {
	ln -s "$copy" "$here/link"
	refused 2 "$copy" "same folder twice" -- "$copy" "$copy"
	refused 2 "$copy" "$here/link" "same folder twice" -- "$copy" "$here/link"
}

@test "explain: torn, foreign and newer files" {
	truncate -s -1 "$copy/runs.csv"
	refused 1 "$copy/runs.csv:" "cut off" -- "$copy"
	truncate -s -20 "$copy/runs.csv"
	refused 1 "$copy/runs.csv:" "cut off" -- "$copy"
	printf 'a,b\n1,2\n' >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:1:" "not in the header" -- "$copy"
	: >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:1:" "empty" -- "$copy"
	head -1 "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv" "no run in it" -- "$copy"
	sed '3s/^1,/2,/' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:3:" "schema_version" "'2'" "newer" -- "$copy"
	sed '3s/^1,/,/' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:3:" "schema_version" -- "$copy"
	head -c 3000 /dev/urandom >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:" -- "$copy"
}

@test "explain: rows that no experiment writes" {
	{ cat "$golden/runs.csv"; sed -n 5p "$golden/runs.csv"; } >"$copy/runs.csv"
	last=$(wc -l <"$copy/runs.csv")
	refused 1 "$copy/runs.csv:$last:" "run_id" "line 5" -- "$copy"
	sed '4s/,slowdown,/,walk,/' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:4:" "experiment" "'walk'" -- "$copy"
	sed '2,$s/,slowdown,/,walk,/' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:2:" "experiment" "'walk'" "does not know" -- "$copy"
	awk -F, -v OFS=, 'NR == 7 { $5 = "99999999999" } { print }' "$golden/runs.csv" \
		>"$copy/runs.csv"
	refused 1 "$copy/runs.csv:7:" "block" "99999999999" -- "$copy"
	awk -F, -v OFS=, 'NR == 7 { $4 = "" } { print }' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy/runs.csv:7:" "arm" -- "$copy"
}

@test "explain: a lock ledger that is not whole, or does not add up" {
	sed 3d "$golden/ledger.csv" >"$copy/ledger.csv"
	refused 1 "$copy/ledger.csv" "7 of the lock's 13 states" -- "$copy"
	sed '3{p;}' "$golden/ledger.csv" >"$copy/ledger.csv"
	refused 1 "$copy/ledger.csv:4:" "twice" -- "$copy"
	sed -E '2s/,([0-9]+),/,9\1,/' "$golden/ledger.csv" >"$copy/ledger.csv"
	refused 1 "$copy/ledger.csv" "add up to" "line" -- "$copy"
	head -1 "$golden/ledger.csv" >"$copy/ledger.csv"
	exits 0 explain "$copy"
	[[ $output == *"no traced pair of sequential and threads under one lock"* ]]
}

@test "explain: other experiments and other parameters are not put together" {
	for parameter in workers objects lock interval_us; do
		cp -r "$golden" "$here/$parameter"
		awk -F, -v OFS=, -v name="$parameter" '
			NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
			NR > 1 { $at = 7 }
			{ print }' "$golden/runs.csv" >"$here/$parameter/runs.csv"
		refused 2 "$golden" "$here/$parameter" "$parameter" -- "$golden" "$here/$parameter"
	done
	machine "$copy" A
	cp -r "$copy" "$copy-2"
	awk -F, -v OFS=, 'NR > 1 { $14 = 1 } { print }' "$golden/runs.csv" >"$copy-2/runs.csv"
	refused 2 "cpus" -- "$copy" "$copy-2"
	awk -F, -v OFS=, '$4 != "processes"' "$golden/runs.csv" >"$copy-2/runs.csv"
	refused 2 "$copy" "$copy-2" "processes" "has none" -- "$copy" "$copy-2"
	sed 's/,slowdown,/,trace,/' "$golden/runs.csv" >"$copy-2/runs.csv"
	refused 2 "experiment: slowdown and trace" -- "$copy" "$copy-2"
}

@test "explain: comparisons of other programs are not put together" {
	exits 0 compare --no-bpf -q --blocks 1 -o "$out" true 'sleep 0.01'
	cp -r "$out" "$out-2"
	sed -i 's/"sleep 0.01"/"sleep 0.02"/' "$out-2/environment.json"
	refused 2 "$out" "$out-2" "other: 'sleep 0.01' and 'sleep 0.02'" -- "$out" "$out-2"
	refused 2 "experiment: compare and slowdown" -- "$out" "$golden"
}

@test "explain: only run and compare can be put together" {
	sed -i 's/,slowdown,/,race,/' "$copy/runs.csv"
	cp -r "$copy" "$copy-2"
	refused 2 "one by one" -- "$copy" "$copy-2"
}

@test "explain: no valid run, and one block only" {
	awk -F, -v OFS=, 'NR > 1 { $8 = 0; $9 = "T2: it does not add up" } { print }' \
		"$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "$copy" "no block with a valid run of both sequential and threads" \
		"T2: it does not add up" -- "$copy"
	awk -F, '$5 != 0 || NR == 1' "$golden/runs.csv" | awk -F, 'NR == 1 || $5 == 1' \
		>"$copy/runs.csv"
	exits 0 explain "$copy"
	[[ $output == *"one block has no"* ]]
	awk -F, '$5 == 0 || NR == 1' "$golden/runs.csv" >"$copy/runs.csv"
	refused 1 "no block" -- "$copy"
}

@test "explain: invalid runs end with status 1, as the experiment did" {
	awk -F, -v OFS=, 'NR > 1 && $4 == "threads" && $5 == 2 { $8 = 0; $9 = "T2" } { print }' \
		"$golden/runs.csv" >"$copy/runs.csv"
	exits 1 explain "$copy"
	[[ $output == *"2 NOT VALID"* ]]
}

@test "explain: -o holds the three files, and nothing else is touched" {
	before=$(find "$copy" -type f -exec cksum {} +)
	exits 0 explain -o made "$copy"
	[ "$(find made -mindepth 1 | sort | paste -sd' ')" = \
		"made/report.json made/report.txt made/verdict.csv" ]
	whole_rows made/verdict.csv
	[ "$before" = "$(find "$copy" -type f -exec cksum {} +)" ]
	exits 2 explain -o made "$copy"
	says made "not empty"
	nothing_printed
	exits 2 explain -o none/made "$copy"
	says none/made
}

@test "explain: a full disk leaves no part of a report" {
	run --separate-stderr bash -c 'ulimit -f 1; "$@"' - "$switchtax" explain -o made "$golden"
	[ "$status" -eq 1 ] || fail "exit $status: $stderr"
	says made/report
	nothing_printed
	nothing_written
}
