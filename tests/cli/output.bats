#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# stdout carries the result, stderr the talk, the folder everything else.
# shellcheck disable=SC2154

load ../lib/cli
setup_file() { cli_setup_file; }

setup() {
	cli_setup
	arms=(--arms "sequential,threads")
	fast=(run --no-bpf "${small[@]}" "${arms[@]}" -o "$out")
}

verdict_header=experiment,method,component,excess_ms,low_ms,high_ms,share,share_low,share_high

# on_terminal SHELL-COMMAND: with a terminal for stdin, stdout and stderr; into $screen.
on_terminal() {
	status=0
	screen=$(script -qec "$1" /dev/null </dev/null) || status=$?
}

@test "output: text is the report, and report.txt is the same" {
	exits 0 "${fast[@]}"
	[ "$output" = "$(cat "$out/report.txt")" ]
	[[ $output == "Why are 5 threads slower than one?"* ]]
	for arm in sequential threads; do
		grep -qE "^ +$arm +[0-9]" <<<"$output"
	done
	[[ $stderr == "switchtax: --no-bpf"* && ${#stderr_lines[@]} -eq 1 ]]
}

@test "output: JSON is one valid document" {
	exits 0 "${fast[@]}" --format json
	"$python" -c 'import json, sys
report = json.load(sys.stdin)
assert isinstance(report, dict) and report["answer"], report' <<<"$output"
	whole_folder "$out"
	[ -s "$out/report.txt" ]
}

@test "output: CSV is verdict.csv" {
	exits 0 "${fast[@]}" --format csv
	[ "${lines[0]}" = "$verdict_header" ]
	[ "$output" = "$(cat "$out/verdict.csv")" ]
	whole_folder "$out"
}

@test "output: -q leaves stderr empty, and errors are still said" {
	exits 0 "${fast[@]}" -q
	[ -z "$stderr" ]
	[ -n "$output" ]
	exits 2 "${fast[@]}" -q
	says "not empty"
	exits 2 run -q --lock padlock
	says padlock
	need_bpf
	exits 0 run "${small[@]}" "${arms[@]}" -q -o "$out-2"
	[ -z "$stderr" ]
}

@test "output: -v talks on stderr only" {
	need_bpf
	exits 0 run -v --format csv "${small[@]}" "${arms[@]}" -o "$out"
	[ "$output" = "$(cat "$out/verdict.csv")" ]
}

@test "output: no progress bar and no escapes without a terminal" {
	exits 0 "${fast[@]}"
	for text in "$output" "$stderr"; do
		[[ $text != *$'\033'* && $text != *$'\r'* && $text != *'] warm-up'* ]]
	done
}

@test "output: a progress bar with a terminal, which goes away at the end" {
	command -v script >/dev/null || skip "no script (util-linux)"
	on_terminal "'$switchtax' run --no-bpf ${small[*]} -o '$out' >'$here/stdout'"
	[ "$status" -eq 0 ]
	[[ $screen == *"[..."* && $screen == *"] warm-up 0, "* && $screen == *"] block 1, "* ]]
	# It grows.
	[[ $screen == *"[###"* ]]
	# And each one is wiped before the next, the last one for good.
	[[ $screen == *$'\r\033[K' ]]
	# Nothing of it in the result.
	[ "$(cat "$here/stdout")" = "$(cat "$out/report.txt")" ]
}

@test "output: no progress bar with a terminal and -q" {
	command -v script >/dev/null || skip "no script (util-linux)"
	on_terminal "'$switchtax' run -q --no-bpf ${small[*]} -o '$out' >'$here/stdout'"
	[ "$status" -eq 0 ]
	[ -z "$screen" ]
}

@test "output: an error on a terminal stands on a line of its own" {
	command -v script >/dev/null || skip "no script (util-linux)"
	[ -x "$build/tests/misbehave" ] || fail "build/tests/misbehave is missing"
	cp "$build/tests/misbehave" "$here/workloads/slowdown"
	on_terminal "MISBEHAVE=exit3 '$switchtax' run --no-bpf ${small[*]} -o '$out'"
	[ "$status" -eq 1 ]
	[[ $screen == *$'\r\033[Kswitchtax: '*"exited with status 3"* ]]
}

@test "output: a full stdout is noticed, and the files are whole" {
	run --separate-stderr bash -c '"$@" >/dev/full' - "$switchtax" "${fast[@]}"
	[ "$status" -eq 1 ]
	says "stdout"
	whole_folder "$out"
	[ -s "$out/report.txt" ]
}

@test "output: closed standard streams neither crash it nor end up in a file" {
	need_bpf
	for way in '>&-' '2>&-' '<&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		for bpf in --no-bpf --seed=1; do
			rm -rf "$out"
			status=0
			(eval "exec $way" && exec "$switchtax" run "$bpf" "${small[@]}" \
				"${arms[@]}" -o "$out") >"$here/stdout" || status=$?
			expected=0
			[[ $way != *'>&-'* || $way == '2>&-' ]] || expected=1
			[ "$status" -eq "$expected" ] || fail "$way: exit $status"
			whole_folder "$out"
			run ! grep -l 'switchtax: ' "$out"/*
			[[ $(head -1 "$out/report.txt") == "Why are "* ]]
		done
	done
	# An error message with nowhere to go: not into the tables.
	rm -rf "$out"
	cp "$build/tests/misbehave" "$here/workloads/other"
	(exec <&- >&- 2>&-
	MISBEHAVE=exit3 exec "$switchtax" run --no-bpf --objects 20000 --blocks 1000 \
		"${arms[@]}" -o "$out") &
	loader=$!
	retry grep -q ^1,001- "$out/runs.csv.partial"
	mv "$here/workloads/other" "$here/workloads/slowdown"
	status=0
	wait "$loader" || status=$?
	[ "$status" -eq 1 ]
	whole_folder "$out"
	run ! grep -l 'switchtax: ' "$out"/*
	no_process_left
}

@test "output: a reader that goes away neither crashes nor hangs it" {
	for reader in "head -1" true "head -c 1"; do
		rm -rf "$out"
		# shellcheck disable=SC2086
		status=$({
			"$switchtax" "${fast[@]}" -q 2>"$here/stderr" && code=0 || code=$?
			echo "$code" >&3
		} 3>&1 >&4 4>&- | cat) 4> >($reader >/dev/null)
		[[ $status == [01] ]] || fail "$reader: exit $status"
		whole_folder "$out"
	done
	no_process_left
}

@test "output: all the files, with their columns" {
	need_bpf
	exits 0 run --timeline --seed 7 "${small[@]}" -o "$out"
	for name in runs threads ledger handoffs histograms verdict; do
		[ -s "$out/$name.csv" ] || fail "no $name.csv"
		[ "$(wc -l <"$out/$name.csv")" -ge 2 ] || fail "$name.csv has no row"
	done
	[ -s "$out/environment.json" ]
	[ -s "$out/report.txt" ]
	whole_folder "$out"
	# Every row belongs to a run, and only traced runs have a ledger.
	"$python" - "$out" <<'END'
import csv, sys
def rows(name):
    return list(csv.DictReader(open(f"{sys.argv[1]}/{name}.csv", newline="")))
runs = {row["run_id"]: row for row in rows("runs")}
assert len(runs) == len(rows("runs")) == 22, len(runs)
arms = {row["arm"] for row in runs.values()}
doses = {"threads-interval-100": "100", "threads-interval-1000": "1000"}
assert arms == {"sequential", "interleaved", "threads-1cpu", "threads", "processes", *doses}, arms
for row in runs.values():
    assert row["interval_us"] == doses.get(row["arm"], "5000"), row
    assert row["traced"] == "0" or row["arm"] not in doses, row
# The arms of the dose need no warm-up.
for block, count in ("0", 10), ("1", 12):
    inside = [row for row in runs.values() if row["block"] == block]
    assert sorted(int(row["order"]) for row in inside) == list(range(1, count + 1)), inside
    assert len({(row["arm"], row["traced"]) for row in inside}) == count, inside
traced = {name for name, row in runs.items() if row["traced"] == "1"}
assert len(traced) == 10
for name in "threads", "ledger", "histograms", "handoffs":
    assert {row["run_id"] for row in rows(name)} <= traced, name
assert {row["run_id"] for row in rows("threads")} == traced
for name in traced:
    row = runs[name]
    assert row["valid"] == "1" and row["events_lost"] == "0", row
    events = [event for event in rows("handoffs") if event["run_id"] == name]
    assert len(events) == int(row["handoffs"] or 0), (name, len(events), row["handoffs"])
    forced = sum(int(event["forced"]) for event in events)
    assert forced == int(row["handoffs_forced"] or 0), (name, forced)
END
}

@test "output: any switch interval is an arm, and is not traced" {
	need_bpf
	exits 0 run "${small[@]}" --arms sequential,threads-interval-70,threads -o "$out"
	[ "$(column arm "$out/runs.csv" | sort | uniq -c | tr -s ' \n' ' ')" = \
		" 4 sequential 4 threads 1 threads-interval-70 " ]
	"$python" - "$out" <<'END'
import csv, json, sys
report = json.load(open(f"{sys.argv[1]}/report.json"))
assert [arm["arm"] for arm in report["arms"]][-1] == "threads-interval-70", report["arms"]
assert report["arms"][-1]["overhead"] is None and report["arms"][0]["overhead"], report["arms"]
for row in csv.DictReader(open(f"{sys.argv[1]}/runs.csv", newline="")):
    dose = row["arm"] == "threads-interval-70"
    assert row["interval_us"] == ("70" if dose else "5000"), row
    assert row["traced"] == "0" or not dose, row
END
}

@test "output: other switch intervals by default only where the lock knows one" {
	exits 0 run --no-bpf "${small[@]}" --lock mutex -o "$out"
	[ "$(column arm "$out/runs.csv" | sort -u | tr '\n' ' ')" = \
		"interleaved processes sequential threads threads-1cpu " ]
}

@test "output: the prices behind a verdict are in prices.csv" {
	exits 0 run --no-bpf "${small[@]}" "${arms[@]}" --lock mutex -o "$out"
	[ "$(column price "$out/prices.csv" | tr '\n' ' ')" = "lock_uncontended switch " ]
	[ "$(column variant "$out/prices.csv" | tr '\n' ' ')" = "mutex thread " ]
	"$python" - "$out" <<'END'
import csv, json, math, sys
rows = list(csv.DictReader(open(f"{sys.argv[1]}/prices.csv", newline="")))
for row in rows:
    assert 0 < float(row["low_ns"]) <= float(row["median_ns"]) <= float(row["high_ns"]), row
prices = json.load(open(f"{sys.argv[1]}/report.json"))["prices"]
for name, row in ("lock_operation_ns", rows[0]), ("switch_ns", rows[1]):
    assert math.isclose(prices[name], float(row["median_ns"]), rel_tol=1e-12), prices
END
	# It can do without the price of a switch.
	rm -r "$out" "$here/workloads/switchcost"
	exits 0 run --no-bpf "${small[@]}" "${arms[@]}" -o "$out"
	[ "$(column price "$out/prices.csv")" = lock_uncontended ]
}

@test "output: report.json is what --format json prints, also of trace" {
	need_bpf
	for format in text json; do
		exits 0 run --format "$format" "${small[@]}" -o "$out-run-$format"
		exits 0 trace --format "$format" -o "$out-trace-$format" -- true
	done
	printed=$output
	[ "$printed" = "$(cat "$out-trace-json/report.json")" ]
	"$python" - "$out"-*/report.json "$out"-run-*/verdict.csv <<'END'
import csv, json, math, sys
for path in sys.argv[1:5]:
    assert json.load(open(path))["schema_version"] == 1, path
for folder in "text", "json":
    path = next(path for path in sys.argv[1:5] if f"run-{folder}" in path)
    components = {(item["method"], item["component"]): item
                  for item in json.load(open(path))["components"]}
    rows = csv.DictReader(open(path.replace("report.json", "verdict.csv"), newline=""))
    for row in rows:
        item = components.pop((row["method"], row["component"]))
        for column, key in ("excess_ms", "excess_ms"), ("share", "share"):
            assert bool(item[key]) == bool(row[column]), (row, item)
            # The two writers differ in the last digit.
            assert not row[column] or math.isclose(item[key]["median"], float(row[column]),
                                                   rel_tol=1e-12), (row, item)
    assert not components, components
END
}

@test "output: handoffs.csv only with --timeline" {
	need_bpf
	exits 0 run "${small[@]}" "${arms[@]}" -o "$out"
	[ ! -e "$out/handoffs.csv" ]
}

@test "output: environment.json holds seed, parameters, machine and command" {
	exits 0 run --no-bpf --objects 20001 --workers 3 --interval-us 4321 --blocks 1 \
		--lock mutex --arms threads --seed 4294967295 -o "$out"
	"$python" - "$out/environment.json" "$(uname -r)" <<'END'
import json, sys
env = json.load(open(sys.argv[1]))
assert env["seed"] == "4294967295", env["seed"]
wanted = {"objects": "20001", "workers": "3", "interval_us": "4321", "blocks": "1",
          "lock": "mutex", "arms": "threads"}
assert wanted.items() <= env["parameters"].items(), env["parameters"]
assert env["machine"]["kernel_release"] == sys.argv[2]
assert "--workers" in env["command"] and env["command"][1] == "run", env["command"]
assert env["experiment"] == "slowdown" and env["switchtax"]
END
	for pair in workers=3 objects=20001 interval_us=4321 seed=4294967295 lock=mutex; do
		[ "$(column "${pair%=*}" "$out/runs.csv" | sort -u)" = "${pair#*=}" ]
	done
}

@test "output: the same seed gives the same order of runs, another one another" {
	order() { # SEED
		exits 0 run --no-bpf --objects 1000 --blocks 3 --seed "$1" -q -o "$here/$1-$2"
		column run_id "$here/$1-$2/runs.csv"
	}
	first=$(order 1 a)
	[ "$(wc -l <<<"$first")" -eq 26 ]
	[ "$first" = "$(order 1 b)" ]
	[ "$first" != "$(order 2 a)" ]
	# And not the same order in each block.
	[ "$(sed -n 's/^001-..-//p' <<<"$first")" != "$(sed -n 's/^002-..-//p' <<<"$first")" ]
}

@test "output: trace keeps the program's own output apart" {
	need_bpf
	exits 0 trace -o "$out" -- sh -c 'echo to stdout; echo to stderr >&2'
	[ "$(cat "$out/program.stdout")" = "to stdout" ]
	[ "$(cat "$out/program.stderr")" = "to stderr" ]
	[[ $output$stderr != *"to std"* ]]
	[ "$output" = "$(cat "$out/report.txt")" ]
	whole_folder "$out"
	exits 0 trace --format json -o "$out-2" -- true
	"$python" -m json.tool <<<"$output" >/dev/null
	exits 0 trace --format csv -o "$out-3" -- "$here/workloads/slowdown" --arm threads \
		--objects 20000 --workers 2
	"$python" -c 'import csv, sys
rows = list(csv.DictReader(sys.stdin, strict=True))
assert rows and all(len(row) == 3 and None not in row for row in rows), rows' <<<"$output"
}

@test "output: trace of a program that fails says how, and exits 1" {
	need_bpf
	exits 1 trace -o "$out" -- sh -c 'exit 7'
	says "sh: exited with status 7"
	[ "$(column exit_status "$out/runs.csv")" = 7 ]
	exits 1 trace -o "$out-2" -- sh -c 'kill -KILL $$'
	says "sh: killed by signal 9 (Killed)"
	[ "$(column exit_status "$out-2/runs.csv")" = -9 ]
	whole_folder "$out-2"
	exits 1 trace --time-limit 1 -o "$out-3" -- sleep 100
	says "did not end within 1 s"
	no_folder "$out-3"
	no_bpf_left
}
