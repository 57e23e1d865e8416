# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets go of the global lock as often as Python can: what a tracer of the lock costs at worst.

usage: yielding.py [RELEASES [THREADS [STEPS]]]

RELEASES is for all threads together. Each is one os.lseek() on /dev/null, the cheapest call
that lets go of the lock; STEPS of an empty loop come between two of them, to have fewer a second.
Prints the releases, the seconds they took, and releases per second.
"""
import os
import sys
import threading
import time


def let_go(fd, count, steps):
    lseek = os.lseek
    if not steps:
        for _ in range(count):
            lseek(fd, 0, 0)
        return
    for _ in range(count):
        for _ in range(steps):
            pass
        lseek(fd, 0, 0)


def shares(total, count):
    return [total // count + (i < total % count) for i in range(count)]


def main():
    releases = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    fd = os.open(os.devnull, os.O_RDONLY)
    start = time.perf_counter()
    threads = [threading.Thread(target=let_go, args=(fd, share, steps))
               for share in shares(releases, count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    print(f"releases {releases}\nseconds {seconds:.3f}")
    print(f"releases_per_second {releases / seconds:.0f}")


if __name__ == "__main__":
    main()
