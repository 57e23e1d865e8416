# SPDX-License-Identifier: GPL-2.0-or-later
"""The headline experiment as a Python program: one list of random floats per thread.

usage: threads.py [OBJECTS [THREADS]]    prints the seconds it took
"""
import random
import sys
import threading
import time


def task(objects):
    return max([random.random() for _ in range(objects)])


def main():
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    start = time.perf_counter()
    threads = [threading.Thread(target=task, args=(objects,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{time.perf_counter() - start:.3f}")


if __name__ == "__main__":
    main()
