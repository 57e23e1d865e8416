// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel refuses the tracer, and what to do about it.
#include "tracer/parts.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/proctext.h"

/* What libbpf has said of the refusal: of which program, and the verifier's last words. */
static struct {
	char program[64];
	char reason[256];
} heard;

/* Up to the end of the line, or of the text; without what a verifier's log is indented by. */
static void keep_line(const char *line, size_t length)
{
	snprintf(heard.reason, sizeof(heard.reason), "%.*s", (int)length, line);
}

/* Of a warning that it could not be loaded, or not be fitted to the kernel's types. */
static void keep_program(const char *text)
{
	const char *name = strstr(text, "prog '");
	size_t length;

	if (!name || !(strstr(text, "load") || strstr(text, "LOAD") || strstr(text, "relo")))
		return;
	name += strlen("prog '");
	length = strcspn(name, "'");
	snprintf(heard.program, sizeof(heard.program), "%.*s", (int)length, name);
}

/* Not an instruction, a line of the source, or the summary. */
static bool is_reason(const char *line, size_t length)
{
	return length && line[0] != ';' && !(line[0] >= '0' && line[0] <= '9') &&
	       strncmp(line, "processed ", 10) && strncmp(line, "--", 2) &&
	       !memmem(line, length, "PROG LOAD LOG", 13);
}

/* The verifier says at the end why it has stopped. */
static void keep_last_reason(const char *log)
{
	while (*log) {
		size_t length = strcspn(log, "\n");

		if (is_reason(log, length))
			keep_line(log, length);
		log += length + (log[length] == '\n');
	}
}

void tracer_refusal__forget(void)
{
	memset(&heard, 0, sizeof(heard));
}

/* The first line is the most precise, but for the verifier's log. */
void tracer_refusal__hear(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	if (!heard.program[0])
		keep_program(text);
	if (strstr(text, "BEGIN PROG LOAD LOG"))
		keep_last_reason(text);
	else if (!heard.reason[0])
		keep_line(text, strcspn(text, "\n"));
	free(text);
}

/* To somebody who is root already, "be root" is no advice. */
static bool is_root(void)
{
	return !capng_get_caps_process() && capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
}

static const char *advice(int err)
{
	if (err == -EMFILE)
		return "raise the limit of open files: ulimit -n 1024";
	if (heard.program[0])
		return "nobody has tried switchtax on this kernel: please report this line, with "
		       "what `switchtax doctor -v` prints";
	switch (-err) {
	case EPERM:
	case EACCES:
		return is_root() ? "the kernel is locked down (/sys/kernel/security/lockdown), or "
				   "a container forbids bpf(2) or perf_event_open(2)"
				 : "run it as root, with sudo";
	case ENOENT:
	case ESRCH:
		return "the kernel lacks BTF or a tracepoint it needs; `switchtax doctor` says "
		       "which";
	default:
		return "run `switchtax doctor`, or repeat with -v for the kernel's reason";
	}
}

int tracer__refused(char *why, size_t size, const char *what, int err)
{
	struct utsname system = { 0 };

	uname(&system);
	if (heard.program[0])
		snprintf(why, size, "Linux %.64s refuses the BPF program %s: %s (%s; %s)",
			 system.release, heard.program, heard.reason, strerror(-err), advice(err));
	else
		snprintf(why, size, "%s: %s%s%s (%s)", what, strerror(-err),
			 heard.reason[0] ? ", " : "", heard.reason, advice(err));
	tracer_refusal__forget();
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
	uint64_t type = proctext__read_number(path);
	int err;

	if (type == PROCTEXT_UNKNOWN) {
		snprintf(why, why_size, "%s cannot be read; boot a kernel with "
			 "CONFIG_UPROBE_EVENTS=y, and mount /sys", path);
		return -ENOENT;
	}
	err = ask_for_uprobe((unsigned int)type);
	return err ? tracer__refused(why, why_size, "the kernel refuses uprobes", err) : 0;
}
