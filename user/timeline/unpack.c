// SPDX-License-Identifier: GPL-2.0-or-later
// Unpacks one record at a time, and believes nothing.
#include "timeline/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "include/wait.h"
#include "timeline/varint.h"

/* The bytes of a record; the first error stays. */
struct fields {
	struct timeline_unpack *unpack;
	const uint8_t *at;
	const uint8_t *end;
	int err;
};

static int bad(struct timeline_unpack *unpack, const char *what)
{
	unpack->what = what;
	return -EBADMSG;
}

static uint64_t get(struct fields *fields)
{
	uint64_t value = 0;

	if (fields->err)
		return 0;
	fields->err = varint__get(&fields->at, fields->end, &value);
	if (fields->err == -EBADMSG)
		bad(fields->unpack, "a number is malformed");
	return value;
}

static uint64_t get_signed(struct fields *fields, uint64_t from)
{
	return from + (uint64_t)varint__unzigzag(get(fields));
}

static uint32_t get_u32(struct fields *fields)
{
	uint64_t value = get(fields);

	if (!fields->err && value > UINT32_MAX)
		fields->err = bad(fields->unpack, "a number is too large");
	return (uint32_t)value;
}

/* low 0: there may be none. */
static uint32_t get_slot(struct fields *fields, uint32_t low)
{
	uint64_t value = get(fields);

	if (!fields->err && (value < low || value > TIMELINE_MAX_SLOT))
		fields->err = bad(fields->unpack, "there is no such thread");
	return fields->err ? low : (uint32_t)value;
}

static void get_text(struct fields *fields, char *text, size_t size)
{
	uint64_t len = get(fields);

	text[0] = '\0';
	if (!fields->err && len >= size)
		fields->err = bad(fields->unpack, "a name is too long");
	if (!fields->err && len > (uint64_t)(fields->end - fields->at))
		fields->err = -ENODATA;
	if (fields->err)
		return;
	memcpy(text, fields->at, len);
	text[len] = '\0';
	fields->at += len;
}

/* Ours are made of these; another's is not to break a line of a list. */
static void clean_run_id(char *run_id)
{
	for (; *run_id; run_id++)
		if (!isalnum((unsigned char)*run_id) && !strchr("._-+:@", *run_id))
			*run_id = '?';
}

static uint64_t reference(const struct timeline_unpack *unpack, uint32_t slot)
{
	return unpack->on_ns[slot] ? unpack->on_ns[slot] : unpack->timeline->base_ns;
}

static void get_wait(struct fields *fields, struct off_stretch *off)
{
	uint64_t whole = off->on_ns - off->ready_ns, kind = get(fields);
	uint64_t throttled = kind == WAIT_THROTTLED ? whole : 0, self = kind == WAIT_SELF ? whole : 0;

	if (kind >= WAIT_MIXED) {
		throttled = get(fields);
		self = get(fields);
	}
	if (!fields->err && (kind >= WAITS || throttled > whole || self > whole - throttled))
		fields->err = bad(fields->unpack, "a part is longer than the whole");
	wait__set(off, throttled, self, kind == WAIT_IDLE || kind == WAIT_MIXED + 1);
}

static void get_cpus(struct fields *fields, unsigned int flags, struct timeline_stretch *stretch)
{
	struct timeline_unpack *unpack = fields->unpack;

	stretch->cpu_left = stretch->cpu = unpack->cpu[stretch->slot];
	if (flags & STRETCH_CPUS) {
		stretch->cpu_left = get_u32(fields);
		stretch->cpu = get_u32(fields);
	}
}

static void get_times(struct fields *fields, struct timeline_stretch *stretch)
{
	struct off_stretch *off = &stretch->off;
	uint64_t from = reference(fields->unpack, stretch->slot);

	off->off_ns = from + get(fields);
	off->ready_ns = off->off_ns + (stretch->state == THREAD_READY ? 0 : get(fields));
	off->on_ns = off->ready_ns + get(fields);
	if (!fields->err && (off->off_ns < from || off->ready_ns < off->off_ns ||
			     off->on_ns < off->ready_ns || stretch->hold >= STRETCH_HOLDS))
		fields->err = bad(fields->unpack, "a stretch ends before it begins");
	if (!fields->err && off->on_ns > off->ready_ns)
		get_wait(fields, off);
}

static int unpack_stretch(struct fields *fields, unsigned int flags)
{
	struct timeline_unpack *unpack = fields->unpack;
	struct timeline *timeline = unpack->timeline;
	struct timeline_stretch stretch = {
		.state = flags >> STRETCH_STATE_SHIFT & 3,
		.hold = (uint8_t)(flags >> STRETCH_HOLD_SHIFT),
	};

	stretch.slot = get_slot(fields, 1);
	get_cpus(fields, flags, &stretch);
	get_times(fields, &stretch);
	if (stretch.hold == STRETCH_FREE)
		stretch.released_ns = stretch.off.off_ns - get_signed(fields, 0);
	if (fields->err)
		return fields->err;
	stretch.lost = unpack->lost[stretch.slot] > UINT16_MAX
			       ? UINT16_MAX : (uint16_t)unpack->lost[stretch.slot];
	unpack->lost[stretch.slot] = 0;
	unpack->on_ns[stretch.slot] = stretch.off.on_ns;
	unpack->cpu[stretch.slot] = stretch.cpu;
	unpack->arrived = stretch.slot;
	return list__append(timeline->stretches, timeline->nstretches, stretch);
}

static int keep_lock(struct timeline_unpack *unpack, const struct timeline_lock_event *event)
{
	struct timeline *timeline = unpack->timeline;

	return list__append(timeline->locks, timeline->nlocks, *event);
}

static int unpack_take(struct fields *fields, unsigned int flags)
{
	struct timeline_lock_event event = { .kind = TIMELINE_TAKE, .wanted_ns = UINT64_MAX };
	enum timeline_wanted when = flags >> TAKE_WANTED_SHIFT;
	struct timeline_unpack *unpack = fields->unpack;

	event.forced = flags & TAKE_FORCED;
	event.to = flags & TAKE_SAME_TO ? unpack->arrived : get_slot(fields, 1);
	event.from = flags & TAKE_SAME_FROM ? unpack->taker : get_slot(fields, 0);
	event.handoff = event.from && event.from != event.to;
	event.taken_ns = reference(unpack, event.to) + get(fields);
	if (when != WANTED_UNKNOWN)
		event.released_ns = event.taken_ns - get(fields);
	if (when == WANTED_AT_RELEASE)
		event.wanted_ns = event.released_ns;
	else if (when == WANTED_LATER)
		event.wanted_ns = event.taken_ns - get(fields);
	if (fields->err)
		return fields->err;
	if (!event.to || event.released_ns > event.taken_ns ||
	    (when == WANTED_LATER && (event.wanted_ns > event.taken_ns ||
				      event.wanted_ns < event.released_ns)))
		return bad(unpack, "the lock is taken before it is free");
	unpack->taker = event.to;
	return keep_lock(unpack, &event);
}

static int unpack_lock(struct fields *fields, unsigned int flags, enum timeline_lock_kind kind)
{
	struct timeline_lock_event event = { .kind = kind, .wanted_ns = UINT64_MAX };

	event.from = event.to = get_slot(fields, 1);
	if (kind == TIMELINE_RELEASE)
		event.released_ns = get_signed(fields, reference(fields->unpack, event.from));
	if (flags & RELEASE_WANTED)
		event.wanted_ns = event.released_ns;
	return fields->err ? fields->err : keep_lock(fields->unpack, &event);
}

static int unpack_lost(struct fields *fields)
{
	uint32_t slot = get_slot(fields, 1), lost = get_u32(fields);

	if (!fields->err)
		fields->unpack->lost[slot] = lost;
	return fields->err;
}

static int unpack_thread(struct fields *fields, unsigned int flags)
{
	struct timeline_unpack *unpack = fields->unpack;
	struct timeline *timeline = unpack->timeline;
	struct timeline_thread thread = { .died_ns = UINT64_MAX, .since_ns = UINT64_MAX };

	thread.slot = get_slot(fields, 1);
	thread.tid = get_u32(fields);
	thread.cpu = get_u32(fields);
	thread.lost = get_u32(fields);
	thread.born_ns = get_signed(fields, timeline->base_ns);
	thread.state = flags >> THREAD_STATE_SHIFT & 3;
	if (flags & THREAD_IS_DEAD)
		thread.died_ns = get_signed(fields, thread.born_ns);
	if (flags & THREAD_IS_OFF)
		thread.since_ns = get_signed(fields, thread.born_ns);
	thread.throttled = flags & THREAD_IS_THROTTLED;
	get_text(fields, thread.comm, sizeof(thread.comm));
	if (fields->err)
		return fields->err;
	text__tame(thread.comm, '?');
	if (timeline->nthreads == TIMELINE_MAX_SLOT)
		return bad(unpack, "there are too many threads");
	return list__append(timeline->threads, timeline->nthreads, thread);
}

/* A lock known by calls: who has it at the end, or since when it is free. */
static void get_lock_end(struct fields *fields)
{
	struct timeline_lock_event *end = &fields->unpack->end;
	uint64_t wanted;

	*end = (struct timeline_lock_event){ .kind = TIMELINE_RELEASE, .wanted_ns = UINT64_MAX };
	end->to = get_slot(fields, 0);
	if (end->to)
		return;
	end->released_ns = get_signed(fields, fields->unpack->timeline->start_ns);
	wanted = get(fields);
	if (wanted)
		end->wanted_ns = end->released_ns + wanted - 1;
}

static int unpack_summary(struct fields *fields, unsigned int flags)
{
	struct timeline *timeline = fields->unpack->timeline;

	timeline->start_ns = get_signed(fields, timeline->base_ns);
	timeline->end_ns = timeline->start_ns + get(fields);
	timeline->switches[VOLUNTARY] = get(fields);
	timeline->switches[INVOLUNTARY] = get(fields);
	timeline->lost = get(fields);
	timeline->events_lost = get(fields);
	timeline->handoffs = get(fields);
	timeline->has_lock = flags & SUMMARY_HAS_LOCK;
	timeline->called = flags & SUMMARY_CALLED;
	timeline->valid = flags & SUMMARY_VALID;
	for (int state = 0; timeline->has_lock && state < LOCK_STATES; state++)
		timeline->lock_ns[state] = get(fields);
	if (timeline->has_lock && timeline->called)
		get_lock_end(fields);
	if (fields->err)
		return fields->err;
	if (fields->unpack->summed || timeline->end_ns < timeline->start_ns)
		return bad(fields->unpack, "its window makes no sense");
	fields->unpack->summed = true;
	return timeline->called && timeline->has_lock && !fields->unpack->end.to
		       ? keep_lock(fields->unpack, &fields->unpack->end) : 0;
}

static int unpack_begin(struct fields *fields)
{
	struct timeline *timeline = fields->unpack->timeline;

	get_text(fields, timeline->run_id, sizeof(timeline->run_id));
	clean_run_id(timeline->run_id);
	timeline->base_ns = get(fields);
	fields->unpack->begun = !fields->err;
	return fields->err;
}

static int unpack_end(struct timeline_unpack *unpack)
{
	unpack->ended = true;
	return unpack->summed ? 0 : bad(unpack, "it ends without its summary");
}

static int unpack_record(struct fields *fields)
{
	unsigned int first;

	if (!fields->unpack->begun)
		return unpack_begin(fields);
	if (fields->unpack->ended)
		return bad(fields->unpack, "it goes on behind its end");
	if (fields->at == fields->end)
		return -ENODATA;
	first = *fields->at++;
	switch (first & TIMELINE_KIND_MASK) {
	case PACKED_STRETCH: return unpack_stretch(fields, first);
	case PACKED_TAKE: return unpack_take(fields, first);
	case PACKED_RELEASE: return unpack_lock(fields, first, TIMELINE_RELEASE);
	case PACKED_HELD: return unpack_lock(fields, first, TIMELINE_HELD);
	case PACKED_LOST: return unpack_lost(fields);
	case PACKED_THREAD: return unpack_thread(fields, first);
	case PACKED_SUMMARY: return unpack_summary(fields, first);
	default: return unpack_end(fields->unpack);
	}
}

int timeline_unpack__next(struct timeline_unpack *unpack, const uint8_t **at, const uint8_t *end)
{
	struct fields fields = { .unpack = unpack, .at = *at, .end = end };
	int err = unpack_record(&fields);

	if (!err)
		*at = fields.at;
	return err;
}
