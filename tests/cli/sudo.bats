#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Under sudo a program runs as the user who called it, with nothing of the loader's.
# shellcheck disable=SC2154 # what `run` sets
# shellcheck disable=SC2030,SC2031 # each test has callers of its own
# shellcheck disable=SC2016 # $$ is for the program's shell

load ../lib/cli

setup_file() {
	cli_setup_file
	need_bpf
}

setup() {
	cli_setup
	export SUDO_UID SUDO_GID SUDO_USER
	SUDO_USER=nobody
	SUDO_UID=$(id -u nobody) SUDO_GID=$(id -g nobody)
	# The user has to get at the program, and we at what it prints.
	chmod 755 "$here" "$here/cwd"
}

# runs COMMAND...: trace it; what it prints is in $here/printed.
runs() {
	rm -rf "$out"
	exits 0 trace -q -o "$out" "$@" || return
	cp "$out/program.stdout" "$here/printed"
	[ ! -s "$out/program.stderr" ] || fail "$(cat "$out/program.stderr")"
}

# printed TEXT: that is what it has printed.
printed() {
	[ "$(cat "$here/printed")" = "$1" ] || fail "not '$1': $(cat "$here/printed")"
}

# Of /proc/self/status.
field() { # NAME
	awk -v name="$1:" '$1 == name { $1 = ""; print substr($0, 2) }' "$here/printed"
}

@test "sudo: the program has the user's ids and groups, and no capabilities" {
	runs -- cat /proc/self/status
	for id in Uid:$SUDO_UID Gid:$SUDO_GID; do
		number=${id#*:}
		[ "$(field "${id%:*}")" = "$number $number $number $number" ]
	done
	[ "$(field Groups | xargs -n1 | sort -n)" = "$(id -G nobody | xargs -n1 | sort -n)" ]
	for set in CapInh CapPrm CapEff CapAmb; do
		[[ $(field $set) =~ ^0+$ ]] || fail "$set: $(field $set)"
	done
	# Signals as the caller has them, and no tracer of ours either.
	run --separate-stderr awk '$1 == "SigIgn:" { print $2 }' /proc/self/status
	[ "$(field SigIgn)" = "$output" ] || fail "$(field SigIgn), not $output"
	[[ $(field SigBlk) =~ ^0+$ && $(field TracerPid) = 0 ]]
}

@test "sudo: the groups are those of the user, also the supplementary ones" {
	user=$(awk -F: '$4 != "" { split($4, users, ","); print users[1]; exit }' /etc/group)
	id "$user" >/dev/null 2>&1 && [ "$(id -u "$user")" -ne 0 ] ||
		skip "nobody here has a supplementary group"
	SUDO_USER=$user SUDO_UID=$(id -u "$user") SUDO_GID=$(id -g "$user")
	runs -- id -G
	[ "$(xargs -n1 <"$here/printed" | sort -n)" = "$(id -G "$user" | xargs -n1 | sort -n)" ]
}

@test "sudo: a user without an entry in passwd" {
	SUDO_UID=54321 SUDO_GID=54321 SUDO_USER=
	[ -z "$(getent passwd "$SUDO_UID")" ] || skip "there is a user $SUDO_UID"
	runs -- sh -c 'id -u; id -g; id -G'
	printed $'54321\n54321\n54321'
}

@test "sudo: the environment is the user's" {
	export HOME=/root USER=root LOGNAME=root SHELL=/bin/other MAIL=/var/mail/root KEPT=kept
	runs -- env
	entry=$(getent passwd nobody)
	shell=${entry##*:} home=${entry%:*}
	home=${home##*:}
	for setting in "HOME=$home" USER=nobody LOGNAME=nobody "SHELL=$shell" KEPT=kept; do
		grep -qx -- "$setting" "$here/printed" || fail "no $setting: $(cat "$here/printed")"
	done
	[ "$(grep -c '^MAIL=' "$here/printed")" -eq 0 ]
}

@test "sudo: the program has no file of ours open" {
	exec 7</dev/null 8>"$here/secret"
	runs -- sh -c 'ls /proc/$$/fd; true'
	exec 7<&- 8>&-
	printed $'0\n1\n2'
	runs -- "$python" -c 'import os; print(os.path.realpath("/proc/self/fd/0"))'
	printed "$(readlink -f /proc/self/fd/0)"
}

@test "sudo: it cannot do what only root may" {
	echo secret >"$here/secret"
	chmod 600 "$here/secret"
	rm -rf "$out"
	exits 1 trace -q -o "$out" -- cat "$here/secret"
	grep -q "Permission denied" "$out/program.stderr"
	[ ! -s "$out/program.stdout" ]
}

@test "sudo: the results are the user's" {
	runs -- true
	[ "$(find "$out" -printf '%U:%G\n' | sort -u)" = "$SUDO_UID:$SUDO_GID" ]
}

@test "sudo: --as-root keeps root" {
	runs --as-root -- cat /proc/self/status
	[ "$(field Uid)" = "0 0 0 0" ] && [ "$(field Gid)" = "0 0 0 0" ]
	[ "$(field CapEff)" = "$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status)" ]
	exec 7</dev/null
	runs --as-root -- sh -c 'ls /proc/$$/fd; true'
	exec 7<&-
	printed $'0\n1\n2'
	[ "$(find "$out" -printf '%U\n' | sort -u)" = "$SUDO_UID" ]
}

@test "sudo: root by itself stays root, and so does sudo of root" {
	for caller in "" 0 -1 x 99999999999; do
		SUDO_UID=$caller
		[ -n "$caller" ] || unset SUDO_UID
		runs -- id -u
		printed 0
	done
}

@test "sudo: compare runs both programs as the user" {
	exits 0 compare -q --no-bpf --blocks 1 --arms base,other -o "$out" \
		"sh -c 'id -u; grep CapEff /proc/self/status'" "sh -c 'id -u; id -G'"
	cat "$out"/programs/*base*.stdout >"$here/printed"
	[ "$(sort -u "$here/printed" | head -1)" = "$SUDO_UID" ]
	[[ $(field CapEff) =~ ^0+(\ *$'\n'?0*)*$ ]]
	[ "$(cat "$out"/programs/*other*.stdout | sort -u)" = \
		"$(printf '%s\n' "$SUDO_UID" "$(id -G nobody)" | sort -u)" ]
}
