# SPDX-License-Identifier: GPL-2.0-or-later
# switchtax: `make run` and `make test` do everything; `make help` lists the rest.

VERSION   := 0.1.0
BUILD     := build
PREFIX    ?= /usr/local
DESTDIR   ?=

# For another machine: the prefix of its tools, and a folder with its libraries and headers.
CROSS_COMPILE ?=
SYSROOT   ?=

CC        ?= gcc
ifneq ($(CROSS_COMPILE)$(SYSROOT),)
CC        := $(CROSS_COMPILE)gcc $(SYSROOT:%=--sysroot=%)
endif
AR        := $(CROSS_COMPILE)ar
CLANG     ?= clang
BPFTOOL   ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
ARCH      := $(shell { $(CC) -dumpmachine 2>/dev/null || uname -m; } | \
	     sed -e 's/-.*//' -e 's/x86_64/x86/' -e 's/aarch64/arm64/')
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)

WARNINGS  := -Wall -Wextra -Wshadow -Werror
CFLAGS    ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -MMD -MP
# "include/abi.h", "ledger/ledger.h", "locks/lock.h": from the house's own folders.
USER_PATHS := -iquote . -iquote user -iquote workloads
WORKLOAD_PATHS := -iquote . -iquote workloads
# Frame pointers: samples of the running holder show who called whom (bpf/samples.bpf.c).
WORKLOAD_CFLAGS = $(ALL_CFLAGS) $(WORKLOAD_PATHS) -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
USER_CFLAGS = $(ALL_CFLAGS) $(USER_PATHS) -I$(BUILD)/bpf -DSWITCHTAX_VERSION='"$(VERSION)"'
# Parts of glibc itself since 2.34.
LIBS_OF_C := -lpthread -lrt
USER_LIBS := -lcjson -lcap-ng -lgsl -lgslcblas -lm
BPF_CFLAGS := -iquote . -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) \
	      -I$(SYSROOT)/usr/include/$(MULTIARCH) $(SYSROOT:%=-I%/usr/include) \
	      -Wall -Wextra -Wno-unused-parameter -Werror

# Without clang, bpftool or libbpf, or with old ones, there is no tracer; everything else still
# builds.
TRACER_LACKS := $(shell tests/tools/tracer_lacks "$(CC)" "$(CLANG)" "$(BPFTOOL)" | paste -sd ';' | sed 's/;/; /g')
HAVE_BPF  := $(if $(TRACER_LACKS),,1)

# Without ncurses there is no live view.
HAVE_CURSES := $(if $(wildcard \
	       $(addprefix $(SYSROOT)/usr/include/,curses.h ncursesw/curses.h)),1)

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2);
endif

WORKLOADS := slowdown lockcost contend refcount race granularity timeslice priority switchcost \
	faults ipc blocking convoy
# What they share: everything that is not a main.
WORKLOAD_PARTS := $(filter-out $(WORKLOADS),$(patsubst workloads/%.c,%,$(wildcard workloads/*.c workloads/*/*.c)))
TEST_WORKLOADS := oracle planted pingpong misbehave census holder
# Programs that know nothing of us.
TEST_PROGRAMS := mutexes spinners futexes fifty respawn
USER_FILES := $(wildcard user/*.c user/*/*.c)
# Only the tracer's files see the BPF programs; these of its wing do not.
TRACER_PLAIN := none uprobes own_code witness
TRACER_FILES := $(filter-out $(TRACER_PLAIN:%=user/tracer/%.c),$(wildcard user/tracer/*.c))
NOT_LIVE := $(if $(HAVE_CURSES),live/screen_none,live/screen live/draw)
USER_MODULES := $(filter-out main tracer/none $(NOT_LIVE),$(patsubst user/%.c,%,$(filter-out $(TRACER_FILES),$(USER_FILES))))
BPF_PARTS := state arrivals locks switches wakeups probes futexes adopt births samples self loader
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

WORKLOAD_OBJS := $(WORKLOAD_PARTS:%=$(BUILD)/parts/%.o)
WORKLOAD_BINS := $(WORKLOADS:%=$(BUILD)/workloads/%)
TEST_BINS := $(TEST_WORKLOADS:%=$(BUILD)/tests/%)
PROGRAM_BINS := $(TEST_PROGRAMS:%=$(BUILD)/tests/%)
UNIT_BINS := $(UNIT_TESTS:%=$(BUILD)/tests/unit/%)
NO_TRACER := $(BUILD)/user/tracer/none.o
TRACER_OBJS := $(if $(HAVE_BPF),$(TRACER_FILES:user/%.c=$(BUILD)/user/%.o),$(NO_TRACER))
USER_OBJS := $(USER_MODULES:%=$(BUILD)/user/%.o)
# All but the mains and the tracer: each program takes what it needs of them. The lists of arms and
# locks are the workloads' own; the loader links them for `list`.
USER_ARCHIVE := $(BUILD)/user.a
WORKLOAD_ARCHIVE := $(BUILD)/workloads.a
ARCHIVES := $(USER_ARCHIVE) $(WORKLOAD_ARCHIVE)
ifeq ($(HAVE_BPF),1)
USER_LIBS += -lbpf -ldw -lelf -lz
else
USER_LIBS += -ldw -lelf -lz
USER_CFLAGS += -DSWITCHTAX_NO_BPF
endif
USER_LIBS += $(if $(HAVE_CURSES),-lncursesw -ltinfo)

.PHONY: all build deps run-deps run test distros bench coverage proof lint check-asan \
	check-tsan check-valgrind wings tidy cppcheck shellcheck fuzz install uninstall clean help FORCE \
	arm64 check-arm64 kernels
.DELETE_ON_ERROR:
.SECONDARY:

all: build

build: $(if $(wildcard user/main.c),$(BUILD)/switchtax) $(WORKLOAD_BINS) $(TEST_BINS) \
	$(PROGRAM_BINS)

help:
	@printf '%s\n' \
	  'make run      install what is missing, build, run the headline experiment' \
	  'make test     install what is missing, build, run every test (TESTS="unit cli": of some suites)' \
	  'make          build into build/' \
	  'make deps     install the packages that are missing, or say what to type' \
	  'make bench    the costs of tracing, as ratios (RUNS=n for more runs)' \
	  'make coverage how often 95 % intervals cover the truth of simulated experiments' \
	  'make proof    ten experiments of each planted mechanism: does the verdict find it?' \
	  'make distros  make run and make test in fresh Debian installations (DISTROS="trixie sid")' \
	  'make kernels  boot Debian kernels under qemu and check each (KERNELS="6.1 6.12*": some)' \
	  'make lint     the rule of includes, clang-tidy, cppcheck, shellcheck' \
	  'make check-asan, check-tsan, check-valgrind    tests under sanitizers' \
	  'make arm64    build for arm64 into build/arm64' \
	  'make check-arm64    the unit tests of that build, emulated' \
	  'make fuzz     fuzz the parsers (SECONDS=n each)' \
	  'make install  into PREFIX (/usr/local); DESTDIR is honoured' \
	  'make clean    remove build/' \
	  'V=1 shows the commands.'

deps:
	@tests/tools/deps

# The tests need more: a browser, other tracers.
run-deps:
	@tests/tools/deps run

run: run-deps
	@$(MAKE) --no-print-directory build
	@$(BUILD)/switchtax run $(ARGS)

test: deps
	@$(MAKE) --no-print-directory build $(UNIT_BINS) \
		$(BUILD)/tests/tools/statistics
	@tests/run $(TESTS)

unit-bins: $(UNIT_BINS)

bench: build $(BUILD)/tests/tools/interval
	@BUILD=$(BUILD) tests/bench/run

distros:
	@ARGS='$(ARGS)' TESTS='$(TESTS)' tests/distros/run $(DISTROS)

proof: build
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/proof/mechanisms.py
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/proof/lines.py

# Names and globs of tests/kernels/table; in the shell's hands, they are not files.
KERNELS ?=
kernels: build
	+@set -f; BUILD=$(BUILD) MAKE="$(MAKE) --no-print-directory" tests/kernels/run $(KERNELS)

coverage: $(BUILD)/tests/tools/statistics
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/stats/coverage.py

$(BUILD)/tests/tools/%: tests/tools/%.c $(NO_TRACER) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_CFLAGS) -o $@ $(filter-out %.h %.def,$^) $(USER_LIBS) $(LIBS_OF_C)

# Anew: what is no longer built is not to stay in it.
$(BUILD)/%.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# --- workloads -------------------------------------------------------------

$(BUILD)/workloads/%.o: workloads/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -c -o $@ $<

# Apart from the programs, one of which is called as a folder.
$(BUILD)/parts/%.o: workloads/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -c -o $@ $<

$(WORKLOAD_ARCHIVE): $(WORKLOAD_OBJS)

$(WORKLOAD_BINS): $(BUILD)/workloads/%: $(BUILD)/workloads/%.o $(WORKLOAD_ARCHIVE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_OF_C)

$(BUILD)/tests/%.o: tests/workloads/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(WORKLOAD_CFLAGS) -c -o $@ $<

$(TEST_BINS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(WORKLOAD_ARCHIVE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_OF_C)

$(PROGRAM_BINS): $(BUILD)/tests/%: $(BUILD)/tests/%.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_OF_C)

# --- BPF -------------------------------------------------------------------

$(BUILD)/bpf/%.o: bpf/%.bpf.c $(wildcard bpf/*.h include/*.h)
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

# The same for kernels that do not know their own types (bpf/kernel_read.bpf.h).
$(BUILD)/bpf/no-btf/%.o: bpf/%.bpf.c $(wildcard bpf/*.h include/*.h)
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DWITHOUT_KERNEL_BTF -c -o $@ $<

$(BUILD)/bpf/switchtax.bpf.o: $(BPF_PARTS:%=$(BUILD)/bpf/%.o)
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(BUILD)/bpf/switchtax_no_btf.bpf.o: $(BPF_PARTS:%=$(BUILD)/bpf/no-btf/%.o)
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,GEN,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

# Both have the same programs, maps and variables: the loader uses one's names for both.
$(BUILD)/bpf/skeletons.same: $(BUILD)/bpf/switchtax.skel.h $(BUILD)/bpf/switchtax_no_btf.skel.h
	$(Q)for skeleton in $^; do sed -n '/^struct/,/^static/p' $$skeleton | \
		sed 's/switchtax_no_btf/switchtax/g; s/SWITCHTAX_NO_BTF/SWITCHTAX/g' >\
		$$skeleton.names; done
	$(Q)diff $(^:=.names)
	$(Q)touch $@

# --- loader ----------------------------------------------------------------

ifeq ($(HAVE_BPF),1)
$(TRACER_OBJS): $(BUILD)/bpf/skeletons.same
endif

# What is at hand may change between two builds.
HAVE := $(BUILD)/have
$(HAVE): FORCE
	@mkdir -p $(@D)
	@echo 'bpf=$(HAVE_BPF) curses=$(HAVE_CURSES)' | cmp -s - $@ || \
		echo 'bpf=$(HAVE_BPF) curses=$(HAVE_CURSES)' >$@
FORCE:

$(BUILD)/user/%.o: user/%.c $(HAVE)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(USER_CFLAGS) -c -o $@ $<

$(USER_ARCHIVE): $(USER_OBJS)

$(BUILD)/switchtax: $(BUILD)/user/main.o $(TRACER_OBJS) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS) $(LIBS_OF_C)
	$(if $(HAVE_BPF),,@echo '  NOTE    without the tracer: $(or $(TRACER_LACKS),so was wished)')

# --- unit tests ------------------------------------------------------------

# assert_in_range() is deprecated since cmocka 2; cmocka 1 has nothing else.
$(BUILD)/tests/unit/%: tests/unit/%.c $(NO_TRACER) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(USER_CFLAGS) -Wno-deprecated-declarations $(LDFLAGS) -o $@ $(filter-out %.h %.def,$^) -lcmocka $(USER_LIBS) $(LIBS_OF_C)

# --- checks ----------------------------------------------------------------

lint: wings tidy cppcheck shellcheck

# docs/architecture.md has the rule.
wings:
	@tests/tools/wings

SOURCES := $(USER_FILES) $(wildcard workloads/*.c workloads/*/*.c tests/workloads/*.c)

TIDY_FLAGS = -- $(USER_PATHS) -std=gnu11 -D_GNU_SOURCE -isystem $(BUILD)/bpf -DSWITCHTAX_VERSION='"$(VERSION)"'

# The tracer apart: the analyzer sees a leak in the generated skeleton.
tidy: $(if $(HAVE_BPF),$(BUILD)/bpf/skeletons.same)
	clang-tidy --quiet $(filter-out $(TRACER_FILES),$(SOURCES)) $(TIDY_FLAGS)
	$(if $(HAVE_BPF),clang-tidy --quiet --checks=-clang-analyzer-unix.Malloc $(TRACER_FILES) \
		$(TIDY_FLAGS))

cppcheck:
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -D_GNU_SOURCE \
		'-DLIBBPF_OPTS(type, name, ...)=struct type name = { __VA_ARGS__ }' \
		-I. -Iuser -Iworkloads -DSWITCHTAX_VERSION='"$(VERSION)"' user workloads tests/workloads

shellcheck:
	shellcheck -x .ci/run $(filter-out %.c %/wings,$(wildcard tests/run tests/tools/* tests/bench/* \
		tests/distros/* tests/*/*.bash) \
		$(addprefix tests/kernels/,arm64-root run archive root boot init))
	shellcheck -s bats $(wildcard tests/*/*.bats)

# Each sanitizer has a build folder of its own and runs the unit tests there.
check-asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' \
		build unit-bins
	@BUILD=$(BUILD)/asan tests/run unit

check-tsan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan CFLAGS='-O1 -g -fsanitize=thread' build \
		$(BUILD)/tsan/tests/unit/test_count
	@BUILD=$(BUILD)/tsan tests/tools/tsan

check-valgrind: build $(UNIT_BINS)
	@BUILD=$(BUILD) tests/run valgrind

# Cross-built on Debian, with the libraries of its arm64 packages.
ARM64_ROOT := $(BUILD)/arm64-root
ARM64_MAKE = $(MAKE) --no-print-directory BUILD=$(BUILD)/arm64 CROSS_COMPILE=aarch64-linux-gnu- \
	     SYSROOT=$(abspath $(ARM64_ROOT))

arm64:
	@tests/kernels/arm64-root $(ARM64_ROOT)
	+@$(ARM64_MAKE) build

check-arm64: arm64
	+@$(ARM64_MAKE) unit-bins
	@BUILD=$(BUILD)/arm64 SYSROOT=$(abspath $(ARM64_ROOT)) tests/run arm64

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SECONDS ?= 60
fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%)
	@for f in $^; do mkdir -p $$f.corpus && \
		$$f -max_total_time=$(SECONDS) -verbosity=0 $$f.corpus || exit 1; done

# The loader's code once more, with what finds its mistakes.
FUZZ_FLAGS := $(USER_PATHS) -std=gnu11 -D_GNU_SOURCE -g -O1 -DSWITCHTAX_VERSION='"$(VERSION)"'
FUZZ_ARCHIVE := $(BUILD)/fuzz/user.a
$(FUZZ_ARCHIVE): $(USER_MODULES:%=$(BUILD)/fuzz/user/%.o) $(BUILD)/fuzz/user/tracer/none.o

$(BUILD)/fuzz/user/%.o: user/%.c $(wildcard user/*.h user/*/*.h include/*)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_ARCHIVE) $(WORKLOAD_ARCHIVE)
	$(call say,FUZZ,$<)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(USER_LIBS)

# --- install ---------------------------------------------------------------

LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/switchtax
SHARE := $(DESTDIR)$(PREFIX)/share/switchtax
ANALYSIS := $(SHARE)/analysis
ANALYSIS_FILES := analysis/*.py analysis/page.html analysis/page.css analysis/page.js

install: build
	install -D -m 755 $(BUILD)/switchtax $(DESTDIR)$(PREFIX)/bin/switchtax
	install -d $(LIBEXEC)
	install -m 755 $(WORKLOAD_BINS) $(LIBEXEC)
	install -d $(ANALYSIS) $(ANALYSIS)/sections
	install -m 644 $(wildcard $(ANALYSIS_FILES)) $(ANALYSIS)
	install -m 644 $(wildcard analysis/sections/*.py) $(ANALYSIS)/sections
	install -D -m 644 include/columns.def $(SHARE)/include/columns.def
	install -D -m 644 docs/switchtax.1 $(DESTDIR)$(PREFIX)/share/man/man1/switchtax.1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/switchtax $(DESTDIR)$(PREFIX)/share/man/man1/switchtax.1
	rm -rf $(LIBEXEC) $(SHARE)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(addprefix $(BUILD)/,user/*.d user/*/*.d workloads/*.d parts/*.d parts/*/*.d \
	tests/*.d tests/*/*.d))
