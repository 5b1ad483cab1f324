# cordon: `make run` shows it at work, `make check` proves it, `make bench` measures it.
#
# Variants:  make CC=clang      another compiler
#            make SANITIZE=1    AddressSanitizer and UBSan (in build/…-asan)
#            make SANITIZE=thread  ThreadSanitizer (in build/…-tsan)

VERSION  := $(shell sed -n 's/^.define CORDON_VERSION "\(.*\)"/\1/p' include/cordon.h)
# Of the shared library; see tools/abi.
ABI      := 1
CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
AR       ?= ar
BUILD    := build/$(notdir $(firstword $(CC)))$(if $(SANITIZE),$(if $(filter thread,$(SANITIZE)),-tsan,-asan))

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wwrite-strings -Werror
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
comma    := ,
SAN_KIND := $(if $(filter thread,$(SANITIZE)),thread,address$(comma)undefined)
SAN      := $(if $(SANITIZE),-fsanitize=$(SAN_KIND) -fno-sanitize-recover=all -fno-omit-frame-pointer)
PKGS     := libseccomp libcap-ng json-c
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) $(HARDEN) $(SAN) -fvisibility=hidden -pthread -I. -Iinclude -I$(BUILD)
# The CLI is linked statically: its own start-up is part of every launch.
LINK_STATIC := $(if $(SANITIZE),,-static-pie)
LIBS      = $(shell pkg-config --libs $(if $(SANITIZE),,--static) $(PKGS))

ROOMS    := base policy sandbox broker lib
LIB_SRC  := $(wildcard $(addsuffix /*.c,$(ROOMS)))
CLI_SRC  := $(wildcard cli/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
# Under ThreadSanitizer those alone in which there are threads.
ifeq ($(SANITIZE),thread)
UNIT_SRC := $(foreach one,broker caller child lifecycle made,tests/unit/test_$(one).c)
endif
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/policy/bundles.o $(BUILD)/policy/filters.o
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)

PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
LIBDIR   ?= $(PREFIX)/lib
INCDIR   ?= $(PREFIX)/include
MANDIR   ?= $(PREFIX)/share/man
DATADIR  ?= $(PREFIX)/share
MANUALS  := $(wildcard docs/*.[1-9])
# Each has the library's manual under its own name.
FUNCTIONS := $(shell sed -n 's/^\.Fo \(cordon_.*\)/\1/p' docs/cordon.3 | sort -u)
# What shells and editors look for below share: SOURCE:PLACE.
EXTRAS   := completions/cordon.bash:bash-completion/completions/cordon completions/_cordon:zsh/site-functions/_cordon \
            completions/cordon.fish:fish/vendor_completions.d/cordon.fish \
            $(foreach kind,ftdetect ftplugin syntax,editors/vim/$(kind)/cordon.vim:vim/vimfiles/$(kind)/cordon.vim)
SHAREDIR ?= $(DATADIR)/cordon
POLICIES := $(wildcard examples/policies/*.policy)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all run check check-long check-unit check-differential check-run test-helpers tests examples bench lint deps test-deps clean install uninstall

SHARED   := $(if $(SANITIZE),,$(BUILD)/libcordon.so.$(ABI))

all: $(BUILD)/cordon $(SHARED)

-include tests/tests.mk
-include Makefile.local

# ---- the two commands ----------------------------------------------------------------------------------------------

# Each step is a make of its own, in this order: what is missing is installed before anything asks pkg-config.
run:
	@tools/deps run
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@tools/demo $(BUILD)/cordon

check:
	@tools/deps test
	@$(MAKE) --no-print-directory -s -j$(JOBS) all tests examples
	@$(MAKE) --no-print-directory -s lint
	@$(MAKE) --no-print-directory -s check-unit
	@$(MAKE) --no-print-directory -s check-differential
	@$(MAKE) --no-print-directory -s check-run
	@echo "make check: all is well"

# What takes minutes: millions of random questions instead of a hundred thousand.
check-long:
	@tools/deps test
	@$(MAKE) --no-print-directory -s -j$(JOBS) all tests
	@tools/differential $(BUILD) 500000 $$(seq 100 109)
	@SPAWNS=10000 $(BUILD)/tests/unit/test_crowded_host
	@KILLS=2000 $(TEST_ENV) tests/run --limit 900 --cordon $(BUILD)/cordon killed:
	@FAULTS=100000 SEEDS=3 $(TEST_ENV) tests/run --limit 14400 --cordon $(BUILD)/cordon faults:
	@SESSIONS=20000 $(TEST_ENV) tests/run --limit 3600 --cordon $(BUILD)/cordon wire:
	@WAYS="$$(seq -s' ' 1000 1099)" $(TEST_ENV) tests/run --limit 3600 --cordon $(BUILD)/cordon transports:test_random
	@REQUESTS=10000000 $(TEST_ENV) tests/run --limit 7200 --cordon $(BUILD)/cordon bounded_many
	@if [ "$$(id -u)" = 0 ]; then KILLS=2000 $(TEST_ENV) tests/run --as-user --limit 900 --cordon $(BUILD)/cordon killed:; fi
	@if [ "$$(id -u)" = 0 ]; then FAULTS=100000 SEEDS=3 $(TEST_ENV) tests/run --as-user --limit 14400 --cordon $(BUILD)/cordon faults:; fi

bench:
	@tools/deps test
	@$(MAKE) --no-print-directory -s -j$(JOBS) all $(addprefix $(BUILD)/tests/bench/,bench bench_children bench_mounts bench_policy)
	@$(BUILD)/tests/bench/bench_policy
	@$(BUILD)/tests/bench/bench $(BUILD)/cordon
	@$(BUILD)/tests/bench/bench_children

JOBS := $(shell nproc 2>/dev/null || echo 2)

# ---- the parts of check --------------------------------------------------------------------------------------------

deps:
	@tools/deps

test-deps:
	@tools/deps test

# Sanitizers keep state of their own in each object, so symbols are looked at only without them.
lint: $(if $(SANITIZE),,$(BUILD)/libcordon.a $(SHARED))
	@CC=$(CC) tools/lint $(if $(SANITIZE),,$(BUILD))

check-unit: $(UNIT_BIN)
	@tools/unit $(BUILD)

# Programs under a cordon whose threads are watched. As an ordinary user alone: as root a helper process shares our memory for a
# moment (sandbox/idmap.c), and is taken for the thread that waits for it.
.PHONY: check-threads
check-threads: $(UNIT_BIN) $(BUILD)/cordon test-helpers
	@tools/unit $(BUILD)
	@$(TEST_ENV) tests/run $(if $(filter 0,$(shell id -u)),--as-user) --cordon $(BUILD)/cordon \
	        integration/channel integration/hot test_bounded_waiting_opens

check-differential: $(BUILD)/tests/differential/differential $(BUILD)/tests/differential/asker
	@tools/differential $(BUILD) 100000 1

# Leaks of programs under test are the unit tests' business: what the sandboxed side leaves to the kernel is no leak.
check-run: $(BUILD)/cordon test-helpers
	@$(TEST_ENV) tests/run --cordon $(BUILD)/cordon
	@if [ "$$(id -u)" = 0 ]; then echo "once more, as an ordinary user:"; \
	        $(TEST_ENV) tests/run --as-user --cordon $(BUILD)/cordon && \
	        echo "and without namespaces:" && \
	        $(TEST_ENV) tests/run --as-user --hosted --cordon $(BUILD)/cordon $(HOSTED_TESTS); \
	else echo "not run as root: 'sudo make check' does both"; fi

# Those that say something of broker, Landlock and filter, which are all that there is then.
HOSTED_TESTS := escape integration/names integration/opens integration/metadata integration/limits

TEST_ENV := HELPERS=$(abspath $(BUILD))/tests/helpers

tests: $(UNIT_BIN) test-helpers $(addprefix $(BUILD)/tests/differential/,differential asker)
# One of them decodes images, where there is a library for that.
HAS_PNG  := $(shell pkg-config --exists libpng && echo yes)
EXAMPLES := embed $(if $(HAS_PNG),decode)
examples: $(EXAMPLES:%=$(BUILD)/examples/%)
$(BUILD)/examples/decode $(TH)/decode: PKGS += libpng

# ---- how things are made -------------------------------------------------------------------------------------------

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The bundles are text files, compiled into the library as one table.
$(BUILD)/policy/bundles.c: $(wildcard policy/bundles/*.policy) tools/embed-bundles
	@mkdir -p $(@D)
	tools/embed-bundles policy/bundles/*.policy > $@
$(BUILD)/policy/bundles.o: $(BUILD)/policy/bundles.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# Where policies will be installed is compiled in; made anew only where it is another place than last time.
$(BUILD)/share-directory: FORCE
	@mkdir -p $(@D)
	@echo '$(SHAREDIR)/policies' | cmp -s - $@ || echo '$(SHAREDIR)/policies' > $@
$(BUILD)/lib/search.o: $(BUILD)/share-directory
$(BUILD)/lib/search.o: ALL_CFLAGS += -DCORDON_SHARE='"$(SHAREDIR)/policies"'

# Filters for the common wishes, made by the library's own compiler. (When cross-compiling, run this with the host's compiler.)
GEN_OBJ := $(addprefix $(BUILD)/,tools/gen-filters.o policy/standard.o policy/filter.o policy/guards.o policy/bpf.o \
           policy/syscalls.o)
$(BUILD)/tools/gen-filters: $(GEN_OBJ)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libseccomp)
$(BUILD)/policy/filters.c: $(BUILD)/tools/gen-filters
	$< > $@
$(BUILD)/policy/filters.o: $(BUILD)/policy/filters.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# One set of objects for both libraries.
$(LIB_OBJ): ALL_CFLAGS += -fPIC

$(BUILD)/libcordon.so.$(ABI): $(LIB_OBJ) lib/libcordon.map
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script=lib/libcordon.map -Wl,-z,defs,-z,relro,-z,now \
	        -o $@ $(LIB_OBJ) $(shell pkg-config --libs $(PKGS))

$(BUILD)/libcordon.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

# libcap-ng has calls into NSS that we never make; the linker's warning about them is the only one that is kept quiet.
$(BUILD)/cordon: $(CLI_OBJ) $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LINK_STATIC) -o $@ $^ $(LIBS) 2>$@.log || { cat $@.log >&2; exit 1; }
	@grep -vE 'in function .capng_change_id|in statically linked applications requires' $@.log >&2 || true

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS) cmocka)

$(BUILD)/tests/bench/%: tests/bench/%.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

$(BUILD)/examples/%: examples/%.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $(filter %.c %.a,$^) $(shell pkg-config --libs $(PKGS))

# ---- installing ----------------------------------------------------------------------------------------------------

install: $(BUILD)/cordon $(SHARED) $(BUILD)/cordon.pc
	install -D -m 755 $(BUILD)/cordon $(DESTDIR)$(BINDIR)/cordon
	install -D -m 644 $(BUILD)/libcordon.a $(DESTDIR)$(LIBDIR)/libcordon.a
	install -D -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/libcordon.so.$(ABI)
	ln -sf libcordon.so.$(ABI) $(DESTDIR)$(LIBDIR)/libcordon.so
	install -D -m 644 $(BUILD)/cordon.pc $(DESTDIR)$(LIBDIR)/pkgconfig/cordon.pc
	install -D -m 644 include/cordon.h $(DESTDIR)$(INCDIR)/cordon.h
	for page in $(MANUALS); do \
	        install -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done
	for name in $(FUNCTIONS); do echo '.so man3/cordon.3' > $(DESTDIR)$(MANDIR)/man3/$$name.3 || exit 1; done
	for extra in $(EXTRAS); do \
	        install -D -m 644 $${extra%%:*} $(DESTDIR)$(DATADIR)/$${extra##*:} || exit 1; done
	for policy in $(POLICIES); do \
	        install -D -m 644 $$policy $(DESTDIR)$(SHAREDIR)/policies/$${policy##*/} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/cordon $(addprefix $(DESTDIR)$(LIBDIR)/,libcordon.a libcordon.so libcordon.so.$(ABI)) $(DESTDIR)$(LIBDIR)/pkgconfig/cordon.pc \
	        $(DESTDIR)$(INCDIR)/cordon.h
	for page in $(MANUALS); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	rm -f $(FUNCTIONS:%=$(DESTDIR)$(MANDIR)/man3/%.3)
	for extra in $(EXTRAS); do rm -f $(DESTDIR)$(DATADIR)/$${extra##*:}; done
	for policy in $(POLICIES); do rm -f $(DESTDIR)$(SHAREDIR)/policies/$${policy##*/}; done

# What an embedder's build asks for: pkg-config --cflags --libs cordon; with --static, for libcordon.a.
$(BUILD)/places: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX) $(LIBDIR) $(INCDIR)' | cmp -s - $@ || echo '$(PREFIX) $(LIBDIR) $(INCDIR)' > $@
$(BUILD)/cordon.pc: $(BUILD)/places include/cordon.h Makefile
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))' \
	        'includedir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCDIR))' '' 'Name: cordon' \
	        'Description: contains programs and brokers what they open' 'Version: $(VERSION)' 'Requires.private: $(PKGS)' \
	        'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lcordon' 'Libs.private: -pthread' > $@

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_SRC:%.c=$(BUILD)/%.d) $(EXAMPLES:%=$(BUILD)/examples/%.d)
