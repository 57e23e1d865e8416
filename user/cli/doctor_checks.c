// SPDX-License-Identifier: GPL-2.0-or-later
// One short function a check, and one table of them.
#include "cli/doctor_checks.h"

#include <cap-ng.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "include/clock.h"
#include "workloads/objects/task.h"
#include "machine/machine.h"
#include "report/page.h"
#include "tracer/tracer.h"
#include "tracer/features.h"

/* The defaults of the headline experiment. */
#define HEADLINE_TASKS 5
#define HEADLINE_OBJECTS 5000000

/* bpf_ktime_get_ns() reads the same clock, twice or more per switch. */
#define SLOW_CLOCK_NS 500
#define CLOCK_BATCHES 20
#define CLOCK_READS 100

/* /proc/stat counts in ticks of 10 ms: this long a look resolves 0.03 CPUs. */
#define LOAD_LOOK_NS 300000000L
#define BUSY_PERCENT 50			/* of one CPU */
#define STEAL_PER_MILLE 10		/* of the CPU time that was wanted */

#define MIB (1024.0 * 1024.0)

struct patient {
	struct machine machine;
	const char *workload_path;
	const char *types;		/* a file in place of the kernel's own, or NULL */
	struct tracer_features features;
	int features_err;
	char features_why[sizeof(((struct finding *)0)->advice)];
	enum tracer_feature feature;	/* that is looked at now */
};

__attribute__((format(printf, 2, 3)))
static void found(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->found, sizeof(finding->found), format, args);
	va_end(args);
}

__attribute__((format(printf, 3, 4)))
static void advise(struct finding *finding, enum finding_status status, const char *format, ...)
{
	va_list args;

	finding->status = status;
	va_start(args, format);
	vsnprintf(finding->advice, sizeof(finding->advice), format, args);
	va_end(args);
}

/* ---- may we? ---- */

static bool have(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability) != 0;
}

static void check_privileges(const struct patient *patient, struct finding *finding)
{
	const char *user = geteuid() ? "not root" : "root";

	(void)patient;
	if (capng_get_caps_process()) {
		found(finding, "%s, capabilities cannot be read", user);
		advise(finding, FAIL, "mount /proc, and run switchtax with sudo");
	} else if (have(CAP_SYS_ADMIN)) {
		found(finding, "%s, with CAP_SYS_ADMIN", user);
	} else if (have(CAP_BPF) && have(CAP_PERFMON)) {
		found(finding, "%s, with CAP_BPF and CAP_PERFMON", user);
	} else {
		found(finding, "%s, without %s", user,
		      have(CAP_BPF) ? "CAP_PERFMON" :
		      have(CAP_PERFMON) ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON");
		advise(finding, FAIL, geteuid() ? "run it with sudo; --no-bpf measures wall times "
						  "only, without" :
						  "this root is confined: start the container "
						  "with --cap-add BPF --cap-add PERFMON");
	}
}

/* ---- the kernel ---- */

/* Too old is what lacks something, not what has a low number. */
static void check_kernel(const struct patient *patient, struct finding *finding)
{
	const char *release = patient->machine.kernel_release;

	found(finding, "Linux %s", release[0] ? release : "of unknown release");
	if (patient->features_err == -EOPNOTSUPP ||
	    (patient->features_err == -EINVAL && !patient->types))
		advise(finding, FAIL, "%s", patient->features_why);
}

static void check_btf_file(const struct patient *patient, struct finding *finding)
{
	if (patient->types) {
		found(finding, "%s", patient->types);
		if (patient->features_err == -EINVAL)
			advise(finding, FAIL, "%s", patient->features_why);
	} else if (!access(TRACER_VMLINUX, R_OK)) {
		found(finding, "%s", TRACER_VMLINUX);
	} else {
		found(finding, "%s: %s", TRACER_VMLINUX, strerror(errno));
		advise(finding, FAIL, "%s", access(TRACER_VMLINUX, F_OK) ? patient->features_why
									 : "run it with sudo");
	}
}

/* What the tracer also does without, and what that costs. */
static void check_feature(const struct patient *patient, struct finding *finding)
{
	const struct tracer_feature_text *text = tracer_features__text(patient->feature);
	bool forced_off = patient->features.forced_off[patient->feature];

	if (patient->features_err) {
		found(finding, "not looked at");
		finding->status = WARN;
	} else if (patient->features.have[patient->feature]) {
		found(finding, "have: %s", text->what);
	} else if (forced_off) {
		found(finding, "fall-back, by " TRACER_WITHOUT ": %s", text->without);
	} else if (patient->feature == FEATURE_KERNEL_BTF ||
		   (text->by_btf && patient->features.types)) {
		found(finding, "fall-back, %s: %s",
		      text->by_btf ? "for want of kernel-btf" : "by --btf", text->without);
	} else {
		found(finding, "fall-back: %s (Linux %s has it)", text->without, text->since);
	}
}

static void check_programs(const struct patient *patient, struct finding *finding)
{
	char why[sizeof(finding->advice)] = "";
	struct tracer *tracer;
	int err = tracer__open(&tracer, patient->types, why, sizeof(why));

	if (!err) {
		tracer__close(tracer);
		found(finding, "load and pass the verifier");
		return;
	}
	found(finding, "cannot be loaded: %s", strerror(-err));
	advise(finding, FAIL, "%s", why[0] ? why : "mend the checks above first");
}

static void check_uprobes(const struct patient *patient, struct finding *finding)
{
	char why[sizeof(finding->advice)] = "";
	int err = tracer__check_uprobes(why, sizeof(why));

	(void)patient;
	if (!err) {
		found(finding, "can be made");
		return;
	}
	found(finding, "cannot be made: %s", strerror(-err));
	advise(finding, FAIL, "%s", why);
}

/* ---- what would spoil the figures? ---- */

static void check_cpus(const struct patient *patient, struct finding *finding)
{
	const struct machine *machine = &patient->machine;

	if (machine->cpus_usable == MACHINE_UNKNOWN) {
		found(finding, "number unknown");
		advise(finding, WARN, "mount /proc and /sys");
		return;
	}
	found(finding, "%" PRIu64 " usable, online: %s", machine->cpus_usable,
	      machine->cpus_online_list[0] ? machine->cpus_online_list : "unknown");
	if (machine->cpus_usable < 2)
		advise(finding, WARN, "the arms threads and threads-1cpu are the same here; give "
				      "it two CPUs or more (taskset, the VM's settings)");
}

/* The most objects per task, in whole thousands, whose tasks fit into the memory. */
static uint64_t objects_that_fit(uint64_t available)
{
	uint64_t objects = HEADLINE_OBJECTS / 1000;

	while (objects && task_bytes(objects * 1000) > available / HEADLINE_TASKS)
		objects -= objects / 10 ? objects / 10 : 1;
	return objects * 1000;
}

static void check_memory(const struct patient *patient, struct finding *finding)
{
	uint64_t need = HEADLINE_TASKS * task_bytes(HEADLINE_OBJECTS);
	uint64_t available = patient->machine.available_bytes;

	if (available == MACHINE_UNKNOWN) {
		found(finding, "free memory unknown, `switchtax run` wants %.0f MiB",
		      (double)need / MIB);
		advise(finding, WARN, "mount /proc");
		return;
	}
	found(finding, "%.0f MiB available, `switchtax run` wants %.0f MiB",
	      (double)available / MIB, (double)need / MIB);
	if (available >= need)
		return;
	if (objects_that_fit(available))
		advise(finding, WARN, "free some, or use --objects %" PRIu64,
		       objects_that_fit(available));
	else
		advise(finding, WARN, "free some; not even a small run fits");
}

/* One reading, of the fastest batch, since the slower ones were interrupted. */
static uint64_t clock_cost_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < CLOCK_BATCHES; batch++) {
		uint64_t start = clock_now_ns(), now = start;

		for (int i = 0; i < CLOCK_READS; i++)
			now = clock_now_ns();
		if ((now - start) / CLOCK_READS < best)
			best = (now - start) / CLOCK_READS;
	}
	return best;
}

static void check_clock(const struct patient *patient, struct finding *finding)
{
	static const char *const slow[] = { "hpet", "acpi_pm", "pit", "jiffies",
					    "refined-jiffies" };
	const char *name = patient->machine.clocksource;
	uint64_t cost = clock_cost_ns();
	bool warn = cost > SLOW_CLOCK_NS;

	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		warn = warn || !strcmp(name, slow[i]);
	found(finding, "%s, %" PRIu64 " ns a reading", name[0] ? name : "unknown", cost);
	if (warn)
		advise(finding, WARN, "every traced switch reads it twice or more; see `dmesg | "
				      "grep -i clocksource` for why it is not tsc or kvm-clock");
}

static void check_steal(const struct patient *patient, struct finding *finding)
{
	struct machine_times times = machine__times();
	double percent;

	(void)patient;
	if (times.busy_ns == MACHINE_UNKNOWN || times.steal_ns == MACHINE_UNKNOWN) {
		found(finding, "unknown");
		advise(finding, WARN, "mount /proc");
		return;
	}
	percent = 100.0 * (double)times.steal_ns /
		  ((double)times.busy_ns + (double)times.steal_ns + 1);
	found(finding, "%.1f s since boot, %.2f %% of the CPU time wanted",
	      (double)times.steal_ns / NSEC_PER_SEC, percent);
	if (percent * 10 > STEAL_PER_MILLE)
		advise(finding, WARN, "the host runs others on these CPUs: use a quieter or "
				      "dedicated one, or a larger --budget");
}

/* CPUs kept busy meanwhile by all but us, in percent of one; negative: unknown. */
static double load_of_others(void)
{
	struct timespec look = { 0, LOAD_LOOK_NS };
	struct machine_times before = machine__times(), after;
	uint64_t start = clock_now_ns(), end;

	nanosleep(&look, NULL);		/* we use next to no CPU, so all of it is others' */
	after = machine__times();
	end = clock_now_ns();
	if (before.busy_ns == MACHINE_UNKNOWN || after.busy_ns == MACHINE_UNKNOWN)
		return -1;
	if (after.busy_ns <= before.busy_ns)
		return 0;
	return 100.0 * (double)(after.busy_ns - before.busy_ns) /
	       (double)(end - start + 1);
}

static void check_load(const struct patient *patient, struct finding *finding)
{
	double percent = load_of_others();

	(void)patient;
	if (percent < 0) {
		found(finding, "unknown");
		advise(finding, WARN, "mount /proc");
		return;
	}
	found(finding, "%.2f CPUs busy with other work", percent / 100);
	if (percent > BUSY_PERCENT)
		advise(finding, WARN, "see `top` for who it is, stop it or wait; what it takes is "
				      "noise in every figure");
}

static void check_workload(const struct patient *patient, struct finding *finding)
{
	const char *path = patient->workload_path;
	struct stat st;

	if (!path) {
		found(finding, "not found");
	} else if (stat(path, &st)) {
		found(finding, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || access(path, X_OK)) {
		found(finding, "%s is no program that can be run", path);
	} else {
		found(finding, "%s", path);
		return;
	}
	advise(finding, FAIL, "run `make`, or install switchtax again");
}

/* A run has all its figures without it. */
static void check_page(const struct patient *patient, struct finding *finding)
{
	char why[PAGE_WHY_SIZE];

	(void)patient;
	if (page__check(why) == 0) {
		found(finding, "report.html can be made");
		return;
	}
	found(finding, "report.html cannot be made");
	advise(finding, WARN, "%s", why);
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*run)(const struct patient *patient, struct finding *finding);
	enum tracer_feature feature;
} checks[] = {
	{ "privileges", check_privileges, 0 },
	{ "kernel", check_kernel, 0 },
	{ "BTF", check_btf_file, 0 },
	{ "kernel-btf", check_feature, FEATURE_KERNEL_BTF },
	{ "uprobe-session", check_feature, FEATURE_UPROBE_SESSION },
	{ "switch-state", check_feature, FEATURE_SWITCH_STATE },
	{ "task-iterator", check_feature, FEATURE_TASK_ITERATOR },
	{ "queue-times", check_feature, FEATURE_QUEUE_TIMES },
	{ "preempt-guard", check_feature, FEATURE_PREEMPT_GUARD },
	{ "BPF programs", check_programs, 0 },
	{ "uprobes", check_uprobes, 0 },
	{ "workload", check_workload, 0 },
	{ "CPUs", check_cpus, 0 },
	{ "memory", check_memory, 0 },
	{ "clock", check_clock, 0 },
	{ "steal time", check_steal, 0 },
	{ "load", check_load, 0 },
	{ "report page", check_page, 0 },
};

_Static_assert(sizeof(checks) / sizeof(checks[0]) <= DOCTOR_MAX_CHECKS, "more checks than room");

size_t doctor_checks__run(struct finding *findings, const char *workload_path, const char *types)
{
	struct patient patient = { .workload_path = workload_path, .types = types };
	size_t count = sizeof(checks) / sizeof(checks[0]);

	machine__read(&patient.machine);
	patient.features_err = tracer_features__ask(&patient.features, types, patient.features_why,
						    sizeof(patient.features_why));
	for (size_t i = 0; i < count; i++) {
		findings[i] = (struct finding){ .name = checks[i].name };
		patient.feature = checks[i].feature;
		checks[i].run(&patient, &findings[i]);
	}
	return count;
}
