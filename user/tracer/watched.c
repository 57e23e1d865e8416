// SPDX-License-Identifier: GPL-2.0-or-later
// The places of the processes whose locks are watched: one for each life of a process's memory, used
// again when that is over and no lock's record names it.
#include "tracer/parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock/interpreters.h"

/* By then, those who waited for the lock when we came have been seen to have it. */
#define UNSEEN_WAITERS_NS 1000000000ULL

void tracer_watched__take_out(struct tracer_watch *watch)
{
	while (watch->nsessions)
		close(watch->session_fds[--watch->nsessions]);
	while (watch->nlinks)
		bpf_link__destroy(watch->links[--watch->nlinks]);
	free(watch->links);
	watch->links = NULL;
}

void tracer_watched__detach_from(struct tracer *tracer, uint32_t place)
{
	tracer_watched__take_out(&tracer->watches[place]);
}

/* A tracer that could not be loaded has none. */
void tracer_watched__detach(struct tracer *tracer)
{
	uint32_t used = tracer->skel && tracer->locks ? tracer->skel->bss->watched_used : 0;

	for (uint32_t place = 1; place <= used; place++)
		tracer_leaving__begin(tracer, &tracer->watches[place]);
	tracer_leaving__finish(tracer);
}

void tracer_watched__forget(struct tracer *tracer)
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

/* Is it known where the threads of a process stand at its locks? */
static void settle_threads(struct tracer *tracer, uint32_t tgid, bool settled)
{
	uint32_t used = tracer_places__used(tracer);

	for (uint32_t slot = 1; slot <= used; slot++)
		if (tracer->threads[slot].tgid == tgid)
			tracer->threads[slot].settled = settled;
}

/* What the news do not say: a thread that was there first is there now, or it is no matter. */
static uint64_t began_at(struct tracer *tracer, uint32_t tgid, const struct tracer_lock *lock,
			 uint64_t now)
{
	uint32_t used = tracer_places__used(tracer);
	uint64_t first = now;

	if (lock->exec_ns)
		return lock->exec_ns;
	for (uint32_t slot = 1; slot <= used; slot++)
		if (tracer->threads[slot].tgid == tgid && tracer->threads[slot].born_ns < first)
			first = tracer->threads[slot].born_ns;
	return first;
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
		.whole = lock->whole,
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

bool tracer_watched__has(const struct tracer *tracer, const struct tracer_lock *lock)
{
	uint32_t place = place_of(tracer, tgid_of(tracer, lock));

	return place && (lock->later || (lock->exec_ns &&
					 tracer->watched[place].since_ns >= lock->exec_ns));
}

/* What is watched of its last programs ends here; their probes, still met by this one, say nothing. */
static void end_old(struct tracer *tracer, uint32_t tgid)
{
	for (uint32_t place = 1; place <= tracer->skel->bss->watched_used; place++) {
		struct watched_process *old = &tracer->watched[place];

		if (old->tgid != tgid)
			continue;
		if (!old->ended_ns)
			old->ended_ns = tracer__clock_ns(tracer);
		tracer_leaving__begin(tracer, &tracer->watches[place]);
	}
}

static bool is_over(const struct watched_process *watched)
{
	return __atomic_load_n(&watched->ended_ns, __ATOMIC_RELAXED) != 0;
}

bool tracer_watched__detach_ended(struct tracer *tracer)
{
	bool some = tracer->leaving;

	tracer_leaving__finish(tracer);
	for (uint32_t place = 1; place <= tracer->skel->bss->watched_used; place++) {
		struct tracer_watch *watch = &tracer->watches[place];

		if (!is_over(&tracer->watched[place]) || !(watch->nlinks + watch->nsessions))
			continue;
		tracer_watched__take_out(watch);
		some = true;
	}
	return some;
}

/* Whose process is no more, and none of its locks has a record that says whose it is. */
static uint32_t place_to_use_again(struct tracer *tracer)
{
	for (uint32_t place = 1; place < MAX_WATCHED; place++) {
		const struct watched_process *watched = &tracer->watched[place];

		if (watched->tgid && !(is_over(watched) && !watched->first_lock))
			continue;
		if (place_of(tracer, watched->tgid) == place)
			bpf_map_delete_elem(bpf_map__fd(tracer->skel->maps.watched_tgids),
					    &watched->tgid);
		tracer_leaving__begin(tracer, &tracer->watches[place]);
		return place;
	}
	return 0;
}

/* 0: there is none. */
static uint32_t free_place(struct tracer *tracer)
{
	uint32_t fresh = tracer->skel->bss->watched_used + 1;

	if (fresh >= MAX_WATCHED)
		return place_to_use_again(tracer);
	tracer->skel->bss->watched_used = fresh;
	return fresh;
}

uint32_t tracer_watched__begin(struct tracer *tracer, const struct lock_sites *sites,
			       const struct tracer_lock *lock)
{
	struct switchtax *skel = tracer->skel;
	uint32_t tgid = tgid_of(tracer, lock), place;

	end_old(tracer, tgid);
	place = free_place(tracer);
	if (!place)
		return 0;
	settle_threads(tracer, tgid, lock->fresh);
	fill(&tracer->watched[place], sites, lock, tgid, tracer__clock_ns(tracer));
	tracer->watched[place].began_ns = began_at(tracer, tgid, lock,
						   tracer->watched[place].since_ns);
	tracer->watches[place] = (struct tracer_watch){ .nlinks = 0 };
	bpf_map_update_elem(bpf_map__fd(skel->maps.watched_tgids), &tgid, &place, BPF_ANY);
	return place;
}

void tracer_watched__give_up(struct tracer *tracer, uint32_t place)
{
	uint32_t tgid = tracer->watched[place].tgid;

	tracer_watched__take_out(&tracer->watches[place]);
	bpf_map_delete_elem(bpf_map__fd(tracer->skel->maps.watched_tgids), &tgid);
	tracer->watched[place] = (struct watched_process){ .tgid = 0 };
}
