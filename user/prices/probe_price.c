// SPDX-License-Identifier: GPL-2.0-or-later
// Times two empty functions of our own, with and without probes on them.
#include "prices/probe_price.h"
#include "include/clock.h"
#include "tracer/own_code.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALLS 2000
#define ROUNDS 5

/* What each kernel emulates, and what it must single-step; see instructions.h. */
#if defined(__x86_64__)
#define EMULATED "nop"
#define STEPPED "mov %eax, %eax"
#elif defined(__aarch64__)
#define EMULATED "b 1f\n1:"
#define STEPPED "mov w0, w0"
#else
#define EMULATED "nop"
#endif

/* Functions that begin with what the kernel emulates, as it does the usual push of x86-64. */
__attribute__((noinline, used)) static void take_nothing(void)
{
	__asm__ volatile(EMULATED);
}

__attribute__((noinline, used)) static void release_nothing(void)
{
	__asm__ volatile(EMULATED "\nnop");
}

/* And with what it must single-step. */
__attribute__((noinline, used)) static void take_stepped(void)
{
#if defined(STEPPED)
	__asm__ volatile(STEPPED);
#endif
}

__attribute__((noinline, used)) static void release_stepped(void)
{
#if defined(STEPPED)
	__asm__ volatile(STEPPED "\nnop");
#endif
}

struct pair {
	void (*take)(void);
	void (*release)(void);	/* NULL: take alone */
};

static void call_all(const struct pair *pair)
{
	for (int i = 0; i < CALLS; i++) {
		pair->take();
		if (pair->release)
			pair->release();
	}
}

/* Of a pair. The quickest of some rounds: what disturbs one only ever adds to it. */
static double quickest_ns(const struct pair *pair)
{
	double best = INFINITY;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_now_ns();

		call_all(pair);
		best = fmin(best, (double)(clock_now_ns() - begin) / CALLS);
	}
	return best;
}

static double measure(struct tracer *tracer, const struct pair *pair)
{
	const struct tracer_lock lock = { .pid = getpid() };
	struct lock_sites sites = { .nacquire = 1, .nrelease = 1, .words = { .size = 4 } };
	double without = quickest_ns(pair), with;
	uint32_t place;
	char why[256];

	snprintf(sites.path, sizeof(sites.path), OWN_CODE_FILE);
	if (!own_code__offset(pair->take, &sites.acquire[0].offset) ||
	    !own_code__offset(pair->release, &sites.release[0].offset) ||
	    tracer__attach_lock(tracer, &sites, &lock, &place, why, sizeof(why)))
		return 0;
	with = quickest_ns(pair);
	tracer__detach(tracer);
	return with > without ? with - without : 0;
}

/* What a probe adds to a call of the function. */
static int price_of(struct tracer *tracer, void (*function)(void), bool at_return, double *ns,
		    char *why, size_t size)
{
	const struct pair pair = { .take = function };
	double without = quickest_ns(&pair), with;
	uint64_t offset;
	int err = own_code__offset(function, &offset) ? 0 : -ENOENT;

	if (err) {
		snprintf(why, size, "/proc/self/maps cannot be read");
		return err;
	}
	err = tracer__attach_probe(tracer, at_return, OWN_CODE_FILE, offset, why, size);
	if (err)
		return err;
	with = quickest_ns(&pair);
	tracer__detach(tracer);
	*ns = with > without ? with - without : 0;
	return 0;
}

int probe_price__hits(struct tracer *tracer, struct probe_hits *hits, char *why, size_t size)
{
	int err = price_of(tracer, take_nothing, false, &hits->entry_ns, why, size);

	hits->stepped_ns = NAN;
	if (!err)
		err = price_of(tracer, take_nothing, true, &hits->return_ns, why, size);
#if defined(STEPPED)
	if (!err)
		err = price_of(tracer, take_stepped, false, &hits->stepped_ns, why, size);
#endif
	return err;
}

static bool all_stepped(const struct lock_site *sites, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!sites[i].stepped)
			return false;
	return count > 0;
}

double probe_price__if_felt(struct tracer *tracer, const struct run *run)
{
	const struct ledger *ledger = &run->ledger;
	const struct lock_sites *sites = &run->lock.sites;
	bool take = all_stepped(sites->acquire, sites->nacquire);
	bool release = all_stepped(sites->release, sites->nrelease);
	const struct pair pair = {
		take ? take_stepped : take_nothing,
		release ? release_stepped : release_nothing,
	};
	double per_s, price;

	if (!tracer || !ledger->called || !ledger->has_lock || !ledger->window_ns)
		return 0;
	per_s = (double)ledger->acquisitions * 1e9 / (double)ledger->window_ns;
	if (per_s <= (take || release ? PROBE_PRICE_STEPPED_PER_S : PROBE_PRICE_FELT_PER_S))
		return 0;
	price = measure(tracer, &pair);
	return price * per_s > PROBE_PRICE_FELT_SHARE * NSEC_PER_SEC ? price : 0;
}
