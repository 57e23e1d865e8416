// SPDX-License-Identifier: GPL-2.0-or-later
// What of a process unwinds stacks is told by the functions that its files define or want.
#include "lock/unwinding.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lock/returns.h"
#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

/* --- Go ---------------------------------------------------------------------------- */

static bool has_section(const struct elf_file *file, const char *wanted)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return false;
	while ((section = elf_nextscn(file->elf, section)) != NULL) {
		const char *name = gelf_getshdr(section, &header)
				   ? elf_strptr(file->elf, names, header.sh_name) : NULL;

		if (name && strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* "main.lock", "sync.(*Mutex).Lock": with the package. What C makes of a name begins so, too. */
static bool is_go(const struct elf_file *file, const char *function)
{
	return strchr(function, '.') &&
	       (has_section(file, ".gopclntab") || has_section(file, ".data.rel.ro.gopclntab"));
}

/* --- who unwinds -------------------------------------------------------------------- */

struct question {
	const char *defined;
	const char *wanted;
};

static int answers(const GElf_Sym *symbol, const char *name, void *arg)
{
	const struct question *question = arg;
	const char *asked = symbol->st_shndx == SHN_UNDEF ? question->wanted : question->defined;

	/* in a .symtab with its version: pthread_cancel@GLIBC_2.34 */
	return asked && strncmp(name, asked, strlen(asked)) == 0 &&
	       (name[strlen(asked)] == '\0' || name[strlen(asked)] == '@');
}

static bool file_answers(const struct hunt *hunt, size_t i, struct question question)
{
	char path[MODULES_PATH_SIZE];
	struct elf_file file;
	bool yes;

	if (!hunt->modules.files[i].code)
		return false;
	modules__path(&hunt->modules, i, path, sizeof(path));
	if (elf_file__open(&file, path))
		return false;
	yes = elf_file__each_symbol(&file, SHT_DYNSYM, answers, &question) == 1 ||
	      (i == 0 && elf_file__each_symbol(&file, SHT_SYMTAB, answers, &question) == 1);
	elf_file__close(&file);
	return yes;
}

/* The first file that answers, or -1. */
static int first_file(const struct hunt *hunt, struct question question)
{
	for (size_t i = 0; i < hunt->modules.nfiles; i++)
		if (file_answers(hunt, i, question))
			return (int)i;
	return -1;
}

/* Exceptions of C++, Rust's panics; and cancellation, whose unwinder glibc loads by itself. */
static bool unwinds(const struct hunt *hunt)
{
	return first_file(hunt, (struct question){ "_Unwind_RaiseException", NULL }) >= 0 ||
	       first_file(hunt, (struct question){ NULL, "pthread_cancel" }) >= 0;
}

/* --- where they return ---------------------------------------------------------------- */

static int add_site(struct hunt *hunt, const struct elf_file *file, uint64_t address,
		    const struct lock_site *of)
{
	struct lock_sites *sites = hunt->sites;
	struct lock_site *site = &sites->returns[sites->nreturns];
	GElf_Phdr segment;

	if (sites->nreturns == LOCK_RETURNS_MAX)
		return -E2BIG;
	*site = *of;
	site->address = address;
	if (!elf_file__offset(file, address, &segment, &site->offset))
		return -EBADMSG;
	/* ret: arm64's is emulated */
	site->stepped = file->header.e_machine == EM_X86_64;
	sites->nreturns++;
	return 0;
}

/* Of one function, or of a clone of it, whose site has been made. */
static int add_returns(struct hunt *hunt, const struct elf_file *file,
		       const struct elf_file *names, const struct symbol *function,
		       const struct lock_site *site)
{
	struct returns returns = { .count = 0 };
	int err = returns__find(file, names, function, &returns);

	for (size_t i = 0; i < returns.count && !err; i++)
		err = add_site(hunt, file, returns.list[i], site);
	return err;
}

static int add_all_returns(struct hunt *hunt, const struct elf_file *file,
			   const struct elf_file *names, const struct hunt_pair *pair)
{
	int err = 0;

	for (size_t i = 0; i < pair->acquire.count && !err; i++)
		err = add_returns(hunt, file, names, &pair->acquire.list[i],
				  &hunt->sites->acquire[i]);
	return err;
}

/* The file that has names for the code: its debug file, if there is one. */
static int find_returns(struct hunt *hunt, size_t i, const struct elf_file *file,
			const struct hunt_pair *pair)
{
	char root[64], path[PATH_MAX];
	struct elf_file debug;
	int err;

	modules__lasting_root(&hunt->modules, root, sizeof(root));
	if (strcmp(hunt->sites->symbols, hunt__file(hunt, i)) == 0 ||
	    debug_file__open(&debug, path, sizeof(path), file, root, hunt__file(hunt, i)))
		return add_all_returns(hunt, file, file, pair);
	err = add_all_returns(hunt, file, &debug, pair);
	elf_file__close(&debug);
	return err;
}

/* --- where exceptions land -------------------------------------------------------------- */

/*
 * C++ calls this wherever an exception is caught. Without it, a call that was left is found
 * out when its thread next loses its CPU or calls again.
 */
static void find_landing(struct hunt *hunt)
{
	static const char function[] = "__cxa_begin_catch";
	struct lock_sites *sites = hunt->sites;
	char path[MODULES_PATH_SIZE];
	struct symbols found = { .count = 0 };
	struct elf_file file;
	int i = first_file(hunt, (struct question){ function, NULL });

	if (i < 0)
		return;
	modules__path(&hunt->modules, (size_t)i, path, sizeof(path));
	if (elf_file__open(&file, path))
		return;
	symbols__add_functions(&file, SHT_DYNSYM, function, &found);
	if (!found.count)
		symbols__add_functions(&file, SHT_SYMTAB, function, &found);
	if (found.count && !hunt__make_site(&file, &found.list[0], &sites->landing) &&
	    !modules__lasting_path(&hunt->modules, (size_t)i, sites->landing_path,
				   sizeof(sites->landing_path)))
		sites->has_landing = true;
	symbols__free(&found);
	elf_file__close(&file);
}

int unwinding__add(struct hunt *hunt, size_t i, const struct elf_file *file,
		   const struct hunt_pair *pair)
{
	struct lock_sites *sites = hunt->sites;
	int err;

	if (is_go(file, hunt->acquire))
		return hunt__fail(hunt, -EINVAL, "%s: %s is a function of Go: goroutines hold its "
				  "locks, which move from thread to thread, and a ledger is of "
				  "threads", hunt__file(hunt, i), hunt->acquire);
	if (hunt->family || !unwinds(hunt))
		return 0;
	err = find_returns(hunt, i, file, pair);
	if (err == -ENODATA || err == -E2BIG) {
		sites->nreturns = 0;
		sites->breaks_unwinding = true;
		return 0;
	}
	if (err)
		return hunt__fail(hunt, err, "%s: %s", hunt__file(hunt, i), strerror(-err));
	find_landing(hunt);
	return 0;
}
