# SPDX-License-Identifier: GPL-2.0-or-later
"""make_timeline.py FILE [VERSION]: a small timeline by docs/timeline.md, for tests without root.

Two threads pass a lock once: the first holds it from 10 to 60 us of a window of 100 us, then the
second, whose name is hard to print.
"""
import struct
import sys
import zlib


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def signed(value):
    return varint(2 * value if value >= 0 else -2 * value - 1)


def text(value):
    return varint(len(value)) + value


def numbers(*values):
    return b"".join(varint(value) for value in values)


BASE, US = 1_000_000, 1000
body = text(b"001-01-trace-traced") + varint(BASE)
# base is 50 us before the window. The first takes it, the second sleeps on it.
body += bytes([2 | 3 << 6]) + numbers(1, 0, 60 * US)
body += bytes([1 | 2 << 3 | 0x20]) + numbers(2, 0, 1, 70 * US, 42 * US, 3 * US, 2)
# Released at 60 us and wanted then, taken at 67 us: 2 asleep, 3 in the queue of an idle CPU, 2 to
# take it.
body += bytes([2 | 8 | 0x10 | 0x20 | 1 << 6]) + numbers(2 * US, 7 * US)
body += bytes([6]) + numbers(1, 101, 0, 0) + signed(0) + text(b"plain")
body += bytes([6]) + numbers(2, 102, 1, 0) + signed(0) + text(b'a,"b\n\xff\xc3\xa9')
body += bytes([7 | 8 | 0x20]) + signed(50 * US) + numbers(100 * US, 1, 0, 0, 0, 1)
body += numbers(*[ns * US for ns in (83, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 2, 10)]) + b"\0"
version = int(sys.argv[2]) if len(sys.argv) > 2 else 2
with open(sys.argv[1], "wb") as file:
    file.write(b"SWTXTIME" + struct.pack("<I", version) + zlib.compress(body))
