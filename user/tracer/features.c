// SPDX-License-Identifier: GPL-2.0-or-later
// One question a feature, and one table each of what can be done without and what cannot.
#include "tracer/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The last clause of each refusal of a kernel that is too old. */
#define WHERE_TO_GET_ONE "boot Linux 5.15 or newer (Debian 11 has a 6.1 in its security archive, " \
			 "linux-image-6.1*; Ubuntu 20.04 a 5.15, linux-generic-hwe-20.04)"

static const struct tracer_feature_text texts[TRACER_FEATURES] = {
	[FEATURE_KERNEL_BTF] = {
		"kernel-btf", "the kernel knows its own types", "5.2, built with "
		"CONFIG_DEBUG_INFO_BTF",
		"types come from a file, each field is copied by a helper, and three of those below "
		"are not to be had", false,
	},
	[FEATURE_UPROBE_SESSION] = {
		"uprobe-session", "one probe sees a lock's acquire function begin and end", "6.13",
		"two probes; the end of every acquisition is a trap more", true,
	},
	[FEATURE_SWITCH_STATE] = {
		"switch-state", "sched_switch tells whether the thread goes to sleep", "5.18",
		"read from the thread; costs nothing", false,
	},
	[FEATURE_TASK_ITERATOR] = {
		"task-iterator", "the threads of one process can be listed", "6.1",
		"all threads of the machine are looked at, once, as a run begins (without "
		"kernel-btf: all processes, then the threads of this one)", true,
	},
	[FEATURE_QUEUE_TIMES] = {
		"queue-times", "the kernel notes when a thread became runnable", "5.15, built with "
		"CONFIG_SCHED_INFO and CONFIG_FAIR_GROUP_SCHED",
		"a program at every wake-up of the machine", false,
	},
	[FEATURE_PREEMPT_GUARD] = {
		"preempt-guard", "a program at a probe is not pre-empted", "6.15",
		"where it is, on fully pre-emptible kernels, the time goes to the state before or "
		"after", true,
	},
};

const struct tracer_feature_text *tracer_features__text(enum tracer_feature feature)
{
	return &texts[feature];
}

/* ---- questions to the kernel's types ---- */

static const struct btf_type *type_named(const struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	return id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
}

static bool has_enumerator(const struct btf *btf, const char *type_name, const char *name)
{
	const struct btf_type *type = type_named(btf, type_name, BTF_KIND_ENUM);

	for (__u16 i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), name))
			return true;
	return false;
}

/* Also inside unnamed members: CONFIG_RANDSTRUCT wraps most of task_struct into one. */
static bool type_has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	if (!type || !btf_is_composite(type))
		return false;
	for (__u16 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;
		const char *have = btf__name_by_offset(btf, member->name_off);

		if (have && !strcmp(have, name))
			return true;
		if ((!have || !*have) &&
		    type_has_member(btf, btf__type_by_id(btf, member->type), name))
			return true;
	}
	return false;
}

static bool has_member(const struct btf *btf, const char *type_name, __u32 kind, const char *name)
{
	return type_has_member(btf, type_named(btf, type_name, kind), name);
}

/* ---- what can be done without ---- */

/* Not the kfuncs of sessions: 6.10 has them, for kprobes only. */
static bool has_uprobe_session(const struct btf *btf)
{
	return has_enumerator(btf, "bpf_attach_type", "BPF_TRACE_UPROBE_SESSION");
}

static bool has_task_iterator(const struct btf *btf)
{
	return has_member(btf, "bpf_iter_link_info", BTF_KIND_UNION, "task");
}

static bool has_queue_times(const struct btf *btf)
{
	return has_member(btf, "task_struct", BTF_KIND_STRUCT, "sched_info") &&
	       has_member(btf, "sched_info", BTF_KIND_STRUCT, "last_queued") &&
	       has_member(btf, "sched_entity", BTF_KIND_STRUCT, "cfs_rq") &&
	       has_member(btf, "cfs_rq", BTF_KIND_STRUCT, "rq") &&
	       has_member(btf, "rq", BTF_KIND_STRUCT, "clock");
}

/*
 * A function that programs may call, as ours declare it: of none. From 6.10 to 6.14 it is there, but
 * none of the functions that the verifier proves apart, as ours are, may be called before it is undone:
 * it did not know yet which of them may sleep (check_func_call() in kernel/bpf/verifier.c).
 */
static bool has_preempt_guard(const struct btf *btf)
{
	const struct btf_type *function = type_named(btf, "bpf_preempt_disable", BTF_KIND_FUNC);
	const struct btf_type *type = function ? btf__type_by_id(btf, function->type) : NULL;

	return type && btf_is_func_proto(type) && !btf_vlen(type) &&
	       has_member(btf, "bpf_subprog_info", BTF_KIND_STRUCT, "might_sleep");
}

/* The function that takes a tracepoint's arguments, its own data first. */
static const struct btf_type *tracepoint_function(const struct btf *btf, const char *name)
{
	const struct btf_type *type = type_named(btf, name, BTF_KIND_TYPEDEF);

	type = type ? btf__type_by_id(btf, type->type) : NULL;
	type = type && btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;
	return type && btf_is_func_proto(type) ? type : NULL;
}

/* The argument's place among those of the tracepoint, from 0; -1: it has none of that type. */
static int argument_with(const struct btf *btf, const struct btf_type *function,
			 bool (*is)(const struct btf_type *type))
{
	for (__u16 i = 1; function && i < btf_vlen(function); i++) {
		int id = btf__resolve_type(btf, btf_params(function)[i].type);

		if (id >= 0 && is(btf__type_by_id(btf, (__u32)id)))
			return i - 1;
	}
	return -1;
}

static bool is_unsigned_int(const struct btf_type *type)
{
	return btf_is_int(type) && type->size == sizeof(unsigned int) &&
	       !(btf_int_encoding(type) & (BTF_INT_SIGNED | BTF_INT_BOOL));
}

/* sched_switch(preempt, prev, next) got prev_state as second argument, then as last (5.18). */
static bool has_switch_state(const struct btf *btf, struct tracer_features *features)
{
	int place = argument_with(btf, tracepoint_function(btf, "btf_trace_sched_switch"),
				  is_unsigned_int);

	features->state_is_second = place == 1;
	return place == 1 || place == 3;
}

/* ---- what cannot ---- */

struct need {
	const char *what;
	const char *user;
	const char *since;
	bool (*is_met)(const struct btf *btf);
};

static bool has_current_task(const struct btf *btf)
{
	return has_enumerator(btf, "bpf_func_id", "BPF_FUNC_get_current_task_btf");
}

static bool has_task_registers(const struct btf *btf)
{
	return has_enumerator(btf, "bpf_func_id", "BPF_FUNC_task_pt_regs");
}

static bool has_map_loop(const struct btf *btf)
{
	return has_enumerator(btf, "bpf_func_id", "BPF_FUNC_for_each_map_elem");
}

static bool has_task_state(const struct btf *btf)
{
	return has_member(btf, "task_struct", BTF_KIND_STRUCT, "__state");
}

/* One exchange on the stack, loaded and not run: no type tells whether the JIT can do it. */
static bool has_atomics(const struct btf *btf)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_10,
		  .src_reg = BPF_REG_0, .off = -8, .imm = BPF_XCHG },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "has_atomics", "GPL", program,
			       sizeof(program) / sizeof(program[0]), NULL);

	(void)btf;
	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EPERM || fd == -EACCES;
}

/* The oldest first: a kernel that lacks one mostly lacks those after it. */
static const struct need needs[] = {
	{ "bpf_get_current_task_btf()", "on_acquire", "5.11", has_current_task },
	{ "BPF's atomic exchange", "on_acquire", "5.12; on arm64 5.18", has_atomics },
	{ "bpf_for_each_map_elem()", "on_acquired", "5.13", has_map_loop },
	{ "task_struct.__state", "on_task", "5.14", has_task_state },
	{ "bpf_task_pt_regs()", "on_switch", "5.15", has_task_registers },
};

/* Returns 0 or -EOPNOTSUPP. */
static int check_needs(const struct btf *btf, char *why, size_t why_size)
{
	struct utsname system = { 0 };

	uname(&system);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (needs[i].is_met(btf))
			continue;
		snprintf(why, why_size, "Linux %.64s lacks %s (Linux %s has it), which the program "
			 "%s needs; " WHERE_TO_GET_ONE, system.release, needs[i].what,
			 needs[i].since, needs[i].user);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* ---- all of them ---- */

/* Returns FORCIBLE_FEATURES if there is none of that name. */
static enum tracer_feature feature_named(const char *name, size_t length)
{
	enum tracer_feature feature = 0;

	while (feature < FORCIBLE_FEATURES && (strncmp(texts[feature].name, name, length) ||
					     texts[feature].name[length]))
		feature++;
	return feature;
}

static void list_names(char *list, size_t size)
{
	size_t used = 0;

	for (enum tracer_feature feature = 0; feature < FORCIBLE_FEATURES && used < size; feature++)
		used += (size_t)snprintf(list + used, size - used, "%s, ", texts[feature].name);
}

/* Returns 0 or -EINVAL. */
static int read_forced_off(struct tracer_features *features, char *why, size_t why_size)
{
	const char *names = getenv(TRACER_WITHOUT);
	char accepted[128];

	while (names && *names) {
		size_t length = strcspn(names, ",");
		enum tracer_feature feature = feature_named(names, length);

		if (feature < FORCIBLE_FEATURES) {
			features->forced_off[feature] = true;
		} else if (length == 3 && !strncmp(names, "all", 3)) {
			memset(features->forced_off, true,
			       FORCIBLE_FEATURES * sizeof(features->forced_off[0]));
		} else {
			list_names(accepted, sizeof(accepted));
			snprintf(why, why_size, TRACER_WITHOUT ": '%.*s' is no feature; accepted "
				 "are %sand all", (int)length, names, accepted);
			return -EINVAL;
		}
		names += length + (names[length] == ',');
	}
	return 0;
}

static void ask(const struct btf *btf, struct tracer_features *features)
{
	features->have[FEATURE_UPROBE_SESSION] = has_uprobe_session(btf);
	features->have[FEATURE_SWITCH_STATE] = has_switch_state(btf, features);
	features->have[FEATURE_TASK_ITERATOR] = has_task_iterator(btf);
	features->have[FEATURE_QUEUE_TIMES] = has_queue_times(btf);
	features->have[FEATURE_PREEMPT_GUARD] = has_preempt_guard(btf);
	for (int feature = 0; feature < TRACER_FEATURES; feature++)
		features->have[feature] &= !features->forced_off[feature] &&
					   !(texts[feature].by_btf && features->types);
}

/* ---- the types ---- */

/* Not a FIFO, which would be waited for. */
static const char *cannot_be_read(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "not a file";
	return access(path, R_OK) ? strerror(errno) : NULL;
}

/* Not those of a program, or of a module. */
static bool is_of_kernel(const struct btf *btf)
{
	return type_named(btf, "task_struct", BTF_KIND_STRUCT) &&
	       type_named(btf, "bpf_func_id", BTF_KIND_ENUM);
}

/* From a file in place of the kernel. Returns NULL with *err set. */
static struct btf *types_of_file(const char *path, int *err, char *why, size_t why_size)
{
	const char *reason = cannot_be_read(path);
	struct btf *btf = reason ? NULL : btf__parse(path, NULL);

	if (btf && is_of_kernel(btf)) {
		*err = 0;
		return btf;
	}
	btf__free(btf);
	*err = -EINVAL;
	snprintf(why, why_size, "--btf: '%s': %s; accepted is BTF of the running kernel, alone or in an "
		 "ELF file, as `pahole --btf_encode_detached=FILE vmlinux` makes it of the kernel's "
		 "debug symbols", path, reason ? reason : "holds no kernel's types");
	return NULL;
}

static struct btf *types_of_kernel(int *err, char *why, size_t why_size)
{
	struct btf *btf = access(TRACER_VMLINUX, R_OK) ? NULL : btf__parse(TRACER_VMLINUX, NULL);

	if (!btf && errno == ENOMEM) {
		*err = -ENOMEM;
		snprintf(why, why_size, TRACER_VMLINUX ": no memory to read it; `ulimit -a` shows "
			 "what is allowed");
		return NULL;
	}
	*err = btf ? 0 : -ENOENT;
	if (!btf)
		snprintf(why, why_size, TRACER_VMLINUX " cannot be read; mount /sys, boot a kernel "
			 "with CONFIG_DEBUG_INFO_BTF=y (most distributions' have it), or name a file "
			 "with this kernel's types by --btf FILE");
	return btf;
}

/* libbpf's chatter about BTF is said here in fewer words. */
static struct btf *load_types(struct tracer_features *features, int *err, char *why,
			      size_t why_size)
{
	libbpf_print_fn_t talk = libbpf_set_print(NULL);
	struct btf *btf;

	if (!features->types && features->forced_off[FEATURE_KERNEL_BTF])
		features->types = TRACER_VMLINUX;
	features->have[FEATURE_KERNEL_BTF] = !features->types;
	btf = features->types ? types_of_file(features->types, err, why, why_size)
			      : types_of_kernel(err, why, why_size);
	libbpf_set_print(talk);
	return btf;
}

int tracer_features__ask(struct tracer_features *features, const char *types, char *why,
			 size_t why_size)
{
	struct btf *btf;
	int err;

	*features = (struct tracer_features){ .types = types };
	err = read_forced_off(features, why, why_size);
	if (err)
		return err;
	btf = load_types(features, &err, why, why_size);
	if (!btf)
		return err;
	err = check_needs(btf, why, why_size);
	if (!err)
		ask(btf, features);
	btf__free(btf);
	return err;
}
