/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * urgent - threads of ours that must not wait for a CPU while others run, as those that hold a
 * program before it goes on.
 */
#ifndef SWITCHTAX_URGENT_H
#define SWITCHTAX_URGENT_H

/* How a thread is scheduled (sched(7)). */
struct urgency {
	int policy;
	int priority;
	int nice;
};

/*
 * From here on the calling thread, and the threads that it makes, from their first moment, come
 * before all others (SCHED_FIFO), or before most, or as before: as far as is allowed. before: how it
 * was scheduled.
 */
void urgent__begin(struct urgency *before);

/* The calling thread, and those that it makes, are scheduled like this again. */
void urgent__end(const struct urgency *before);

#endif
