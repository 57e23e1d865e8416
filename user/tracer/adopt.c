// SPDX-License-Identifier: GPL-2.0-or-later
// The threads that the program has when we come are taken into the books: by an iterator over
// tasks or, where the kernel has none for us, by a probe at a function of ours, where the program
// walks along the kernel's lists (bpf/adopt.bpf.c).
#include "tracer/parts.h"

#include <errno.h>
#include <unistd.h>

static int iterate(struct tracer *tracer, pid_t pid)
{
	union bpf_iter_link_info info = { .task = { .pid = (__u32)pid } };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	bool one = tracer->features.have[FEATURE_TASK_ITERATOR];
	struct bpf_link *link;
	char nothing[16];
	int err, fd;

	tracer->skel->bss->adopt_only = one ? 0 : (__u32)pid;
	link = bpf_program__attach_iter(tracer->skel->progs.on_task, one ? &opts : NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : 0;
	while (!err && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

/* The place of the probe. */
__attribute__((noinline, used)) static void call_for_walk(void)
{
	__asm__ volatile("nop");
}

static int walk(struct tracer *tracer, pid_t pid)
{
	struct bpf_link *link;
	int err = tracer__attach_own(tracer->skel->progs.on_task, call_for_walk, &link);

	if (err)
		return err;
	tracer->skel->bss->adopt_only = (__u32)pid;
	call_for_walk();
	bpf_link__destroy(link);
	return 0;
}

int tracer_adopt__all(struct tracer *tracer, pid_t pid)
{
	int err = tracer->features.types ? walk(tracer, pid) : iterate(tracer, pid);

	return err ? err : tracer->skel->bss->adopted ? 0 : -ESRCH;
}
