#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The workloads of the scheduler: what they refuse, and that nothing is changed by that.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0

setup() {
	workloads=$(cd "${BUILD:-build}" && pwd)/workloads
	cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
}

# refuses STATUS TEXT -- COMMAND...: that status, the text on stderr, no evidence on stdout.
refuses() {
	local wanted=$1 text=$2
	shift 3
	run --separate-stderr "$@"
	if ! { [ "$status" -eq "$wanted" ] && [ -z "$output" ] && [[ $stderr == *"$text"* ]]; }; then
		echo "$*: exit $status, stdout '$output', stderr '$stderr'"
		return 1
	fi
}

# As somebody who may not raise a priority.
weakly() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- "$@"
}

policies() {
	chrt -p $$ && nice
}

@test "timeslice: usage" {
	for bad in 0 257 -1 four ""; do
		refuses 2 "--workers: '$bad'" -- "$workloads/timeslice" --workers="$bad"
	done
	refuses 2 "threads, processes" -- "$workloads/timeslice" --who=fibres
	refuses 2 "--cpu: " -- "$workloads/timeslice" --cpu=1000
	refuses 2 "--ms: '0'" -- "$workloads/timeslice" --ms=0
}

@test "priority: usage" {
	refuses 2 "nice, rotation, preemption, births" -- "$workloads/priority" --part=all
	refuses 2 "other, batch, rr, fifo" -- "$workloads/priority" --part=rotation --policy=lottery
	refuses 2 "takes none" -- "$workloads/priority" --part=nice --policy=rr
	refuses 2 "at most 800" -- "$workloads/priority" --part=rotation --ms=801
	for bad in 20 -21 0,,5 "0,5," x "" 1,2,3,4,5,6,7,8,9; do
		refuses 2 "from -20 to 19" -- "$workloads/priority" --nice="$bad"
	done
	for bad in 0 99 -1; do
		refuses 2 "--priority: '$bad'" -- "$workloads/priority" --part=rotation --priority="$bad"
	done
	refuses 2 "--cpu: " -- "$workloads/priority" --cpu=1000
	refuses 2 "--forks: '0'" -- "$workloads/priority" --part=births --forks=0
}

@test "priority: what the machine refuses is said, and nothing has changed" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to give it up"
	# A folder that only its owner may enter must not be what is refused.
	install -m 755 "$workloads/priority" "$BATS_TEST_TMPDIR/priority"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cd /
	# Whoever runs the suite with a better level may have those below it.
	renice -n 0 -p $$ >/dev/null
	before=$(policies)
	refuses 3 "ulimit" -- weakly "$BATS_TEST_TMPDIR/priority" --nice=-5,0 --ms=10
	[ "$(policies)" = "$before" ]
}

@test "priority: under nice, the levels from there on are to be had" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to give it up"
	[ "$(nice)" -le 7 ] || skip "is run at nice level $(nice)"
	install -m 755 "$workloads/priority" "$BATS_TEST_TMPDIR/priority"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	cd /
	local add=$((7 - $(nice)))
	refuses 3 "started at nice level 7, and may not go to level 0: ask for levels from 7" -- \
		nice -n "$add" "$BASH" -c 'setpriv --reuid=65534 --regid=65534 --clear-groups \
		--no-new-privs -- "$@"' - "$BATS_TEST_TMPDIR/priority" --nice=9,0,5 --ms=10
	run nice -n "$add" setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- \
		"$BATS_TEST_TMPDIR/priority" --nice=7,12 --ms=10
	[ "$status" -eq 0 ]
	[[ $output == *"obs nice_share 12 "* ]]
}

@test "priority: real-time policies are refused on the only CPU" {
	before=$(policies)
	for part in rotation preemption; do
		refuses 3 "second CPU" -- taskset -c "$cpu" "$workloads/priority" --part="$part"
	done
	[ "$(policies)" = "$before" ]
	run taskset -c "$cpu" "$workloads/priority" --part=rotation --optional
	[ "$status" -eq 0 ] && [[ $output == *"obs realtime refused 1 count"* ]]
	# What needs no real-time policy runs there all the same.
	run taskset -c "$cpu" "$workloads/priority" --part=rotation --policy=other --ms=20
	[ "$status" -eq 0 ] && [[ $output == *"obs turns - "* ]]
}

@test "timeslice: the shares are of all spinners, threads and processes, and sum to 1" {
	for who in threads processes; do
		"$workloads/timeslice" --workers=3 --ms=50 --who="$who" --cpu="$cpu" |
			awk '$2 == "cpu_share" { n++; sum += $4 }
			     $2 == "fairness" { fair = $4 }
			     END { exit !(n == 3 && sum > 0.999 && sum < 1.001 &&
			                  fair > 0.333 && fair < 1.001) }'
	done
}
