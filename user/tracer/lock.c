// SPDX-License-Identifier: GPL-2.0-or-later
// Watching a lock by the calls of its functions: uprobes at their places in a file.
#include "tracer/parts.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lock/interpreters.h"
#include "tracer/uprobes.h"
#include "include/clock.h"

/* Of include/linux/errno.h: uprobes' answer to some instructions (is_prefix_bad()). */
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

/* By then, those who waited for the lock when we came have been seen to have it. */
#define UNSEEN_WAITERS_NS 1000000000ULL

void tracer_lock__detach(struct tracer *tracer)
{
	for (int i = 0; i < 2; i++) {
		if (tracer->session_fds[i] >= 0)
			close(tracer->session_fds[i]);
		tracer->session_fds[i] = -1;
	}
	while (tracer->nlinks > tracer->nkernel)
		bpf_link__destroy(tracer->links[--tracer->nlinks]);
}

static int attach_sites(struct tracer *tracer, struct bpf_program *program, bool at_return,
			const char *path, const struct lock_site *sites, size_t count, pid_t pid)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = tracer__keep_link(tracer, bpf_program__attach_uprobe(program, at_return, pid,
									   path, sites[i].offset));
	return err;
}

/* The release first: an acquisition that is seen must not lack its release. */
static int attach_plain(struct tracer *tracer, const struct lock_sites *sites, pid_t pid)
{
	int err = attach_sites(tracer, tracer->probes.release, false, sites->path, sites->release,
			       sites->nrelease, pid);

	if (!err)
		err = attach_sites(tracer, tracer->probes.acquired, true, sites->path,
				   sites->acquire, sites->nacquire, pid);
	if (!err)
		err = attach_sites(tracer, tracer->probes.acquire, false, sites->path,
				   sites->acquire, sites->nacquire, pid);
	return err;
}

static int attach_session(struct bpf_program *program, enum uprobes_kind kind, const char *path,
			  const struct lock_site *sites, size_t count, pid_t pid)
{
	uint64_t offsets[LOCK_SITES_MAX];

	for (size_t i = 0; i < count; i++)
		offsets[i] = sites[i].offset;
	return uprobes__attach(bpf_program__fd(program), kind, path, offsets, count, pid);
}

static int attach_sessions(struct tracer *tracer, const struct lock_sites *sites, pid_t pid)
{
	struct switchtax *skel = tracer->skel;
	int fd = attach_session(tracer->probes.release, UPROBES_ENTRY, sites->path,
				sites->release, sites->nrelease, pid);

	if (fd < 0)
		return fd;
	tracer->session_fds[0] = fd;
	fd = attach_session(skel->progs.on_acquire_session, UPROBES_SESSION, sites->path,
			    sites->acquire, sites->nacquire, pid);
	if (fd < 0)
		return fd;
	tracer->session_fds[1] = fd;
	return 0;
}

/* Is it known where the threads of a process stand at its lock? */
static void settle_threads(struct tracer *tracer, uint32_t tgid, bool settled)
{
	uint32_t used = tracer->skel->bss->threads_used;

	for (uint32_t slot = 1; slot <= used && slot < MAX_THREADS; slot++)
		if (tracer->threads[slot].tgid == tgid)
			tracer->threads[slot].settled = settled;
}

int tracer__attach_lock(struct tracer *tracer, const struct lock_sites *sites,
			const struct tracer_lock *lock, char *why, size_t why_size)
{
	struct switchtax *skel = tracer->skel;
	uint32_t tgid = lock->tgid ? lock->tgid : skel->bss->root_tgid;
	int err;

	tracer_refusal__forget();
	tracer_lock__detach(tracer);
	settle_threads(tracer, tgid, lock->fresh);
	skel->bss->call_keyed = sites->key.known;
	skel->bss->call_key_outer = sites->key.outer;
	skel->bss->call_key_inner = sites->key.inner;
	skel->bss->the_lock.key = 0;
	skel->bss->the_lock.tgid = tgid;
	skel->bss->the_lock.asks = sites->interpreter && sites->interpreter->asks;
	skel->bss->the_lock.nests = sites->nacquire > 1;
	skel->bss->the_lock.known = lock->fresh;
	skel->bss->the_lock.claims_from_ns = lock->fresh ? 0 : clock_now_ns() + UNSEEN_WAITERS_NS;
	skel->bss->the_lock.called = 1;
	err = tracer->features.have[FEATURE_UPROBE_SESSION]
	      ? attach_sessions(tracer, sites, lock->pid)
	      : attach_plain(tracer, sites, lock->pid);
	if (err) {
		tracer_lock__detach(tracer);
		skel->bss->the_lock.called = 0;
		if (err == -ESRCH)
			snprintf(why, why_size, "the process has ended");
		else if (err == -ENOTSUPP)
			snprintf(why, why_size, "%s: the kernel puts no probe on the instruction with "
				 "which %s or %s begins (as one with a LOCK prefix); name functions "
				 "that call them", sites->module, sites->acquire[0].function,
				 sites->release[0].function);
		else
			tracer__refused(why, why_size, "cannot attach to the lock's functions",
					err);
	}
	return err;
}
