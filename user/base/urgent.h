/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * urgent - a thread of ours that must not wait for a CPU while others run, as the one that holds a
 * program before it goes on.
 */
#ifndef SWITCHTAX_URGENT_H
#define SWITCHTAX_URGENT_H

/*
 * From here on the calling thread, and the threads that it makes, come before all but those of real
 * time (SCHED_FIFO, priority 1; see sched(7)), or before most, or as before: as far as is allowed.
 */
void urgent__begin(void);

/* The calling thread is scheduled as the process's first one again. */
void urgent__end(void);

#endif
