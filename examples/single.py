# SPDX-License-Identifier: GPL-2.0-or-later
"""The headline experiment as a Python program: one list of random floats after the other.

usage: single.py [OBJECTS [LISTS]]    prints the seconds it took

threads.py does the same work with one thread per list.
"""
import random
import sys
import time


def task(objects):
    return max([random.random() for _ in range(objects)])


def main():
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    start = time.perf_counter()
    for _ in range(count):
        task(objects)
    print(f"{time.perf_counter() - start:.3f}")


if __name__ == "__main__":
    main()
