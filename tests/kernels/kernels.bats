#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One kernel of `make kernels`, with its quick checks, where the machine can boot it in time.
# TIME=110: seconds that it may take, downloads included.
# shellcheck disable=SC2154 # what `run` sets

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$root" || return
	limit=${TIME:-110}
}

needs() { # COMMAND PACKAGE
	command -v "$1" >/dev/null || skip "no $1 (package $2)"
}

# A guest that is cut off has said nothing wrong yet.
boot() { # NAME CHECKS
	run env CHECKS="$2" timeout -k 5 "$limit" tests/kernels/run "$1"
	echo "$output"
	[ "$status" -ne 124 ] || skip "no time: $1 takes more than $limit s here"
	[[ $output != *"; skipped"* ]] || skip "$(sed -n 's/; skipped$//p' <<<"$output")"
	[ "$status" -eq 0 ]
}

@test "kernels: Debian 13's kernel counts hand-offs exactly, and its accounts add up" {
	[ "$(uname -m)" = x86_64 ] || skip "for x86_64"
	needs qemu-system-x86_64 qemu-system-x86
	needs busybox busybox-static
	needs cpio cpio
	needs readelf binutils
	boot 6.12-cloud "doctor planted locks"
}
