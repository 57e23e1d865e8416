// SPDX-License-Identifier: GPL-2.0-or-later
// Context switches: the thread ledger, and the life of the run's threads.
//
// One program on the hot path. When a sleeping thread became runnable is not
// observed at the wake-up (a second program per switch, about 150 ns): the
// kernel's own sched_info already knows it when the thread is switched in. The
// wait on the run queue is what run_delay has grown by since the thread left,
// plus the time since it was last queued (kernel/sched/stats.h).
#include "claim.bpf.h"
#include "files.bpf.h"
#include "pause.bpf.h"

/*
 * The kernel counts a switch as voluntary if the task was not pre-empted and
 * wanted to sleep (__schedule()). One case does not show in the arguments: a
 * sleep that a signal cancelled arrives with state 0 and is still voluntary, so
 * there, and only there, the kernel's counter is asked.
 */
static __always_inline enum switch_kind kind_of_switch(struct thread_record *thread,
						       struct task_struct *prev, bool preempt,
						       unsigned int prev_state)
{
	if (preempt)
		return INVOLUNTARY;
	if (prev_state)
		return VOLUNTARY;
	return thread->seen && READ(prev, nvcsw) != thread->kernel_end[VOLUNTARY] ? VOLUNTARY
										  : INVOLUNTARY;
}

/*
 * Follow the kernel's own counters, for identity T2: a switch that we did not
 * see shows up as a difference at the next one.
 */
static __always_inline void count_switch(struct thread_record *thread, struct task_struct *prev,
					 enum switch_kind kind, __u64 now)
{
	__u64 voluntary = READ(prev, nvcsw), involuntary = READ(prev, nivcsw);
	__u32 place = kind;

	barrier_var(place);	/* else clang drops the mask below, and Linux 5.15 knows no bound */

	if (!thread->seen) {
		thread->seen = 1;
		thread->kernel_base[VOLUNTARY] = voluntary - (kind == VOLUNTARY);
		thread->kernel_base[INVOLUNTARY] = involuntary - (kind == INVOLUNTARY);
	}
	if (now < window_start_ns) {
		thread->kernel_base[VOLUNTARY] = voluntary;
		thread->kernel_base[INVOLUNTARY] = involuntary;
	} else if (now < window_end_ns) {
		thread->switches[place & (SWITCH_KINDS - 1)]++;
	} else {
		if (thread->closed)
			return;
		thread->closed = 1;
		voluntary -= kind == VOLUNTARY;
		involuntary -= kind == INVOLUNTARY;
	}
	thread->kernel_end[VOLUNTARY] = voluntary;
	thread->kernel_end[INVOLUNTARY] = involuntary;
}

/* Its process, if that was the last thread of it. The run lasts as long as its first process. */
static __always_inline void process_ends(struct thread_record *thread, struct task_struct *task,
					 __u64 now)
{
	struct watched_process *watched = watched_process_of(thread->tgid);

	if (watched && thread->tgid != root_tgid && !BPF_CORE_READ(task, signal, live.counter))
		watched->ended_ns = now;
}

static __always_inline void thread_ends(struct thread_record *thread, struct task_struct *task,
					__u64 now)
{
	__u32 pid = READ(task, pid);
	__u16 *slot = slot_of_pid(pid);

	thread->died_ns = now;
	thread->state = THREAD_DEAD;
	/* A leader's pid stays its process's, and may go to the thread that executes. */
	if (slot && pid != READ(task, tgid))
		*slot = 0;
	if (thread->seats_used)
		locks_left(thread, now);
	if (watched_used)
		process_ends(thread, task, now);
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
	/* One of them gets the number that is awaited. */
	if (__sync_fetch_and_add(&deaths, 1) + 1 == deaths_awaited)
		tell_loader(NEWS_DEATHS, task);
}

static __always_inline __u32 how_it_leaves(struct task_struct *task, bool sleeps)
{
	return (sleeps ? OUT_SLEEPS : 0) | (READ(task, flags) & PF_EXITING ? OUT_EXITS : 0);
}

static __always_inline void switched_out(struct thread_record *thread, struct task_struct *prev,
					 struct cpu_record *cpu, bool preempt,
					 unsigned int prev_state, bool to_ours, __u64 now)
{
	enum switch_kind kind = kind_of_switch(thread, prev, preempt, prev_state);
	bool sleeps = !preempt && prev_state, waits = false;
	bool held = sleeps && falls_in_hold(thread, prev_state);

	if (sleeps && watch_futexes && !held)
		futex_falls_asleep(thread, prev);
	if (has_locks(thread))
		waits = locks_switched_out(thread, how_it_leaves(prev, sleeps), now);

	add_thread_time(thread, THREAD_CPU, thread->since_ns, now);
	histogram_add(cpu, HISTOGRAM_SLICE, thread->since_ns, now);
	if (to_ours && thread->from_ours && kind == INVOLUNTARY)
		histogram_add_linear(cpu, HISTOGRAM_PREEMPTED, now - thread->since_ns, now);
	thread->from_ours = 0;
	count_switch(thread, prev, kind, now);
	thread->since_ns = now;
	thread->off_ours_ns = cpu->ours_ns;
	leaves_queue(thread, prev);
	leaves_quota(thread, prev);
	if (!sleeps)
		thread->state = THREAD_READY;
	else if (held)
		hold_begins(thread);
	else if (prev_state & TASK_DEAD)
		thread_ends(thread, prev, now);
	else
		thread->state = waits && !(prev_state & TASK_STOPPED_OR_TRACED) ? THREAD_LOCK_WAIT
										: THREAD_BLOCKED;
}

static __always_inline void switched_in(struct thread_record *thread, struct task_struct *next,
					struct cpu_record *cpu, bool from_ours, __u64 now)
{
	__u64 futex = thread->futex, ready = ready_before_switch(thread, next, cpu, now);

	thread->wait_throttled_ns = throttled_since(thread, next);
	thread_arrives(thread, cpu, from_ours, ready, now);
	if (futex && thread->seats_used)
		locks_come_back(thread, cpu, futex, ready, now);
	thread->from_ours = from_ours;
}

/* Keep the time that this CPU gave to the run, for telling waits for it apart. */
static __always_inline void cpu_leaves(struct cpu_record *cpu, bool ours, bool idle, __u64 now)
{
	if (ours && cpu->ours_since_ns)
		cpu->ours_ns += now - cpu->ours_since_ns;
	cpu->ours_since_ns = 0;
	if (ours)
		cpu->ours_until_ns = now;
	else
		cpu->idle = idle;
}

static __always_inline int switches(bool preempt, struct task_struct *prev,
				    struct task_struct *next, unsigned int prev_state)
{
	__u32 out_pid = READ(prev, pid);
	__u32 out_slot = slot_number(out_pid), in_slot = slot_number(READ(next, pid));
	struct thread_record *from, *to;
	struct arrival arrival;
	struct cpu_record *cpu;
	__u64 now;

	if (!(out_slot | in_slot))
		return 0;
	cpu = cpu_at(bpf_get_smp_processor_id());
	if (!cpu)
		return 0;
	if (loader_holds())
		pause_may_end(cpu);
	now = clock_now();
	set_clock(cpu, prev, now);
	from = out_slot ? thread_of_task(prev) : NULL;
	if (from && find_arrival(from, prev, cpu, &arrival))
		thread_arrives(from, cpu, false, arrival.ready_ns, arrival.on_ns);
	cpu_leaves(cpu, from != NULL, out_pid == 0, now);
	if (from)
		switched_out(from, prev, cpu, preempt, prev_state, in_slot != 0, now);
	to = in_slot ? thread_of_task(next) : NULL;
	if (to)
		switched_in(to, next, cpu, from != NULL, now);
	pause_after_switch(cpu, in_slot != 0, now);
	return 0;
}

/* Since Linux 5.18's last candidates (9c2136be0878), prev_state comes last. */
TRACEPOINT("sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	return switches(preempt, prev, next, prev_state);
}

/* Some kernels had it in between (fa2c3254d7cf). */
TRACEPOINT("sched_switch")
int BPF_PROG(on_switch_state_second, bool preempt, unsigned int prev_state,
	     struct task_struct *prev, struct task_struct *next)
{
	return switches(preempt, prev, next, prev_state);
}

/*
 * Older ones had none: it is read from the thread. A wake-up that comes in between may have changed
 * it, but to another state in which it does not run, until this CPU has let go of it
 * (try_to_wake_up()).
 */
TRACEPOINT("sched_switch")
int BPF_PROG(on_switch_no_state, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return switches(preempt, prev, next, READ(prev, __state));
}

/* A copy of a process has copies of its locks, in memory of its own; vfork() makes none. */
static __always_inline void report_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = READ(parent, tgid), *watched;

	if (READ(child, tgid) == tgid || READ(child, mm) == READ(parent, mm))
		return;
	watched = bpf_map_lookup_elem(&watched_tgids, &tgid);
	if (watched)
		tell(NEWS_FORK, child, *watched, 0);
}

TRACEPOINT("sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 pid = READ(child, pid), slot;
	struct thread_record *thread, *maker = thread_of_pid(READ(parent, pid));
	__u16 *entry;

	/* Of a process that we attach to, not every thread may have been adopted yet. */
	if (!maker && READ(parent, tgid) != root_tgid)
		return 0;
	entry = slot_of_pid(pid);
	if (!entry) {
		count_loss(LOSS_PID_TABLE);
		return 0;
	}
	if (is_taken(entry, pid))
		return 0;
	thread = take_place(&slot);
	if (!thread)
		return 0;
	thread_begins(thread, slot, child);
	barrier_var(maker);	/* else clang keeps what it has compared, which the verifier forgets */
	thread->code_pages = maker ? maker->code_pages : code_pages_of(parent);
	*entry = slot;
	if (watched_used)
		report_fork(parent, child);
	return 0;
}

/* The program's memory is gone, and with it its locks. */
static __always_inline void locks_vanish(struct thread_record *thread, __u64 now)
{
	struct watched_process *watched = watched_process_of(thread->tgid);
	__u32 tgid = thread->tgid;

	if (thread->seats_used)
		locks_left(thread, now);
	for (int i = 0; i < LOCK_SEATS; i++)
		thread->seats[i].lock = 0;
	thread->seats_used = 0;
	thread->waits = 0;
	thread->call_argument = 0;
	thread->call_key = 0;
	if (!watched)
		return;
	watched->ended_ns = now;
	bpf_map_delete_elem(&watched_tgids, &tgid);
}

/* Is the file that it executes (of a script: its interpreter) called python...? */
static __always_inline bool executes_python(struct task_struct *task)
{
	union {
		char text[8];
		__u64 word;	/* compared as one: bpf_strncmp() is younger than Linux 5.15 */
	} name = { .text = "" }, python = { .text = "python" };

	bpf_probe_read_kernel(name.text, 6,
			      BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name));
	return name.word == python.word;
}

/*
 * The loader looks for the lock of a program at its beginning; also of the Pythons of its tree, as
 * in sh -c 'cd x; python3 y'. A program by another name may be one, too: that is found out once a
 * file, while it runs.
 */
static __always_inline void report_exec(struct task_struct *task)
{
	__u64 file = name_of_file(BPF_CORE_READ(task, mm, exe_file));
	__u32 verdict = verdict_of_file(file);

	if (READ(task, tgid) == root_tgid) {
		tell_loader(NEWS_EXEC, task);
	} else if (verdict == FILE_HAS_LOCK || (verdict == FILE_UNKNOWN && executes_python(task))) {
		tell_of_file(NEWS_EXEC_CHILD, task, file);
	} else if (verdict == FILE_UNKNOWN && watch_code) {
		tell_of_file(NEWS_FILE, task, file);
	}
}

TRACEPOINT("sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
	__u32 pid = READ(task, pid);
	__u16 *from = slot_of_pid(old_pid), *to = slot_of_pid(pid);
	struct thread_record *thread;

	if (!from || !to || !(*from | *to))
		return 0;
	if (!*to)
		*to = *from;
	thread = thread_of_task(task);
	if (!thread)
		return 0;
	thread->seat = 0;
	thread->pid = pid;
	thread->tid = pid_in_namespace(task);
	locks_vanish(thread, clock_now());
	if (window_at_exec && thread->tgid == root_tgid)
		turn_window(WINDOW_OPENS);
	if (report_execs)
		report_exec(task);
	return 0;
}
