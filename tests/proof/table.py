# SPDX-License-Identifier: GPL-2.0-or-later
"""The proof's command line and table: what was planted, what was found, and is it contained?"""

import argparse
import sys


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--experiments", type=int, default=10)
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--tolerance", type=float, default=0.0,
                        help="of what is planted, or of 1 ms if that is more")
    parser.add_argument("names", nargs="*", help="default: all")
    return parser.parse_args()


class Finding:
    """Bounds of what was planted; median and interval of what was found. All in ms."""

    def __init__(self, planted, found):
        self.planted = planted
        self.found, self.low, self.high = found

    def is_contained(self, tolerance):
        off = tolerance * max(1, abs(self.planted[1]))
        return self.low - off <= self.planted[1] and self.planted[0] <= self.high + off


class Table:
    def __init__(self, options):
        self.options = options
        self.hits = {}
        print(f"{'':28}{'planted, ms':18}{'found, ms':26}contained")

    def count(self, name, hit):
        self.hits.setdefault(name, []).append(bool(hit))
        return "yes" if hit else "NO"

    def add(self, name, finding):
        said = self.count(name, finding.is_contained(self.options.tolerance))
        found = f"{finding.found:.2f} [{finding.low:.2f}, {finding.high:.2f}]"
        planted = "{:.2f} .. {:.2f}".format(*finding.planted)
        print(f"{name:28}{planted:18}{found:26}{said}", flush=True)

    def end(self):
        """Nine in ten must be contained; else the program fails."""
        print()
        for name, hits in self.hits.items():
            print(f"{name:28}{sum(hits)} of {len(hits)}")
        few = [name for name, hits in self.hits.items() if 10 * sum(hits) < 9 * len(hits)]
        if few:
            sys.exit("not often enough: " + ", ".join(few))
