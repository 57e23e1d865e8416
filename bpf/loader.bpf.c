// SPDX-License-Identifier: GPL-2.0-or-later
// The loader asks the clock of the books: it runs this program itself.
//
// Its own CLOCK_MONOTONIC may be another one: in a time namespace it is days away from what
// bpf_ktime_get_ns() says. So no time of the loader's ever meets one of the programs'.
#include "pause.bpf.h"

SEC("syscall")
int on_loader(struct clock_question *question)
{
	__u64 word, now;

	if (question->goes_on)
		end_pause();
	if (question->turn != WINDOW_STAYS)
		turn_window(question->turn);
	question->now_ns = clock_now();
	word = clock_word;
	now = bpf_ktime_get_ns();
	question->cut_ns = now - clock_at(word, now);
	return 0;
}
