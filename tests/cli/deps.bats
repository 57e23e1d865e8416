#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/tools/deps on machines that are made up: what it would install, what it says, whether
# the build may go on.
# shellcheck disable=SC2016 # what the fakes are made of is for them

bats_require_minimum_version 1.5.0

# PATH holds the fakes and what the script itself calls, nothing else.
setup() {
	deps=$BATS_TEST_DIRNAME/../tools/deps
	here=$BATS_TEST_TMPDIR
	mkdir "$here/bin" "$here/lists"
	touch "$here/lists/archive_Packages" "$here/installed" "$here/log"
	for tool in awk basename bash cat grep paste readlink sed sort; do
		ln -s "$(command -v "$tool")" "$here/bin/$tool"
	done
	fake id 'echo 0'
	export APT_LISTS=$here/lists OS_RELEASE=$here/os-release HERE=$here
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

fake() { # NAME SCRIPT
	printf '#!/bin/bash\n%s\n' "$2" >"$here/bin/$1"
	chmod 755 "$here/bin/$1"
}

# apt with an archive that has the packages in $here/archive. As the real one does, it installs
# nothing if it does not know one of the names, or if one is broken.
debian() {
	cat >"$here/archive"
	fake dpkg-query 'sed "s/^/installed /" "$HERE/installed"'
	fake apt-cache 'shift; for name in "$@"; do
		! grep -qx "$name" "$HERE/archive" || printf "%s:\n  Candidate: 1.0\n" "$name"
	done'
	fake apt-get 'echo "apt-get $*" >>"$HERE/log"
		if [ "$1" = update ]; then echo >"$HERE/lists/new_Packages"; exit; fi
		for name in "$@"; do
			case $name in -* | install) continue ;; esac
			grep -qx "$name" "$HERE/archive" || exit 100
			! grep -qsx "$name" "$HERE/broken" || exit 100
		done
		for name in "$@"; do
			case $name in -* | install) ;; *) echo "$name" >>"$HERE/installed" ;; esac
		done'
}

# Every package of Debian's that the script may ask for.
everything() {
	awk '$1 ~ /^(build|run|test)$/ && NF > 3 { gsub("/", "\n", $2); print $2 }' "$deps" |
		grep -v '[$]'
	echo python3-dbg
}

without() { # NAME...
	everything | grep -vxF "$(printf '%s\n' "$@")"
}

deps() { # STATUS [ARG...]
	run env PATH="$here/bin" "$deps" "${@:2}"
	[ "$status" -eq "$1" ] || fail "exit $status, not $1" "$output"
}

says() { # TEXT...
	for text in "$@"; do
		[[ $output == *"$text"* ]] || fail "not said: $text" "$output" || return
	done
}

says_not() { # TEXT...
	for text in "$@"; do
		[[ $output != *"$text"* ]] || fail "said: $text" "$output" || return
	done
}

has() { # PACKAGE...
	for package in "$@"; do
		grep -qx "$package" "$here/installed" || fail "not installed: $package" "$output" || return
	done
}

has_not() { # PACKAGE...
	for package in "$@"; do
		! grep -qx "$package" "$here/installed" || fail "installed: $package" || return
	done
}

@test "deps: all is installed at once, and the second time there is nothing to do" {
	everything | debian
	deps 0
	has gcc clang bpftool bats chromium python3-dbg
	has_not linux-tools-generic
	says_not without
	[ "$(wc -l <"$here/log")" -eq 1 ]
	deps 0
	[ -z "$output" ] && [ "$(wc -l <"$here/log")" -eq 1 ]
}

@test "deps: make run does not install what only the tests need" {
	everything | debian
	deps 0 run
	has gcc clang bpftool python3-plotly
	has_not bats chromium bpftrace python3-dbg
}

@test "deps: a package that is unknown does not cost the others" {
	without bpftrace | debian
	deps 0
	has gcc clang bats
	says "without bpftrace: nothing is compared with bpftrace"
	# It is not asked for again and again.
	[ "$(wc -l <"$here/log")" -eq 1 ]
	deps 0
	says "without bpftrace"
	[ "$(wc -l <"$here/log")" -eq 1 ]
}

@test "deps: a package that cannot be installed does not cost the others" {
	everything | debian
	echo chromium >"$here/broken"
	deps 0
	has gcc clang bats chromium-driver
	has_not chromium
	says "without chromium: no page is opened in a browser"
}

@test "deps: without what the build needs it ends with 1 and says so" {
	without libck-dev libgsl-dev | debian
	deps 1
	says "the build needs libgsl-dev libck-dev:"
	has gcc clang
	deps 1 run
}

@test "deps: without clang nothing is traced, but the build goes on" {
	without clang | debian
	deps 0
	says "without clang: nothing is traced"
	: >"$here/installed"
	without clang libbpf-dev python3-jinja2 | debian
	deps 0
	says "without clang libbpf-dev: nothing is traced" "without python3-jinja2: no report"
}

@test "deps: the index is fetched where there is none" {
	everything | debian
	rm "$here/lists/"*
	deps 0
	[ "$(head -1 "$here/log")" = "apt-get update -qq" ]
	has gcc
}

@test "deps: the debug file is that of the interpreter that is there" {
	[ -e /usr/bin/python3 ] || skip "no /usr/bin/python3"
	version=$(basename "$(readlink -f /usr/bin/python3)")
	{
		everything
		echo "$version-dbg"
	} | debian
	deps 0
	has "$version-dbg"
	has_not python3-dbg
}

@test "deps: on Ubuntu bpftool and perf are parts of linux-tools" {
	without bpftool linux-perf chromium chromium-driver | debian
	deps 0
	has linux-tools-generic gcc
	says "without chromium chromium-driver: no page"
	says_not "nothing is traced" "nothing is compared with perf"
}

@test "deps: who is not root is told what to type" {
	everything | debian
	fake id 'echo 1000'
	deps 1 run
	says "sudo apt-get install" " gcc " " libgsl-dev "
	[ ! -s "$here/installed" ]
	without bats tmux >"$here/installed"
	deps 0
	says "sudo apt-get install bats tmux" "without tmux: tests/cli/live.bats is skipped"
}

@test "deps: on Fedora it says what to type" {
	printf 'NAME="Fedora Linux"\nID=fedora\n' >"$here/os-release"
	fake rpm 'cat "$HERE/installed"'
	deps 1
	says "sudo dnf install gcc " libcap-ng-devel zlib-devel "debuginfo-install python3"
	says_not libc6-dev zlib-ng-compat-devel linux-perf
	# What has everything by one of its names needs nothing.
	awk '$1 ~ /^(build|run|test)$/ && NF > 3 { sub(".*/", "", $3); print $3 }' "$deps" \
		>"$here/installed"
	deps 0
	[ -z "$output" ]
}

@test "deps: RHEL and its kin are Fedora's" {
	printf 'ID="rocky"\nID_LIKE="rhel centos fedora"\n' >"$here/os-release"
	fake rpm 'cat "$HERE/installed"'
	deps 1 run
	says "sudo dnf install"
	says_not chromium
}

@test "deps: elsewhere it says what is needed, and the build may try" {
	echo ID=arch >"$here/os-release"
	deps 0
	says "libgsl-dev"
}
