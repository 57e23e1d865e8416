// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lock_sites - where a process takes its global lock and lets go of it.
 *
 * The first file that is of an interpreter we know, or that has both named functions, is the
 * answer.
 */
#include "lock/sites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/apart.h"
#include "lock/conventions.h"
#include "lock/families.h"
#include "lock/hunt.h"
#include "lock/interpreters.h"
#include "lock/unwinding.h"
#include "symbols/elf_file.h"
#include "symbols/needed.h"

static void free_pair(struct hunt_pair *pair)
{
	symbols__free(&pair->acquire);
	symbols__free(&pair->release);
}

static int fail_to_look_up(struct hunt *hunt, size_t i, int err)
{
	return hunt__fail(hunt, err, "%s: %s", hunt__file(hunt, i),
			  err == -EBADMSG ? "damaged: its symbol table" : strerror(-err));
}

/* ---- an interpreter's functions ---- */

/*
 * A clone with a part of the arguments or of the body need not get the first argument, which is
 * what tells locks apart.
 */
static bool takes_first_argument(const struct lock_sites *sites)
{
	static const char *const changed[] = { ".isra", ".constprop", ".part" };

	for (size_t i = 0; i < sites->nacquire; i++)
		for (size_t j = 0; j < sizeof(changed) / sizeof(changed[0]); j++)
			if (strstr(sites->acquire[i].function, changed[j]))
				return false;
	return true;
}

static int no_symbols(struct hunt *hunt, size_t i, const struct interpreter_facts *facts)
{
	const struct interpreter *its = hunt->interpreter;

	return hunt__fail(hunt, -ENODATA, "%s: %s %s, but nothing names its functions %s and %s: "
			  "install its debug symbols (on Debian the package %s) or run a build "
			  "that is not stripped; %s, so nothing is guessed", hunt__file(hunt, i),
			  its->title, facts->version, its->acquire, its->release[0],
			  facts->debug_package, its->no_guess);
}

static int look_up_row(struct hunt *hunt, size_t i, const struct elf_file *file,
		       struct hunt_pair *pair)
{
	const char *const *release = hunt->interpreter->release;
	int err;

	hunt->acquire = hunt->interpreter->acquire;
	do {
		hunt->release = *release++;
		err = hunt__look_up(hunt, i, file, pair);
	} while (!err && pair->acquire.count && !pair->release.count && *release);
	return err ? fail_to_look_up(hunt, i, err) : 0;
}

static int find_sites(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct interpreter_facts facts = { .version = "" };
	struct hunt_pair pair = { .acquire = { .count = 0 } };
	struct lock_sites *sites = hunt->sites;
	int err;

	hunt->interpreter->describe(file, hunt__file(hunt, i), &facts);
	sites->interpreter = hunt->interpreter;
	memcpy(sites->version, facts.version, sizeof(sites->version));
	if (facts.unfit[0])
		return hunt__fail(hunt, -ENOTSUP, "%s: %s", hunt__file(hunt, i), facts.unfit);
	err = look_up_row(hunt, i, file, &pair);
	if (!err && (!pair.acquire.count || !pair.release.count))
		err = no_symbols(hunt, i, &facts);
	if (!err)
		err = hunt__fill(hunt, i, file, &pair);
	if (!err) {
		if (takes_first_argument(sites))
			sites->key = facts.key;
		if (sites->key.known || facts.words.address)
			sites->words = facts.words;
	}
	free_pair(&pair);
	return err;
}

/* What is found apart from us, since debug information is large and may be anything. */
struct finding {
	int err;
	struct lock_sites sites;
	char why[LOCK_SITES_WHY_SIZE];
};

struct search {
	struct hunt *hunt;
	size_t i;
	const struct elf_file *file;
};

static void find_apart(void *arg, void *result)
{
	const struct search *search = arg;
	struct finding *finding = result;
	struct hunt hunt = *search->hunt;

	hunt.sites = &finding->sites;
	hunt.why = finding->why;
	hunt.why_size = sizeof(finding->why);
	finding->err = find_sites(&hunt, search->i, search->file);
}

static int search_apart(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct search search = { hunt, i, file };
	struct finding *finding = calloc(1, sizeof(*finding));
	int err;

	if (!finding)
		return hunt__fail(hunt, -ENOMEM, "%s: no memory to read it", hunt__file(hunt, i));
	err = apart__run(find_apart, &search, finding, sizeof(*finding));
	if (err) {
		hunt__fail(hunt, -EBADMSG, "%s: its symbols or debug information cannot be read: "
			   "%s", hunt__file(hunt, i),
			   err == -EFAULT ? "reading them failed" : strerror(-err));
		err = -EBADMSG;
	} else {
		err = finding->err;
		*hunt->sites = finding->sites;
		snprintf(hunt->why, hunt->why_size, "%s", finding->why);
	}
	free(finding);
	return err ? err : hunt__place(hunt, i);
}

/*
 * The last file with sites. A program is run many times over, and stands still while we
 * look; debug information takes 0.1 s and more to read.
 */
static struct {
	struct stat file;
	struct lock_sites sites;
} last;

static bool is_last(const struct stat *file)
{
	return last.sites.nacquire && file->st_dev == last.file.st_dev &&
	       file->st_ino == last.file.st_ino && file->st_size == last.file.st_size &&
	       file->st_mtim.tv_sec == last.file.st_mtim.tv_sec &&
	       file->st_mtim.tv_nsec == last.file.st_mtim.tv_nsec;
}

static int try_interpreter(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct stat status;
	int err;

	hunt->interpreter = interpreters__of(file);
	if (!hunt->interpreter)
		return -ENOENT;
	if (fstat(file->fd, &status))
		return -errno;
	if (is_last(&status)) {
		*hunt->sites = last.sites;
		return hunt__place(hunt, i);
	}
	err = search_apart(hunt, i, file);
	if (!err) {
		last.file = status;
		last.sites = *hunt->sites;
	}
	return err;
}

/* An interpreter that is in a library which is not mapped yet. */
static int try_libraries(struct hunt *hunt)
{
	for (const struct interpreter *each = interpreters; each->name; each++)
		needed__add(&hunt->modules, each->library);
	return hunt__try(hunt, hunt->nmapped, try_interpreter);
}

static int no_interpreter(struct hunt *hunt)
{
	size_t at;

	hunt__fail(hunt, 0, "%s", hunt__file(hunt, 0));
	for (const struct interpreter *each = interpreters; each->name; each++) {
		at = strlen(hunt->why);
		snprintf(hunt->why + at, hunt->why_size - at, "%s is no %s: neither it nor a "
			 "library of it has %s or exports %s", each == interpreters ? "" : "; it",
			 each->title, each->acquire, each->exported[0]);
	}
	return -ENOENT;
}

/* ---- functions named by the user ---- */

static int try_named(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct hunt_pair pair = { .acquire = { .count = 0 } };
	int err = hunt__look_up(hunt, i, file, &pair);

	if (err)
		fail_to_look_up(hunt, i, err);
	else if (pair.acquire.count && pair.release.count)
		err = hunt__fill(hunt, i, file, &pair);
	else
		err = -ENOENT;
	if (!err && hunt->family)
		err = hunt__add_family(hunt, i, file);
	if (!err)
		err = conventions__apply(hunt, i, file, &pair);
	if (!err)
		err = unwinding__add(hunt, i, file, &pair);
	if (!err)
		err = hunt__place(hunt, i);
	if (pair.acquire.count && hunt->has_acquire < 0)
		hunt->has_acquire = (int)i;
	if (pair.release.count && hunt->has_release < 0)
		hunt->has_release = (int)i;
	free_pair(&pair);
	return err;
}

static int not_named(struct hunt *hunt)
{
	static const char tip[] = "(names as `nm FILE` shows them; a stripped program keeps only "
				  "the exported ones)";
	int acquire = hunt->has_acquire, release = hunt->has_release;

	if (acquire >= 0 && release >= 0)
		return hunt__fail(hunt, -ENOENT, "%s is in %s but %s in %s: both have to be in one "
				  "file", hunt->acquire, hunt__file(hunt, (size_t)acquire),
				  hunt->release, hunt__file(hunt, (size_t)release));
	if (acquire >= 0 || release >= 0)
		return hunt__fail(hunt, -ENOENT, "%s has %s, but no function is called %s %s",
				  hunt__file(hunt, (size_t)(acquire >= 0 ? acquire : release)),
				  acquire >= 0 ? hunt->acquire : hunt->release,
				  acquire >= 0 ? hunt->release : hunt->acquire, tip);
	return hunt__fail(hunt, -ENOENT, "%s and its libraries have no function %s and none %s %s",
			  hunt__file(hunt, 0), hunt->acquire, hunt->release, tip);
}

int lock_sites__find_interpreter(pid_t pid, struct lock_sites *sites, char *why, size_t why_size)
{
	struct hunt hunt = { .sites = sites, .why = why, .why_size = why_size, .damaged = -1 };
	int err;

	memset(sites, 0, sizeof(*sites));
	err = hunt__start(&hunt, pid);
	if (err)
		return err;
	err = hunt__try(&hunt, 0, try_interpreter);
	if (err == -ENOENT)
		err = try_libraries(&hunt);
	if (err == -ENOENT)
		no_interpreter(&hunt);
	return hunt__finish(&hunt, err);
}

/* Has the dynamic linker not run yet? Then libraries are known by what is needed only. */
static bool is_fresh(const struct hunt *hunt)
{
	for (size_t i = 1; i < hunt->modules.nfiles; i++)
		if (hunt->modules.files[i].code && !hunt__file_begins(hunt, i, "ld-"))
			return false;
	return true;
}

/* Both of one family, the one to take and the other to let go, or no matter. */
static int check_family(struct hunt *hunt)
{
	const struct lock_family *family = families__of(hunt->acquire);

	if (!family || !families__of(hunt->release))
		return 0;
	if (family->unfit)
		return hunt__fail(hunt, -EINVAL, "%s: %s", hunt->acquire, family->unfit);
	if (!families__takes(family, hunt->acquire) ||
	    strcmp(family->release, hunt->release) != 0)
		return hunt__fail(hunt, -EINVAL, "%s and %s are not a pair: the C library's are, "
				  "for example, pthread_mutex_lock and pthread_mutex_unlock",
				  hunt->acquire, hunt->release);
	hunt->family = family;
	hunt->acquire = family->acquire;
	return 0;
}

int lock_sites__find_named(pid_t pid, const char *acquire, const char *release,
			   struct lock_sites *sites, char *why, size_t why_size)
{
	struct hunt hunt = {
		.sites = sites, .acquire = acquire, .release = release, .why = why,
		.why_size = why_size, .damaged = -1, .has_acquire = -1, .has_release = -1,
	};
	int err;

	memset(sites, 0, sizeof(*sites));
	err = check_family(&hunt);
	if (!err)
		err = hunt__start(&hunt, pid);
	if (err)
		return err;
	if (is_fresh(&hunt))
		needed__add(&hunt.modules, "");
	err = hunt__try(&hunt, 0, try_named);
	if (err == -ENOENT)
		not_named(&hunt);
	return hunt__finish(&hunt, err);
}

/* ---- the executable alone ---- */

static bool defines_both(const struct elf_file *file, const struct lock_wish *wish)
{
	static const uint32_t tables[] = { SHT_SYMTAB, SHT_DYNSYM };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (symbols__table_defines(file, tables[i], wish->acquire) &&
		    symbols__table_defines(file, tables[i], wish->release))
			return true;
	return false;
}

/* By a library that it has loaded, or will: of a copy of a program too, which bears any name. */
static bool needs_interpreter(struct modules *modules)
{
	for (const struct interpreter *each = interpreters; each->name; each++) {
		needed__add(modules, each->library);
		for (size_t i = 1; i < modules->nfiles; i++)
			if (hunt__name_begins(modules->files[i].name, each->library))
				return true;
	}
	return false;
}

int lock_sites__in_program(pid_t pid, const struct lock_wish *wish)
{
	char path[MODULES_PATH_SIZE];
	struct modules modules;
	struct elf_file file;
	int may = modules__read(pid, &modules);

	if (may)
		return may;
	modules__path(&modules, 0, path, sizeof(path));
	if (elf_file__open(&file, path) == 0) {
		may = wish->acquire ? defines_both(&file, wish)
				    : interpreters__of(&file) || needs_interpreter(&modules);
		elf_file__close(&file);
	}
	modules__free(&modules);
	return may;
}
