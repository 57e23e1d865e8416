// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holds a lock and spends known amounts of CPU time in its own code, in a system call and in
 * page faults, while another thread that never takes the lock keeps a CPU busy.
 *
 * usage: holder [lock|no-lock|jit|jit-unnamed]    prints user_ns, syscall_ns and fault_ns by the
 * thread's own CPU clock. With "jit" the code of its own is made at run time, and named in a
 * perf map as a JIT compiler would; with "jit-unnamed" it has no name.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "include/announce.h"
#include "include/clock.h"
#include "../../workloads/locks/lock.h"

#define ROUNDS 30
#define ROUND_NS 5000000ULL	/* of CPU time, for each of the three */
#define PAGES 64
#define READ_SIZE 65536

static atomic_bool over;
static char *pages;
static size_t page_bytes;
static char buffer[READ_SIZE];
static int device;
static void (*made)(void);	/* the code made at run time, or NULL */

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* Some 0.2 ms at a time, so that asking for the time is nothing beside it. */
__attribute__((noinline)) void planted_own_work(void)
{
	for (volatile int i = 0; i < 200000; i++)
		;
}

__attribute__((noinline)) void planted_elsewhere(void)
{
	for (volatile int i = 0; i < 200000; i++)
		;
}

__attribute__((noinline)) void planted_call(void)
{
	if (read(device, buffer, sizeof(buffer)) != sizeof(buffer))
		exit(1);
}

__attribute__((noinline)) void planted_touch(void)
{
	for (size_t i = 0; i < PAGES; i++)
		pages[i * page_bytes] = 1;
}

static uint64_t spend(void (*work)(void))
{
	uint64_t start = cpu_now_ns(), now = start;

	while (now - start < ROUND_NS) {
		work();
		now = cpu_now_ns();
	}
	return now - start;
}

/* Page faults for so long; giving the pages back in between is a system call. */
static void spend_in_faults(uint64_t *call, uint64_t *fault)
{
	uint64_t spent = 0;

	while (spent < ROUND_NS) {
		uint64_t start = cpu_now_ns(), touched;

		planted_touch();
		touched = cpu_now_ns();
		if (madvise(pages, PAGES * page_bytes, MADV_DONTNEED))
			exit(1);
		*call += cpu_now_ns() - touched;
		spent += touched - start;
	}
	*fault += spent;
}

static void *elsewhere_main(void *arg)
{
	(void)arg;
	while (!atomic_load(&over))
		planted_elsewhere();
	return NULL;
}

/*
 * push %rbp; mov %rsp,%rbp; mov $400000,%ecx; dec %ecx; jnz -4; pop %rbp; ret, and the same
 * in arm64's words.
 */
static int make_code(void)
{
#if defined(__aarch64__)
	static const unsigned char code[] = {
		0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91, 0x00, 0x50, 0x83, 0xd2,
		0xc0, 0x00, 0xa0, 0xf2, 0x00, 0x04, 0x00, 0xf1, 0xe1, 0xff, 0xff, 0x54,
		0xfd, 0x7b, 0xc1, 0xa8, 0xc0, 0x03, 0x5f, 0xd6,
	};
#else
	static const unsigned char code[] = {
		0x55, 0x48, 0x89, 0xe5, 0xb9, 0x80, 0x1a, 0x06, 0x00, 0xff, 0xc9, 0x75, 0xfc,
		0x5d, 0xc3,
	};
#endif
	void *memory = mmap(NULL, sizeof(code), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, code, sizeof(code));
	if (mprotect(memory, sizeof(code), PROT_READ | PROT_EXEC))
		return -errno;
	__builtin___clear_cache(memory, (char *)memory + sizeof(code));
	memcpy(&made, &memory, sizeof(made));
	return 0;
}

static int name_code(void)
{
	char name[64];
	FILE *map;
	int fd;

	snprintf(name, sizeof(name), "/tmp/perf-%d.map", (int)getpid());
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	map = fd < 0 ? NULL : fdopen(fd, "w");
	if (!map)
		return -errno;
	fprintf(map, "%lx 20 made;at run time\n", (unsigned long)made);
	return fclose(map) ? -errno : 0;
}

static void hold(struct lock *lock, struct announce_seat *seat)
{
	uint64_t user = 0, call = 0, fault = 0;

	for (int i = 0; i < ROUNDS; i++) {
		lock_acquire(lock, seat);
		user += spend(made ? made : planted_own_work);
		call += spend(planted_call);
		spend_in_faults(&call, &fault);
		lock_release(lock, seat);
	}
	printf("user_ns %lu\nsyscall_ns %lu\nfault_ns %lu\n", (unsigned long)user,
	       (unsigned long)call, (unsigned long)fault);
}

int main(int argc, char **argv)
{
	bool locked = argc < 2 || strcmp(argv[1], "no-lock") != 0;
	struct lock *lock = lock_new(&lock_mutex, 5000000);
	static struct announce_seat seat;
	pthread_t elsewhere;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	device = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (!lock || pages == MAP_FAILED || device < 0)
		return 1;
	madvise(pages, PAGES * page_bytes, MADV_NOHUGEPAGE); /* an rt kernel has none: EINVAL */
	if (argc > 1 && strncmp(argv[1], "jit", 3) == 0 && make_code())
		return 1;
	if (argc > 1 && strcmp(argv[1], "jit") == 0 && name_code())
		return 1;
	if (pthread_create(&elsewhere, NULL, elsewhere_main, NULL))
		return 1;
	announce(ANNOUNCE_WINDOW_OPEN, locked ? lock_page(lock) : NULL);
	announce(ANNOUNCE_SEAT, &seat);
	hold(lock, &seat);
	announce(ANNOUNCE_WINDOW_CLOSE, locked ? lock_page(lock) : NULL);
	atomic_store(&over, true);
	pthread_join(elsewhere, NULL);
	lock_free(lock);
	return 0;
}
