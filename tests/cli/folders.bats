#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The results folder: refused if anything is odd about it, never written through a link,
# and whole rows only on a disk that runs full.
# shellcheck disable=SC2154,SC2030,SC2031

load ../lib/cli

setup_file() { cli_setup_file; }

setup() {
	cli_setup
	disk=$here/disk
}

teardown() {
	if mountpoint -q "$disk"; then
		umount -l "$disk"
	fi
	[ -z "${loader:-}" ] || kill -KILL "$loader" 2>/dev/null || true
}

mount_disk() { # OPTIONS
	need_root
	mkdir "$disk"
	mount -t tmpfs -o "$1" tmpfs "$disk"
}

# refused DIR TEXT...: for every command that writes; exit 2 before anything runs.
refused() {
	local dir=$1
	shift
	exits 2 run --no-bpf "${small[@]}" -o "$dir" && says "$dir" "$@" && nothing_printed
}

listing() { # DIR: names, kinds, owners, modes, times and contents
	(cd "$1" && find . -printf '%p %y %U %m %T@ %l\n' | sort && find . -type f -exec md5sum {} +)
}

# Start a run on an empty folder somebody else made, and hold it when its files are open.
start_and_hold() {
	mkdir -p "$out"
	"$switchtax" run --no-bpf --objects 20000 --blocks 3 --seed 1 -o "$out" \
		>"$here/stdout" 2>"$here/stderr" &
	loader=$!
	retry test -s "$out/runs.csv.partial"
	kill -STOP "$loader"
}

let_go() {
	status=0
	kill -CONT "$loader"
	wait "$loader" || status=$?
	loader=
	stderr=$(cat "$here/stderr")
}

@test "folders: one that is not empty is refused and left as it is" {
	for content in file folder/file .hidden runs.csv; do
		rm -rf "$out"
		mkdir -p "$(dirname "$out/$content")"
		echo precious >"$out/$content"
		before=$(listing "$out")
		refused "$out" "not empty"
		[ "$(listing "$out")" = "$before" ]
	done
	need_bpf
	exits 2 trace -o "$out" -- touch "$here/ran"
	says "not empty"
	[ ! -e "$here/ran" ]
	exits 2 run "${small[@]}" -o "$out"
	[ "$(listing "$out")" = "$before" ]
	no_bpf_left
}

@test "folders: an empty one is taken, and a second run refuses it" {
	mkdir "$out"
	exits 0 run --no-bpf "${small[@]}" --arms sequential -o "$out"
	whole_folder "$out"
	before=$(listing "$out")
	refused "$out" "not empty"
	[ "$(listing "$out")" = "$before" ]
}

@test "folders: no name, no parent, a file, a folder below a file, a name too long" {
	refused "" "-o"
	refused "$here/nosuch/out" "mkdir -p"
	[ ! -e "$here/nosuch" ]
	echo precious >"$here/file"
	refused "$here/file" "not a folder"
	refused "$here/file/out" "not a folder"
	[ "$(cat "$here/file")" = precious ]
	refused "$here/$(printf 'x%.0s' {1..300})" "-o"
	exits 2 run --no-bpf "${small[@]}" -o "/$(printf 'x/%.0s' {1..4000})"
	says "too long" "-o"
	nothing_written
}

@test "folders: a symbolic link is refused, and where it points stays empty" {
	mkdir "$here/victim"
	ln -s "$here/victim" "$here/link"
	ln -s "$here/nowhere" "$here/dangling"
	for name in link link/ link/. dangling; do
		exits 2 run --no-bpf "${small[@]}" -o "$here/$name"
		says "$here/${name%%/*}" "symbolic link" "-o"
		nothing_printed
	done
	[ -z "$(ls -A "$here/victim")" ]
	[ ! -e "$here/nowhere" ]
}

@test "folders: links planted under the names of files to come are not followed" {
	echo precious >"$here/victim"
	for name in environment.json report.txt verdict.csv; do
		rm -rf "$out"
		start_and_hold
		ln -s "$here/victim" "$out/$name.partial"
		let_go
		[ "$status" -eq 1 ]
		says "$name"
		[ "$(cat "$here/victim")" = precious ]
		[ -L "$out/$name.partial" ]
		[ ! -e "$out/$name" ]
		whole_rows "$out/runs.csv"
	done
}

@test "folders: links and files planted under the final names are not replaced" {
	echo precious >"$here/victim"
	for name in runs.csv environment.json verdict.csv; do
		rm -rf "$out"
		start_and_hold
		ln -s "$here/victim" "$out/$name"
		let_go
		[ "$status" -eq 1 ]
		says "$name" "something else writes"
		[ "$(cat "$here/victim")" = precious ]
		[ -L "$out/$name" ]
		# A file that cannot get its name keeps its whole rows.
		[[ $name == environment.json ]] || whole_rows "$out/$name.partial"
		whole_rows "$out/threads.csv"
	done
	no_process_left
}

@test "folders: what is explained is what was written, whatever lies at its path by then" {
	start_and_hold
	mv "$out" "$here/moved"
	cp -r "$root/tests/golden/slowdown" "$out"
	before=$(listing "$out")
	let_go
	[ "$status" -eq 0 ] || fail "exit $status" "$stderr"
	[ "$(listing "$out")" = "$before" ]
	[ "$(cat "$here/stdout")" = "$(cat "$here/moved/report.txt")" ]
	grep -q 'of 20000 objects' "$here/stdout"
}

@test "folders: no secret of root's is read through a link in a folder of somebody else's" {
	need_root
	echo secret >"$here/victim"
	start_and_hold
	ln -s "$here/victim" "$out/stacks.csv"
	let_go
	[ "$status" -eq 1 ]
	says "$out/stacks.csv" "symbolic links"
	[[ $stderr != *secret* ]]
}

@test "folders: links planted before the files are opened are not followed, whoever wins" {
	need_root
	echo precious >"$here/victim"
	for attempt in {1..10}; do
		rm -rf "$out"
		mkdir "$out"
		(while [ ! -e "$out/stop" ]; do
			ln -s "$here/victim" "$out/runs.csv.partial"
			rm -f "$out/runs.csv.partial"
			ln -s "$here/victim" "$out/threads.csv.partial"
			rm -f "$out/threads.csv.partial"
		done) 2>/dev/null &
		planter=$!
		run --separate-stderr "$switchtax" run --no-bpf "${small[@]}" --arms sequential \
			-o "$out"
		touch "$out/stop"
		wait "$planter" || true
		# It either found the folder not empty, or lost a file to the planter, or won.
		[[ $status == [012] ]] || fail "attempt $attempt: exit $status: $stderr"
		[ "$(cat "$here/victim")" = precious ]
	done
	no_process_left
}

@test "folders: a folder that vanishes under the run" {
	start_and_hold
	rm -rf "$out"
	let_go
	[ "$status" -eq 1 ]
	says "$out"
	no_folder "$out"
	no_process_left
}

@test "folders: a read-only disk is refused" {
	mount_disk size=64k
	mkdir "$disk/empty"
	mount -o remount,ro "$disk"
	refused "$disk/out" "no permission"
	exits 1 run --no-bpf "${small[@]}" -o "$disk/empty"
	says "$disk/empty/runs.csv" "-o"
	nothing_printed
	[ -z "$(ls -A "$disk/empty")" ]
}

@test "folders: the default folder lies in results/, named by experiment and time" {
	exits 0 run --no-bpf "${small[@]}" --arms sequential
	folder=$(echo results/slowdown-*)
	[[ $folder =~ ^results/slowdown-[0-9]{8}T[0-9]{6}Z$ ]]
	whole_folder "$folder"
	[[ $output == *"$folder"* ]]
}

@test "folders: two runs in the same second get two folders" {
	"$switchtax" run --no-bpf "${small[@]}" --arms sequential -q >/dev/null &
	"$switchtax" run --no-bpf "${small[@]}" --arms sequential -q >/dev/null &
	"$switchtax" run --no-bpf "${small[@]}" --arms sequential -q >/dev/null
	wait
	[ "$(find results -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 3 ]
	for folder in results/*; do
		whole_folder "$folder"
	done
}

@test "folders: default folder with results/ being a file" {
	echo precious >results
	exits 2 run --no-bpf "${small[@]}"
	says results/ "not a folder"
	[ "$(cat results)" = precious ]
}

@test "folders: a disk too small for a header leaves nothing" {
	for size in 4k 12k; do
		mount_disk size=$size
		exits 1 run --no-bpf "${small[@]}" --timeline -o "$disk/out"
		says "$disk/out/" ".csv" "space" "-o"
		nothing_printed
		no_folder "$disk/out"
		umount "$disk"
		rmdir "$disk"
	done
	no_process_left
}

@test "folders: no inode left on the disk" {
	mount_disk nr_inodes=3
	exits 1 run --no-bpf "${small[@]}" -o "$disk/out"
	says "$disk/out/" "space" "-o"
	no_folder "$disk/out"
	touch "$disk/a" "$disk/b"
	refused "$disk/out" "no space"
}

@test "folders: a disk that runs full keeps whole rows and says which file it was" {
	need_bpf
	for size in 32k 44k; do
		mount_disk size=$size
		exits 1 run --objects 20000 --blocks 40 -o "$disk/out"
		# Whichever came first: a table, or the timeline of a run of the warm-up.
		says "$disk/out/" "space" "-o"
		[[ $stderr == *.csv:* || $stderr == *.timeline:* ]]
		whole_rows "$disk"/out/*.csv*
		# The run that did not fit is in no table of runs.
		[ "$(find "$disk/out" -name 'runs.csv*' | wc -l)" -eq 1 ]
		for file in "$disk"/out/*.partial; do
			[ ! -e "${file%.partial}" ]
		done
		umount "$disk"
		rmdir "$disk"
	done
	no_process_left
	no_bpf_left
}

@test "folders: a disk that is full at the very end" {
	need_root
	mount_disk size=64k
	mkdir "$disk/out"
	ln -s "$disk/out" "$here/elsewhere"
	out=$disk/out
	start_and_hold
	head -c 1M /dev/zero >"$disk/fill" 2>/dev/null || true
	let_go
	[ "$status" -eq 1 ]
	says "$disk/out/" "space"
	rm "$disk/fill"
	whole_rows "$disk"/out/*.csv*
	[ ! -e "$disk/out/environment.json" ] ||
		"$python" -m json.tool "$disk/out/environment.json" >/dev/null
	[ -z "$(find "$disk/out" -name 'environment.json.partial' -o -name 'report.txt.partial')" ]
}

@test "folders: trace on a full disk" {
	need_bpf
	mount_disk size=4k
	exits 1 trace -o "$disk/out" -- true
	says "$disk/out/" "space"
	nothing_printed
	no_folder "$disk/out"
	umount "$disk"
	mount -t tmpfs -o size=32k tmpfs "$disk"
	exits 1 trace -o "$disk/out" -- head -c 1M /dev/zero
	[ -n "$stderr" ]
	whole_rows "$disk"/out/*.csv*
	no_bpf_left
}

@test "folders: a file size limit is a full disk too" {
	run --separate-stderr bash -c 'ulimit -f 2; "$@"' - "$switchtax" run --no-bpf \
		--objects 20000 --blocks 20 -o "$out"
	[ "$status" -eq 1 ] || fail "exit $status: $stderr"
	says "$out/" ".csv"
	whole_rows "$out"/*.csv*
	no_process_left
}
