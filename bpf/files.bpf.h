/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has a file a lock that the loader looks for?
 *
 * The loader is asked once a file, not once a process: a build executes thousands of programs, of
 * some hundred files. What it has found is kept here.
 */
#ifndef SWITCHTAX_FILES_BPF_H
#define SWITCHTAX_FILES_BPF_H

#include "news.bpf.h"

struct file_verdicts {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);
	__type(value, __u32);		/* enum file_verdict */
	__uint(max_entries, 4096);
};

extern struct file_verdicts file_verdicts SEC(".maps");

/* A name for the file, by its inode, whose address is its own while it is in use. 0: no file. */
static __always_inline __u64 name_of_file(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	return inode ? (__u64)inode ^ BPF_CORE_READ(inode, i_ino) << 48 : 0;
}

static __always_inline __u32 verdict_of_file(__u64 name)
{
	__u32 *verdict = bpf_map_lookup_elem(&file_verdicts, &name);

	return verdict ? *verdict : FILE_UNKNOWN;
}

#endif
