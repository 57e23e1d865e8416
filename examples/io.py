# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that wait: clients on loopback of a server that thinks before it answers.

usage: io.py [ROUND_TRIPS [THREADS [MILLISECONDS]]]    prints the seconds it took

ROUND_TRIPS is for all threads together, so the work is the same with any number of them;
the server takes MILLISECONDS over each answer, as a database or another machine would.
"""
import socket
import sys
import threading
import time


def serve(connection, seconds):
    with connection:
        while True:
            request = connection.recv(64)
            if not request:
                return
            time.sleep(seconds)
            connection.sendall(request)


def accept_all(listener, count, seconds):
    for _ in range(count):
        connection = listener.accept()[0]
        threading.Thread(target=serve, args=(connection, seconds)).start()


def ask(address, round_trips):
    with socket.create_connection(address) as connection:
        for _ in range(round_trips):
            connection.sendall(b"?")
            if connection.recv(64) != b"?":
                raise ConnectionError("no answer")


def shares(total, count):
    return [total // count + (i < total % count) for i in range(count)]


def main():
    round_trips = int(sys.argv[1]) if len(sys.argv) > 1 else 1_600
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    seconds = float(sys.argv[3]) / 1_000 if len(sys.argv) > 3 else 0.005
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(count)
        start = time.perf_counter()
        threads = [threading.Thread(target=accept_all, args=(listener, count, seconds))]
        for share in shares(round_trips, count):
            threads.append(threading.Thread(target=ask, args=(listener.getsockname(), share)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"{time.perf_counter() - start:.3f}")


if __name__ == "__main__":
    main()
