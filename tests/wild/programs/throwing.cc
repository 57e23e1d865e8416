// SPDX-License-Identifier: GPL-2.0-or-later
// Locks whose functions throw: 4 threads take two of a class, one inside of the other. What it
// counts is printed: of each lock "NAME acquisitions held_ns", then "caught N" and "inside NS", the
// time in acquire(). usage: throwing late|early|recursive
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>
#include <stdexcept>
#include <thread>

using Milliseconds = std::chrono::milliseconds;

static long now()
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static bool early;
static long caught, inside;

class Gate {
public:
	explicit Gate(const char *name) : name(name) {}
	void acquire(int round);
	void release();
	const char *name;
	long taken = 0, held = 0;	// by its holder alone
private:
	std::recursive_timed_mutex mutex;
};

// What has a destructor is a landing pad in the middle.
struct Note {
	explicit Note(long since) : since(since) {}
	~Note() { __atomic_fetch_add(&inside, now() - since, __ATOMIC_RELAXED); }
	long since;
};

__attribute__((noinline)) void Gate::acquire(int round)
{
	Note note(now());

	if (early && round % 3 == 0)
		throw std::runtime_error("not now");
	if (!mutex.try_lock_for(Milliseconds(2)))
		throw std::runtime_error("too late");
}

__attribute__((noinline)) void Gate::release()
{
	mutex.unlock();
	asm volatile("" ::: "memory");
}

static Gate outer("outer"), inner("inner");

static void spin(long ns)
{
	for (long until = now() + ns; now() < until;)
		;
}

static void hold(Gate &gate, int round, long ns, Gate *next, bool again)
{
	gate.acquire(round);
	long since = now();

	spin(ns);
	if (round % 7 == 0)
		std::this_thread::sleep_for(Milliseconds(1));
	if (again)
		gate.acquire(round + 1);
	try {
		if (next)
			hold(*next, round + 1, ns / 2, nullptr, false);
	} catch (const std::exception &) {
		__atomic_fetch_add(&caught, 1, __ATOMIC_RELAXED);
	}
	if (again)
		gate.release();
	gate.taken++;
	gate.held += now() - since;
	gate.release();
}

static void work(bool again)
{
	for (int round = 0; round < 120; round++) {
		try {
			hold(outer, round, 300000, &inner, again);
		} catch (const std::exception &) {
			__atomic_fetch_add(&caught, 1, __ATOMIC_RELAXED);
			std::this_thread::sleep_for(Milliseconds(1));	// no wait for the lock
			spin(200000);
		}
	}
}

int main(int, char **argv)
{
	bool again = std::strcmp(argv[1], "recursive") == 0;
	std::thread threads[4];

	early = std::strcmp(argv[1], "early") == 0;
	for (auto &thread : threads)
		thread = std::thread(work, again);
	for (auto &thread : threads)
		thread.join();
	for (auto *gate : { &outer, &inner })
		std::printf("%s %ld %ld\n", gate->name, gate->taken, gate->held);
	std::printf("caught %ld\ninside %ld\n", caught, inside);
}
