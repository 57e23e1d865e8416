/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_screen - the terminal while a live view has it. This and live_draw are the only modules
 * that see ncurses; live_screen_none stands in for them in a build without it.
 *
 * The screen and the keys are those of the terminal that stdout is, opened once more: stdout
 * itself stays free for the report that comes after.
 */
#ifndef SWITCHTAX_LIVE_SCREEN_H
#define SWITCHTAX_LIVE_SCREEN_H

#include <stddef.h>

#include "live/live.h"
#include "live/view.h"

/*
 * Could it be opened? Nothing is drawn or changed. Returns 0, or with why saying what to do:
 * -ENOTTY (stdout is no terminal), -ENOTSUP (one that cannot be drawn on, by TERM), -ENOSYS
 * (built without ncurses), or another -errno.
 */
int live_screen__check(char *why, size_t size);

/*
 * Take the terminal over; what is logged to it is held back until live_screen__close(). Also
 * gives it back before the program dies of a bug. Returns 0 or -errno, with why as above.
 */
int live_screen__open(char *why, size_t size);

/* Give it back as it was. To be called in any case; does nothing if it is not open. */
void live_screen__close(void);

/* The terminal, to wait for keys; -1: not open. */
int live_screen__keys_fd(void);

/* The next key that was typed, LIVE_KEY_NONE: no more. A new size of the screen is one, too. */
enum live_key live_screen__key(void);

/* Rows of threads for which there is room. */
size_t live_screen__page(const struct live_view *view, const struct live *live);

void live_screen__draw(const struct live_view *view, struct live *live);

#endif
