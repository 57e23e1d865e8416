/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uprobes - one BPF program on several places of a file, for one process, as one link.
 *
 * The kernel's multi-uprobe links (Linux 6.6; sessions, which see entry and return and may
 * skip the return, 6.13) are newer than Debian 12's libbpf, hence the bare system call.
 */
#ifndef SWITCHTAX_UPROBES_H
#define SWITCHTAX_UPROBES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Values of enum bpf_attach_type in the kernel's include/uapi/linux/bpf.h */
enum uprobes_kind {
	UPROBES_ENTRY = 48,	/* BPF_TRACE_UPROBE_MULTI */
	UPROBES_SESSION = 57,	/* BPF_TRACE_UPROBE_SESSION */
};

/*
 * Attach the program, which was loaded for that kind, to file offsets of path in the
 * process (as our PID namespace has it; all its threads); cookies, one for each, or NULL, are
 * what bpf_get_attach_cookie() tells the program. Closing the descriptor that is
 * returned detaches it. -errno on error: -EINVAL or -EOPNOTSUPP where the kernel is too old.
 */
int uprobes__attach(int program_fd, enum uprobes_kind kind, const char *path,
		    const uint64_t *offsets, const uint64_t *cookies, size_t count, pid_t pid);

#endif
