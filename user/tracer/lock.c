// SPDX-License-Identifier: GPL-2.0-or-later
// Watching the locks of processes by the calls of their functions: uprobes at their places in a
// file, in one process each. A probe tells its program by a cookie whose it is and where in the
// file it stands (bpf/lock_table.bpf.h).
#include "tracer/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/proctext.h"
#include "lock/interpreters.h"
#include "tracer/uprobes.h"

/* Of include/linux/errno.h: uprobes' answer to some instructions (is_prefix_bad()). */
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

/* --- the probes ------------------------------------------------------------------ */

static int keep(struct tracer_watch *watch, struct bpf_link *link)
{
	int err;

	if (!link)
		return -errno;
	err = list__append(watch->links, watch->nlinks, link);
	if (err)
		bpf_link__destroy(link);
	return err;
}

/* Sites of one kind, in one file, and what is attached to them. */
struct kind {
	struct bpf_program *program;
	enum uprobes_kind session;	/* the same with sessions */
	const struct lock_site *sites;
	size_t count;
	uint32_t flags;			/* of the CALL_* ones those of all these sites */
	bool at_return;			/* of the function, by its address; sessions see both */
	const char *path;
};

#define KINDS 6

/*
 * The release first: an acquisition that is seen must not lack its release. And returns before
 * what they are returns of.
 */
static void list_kinds(const struct tracer *tracer, const struct lock_sites *sites,
		       struct kind kinds[KINDS])
{
	const struct tracer_probes *probes = &tracer->probes;
	bool sessions = tracer->features.have[FEATURE_UPROBE_SESSION];
	struct bpf_program *both = tracer->skel->progs.on_acquire_session;
	struct bpf_program *acquired = sessions ? both : probes->acquired;
	bool by_address = !sites->nreturns && !sessions;

	kinds[0] = (struct kind){ probes->release, UPROBES_ENTRY, sites->release, sites->nrelease,
				  0, false, sites->path };
	kinds[1] = (struct kind){ probes->wait, UPROBES_ENTRY, sites->wait, sites->nwait, 0, false,
				  sites->path };
	kinds[2] = (struct kind){ acquired, UPROBES_SESSION, &sites->landing, sites->has_landing,
				  CALL_LANDS, false, sites->landing_path };
	kinds[3] = (struct kind){ acquired, UPROBES_SESSION, sites->returns, sites->nreturns,
				  CALL_RETURNS, false, sites->path };
	kinds[4] = (struct kind){ acquired, UPROBES_SESSION, sites->acquire,
				  by_address ? sites->nacquire : 0, 0, true, sites->path };
	kinds[5] = (struct kind){ sessions ? both : probes->acquire, UPROBES_SESSION,
				  sites->acquire, sites->nacquire,
				  sites->nreturns ? CALL_RETURNS_BY : 0, false, sites->path };
}

static uint64_t cookie_of(uint32_t place, const struct kind *kind, const struct lock_site *site)
{
	return (uint64_t)(uint32_t)site->address << 32 | kind->flags |
	       (site->may_fail ? CALL_MAY_FAIL : 0) | (site->true_is_success ? CALL_TRUE : 0) |
	       place;
}

static int attach_plain(struct tracer *tracer, const struct kind *kind, pid_t pid, uint32_t place)
{
	int err = 0;

	for (size_t i = 0; i < kind->count && !err; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = kind->at_return,
			    .bpf_cookie = cookie_of(place, kind, &kind->sites[i]));

		err = keep(&tracer->watches[place],
			   bpf_program__attach_uprobe_opts(kind->program, pid, kind->path,
							   kind->sites[i].offset, &opts));
	}
	return err;
}

/* Sites of one kind as one link, whose descriptor the watch keeps. */
static int attach_session(struct tracer *tracer, const struct kind *kind, pid_t pid,
			  uint32_t place)
{
	struct tracer_watch *watch = &tracer->watches[place];
	uint64_t offsets[LOCK_RETURNS_MAX], cookies[LOCK_RETURNS_MAX];
	int fd;

	_Static_assert(LOCK_RETURNS_MAX >= LOCK_SITES_MAX, "room for each kind");
	for (size_t i = 0; i < kind->count; i++) {
		offsets[i] = kind->sites[i].offset;
		cookies[i] = cookie_of(place, kind, &kind->sites[i]);
	}
	if (!kind->count)
		return 0;
	fd = uprobes__attach(bpf_program__fd(kind->program), kind->session, kind->path, offsets,
			     cookies, kind->count, pid);
	if (fd < 0)
		return fd;
	watch->session_fds[watch->nsessions++] = fd;
	return 0;
}

static int attach_all(struct tracer *tracer, const struct lock_sites *sites, pid_t pid,
		      uint32_t place)
{
	struct kind kinds[KINDS];
	int err = 0;

	list_kinds(tracer, sites, kinds);
	for (size_t i = 0; i < KINDS && !err; i++)
		err = tracer->features.have[FEATURE_UPROBE_SESSION]
		      ? attach_session(tracer, &kinds[i], pid, place)
		      : attach_plain(tracer, &kinds[i], pid, place);
	return err;
}

/* --- the process ------------------------------------------------------------------ */

static int explain(int err, const struct lock_sites *sites, char *why, size_t why_size)
{
	if (err == -ESRCH)
		snprintf(why, why_size, "the process has ended");
	else if (err == -ENOTSUPP)
		snprintf(why, why_size, "%s: the kernel puts no probe on the instruction with "
			 "which %s or %s begins (as one with a LOCK prefix); name functions "
			 "that call them", sites->module, sites->acquire[0].function,
			 sites->release[0].function);
	else
		tracer__refused(why, why_size, "cannot attach to the lock's functions", err);
	return err;
}

/*
 * The kernel knows a process's memory by its leader. Once that has ended, a probe goes into all
 * that have mapped the file, and the programs look who comes (find_watched()).
 */
static pid_t probed_process(const struct tracer *tracer, pid_t pid)
{
	if (proctext__living(pid) == pid)
		return pid;
	return tracer->features.have[FEATURE_UPROBE_SESSION] ? 0 : -1;
}

int tracer__attach_lock(struct tracer *tracer, const struct lock_sites *sites,
			const struct tracer_lock *lock, uint32_t *place, char *why,
			size_t why_size)
{
	int err;

	*place = 0;
	if (tracer_watched__has(tracer, lock))
		return 0;
	tracer_refusal__forget();
	*place = tracer_watched__begin(tracer, sites, lock);
	if (!*place) {
		snprintf(why, why_size, "the locks of %d processes are watched at once, and no "
			 "more can be", MAX_WATCHED - 1);
		return -ENOSPC;
	}
	err = attach_all(tracer, sites, probed_process(tracer, lock->pid), *place);
	if (err == -EMFILE && tracer_watched__detach_ended(tracer)) {
		tracer_watched__detach_from(tracer, *place);
		err = attach_all(tracer, sites, probed_process(tracer, lock->pid), *place);
	}
	if (!err)
		return 0;
	tracer_watched__give_up(tracer, *place);
	*place = 0;
	return explain(err, sites, why, why_size);
}
