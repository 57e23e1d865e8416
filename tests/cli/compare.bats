#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two command lines: split without a shell, run in blocks, told apart, and what they print
# kept out of the report.
# shellcheck disable=SC2154,SC2016

load ../lib/cli
setup_file() { cli_setup_file; }

setup() {
	cli_setup
	few=(--blocks 2 --seed 1 -o "$out")
	fast=(compare --no-bpf "${few[@]}")
	plain=(--arms "base,other")
	echo 'print("a script")' >script.py
}

teardown() {
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
	pkill -KILL -f -- "$here/(workloads|cwd)/" || true
}

# refused STATUS TEXT... -- ARGS...: exit status, each TEXT on stderr, nothing made.
refused() {
	local want=$1 texts=()
	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	exits "$want" "${fast[@]}" "$@" && says "${texts[@]}" && nothing_printed && no_folder "$out"
}

# programs PATTERN: files of that kind.
programs() {
	find "$out/programs" -type f -name "$1" 2>/dev/null | sort
}

# printed PATTERN: each line they hold, once.
printed() {
	find "$out/programs" -type f -name "$1" -exec sort -u {} +
}

@test "compare: --help is on stdout, with examples, and list names the arms" {
	exits 0 compare --help
	[[ $output == *"Usage: switchtax compare"*"'BASE' 'OTHER'"*Examples:* ]]
	[ -z "$stderr" ]
	exits 0 list
	for arm in base other other-1cpu other-interval-500 threads-interval-100; do
		grep -qE "^arm +$arm " <<<"$output"
	done
	exits 0 --help
	[[ $output == *compare* ]]
}

@test "compare: two command lines, no more and no less" {
	refused 2 "which two programs" --
	refused 2 "which two programs" -- true
	refused 2 "'c'" "in quotes" -- a b c
	refused 2 "'--workers" -- --workers=2 true true
}

@test "compare: empty command lines" {
	refused 2 BASE "no command" -- "" true
	refused 2 OTHER "no command" -- true "  "
	refused 2 OTHER "no command" -- true "''"
}

@test "compare: what needs a shell is refused by name, and how to write it is said" {
	local character
	for character in '|' '&' ';' '<' '>' '(' ')'; do
		refused 2 OTHER "'$character'" "sh -c '...'" -- true "echo 'a|b' \"c&d\" $character e"
	done
	refused 2 BASE "'\$('" "sh -c" -- 'echo $(id)' true
	refused 2 BASE "'\`'" "sh -c" -- 'echo `id`' true
	refused 2 BASE "a newline" "sh -c" -- $'echo a\necho b' true
	refused 2 OTHER '$NOSUCHVARIABLE is not set' -- true 'echo $HOME ${NOSUCHVARIABLE}'
	refused 2 OTHER "no end" -- true 'echo "a'
}

@test "compare: what is not there, or cannot be executed" {
	for name in nosuchcommand ./nosuchcommand; do
		refused 1 "$name" "127" -- true "$name --option"
	done
	refused 1 "$here" "126" -- "$here" true
	refused 1 "script.py" "126" -- true ./script.py
}

@test "compare: arms that do not exist, or not for this program" {
	for arm in threads other-2cpu other-interval- other-interval-0 other-interval-99999999999 \
		other-interval-x ""; do
		refused 2 --arms "'$arm'" other-1cpu -- --arms "base,$arm" true true
	done
	refused 2 "'other'" twice -- --arms other,other true true
	refused 2 other-interval-500 "not Python" -- --arms base,other,other-interval-500 \
		"$python -c pass" true
}

@test "compare: without a shell, quotes, globs and variables work" {
	export GREETING="hello world"
	touch one.glob two.glob
	exits 0 "${fast[@]}" "${plain[@]}" 'echo "$GREETING" *.glob' "printf '%s|' 'a  b' c\\ d"
	for file in $(programs '*-base.stdout'); do
		[ "$(cat "$file")" = "hello world one.glob two.glob" ]
	done
	for file in $(programs '*-other.stdout'); do
		[ "$(cat "$file")" = "a  b|c d|" ]
	done
	[ "$(programs '*' | wc -l)" -eq 6 ]
}

@test "compare: every block has each arm, traced and untraced, in random order" {
	need_bpf
	exits 0 compare "${few[@]}" --timeline "sleep 0.01" "sleep 0.02"
	whole_folder "$out"
	[ "$output" = "$(cat "$out/report.txt")" ]
	[[ $output == "Why is OTHER slower than BASE?"*"sleep 0.02"*Ledger:*Ladder:*Validity* ]]
	[ -z "$(awk 'length > 92' "$out/report.txt")" ]
	[ -s "$out/handoffs.csv" ]
	"$python" - "$out" <<'END'
import csv, sys, json
def rows(name):
    return list(csv.DictReader(open(f"{sys.argv[1]}/{name}.csv", newline="")))
runs = rows("runs")
arms = {"base", "other", "other-1cpu"}
for block in "0", "1", "2":
    inside = [row for row in runs if row["block"] == block]
    assert sorted((row["arm"], row["traced"]) for row in inside) == sorted(
        (arm, traced) for arm in arms for traced in "01"), inside
    assert [int(row["order"]) for row in inside] == list(range(1, 7)), inside
assert len({tuple(r["run_id"][7:] for r in runs if r["block"] == b) for b in "012"}) > 1
for row in runs:
    assert row["experiment"] == "compare" and row["valid"] == "1", row
    assert not (row["workers"] or row["objects"] or row["lock"] or row["interval_us"]), row
    assert row["wall_ns"] and row["exit_status"] == "0", row
    assert (row["cpus"].isdigit() or row["arm"] != "other-1cpu"), row
traced = {row["run_id"] for row in runs if row["traced"] == "1"}
assert {row["run_id"] for row in rows("threads")} == traced
verdict = {(row["method"], row["component"]): row for row in rows("verdict")}
total, one, all_cpus = (verdict["ladder", name] for name in ("total", "one_cpu", "all_cpus"))
assert total["excess_ms"] and one["excess_ms"] and all_cpus["excess_ms"]
assert verdict["ledger", "memory"]["excess_ms"] == ""
env = json.load(open(f"{sys.argv[1]}/environment.json"))
assert env["experiment"] == "compare" and env["parameters"]["arms"] == "base,other,other-1cpu"
assert env["parameters"]["base"] == "sleep 0.01" and env["parameters"]["other"] == "sleep 0.02"
END
	# They print nothing: no file, no folder.
	[ ! -e "$out/programs" ]
}

@test "compare: programs that announce a lock get its ledger, and its lines add up" {
	need_bpf
	local program="$here/workloads/slowdown --objects 20000 --workers 2"
	exits 0 compare "${few[@]}" "${plain[@]}" "$program --arm sequential" "$program --arm threads"
	whole_folder "$out"
	[[ $output == *handoff_signal*"NOT EXPLAINED further"* ]]
	"$python" - "$out" <<'END'
import csv, sys
def rows(name):
    return list(csv.DictReader(open(f"{sys.argv[1]}/{name}.csv", newline="")))
def states(block, arm):
    run, = (r["run_id"] for r in rows("runs")
            if (r["block"], r["arm"], r["traced"]) == (block, arm, "1"))
    return {r["state"]: int(r["ns"]) for r in rows("ledger") if r["run_id"] == run}
# What makes up a line of the verdict, where it is more than the state of its name.
joined = {"held_preempted_other": ["held_preempted_other", "held_throttled",
                                   "handoff_queue_other", "handoff_throttled"],
          "handoff_queue": ["handoff_queue", "handoff_queue_self"],
          "held_blocked": ["held_blocked", "held_waking"]}
def differences(line):
    names = joined.get(line, [line])
    return sorted(sum(states(b, "other")[n] - states(b, "base")[n] for n in names) for b in "12")
verdict = {r["component"]: r for r in rows("verdict") if r["method"] == "ledger"}
for state in ("handoff_signal", "handoff_queue", "handoff_take", "held_preempted_other",
              "held_blocked", "free_idle"):
    low, high = differences(state)
    assert abs(float(verdict[state]["low_ms"]) * 1e6 - low) < 1, state
    assert abs(float(verdict[state]["high_ms"]) * 1e6 - high) < 1, state
assert verdict["held_running"]["excess_ms"] != ""
# A run this short may have no sample of its holder, and then nothing is known of page faults.
fault = "held_running.fault"
sampled = [b for b in "12" if fault in states(b, "other") and fault in states(b, "base")]
rest = {b: states(b, "other")["held_running"] - states(b, "base")["held_running"] for b in "12"}
for b in sampled:
    rest[b] -= states(b, "other")[fault] - states(b, "base")[fault]
want = [rest[b] for b in sampled or "12"]
assert abs(float(verdict["not_explained"]["excess_ms"]) * 1e6 - sum(want) / len(want)) < 1
assert (verdict["page_faults"]["excess_ms"] != "") == bool(sampled)
assert verdict["memory"]["excess_ms"] == verdict["memory"]["share"] == ""
END
}

@test "compare: the programs' output is kept apart, a file a run, nothing for the silent" {
	exits 0 "${fast[@]}" "${plain[@]}" "sh -c 'echo to stdout; echo to stderr >&2; cat'" \
		"sh -c 'echo only stderr >&2'" </dev/zero
	[[ $output$stderr != *"to std"* && $output$stderr != *"only std"* || $output == *"echo to"* ]]
	for name in 000 001 002; do
		[ "$(cat "$out/programs/$name"-*-base.stdout)" = "to stdout" ]
		[ "$(cat "$out/programs/$name"-*-base.stderr)" = "to stderr" ]
		[ "$(cat "$out/programs/$name"-*-other.stderr)" = "only stderr" ]
	done
	[ "$(programs '*' | wc -l)" -eq 9 ]
	[[ $output == *programs/* ]]
}

@test "compare: JSON and CSV are whole, and name both programs" {
	exits 0 "${fast[@]}" --format json true "sleep 0.01"
	"$python" -c 'import json, sys
report = json.load(sys.stdin)
assert report["base"] == "true" and report["other"] == "sleep 0.01", report
assert [arm["arm"] for arm in report["arms"]] == ["base", "other", "other-1cpu"], report
# Which of the two a busy machine finds slower is not the question here.
assert "OTHER" in report["answer"] or report["answer"].startswith("No slowdown"), report
assert report["experiment"] == "compare" and report["question"]["memory"] is None, report
assert report == json.load(open(sys.argv[1])), "stdout is not report.json"
' "$out/report.json" <<<"$output"
	rm -r "$out"
	exits 0 "${fast[@]}" --format csv true "sleep 0.01"
	[ "$output" = "$(cat "$out/verdict.csv")" ]
}

@test "compare: a program that fails is an error, and what was finished is kept" {
	exits 1 "${fast[@]}" "${plain[@]}" true "sh -c 'echo it broke >&2; exit 7'"
	says "-other" "it broke" "exited with status 7" "sh -c"
	nothing_printed
	rm -rf "$out"
	exits 1 "${fast[@]}" "${plain[@]}" true "sh -c 'kill -KILL \$\$'"
	says "killed by signal 9"
	rm -rf "$out"
	# Fails in the last block.
	cat >flaky <<'END'
#!/bin/sh
echo x >>runs
[ "$(wc -l <runs)" -lt 3 ] || { echo 'had enough' >&2; exit 3; }
END
	chmod 755 flaky
	exits 1 "${fast[@]}" "${plain[@]}" ./flaky true
	says "-base" "had enough" "status 3"
	whole_folder "$out"
	[ "$(column arm "$out/runs.csv" | grep -c base)" -eq 2 ]
	[ "$(column exit_status "$out/runs.csv" | sort -u)" = 0 ]
	[ "$(cat "$out"/programs/*.stderr)" = "had enough" ]
	grep -q '"a run failed"' "$out/environment.json"
}

@test "compare: a first run that fails leaves nothing" {
	exits 1 "${fast[@]}" "${plain[@]}" "sh -c 'echo lost; exit 7'" "sh -c 'exit 7'"
	says "status 7"
	no_folder "$out"
}

@test "compare: a program that hangs is ended at the time limit, with its children" {
	cp "$(command -v sleep)" "$here/workloads/snooze"
	exits 1 "${fast[@]}" "${plain[@]}" --time-limit 1 "sh -c '$here/workloads/snooze 100; true'" \
		"sh -c '$here/workloads/snooze 100; true'"
	says "did not end within 1 s" "--time-limit"
	no_process_left
}

@test "compare: one block longer than the budget is still run" {
	exits 0 "${fast[@]:0:2}" -o "$out" --budget 0.001 "${plain[@]}" "sleep 0.01" "sleep 0.05"
	[[ $output == *"one block has no interval"* ]]
	[ "$(column block "$out/runs.csv" | sort | uniq -c | awk '{ print $1 }' | tr -d '\n')" = 22 ]
}

@test "compare: equal programs, no slowdown" {
	exits 0 compare --no-bpf --blocks 1 -o "$out" true true
	[[ $output == *"one block has no interval"* ]]
	rm -r "$out"
	exits 0 "${fast[@]}" "${plain[@]}" "sleep 0.5" true
	[[ $output == *"No slowdown here: OTHER took"* ]]
}

@test "compare: Python is known by its name or its #! line" {
	local line file=./tool
	for line in "#!$python" "#!/usr/bin/env python3" "#! /usr/bin/env -S python3 -u"; do
		printf '%s\nprint("hi")\n' "$line" >$file
		chmod 755 $file
		rm -rf "$out"
		exits 0 compare --no-bpf --blocks 1 -o "$out" true $file
		column arm "$out/runs.csv" | grep -q other-interval-5000 || fail "$line"
	done
	printf '#!/bin/sh\n# python3\ntrue\n' >$file
	rm -rf "$out"
	exits 0 compare --no-bpf --blocks 1 -o "$out" true $file
	run ! grep -q interval- "$out/runs.csv"
}

@test "compare: Python's switch interval is set from outside" {
	cat >show.py <<'END'
import os, sys
print(round(sys.getswitchinterval(), 6), os.environ.get("PYTHONPATH"))
END
	PYTHONPATH=$here exits 0 "${fast[@]}" \
		--arms base,other,other-interval-70000,other-interval-500 true "$python show.py"
	[ "$(printed '*-other.stdout')" = "0.005 $here" ]
	[ "$(printed '*-other-interval-500.stdout')" = "0.0005 $here" ]
	[ "$(printed '*-other-interval-70000.stdout')" = "0.07 $here" ]
	"$python" - "$out" <<'END'
import csv, sys
runs = list(csv.DictReader(open(f"{sys.argv[1]}/runs.csv", newline="")))
for row in runs:
    expected = row["arm"].rpartition("-")[2] if "interval" in row["arm"] else ""
    assert row["interval_us"] == expected and row["valid"] == "1", row
assert sum("interval" in row["arm"] for row in runs) == 6
END
	[[ $output == *"Switch interval of OTHER"*" 500 "*" 70000 "* ]]
}

@test "compare: Python that does not take the interval loses those arms, and it is said" {
	for flag in -I -E -S; do
		rm -rf "$out"
		exits 0 "${fast[@]}" true "$python $flag -c pass"
		says "did not take the switch interval" "-I, -E or -S"
		[ "$(grep -c 'did not take' <<<"$stderr")" -eq 1 ]
		[ "$(column arm "$out/runs.csv" | grep -c interval)" -eq 1 ]
		[ "$(column valid "$out/runs.csv" | grep -c 0)" -eq 1 ]
		[[ $output == *"those arms are left out"* ]]
	done
}

@test "compare: the programs run as who called sudo, who owns what they print" {
	need_root
	id nobody >/dev/null 2>&1 || skip "no user nobody"
	chmod 755 "$here" "$here/cwd"
	export SUDO_UID SUDO_GID
	SUDO_UID=$(id -u nobody) SUDO_GID=$(id -g nobody)
	exits 0 "${fast[@]}" "${plain[@]}" "id -u" "sh -c 'id -u; echo ~ >&2'"
	[ "$(printed '*.stdout')" = "$SUDO_UID" ]
	[ "$(find "$out" -printf '%u\n' | sort -u)" = nobody ]
	rm -r "$out"
	exits 0 "${fast[@]}" "${plain[@]}" --as-root "id -u" "id -u"
	[ "$(printed '*.stdout')" = 0 ]
}

@test "compare: Ctrl-C keeps whole runs and ends the programs" {
	cp "$(command -v sleep)" "$here/workloads/snooze"
	setsid env --default-signal=INT,TERM,HUP "$switchtax" compare --no-bpf --blocks 100 \
		-o "$out" "${plain[@]}" "$here/workloads/snooze 0.1" "$here/workloads/snooze 0.2" \
		>"$here/stdout" 2>"$here/stderr" &
	loader=$!
	retry grep -q '^1,000-02' "$out/runs.csv.partial"
	kill -INT "$loader"
	status=0
	wait "$loader" || status=$?
	loader=
	[ "$status" -eq 130 ] || fail "exit $status: $(cat "$here/stderr")"
	grep -q interrupted "$here/stderr"
	whole_folder "$out"
	[ ! -e "$out/programs" ]
	no_process_left
}

@test "compare: a full disk is said, and keeps whole rows" {
	need_root
	mkdir "$here/disk"
	mount -t tmpfs -o size=28k tmpfs "$here/disk"
	exits 1 compare --no-bpf --blocks 200 -o "$here/disk/out" "${plain[@]}" true "echo hello"
	says "$here/disk/out" space
	whole_rows "$here"/disk/out/*.csv*
	umount -l "$here/disk"
}
