// SPDX-License-Identifier: GPL-2.0-or-later
// none: no lock at all. Source: the empty lock of any lock benchmark (LiTL, ck).
//
// The control: what the same steps cost when nothing is waited for. Threads may run
// side by side, so it suits only work that shares no object.
#include "locks/lock.h"

static int none_init(struct lock *lock)
{
	(void)lock;
	return 0;
}

static void none_destroy(struct lock *lock)
{
	(void)lock;
}

static void none_pass(struct lock *lock, struct announce_seat *seat)
{
	(void)lock;
	(void)seat;
}

const struct lock_kind lock_none = {
	.name = "none",
	.summary = "no lock: threads run side by side",
	.bytes = sizeof(struct lock),
	.init = none_init,
	.destroy = none_destroy,
	.acquire = none_pass,
	.release = none_pass,
};
