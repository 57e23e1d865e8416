// SPDX-License-Identifier: GPL-2.0-or-later
// Multi-uprobe links by the bare bpf(2).
#include "tracer/uprobes.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* union bpf_attr's link_create.uprobe_multi, as of Linux 6.6. */
struct uprobe_multi {
	uint32_t program_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t count;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t padding;
};

int uprobes__attach(int program_fd, enum uprobes_kind kind, const char *path,
		    const uint64_t *offsets, const uint64_t *cookies, size_t count, pid_t pid)
{
	struct uprobe_multi attr;
	int fd;

	/* The kernel wants zeros in all that it does not know. */
	memset(&attr, 0, sizeof(attr));
	attr.program_fd = (uint32_t)program_fd;
	attr.attach_type = kind;
	attr.path = (uint64_t)(uintptr_t)path;
	attr.offsets = (uint64_t)(uintptr_t)offsets;
	attr.cookies = (uint64_t)(uintptr_t)cookies;
	attr.count = (uint32_t)count;
	attr.pid = (uint32_t)pid;
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}
