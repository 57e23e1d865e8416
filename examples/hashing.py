# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that let go of the global lock in C: hashing and compressing large buffers.

usage: hashing.py [BUFFERS [THREADS]]    prints the seconds it took

BUFFERS of 1 MiB are shared out among the threads, so the work is the same with any number
of them: compare with THREADS = 1.
"""
import hashlib
import random
import sys
import threading
import time
import zlib

BUFFER_BYTES = 1 << 20


def make_buffer():
    """Text of 16 letters: zlib has to look for what repeats, and halves it."""
    numbers = random.Random(1)
    return "".join(f"{numbers.getrandbits(64):016x}" for _ in range(BUFFER_BYTES // 16)).encode()


def work(data, count):
    for _ in range(count):
        hashlib.sha256(data).digest()
        zlib.compress(data, 1)


def shares(total, count):
    return [total // count + (i < total % count) for i in range(count)]


def main():
    buffers = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    data = make_buffer()
    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(data, n)) for n in shares(buffers, count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{time.perf_counter() - start:.3f}")


if __name__ == "__main__":
    main()
