// SPDX-License-Identifier: GPL-2.0-or-later
// The tracer of a build without clang, bpftool or libbpf: it says so, and never traces.
#include "tracer/tracer.h"
#include "tracer/features.h"

#include <errno.h>
#include <stdio.h>

int tracer__open(struct tracer **out, const char *types, char *why, size_t why_size)
{
	(void)types;
	*out = NULL;
	snprintf(why, why_size, "this switchtax was built without BPF; install clang, bpftool and "
		 "libbpf-dev, and run make again");
	return -ENOSYS;
}

int tracer_features__ask(struct tracer_features *features, const char *types, char *why,
			 size_t why_size)
{
	*features = (struct tracer_features){ .types = types };
	snprintf(why, why_size, "this switchtax was built without BPF");
	return -ENOSYS;
}

const struct tracer_feature_text *tracer_features__text(enum tracer_feature feature)
{
	static const struct tracer_feature_text unknown;

	(void)feature;
	return &unknown;
}

int tracer__check_uprobes(char *why, size_t why_size)
{
	snprintf(why, why_size, "this switchtax was built without BPF");
	return -ENOSYS;
}

void tracer__close(struct tracer *tracer)
{
	(void)tracer;
}

int tracer__attach(struct tracer *tracer, const struct tracer_run *run, char *why,
		   size_t why_size)
{
	(void)tracer;
	(void)run;
	snprintf(why, why_size, "built without BPF");
	return -ENOSYS;
}

int tracer__attach_lock(struct tracer *tracer, const struct lock_sites *sites,
			const struct tracer_lock *lock, uint32_t *place, char *why,
			size_t why_size)
{
	(void)tracer;
	(void)sites;
	(void)lock;
	(void)place;
	snprintf(why, why_size, "built without BPF");
	return -ENOSYS;
}

bool tracer__watches(const struct tracer *tracer, uint32_t tgid)
{
	(void)tracer;
	(void)tgid;
	return false;
}

enum file_verdict tracer__file(const struct tracer *tracer, uint64_t file)
{
	(void)tracer;
	(void)file;
	return FILE_UNKNOWN;
}

void tracer__judge_file(struct tracer *tracer, uint64_t file, enum file_verdict verdict)
{
	(void)tracer;
	(void)file;
	(void)verdict;
}

void tracer__hear_of_code_in(struct tracer *tracer, uint64_t ns)
{
	(void)tracer;
	(void)ns;
}

int tracer__attach_probe(struct tracer *tracer, bool at_return, const char *path, uint64_t offset,
			 char *why, size_t why_size)
{
	(void)tracer;
	(void)at_return;
	(void)path;
	(void)offset;
	snprintf(why, why_size, "built without BPF");
	return -ENOSYS;
}

void tracer__open_window(struct tracer *tracer, enum tracer_opening when)
{
	(void)tracer;
	(void)when;
}

void tracer__report_execs(struct tracer *tracer)
{
	(void)tracer;
}

bool tracer__window_is_open(const struct tracer *tracer)
{
	(void)tracer;
	return false;
}

uint64_t tracer__clock_ns(struct tracer *tracer)
{
	(void)tracer;
	return 0;
}

uint64_t tracer__cut_ns(struct tracer *tracer)
{
	(void)tracer;
	return 0;
}

void tracer__hold_begins(struct tracer *tracer, uint32_t tgid)
{
	(void)tracer;
	(void)tgid;
}

void tracer__hold_ends(struct tracer *tracer, uint32_t tgid)
{
	(void)tracer;
	(void)tgid;
}

int tracer__news_fd(const struct tracer *tracer)
{
	(void)tracer;
	return -1;
}

bool tracer__next_news(struct tracer *tracer, struct news *news)
{
	(void)tracer;
	(void)news;
	return false;
}

int tracer__collect(struct tracer *tracer,
		    int (*on_ended)(const struct trace_ended *ended, void *arg), void *arg)
{
	(void)tracer;
	(void)on_ended;
	(void)arg;
	return -ENOSYS;
}

void tracer__close_window(struct tracer *tracer)
{
	(void)tracer;
}

void tracer__finish(struct tracer *tracer, bool ended)
{
	(void)tracer;
	(void)ended;
}

void tracer__detach(struct tracer *tracer)
{
	(void)tracer;
}

int tracer__read(struct tracer *tracer, struct trace *trace)
{
	(void)tracer;
	(void)trace;
	return -ENOSYS;
}

int tracer__peek(struct tracer *tracer, struct trace *trace)
{
	(void)tracer;
	(void)trace;
	return -ENOSYS;
}

int tracer__drain(struct tracer *tracer,
		  void (*on_event)(const void *event, size_t size, void *arg), void *arg)
{
	(void)tracer;
	(void)on_event;
	(void)arg;
	return -ENOSYS;
}

int tracer__drain_samples(struct tracer *tracer,
			  void (*on_sample)(const struct stack_sample *sample, void *arg),
			  void *arg)
{
	(void)tracer;
	(void)on_sample;
	(void)arg;
	return -ENOSYS;
}
