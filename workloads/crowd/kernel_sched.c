// SPDX-License-Identifier: GPL-2.0-or-later
// The scheduler's settings, from where the kernel shows them.
#include "crowd/kernel_sched.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "include/clock.h"
#include "kit/evidence.h"

/* glibc has no sched_getattr() before 2.41; struct sched_attr of version 0. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;	/* of an ordinary task: its slice */
	uint64_t deadline;
	uint64_t period;
};

static uint64_t timespec_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * NSEC_PER_SEC + (uint64_t)time->tv_nsec;
}

uint64_t kernel_tick_ns(void)
{
	struct timespec time;

	return clock_getres(CLOCK_MONOTONIC_COARSE, &time) ? 0 : timespec_ns(&time);
}

/*
 * debugfs need not be mounted: an instance of our own is looked into, and mounted nowhere.
 * glibc has fsopen() and its kin since 2.36.
 */
static uint64_t slice_of_debugfs(void)
{
	int fs = (int)syscall(__NR_fsopen, "debugfs", FSOPEN_CLOEXEC), mount = -1, file = -1;
	char text[32] = "";
	ssize_t got = -1;

	if (fs >= 0 && syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0)
		file = openat(mount, "sched/base_slice_ns", O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		got = read(file, text, sizeof(text) - 1);
		close(file);
	}
	if (mount >= 0)
		close(mount);
	if (fs >= 0)
		close(fs);
	return got > 0 ? strtoull(text, NULL, 10) : 0;
}

uint64_t kernel_slice_ns(void)
{
	struct attributes attributes = { 0 };

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) == 0 &&
	    attributes.policy == SCHED_OTHER && attributes.runtime)
		return attributes.runtime;
	return slice_of_debugfs();
}

uint64_t kernel_quantum_ns(int tid)
{
	struct timespec time;

	return sched_rr_get_interval(tid, &time) ? 0 : timespec_ns(&time);
}

unsigned int kernel_weight(int nice)
{
	static const unsigned int weights[40] = {
		88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
		9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
		1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
		110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
	};

	return weights[nice + 20];
}

void kernel_sched_print(void)
{
	uint64_t slice = kernel_slice_ns(), tick = kernel_tick_ns();

	if (slice)
		evidence("kernel_slice_ns", "-", (double)slice, "ns");
	if (tick)
		evidence("kernel_tick_ns", "-", (double)tick, "ns");
}
