/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live_draw - puts a live view on the screen that live_screen has opened. Sees ncurses. */
#ifndef SWITCHTAX_LIVE_DRAW_H
#define SWITCHTAX_LIVE_DRAW_H

#include <stdbool.h>

#include "live/live.h"
#include "live/view.h"

/* What the terminal can show. */
struct live_means {
	bool colour;
	bool blocks;		/* the block elements of Unicode */
};

/* Before the first drawing. NO_COLOR and the locale are asked here. */
struct live_means live_draw__means(void);

/* All of it; threads have been sorted. */
void live_draw__all(const struct live_means *means, const struct live_view *view,
		    struct live *live);

#endif
