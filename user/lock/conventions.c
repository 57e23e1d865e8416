// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conventions - how functions that a user names say which lock they are about, and whether they
 * have got it.
 *
 * Two with a pointer to the same type as their first parameter are about what it points to; two
 * without parameters, about one lock. Of a function that tries, a bool is true if it has
 * the lock; other values have no meaning that all agree on (POSIX: 0 is success, Linux: 1).
 */
#include "lock/conventions.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/apart.h"
#include "lock/signature.h"
#include "symbols/debug_file.h"
#include "symbols/elf_file.h"

/* --- by debug information -------------------------------------------------------------- */

struct signatures {
	struct signature acquire;
	struct signature release;
};

struct request {
	const struct elf_file *names;
	const struct hunt_pair *pair;
};

static void read_signatures(void *arg, void *result)
{
	const struct request *request = arg;
	struct signatures *signatures = result;

	signatures->acquire = signature__of(request->names, request->pair->acquire.list[0].address);
	signatures->release = signature__of(request->names, request->pair->release.list[0].address);
}

/* Debug information may be anything: what goes wrong leaves all unknown. */
static struct signatures signatures_of(struct hunt *hunt, size_t i, const struct elf_file *file,
				       const struct hunt_pair *pair)
{
	struct signatures signatures = { .acquire = { .first = FIRST_UNKNOWN } };
	struct request request = { file, pair };
	char root[64], path[PATH_MAX];
	struct elf_file debug;
	int err;

	apart__run(read_signatures, &request, &signatures, sizeof(signatures));
	if (signatures.acquire.first || signatures.release.first)
		return signatures;
	modules__lasting_root(&hunt->modules, root, sizeof(root));
	err = debug_file__open(&debug, path, sizeof(path), file, root, hunt__file(hunt, i));
	if (err)
		return signatures;
	request.names = &debug;
	apart__run(read_signatures, &request, &signatures, sizeof(signatures));
	elf_file__close(&debug);
	return signatures;
}

/* --- by C++ names (Itanium ABI: _ZN, a length and a name for each scope, E) ----------------- */

/* Bytes from "_ZN" up to the function's own name; 0: not such a name, or one with more in it. */
static size_t scope_of(const char *name)
{
	size_t at = 3, last = 0;

	if (strncmp(name, "_ZN", 3) != 0)
		return 0;
	at += strspn(name + at, "KVr");
	if (strncmp(name + at, "St", 2) == 0)
		at += 2;
	while (isdigit((unsigned char)name[at])) {
		size_t size = 0;

		last = at;
		while (isdigit((unsigned char)name[at]) && size < 1000)
			size = size * 10 + (size_t)(name[at++] - '0');
		if (size >= 1000 || strnlen(name + at, size) < size)
			return 0;
		at += size;
	}
	return name[at] == 'E' ? last : 0;
}

/* Has a scope what only a class has: a constructor, a destructor, a virtual table? */
static int is_of_class(const GElf_Sym *symbol, const char *name, void *arg)
{
	const char *scope = arg;
	size_t size = strlen(scope);

	(void)symbol;
	if (strncmp(name, "_ZTV", 4) == 0 || strncmp(name, "_ZTI", 4) == 0) {
		name += 4 + (name[4] == 'N');
		return strncmp(name, scope, size) == 0 && (name[size] == 'E' || !name[size]);
	}
	if (strncmp(name, "_ZN", 3) != 0 || strncmp(name + 3, scope, size) != 0)
		return 0;
	return (name[3 + size] == 'C' || name[3 + size] == 'D') &&
	       isdigit((unsigned char)name[4 + size]);
}

/* Both members of one class: a namespace has functions too, but no constructor. */
static bool are_members(const struct elf_file *file, const struct hunt_pair *pair)
{
	const char *acquire = pair->acquire.list[0].name, *release = pair->release.list[0].name;
	size_t size = scope_of(acquire);
	char scope[sizeof(pair->acquire.list[0].name)];

	if (size <= 3 || scope_of(release) != size || strncmp(acquire, release, size) != 0)
		return false;
	snprintf(scope, sizeof(scope), "%.*s", (int)(size - 3), acquire + 3);
	return elf_file__each_symbol(file, SHT_SYMTAB, is_of_class, scope) == 1 ||
	       elf_file__each_symbol(file, SHT_DYNSYM, is_of_class, scope) == 1;
}

/* --- which lock -------------------------------------------------------------------------- */

/* A clone need not get the first argument. */
static bool are_whole(const struct symbols *functions)
{
	return functions->count == 1 && !strchr(functions->list[0].name, '.');
}

static struct lock_key key_of(const struct elf_file *file, const struct hunt_pair *pair,
			      const struct signatures *known)
{
	const struct signature *acquire = &known->acquire, *release = &known->release;
	const struct lock_key argument = { .known = true, .argument = true };

	if (!are_whole(&pair->acquire) || !are_whole(&pair->release))
		return (struct lock_key){ .known = false };
	if (acquire->first == FIRST_NONE && release->first == FIRST_NONE)
		return (struct lock_key){ .only = true };
	if (acquire->first == FIRST_POINTER && release->first == FIRST_POINTER &&
	    strcmp(acquire->points_to, release->points_to) == 0)
		return argument;
	if (!acquire->first && !release->first && are_members(file, pair))
		return argument;
	return (struct lock_key){ .known = false };
}

/* --- whether it has it -------------------------------------------------------------------- */

/* Does a word begin with it, as in try_lock, TryLock, mutex_trylock, 8try_lock? */
static bool has_word(const char *name, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = name; *at; at++) {
		bool begins = at == name || !isalpha((unsigned char)at[-1]) ||
			      isupper((unsigned char)*at);

		if (begins && strncasecmp(at, word, size) == 0)
			return true;
	}
	return false;
}

static bool tries(const char *name)
{
	return has_word(name, "try") || has_word(name, "timed");
}

static int learn_success(struct hunt *hunt, size_t i, enum return_kind returns)
{
	struct lock_sites *sites = hunt->sites;

	if (!tries(hunt->acquire) || returns == RETURN_NOTHING)
		return 0;
	if (returns == RETURN_UNKNOWN && strncmp(hunt->acquire, "_ZNSt", 5) == 0)
		returns = RETURN_BOOL;
	if (returns != RETURN_BOOL)
		return hunt__fail(hunt, -EINVAL, "%s: %s may fail, and what it returns then is not "
				  "known: %s; name a function that has the lock when it returns, "
				  "or one that returns a bool", hunt__file(hunt, i), hunt->acquire,
				  returns == RETURN_OTHER ? "0 and 1 are both used for success"
							  : "a program built with -g says more");
	for (size_t n = 0; n < sites->nacquire; n++) {
		sites->acquire[n].may_fail = true;
		sites->acquire[n].true_is_success = true;
	}
	return 0;
}

int conventions__apply(struct hunt *hunt, size_t i, const struct elf_file *file,
		       const struct hunt_pair *pair)
{
	struct signatures known;

	if (hunt->family)
		return 0;
	known = signatures_of(hunt, i, file, pair);
	hunt->sites->key = key_of(file, pair, &known);
	return learn_success(hunt, i, known.acquire.returns);
}
