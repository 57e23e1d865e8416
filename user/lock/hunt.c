// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hunt - the files of a process one by one, and in one of them the functions by their names.
 *
 * The executable is tried first, then what it has mapped, then, since right after an exec only
 * the dynamic linker is mapped, what it will map. Both functions have to be in one file, since
 * sites of two files would be two locks.
 */
#include "lock/hunt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lock/families.h"
#include "lock/inlined.h"
#include "lock/instructions.h"
#include "lock/interpreters.h"
#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

int hunt__fail(struct hunt *hunt, int err, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(hunt->why, hunt->why_size, format, list);
	va_end(list);
	return err;
}

const char *hunt__file(const struct hunt *hunt, size_t i)
{
	return hunt->modules.files[i].name;
}

bool hunt__name_begins(const char *path, const char *prefix)
{
	const char *slash = strrchr(path, '/');

	return slash && !strncmp(slash + 1, prefix, strlen(prefix));
}

bool hunt__file_begins(const struct hunt *hunt, size_t i, const char *prefix)
{
	return hunt__name_begins(hunt__file(hunt, i), prefix);
}

/* ---- from names to sites ---- */

int hunt__make_site(const struct elf_file *file, const struct symbol *symbol,
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
	if (instructions__refused(file->header.e_machine, code + skip))
		return -ENOTSUP;
	site->offset += skip;
	site->address = symbol->address + skip;
	site->stepped = !instructions__emulated(file->header.e_machine, code + skip);
	return 0;
}

/* Why a function can have no site. */
static int no_site(struct hunt *hunt, size_t i, const char *function, int err)
{
	if (err == -ENOTSUP)
		return hunt__fail(hunt, err, "%s: the kernel puts no probe on the instruction with "
				  "which %s begins (as one with a LOCK prefix), so its calls would "
				  "not be seen; name functions that call it", hunt__file(hunt, i),
				  function);
	return hunt__fail(hunt, err, "%s: damaged: %s lies outside of its code",
			  hunt__file(hunt, i), function);
}

static int make_sites(struct hunt *hunt, size_t i, const struct elf_file *file,
		      const struct symbols *found, const char *name, struct lock_site *sites,
		      size_t *count)
{
	if (found->count > LOCK_SITES_MAX)
		return hunt__fail(hunt, -E2BIG, "%s: %s matches %zu functions, of which %d can be "
				  "probed; name one of them in full, as %s", hunt__file(hunt, i),
				  name, found->count, LOCK_SITES_MAX, found->list[0].name);
	for (*count = 0; *count < found->count; ++*count) {
		int err = hunt__make_site(file, &found->list[*count], &sites[*count]);

		if (err)
			return no_site(hunt, i, found->list[*count].name, err);
	}
	return 0;
}

static int add_pair(struct hunt *hunt, const struct elf_file *names, uint32_t table,
		    struct hunt_pair *pair)
{
	int err = symbols__add_functions(names, table, hunt->acquire, &pair->acquire);

	if (!err)
		err = symbols__add_functions(names, table, hunt->release, &pair->release);
	return err;
}

/* What has a copy of an interpreter's release lets go of the lock itself. */
static int add_inlined(const struct hunt *hunt, const struct elf_file *file,
		       const struct elf_file *names, struct hunt_pair *pair)
{
	return hunt->interpreter ? inlined__add(hunt->interpreter, file, names, &pair->release) : 0;
}

int hunt__look_up(struct hunt *hunt, size_t i, const struct elf_file *file, struct hunt_pair *pair)
{
	char *symbols = hunt->sites->symbols;
	char root[64];
	struct elf_file debug;
	int err = add_pair(hunt, file, SHT_SYMTAB, pair);

	snprintf(symbols, sizeof(hunt->sites->symbols), "%s", hunt__file(hunt, i));
	if (!err)
		err = add_pair(hunt, file, SHT_DYNSYM, pair);
	if (!err && pair->acquire.count && pair->release.count)
		return add_inlined(hunt, file, file, pair);
	if (err)
		return err;
	modules__lasting_root(&hunt->modules, root, sizeof(root));
	if (debug_file__open(&debug, symbols, sizeof(hunt->sites->symbols), file, root,
			     hunt__file(hunt, i))) {
		snprintf(symbols, sizeof(hunt->sites->symbols), "%s", hunt__file(hunt, i));
		return 0;
	}
	err = add_pair(hunt, &debug, SHT_SYMTAB, pair);
	if (!err)
		err = add_inlined(hunt, file, &debug, pair);
	elf_file__close(&debug);
	return err;
}

int hunt__place(struct hunt *hunt, size_t i)
{
	struct lock_sites *sites = hunt->sites;

	snprintf(sites->module, sizeof(sites->module), "%s", hunt__file(hunt, i));
	if (modules__lasting_path(&hunt->modules, i, sites->path, sizeof(sites->path)))
		return hunt__fail(hunt, -ENOENT, "%s: the file is gone, and cannot be probed "
				  "without CAP_SYS_ADMIN", hunt__file(hunt, i));
	return 0;
}

int hunt__fill(struct hunt *hunt, size_t i, const struct elf_file *file,
	       const struct hunt_pair *pair)
{
	struct lock_sites *sites = hunt->sites;
	int err = make_sites(hunt, i, file, &pair->acquire, hunt->acquire, sites->acquire,
			     &sites->nacquire);

	if (!err)
		err = make_sites(hunt, i, file, &pair->release, hunt->release, sites->release,
				 &sites->nrelease);
	return err;
}

static bool has_site(const struct lock_site *sites, size_t count, uint64_t offset)
{
	for (size_t i = 0; i < count; i++)
		if (sites[i].offset == offset)
			return true;
	return false;
}

/* One function more, by all its versions; a file may lack it. */
static int add_function(struct hunt *hunt, size_t i, const struct elf_file *file,
			const char *name, bool may_fail, struct lock_site *sites, size_t *count)
{
	struct symbols found = { .count = 0 };
	int err = symbols__add_functions(file, SHT_DYNSYM, name, &found);
	struct lock_site site = { .may_fail = may_fail };

	for (size_t j = 0; j < found.count && !err; j++) {
		err = hunt__make_site(file, &found.list[j], &site);
		if (err)
			no_site(hunt, i, found.list[j].name, err);
		if (err || has_site(sites, *count, site.offset))
			continue;
		if (*count == LOCK_SITES_MAX)
			err = hunt__fail(hunt, -E2BIG, "%s has more versions than can be probed",
					 name);
		else
			sites[(*count)++] = site;
	}
	symbols__free(&found);
	return err;
}

int hunt__add_family(struct hunt *hunt, size_t i, const struct elf_file *file)
{
	const struct lock_family *family = hunt->family;
	struct lock_sites *sites = hunt->sites;
	int err = add_function(hunt, i, file, family->acquire, false, sites->acquire,
			       &sites->nacquire);

	for (const char *const *name = family->try; *name && !err; name++)
		err = add_function(hunt, i, file, *name, true, sites->acquire, &sites->nacquire);
	for (const char *const *name = family->wait; *name && !err; name++)
		err = add_function(hunt, i, file, *name, false, sites->wait, &sites->nwait);
	if (err && !hunt->why[0])
		hunt__fail(hunt, err, "%s: %s", hunt__file(hunt, i), strerror(-err));
	sites->key = (struct lock_key){ .known = true, .argument = true };
	sites->words.size = family->words_size;
	sites->recursive = family->recursive;
	return err;
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
		return hunt__fail(hunt, err, "%s: %s", hunt__file(hunt, i), strerror(-err));
	if (err)
		return -ENOENT;
	if (!elf_file__is_32bit(&file))
		err = step(hunt, i, &file);
	else if (i == 0)
		err = hunt__fail(hunt, -ENOTSUP, "%s: a 32-bit program; only 64-bit ones can be "
				 "measured", hunt__file(hunt, i));
	else
		err = -ENOENT;
	elf_file__close(&file);
	return err;
}

/*
 * First the executable, then an interpreter's library, then others, and last the dynamic linker,
 * whose functions give way to the libraries' as in its own search.
 */
static int rank_of(const struct hunt *hunt, size_t i)
{
	if (i == 0)
		return 0;
	for (const struct interpreter *each = interpreters; each->name; each++)
		if (hunt__file_begins(hunt, i, each->library))
			return 1;
	return hunt__file_begins(hunt, i, "ld-") ? 3 : 2;
}

int hunt__try(struct hunt *hunt, size_t first, hunt_step *step)
{
	int err = -ENOENT;

	for (int rank = 0; rank <= 3; rank++)
		for (size_t i = first; i < hunt->modules.nfiles && err == -ENOENT; i++)
			if (hunt->modules.files[i].code && rank_of(hunt, i) == rank)
				err = try_file(hunt, i, step);
	return err;
}

int hunt__start(struct hunt *hunt, pid_t pid)
{
	bool denied;
	int err = modules__read(pid, &hunt->modules);

	if (!err) {
		hunt->nmapped = hunt->modules.nfiles;
		return 0;
	}
	denied = (err == -EACCES || err == -EPERM) && geteuid() != 0;
	if (err == -ESRCH)
		return hunt__fail(hunt, err, "process %d: there is none", (int)pid);
	if (err == -ENOENT)
		return hunt__fail(hunt, err, "process %d runs no program: it is a kernel thread or "
				  "has ended", (int)pid);
	return hunt__fail(hunt, err, "process %d: its files cannot be read: %s%s", (int)pid,
			  strerror(-err), denied ? "; try as root" : "");
}

int hunt__finish(struct hunt *hunt, int err)
{
	if (err == -ENOENT && hunt->damaged >= 0)
		err = hunt__fail(hunt, -EBADMSG, "%s: damaged: it is not a whole ELF file",
				 hunt__file(hunt, (size_t)hunt->damaged));
	modules__free(&hunt->modules);
	return err;
}
