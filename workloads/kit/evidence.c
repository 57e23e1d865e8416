// SPDX-License-Identifier: GPL-2.0-or-later
// The workloads' evidence on stdout, and the window that it is about.
#include "kit/evidence.h"

#include <stdio.h>

#include "include/clock.h"

void evidence(const char *metric, const char *variant, double value, const char *unit)
{
	printf("obs %s %s %.17g %s\n", metric, variant, value, unit);
}

/*
 * The clock is read inside and outside of the window's markers: the thread may lose its
 * CPU between a marker and a reading, so what a tracer calls the window lies in between.
 */
void window_open(struct window *window, const struct announce_lock *page)
{
	*window = (struct window){ .page = page, .began_ns = clock_now_ns() };
	announce(ANNOUNCE_WINDOW_OPEN, page);
	window->before = usage_now();
}

void window_close(struct window *window)
{
	struct usage after = usage_now();

	announce(ANNOUNCE_WINDOW_CLOSE, window->page);
	window->outer_ns = clock_now_ns() - window->began_ns;
	window->usage = usage_between(&window->before, &after);
}

void window_print(const struct window *window)
{
	const struct usage *usage = &window->usage;

	printf("wall_ns %lu\nwall_outer_ns %lu\nuser_ns %lu\nsys_ns %lu\n", usage->wall_ns,
	       window->outer_ns, usage->user_ns, usage->sys_ns);
	printf("switches_voluntary %lu\nswitches_involuntary %lu\n", usage->switches_voluntary,
	       usage->switches_involuntary);
	printf("faults_minor %lu\nfaults_major %lu\n", usage->faults_minor, usage->faults_major);
}
