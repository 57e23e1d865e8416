#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names and words of others reach no terminal, no CSV and no JSON as they are.
# shellcheck disable=SC2016 # $c["name"] is for awk
# shellcheck disable=SC2154,SC2034 # what `run` sets, and what common.bash reads

load ../lib/common
load ../lib/table
load ../lib/cli

# A colour, a title, BEL, CR, DEL, C1, a byte that is no UTF-8: all that a path may have but '\n'.
evil=$'\e[31m\e]0;t\a\r\x7f\xc2\x9b7m\xff'

setup_file() {
	programs=$BATS_FILE_TMPDIR
	export programs
	"${CC:-cc}" -O1 -g -pthread -o "$programs/names" "$BATS_TEST_DIRNAME/programs/names.c"
	mkdir "$programs/$evil"$'\n'"folder"
	# Its path, and names of functions, as an ELF file may have them.
	hostile=$programs/$evil$'\n'folder/na$evil$'\n'mes
	objcopy --redefine-sym "name_take=take$evil" --redefine-sym "name_leave=leave$evil" \
		--redefine-sym "work=wo"$'\n\t;'"$evil" "$programs/names" "$hostile"
	export hostile
}

setup() {
	cli_setup
	need_root
	unset SUDO_USER
	odd=$here/o$evil
	RESULTS=$out
	names=$programs/names
}

teardown() {
	[ -z "${background-}" ] || kill "$background"
}

plain() { # FILE|FOLDER...
	"$python" "$lib/plain_text.py" "$@" >&2 || fail "not plain: see above"
}

# says_plainly FORMAT ARGS...: switchtax, which succeeds, and whose every word is held to it; what
# is on stdout is parsed as that format.
says_plainly() {
	local said=$here/said.$1 stderr=$here/stderr
	shift
	"$switchtax" "$@" >"$said" 2>"$stderr" </dev/null ||
		fail "exit $?: $*" "$(cat "$stderr")" || return
	plain "$said" "$stderr"
}

# refuses ARGS...: it says why.
refuses() {
	! "$switchtax" "$@" >"$here/said.text" 2>"$here/stderr" </dev/null ||
		fail "nothing was wrong with: $*" || return
	[ -s "$here/stderr" ] || fail "no message: $*" || return
	plain "$here/said.text" "$here/stderr"
}

@test "one function, and nobody goes past it" {
	cd "$root" || return
	run grep -rlE 'cJSON_Print' user
	equal "$output" user/base/json.c
	run grep -rlE '(write|write_all)\(STD|dprintf\(' user
	equal "$output" user/base/streams.c
}

@test "trace: names of threads in every form" {
	need_bpf
	for format in text json csv; do
		rm -rf "$out"
		says_plainly "$format" trace --format "$format" --timeline -o "$out" -- "$names" &&
			plain "$out" || return
		equal "$(rows threads.csv)" 14
		# A name keeps what can be shown of it.
		equal "$(select_rows "$out/threads.csv" '$c["comm"] ~ /naïve|title|bidi/' 1 | wc -l)" 3
	done
}

@test "trace: paths, functions, lock and folder of such names" {
	need_bpf
	for format in text json csv; do
		rm -rf "$odd"
		says_plainly "$format" trace --timeline --format "$format" -o "$odd" \
			--lock-symbols "take$evil:leave$evil" -- "$hostile" "$evil"$'\n' &&
			plain "$odd" || return
	done
	says_plainly text timeline "$odd" && says_plainly json explain "$odd" --format json
}

is_hostile() { # PID
	[ "/proc/$1/exe" -ef "$hostile" ]
}

@test "attach: names of threads" {
	need_bpf
	(exec -a "$evil"$'\n' "$hostile" 60) &
	background=$!
	retry is_hostile "$background"
	says_plainly json attach --format json --budget 1 -o "$odd" -p "$background" && plain "$odd"
}

@test "compare: command lines, and all that is made of the folder" {
	need_bpf
	says_plainly json compare --format json --blocks 2 --budget 30 -o "$odd" \
		"'$names' 0 '$evil'" "'$hostile' 0 '$evil'" && plain "$odd" || return
	for format in text json csv; do
		says_plainly "$format" explain --format "$format" "$odd" || return
	done
	says_plainly text explain -o "$here/again$evil" "$odd" && plain "$here/again$evil" || return
	says_plainly text timeline "$odd"
	for timeline in "$odd"/*.timeline; do
		run_id=$(basename "$timeline" .timeline)
		for format in text json csv; do
			says_plainly "$format" timeline --format "$format" "$odd" "$run_id" || return
		done
	done
	says_plainly text timeline "$odd" "$run_id" --perfetto="$here/export.gz" || return
	gunzip <"$here/export.gz" >"$here/export.json"
	plain "$here/export.json"
}

# Every text in the files of a folder is made one, as in those of somebody's.
poison() { # DIR
	"$python" - "$1" "$evil" <<-'END'
		import csv, json, os, sys
		folder, evil = sys.argv[1], os.fsencode(sys.argv[2]).decode("utf-8", "replace") + "\n\r\t"
		for name in ("threads.csv", "futexes.csv", "locks.csv", "stacks.csv", "runs.csv"):
		    path = os.path.join(folder, name)
		    if not os.path.exists(path):
		        continue
		    with open(path, newline="") as file:
		        header, *rows = csv.reader(file)
		    for row in rows:
		        for at, column in enumerate(header):
		            if column in ("comm", "name", "stack", "module", "found_by", "reason", "lock_reason"):
		                row[at] = evil[:10]
		    with open(path, "w", newline="") as file:
		        csv.writer(file, lineterminator="\n").writerows([header, *rows])
		def poisoned(value, key=None):
		    if isinstance(value, dict):
		        return {k + evil if key == "notes" else k: poisoned(v, k) for k, v in value.items()}
		    if isinstance(value, list):
		        return [poisoned(v) for v in value]
		    return value + evil if isinstance(value, str) and key != "experiment" else value
		path = os.path.join(folder, "environment.json")
		with open(path) as file:
		    tree = json.load(file)
		with open(path, "w") as file:
		    json.dump(poisoned(tree), file)
	END
}

@test "explain: a folder of somebody's" {
	need_bpf
	says_plainly text trace -o "$out" -- "$names" || return
	poison "$out"
	rm -f "$out"/report.*
	for format in text json csv; do
		status=0
		"$switchtax" explain --format "$format" "$out" >"$here/said.$format" 2>"$here/stderr" ||
			status=$?
		[ "$status" -le 1 ] && plain "$here/said.$format" "$here/stderr" || return
	done
	# What is no folder of results at all.
	cp -r "$out" "$odd"
	printf 'run_id,%s\n%s,1\n' "$evil" "$evil" >"$odd/runs.csv"
	refuses explain "$odd" || return
	printf '{ "schema_version": "%s" }' "$evil" >"$odd/environment.json"
	refuses explain "$odd"
}

@test "the page: of such names" {
	need_bpf
	export SWITCHTAX_ANALYSIS=$root/analysis
	"$python" -c "import pandas, jinja2, plotly, matplotlib" 2>/dev/null || skip "no packages"
	says_plainly text trace -o "$odd" -- "$hostile" 0 "$evil" &&
		says_plainly text report "$odd" && plain "$odd"
}

@test "messages: whatever was asked for" {
	refuses "$evil"
	refuses trace "--$evil"
	refuses trace -- "$here/$evil"
	refuses trace --cpus "$evil" -- true
	refuses trace --format "$evil" -- true
	refuses trace --lock-symbols "$evil" -- true
	refuses run "$evil"
	refuses run --lock "$evil"
	refuses run --arms "$evil"
	refuses compare "$evil" "$evil"
	refuses compare "'$evil" true
	refuses attach -p "$evil"
	refuses timeline "$here/$evil"
	refuses explain "$here/$evil"
	refuses report "$here/$evil"
	touch "$odd"
	refuses trace -o "$odd" -- true
	printf '#!%s\n' "/no$evil" >"$here/script"
	chmod +x "$here/script"
	refuses trace -- "$here/script"
}

@test "messages: under whatever name switchtax goes, and from wherever" {
	for arguments in --help "--$evil" "doctor --format json" "doctor --help" "trace --no-such" list; do
		# shellcheck disable=SC2086 # two words are two
		(exec -a "sw$evil" "$switchtax" $arguments) >"$here/said.text" 2>"$here/stderr" || true
		plain "$here/said.text" "$here/stderr" || return
	done
	mkdir "$here/$evil"
	cp "$switchtax" "$here/$evil/switchtax"
	run --separate-stderr env SWITCHTAX_WORKLOADS="$here/$evil" "$here/$evil/switchtax" doctor
	printf '%s' "$output" >"$here/said.text"
	printf '%s' "$stderr" >"$here/stderr"
	plain "$here/said.text" "$here/stderr"
}

@test "a terminal: its line is cleared, nothing else is asked of it" {
	need_bpf
	command -v script >/dev/null || skip "no script"
	script -qec "'$switchtax' trace -o '$out' --lock-symbols 'no$evil:such' -- '$names'" \
		/dev/null >"$here/seen" </dev/null || true
	sed -e 's/\r\x1b\[K//g' -e 's/\r$//' "$here/seen" >"$here/said.text"
	[ -s "$here/said.text" ] && plain "$here/said.text"
}

# Of a view that is drawn with orders: none of the names'.
@test "a terminal: the live view" {
	need_bpf
	command -v script >/dev/null || skip "no script"
	(exec -a "$evil" "$hostile" 60) &
	background=$!
	retry is_hostile "$background"
	TERM=xterm LC_ALL=C.UTF-8 script -qec "stty rows 40 cols 120
		'$switchtax' attach --live -p $background --budget 3 -o '$out'" /dev/null \
		>"$here/seen" </dev/null || true
	grep -qa "naïve" "$here/seen" || skip "no live view: $(tail -1 "$here/seen")"
	! grep -qaP '\x1b\]0;t|\x1b\[31mred|\x07|\xff|\xc2\x9b|\x7f|\xe2\x80\xae' "$here/seen" ||
		fail "it is driven by a name"
}
