// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sampling what the lock's holder does: a clock per CPU whose ticks run a BPF program.
 *
 * 1009 Hz: more than a thousand samples of a busy CPU a second, and a prime, so that the ticks
 * do not march in step with the kernel's own (HZ is 100, 250, 300 or 1000) or with anything
 * that a program does at round times: those would be met always or never. The clock is the
 * CPU's and not the thread's (PERF_COUNT_SW_TASK_CLOCK): that one would be stopped and started
 * at every context switch, the very thing whose cost is measured.
 *
 * Nothing outlives us: the events go with their file descriptors.
 */
#include "tracer/parts.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of the ring, per CPU: two seconds of samples, or half a one with the tops of stacks. */
#define RING_PER_CPU (2U << 20)
#define MOST_RING (64U << 20)

unsigned int tracer_samples__ring_size(int ncpus)
{
	unsigned int size = RING_PER_CPU;

	while (size < MOST_RING && size < RING_PER_CPU * (unsigned int)ncpus)
		size *= 2;
	return size;
}

static int open_clock(int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = TRACER_SAMPLE_PERIOD_NS,
		.disabled = 1,
		.exclude_idle = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * By ioctl(), not by a link, which would be one more thing for the same. An offline CPU has no
 * clock (-ENODEV), and takes no part.
 */
static int attach_clock(struct tracer *tracer, int cpu)
{
	int program = bpf_program__fd(tracer->skel->progs.on_sample);
	int fd = open_clock(cpu), err = 0;

	if (fd < 0)
		return fd == -ENODEV ? 0 : fd;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err = -errno;
		close(fd);
	} else {
		tracer->clocks[tracer->nclocks++] = fd;
	}
	return err;
}

int tracer_samples__attach(struct tracer *tracer)
{
	int err = 0;

	tracer->clocks = calloc((size_t)tracer->ncpus, sizeof(*tracer->clocks));
	if (!tracer->clocks)
		return -ENOMEM;
	for (int cpu = 0; cpu < tracer->ncpus && !err; cpu++)
		err = attach_clock(tracer, cpu);
	return err;
}

void tracer_samples__detach(struct tracer *tracer)
{
	while (tracer->nclocks)
		close(tracer->clocks[--tracer->nclocks]);
	free(tracer->clocks);
	tracer->clocks = NULL;
}

/* Is it whole? The ring's memory is the kernel's, but a length is checked before it is used. */
static int take_sample(void *arg, void *data, size_t size)
{
	const struct stack_sample *sample = data;
	struct tracer *tracer = arg;
	size_t head = offsetof(struct stack_sample, user);

	if (size < head || sample->kernel_frames > SAMPLE_KERNEL_FRAMES ||
	    size < head + sample->user_frames * sizeof(sample->user[0]) +
		   sample->stack_words * sizeof(sample->stack[0]))
		return 0;
	if (tracer->on_sample)
		tracer->on_sample(sample, tracer->on_sample_arg);
	return 0;
}

int tracer_samples__open(struct tracer *tracer)
{
	tracer->samples = ring_buffer__new(bpf_map__fd(tracer->skel->maps.sample_ring),
					   take_sample, tracer, NULL);
	return tracer->samples ? 0 : -errno;
}

/* What a run that was given up has left must not be counted in the next. */
void tracer_samples__clear(struct tracer *tracer, bool stacks)
{
	tracer->skel->bss->sample_stacks = stacks;
	tracer->on_sample = NULL;
	ring_buffer__consume(tracer->samples);
	memset(tracer->skel->bss->sample_losses, 0, sizeof(tracer->skel->bss->sample_losses));
}

int tracer__drain_samples(struct tracer *tracer,
			  void (*on_sample)(const struct stack_sample *sample, void *arg),
			  void *arg)
{
	int err;

	tracer->on_sample = on_sample;
	tracer->on_sample_arg = arg;
	err = ring_buffer__consume(tracer->samples);
	return err < 0 ? err : 0;
}
