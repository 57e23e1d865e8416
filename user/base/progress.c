// SPDX-License-Identifier: GPL-2.0-or-later
// Draws the progress line.
#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "include/clock.h"
#include "base/log.h"
#include "base/streams.h"

#define BAR_WIDTH 30

void progress__init(struct progress *progress, bool quiet)
{
	*progress = (struct progress){ .shown = !quiet && log__level() > LOG_QUIET &&
						isatty(STDERR_FILENO) };
}

void progress__begin(struct progress *progress, const char *what, double done, double next,
		     double expected_s, double total_s)
{
	snprintf(progress->what, sizeof(progress->what), "%s", what);
	progress->done = done;
	progress->next = next;
	progress->began_s = clock_now_s();
	progress->expected_s = expected_s;
	progress->total_s = total_s;
	progress__tick(progress);
}

/* Never runs past what the present step may claim. */
static double fraction(const struct progress *progress)
{
	double step = 0;

	if (progress->expected_s > 0)
		step = (clock_now_s() - progress->began_s) / progress->expected_s;
	if (step > 1)
		step = 1;
	return progress->done + (progress->next - progress->done) * step;
}

void progress__tick(void *arg)
{
	struct progress *progress = arg;
	char bar[BAR_WIDTH + 1];
	double part;
	int filled;

	if (!progress->shown)
		return;
	part = fraction(progress);
	filled = (int)(part * BAR_WIDTH + 0.5);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)(filled < BAR_WIDTH ? filled : BAR_WIDTH));
	bar[BAR_WIDTH] = '\0';
	streams__clear_line();
	fprintf(stderr, "[%s] %s", bar, progress->what);
	if (progress->total_s > 0)
		fprintf(stderr, ", about %.0f s left", progress->total_s * (1 - part));
	fflush(stderr);
}

void progress__clear(struct progress *progress)
{
	if (!progress->shown)
		return;
	streams__clear_line();
}
