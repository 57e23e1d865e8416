// SPDX-License-Identifier: GPL-2.0-or-later
// Files with locks and without (bpf/files.bpf.h), and code that is mapped later (bpf/futex.bpf.h).
#include "tracer/parts.h"


void tracer_files__forget(struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.file_verdicts);
	__u64 file;

	while (bpf_map_get_next_key(fd, NULL, &file) == 0)
		bpf_map_delete_elem(fd, &file);
}

enum file_verdict tracer__file(const struct tracer *tracer, uint64_t file)
{
	__u32 verdict = FILE_UNKNOWN;

	bpf_map_lookup_elem(bpf_map__fd(tracer->skel->maps.file_verdicts), &file, &verdict);
	return verdict;
}

void tracer__judge_file(struct tracer *tracer, uint64_t file, enum file_verdict verdict)
{
	__u32 value = verdict;

	if (file && verdict != FILE_UNKNOWN)
		bpf_map_update_elem(bpf_map__fd(tracer->skel->maps.file_verdicts), &file, &value,
				    BPF_ANY);
}

void tracer__hear_of_code_in(struct tracer *tracer, uint64_t ns)
{
	__atomic_store_n(&tracer->skel->bss->code_not_before_ns, tracer__clock_ns(tracer) + ns,
			 __ATOMIC_RELAXED);
}
