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

uint64_t tracer_clock__cut_ns(struct tracer *tracer)
{
	return ask(tracer, (struct clock_question){ .turn = WINDOW_STAYS }).cut_ns;
}

void tracer_clock__turn(struct tracer *tracer, enum window_turn turn)
{
	ask(tracer, (struct clock_question){ .turn = turn });
}

void tracer__hold_begins(struct tracer *tracer, uint32_t tgid)
{
	uint32_t *held = tracer->skel->bss->held_tgids;

	__atomic_store_n(&held[tgid ? 1 : 0], tgid ? tgid : tracer->skel->bss->root_tgid,
			 __ATOMIC_SEQ_CST);
}

void tracer__hold_ends(struct tracer *tracer, uint32_t tgid)
{
	__atomic_store_n(&tracer->skel->bss->held_tgids[tgid ? 1 : 0], 0, __ATOMIC_SEQ_CST);
	ask(tracer, (struct clock_question){ .goes_on = 1 });
}
