# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016 # $c["name"] is for awk
# What must add up in every traced run, told from the CSV files of a results folder alone.
# Needs table.bash.

# L1: the states of each lock sum to its window, within 0.1 % (or 20 us), which is the run's if there
# is no other and it was known all the time; what was not known of its process and its window are no more
# than the run's. That holds what a workload of ours says by its own clock. The parts of held_running,
# where there are any, are four and sum to it exactly.
assert_l1() { # FOLDER
	local locks=$1/locks.csv

	[ -e "$locks" ] || locks=/dev/null
	awk -F, '
		FNR == 1 { delete c; for (i = 1; i <= NF; i++) c[$i] = i }
		FNR == 1 { file = FILENAME; sub(/.*\//, "", file); next }
		{ run = $c["run_id"]; id = run }
		file != "runs.csv" && ("lock" in c) && $c["lock"] > 1 { id = run " lock " $c["lock"] }
		file == "ledger.csv" && $c["state"] ~ /^held_running\./ {
			parts[id] += $c["ns"]; count[id]++; next
		}
		file == "ledger.csv" && $c["state"] == "held_running" { held[id] = $c["ns"] }
		file == "ledger.csv" { sum[id] += $c["ns"]; states[id]++; of[id] = run; next }
		file == "locks.csv" {
			locks[run]++
			if ($c["window_ns"] != "") own[id] = $c["window_ns"]
			if ("unseen_ns" in c) unseen[id] = $c["unseen_ns"]
			if ("whole" in c && $c["whole"] == "0" || unseen[id] > 0) late[id]
		}
		file == "runs.csv" && $c["traced"] == 1 {
			window[run] = $c["window_ns"]
			if ($c["workers"] != "" && (run in sum) && window[run] < $c["wall_ns"]) {
				print run, "window", window[run], "own", $c["wall_ns"]; bad = 1
			}
		}
		END {
			for (id in sum) {
				if (!(of[id] in window))
					continue
				wall = locks[of[id]] > 1 || id in late ? own[id] : window[of[id]]
				if (wall + unseen[id] > window[of[id]] * 1.001 + 20000) {
					print id, "window", wall, "and", unseen[id], "not known, of",
						window[of[id]]
					bad = 1
				}
				off = sum[id] - wall
				if (off < 0) off = -off
				if (states[id] != 13 || (off > wall / 1000 && off > 20000)) {
					print id, "states", states[id], "sum", sum[id], "wall", wall
					bad = 1
				}
				if ((id in count) && (count[id] != 4 || parts[id] != held[id])) {
					print id, "parts", count[id], "sum", parts[id], "held", held[id]
					bad = 1
				}
				checked++
			}
			print checked + 0 " ledgers add up"; exit bad || !checked
		}' "$1/ledger.csv" "$locks" "$1/runs.csv"
}

# T1: cpu + ready + lock_wait + blocked = life, within 0.1 % (or 20 us), thread by thread; and of
# all that have no row together, whose tid is missing.
assert_t1() { # FOLDER
	select_rows "$1/threads.csv" '1' '$c["run_id"], $c["tid"] + 0, $c["life_ns"],
		$c["cpu_ns"] + $c["ready_ns"] + $c["lock_wait_ns"] + $c["blocked_ns"]' |
		awk '{ off = $4 - $3; if (off < 0) off = -off; n++
		       if (off > $3 / 1000 && off > 20000) { print "T1 broken:", $0; bad = 1 } }
		     END { exit bad || !n }'
}

# T2: our counts are the kernel's, kind by kind, exactly.
assert_t2() { # FOLDER
	local broken

	broken=$(select_rows "$1/threads.csv" '$c["switches_voluntary"] != $c["kernel_voluntary"] ||
		$c["switches_involuntary"] != $c["kernel_involuntary"]' '"T2 broken:", $0')
	[ -z "$broken" ] || { echo "$broken" && return 1; }
}

# Every traced run says that it is valid, and lost nothing.
assert_valid() { # FOLDER
	local broken

	broken=$(select_rows "$1/runs.csv" '$c["traced"] == 1 && ($c["valid"] != 1 ||
		$c["events_lost"] != 0)' '$0')
	[ -z "$broken" ] || { echo "$broken" && return 1; }
}

# A lock known by calls: as many releases as acquisitions, give or take one a thread that is
# between the two, and as many acquisitions and hand-offs as all threads together had.
assert_calls() { # FOLDER
	awk -F, '
		FNR == 1 { delete c; for (i = 1; i <= NF; i++) c[$i] = i; file++; next }
		file == 1 {
			threads++; taken += $c["acquisitions"]; in_hands += $c["handoffs_in"]; next
		}
		{
			a = $c["acquisitions"]; off = a - $c["releases"]; h = $c["handoffs"]
			print a " acquisitions, " $c["releases"] " releases, " h " hand-offs; threads " \
				threads ": " taken " and " in_hands
			ok = a > 0 && off <= threads && -off <= threads && h <= a &&
				$c["handoffs_forced"] <= h && taken == a && in_hands == h
		}
		END { exit !ok }' "$1/threads.csv" "$1/runs.csv"
}

assert_threads() { # FOLDER
	assert_t1 "$1" && assert_t2 "$1" && assert_valid "$1"
}

assert_identities() { # FOLDER
	# A reason with a comma in it shifts the columns below: here it is readable.
	grep ',1,0,"' "$1/runs.csv" || true
	assert_l1 "$1" && assert_threads "$1"
}
