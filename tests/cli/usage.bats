#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is asked for wrongly is refused by name, and nothing is written.
# shellcheck disable=SC2154

load ../lib/cli
setup() { cli_setup; }

@test "usage: --help of every command is on stdout, with examples" {
	for command in run trace list doctor; do
		exits 0 "$command" --help
		[[ $output == *"Usage: switchtax $command"* && $output == *Examples:* ]] ||
			fail "$command: $output"
		[[ $output == *"  switchtax $command"* ]]
		[ -z "$stderr" ]
	done
	nothing_written
}

@test "usage: run NAME --help is of that experiment, with the claims it tests" {
	for words in "race --help" "--help race" "--workers 3 race -h" "--no-bpf race --help"; do
		# shellcheck disable=SC2086
		exits 0 run $words
		[[ $output == *"Usage: switchtax run [OPTION...] race"* ]] || fail "$words: $output"
		[[ $output == *"C3 "*"--interval-us=N "*"(default 100)"*"--workers=N "*"default: 10,"* ]]
		[[ $output == *"(default 60)"*"switchtax run race"* ]]
		[[ $output != *--objects* && $output != *--arms=* && $output != *5000000* ]]
	done
	# A folder's name is none; the headline's own help is as it was.
	for words in "-o race --help" "slowdown --help" "--help"; do
		# shellcheck disable=SC2086
		exits 0 run $words
		[[ $output == *"[EXPERIMENT]"*"--arms=LIST"*"(default 5000000)"* ]] || fail "$words"
	done
	nothing_written
}

@test "usage: run NAME --help shows a parameter just where it is taken" {
	exits 0 list --format csv
	names=$(awk -F, '$1 == "experiment" && $2 != "slowdown" { print $2 }' <<<"$output")
	[ "$(wc -w <<<"$names")" -ge 10 ]
	for name in $names; do
		exits 0 run "$name" --help
		help=$output
		[[ $help == *"Claims:"*"  C"* ]] || fail "$name: $help"
		for option in workers objects lock interval-us; do
			value=1
			[ "$option" != lock ] || value=mutex
			run --separate-stderr "$switchtax" run "$name" "--$option=$value" --arms=threads
			[ "$status" -eq 2 ]
			if [[ $stderr == *"no such parameter"* ]]; then
				[[ $help != *"--$option="* ]] || fail "$name shows --$option"
			else
				[[ $help == *"--$option="* ]] || fail "$name lacks --$option"
			fi
		done
	done
	nothing_written
}

@test "usage: --help names every command and the exit statuses" {
	for help in --help -h help; do
		exits 0 "$help"
		for text in run trace list doctor 130; do
			[[ $output == *"$text"* ]]
		done
	done
}

@test "usage: --version, of the program and of every command" {
	exits 0 --version
	version=$output
	[[ $version =~ ^switchtax\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	for command in run trace list doctor; do
		exits 0 "$command" --version
		[ "$output" = "$version" ]
	done
}

@test "usage: no command at all" {
	is_usage_error Usage: run trace list doctor --
}

@test "usage: unknown command" {
	is_usage_error "'walk'" run trace list doctor -- walk
	is_usage_error "''" run trace -- ""
}

@test "usage: unknown option" {
	for command in run trace list doctor; do
		is_usage_error "'--frobnicate'" "switchtax $command --help" -- \
			"$command" --frobnicate
		is_usage_error "'X'" "switchtax $command --help" -- "$command" -X
	done
}

@test "usage: an option of another command" {
	is_usage_error "'--as-root'" -- run --as-root
	is_usage_error "'--workers" -- trace --workers=2 -- true
	is_usage_error "'--blocks" -- list --blocks=2
}

@test "usage: an option without its value" {
	for option in --workers --objects --lock --arms --blocks --output --format --cpus; do
		is_usage_error "'$option'" -- run "$option"
	done
}

@test "usage: unknown arm, twice the same arm, no arm" {
	for arms in marathon sequential,marathon; do
		is_usage_error --arms "'marathon'" sequential interleaved threads-1cpu threads \
			processes -- run --arms "$arms"
	done
	for arms in threads-interval-0 threads-interval-x threads-interval-10000001 \
		processes-interval-100 threads-i100; do
		is_usage_error --arms "'$arms'" "threads-interval-US" 10000000 -- run --arms "$arms"
	done
	is_usage_error --arms "'threads'" twice -- run --arms threads,threads
	is_usage_error --arms "''" sequential -- run --arms ""
	is_usage_error --arms "''" sequential -- run --arms sequential,
	is_usage_error --arms -- run --arms "$(printf 'threads%.0s' {1..1000})"
}

@test "usage: unknown lock" {
	for lock in padlock GIL ""; do
		is_usage_error --lock "'$lock'" gil mutex none -- run --lock "$lock"
	done
}

@test "usage: unknown experiment, or two of them" {
	is_usage_error "'speedup'" slowdown -- run speedup
	is_usage_error "'speedup'" slowdown -- run slowdown speedup
	is_usage_error "''" slowdown -- run ""
}

@test "usage: counts that are no counts" {
	for option in workers objects blocks interval-us time-limit; do
		for value in 0 -1 99999999999 99999999999999999999999999 many 5x 1e3 0x10 +5 \
			" 5" "5 " 2.5 ""; do
			is_usage_error "--$option" "'$value'" "whole number from 1 to" -- \
				run "--$option=$value"
		done
	done
}

@test "usage: amounts that are no amounts" {
	for option in budget precision; do
		for value in 0 -1 nan inf 1e300 99999999 much 5x ""; do
			is_usage_error "--$option" "'$value'" "number above 0" -- \
				run "--$option=$value"
		done
	done
}

@test "usage: seeds that are no seeds" {
	for value in -1 4294967296 99999999999999999999999999 x 1.5 ""; do
		is_usage_error --seed "'$value'" "whole number from 0 to 4294967295" -- \
			run "--seed=$value"
	done
}

@test "usage: CPUs that are no list, or do not exist" {
	for value in x 0- -1 1-0 0,,0 "," "" 0-x 99999999999999; do
		is_usage_error --cpus "'$value'" -- run "--cpus=$value"
		is_usage_error --cpus "'$value'" -- trace "--cpus=$value" -- true
	done
	# Only these two can know the CPUs at hand, and say so.
	for value in 1023 0,1023; do
		is_usage_error --cpus "'$value'" usable 0 -- run "--cpus=$value"
	done
}

@test "usage: CPUs that exist, but not for us" {
	[ "$(nproc)" -ge 2 ] || skip "one CPU only"
	run --separate-stderr taskset -c 0 "$switchtax" run --cpus 0-1
	[ "$status" -eq 2 ]
	says "'0-1'" "usable: 0"
	nothing_written
}

@test "usage: unknown format" {
	for value in xml TEXT ""; do
		for command in run list doctor; do
			is_usage_error --format "'$value'" text json csv -- \
				"$command" "--format=$value"
		done
	done
}

@test "usage: trace without a command" {
	is_usage_error "COMMAND" -- trace
	is_usage_error "COMMAND" -- trace --
	is_usage_error "COMMAND" -- trace -q
}

@test "usage: trace of what is not there" {
	for name in nosuchcommand ./nosuchcommand /nosuch/command; do
		exits 1 trace -o "$out" -- "$name"
		says "127" "$name"
		nothing_printed
		no_folder "$out"
	done
	nothing_written
}

@test "usage: trace of what cannot be executed" {
	echo 'not a program' >"$here/text"
	chmod 644 "$here/text"
	for name in "$here/text" "$here"; do
		exits 1 trace -o "$out" -- "$name"
		says "126" "$name"
		nothing_printed
		no_folder "$out"
	done
}

@test "usage: arguments where none belong" {
	is_usage_error "'all'" -- list all
	is_usage_error "'me'" -- doctor me
}

@test "usage: list as text, JSON and CSV names the same things" {
	exits 0 list
	text=$(awk '{ print $1, $2 }' <<<"$output")
	exits 0 list --format json
	json=$("$python" -c 'import json, sys
for item in json.load(sys.stdin):
    assert item["summary"]
    print(item["kind"], item["name"])' <<<"$output")
	exits 0 list --format csv
	csv=$("$python" -c 'import csv, sys
for item in csv.DictReader(sys.stdin, strict=True):
    assert item["summary"] and None not in item, item
    print(item["kind"], item["name"])' <<<"$output")
	[ "$text" = "$json" ] && [ "$text" = "$csv" ] || fail "$text" -- "$json" -- "$csv"
	for thing in "experiment slowdown" "arm sequential" "arm interleaved" \
		"arm threads-1cpu" "arm threads" "arm processes" "lock gil" "lock mutex" \
		"lock none"; do
		grep -qx "$thing" <<<"$text" || fail "list lacks: $thing"
	done
	nothing_written
}

@test "usage: doctor finds this machine fit" {
	need_root
	exits 0 doctor
	[[ $output == *"can measure"* && $output == *" 0 FAIL"* ]]
	exits 0 doctor --format json
	"$python" -m json.tool <<<"$output" >/dev/null
	nothing_written
}

@test "usage: doctor says whether report.html can be made" {
	SWITCHTAX_ANALYSIS=/nowhere run "$switchtax" doctor
	[[ $output == *"report.html cannot be made"*SWITCHTAX_ANALYSIS* ]]
	[ -n "$(dpkg-query -W python3-plotly 2>/dev/null)" ] || skip "needs python3-plotly"
	SWITCHTAX_ANALYSIS=$BATS_TEST_DIRNAME/../../analysis run "$switchtax" doctor
	[[ $output == *"report.html can be made"* ]]
}

@test "usage: a full stdout is noticed" {
	for command in list doctor "list --format json"; do
		# shellcheck disable=SC2086
		run --separate-stderr bash -c '"$@" >/dev/full' - "$switchtax" $command
		[ "$status" -ne 0 ] || fail "$command: exit 0 though stdout was full"
	done
}
