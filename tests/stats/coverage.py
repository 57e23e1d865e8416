# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints how many simulated experiments' 95 % intervals have the truth inside (make coverage)."""

import simulate

EXPERIMENTS = 1000
SEED = 20240611
BLOCKS = (6, 7, 12, 20, 40)


def percent(hits):
    return f"{100 * hits / EXPERIMENTS:.1f}"


def table(title, header, rows):
    width = max(len(row[0]) for row in [header, *rows])
    print(f"\n{title}\n")
    for row in [header, *rows]:
        print("  " + row[0].ljust(width) + "".join(cell.rjust(11) for cell in row[1:]), flush=True)


def medians():
    """Every number of blocks, the interval alone."""
    rows = [[str(blocks)] + [percent(simulate.of_values(law, blocks, EXPERIMENTS,
                                                        [SEED, blocks])["interval"])
                             for law in simulate.LAWS] for blocks in range(6, 61)]
    table("median, by number of blocks", ["blocks", *simulate.LAWS], rows)
    return rows


def figures(law):
    true = simulate.truth(law)
    columns = [simulate.of_verdicts(law, blocks, EXPERIMENTS, [SEED, blocks], true)
               for blocks in BLOCKS]
    rows = [[name] + [percent(column[name]) for column in columns] for name in simulate.FIGURES]
    table(f"figures of a verdict, {law} scatter, by number of blocks",
          ["figure", *map(str, BLOCKS)], rows)
    return rows


def main():
    print(f"Of {EXPERIMENTS} simulated experiments each, % whose 95 % interval has the truth"
          " inside\n(one such number scatters by 0.7 around what it would be for very many)")
    rows = medians() + [row for law in simulate.LAWS for row in figures(law)]
    cells = [float(cell) for row in rows for cell in row[1:]]
    print(f"\n{len(cells)} numbers from {min(cells)} to {max(cells)},"
          f" mean {sum(cells) / len(cells):.2f};"
          f" {sum(93 <= cell <= 97 for cell in cells)} between 93 and 97")


main()
