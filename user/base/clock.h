/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loader's clock for budgets and progress: CLOCK_MONOTONIC, in seconds. */
#ifndef SWITCHTAX_USER_CLOCK_H
#define SWITCHTAX_USER_CLOCK_H

#include <time.h>

static inline double clock__now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
