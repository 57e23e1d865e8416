/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types, cut down to the fields that are read. CO-RE relocates each
 * access against the running kernel's BTF, so offsets here mean nothing. Neither do
 * sizes, as long as the field is unsigned here and there: task_struct.on_cpu, an int for
 * many years, is a byte since Linux 7.2. Hence no field is signed here.
 */
#ifndef SWITCHTAX_KERNEL_TYPES_H
#define SWITCHTAX_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* CONFIG_SCHED_INFO, in every distribution's kernel through CONFIG_TASK_DELAY_ACCT. Or none. */
struct sched_info {
	unsigned long long run_delay;
	unsigned long long last_arrival;
	unsigned long long last_queued;
};

/* CONFIG_FAIR_GROUP_SCHED; set for tasks of every scheduling class (set_task_rq()). */
struct rq {
	__u64 clock;
};

/* CONFIG_CFS_BANDWIDTH: for how long the group, or one above it, has used up its quota here. */
struct cfs_rq {
	struct rq *rq;
	__u64 throttled_clock_self;		/* since, or 0, by the queue's clock; Linux 6.6 */
	__u64 throttled_clock_self_time;	/* in all, what has ended; the same */
	__u64 throttled_clock_pelt_time;	/* Linux 5.19: by a clock that may be slower */
	__u64 throttled_clock_task_time;	/* as that was called before */
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
	__u64 exec_start;
	__u64 sum_exec_runtime;
	__u64 prev_sum_exec_runtime;
};

/* A pid's numbers, from the initial namespace (level 0) down to its own. */
struct upid {
	unsigned int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[];
};

/* The way to the name of the file that a process executes. */
struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct mm_struct {
	unsigned long exec_vm;	/* pages of code mapped */
	struct file *exe_file;
};

struct list_head {
	struct list_head *next;
};

struct signal_live {
	int counter;
};

struct signal_struct {
	struct signal_live live;	/* an atomic_t: threads that have not begun to end */
	struct list_head thread_head;	/* of thread_node */
};

struct task_struct {
	void *stack;
	unsigned int __state;
	unsigned int on_cpu;
	unsigned int flags;
	unsigned int pid;
	unsigned int tgid;
	unsigned int prio;
	unsigned int wake_cpu;	/* set with every change of its CPU (__set_task_cpu()) */
	struct pid *thread_pid;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct list_head tasks;		/* leaders, in a ring */
	struct list_head thread_node;
	struct signal_struct *signal;
	struct mm_struct *mm;
	__u64 start_time;
	bool throttled;			/* Linux 6.18 */
	unsigned long nvcsw;
	unsigned long nivcsw;
	struct sched_entity se;
	struct sched_info sched_info;
	char comm[16];
};

/* What a thread has entered the kernel with; programs see the user's part of it only. */
struct pt_regs___kernel {
	unsigned long sp;
#if defined(__TARGET_ARCH_x86)
	unsigned long di;
	unsigned long si;
	unsigned long orig_ax;	/* number of the system call, else -1 */
#elif defined(__TARGET_ARCH_arm64)
	__u64 regs[31];
	__u64 orig_x0;
	__u32 syscallno;	/* the same */
#else
#error "system call registers of this architecture are not known"
#endif
};

struct linux_binprm;
struct bpf_map;

struct bpf_iter_meta {
	__u64 session_id;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* Stable parts of include/linux/sched.h */
#define TASK_ASLEEP	0x3	/* interruptibly or not; not stopped */
#define TASK_STOPPED_OR_TRACED	0xc
#define TASK_DEAD	0x80
#define PF_EXITING	0x4

#endif
