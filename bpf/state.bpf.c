// SPDX-License-Identifier: GPL-2.0-or-later
// The tracer's memory: every map and global, defined once and shared by all programs.
#include "files.bpf.h"
#include "lock.bpf.h"

struct pid_slots pid_slots SEC(".maps");
struct thread_records thread_records SEC(".maps");
struct free_places free_places SEC(".maps");
struct cpu_records cpu_records SEC(".maps");
struct event_stream event_stream SEC(".maps");
struct news_stream news_stream SEC(".maps");
struct futex_waits futex_waits SEC(".maps");
struct history_steps history_steps SEC(".maps");
struct file_verdicts file_verdicts SEC(".maps");
struct lock_records lock_records SEC(".maps");
struct lock_names lock_names SEC(".maps");
struct watched_processes watched_processes SEC(".maps");
struct watched_tgids watched_tgids SEC(".maps");

const volatile __u32 has_queue_times = 1;

__u64 window_start_ns = NEVER;
__u64 window_end_ns = NEVER;
__u32 window_turn = WINDOW_STAYS;
__u64 clock_word = 0;
__u32 held_tgids[HELD_AT_ONCE] = {};
__u32 holds = 0;
__u32 held_threads = 0;
__u32 window_at_call = 0;
__u32 window_at_exec = 0;
__u32 root_tgid = 0;
__u32 report_execs = 0;
__u32 watch_futexes = 0;
__u32 watch_code = 0;
__u64 code_not_before_ns = 0;
__u32 ns_level = 0;
__u64 registers_offset = 0;
__u32 streaming = 0;
__u32 threads_used = 0;
__u64 threads_begun = 0;
__u64 deaths = 0;
__u64 deaths_awaited = 0;
struct futex_sleeps futex_others = {};
__u64 arrivals_unseen = 0;
__u64 losses[LOSSES] = {};
__u32 locks_used = ANNOUNCED_LOCK;
__u32 watched_used = 0;
__u32 streamed_lock = 0;

struct nowhere nowhere SEC(".maps");
const volatile __u32 never = 0;

char LICENSE[] SEC("license") = "GPL";
