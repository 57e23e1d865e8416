# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader of RUN_ID.timeline by docs/timeline.md alone, which shares nothing with the C code.

read(path) gives a Timeline; its rows() are those of `switchtax timeline --format csv`.
"""
import bisect
import struct
import zlib

STATES = ("cpu", "ready", "lock_wait", "blocked")
LOCK_STATES = ("held_running", "held_preempted_self", "held_preempted_other", "held_blocked",
               "held_waking", "held_throttled", "handoff_signal", "handoff_queue",
               "handoff_queue_self", "handoff_queue_other", "handoff_throttled", "handoff_take",
               "free_idle")
UNIT = 32       # ns, in which the parts of a wait are counted; and the most of each
MOST = {"throttled": UNIT * 0xffffffff, "self": UNIT * 0x7fffffff}
HEADER = ("kind", "thread", "tid", "comm", "state", "start_ns", "end_ns", "cpu", "from_thread")


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        n = self.varint()
        return n // 2 if n % 2 == 0 else -(n + 1) // 2

    def text(self):
        length = self.varint()
        self.at += length
        return self.data[self.at - length:self.at]


class Thread:
    def __init__(self):
        self.stretches = []
        self.intervals = []     # state, from, to, cpu: absolute
        self.held_up_to = self.waited_up_to = 0     # of these lists: the lock's track is past


class Timeline:
    def __init__(self, data):
        magic, version = struct.unpack("<8sI", data[:12])
        assert magic == b"SWTXTIME" and version == 2, (magic, version)
        stream = zlib.decompressobj()
        body = stream.decompress(data[12:])
        assert stream.eof and not stream.unused_data, "truncated, or something follows"
        self.table, self.locks, self.on, self.cpu, self.lost = [], [], {}, {}, {}
        self.slots, self.arrived, self.taker, self.end = {}, 0, 0, None
        self.parse(Bytes(body))
        for slot, thread in self.slots.items():
            if slot in self.table:
                self.lay_out(thread)

    def slot(self, slot):
        return self.slots.setdefault(slot, Thread())

    def parse(self, b):
        self.run_id, self.base = b.text().decode(), b.varint()
        readers = {1: self.stretch, 2: self.take, 3: self.release, 4: self.held, 5: self.missing,
                   6: self.thread, 7: self.summary}
        while True:
            first = b.byte()
            if first & 7 == 0:
                break
            readers[first & 7](b, first)
        assert b.at == len(b.data), "something follows END"

    def stretch(self, b, flags):
        slot, state, hold = b.varint(), flags >> 3 & 3, flags >> 6
        left = to = self.cpu.get(slot)
        if flags & 0x20:
            left, to = b.varint(), b.varint()
        off = self.on.get(slot, self.base) + b.varint()
        ready = off if state == 1 else off + b.varint()
        on = ready + b.varint()
        wait = self.wait_parts(b, ready, on) if on > ready else (on, on, False)
        released = off - b.signed() if hold == 2 else None
        self.slot(slot).stretches.append((off, ready, on, STATES[state], left, to, hold, wait,
                                          released, self.lost.pop(slot, 0)))
        self.on[slot], self.cpu[slot], self.arrived = on, to, slot

    @staticmethod
    def wait_parts(b, ready, on):
        """Until when it was throttled, then had to wait for the run's own; was the rest idle?"""
        kind = b.varint()
        throttled = on - ready if kind == 3 else b.varint() if kind >= 4 else 0
        own = on - ready if kind == 1 else b.varint() if kind >= 4 else 0
        assert kind < 6 and throttled + own <= on - ready, (kind, throttled, own)
        throttled = min(ready + -(-throttled // UNIT) * UNIT, ready + MOST["throttled"], on)
        own = min(throttled + -(-own // UNIT) * UNIT, throttled + MOST["self"], on)
        return throttled, own, kind in (2, 5)

    def take(self, b, flags):
        to = self.arrived if flags & 0x10 else b.varint()
        source = self.taker if flags & 0x20 else b.varint()
        taken = self.on.get(to, self.base) + b.varint()
        released = None if flags >> 6 == 3 else taken - b.varint()
        wanted = {0: None, 1: released, 3: None}.get(flags >> 6)
        if flags >> 6 == 2:
            wanted = taken - b.varint()
        self.locks.append(("take", source, to, released, wanted, taken, bool(flags & 8)))
        self.taker = to

    def release(self, b, flags):
        slot = b.varint()
        released = self.on.get(slot, self.base) + b.signed()
        self.locks.append(("release", slot, 0, released, released if flags & 8 else None))

    def held(self, b, _flags):
        self.locks.append(("held", b.varint()))

    def missing(self, b, _flags):
        slot = b.varint()
        self.lost[slot] = b.varint()

    def thread(self, b, flags):
        slot = b.varint()
        thread = self.slot(slot)
        thread.tid, thread.cpu, thread.lost = b.varint(), b.varint(), b.varint()
        thread.born = self.base + b.signed()
        thread.died = thread.born + b.signed() if flags & 8 else None
        thread.since = thread.born + b.signed() if flags & 0x10 else None
        thread.state, thread.throttled = STATES[flags >> 5 & 3], bool(flags & 0x80)
        thread.comm = b.text().decode(errors="replace")
        self.table.append(slot)

    def summary(self, b, flags):
        self.start = self.base + b.signed()
        self.stop = self.start + b.varint()
        self.switches = b.varint() + b.varint()
        self.stream_lost, self.events_lost, self.handoffs = b.varint(), b.varint(), b.varint()
        self.valid, self.ledger = bool(flags & 0x20), None
        if flags & 8:
            self.ledger = dict(zip(LOCK_STATES, [b.varint() for _ in LOCK_STATES]))
        if flags & 0x18 == 0x18 and not b.varint():
            released = self.start + b.signed()
            wanted = b.varint()
            self.end = ("release", 0, 0, released, released + wanted - 1 if wanted else None)

    # --- threads ---

    def lay_out(self, thread):
        at, ran = thread.born, False
        put = thread.intervals.append
        for off, ready, on, state, left, _to, hold, _wait, _released, lost in thread.stretches:
            if not lost and (ran or off > at):
                put(("cpu", at, off, left))
            if hold != 3:
                put((state, off, ready, left if state == "cpu" else None))
            put(("ready", ready, on, None))
            at, ran = on, True
        stop = thread.died if thread.died is not None else max(at, self.stop)
        if thread.since is None:
            put(("cpu", at, stop, thread.cpu))
        else:
            if ran or thread.since > at:
                put(("cpu", at, thread.since, thread.cpu))
            put((thread.state, thread.since, stop, None))

    def number(self, slot):
        return self.table.index(slot) + 1 if slot in self.table else None

    def cut(self, start, stop):
        return max(start, self.start) - self.start, min(stop, self.stop) - self.start

    def thread_rows(self, slot):
        for state, start, stop, cpu in self.slots[slot].intervals:
            if stop < self.start or start >= self.stop:
                continue
            start, stop = self.cut(start, stop)
            if stop > start or state == "cpu":
                yield ("thread", slot, state, start, stop, cpu, None)

    # --- the lock ---

    def stay(self, state, slot, until):
        until = min(until, self.stop)
        if until <= self.at:
            return
        if self.track and self.track[-1][:2] == [state, slot]:
            self.track[-1][3] = until
        else:
            self.track.append([state, slot, self.at, until])
        self.at = until

    def hold(self, owner, until, from_before):
        if not owner:
            self.stay("free_idle", None, until)
            return
        thread = self.slots[owner]
        if from_before:
            self.stay("free_idle", None, min(thread.born, until))
        while (thread.held_up_to < len(thread.stretches) and
               thread.stretches[thread.held_up_to][2] <= self.at):
            thread.held_up_to += 1
        for off, ready, on, state, _left, _to, hold, wait, released, _lost in \
                thread.stretches[thread.held_up_to:]:
            if off >= until:
                break
            if hold == 2:
                self.stay("held_running", owner, min(released, until))
                self.stay("free_idle", None, min(on, until))
                continue
            if hold in (0, 3) and not from_before:
                continue
            throttled, own = wait[:2] if hold else (ready, ready)
            self.stay("held_running", owner, min(off, until))
            if state != "ready":
                self.stay("held_blocked", owner, min(ready, until))
            self.stay("held_throttled", owner, min(throttled, until))
            if state != "ready" and hold:
                self.stay("held_waking", owner, min(on, until))
            self.stay("held_preempted_self", owner, min(own, until))
            self.stay("held_preempted_other", owner, min(on, until))
        if thread.since is not None and thread.since < until:
            self.stay("held_running", owner, thread.since)
            self.stay("held_blocked" if thread.state != "ready" else "held_throttled"
                      if thread.throttled else "held_preempted_other", owner, until)
        self.stay("held_running", owner, until)

    def wait(self, slot, until):
        thread = self.slots[slot]
        self.stay("handoff_signal", slot, min(thread.born, until))
        while (thread.waited_up_to < len(thread.stretches) and
               thread.stretches[thread.waited_up_to][2] <= self.at):
            thread.waited_up_to += 1
        for off, ready, on, state, _left, _to, _hold, wait, _released, _lost in \
                thread.stretches[thread.waited_up_to:]:
            if off >= until:
                break
            throttled, own, idle = wait
            self.stay("handoff_take", slot, min(off, until))
            self.stay("handoff_take" if state == "cpu" else "handoff_signal", slot,
                      min(ready, until))
            self.stay("handoff_throttled", slot, min(throttled, until))
            self.stay("handoff_queue_self", slot, min(own, until))
            self.stay("handoff_queue" if idle else "handoff_queue_other", slot, min(on, until))
        self.stay("handoff_take", slot, until)

    def lock_track(self):
        self.track, self.at = [], self.start
        for thread in self.slots.values():
            thread.held_up_to = thread.waited_up_to = 0
        owner, before = 0, False
        for event in self.locks + ([self.end] if self.end else []):
            if event[0] == "held":
                if not owner:
                    owner, before = event[1], True
                continue
            released = self.start if event[3] is None else event[3]
            if not owner and event[3] is not None and self.at == self.start:
                owner = event[1]
            self.hold(owner, min(released, self.stop), before)
            until = event[5] if event[0] == "take" else self.stop
            self.stay("free_idle", None, until if event[4] is None else min(event[4], until))
            if event[0] == "take":
                self.wait(event[2], until)
            else:
                self.stay("handoff_signal", None, until)
            owner, before = event[2], False
        self.hold(owner, self.stop, before)
        return self.track

    def handoff_rows(self):
        for event in self.locks:
            if event[0] != "take" or event[1] in (0, event[2]):
                continue
            _kind, source, to, released, _wanted, taken, forced = event
            if not self.start <= taken < self.stop:
                continue
            start = max(released or 0, self.start)
            intervals = self.slots[to].intervals
            last = bisect.bisect_right(intervals, taken, key=lambda i: i[1]) - 1
            while intervals[last][0] != "cpu" and intervals[last][1] == intervals[last][2]:
                last -= 1
            yield ("handoff", to, "forced" if forced else "voluntary", start - self.start,
                   taken - self.start, intervals[last][3], source)

    def rows(self):
        """As the CSV has them: texts, with '' for what is missing."""
        rows = [row for slot in self.table for row in self.thread_rows(slot)]
        if self.ledger:
            for state, slot, start, stop in self.lock_track():
                rows.append(("lock", slot, state, start - self.start, stop - self.start, None,
                             None))
        rows += self.handoff_rows()
        for kind, slot, state, start, stop, cpu, source in rows:
            thread = self.slots.get(slot) if slot in self.table else None
            fields = (kind, self.number(slot), thread and thread.tid, thread and thread.comm, state,
                      start, stop, cpu, source and self.number(source))
            yield dict(zip(HEADER, ["" if f is None else str(f) for f in fields]))


def read(path):
    with open(path, "rb") as file:
        return Timeline(file.read())
