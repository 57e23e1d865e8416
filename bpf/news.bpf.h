/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader hears of at once, in the numbers of its own PID namespace.
 *
 * Functions of their own, not inlined: rarely called, from programs that are long already.
 * Pointers are read by a helper: for each that a program follows itself, the verifier of a
 * recent kernel searches all of the kernel's BTF by name (btf_nested_type_is_trusted()),
 * which takes 1.5 ms.
 */
#ifndef SWITCHTAX_NEWS_BPF_H
#define SWITCHTAX_NEWS_BPF_H

#include "target.bpf.h"

/* A thread's pid as the loader's namespace has it; the kernel's if it has none there. */
static __noinline __attribute__((unused)) __u32 pid_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 nr = BPF_CORE_READ(task, pid), level = ns_level;

	if (level && pid && BPF_CORE_READ(pid, level) >= level)
		bpf_probe_read_kernel(&nr, sizeof(nr), (const char *)pid +
				      bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
	return nr;
}

static __noinline __attribute__((unused)) int tell(enum news_kind kind, struct task_struct *task,
						   __u32 watched, __u64 file)
{
	struct news news = {
		.kind = kind,
		.pid = pid_in_namespace(BPF_CORE_READ(task, group_leader)),
		.tgid = BPF_CORE_READ(task, tgid),
		.watched = watched,
		.t_ns = clock_now(),
		.file = file,
	};
	int err = (int)bpf_ringbuf_output(&news_stream, &news, sizeof(news),
					  BPF_RB_FORCE_WAKEUP);

	/* Where there is no room, the loader has other reasons to wake up. */
	if (err && kind != NEWS_DEATHS)
		__sync_fetch_and_add(&losses[LOSS_NEWS], 1);
	return err;
}

static __always_inline int tell_loader(enum news_kind kind, struct task_struct *task)
{
	return tell(kind, task, 0, 0);
}

/* It executes that file (files.bpf.h). */
static __always_inline int tell_of_file(enum news_kind kind, struct task_struct *task, __u64 file)
{
	return tell(kind, task, 0, file);
}

#endif
