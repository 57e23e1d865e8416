/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_format - what writer and reader of RUN_ID.timeline agree on. docs/timeline.md says
 * it byte by byte, for readers by others: whoever changes one changes the other, and the
 * version.
 */
#ifndef SWITCHTAX_TIMELINE_FORMAT_H
#define SWITCHTAX_TIMELINE_FORMAT_H

#define TIMELINE_SUFFIX ".timeline"

/* The head: magic, and the version as four bytes, lowest first. A zlib stream follows. */
#define TIMELINE_MAGIC "SWTXTIME"
#define TIMELINE_MAGIC_SIZE 8
#define TIMELINE_HEAD_SIZE 12
#define TIMELINE_VERSION 2

/* The low three bits of a record's first byte. */
enum timeline_record {
	PACKED_END,
	PACKED_STRETCH,
	PACKED_TAKE,
	PACKED_RELEASE,
	PACKED_HELD,
	PACKED_LOST,
	PACKED_THREAD,
	PACKED_SUMMARY,
};

#define TIMELINE_KIND_MASK 0x07

/* The high bits, by kind. */
#define STRETCH_STATE_SHIFT	3	/* two bits: enum thread_state */
#define STRETCH_CPUS		0x20	/* CPU left and CPU come to follow */
#define STRETCH_HOLD_SHIFT	6	/* two bits: enum stretch_hold */

#define TAKE_FORCED		0x08
#define TAKE_SAME_TO		0x10	/* by the thread of the last stretch: it is left out */
#define TAKE_SAME_FROM		0x20	/* from whoever took it last: it is left out */
#define TAKE_WANTED_SHIFT	6	/* two bits: enum timeline_wanted */

#define RELEASE_WANTED		0x08

#define THREAD_IS_DEAD		0x08
#define THREAD_IS_OFF		0x10	/* off the CPU at the window's end, since ... follows */
#define THREAD_STATE_SHIFT	5
#define THREAD_IS_THROTTLED	0x80

#define SUMMARY_HAS_LOCK	0x08
#define SUMMARY_CALLED		0x10	/* the lock is known by calls, not announced */
#define SUMMARY_VALID		0x20

/* Since when somebody waited for the lock that is now taken. */
enum timeline_wanted {
	WANTED_NEVER,
	WANTED_AT_RELEASE,
	WANTED_LATER,		/* since when follows */
	WANTED_UNKNOWN,		/* free since before the window, and nobody waited */
};

/* Whose the CPU was for which a thread waited; mixed, idle in the end: WAIT_MIXED + 1. */
enum timeline_wait { WAIT_OTHER, WAIT_SELF, WAIT_IDLE, WAIT_THROTTLED, WAIT_MIXED, WAITS = 6 };

/* Longer than the longest record. */
#define TIMELINE_RECORD_SIZE 256

#define TIMELINE_MAX_SLOT 65535

#endif
