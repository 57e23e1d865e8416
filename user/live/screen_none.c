// SPDX-License-Identifier: GPL-2.0-or-later
// The screen of a build without ncurses: it says so.
#include "live/screen.h"

#include <errno.h>
#include <stdio.h>

int live_screen__check(char *why, size_t size)
{
	snprintf(why, size, "this switchtax was built without ncurses; install libncurses-dev, and "
		 "run make again");
	return -ENOSYS;
}

int live_screen__open(char *why, size_t size)
{
	return live_screen__check(why, size);
}

void live_screen__close(void)
{
}

int live_screen__keys_fd(void)
{
	return -1;
}

enum live_key live_screen__key(void)
{
	return LIVE_KEY_NONE;
}

size_t live_screen__page(const struct live_view *view, const struct live *live)
{
	(void)view;
	(void)live;
	return 0;
}

void live_screen__draw(const struct live_view *view, struct live *live)
{
	(void)view;
	(void)live;
}
