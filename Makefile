# SPDX-License-Identifier: GPL-3.0-or-later
# One make process builds everything; each folder says in module.mk what it is.
# A new .c file in a folder needs no edit here. `make help` lists the targets.

VERSION := 0.1.0
V ?= debug
B := build/$(V)

PREFIX ?= /usr/local
BINDIR := $(PREFIX)/bin
MANDIR := $(PREFIX)/share/man
BASHDIR := $(PREFIX)/share/bash-completion/completions
ZSHDIR := $(PREFIX)/share/zsh/site-functions
FISHDIR := $(PREFIX)/share/fish/vendor_completions.d

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ---- flags -----------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(V),fuzz)
CC := clang
endif
AR ?= ar

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wpointer-arith -Wundef -Wvla -Werror
CFLAGS_COMMON := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(B)/gen -DGOLDWIM_VERSION='"$(VERSION)"' \
	$(WARNINGS) -fno-common -fstack-protector-strong -pthread -MMD -MP
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-clash-protection -fPIE
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection
endif
HARDEN_LD := -pie -Wl,-z,relro,-z,now

CFLAGS_debug := -O1 -g
CFLAGS_release := -O2 -g $(HARDEN)
LDFLAGS_release := $(HARDEN_LD)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_asan := -O1 -g $(SANITIZE)
LDFLAGS_asan := $(SANITIZE)
CFLAGS_cov := -O0 -g --coverage
LDFLAGS_cov := --coverage
CFLAGS_fuzz := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
LDFLAGS_fuzz := -fsanitize=address,undefined

ALL_CFLAGS = $(CFLAGS_COMMON) $(CFLAGS_$(V)) $(EXTRA_CFLAGS)
ALL_LDFLAGS = -pthread -Wl,--as-needed $(LDFLAGS_$(V))

# ---- modules ---------------------------------------------------------------
# A module.mk adds to LIBRARIES or TOOLS a name N and may set
#   N_dirs  its folders            N_uses  our libraries it stands on, lowest last
#   N_pkgs  pkg-config packages    N_ldlibs  libraries that have none (or a broken one)
#   N_data  .tsv files that become tables
LIBRARIES :=
TOOLS :=
include $(sort $(wildcard */module.mk))

MODULES := $(LIBRARIES) $(TOOLS)
$(foreach m,$(MODULES),$(eval $(m)_src := $(filter-out %/main.c,$(wildcard $(addsuffix /*.c,$($(m)_dirs))))))
$(foreach m,$(MODULES),$(eval $(m)_obj := $($(m)_src:%.c=$(B)/%.o)))
$(foreach m,$(MODULES),$(eval $(m)_lib := $(B)/lib$(m).a))
# N and all that it uses, in link order
closure = $(1) $(foreach u,$($(1)_uses),$(u))
libs_of = $(foreach m,$(call closure,$(1)),$($(m)_lib))
pkgs_of = $(sort $(foreach m,$(call closure,$(1)),$($(m)_pkgs)))
ldlibs_of = $(foreach m,$(call closure,$(1)),$($(m)_ldlibs)) $(if $(call pkgs_of,$(1)),$(shell pkg-config --libs $(call pkgs_of,$(1))))

define module_rules
$($(1)_lib): $($(1)_obj)
	@mkdir -p $$(@D); rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
$($(1)_obj): PKG_CFLAGS = $$(if $($(1)_pkgs),$$(shell pkg-config --cflags $($(1)_pkgs)))
$($(1)_obj): | $(foreach d,$($(1)_data),$(B)/gen/$(d:.tsv=.inc))
endef
$(foreach m,$(MODULES),$(eval $(call module_rules,$(m))))

define tool_rules
$(B)/bin/$(1): $(B)/$($(1)_main:.c=.o) $$(call libs_of,$(1))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$< $$(call libs_of,$(1)) $$(call ldlibs_of,$(1))
endef
$(foreach t,$(TOOLS),$(eval $(t)_main := $(firstword $($(t)_dirs))/main.c))
$(foreach t,$(TOOLS),$(eval $(call tool_rules,$(t))))

TOOL_BINARIES := $(TOOLS:%=$(B)/bin/%)

ifeq ($(VERBOSE),1)
Q :=
say =
else
Q := @
say = @printf '  %-5s %s\n' $(1) $(2)
endif

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -c -o $@ $<

# A table of facts: one brace initialiser a row (see the comment in the script).
$(B)/gen/%.inc: %.tsv common/base/tsv2inc.awk
	@mkdir -p $(@D)
	$(call say,TABLE,$<)
	$(Q)awk -f common/base/tsv2inc.awk $< > $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- targets for people ----------------------------------------------------
.PHONY: all debug release clean help
all: $(TOOL_BINARIES)  ## build the four tools (V=debug|release|asan|cov|fuzz)
release:  ## build with optimisation and hardening
	$(Q)$(MAKE) --no-print-directory V=release all
clean:  ## remove build/
	rm -rf build

help:  ## this list
	@echo "targets (make V=$(V) TARGET; variants: debug release asan cov fuzz):"
	@cat $(MAKEFILE_LIST) | sed -n 's/^\([a-z][a-z_<>%-]*\):.*  ## /\1\t/p' | sort -u | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'

# ---- tests -----------------------------------------------------------------
# tests/support is a library (all but *_main.c); unit tests are one program a module.
support_src := $(filter-out %_main.c,$(wildcard tests/support/*.c))
support_lib := $(B)/libsupport.a
unit_src := $(wildcard tests/unit/*/test_*.c)
unit_bin := $(unit_src:%.c=$(B)/%)
corpus_src := $(wildcard tests/corpus/*.c)
corpus_bin := $(corpus_src:tests/corpus/%.c=$(B)/bin/corpus-%)
fuzz_src := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_names := $(fuzz_src:tests/fuzz/fuzz_%.c=%)
replay_bin := $(fuzz_names:%=$(B)/bin/replay-%)

all_libs := $(foreach t,$(TOOLS),$($(t)_lib)) $(image_lib) $(common_lib)
all_pkgs := $(sort $(foreach m,$(MODULES),$($(m)_pkgs)))
test_pkgs := $(sort $(all_pkgs) cmocka hivex zlib)
test_ldlibs = $(foreach m,$(MODULES),$($(m)_ldlibs)) $(shell pkg-config --libs $(test_pkgs))

$(support_lib): $(support_src:%.c=$(B)/%.o)
	@mkdir -p $(@D); rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^
$(B)/tests/%.o: PKG_CFLAGS = $(shell pkg-config --cflags $(test_pkgs))
$(B)/tests/%.o: | $(patsubst %,$(B)/gen/%,$(foreach m,$(MODULES),$($(m)_data:.tsv=.inc)))

define link_test
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(support_lib) $(all_libs) -Wl,--end-group $(test_ldlibs)
endef

$(unit_bin): $(B)/tests/unit/%: $(B)/tests/unit/%.o $(support_lib) $(all_libs)
	$(link_test)
$(B)/bin/fixture: $(B)/tests/support/fixture_main.o $(support_lib) $(common_lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs hivex zlib)
$(corpus_bin): $(B)/bin/corpus-%: $(B)/tests/corpus/%.o $(support_lib) $(all_libs)
	$(link_test)
$(replay_bin): $(B)/bin/replay-%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/support/fuzz_main.o $(support_lib) $(all_libs)
	$(link_test)
$(B)/bin/fuzz-%: $(B)/tests/fuzz/fuzz_%.o $(all_libs)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(all_libs) -Wl,--end-group $(test_ldlibs)

# Runs one unit test: make build/debug/tests/unit/base/test_guid.ok
%.ok: %
	$(Q)$< && touch $@

TEST_PROGRAMS := $(unit_bin) $(replay_bin) $(corpus_bin) $(if $(wildcard tests/support/fixture_main.c),$(B)/bin/fixture)

.PHONY: tests check check-unit check-cli check-corpus check-fuzz check-acceptance proof asan cov lint bench demo
tests: all $(TEST_PROGRAMS)  ## build the tools and all test programs
check: deps  ## install what is missing, build, run all tests
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)tests/check.sh --build $(B) unit fuzz cli acceptance corpus
check-unit: tests  ## unit tests
	$(Q)tests/check.sh --build $(B) unit
check-cli: tests  ## the tools from outside, case by case
	$(Q)tests/check.sh --build $(B) cli
check-acceptance: tests  ## round trips, kills, bad input, read back by other programs
	$(Q)tests/check.sh --build $(B) acceptance
check-corpus: tests  ## real hives, logs, images and answer files from CORPUS
	$(Q)tests/check.sh --build $(B) corpus
check-fuzz: tests  ## replay the fuzzing corpora
	$(Q)tests/check.sh --build $(B) fuzz
proof: tests  ## the long runs: thousands of kills, mutations and random edits (PROOF=name for one)
	$(Q)tests/check.sh --build $(B) proof
asan:  ## unit and CLI tests with address and undefined behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory V=asan tests
	$(Q)tests/check.sh --build build/asan unit fuzz cli
cov:  ## unit and CLI tests, then the share of lines that they run
	$(Q)$(MAKE) --no-print-directory V=cov tests
	$(Q)tests/check.sh --build build/cov unit fuzz cli
	$(Q)gcovr --root . --filter 'common/' --filter 'wimtool/' --filter 'unattend/' --filter 'sysprep-lite/' \
		--filter 'kms/' --object-directory build/cov --print-summary --html-details build/cov/coverage.html
fuzz-%:  ## fuzz one parser for FUZZ_SECONDS (default 60)
	$(Q)$(MAKE) --no-print-directory V=fuzz build/fuzz/bin/fuzz-$*
	@mkdir -p build/fuzz/corpus/$*
	build/fuzz/bin/fuzz-$* -max_total_time=$(or $(FUZZ_SECONDS),60) -rss_limit_mb=512 -timeout=2 \
		build/fuzz/corpus/$* $(wildcard tests/fuzz/corpus/$*)

LINT_SRC = $(foreach m,$(MODULES),$($(m)_src))
LINT_INC = $(foreach m,$(MODULES),$($(m)_data:%.tsv=$(B)/gen/%.inc))
lint: $(LINT_INC)  ## clang-tidy, cppcheck, gcc -fanalyzer, build with clang
	$(Q)$(MAKE) --no-print-directory B=build/lint-clang CC=clang all
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,portability,performance \
		--suppressions-list=tests/cppcheck.suppress -I. -I$(B)/gen --std=c11 -j$$(nproc) $(LINT_SRC)
	$(Q)printf '%s\n' $(LINT_SRC) | xargs -P$$(nproc) -n8 tests/clang-tidy.sh $(filter-out -MMD -MP,$(CFLAGS_COMMON)) \
		$$(pkg-config --cflags $(all_pkgs)) --
# gcc 12 takes what a loop fills, or a function returns as a struct, for not initialized; clang-tidy looks for that, too
	$(Q)$(MAKE) --no-print-directory B=build/lint-analyzer \
		EXTRA_CFLAGS='-fanalyzer -Wno-analyzer-too-complex -Wno-analyzer-use-of-uninitialized-value' all

demo: deps  ## build, then show the main job from tree to audited log
	$(Q)$(MAKE) --no-print-directory all $(B)/bin/fixture
	$(Q)tests/demo/demo.sh --bin $(B)/bin

bench: deps  ## measure each tool beside what a user would use instead (BENCH=kms for one, QUICK=1)
	$(Q)$(MAKE) --no-print-directory V=release all build/release/bin/fixture
	$(Q)tests/bench/bench.sh --bin build/release/bin $(if $(QUICK),--quick) $(BENCH)

# ---- what the machine needs ------------------------------------------------
# Build and run; then what the tests read our output back with.
DEPS_BUILD := gcc make pkg-config libc6-dev libwim-dev libhivex-dev libxml2-dev libyaml-dev libcjson-dev libssl-dev
DEPS_BUILD += zlib1g-dev libzstd-dev
DEPS_BUILD += libsqlite3-dev libpq-dev
DEPS_BUILD += libfuse3-dev
DEPS_BUILD += libdeflate-dev
DEPS_TEST := libcmocka-dev python3 xz-utils attr git patch time mandoc
DEPS_TEST += wimtools 7zip fuse3 fuse-overlayfs ntfs-3g
DEPS_TEST += libhivex-bin reglookup libregf-utils libwin-hivex-perl
DEPS_TEST += libxml2-utils
DEPS_TEST += python3-jsonschema $(if $(shell command -v npm),,npm)
DEPS_TEST += python3-pefile python3-yaml libmono-i18n4.0-cil
DEPS_TEST += libevtx-utils libevt-utils python3-evtx zstd
DEPS_TEST += sqlite3 postgresql chromium
.PHONY: deps
deps:  ## install the packages that are missing (apt, with sudo when not root)
	$(Q)tests/support/deps.sh $(DEPS_BUILD) $(DEPS_TEST)

# ---- install ---------------------------------------------------------------
.PHONY: man install uninstall dist
man: $(TOOLS:%=$(B)/man/%.1)  ## manual pages, made from the command tables
$(B)/man/%.1: $(B)/bin/%
	@mkdir -p $(@D)
	$(Q)$< --man > $@

# Completion files are named as each shell wants them.
define install_tool
	install -m 755 build/release/bin/$(1) $(DESTDIR)$(BINDIR)/$(1)
	build/release/bin/$(1) --man > $(DESTDIR)$(MANDIR)/man1/$(1).1
	build/release/bin/$(1) --completion bash > $(DESTDIR)$(BASHDIR)/$(1)
	build/release/bin/$(1) --completion zsh > $(DESTDIR)$(ZSHDIR)/_$(1)
	build/release/bin/$(1) --completion fish > $(DESTDIR)$(FISHDIR)/$(1).fish

endef
# Names of wimlib's programs under which wimtool can stand in for them.
WIMLIB_LINKS := wimlib-imagex $(addprefix wim,append apply capture delete dir export extract info join mount mountrw \
	optimize split unmount update verify)
install: release  ## install tools, manual pages and completions below DESTDIR and PREFIX (WIMLIB_NAMES=1: also as wimlib-imagex)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(foreach t,$(TOOLS),$(call install_tool,$(t)))
	$(if $(WIMLIB_NAMES),for name in $(WIMLIB_LINKS); do ln -sf wimtool $(DESTDIR)$(BINDIR)/$$name; done)
uninstall:  ## remove what install put there
	rm -f $(foreach t,$(TOOLS),$(DESTDIR)$(BINDIR)/$(t) $(DESTDIR)$(MANDIR)/man1/$(t).1 $(DESTDIR)$(BASHDIR)/$(t) \
		$(DESTDIR)$(ZSHDIR)/_$(t) $(DESTDIR)$(FISHDIR)/$(t).fish)
dist:  ## source archive of the last commit
	@mkdir -p build
	git archive --format=tar.gz --prefix=goldwim-$(VERSION)/ -o build/goldwim-$(VERSION).tar.gz HEAD
