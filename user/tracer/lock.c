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

/* By then, those who waited for the lock when we came have been seen to have it. */
#define UNSEEN_WAITERS_NS 1000000000ULL

static void detach(struct tracer_watch *watch)
{
	while (watch->nsessions)
		close(watch->session_fds[--watch->nsessions]);
	while (watch->nlinks)
		bpf_link__destroy(watch->links[--watch->nlinks]);
	free(watch->links);
	watch->links = NULL;
}

/* One that could not be loaded has none. */
void tracer_lock__detach(struct tracer *tracer)
{
	uint32_t used = tracer->skel && tracer->locks ? tracer->skel->bss->watched_used : 0;

	for (uint32_t i = 1; i <= used && i < MAX_WATCHED; i++)
		detach(&tracer->watches[i]);
}

void tracer_lock__forget(struct tracer *tracer)
{
	struct switchtax *skel = tracer->skel;
	int names = bpf_map__fd(skel->maps.lock_names), tgids = bpf_map__fd(skel->maps.watched_tgids);
	struct lock_name name;
	uint32_t tgid;

	while (bpf_map_get_next_key(names, NULL, &name) == 0)
		bpf_map_delete_elem(names, &name);
	while (bpf_map_get_next_key(tgids, NULL, &tgid) == 0)
		bpf_map_delete_elem(tgids, &tgid);
	memset(tracer->locks, 0, (skel->data->locks_used + 1) * sizeof(*tracer->locks));
	memset(&tracer->locks[OTHER_LOCKS], 0, sizeof(*tracer->locks));
	memset(tracer->watched, 0, (skel->bss->watched_used + 1) * sizeof(*tracer->watched));
	skel->data->locks_used = ANNOUNCED_LOCK;
	skel->bss->watched_used = 0;
	skel->bss->streamed_lock = 0;
}

/* --- the probes ------------------------------------------------------------------ */

static int keep(struct tracer_watch *watch, struct bpf_link *link)
{
	struct bpf_link **links;

	if (!link)
		return -errno;
	links = list__grow(watch->links, watch->nlinks, sizeof(struct bpf_link *));
	if (!links) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	watch->links = links;
	watch->links[watch->nlinks++] = link;
	return 0;
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

/* Is it known where the threads of a process stand at its locks? */
static void settle_threads(struct tracer *tracer, uint32_t tgid, bool settled)
{
	uint32_t used = tracer_places__used(tracer);

	for (uint32_t slot = 1; slot <= used; slot++)
		if (tracer->threads[slot].tgid == tgid)
			tracer->threads[slot].settled = settled;
}

static enum lock_keys keys_of(const struct lock_sites *sites)
{
	if (!sites->key.known)
		return sites->interpreter || sites->key.only ? KEY_ONE : KEY_NONE;
	return sites->key.argument ? KEY_ARGUMENT : KEY_INTERPRETER;
}

/* Where two locks are taken for one, a second take may be one of the other. */
static enum lock_recursion recursion_of(const struct lock_sites *sites)
{
	if (sites->recursive)
		return RECURSIVE_MUTEX;
	return !sites->interpreter && keys_of(sites) != KEY_NONE ? RECURSIVE_SEEN : RECURSIVE_NEVER;
}

static void fill(struct watched_process *watched, const struct lock_sites *sites,
		 const struct tracer_lock *lock, uint32_t tgid, uint64_t now)
{

	*watched = (struct watched_process){
		.tgid = tgid,
		.pid = (uint32_t)lock->pid,
		.keys = keys_of(sites),
		.key_outer = sites->key.outer,
		.key_inner = sites->key.inner,
		.fresh = lock->fresh,
		.asks = sites->interpreter && sites->interpreter->asks,
		.nests = sites->nacquire > 1 && !sites->recursive,
		.recursive = recursion_of(sites),
		.words_address = sites->words.address,
		.words_size = sites->words.size,
		.claims_from_ns = lock->fresh ? 0 : now + UNSEEN_WAITERS_NS,
		.since_ns = now,
	};
}

static uint32_t tgid_of(const struct tracer *tracer, const struct tracer_lock *lock)
{
	return lock->tgid ? lock->tgid : tracer->skel->bss->root_tgid;
}

/* The place at which the process is watched now; 0: it is not. */
static uint32_t place_of(const struct tracer *tracer, uint32_t tgid)
{
	uint32_t place;

	return bpf_map_lookup_elem(bpf_map__fd(tracer->skel->maps.watched_tgids), &tgid, &place)
	       ? 0 : place;
}

bool tracer__watches(const struct tracer *tracer, uint32_t tgid)
{
	return place_of(tracer, tgid) != 0;
}

/* News may be late: by then the process is another program, and watched as that. */
static bool is_watched(const struct tracer *tracer, const struct tracer_lock *lock)
{
	uint32_t place = place_of(tracer, tgid_of(tracer, lock));

	return place && (lock->later || (lock->exec_ns &&
					 tracer->watched[place].since_ns >= lock->exec_ns));
}

/* What is watched of its last programs ends here: their probes would be met by this one too. */
static void end_old(struct tracer *tracer, uint32_t tgid)
{
	for (uint32_t place = 1; place <= tracer->skel->bss->watched_used; place++) {
		struct watched_process *old = &tracer->watched[place];

		if (old->tgid != tgid)
			continue;
		detach(&tracer->watches[place]);
		if (!old->ended_ns)
			old->ended_ns = tracer__clock_ns(tracer);
	}
}

/* Its place among the watched, a new one for each life of its memory; 0: there is no room. */
static uint32_t begin_to_watch(struct tracer *tracer, const struct lock_sites *sites,
			       const struct tracer_lock *lock)
{
	struct switchtax *skel = tracer->skel;
	uint32_t tgid = tgid_of(tracer, lock), place = skel->bss->watched_used + 1;

	if (place >= MAX_WATCHED)
		return 0;
	end_old(tracer, tgid);
	settle_threads(tracer, tgid, lock->fresh);
	fill(&tracer->watched[place], sites, lock, tgid, tracer__clock_ns(tracer));
	tracer->watches[place] = (struct tracer_watch){ .nlinks = 0 };
	skel->bss->watched_used = place;
	bpf_map_update_elem(bpf_map__fd(skel->maps.watched_tgids), &tgid, &place, BPF_ANY);
	return place;
}

/* It could not be, after all: its place stays empty. */
static void give_up(struct tracer *tracer, uint32_t place)
{
	uint32_t tgid = tracer->watched[place].tgid;

	detach(&tracer->watches[place]);
	bpf_map_delete_elem(bpf_map__fd(tracer->skel->maps.watched_tgids), &tgid);
	tracer->watched[place] = (struct watched_process){ .tgid = 0 };
}

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
	if (is_watched(tracer, lock))
		return 0;
	tracer_refusal__forget();
	*place = begin_to_watch(tracer, sites, lock);
	if (!*place) {
		snprintf(why, why_size, "the locks of %d processes are watched already, and no "
			 "more can be", MAX_WATCHED - 1);
		return -ENOSPC;
	}
	err = attach_all(tracer, sites, probed_process(tracer, lock->pid), *place);
	if (!err)
		return 0;
	give_up(tracer, *place);
	*place = 0;
	return explain(err, sites, why, why_size);
}
