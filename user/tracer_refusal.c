// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel refuses the tracer, and what to do about it.
#include "tracer_parts.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *advice(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return "run it as root, with sudo";
	case ENOENT:
	case ESRCH:
		return "the kernel lacks BTF or a tracepoint it needs; switchtax wants Linux 6.1 "
		       "or newer with CONFIG_DEBUG_INFO_BTF and CONFIG_SCHED_INFO";
	default:
		return "run `switchtax doctor`, or repeat with -v for the kernel's reason";
	}
}

int tracer__refused(char *why, size_t size, const char *what, int err)
{
	snprintf(why, size, "%s: %s (%s)", what, strerror(-err), advice(err));
	return err;
}

/*
 * Asks for a probe in a file that is not there: the permission is looked at first, and
 * nothing has to be removed again, which would take 0.1 s.
 */
static int ask_for_uprobe(unsigned int type)
{
	static const char nowhere[] = "/dev/null/nowhere";
	struct perf_event_attr attr = { .type = type, .size = sizeof(attr) };
	int fd;

	attr.uprobe_path = (__u64)(uintptr_t)nowhere;
	fd = (int)syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EACCES || errno == EPERM) ? -errno : 0;
}

int tracer__check_uprobes(char *why, size_t why_size)
{
	static const char path[] = "/sys/bus/event_source/devices/uprobe/type";
	FILE *file = fopen(path, "re");
	unsigned int type;
	bool known = file && fscanf(file, "%u", &type) == 1;
	int err;

	if (file)
		fclose(file);
	if (!known) {
		snprintf(why, why_size, "%s cannot be read; boot a kernel with "
			 "CONFIG_UPROBE_EVENTS=y, and mount /sys", path);
		return -ENOENT;
	}
	err = ask_for_uprobe(type);
	return err ? tracer__refused(why, why_size, "the kernel refuses uprobes", err) : 0;
}
