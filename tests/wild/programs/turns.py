# Threads that compute in turns. usage: turns.py THREADS ROUNDS [COMMAND...]
# Executes the command at the end, if there is one.
import os
import sys
import threading


def count():
    for _ in range(int(sys.argv[2])):
        sum(range(100_000))


threads = [threading.Thread(target=count, daemon=True) for _ in range(int(sys.argv[1]))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if sys.argv[3:]:
    os.execvp(sys.argv[3], sys.argv[3:])
