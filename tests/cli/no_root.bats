#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may not trace is told what to do, and can still measure times.
# shellcheck disable=SC2154

load ../lib/cli

setup() {
	cli_setup
	need_root
	id nobody >/dev/null 2>&1 || skip "no user nobody"
	# bats' own folder is closed to others.
	place=$(mktemp -d /tmp/switchtax-nobody-XXXXXX)
	chmod 755 "$place"
	mkdir "$place/build" "$place/cwd" "$place/shut"
	cp "$switchtax" "$place/build/"
	cp -r "$here/workloads" "$place/build/workloads"
	chmod -R a+rX "$place/build"
	chmod 700 "$place/shut"
	chown nobody "$place/cwd"
	switchtax=$place/build/switchtax
	unset SWITCHTAX_WORKLOADS
	cd "$place/cwd" || return
}

teardown() {
	[ -z "${place:-}" ] || rm -rf "$place"
}

# nobody_exits STATUS ARGS...
nobody_exits() {
	local want=$1
	shift
	run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"$switchtax" "$@"
	[ "$status" -eq "$want" ] ||
		fail "as nobody: switchtax $*: exit $status, not $want" "$output" "$stderr"
}

@test "no root: run says what to do and writes nothing" {
	nobody_exits 3 run "${small[@]}"
	says "cannot trace" sudo --no-bpf
	nothing_printed
	nothing_written
}

@test "no root: trace says what to do and does not start the program" {
	nobody_exits 3 trace -- touch ran
	says "cannot trace" sudo
	nothing_printed
	nothing_written
}

@test "no root: doctor says what is missing" {
	nobody_exits 3 doctor
	[[ $output == *FAIL* && $output == *sudo* ]]
	nobody_exits 3 doctor --format json
	"$python" -m json.tool <<<"$output" >/dev/null
	nothing_written
}

@test "no root: run --no-bpf measures times, and says once that nothing is traced" {
	nobody_exits 0 run --no-bpf "${small[@]}" -o out
	[ "$(grep -c "nothing is traced" <<<"$stderr")" -eq 1 ]
	whole_folder out
	[ "$(stat -c %U out out/runs.csv | sort -u)" = nobody ]
	[ "$(column traced out/runs.csv | sort -u)" = 0 ]
	# Five arms in the warm-up and in the block, and two at other switch intervals in the block.
	[ "$(column arm out/runs.csv | grep -v interval | sort | uniq -c |
		awk '{ print $1 }' | sort -u)" = 2 ]
	[ "$(column arm out/runs.csv | wc -l)" -eq 12 ]
	# What only the tracer can know is missing, not 0.
	for name in migrations handoffs_forced events_lost; do
		[ -z "$(column "$name" out/runs.csv | tr -d '\n')" ]
	done
	for name in threads ledger histograms; do
		[ "$(wc -l <"out/$name.csv")" -eq 1 ]
	done
	[ -z "$(awk -F, '$2 == "ledger" && ($4 $5 $6) != ""' out/verdict.csv)" ]
	"$python" -c 'import json
bpf = json.load(open("out/environment.json"))["bpf"]
assert bpf["used"] is False and bpf["reason"] == "--no-bpf", bpf'
}

@test "no root: parents that cannot be written or entered are refused" {
	for dir in "$place/out" "$place/shut/out" "$place/shut"; do
		nobody_exits 2 run --no-bpf "${small[@]}" -o "$dir"
		says "$dir" "no permission" "-o"
		nothing_printed
	done
	[ -z "$(ls -A "$place/shut")" ]
	[ ! -e "$place/out" ]
	nothing_written
}

@test "no root: an empty folder that can be read but not written" {
	mkdir -m 755 "$place/readable"
	nobody_exits 1 run --no-bpf "${small[@]}" -o "$place/readable"
	says "$place/readable/runs.csv" "-o"
	[ -z "$(ls -A "$place/readable")" ]
}

@test "no root: a default folder where we may not write" {
	cd "$place"
	nobody_exits 2 run --no-bpf "${small[@]}"
	says results "no permission"
	[ ! -e results ]
}

@test "no root: workloads that root may read only" {
	chmod 700 "$place/build/workloads"
	nobody_exits 1 run --no-bpf "${small[@]}"
	[ -n "$stderr" ]
	nothing_printed
	[ ! -e results ] || [ -z "$(ls -A results)" ]
}

with_capabilities() { # CAPABILITIES ARGS...
	local capabilities=$1
	shift
	run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"--inh-caps=$capabilities" "--ambient-caps=$capabilities" "$switchtax" "$@"
}

# Linux 6.16 and later want CAP_SYS_ADMIN for uprobes: which it is, the doctor has to know.
@test "no root: with capabilities, the doctor is right about what run can do" {
	for capabilities in +bpf,+perfmon +bpf,+perfmon,+sys_admin; do
		rm -rf out
		with_capabilities "$capabilities" doctor
		diagnosis=$status
		with_capabilities "$capabilities" run "${small[@]}" --arms sequential,threads \
			-o out
		if [ "$diagnosis" -eq 0 ]; then
			[ "$status" -eq 0 ] || fail "$capabilities: exit $status: $stderr"
			whole_folder out
			[ "$(column traced out/runs.csv | sort -u | tr -d '\n')" = 01 ]
		else
			[[ $status == [13] ]] || fail "$capabilities: exit $status: $stderr"
			says sudo
			# Untraced runs may have come first.
			[ ! -e out ] || whole_folder out
		fi
	done
	[ "$diagnosis" -eq 0 ]
}

@test "no root: files belong to who called sudo" {
	export SUDO_UID SUDO_GID
	SUDO_UID=$(id -u nobody) SUDO_GID=$(id -g nobody)
	mkdir "$place/sudo"
	cd "$place/sudo"
	exits 0 run --no-bpf "${small[@]}" --arms sequential
	[ "$(find . -mindepth 1 -printf '%u\n' | sort -u)" = nobody ]
}
