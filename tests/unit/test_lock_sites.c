// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_lock_sites - locks found, and addresses named, in real processes.
 *
 * Programs are made by cc in a fresh folder, which is the working folder of every test,
 * and run until they block, or are held right after their exec as ptrace(2) does it.
 * Pythons are tested as far as they are on PATH or in pyenv's folder.
 */
#define _GNU_SOURCE 1
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/symbols/elf_file.h"
#include "../../user/lock/interpreters.h"
#include "../../user/lock/sites.h"
#include "../../user/symbols/modules.h"
#include "../../user/symbols/place.h"
#include "../../user/symbols/symbols.h"
#include "emulated.h"
#include "skip_for.h"

static char home[PATH_MAX];
static char why[LOCK_SITES_WHY_SIZE];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(home, sizeof(home), "%s/switchtax-test-XXXXXX", tmp ? tmp : "/tmp");
	umask(022);
	why[0] = '\0';
	return mkdtemp(home) && !chdir(home) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	if (chdir("/"))
		return -1;
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void build(const char *source, const char *commands)
{
	int status;

	if (emulated())
		skip_for("emulated: the compiler is the other machine's");
	write_file("prog.c", source, strlen(source));
	status = system(commands); /* NOLINT(cert-env33-c) */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip_for("no compiler");
	assert_int_equal(status, 0);
}

/* ---- processes ---- */

struct start {
	const char *const *environment;	/* NULL: ours */
	const char *root;		/* to change to, or NULL */
	bool no_random;			/* addresses */
	bool held;			/* right after exec, before the dynamic linker */
};

static struct start running, held = { .held = true };

struct process {
	pid_t pid;
	FILE *says;
};

static void become(const struct start *start, const char *const *argv, int out)
{
	dup2(out, STDOUT_FILENO);
	if (start->no_random)
		personality(ADDR_NO_RANDOMIZE);
	if (start->root && (chroot(start->root) || chdir("/")))
		_exit(126);
	if (start->held && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(126);
	if (start->environment)
		environ = (char **)start->environment;
	/* execvp(3) hands to a shell what the kernel does not take for a program */
	if (strchr(argv[0], '/'))
		execv(argv[0], (char *const *)argv);
	else
		execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* False if it could not be executed. A running one has written a line when this returns. */
static bool start_process(struct process *process, const struct start *start,
			  const char *const *argv)
{
	int status, line, ends[2], feed[2];

	if (emulated())
		skip_for("emulated: programs of this machine cannot be executed");
	assert_int_equal(pipe2(ends, O_CLOEXEC) | pipe2(feed, O_CLOEXEC), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		dup2(feed[0], STDIN_FILENO);
		become(start, argv, ends[1]);
	}
	close(ends[1]);
	close(feed[0]); /* feed[1] stays: who reads stdin shall block */
	process->says = fdopen(ends[0], "r");
	assert_non_null(process->says);
	if (start->held) {
		assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
		return WIFSTOPPED(status);
	}
	line = getc(process->says);
	ungetc(line, process->says);
	return line != EOF;
}

static void end_process(struct process *process)
{
	kill(process->pid, SIGKILL);
	waitpid(process->pid, NULL, 0);
	fclose(process->says);
}

/* The loader's answer for one program, and the process is gone again. */
static int find_named_as(const struct start *start, const char *const *argv,
			 const char *acquire, const char *release, struct lock_sites *sites)
{
	struct process process;
	int err;

	assert_true(start_process(&process, start, argv));
	err = lock_sites__find_named(process.pid, acquire, release, sites, why, sizeof(why));
	end_process(&process);
	return err;
}

static int find_python_as(const struct start *start, const char *const *argv,
			  struct lock_sites *sites)
{
	struct process process;
	int err;

	if (!start_process(&process, start, argv))
		skip_for("the program cannot be started");
	err = lock_sites__find_interpreter(process.pid, sites, why, sizeof(why));
	end_process(&process);
	return err;
}

static const char *const prog[] = { "./prog", NULL };

#define MAKE(c, name) "void " c "(void) __asm__(\"" name "\");\n"		\
	"__attribute__((noinline)) void " c "(void)\n"				\
	"{ __asm__ volatile(\"\" :: \"i\"(__LINE__)); }\n"
#define WAIT "#include <stdio.h>\n#include <unistd.h>\n"			\
	"int main(void) { puts(\"up\"); fflush(stdout); for (;;) pause(); }\n"

/* ---- named functions ---- */

static uint64_t offset_of(const char *path, const char *function)
{
	struct symbols found = { .count = 0 };
	struct elf_file file;
	GElf_Phdr segment;
	uint64_t offset;

	assert_int_equal(elf_file__open(&file, path), 0);
	assert_int_equal(symbols__add_functions(&file, SHT_SYMTAB, function, &found), 0);
	assert_true(found.count > 0);
	assert_true(elf_file__offset(&file, found.list[0].address, &segment, &offset));
	symbols__free(&found);
	elf_file__close(&file);
	return offset;
}

static void ends_with(const char *text, const char *end)
{
	assert_true(strlen(text) >= strlen(end));
	assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void named_functions_of_a_program(void **state)
{
	static struct lock_sites sites;

	(void)state;
	build(MAKE("a", "take") MAKE("b", "take.constprop.0") MAKE("c", "take.cold")
	      MAKE("d", "drop.lto_priv.0") WAIT, "cc -O1 -o prog prog.c");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(find_named_as(i ? &held : &running, prog, "take", "drop",
					       &sites), 0);
		assert_int_equal(sites.nacquire, 2);
		assert_int_equal(sites.nrelease, 1);
		assert_string_equal(sites.release[0].function, "drop.lto_priv.0");
		assert_int_equal(sites.release[0].offset, offset_of("prog", "drop"));
		assert_null(sites.interpreter);
		assert_false(sites.key.known);
		ends_with(sites.path, "/prog");
		assert_string_equal(sites.path, sites.module);
		assert_string_equal(sites.path, sites.symbols);
	}
	assert_int_equal(find_named_as(&held, prog, "take.constprop.0", "drop.lto_priv.0",
				       &sites), 0);
	assert_int_equal(sites.nacquire, 1);
}

static void named_functions_that_are_not_there(void **state)
{
	static struct lock_sites sites;

	(void)state;
	build(MAKE("a", "take") MAKE("d", "drop") WAIT, "cc -O1 -o prog prog.c");
	assert_int_equal(find_named_as(&held, prog, "grab", "let_go", &sites), -ENOENT);
	assert_non_null(strstr(why, "grab"));
	assert_non_null(strstr(why, "let_go"));
	assert_non_null(strstr(why, "/prog"));
	assert_int_equal(find_named_as(&held, prog, "take", "let_go", &sites), -ENOENT);
	assert_non_null(strstr(why, "no function is called let_go"));
	assert_int_equal(find_named_as(&running, prog, "take", "pthread_mutex_unlock", &sites),
			 -ENOENT);
	assert_non_null(strstr(why, "both have to be in one file"));
	assert_int_equal(system("strip prog"), 0);
	assert_int_equal(find_named_as(&running, prog, "take", "drop", &sites), -ENOENT);
	assert_non_null(strstr(why, "stripped"));
}

static void fifty_functions_are_too_many(void **state)
{
	static struct lock_sites sites;
	char source[8192] = "";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(source + len, sizeof(source) - len,
					"void many%d(void) __asm__(\"many.part.%d\");\n"
					"void many%d(void) { }\n", i, i, i);
	snprintf(source + len, sizeof(source) - len, "%s", MAKE("one", "one") WAIT);
	build(source, "cc -O1 -fno-ipa-icf -o prog prog.c");
	assert_int_equal(find_named_as(&held, prog, "many", "one", &sites), -E2BIG);
	assert_non_null(strstr(why, "50"));
	assert_int_equal(find_named_as(&held, prog, "one", "many", &sites), -E2BIG);
	assert_int_equal(find_named_as(&held, prog, "one", "many.part.49", &sites), 0);
}

#if defined(__x86_64__) || defined(__aarch64__)
static const struct {
	const char *name, *code;
	bool stepped;
	int skipped;
} first_instructions[] = {
#if defined(__aarch64__)
	{ "branch", "b 1f; nop; 1: ret", false, 0 },
	{ "adrp", "adrp x1, main; ret", false, 0 },
	{ "guarded", "hint #34; adrp x1, main; ret", false, 4 },
	{ "guarded_push", "hint #34; stp x29, x30, [sp, #-16]!; ldp x29, x30, [sp], #16; ret",
	  true, 0 },
	{ "push", "stp x29, x30, [sp, #-16]!; ldp x29, x30, [sp], #16; ret", true, 0 },
	{ "mov", "mov x9, x0; cbz x0, 1f; nop; 1: ret", false, 4 },
	{ "mov_x0", "mov x0, x1; cbz x0, 1f; nop; 1: ret", true, 0 },
	{ "nop", "nop; ret", true, 0 },
#else
	{ "push", "push %rbp; pop %rbp; ret", false, 0 },
	{ "push_r15", "push %r15; pop %r15; ret", false, 0 },
	{ "guarded", "endbr64; push %rbx; pop %rbx; ret", false, 4 },
	{ "guarded_mov", "endbr64; mov %rdi, %rax; ret; nop; nop", true, 4 },
	{ "mov", "mov %rdi, %rax; ret; nop; nop; nop", true, 0 },
	{ "sub", "sub $8, %rsp; add $8, %rsp; ret", true, 0 },
	{ "xchg_r8", "xchg %r8, %rax; ret; nop; nop; nop; nop", true, 0 },
	{ "nop", "nop; ret; nop; nop; nop; nop; nop", false, 0 },
	{ "nop5", ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00; ret; nop", true, 5 },
	{ "nop6", ".byte 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00; ret", true, 6 },
	{ "movaps", "movaps %xmm0, %xmm1; ret; nop; nop; nop", true, 0 },
	{ "jump", "jmp 1f; nop; nop; nop; nop; nop; 1: ret", false, 0 },
	{ "branch", "jz 1f; nop; nop; nop; nop; nop; 1: ret", false, 0 },
	{ "call", "call 1f; nop; nop; 1: pop %rax; ret", false, 0 },
#endif
};

static void first_instructions_are_read(void **state)
{
	const size_t count = sizeof(first_instructions) / sizeof(first_instructions[0]);
	static struct lock_sites sites;
	char source[8192] = WAIT;
	size_t len = strlen(source);

	(void)state;
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(source + len, sizeof(source) - len,
					"__asm__(\".text; .type my_%s, @function; my_%s: %s;\");\n",
					first_instructions[i].name, first_instructions[i].name,
					first_instructions[i].code);
	build(source, "cc -O1 -o prog prog.c");
	for (size_t i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "my_%s", first_instructions[i].name);
		assert_int_equal(find_named_as(&held, prog, name, "main", &sites), 0);
		if (sites.acquire[0].stepped != first_instructions[i].stepped)
			fail_msg("%s", name);
		assert_int_equal(sites.acquire[0].offset,
				 offset_of("prog", name) + (uint64_t)first_instructions[i].skipped);
	}
}
#else
static void first_instructions_are_read(void **state)
{
	(void)state;
	skip_for("elsewhere nothing is said of single steps");
}
#endif

/* ---- libraries ---- */

static const char library[] = MAKE("a", "take") MAKE("b", "drop");
static const char library_user[] = "void take(void);\nvoid drop(void);\n"
	"void (*volatile use[2])(void);\n"
	"__attribute__((constructor)) static void init(void) { use[0] = take; use[1] = drop; }\n"
	WAIT;

static void is_in_library(const struct start *start, const char *end)
{
	static struct lock_sites sites;

	if (find_named_as(start, prog, "take", "drop", &sites))
		fail_msg("%s", why);
	ends_with(sites.path, end);
	assert_string_equal(sites.path, sites.module);
}

static void libraries_are_found_by_run_paths(void **state)
{
	static const char *const tags[] = { "--enable-new-dtags", "--disable-new-dtags" };
	char command[512];

	(void)state;
	write_file("lib.c", library, strlen(library));
	for (int i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
			 "mkdir -p lib && cc -shared -fPIC -o lib/libx.so lib.c && "
			 "cc -o prog prog.c -Llib -lx '-Wl,%s,-rpath,/nowhere:$ORIGIN/lib'",
			 tags[i]);
		build(library_user, command);
		is_in_library(&held, "/lib/libx.so");
		is_in_library(&running, "/lib/libx.so");
	}
}

static void libraries_are_found_by_the_environment(void **state)
{
	static char path[PATH_MAX + 32];
	static const char *const relative[] = { "LD_LIBRARY_PATH=/nowhere:lib", NULL };
	static const char *const absolute[] = { path, "OTHER=1", NULL };
	static const char *const preload[] = { "LD_PRELOAD=./lib/libx.so", NULL };
	struct start start = { .environment = relative, .held = true };

	(void)state;
	write_file("lib.c", library, strlen(library));
	build(library_user, "mkdir lib && cc -shared -fPIC -o lib/libx.so lib.c && "
			    "cc -o prog prog.c -Llib -lx");
	is_in_library(&start, "/lib/libx.so");
	snprintf(path, sizeof(path), "LD_LIBRARY_PATH=%s/lib", home);
	start.environment = absolute;
	is_in_library(&start, "/lib/libx.so");
	start.held = false;
	is_in_library(&start, "/lib/libx.so");
	build(WAIT, "cc -o prog prog.c");
	start = (struct start){ .environment = preload, .held = true };
	is_in_library(&start, "/lib/libx.so");
}

static void libraries_of_libraries_are_found(void **state)
{
	static struct lock_sites sites;
	struct start start = held;

	(void)state;
	write_file("lib.c", library, strlen(library));
	build(library_user,
	      "mkdir lib more && cc -shared -fPIC -o more/libx.so lib.c && "
	      "echo 'extern void take(void); void via(void) { take(); }' | "
	      "cc -shared -fPIC -o lib/libvia.so -x c - -Lmore -lx '-Wl,-rpath,$ORIGIN/../more' && "
	      "cc -o prog prog.c -Llib -Wl,--no-as-needed -lvia -Wl,--disable-new-dtags "
	      "-Wl,-rpath,lib -Wl,-rpath-link,more -Wl,--allow-shlib-undefined more/libx.so "
	      "&& rm -rf elsewhere && mkdir elsewhere");
	is_in_library(&start, "/more/libx.so");
	assert_int_equal(find_named_as(&start, prog, "via", "via", &sites), 0);
	ends_with(sites.path, "/lib/libvia.so");
	/* what is exported stays when the rest is stripped */
	assert_int_equal(system("strip more/libx.so"), 0);
	is_in_library(&start, "/more/libx.so");
}

static void default_libraries_are_found(void **state)
{
	static struct lock_sites sites[2];

	(void)state;
	build(WAIT, "cc -o prog prog.c");
	for (int i = 0; i < 2; i++)
		if (find_named_as(i ? &running : &held, prog, "malloc", "free", &sites[i]))
			fail_msg("%s", why);
	assert_string_equal(sites[0].path, sites[1].path);
	assert_int_equal(sites[0].acquire[0].offset, sites[1].acquire[0].offset);
	assert_non_null(strstr(sites[0].path, "libc"));
}

static void replaced_files_are_probed_as_mapped(void **state)
{
	static struct lock_sites sites;
	struct process process;
	struct stat st;

	(void)state;
	build(MAKE("a", "take") MAKE("b", "drop") WAIT, "cc -o prog prog.c");
	assert_true(start_process(&process, &running, prog));
	build(WAIT, "cc -o new prog.c && mv new prog");
	assert_int_equal(lock_sites__find_named(process.pid, "take", "drop", &sites, why,
						sizeof(why)), 0);
	assert_int_equal(strncmp(sites.path, "/proc/", 6), 0);
	ends_with(sites.module, "/prog");
	assert_int_equal(stat(sites.path, &st), 0);
	end_process(&process);
}

/* A root of its own, with an absolute link that leads astray in ours. */
static void other_roots_are_respected(void **state)
{
	static struct lock_sites sites;
	struct start start = { .root = home };

	(void)state;
	if (geteuid() != 0)
		skip_for("only root can chroot(2)");
	build(MAKE("a", "take") MAKE("b", "drop") WAIT,
	      "mkdir -p opt/real && cc -static -o opt/real/prog prog.c && "
	      "ln -s /opt/real opt/now");
	if (find_named_as(&start, (const char *const[]){ "/opt/now/prog", NULL }, "take", "drop",
			  &sites))
		fail_msg("%s", why);
	assert_string_equal(sites.module, "/opt/real/prog");
	assert_string_equal(sites.symbols, "/opt/real/prog");
	assert_int_equal(strncmp(sites.path, "/proc/", 6), 0);
	/* a library, looked for in that root alone */
	write_file("lib.c", library, strlen(library));
	build(library_user,
	      "mkdir -p usr/lib/x etc/ld.so.conf.d lib64 && "
	      "cc -shared -fPIC -o usr/lib/x/libx.so.1 lib.c -nostdlib && "
	      "ln -s /usr/lib/x/libx.so.1 usr/lib/x/libx.so && "
	      "echo 'include /etc/ld.so.conf.d/*.conf' >etc/ld.so.conf && "
	      "echo '/usr/lib/x # here' >etc/ld.so.conf.d/x.conf && "
	      "cc -o opt/real/prog prog.c usr/lib/x/libx.so.1 && "
	      "cp \"$(readelf -l opt/real/prog | sed -n 's/.*preter: \\(.*\\)]/\\1/p')\" "
	      "lib64/ld-x && "
	      "cc -o opt/real/prog prog.c -Lusr/lib/x -l:libx.so.1 "
	      "-Wl,--dynamic-linker=/lib64/ld-x");
	start.held = true;
	if (find_named_as(&start, (const char *const[]){ "/opt/now/prog", NULL }, "take", "drop",
			  &sites))
		fail_msg("%s", why);
	assert_string_equal(sites.module, "/usr/lib/x/libx.so.1");
}

/* ---- what is no program to measure ---- */

static void processes_without_a_program(void **state)
{
	static struct lock_sites sites;
	struct process process;
	siginfo_t info;

	(void)state;
	assert_int_equal(lock_sites__find_interpreter(INT_MAX, &sites, why, sizeof(why)), -ESRCH);
	process.pid = fork();
	if (process.pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)process.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(lock_sites__find_interpreter(process.pid, &sites, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "runs no program"));
	waitpid(process.pid, NULL, 0);
	assert_int_equal(find_python_as(&running, (const char *const[]){ "sh", "-c",
			 "echo up; read x", NULL }, &sites), -ENOENT);
	assert_non_null(strstr(why, "is no CPython"));
}

/* Of the machine's narrower self: "1: jmp 1b", or "1: b 1b". */
#if defined(__aarch64__)
#define NARROW_MACHINE EM_ARM
#define NARROW_FLAGS EF_ARM_EABI_VER5
#define NARROW_CODE { 0xfe, 0xff, 0xff, 0xea }
#else
#define NARROW_MACHINE EM_386
#define NARROW_FLAGS 0
#define NARROW_CODE { 0xeb, 0xfe }
#endif

/* Hand-made, since no 32-bit compiler need be there. */
static void narrow_programs_are_refused(void **state)
{
	static const struct {
		Elf32_Ehdr header;
		Elf32_Phdr segment;
		unsigned char code[4];
	} file = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = NARROW_MACHINE, .e_flags = NARROW_FLAGS,
			.e_version = EV_CURRENT,
			.e_entry = 0x10000 + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			.e_phoff = sizeof(Elf32_Ehdr), .e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD, .p_vaddr = 0x10000, .p_flags = PF_R | PF_X,
			.p_filesz = sizeof(file), .p_memsz = sizeof(file), .p_align = 4096,
		},
		.code = NARROW_CODE,
	};
	static struct lock_sites sites;

	(void)state;
	write_file("prog", &file, sizeof(file));
	assert_int_equal(find_python_as(&held, prog, &sites), -ENOTSUP);
	assert_non_null(strstr(why, "32-bit"));
	assert_int_equal(find_named_as(&held, prog, "take", "drop", &sites), -ENOTSUP);
	assert_non_null(strstr(why, "32-bit"));
}

static void damaged_libraries_are_named(void **state)
{
	static struct lock_sites sites;

	(void)state;
	write_file("lib.c", library, strlen(library));
	build(library_user, "cc -shared -fPIC -o libpython3.99.so lib.c && "
			    "cc -o prog prog.c libpython3.99.so '-Wl,-rpath,$ORIGIN'");
	assert_int_equal(truncate("libpython3.99.so", 5000), 0);
	assert_int_equal(find_python_as(&held, prog, &sites), -EBADMSG);
	assert_non_null(strstr(why, "/libpython3.99.so"));
	assert_int_equal(find_named_as(&held, prog, "take", "drop", &sites), -EBADMSG);
	write_file("libpython3.99.so", "# text\n", 7);
	assert_int_equal(find_python_as(&held, prog, &sites), -EBADMSG);
	assert_non_null(strstr(why, "/libpython3.99.so"));
}

/* ---- CPython, made up ---- */

#define FAKE(more) "void PyEval_SaveThread(void) { }\n" more WAIT
#define RUNTIME(version, free_threaded, words)					\
	"struct { char cookie[8]; unsigned long version, free_threaded, runtime[3], "	\
	"interpreter[40]; } _PyRuntime = { \"xdebugpy\", " version ", " free_threaded ", "	\
	"{ 0 }, " words " };\nconst unsigned long Py_Version = " version ";\n"
#define OFFSETS_3_13 "{ [8] = 24, [9] = 9000, [16] = 16 }"
#define OFFSETS_3_14 "{ [8] = 9, [9] = 40, [16] = 7000, [19] = 16 }"
#define HIDE(c, name) "#define " c " __attribute__((visibility(\"hidden\"))) " c "\n" MAKE(c, name)
#define TAKE HIDE("a", "take_gil")
#define DROP HIDE("b", "drop_gil")

static int find_fake(const char *source, struct lock_sites *sites)
{
	build(source, "cc -O1 -rdynamic -o prog prog.c");
	return find_python_as(&held, prog, sites);
}

static void locks_of_interpreters_are_told_apart(void **state)
{
	static struct lock_sites sites;

	(void)state;
	assert_int_equal(find_fake(FAKE(RUNTIME("0x030d02f0", "0", OFFSETS_3_13) TAKE DROP),
				   &sites), 0);
	assert_string_equal(sites.interpreter->name, "cpython");
	assert_string_equal(sites.version, "3.13.2");
	assert_true(sites.key.known);
	assert_int_equal(sites.key.inner, 24);
	assert_int_equal(find_fake(FAKE(RUNTIME("0x030e00b1", "0", OFFSETS_3_14) TAKE DROP),
				   &sites), 0);
	assert_string_equal(sites.version, "3.14.0b1");
	assert_true(sites.key.known);
	assert_int_equal(sites.key.inner, 40);
	/* unknown layout, and a clone that may not get the thread state */
	assert_int_equal(find_fake(FAKE(RUNTIME("0x031000f0", "0", OFFSETS_3_14) TAKE DROP),
				   &sites), 0);
	assert_string_equal(sites.version, "3.16.0");
	assert_false(sites.key.known);
	assert_int_equal(find_fake(FAKE(RUNTIME("0x030d00f0", "0", OFFSETS_3_13) DROP
					MAKE("a", "take_gil.isra.0")), &sites), 0);
	assert_false(sites.key.known);
}

static void releases_are_drop_gil_before_its_part(void **state)
{
	static struct lock_sites sites;

	(void)state;
	assert_int_equal(find_fake(FAKE(TAKE DROP MAKE("c", "drop_gil_impl")), &sites), 0);
	assert_int_equal(sites.nrelease, 1);
	assert_string_equal(sites.release[0].function, "drop_gil");
	assert_string_equal(sites.version, "3");
	assert_int_equal(find_fake(FAKE(TAKE MAKE("c", "drop_gil_impl")), &sites), 0);
	assert_string_equal(sites.release[0].function, "drop_gil_impl");
	assert_int_equal(find_fake(FAKE(TAKE), &sites), -ENODATA);
}

static void builds_without_the_lock_are_refused(void **state)
{
	static struct lock_sites sites;

	(void)state;
	assert_int_equal(find_fake(FAKE(RUNTIME("0x030d00f0", "1", OFFSETS_3_13) TAKE DROP),
				   &sites), -ENOTSUP);
	assert_non_null(strstr(why, "free-threaded"));
	build(FAKE(TAKE DROP), "cc -O1 -rdynamic -o python3.13t prog.c");
	assert_int_equal(find_python_as(&held, (const char *const[]){ "./python3.13t", NULL },
					&sites), -ENOTSUP);
	assert_int_equal(find_fake("void PyString_FromString(void) { }\n" FAKE(""), &sites),
			 -ENOTSUP);
	assert_non_null(strstr(why, "CPython 2"));
}

static void stripped_pythons_need_a_debug_file(void **state)
{
	static struct lock_sites sites, whole;

	(void)state;
	assert_int_equal(find_fake(FAKE(RUNTIME("0x030d00f0", "0", OFFSETS_3_13) TAKE DROP),
				   &whole), 0);
	assert_int_equal(system("objcopy --only-keep-debug prog prog.debug && strip prog"), 0);
	assert_int_equal(find_python_as(&held, prog, &sites), -ENODATA);
	assert_non_null(strstr(why, "/prog"));
	assert_non_null(strstr(why, "python3.13-dbg"));
	assert_non_null(strstr(why, "PyEval_SaveThread"));
	assert_int_equal(system("objcopy --add-gnu-debuglink=prog.debug prog"), 0);
	if (find_python_as(&running, prog, &sites))
		fail_msg("%s", why);
	ends_with(sites.symbols, "/prog.debug");
	ends_with(sites.path, "/prog");
	assert_int_equal(sites.acquire[0].offset, whole.acquire[0].offset);
	assert_int_equal(sites.release[0].offset, whole.release[0].offset);
	assert_int_equal(sites.key.inner, 24);
}

/* ---- CPython, real ---- */

/* Or a clone of it. */
static void has_function(const struct lock_site *sites, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(sites[i].function, name, strlen(name)))
			return;
	fail_msg("no %s", name);
}

static void is_python(const char *path, int minor)
{
	const char *const argv[] = { path, "-c", "print('up', flush=True); input()", NULL };
	static struct lock_sites sites[2];
	char version[16];

	for (int i = 0; i < 2; i++) {
		if (find_python_as(i ? &held : &running, argv, &sites[i]))
			fail_msg("%s: %s", path, why);
		assert_true(sites[i].nacquire > 0 && sites[i].nrelease > 0);
		has_function(sites[i].acquire, sites[i].nacquire, "take_gil");
		has_function(sites[i].release, sites[i].nrelease, "drop_gil");
	}
	assert_memory_equal(&sites[0], &sites[1], sizeof(sites[0]));
	assert_int_equal(strncmp(sites[0].version, "3.", 2), 0);
	if (minor)
		snprintf(version, sizeof(version), "3.%d", minor);
	else
		snprintf(version, sizeof(version), "3.");
	assert_int_equal(strncmp(sites[0].version, version, strlen(version)), 0);
	if (minor == 12)
		assert_int_equal(sites[0].key.inner, 384);
	if (minor && minor <= 14) /* of later ones it is not known where the lock is */
		assert_int_equal(sites[0].key.known, minor >= 12);
	print_message("# %s: %s, %zu + %zu sites%s\n", path, sites[0].version, sites[0].nacquire,
		      sites[0].nrelease, sites[0].acquire[0].stepped ? ", stepped" : "");
}

/* PYENV/versions/VERSION/bin/python3; VERSION ends with 't' if it has no lock. */
static void is_pyenv_python(const char *path)
{
	const char *version = strstr(path, "/versions/3.") + strlen("/versions/");
	const char *const argv[] = { path, "-c", "print('up', flush=True); input()", NULL };
	static struct lock_sites sites;

	if (memchr(version, 't', strcspn(version, "/")))
		assert_int_equal(find_python_as(&held, argv, &sites), -ENOTSUP);
	else
		is_python(path, atoi(version + 2));
}

static void pyenv_versions_are_found(void **state)
{
	const char *folder = getenv("PYENV_ROOT"), *user = getenv("HOME");
	char pattern[PATH_MAX];
	glob_t paths;

	(void)state;
	if (folder)
		snprintf(pattern, sizeof(pattern), "%s/versions/3.*/bin/python3", folder);
	else
		snprintf(pattern, sizeof(pattern), "%s/.pyenv/versions/3.*/bin/python3",
			 user ? user : "");
	if (glob(pattern, 0, NULL, &paths))
		skip_for("no pyenv");
	for (size_t i = 0; i < paths.gl_pathc; i++)
		is_pyenv_python(paths.gl_pathv[i]);
	globfree(&paths);
}

/* Scripts, as pyenv's shims are, execute the real one later. */
static bool is_program(const char *path)
{
	struct elf_file file;

	if (access(path, X_OK) || elf_file__open(&file, path))
		return false;
	elf_file__close(&file);
	return true;
}

static void pythons_on_path_are_found(void **state)
{
	const char *folder = getenv("PATH");
	char path[PATH_MAX];
	size_t found = 0;

	(void)state;
	for (; folder && *folder; folder += strcspn(folder, ":") + (strchr(folder, ':') != NULL))
		for (int minor = 6; minor <= 14; minor++) {
			snprintf(path, sizeof(path), "%.*s/python3.%d", (int)strcspn(folder, ":"),
				 folder, minor);
			if (!is_program(path))
				continue;
			is_python(path, minor);
			found++;
		}
	if (!found)
		skip_for("no Python on PATH");
}

/* Stripped on Debian: its functions' names are in python3.X-dbg. */
static void the_system_python_is_found_or_explained(void **state)
{
	static const char path[] = "/usr/bin/python3";
	const char *const argv[] = { path, "-c", "print('up', flush=True); input()", NULL };
	static struct lock_sites sites;
	int err;

	(void)state;
	if (access(path, X_OK))
		skip_for("%s cannot be executed", path);
	err = find_python_as(&running, argv, &sites);
	if (err == -ENODATA)
		assert_non_null(strstr(why, "-dbg"));
	else
		is_python(path, 0);
}

/* ---- addresses ---- */

static const char speaker[] =
	"#define _GNU_SOURCE\n"
	"#include <stdio.h>\n#include <stdlib.h>\n#include <sys/mman.h>\n#include <unistd.h>\n"
	"int first = 1; static int room[16] = { 2 }; static char quiet[1 << 20], end[3];\n"
	"extern long shared[8]; extern char shared_quiet[100000];\n"
	"static void say(const char *want, void *at) { printf(\"%p %s\\n\", at, want); }\n"
	"int main(void) {\n"
	"	int local, flags = MAP_PRIVATE | MAP_ANONYMOUS;\n"
	"	void *mapped = mmap(0, 4096, PROT_READ, flags, -1, 0);\n"
	"	say(\"first (speaker)\", &first); say(\"room+0xc (speaker)\", &room[3]);\n"
	"	say(\"quiet (speaker)\", quiet);\n"
	"	say(\"quiet+0xfffff (speaker)\", quiet + 0xfffff);\n"
	"	say(\"end+0x2 (speaker)\", end + 2); say(\"[stack]\", &local);\n"
	"	say(\"[heap]\", malloc(10)); say(\"[anon]\", mapped); say(\"-\", (void *)8);\n"
	"	if (LIB) { say(\"shared+0x10 (libspeak.so)\", &shared[2]);\n"
	"	say(\"shared_quiet+0x1869f (libspeak.so)\", shared_quiet + 99999); }\n"
	"	say(\"speaker+\", (void *)main); puts(\".\"); fflush(stdout);\n"
	"	for (;;) pause(); }\n";

static void is_said(const struct modules *modules, const char *line)
{
	char name[256], want[64] = "";
	uint64_t address;

	assert_int_equal(sscanf(line, "%" SCNx64 " %63[^\n]", &address, want), 2);
	if (!strcmp(want, "-")) {
		assert_int_equal(place__name(modules, address, name, sizeof(name)), -ENOENT);
		return;
	}
	assert_int_equal(place__name(modules, address, name, sizeof(name)), 0);
	if (want[strlen(want) - 1] == '+')
		name[strlen(want)] = '\0';
	if (strcmp(name, want) != 0)
		fail_msg("%s: %s", line, name);
}

/* Names every address as the program says, while it runs and when it is gone. */
static void speaks_truly(bool no_random, const char *flags)
{
	struct start start = { .no_random = no_random };
	char command[256], lines[20][128];
	struct modules modules;
	struct process process;
	size_t count = 0;

	snprintf(command, sizeof(command), "cc -O0 -o speaker prog.c %s", flags);
	build(speaker, command);
	assert_true(start_process(&process, &start, (const char *const[]){ "./speaker", NULL }));
	while (fgets(lines[count], sizeof(lines[0]), process.says) && lines[count][0] != '.')
		assert_true(++count < 20);
	assert_true(count >= 10);
	assert_int_equal(modules__read(process.pid, &modules), 0);
	for (size_t i = 0; i < count; i++)
		is_said(&modules, lines[i]);
	end_process(&process);
	assert_int_equal(remove("speaker"), 0);
	for (size_t i = 0; i < count; i++)
		is_said(&modules, lines[i]);
	modules__free(&modules);
}

static void addresses_are_named(void **state)
{
	static const char speak[] = "long shared[8] = { 1 }; char shared_quiet[100000];\n";

	(void)state;
	build(speak, "cc -shared -fPIC -o libspeak.so prog.c");
	for (int i = 0; i < 2; i++) {
		bool no_random = i == 1;

		speaks_truly(no_random, "-DLIB=1 -fPIC -pie libspeak.so '-Wl,-rpath,$ORIGIN'");
		speaks_truly(no_random, "-DLIB=0 -no-pie -O1");
		speaks_truly(no_random, "-DLIB=0 -O1 -static");
		speaks_truly(no_random, "-DLIB=0 -O1 -static-pie");
		speaks_truly(no_random, "-DLIB=0 -O1 -Wl,-z,noseparate-code,-z,norelro");
	}
}

static int count_descriptors(void)
{
	glob_t paths;
	int count;

	assert_int_equal(glob("/proc/self/fd/*", 0, NULL, &paths), 0);
	count = (int)paths.gl_pathc;
	globfree(&paths);
	return count;
}

static void nothing_stays_open(void **state)
{
	static struct lock_sites sites;
	struct process process;
	int before;

	(void)state;
	build(MAKE("a", "take") WAIT, "cc -o prog prog.c");
	assert_true(start_process(&process, &held, prog));
	before = count_descriptors();
	lock_sites__find_interpreter(process.pid, &sites, why, sizeof(why));
	lock_sites__find_named(process.pid, "take", "none", &sites, why, sizeof(why));
	lock_sites__find_named(process.pid, "take", "main", &sites, why, sizeof(why));
	lock_sites__find_named(process.pid, "malloc", "free", &sites, why, sizeof(why));
	assert_int_equal(count_descriptors(), before);
	end_process(&process);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(named_functions_of_a_program),
		IN_FOLDER(named_functions_that_are_not_there),
		IN_FOLDER(fifty_functions_are_too_many),
		IN_FOLDER(first_instructions_are_read),
		IN_FOLDER(libraries_are_found_by_run_paths),
		IN_FOLDER(libraries_are_found_by_the_environment),
		IN_FOLDER(libraries_of_libraries_are_found),
		IN_FOLDER(default_libraries_are_found),
		IN_FOLDER(replaced_files_are_probed_as_mapped),
		IN_FOLDER(other_roots_are_respected),
		IN_FOLDER(processes_without_a_program),
		IN_FOLDER(narrow_programs_are_refused),
		IN_FOLDER(damaged_libraries_are_named),
		IN_FOLDER(locks_of_interpreters_are_told_apart),
		IN_FOLDER(releases_are_drop_gil_before_its_part),
		IN_FOLDER(builds_without_the_lock_are_refused),
		IN_FOLDER(stripped_pythons_need_a_debug_file),
		IN_FOLDER(pyenv_versions_are_found),
		IN_FOLDER(pythons_on_path_are_found),
		IN_FOLDER(the_system_python_is_found_or_explained),
		IN_FOLDER(addresses_are_named),
		IN_FOLDER(nothing_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
