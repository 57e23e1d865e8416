#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The house's rule of includes holds, and what breaks it is found.
# shellcheck disable=SC2016 # backquotes are markdown's

setup() {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/docs"
	cp -r "$BATS_TEST_DIRNAME/../../user" "$tree"
	cp "$BATS_TEST_DIRNAME/../../docs/architecture.md" "$tree/docs"
	wings=$BATS_TEST_DIRNAME/../tools/wings
}

# A line is put into a file of the copy; one breach is to be found, and named.
planted() { # FILE LINE WORDS
	printf '%s\n' "$2" >>"$tree/$1"
	run "$wings" "$tree"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$3"* ]]
	[[ $output == *"wings: 1 breaches in "* ]]
}

@test "wings: no include goes up, and none in a circle" {
	run "$wings"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ^wings:\ 0\ breaches\ in\ [0-9]{3}\ files\ of\ 20\ wings$ ]]
	run "$wings" "$tree"
	[ "$status" -eq 0 ]
}

@test "wings: an include that goes up" {
	planted user/base/log.c '#include "cli/options.h"' \
		'user/base/log.c: "cli/options.h" goes up, from base/ to cli/'
}

@test "wings: an include that does not say its wing" {
	planted user/report/report.c '#include "notes.h"' 'report.c: "notes.h" does not say its wing'
}

@test "wings: an include of no wing" {
	planted user/report/report.c '#include "attic/notes.h"' '"attic/notes.h" is of no wing'
}

@test "wings: another wing's parts" {
	planted user/cli/run.c '#include "tracer/parts.h"' '"tracer/parts.h" is for tracer/ alone'
}

@test "wings: files that include each other" {
	planted user/report/notes.h '#include "report/parts.h"' \
		'a circle: report/parts -> report/notes -> report/parts'
}

@test "wings: a file beside the wings, and a wing without a row" {
	mkdir "$tree/user/attic"
	touch "$tree/user/stray.c"
	run "$wings" "$tree"
	[ "$status" -eq 1 ]
	[[ $output == *"user/attic: neither main.c nor a wing"* ]]
	[[ $output == *"user/stray.c: neither main.c nor a wing"* ]]
}

@test "wings: a row without a wing" {
	sed -i 's/^| `cli/| `attic\/` | nothing |\n&/' "$tree/docs/architecture.md"
	run "$wings" "$tree"
	[ "$status" -eq 1 ]
	[[ $output == *"there is no user/attic/"* ]]
}
