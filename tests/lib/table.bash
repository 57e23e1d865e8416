# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Questions to CSV files whose fields hold no commas, as all of ours but `reason`.

# select FILE 'CONDITION' 'COLUMNS': awk over rows, with columns as $c["name"].
select_rows() {
	awk -F, "NR == 1 { for (i = 1; i <= NF; i++) c[\$i] = i; next } $2 { print $3 }" "$1"
}
