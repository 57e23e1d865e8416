// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lock_sites - where a process takes its global lock and lets go of it.
 *
 * Files are tried one by one: the executable, then what it has mapped, then, since right
 * after an exec only the dynamic linker is mapped, what it will map. The first file that
 * is a CPython, or that has both named functions, is the answer; both functions have to be
 * in one file, since sites of two files would be two locks.
 */
#include "lock/sites.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/apart.h"
#include "lock/cpython.h"
#include "symbols/debug_file.h"
#include "symbols/elf_file.h"
#include "lock/inlined.h"
#include "lock/instructions.h"
#include "symbols/modules.h"
#include "symbols/needed.h"
#include "symbols/symbols.h"

struct hunt {
	struct modules modules;
	struct lock_sites *sites;
	const char *acquire;
	const char *release;
	bool is_cpython;
	char *why;
	size_t why_size;
	size_t nmapped;			/* files from here on are needed, but not mapped yet */
	int damaged;			/* the first damaged file, or -1 */
	int has_acquire;		/* the first file with one of them only, or -1 */
	int has_release;
};

/* What to do with a file that is ELF; -ENOENT goes on to the next file. */
typedef int hunt_step(struct hunt *hunt, size_t i, const struct elf_file *file);

__attribute__((format(printf, 3, 4)))
static int fail(struct hunt *hunt, int err, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(hunt->why, hunt->why_size, format, list);
	va_end(list);
	return err;
}

static const char *name_of(const struct hunt *hunt, size_t i)
{
	return hunt->modules.files[i].name;
}

static bool base_starts(const struct hunt *hunt, size_t i, const char *prefix)
{
	const char *slash = strrchr(name_of(hunt, i), '/');

	return slash && !strncmp(slash + 1, prefix, strlen(prefix));
}

/* ---- from names to sites ---- */

static int make_site(const struct elf_file *file, const struct symbol *symbol,
		     struct lock_site *site)
{
	unsigned char code[INSTRUCTIONS_LOOK] = { 0 };
	GElf_Phdr segment;
	uint64_t rest;
	size_t skip;

	if (!elf_file__offset(file, symbol->address, &segment, &site->offset) ||
	    !(segment.p_flags & PF_X))
		return -EBADMSG;
	memcpy(site->function, symbol->name, sizeof(site->function));
	_Static_assert(sizeof(site->function) == sizeof(symbol->name), "one size");
	rest = segment.p_filesz - (symbol->address - segment.p_vaddr); /* it may be the last */
	if (!elf_file__read(file, symbol->address, code, rest < sizeof(code) ? rest : sizeof(code)))
		return -EBADMSG;
	skip = instructions__cheap(file->header.e_machine, code);
	site->offset += skip;
	site->stepped = !instructions__emulated(file->header.e_machine, code + skip);
	return 0;
}

static int make_sites(struct hunt *hunt, size_t i, const struct elf_file *file,
		      const struct symbols *found, const char *name, struct lock_site *sites,
		      size_t *count)
{
	if (found->count > LOCK_SITES_MAX)
		return fail(hunt, -E2BIG, "%s: %s matches %zu functions, of which %d can be "
			    "probed; name one of them in full, as %s", name_of(hunt, i), name,
			    found->count, LOCK_SITES_MAX, found->list[0].name);
	for (*count = 0; *count < found->count; ++*count)
		if (make_site(file, &found->list[*count], &sites[*count]))
			return fail(hunt, -EBADMSG, "%s: damaged: %s lies outside of its code",
				    name_of(hunt, i), found->list[*count].name);
	return 0;
}

struct pair {
	struct symbols acquire;
	struct symbols release;
};

static int add_pair(struct hunt *hunt, const struct elf_file *names, uint32_t table,
		    struct pair *pair)
{
	int err = symbols__add_functions(names, table, hunt->acquire, &pair->acquire);

	if (!err)
		err = symbols__add_functions(names, table, hunt->release, &pair->release);
	return err;
}

/* What has a copy of CPython's release lets go of the lock itself. */
static int add_inlined(const struct hunt *hunt, const struct elf_file *file,
		       const struct elf_file *names, struct pair *pair)
{
	return hunt->is_cpython ? inlined__add(file, names, &pair->release) : 0;
}

/* Both functions by every name there is: .symtab, .dynsym, and the debug file if need be. */
static int look_up(struct hunt *hunt, size_t i, const struct elf_file *file, struct pair *pair)
{
	char *symbols = hunt->sites->symbols;
	char root[64];
	struct elf_file debug;
	int err = add_pair(hunt, file, SHT_SYMTAB, pair);

	snprintf(symbols, sizeof(hunt->sites->symbols), "%s", name_of(hunt, i));
	if (!err)
		err = add_pair(hunt, file, SHT_DYNSYM, pair);
	if (!err && pair->acquire.count && pair->release.count)
		return add_inlined(hunt, file, file, pair);
	if (err)
		return err;
	modules__lasting_root(&hunt->modules, root, sizeof(root));
	if (debug_file__open(&debug, symbols, sizeof(hunt->sites->symbols), file, root,
			     name_of(hunt, i))) {
		snprintf(symbols, sizeof(hunt->sites->symbols), "%s", name_of(hunt, i));
		return 0;
	}
	err = add_pair(hunt, &debug, SHT_SYMTAB, pair);
	if (!err)
		err = add_inlined(hunt, file, &debug, pair);
	elf_file__close(&debug);
	return err;
}

/* Which file it is, in this process. */
static int place_sites(struct hunt *hunt, size_t i)
{
	struct lock_sites *sites = hunt->sites;

	snprintf(sites->module, sizeof(sites->module), "%s", name_of(hunt, i));
	if (modules__lasting_path(&hunt->modules, i, sites->path, sizeof(sites->path)))
		return fail(hunt, -ENOENT, "%s: the file is gone, and cannot be probed without "
			    "CAP_SYS_ADMIN", name_of(hunt, i));
	return 0;
}

static int fill_sites(struct hunt *hunt, size_t i, const struct elf_file *file,
		      const struct pair *pair)
{
	struct lock_sites *sites = hunt->sites;
	int err = make_sites(hunt, i, file, &pair->acquire, hunt->acquire, sites->acquire,
			     &sites->nacquire);

	if (!err)
		err = make_sites(hunt, i, file, &pair->release, hunt->release, sites->release,
				 &sites->nrelease);
	return err;
}

/* ---- CPython ---- */

/*
 * A clone with a part of the arguments or of the body need not get the thread state first,
 * which is what tells interpreters apart.
 */
static bool takes_thread_state(const struct lock_sites *sites)
{
	static const char *const changed[] = { ".isra", ".constprop", ".part" };

	for (size_t i = 0; i < sites->nacquire; i++)
		for (size_t j = 0; j < sizeof(changed) / sizeof(changed[0]); j++)
			if (strstr(sites->acquire[i].function, changed[j]))
				return false;
	return true;
}

static int no_symbols(struct hunt *hunt, size_t i, const struct cpython *python)
{
	return fail(hunt, -ENODATA, "%s: CPython %s, but nothing names its functions take_gil "
		    "and drop_gil: install its debug symbols (on Debian the package "
		    "python3.%.0d%s-dbg) or run a build that is not stripped; the exported "
		    "PyEval_SaveThread and PyEval_RestoreThread miss every forced switch, so "
		    "nothing is guessed", name_of(hunt, i), python->version,
		    (int)python->minor, python->minor ? "" : "X");
}

/*
 * 3.13 has split drop_gil_impl() off drop_gil(), which alone calls it (but in free-threaded
 * builds), so it is inlined unless nothing is optimised. Probing both would count a release
 * twice; it stands in only where the compiler has inlined drop_gil() itself away.
 */
static int look_up_cpython(struct hunt *hunt, size_t i, const struct elf_file *file,
			   struct pair *pair)
{
	int err;

	hunt->is_cpython = true;
	hunt->acquire = "take_gil";
	hunt->release = "drop_gil";
	err = look_up(hunt, i, file, pair);
	if (!err && pair->acquire.count && !pair->release.count) {
		hunt->release = "drop_gil_impl";
		err = look_up(hunt, i, file, pair);
	}
	if (err)
		return fail(hunt, err, "%s: %s", name_of(hunt, i),
			    err == -EBADMSG ? "damaged: its symbol table" : strerror(-err));
	return 0;
}

/* The sites of an open file that is a CPython. */
static int find_sites(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct pair pair = { .acquire = { .count = 0 } };
	struct lock_sites *sites = hunt->sites;
	struct cpython python;
	int err;

	cpython__describe(file, name_of(hunt, i), &python);
	memcpy(sites->python, python.version, sizeof(sites->python));
	_Static_assert(sizeof(sites->python) == sizeof(python.version), "one size");
	if (!strcmp(python.version, "2"))
		return fail(hunt, -ENOTSUP, "%s: CPython 2: its global lock is of another kind "
			    "(Python/ceval.c, interpreter_lock); 3.2 and later can be measured",
			    name_of(hunt, i));
	if (python.free_threaded)
		return fail(hunt, -ENOTSUP, "%s: a free-threaded build of CPython %s: it has no "
			    "global lock", name_of(hunt, i), python.version);
	err = look_up_cpython(hunt, i, file, &pair);
	if (!err && (!pair.acquire.count || !pair.release.count))
		err = no_symbols(hunt, i, &python);
	if (!err)
		err = fill_sites(hunt, i, file, &pair);
	if (!err && python.has_gil_offset && takes_thread_state(sites)) {
		sites->key = LOCK_KEY_GIL;
		sites->gil_offset = python.gil_offset;
	}
	symbols__free(&pair.acquire);
	symbols__free(&pair.release);
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
		return fail(hunt, -ENOMEM, "%s: no memory to read it", name_of(hunt, i));
	err = apart__run(find_apart, &search, finding, sizeof(*finding));
	if (err) {
		fail(hunt, -EBADMSG, "%s: its symbols or debug information cannot be read: %s",
		     name_of(hunt, i), err == -EFAULT ? "reading them failed" : strerror(-err));
		err = -EBADMSG;
	} else {
		err = finding->err;
		*hunt->sites = finding->sites;
		snprintf(hunt->why, hunt->why_size, "%s", finding->why);
	}
	free(finding);
	return err ? err : place_sites(hunt, i);
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

static int try_cpython(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct stat status;
	int err;

	if (!symbols__table_defines(file, SHT_SYMTAB, "take_gil") &&
	    !cpython__is_exported(file))
		return -ENOENT;
	if (fstat(file->fd, &status))
		return -errno;
	if (is_last(&status)) {
		*hunt->sites = last.sites;
		return place_sites(hunt, i);
	}
	err = search_apart(hunt, i, file);
	if (!err) {
		last.file = status;
		last.sites = *hunt->sites;
	}
	return err;
}

/* ---- functions named by the user ---- */

static int try_named(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	struct pair pair = { .acquire = { .count = 0 } };
	int err = look_up(hunt, i, file, &pair);

	if (err)
		fail(hunt, err, "%s: %s", name_of(hunt, i),
		     err == -EBADMSG ? "damaged: its symbol table" : strerror(-err));
	else if (pair.acquire.count && pair.release.count)
		err = fill_sites(hunt, i, file, &pair) ?: place_sites(hunt, i);
	else
		err = -ENOENT;
	if (pair.acquire.count && hunt->has_acquire < 0)
		hunt->has_acquire = (int)i;
	if (pair.release.count && hunt->has_release < 0)
		hunt->has_release = (int)i;
	symbols__free(&pair.acquire);
	symbols__free(&pair.release);
	return err;
}

static int not_named(struct hunt *hunt)
{
	static const char tip[] = "(names as `nm FILE` shows them; a stripped program keeps only "
				  "the exported ones)";
	int acquire = hunt->has_acquire, release = hunt->has_release;

	if (acquire >= 0 && release >= 0)
		return fail(hunt, -ENOENT, "%s is in %s but %s in %s: both have to be in one file",
			    hunt->acquire, name_of(hunt, (size_t)acquire), hunt->release,
			    name_of(hunt, (size_t)release));
	if (acquire >= 0 || release >= 0)
		return fail(hunt, -ENOENT, "%s has %s, but no function is called %s %s",
			    name_of(hunt, (size_t)(acquire >= 0 ? acquire : release)),
			    acquire >= 0 ? hunt->acquire : hunt->release,
			    acquire >= 0 ? hunt->release : hunt->acquire, tip);
	return fail(hunt, -ENOENT, "%s and its libraries have no function %s and none %s %s",
		    name_of(hunt, 0), hunt->acquire, hunt->release, tip);
}

/* ---- the files ---- */

/* A mapped file may well be no ELF file, but not a program, nor a library that is needed. */
static bool should_be_elf(const struct hunt *hunt, size_t i)
{
	return i == 0 || i >= hunt->nmapped;
}

static int try_file(struct hunt *hunt, size_t i, hunt_step *step)
{
	char path[MODULES_PATH_SIZE];
	struct elf_file file;
	int err;

	modules__path(&hunt->modules, i, path, sizeof(path));
	err = elf_file__open(&file, path);
	if (err == -ENOEXEC && should_be_elf(hunt, i))
		err = -EBADMSG;
	if (err == -EBADMSG && hunt->damaged < 0)
		hunt->damaged = (int)i;
	if (err && err != -EBADMSG && i == 0)
		return fail(hunt, err, "%s: %s", name_of(hunt, i), strerror(-err));
	if (err)
		return -ENOENT;
	if (!elf_file__is_32bit(&file))
		err = step(hunt, i, &file);
	else if (i == 0)
		err = fail(hunt, -ENOTSUP, "%s: a 32-bit program; only 64-bit ones can be "
			   "measured", name_of(hunt, i));
	else
		err = -ENOENT;
	elf_file__close(&file);
	return err;
}

/*
 * The files from @first on that are @rank: 0 the executable, 1 a libpython, 2 another, and
 * 3 the dynamic linker, whose functions give way to the libraries' as in its own search.
 */
static int rank_of(const struct hunt *hunt, size_t i)
{
	if (i == 0)
		return 0;
	return base_starts(hunt, i, "libpython") ? 1 : base_starts(hunt, i, "ld-") ? 3 : 2;
}

static int try_files(struct hunt *hunt, size_t first, hunt_step *step)
{
	int err = -ENOENT;

	for (int rank = 0; rank <= 3; rank++)
		for (size_t i = first; i < hunt->modules.nfiles && err == -ENOENT; i++)
			if (hunt->modules.files[i].code && rank_of(hunt, i) == rank)
				err = try_file(hunt, i, step);
	return err;
}

static int start(struct hunt *hunt, pid_t pid)
{
	bool denied;
	int err = modules__read(pid, &hunt->modules);

	if (!err) {
		hunt->nmapped = hunt->modules.nfiles;
		return 0;
	}
	denied = (err == -EACCES || err == -EPERM) && geteuid() != 0;
	if (err == -ESRCH)
		return fail(hunt, err, "process %d: there is none", (int)pid);
	if (err == -ENOENT)
		return fail(hunt, err, "process %d runs no program: it is a kernel thread or has "
			    "ended", (int)pid);
	return fail(hunt, err, "process %d: its files cannot be read: %s%s", (int)pid,
		    strerror(-err), denied ? "; try as root" : "");
}

/* Nothing was found: by a damaged file, or because there is nothing? */
static int finish(struct hunt *hunt, int err)
{
	if (err == -ENOENT && hunt->damaged >= 0)
		err = fail(hunt, -EBADMSG, "%s: damaged: it is not a whole ELF file",
			   name_of(hunt, (size_t)hunt->damaged));
	modules__free(&hunt->modules);
	return err;
}

int lock_sites__find_cpython(pid_t pid, struct lock_sites *sites, char *why, size_t why_size)
{
	struct hunt hunt = { .sites = sites, .why = why, .why_size = why_size, .damaged = -1 };
	int err;

	memset(sites, 0, sizeof(*sites));
	err = start(&hunt, pid);
	if (err)
		return err;
	err = try_files(&hunt, 0, try_cpython);
	if (err == -ENOENT) {
		needed__add(&hunt.modules, "libpython");
		err = try_files(&hunt, hunt.nmapped, try_cpython);
	}
	if (err == -ENOENT)
		fail(&hunt, err, "%s is no CPython: neither it nor a library of it has take_gil or "
		     "exports PyEval_SaveThread", name_of(&hunt, 0));
	return finish(&hunt, err);
}

/* Has the dynamic linker not run yet? Then libraries are known by what is needed only. */
static bool is_fresh(const struct hunt *hunt)
{
	for (size_t i = 1; i < hunt->modules.nfiles; i++)
		if (hunt->modules.files[i].code && !base_starts(hunt, i, "ld-"))
			return false;
	return true;
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
	err = start(&hunt, pid);
	if (err)
		return err;
	if (is_fresh(&hunt))
		needed__add(&hunt.modules, "");
	err = try_files(&hunt, 0, try_named);
	if (err == -ENOENT)
		not_named(&hunt);
	return finish(&hunt, err);
}
