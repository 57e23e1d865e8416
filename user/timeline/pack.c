// SPDX-License-Identifier: GPL-2.0-or-later
// Packs: differences instead of times, and nothing that can be worked out from the rest.
#include "timeline/pack.h"

#include <string.h>

#include "include/wait.h"
#include "timeline/varint.h"

struct bytes {
	uint8_t *start;
	size_t len;
};

static void put(struct bytes *bytes, uint64_t value)
{
	bytes->len += varint__put(bytes->start + bytes->len, value);
}

static void put_signed(struct bytes *bytes, uint64_t value, uint64_t from)
{
	put(bytes, varint__zigzag((int64_t)(value - from)));
}

/* Never before; clocks of two CPUs might disagree by a little. */
static void put_after(struct bytes *bytes, uint64_t value, uint64_t from)
{
	put(bytes, value > from ? value - from : 0);
}

static struct bytes begin(uint8_t *to, unsigned int first)
{
	to[0] = (uint8_t)first;
	return (struct bytes){ .start = to, .len = 1 };
}

static void put_text(struct bytes *bytes, const char *text, size_t len)
{
	put(bytes, len);
	memcpy(bytes->start + bytes->len, text, len);
	bytes->len += len;
}

/* What a time of this thread is measured from. */
static uint64_t reference(const struct timeline_pack *pack, uint32_t slot)
{
	return pack->on_ns[slot] ? pack->on_ns[slot] : pack->base_ns;
}

size_t timeline_pack__begin(struct timeline_pack *pack, const char *run_id, uint64_t base_ns,
			    uint8_t *to)
{
	struct bytes bytes = { .start = to };

	*pack = (struct timeline_pack){ .base_ns = base_ns };
	put_text(&bytes, run_id, strnlen(run_id, TIMELINE_RECORD_SIZE / 2));
	put(&bytes, base_ns);
	return bytes.len;
}

/* Whose the CPU was meanwhile: what is all of one kind in one byte. */
static void put_wait(struct bytes *bytes, const struct off_stretch *off)
{
	uint64_t throttled = wait__throttled_until(off), self = wait__self_until(off);
	bool idle = wait__was_idle(off);

	if (throttled == off->on_ns) {
		put(bytes, WAIT_THROTTLED);
	} else if (throttled == off->ready_ns && self == off->on_ns) {
		put(bytes, WAIT_SELF);
	} else if (self == off->ready_ns) {
		put(bytes, idle ? WAIT_IDLE : WAIT_OTHER);
	} else {
		put(bytes, WAIT_MIXED + idle);
		put(bytes, throttled - off->ready_ns);
		put(bytes, self - throttled);
	}
}

/* A thread that was just adopted, and whose state nobody has seen, counts as asleep. */
static unsigned int known_state(uint32_t state)
{
	return state < THREAD_STATES ? state : THREAD_BLOCKED;
}

static size_t pack_lost(const struct stretch_event *event, uint8_t *to)
{
	struct bytes bytes = begin(to, PACKED_LOST);

	put(&bytes, event->slot);
	put(&bytes, event->lost);
	return bytes.len;
}

static size_t pack_stretch(struct timeline_pack *pack, const struct stretch_event *event,
			   uint8_t *to)
{
	size_t before = event->lost ? pack_lost(event, to) : 0;
	uint32_t slot = event->slot;
	bool cpus = pack->cpu[slot] != event->cpu_left + 1 || event->cpu != event->cpu_left;
	unsigned int state = known_state(event->state);
	struct bytes bytes = begin(to + before, PACKED_STRETCH | state << STRETCH_STATE_SHIFT |
				   (cpus ? STRETCH_CPUS : 0) | event->hold << STRETCH_HOLD_SHIFT);

	put(&bytes, slot);
	if (cpus) {
		put(&bytes, event->cpu_left);
		put(&bytes, event->cpu);
	}
	put_after(&bytes, event->off.off_ns, reference(pack, slot));
	if (state != THREAD_READY)
		put(&bytes, event->off.ready_ns - event->off.off_ns);
	put(&bytes, event->off.on_ns - event->off.ready_ns);
	if (event->off.on_ns > event->off.ready_ns)
		put_wait(&bytes, &event->off);
	if (event->hold == STRETCH_FREE)
		put_signed(&bytes, event->off.off_ns, event->released_ns);
	pack->on_ns[slot] = event->off.on_ns;
	pack->cpu[slot] = event->cpu + 1;
	pack->arrived = slot;
	return before + bytes.len;
}

static enum timeline_wanted since_when(uint64_t released, uint64_t wanted, uint64_t taken)
{
	if (!released)
		return WANTED_UNKNOWN;
	if (wanted >= taken)
		return WANTED_NEVER;
	return wanted == released ? WANTED_AT_RELEASE : WANTED_LATER;
}

static size_t pack_take(struct timeline_pack *pack, const struct handoff_event *event, uint8_t *to)
{
	uint64_t taken = event->t_ns, released = event->released_ns, wanted = event->wanted_ns;
	bool same_to = event->to_slot == pack->arrived, same_from = event->from_slot == pack->taker;
	enum timeline_wanted when;
	struct bytes bytes;

	/* A stamp from another CPU may lie behind. */
	released = released > taken ? taken : released;
	wanted = wanted < released ? released : wanted;
	when = since_when(released, wanted, taken);
	bytes = begin(to, PACKED_TAKE | (event->forced ? TAKE_FORCED : 0) |
		      (same_to ? TAKE_SAME_TO : 0) | (same_from ? TAKE_SAME_FROM : 0) |
		      (unsigned int)when << TAKE_WANTED_SHIFT);
	if (!same_to)
		put(&bytes, event->to_slot);
	if (!same_from)
		put(&bytes, event->from_slot);
	put_after(&bytes, taken, reference(pack, event->to_slot));
	if (when != WANTED_UNKNOWN)
		put(&bytes, taken - released);
	if (when == WANTED_LATER)
		put(&bytes, taken - wanted);
	pack->taker = event->to_slot;
	return bytes.len;
}

static size_t pack_lock(const struct timeline_pack *pack, const struct lock_event *event,
			uint8_t *to)
{
	bool release = event->kind == STREAM_RELEASE;
	struct bytes bytes = begin(to, (release ? PACKED_RELEASE : PACKED_HELD) |
				   (event->wanted ? RELEASE_WANTED : 0));

	put(&bytes, event->slot);
	if (release)
		put_signed(&bytes, event->t_ns, reference(pack, event->slot));
	return bytes.len;
}

static bool is_slot(uint32_t slot)
{
	return slot && slot < MAX_THREADS;
}

size_t timeline_pack__event(struct timeline_pack *pack, const void *event, size_t size,
			    uint8_t *to)
{
	const struct stretch_event *stretch = event;
	const struct handoff_event *take = event;
	const struct lock_event *lock = event;

	if (size < sizeof(*lock))
		return 0;
	switch (lock->kind) {
	case STREAM_STRETCH:
		return size >= sizeof(*stretch) && is_slot(stretch->slot) &&
		       stretch->hold < STRETCH_HOLDS ? pack_stretch(pack, stretch, to) : 0;
	case STREAM_TAKE:
		return size >= sizeof(*take) && is_slot(take->to_slot) ? pack_take(pack, take, to)
									: 0;
	case STREAM_RELEASE:
	case STREAM_HELD: return is_slot(lock->slot) ? pack_lock(pack, lock, to) : 0;
	default: return 0;
	}
}

size_t timeline_pack__thread(const struct timeline_pack *pack, const struct trace *trace,
			     const struct thread_record *thread, uint8_t *to)
{
	bool dead = thread->state == THREAD_DEAD;
	bool off = !dead && thread->state != THREAD_CPU && thread->since_ns < trace->end_ns;
	unsigned int flags = (dead ? THREAD_IS_DEAD : 0) | (off ? THREAD_IS_OFF : 0) |
			     (off ? known_state(thread->state) << THREAD_STATE_SHIFT : 0) |
			     (off && thread->throttled ? THREAD_IS_THROTTLED : 0);
	struct bytes bytes = begin(to, PACKED_THREAD | flags);

	put(&bytes, thread->slot);
	put(&bytes, thread->tid);
	put(&bytes, thread->cpu);
	put(&bytes, thread->stream_lost);
	put_signed(&bytes, thread->born_ns, pack->base_ns);
	if (dead)
		put_signed(&bytes, thread->died_ns, thread->born_ns);
	if (off)
		put_signed(&bytes, thread->since_ns, thread->born_ns);
	put_text(&bytes, thread->comm, strnlen(thread->comm, COMM_BYTES));
	return bytes.len;
}

/* A lock known by calls is not told to be free at the end: the accounts know. */
static void put_lock_end(struct bytes *bytes, const struct trace *trace)
{
	const struct lock_record *lock = &trace->locks[trace->streamed_lock - 1];
	uint32_t holder = lock->holder & ~CLAIM;

	put(bytes, holder);
	if (holder)
		return;
	put_signed(bytes, lock->free_since_ns, trace->start_ns);
	put(bytes, lock->wanted_since_ns >= lock->free_since_ns && lock->wanted_since_ns
			   ? lock->wanted_since_ns - lock->free_since_ns + 1 : 0);
}

/* The lock that the timeline shows; NULL: none is known. */
static const struct ledger_lock *shown_lock(const struct trace *trace, const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nlocks; i++)
		if (ledger->locks[i].index == trace->streamed_lock)
			return &ledger->locks[i];
	return NULL;
}

size_t timeline_pack__summary(const struct timeline_pack *pack, const struct trace *trace,
			      const struct ledger *ledger, uint8_t *to)
{
	const struct ledger_lock *lock = shown_lock(trace, ledger);
	unsigned int flags = (lock ? SUMMARY_HAS_LOCK : 0) |
			     (ledger->called ? SUMMARY_CALLED : 0) |
			     (ledger->valid ? SUMMARY_VALID : 0);
	struct bytes bytes = begin(to, PACKED_SUMMARY | flags);
	bool window = trace->opened && trace->closed;

	put_signed(&bytes, window ? trace->start_ns : pack->base_ns, pack->base_ns);
	put(&bytes, window && trace->end_ns > trace->start_ns ? trace->end_ns - trace->start_ns
							       : 0);
	put(&bytes, ledger->switches[VOLUNTARY]);
	put(&bytes, ledger->switches[INVOLUNTARY]);
	put(&bytes, trace->losses[LOSS_STREAM]);
	put(&bytes, ledger->events_lost);
	put(&bytes, lock ? lock->handoffs : ledger->handoffs);
	if (!lock)
		return bytes.len;
	for (int state = 0; state < LOCK_STATES; state++)
		put(&bytes, lock->ns[state]);
	if (ledger->called)
		put_lock_end(&bytes, trace);
	return bytes.len;
}
