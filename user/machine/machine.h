/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine - what this machine has and does, as /proc and /sys tell it.
 *
 * Nothing is guessed: what cannot be read is unknown, which is "" for text and
 * MACHINE_UNKNOWN for numbers. The parsers take text and are strict; text that ends in
 * the middle of what is looked for is unknown too, never a shorter number.
 */
#ifndef SWITCHTAX_MACHINE_H
#define SWITCHTAX_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/proctext.h"

#define MACHINE_UNKNOWN PROCTEXT_UNKNOWN

struct machine {
	char cpu_model[128];
	char cpus_online_list[256];	/* as 0-3,8 */
	char architecture[65];		/* as x86_64 */
	char kernel_release[65];
	char kernel_version[65];	/* of uname(2): number, SMP, preemption, date */
	char hypervisor[160];		/* its name; virtual_machine says if there is one */
	char transparent_hugepage[32];	/* always, madvise or never */
	char preemption[64];		/* none, ..., or the word of kernel_version */
	char cpu_governor[32];		/* of the first online CPU */
	char clocksource[64];
	uint64_t cpus_online;
	uint64_t cpus_usable;		/* by this process: its affinity */
	uint64_t virtual_machine;	/* 1, 0, or unknown (CPUs that do not say) */
	uint64_t memory_bytes;
	uint64_t available_bytes;	/* machine__available_bytes() */
	uint64_t page_bytes;
	uint64_t l2_bytes;		/* of the first online CPU, may be shared with others */
	uint64_t l3_bytes;
	uint64_t hz;			/* CONFIG_HZ: scheduler ticks per second */
	uint64_t base_slice_ns;		/* the scheduler's, Linux 6.6 and newer with debugfs */
	uint64_t load_1min_percent;	/* load averages; 100 is one runnable task */
	uint64_t load_5min_percent;
	uint64_t load_15min_percent;
};

/* CPU time of the whole machine since boot, all CPUs added up; steps of one tick (10 ms). */
struct machine_times {
	uint64_t busy_ns;		/* user, nice, system, irq, softirq */
	uint64_t steal_ns;		/* runnable, but the hypervisor ran somebody else */
};

/* Read everything. Never fails: what could not be read is unknown. */
void machine__read(struct machine *machine);

/*
 * What may still be allocated without swapping, in bytes: MemAvailable, or what the
 * memory cgroups around this process leave, whichever is less. 0: unknown; a cgroup that
 * is full gives 1.
 */
uint64_t machine__available_bytes(void);

/* Either may be MACHINE_UNKNOWN. */
struct machine_times machine__times(void);

/* The value of a key of /proc/meminfo, in bytes. */
uint64_t machine__parse_meminfo(const char *text, const char *key);

/* The first line of /proc/stat. Kernels that do not tell steal leave it unknown. */
struct machine_times machine__parse_stat(const char *text, uint64_t ticks_per_s);

/* Sets cpu_model and virtual_machine from /proc/cpuinfo, the first CPU's part. */
void machine__parse_cpuinfo(const char *text, struct machine *machine);

/* A size of /sys/devices/system/cpu/cpu0/cache, as 1024K, in bytes. */
uint64_t machine__parse_size(const char *text);

/* The chosen one of "always [madvise] never" or "none (full) lazy"; else "". */
void machine__parse_choice(const char *text, char *choice, size_t size);

/* The word of uname's version that begins with PREEMPT; else "". */
void machine__parse_preemption(const char *version, char *word, size_t size);

/* CONFIG_HZ of a kernel configuration. */
uint64_t machine__parse_hz(const char *config);

/* The three averages of /proc/loadavg, in percent: 100 is one task. All or none known. */
void machine__parse_loadavg(const char *text, uint64_t percent[3]);

#endif
