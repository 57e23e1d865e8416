#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab sheet on the command line: what is refused, what is left behind, and that every
# verdict rests on rows that are there.
# shellcheck disable=SC2154

load ../lib/cli

setup_file() {
	cli_setup_file
}

setup() {
	cli_setup
	export SWITCHTAX_WORKLOADS=$build/workloads
}

teardown() {
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
}

# What the kernel can trace here; else times only.
tracing() {
	if "$switchtax" doctor >/dev/null 2>&1; then
		trace=()
	else
		trace=(--no-bpf)
	fi
}

# lab NAME ARGS...: one block of one lab into $out.
lab() {
	tracing
	exits 0 run "$@" --blocks 1 -o "$out" "${trace[@]}"
}

verdicts() { # CLAIM
	"$python" -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")):
    if row["claim"] == sys.argv[1]: print(row["verdict"], row["figure"], sep=" ")' \
		"$1" "$out/labs.csv"
}

@test "labs: one lab leaves a verdict, and the observations that it rests on" {
	lab refcount
	whole_folder "$out"
	[[ $(verdicts C1) == "supported "* ]]
	[[ $output == *"C1 "*supported* ]]
	[ "$(column metric "$out/observations.csv" | grep -c '^refcount$')" -ge 5 ]
	[ "$(column experiment "$out/runs.csv" | sort -u)" = refcount ]
	[ "$(column valid "$out/runs.csv" | sort -u)" = 1 ]
	[ ! -e "$out/verdict.csv" ]
}

@test "labs: what the kernel counted is in the report and equal" {
	need_bpf
	lab refcount
	line=$(grep '^Against the kernel: ' "$out/report.txt")
	[[ $line =~ ^"Against the kernel: "([0-9]+)" context switches counted in "([0-9]+)" traced runs, "([0-9]+)" by" ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[3]}" ]
	[ "${BASH_REMATCH[2]}" -ge 1 ]
}

@test "labs: --only takes experiments and claims, in the lab sheet's order" {
	tracing
	exits 0 labs --only C3,refcount --blocks 1 -q -o "$out" --format csv "${trace[@]}"
	[ "$(printf '%s\n' "$output" | cut -d, -f1 | paste -sd' ')" = "claim C1 C2 C3" ]
	[ "$output" = "$(tr -d '\r' <"$out/labs.csv")" ]
	[ "$(column experiment "$out/runs.csv" | uniq | paste -sd' ')" = "refcount race" ]
	whole_folder "$out"
	grep -q '^3 verdicts: ' "$out/report.txt"
}

@test "labs: under nice, priority compares the levels from there on" {
	[ "$(nice)" -le 6 ] || skip "is run at nice level $(nice)"
	run --separate-stderr nice -n "$((6 - $(nice)))" "$switchtax" run priority --no-bpf \
		--blocks 1 -q -o "$out"
	[ "$status" -eq 0 ] || fail "exit $status: $stderr"
	[ "$("$python" -c 'import csv, sys
print(*sorted(int(row["variant"]) for row in csv.DictReader(open(sys.argv[1], newline=""))
              if row["metric"] == "nice_share"))' "$out/observations.csv")" = "6 11 16" ]
}

@test "labs: as JSON" {
	tracing
	exits 0 labs --only refcount --blocks 1 -q -o "$out" --format json "${trace[@]}"
	printf '%s' "$output" | "$python" -c 'import json, sys
claims = json.load(sys.stdin)["claims"]
assert [c["claim"] for c in claims] == ["C1", "C2"], claims
assert all(c["verdict"] in ("supported", "refuted", "undecided") and c["reason"] for c in claims)'
}

@test "labs: every experiment of the lab sheet is listed" {
	exits 0 list --format csv
	for name in refcount race granularity slowdown interval timeslice priority switchcost ipc \
		blocking convoy; do
		[[ $output == *"experiment,$name,"* ]] || fail "no $name: $output"
	done
}

@test "labs: unknown names are refused by name" {
	is_usage_error "'nonsense'" "refcount" -- run nonsense
	is_usage_error "'nonsense'" -- labs --only race,nonsense
	is_usage_error "'C18'" -- labs --only C18
	is_usage_error "''" -- labs --only ""
	is_usage_error "'race'" -- labs race
	is_usage_error "'race'" -- run refcount race
}

@test "labs: an option that the experiment would ignore is refused" {
	is_usage_error "--lock" "refcount" -- run refcount --lock mutex
	is_usage_error "--interval-us" -- run --interval-us 5 refcount
	is_usage_error "--arms" -- run race --arms threads
	is_usage_error "--timeline" -- run race --timeline
	is_usage_error "--timeline" -- labs --timeline
	is_usage_error "--workers" -- run race --workers 0
	is_usage_error "--workers" "'x'" -- run race --workers x
	is_usage_error "--blocks" "'0'" -- labs --blocks 0
	is_usage_error "--budget" "'-1'" -- labs --budget -1
	is_usage_error "--cpus" "'4000'" -- run race --cpus 4000
}

@test "labs: Ctrl-C leaves whole rows and nothing else" {
	tracing
	# A shell that is not interactive would have its children ignore the signal.
	setsid env --default-signal=INT "$switchtax" labs --only race --blocks 500 -q -o "$out" \
		"${trace[@]}" >"$here/stdout" 2>"$here/stderr" 3>&- &
	loader=$!
	for ((i = 0; i < 600; i++)); do
		rows=$(grep -c '' "$out/runs.csv.partial" 2>/dev/null) || rows=0
		[ "$rows" -lt 2 ] || break
		sleep 0.05
	done
	kill -INT "$loader"
	status=0
	wait "$loader" || status=$?
	[ "$status" -eq 130 ] || fail "exit $status: $(cat "$here/stderr")"
	whole_folder "$out"
	no_bpf_left
}

@test "labs: where nothing more can be written the sheet ends" {
	run --separate-stderr bash -c 'ulimit -f 2; "$@"' - "$switchtax" labs --no-bpf \
		--only refcount,ipc --blocks 5 -o "$out"
	[ "$status" -eq 1 ] || fail "exit $status: $stderr"
	says "refcount-00" "$out/observations.csv"
	[[ $stderr != *ipc-* ]] || fail "went on: $stderr"
	whole_rows "$out"/*.csv*
	no_process_left
}
