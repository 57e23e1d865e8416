// SPDX-License-Identifier: GPL-2.0-or-later
// The programs' clock, and the window that is turned by it: asked of a program of ours that is
// run here and now (bpf/loader.bpf.c), since our own clock may be another one.
#include "tracer/parts.h"

#include <string.h>

#include "base/log.h"

/* The answer comes back where the question was; all 0 if there is none. */
static struct clock_question ask(struct tracer *tracer, struct clock_question question)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &question, .ctx_size_in = sizeof(question));
	int err = bpf_prog_test_run_opts(bpf_program__fd(tracer->skel->progs.on_loader), &opts);

	if (err) {
		log__debug("the programs' clock cannot be read: %s", strerror(-err));
		return (struct clock_question){ .turn = WINDOW_STAYS };
	}
	return question;
}

uint64_t tracer__clock_ns(struct tracer *tracer)
{
	return ask(tracer, (struct clock_question){ .turn = WINDOW_STAYS }).now_ns;
}

uint64_t tracer__cut_ns(struct tracer *tracer)
{
	return tracer->closed ? tracer->cut_ns
			      : ask(tracer, (struct clock_question){ .turn = WINDOW_STAYS }).cut_ns;
}

/* A pause may be under way: what of it comes after the window's end is none of its business. */
void tracer_clock__turn(struct tracer *tracer, enum window_turn turn)
{
	struct clock_question answer = ask(tracer, (struct clock_question){ .turn = turn });

	if (turn == WINDOW_CLOSES && !tracer->closed)
		tracer->cut_ns = answer.cut_ns;
	tracer->closed = turn == WINDOW_CLOSES;
}

/* From one tgid to another in the first place that has it; the first process's is the first place. */
static bool swap_held(struct tracer *tracer, size_t from, uint32_t old, uint32_t new)
{
	uint32_t *held = tracer->skel->bss->held_tgids;

	for (size_t i = from; i < HELD_AT_ONCE; i++) {
		uint32_t expected = old;

		if (__atomic_compare_exchange_n(&held[i], &expected, new, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* Where so many are held that there is no place, it runs on by the books, as if nobody held it. */
void tracer__hold_begins(struct tracer *tracer, uint32_t tgid)
{
	if (tgid ? swap_held(tracer, 1, 0, tgid)
		 : swap_held(tracer, 0, 0, tracer->skel->bss->root_tgid))
		__atomic_fetch_add(&tracer->skel->bss->holds, 1, __ATOMIC_SEQ_CST);
}

void tracer__hold_ends(struct tracer *tracer, uint32_t tgid)
{
	if (tgid ? swap_held(tracer, 1, tgid, 0)
		 : swap_held(tracer, 0, tracer->skel->bss->root_tgid, 0))
		__atomic_fetch_sub(&tracer->skel->bss->holds, 1, __ATOMIC_SEQ_CST);
	ask(tracer, (struct clock_question){ .goes_on = 1 });
}
