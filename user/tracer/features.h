/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracer_features - what this kernel has of what the tracer can use. Asked of the kernel
 * itself, of its types (BTF) or by loading a tiny program, never of its version: distributions
 * carry features back, and builders leave them out.
 */
#ifndef SWITCHTAX_TRACER_FEATURES_H
#define SWITCHTAX_TRACER_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the tracer also does without. The last one cannot be forced off: what the kernel has it
 * for must not happen where it has it (bpf/probes.bpf.c).
 */
enum tracer_feature {
	FEATURE_KERNEL_BTF,
	FEATURE_UPROBE_SESSION,
	FEATURE_SWITCH_STATE,
	FEATURE_TASK_ITERATOR,
	FEATURE_QUEUE_TIMES,
	FORCIBLE_FEATURES,
	FEATURE_PREEMPT_GUARD = FORCIBLE_FEATURES,
	TRACER_FEATURES,
};

struct tracer_features {
	bool have[TRACER_FEATURES];	/* and not forced off */
	bool forced_off[TRACER_FEATURES];
	bool state_is_second;		/* sched_switch has its prev_state as second argument */
	const char *types;		/* without FEATURE_KERNEL_BTF: the file that describes the kernel */
};

/* For people. */
struct tracer_feature_text {
	const char *name;		/* for TRACER_WITHOUT, too */
	const char *what;
	const char *since;		/* the first Linux that has it, unless built without */
	const char *without;		/* what is done in its place, and what that costs */
	bool by_btf;			/* not used without FEATURE_KERNEL_BTF */
};

/* An environment variable: features not to be used, by name, separated by commas, or "all". */
#define TRACER_WITHOUT "SWITCHTAX_WITHOUT"

const struct tracer_feature_text *tracer_features__text(enum tracer_feature feature);

/* Where a kernel keeps its own types. */
#define TRACER_VMLINUX "/sys/kernel/btf/vmlinux"

/*
 * Ask the kernel; types: a file with its types (BTF, alone or in an ELF file), borrowed, to be used
 * in place of its own, or NULL. Returns 0 or -errno with why set to what to do about it:
 * -EOPNOTSUPP (the kernel lacks something that has no substitute; which, and the kernel that has
 * it), -ENOENT (it has no BTF, and no file was named), -EINVAL (TRACER_WITHOUT names what is no
 * feature; the file holds no kernel's types), -EPERM, -ENOSYS (built without BPF). Whether the file
 * is of this kernel shows when the programs are loaded (types.c).
 */
int tracer_features__ask(struct tracer_features *features, const char *types, char *why,
			 size_t why_size);

#endif
