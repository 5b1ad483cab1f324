# The helper programs of the integration and escape tests. They are built without sanitizers, since they play any program;
# only what links the library must be built as the library was.

TH      := $(BUILD)/tests/helpers
TH_FLAGS = -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -pthread -I. -Iinclude
TH_C    := $(filter-out %/crowd,$(patsubst %.c,$(BUILD)/%,$(wildcard tests/helpers/*.c))) # crowd is for via.h alone
TH_MORE := $(TH)/opens-static $(TH)/rawcat-static $(TH)/beside-static
TH_VIA  := $(addprefix $(TH)/,opens-via names-via looks-via paths-via ways-via crowd-via)
TH_MORE += $(TH_VIA) $(TH)/live-wire
TH_MORE += $(if $(shell command -v musl-gcc),$(TH)/rawcat-musl)
TH_MORE += $(if $(shell command -v go),$(TH)/gocat)
TH_MORE += $(if $(shell pkg-config --exists libpng && echo yes),$(TH)/decode)

# Whether another architecture would take the code; ten seconds, and no part of `make check`, which needs no cross compiler.
.PHONY: check-cross
check-cross:
	@tools/check-cross

.PHONY: test-helpers
test-helpers: $(TH_C) $(TH_MORE)

$(TH)/client $(TH)/verbs: $(TH)/%: tests/helpers/%.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

$(TH)/decode: examples/decode.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

# A fuzzer that needs a live broker, and no libFuzzer.
$(TH)/live-wire: tests/fuzz/live_wire.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

$(TH_VIA): $(TH)/%-via: tests/helpers/%.c $(wildcard tests/helpers/*.h) $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -include tests/helpers/via.h -o $@ $(filter %.c %.a,$^) $(shell pkg-config --libs $(PKGS))

$(TH)/%: tests/helpers/%.c $(wildcard tests/helpers/*.h)
	@mkdir -p $(@D)
	$(CC) $(TH_FLAGS) -o $@ $<

$(TH)/%-static: tests/helpers/%.c $(wildcard tests/helpers/*.h)
	@mkdir -p $(@D)
	$(CC) $(TH_FLAGS) -static -o $@ $<

$(TH)/%-musl: tests/helpers/%.c
	@mkdir -p $(@D)
	musl-gcc -static -O2 -D_GNU_SOURCE -o $@ $<

$(TH)/gocat: tests/helpers/gocat.go
	@mkdir -p $(@D)
	CGO_ENABLED=0 GO111MODULE=off GOCACHE=$(abspath $(BUILD))/go-cache GOFLAGS= go build -o $@ $<

# ---- the differential test ------------------------------------------------------------------------------------------

TD := $(BUILD)/tests/differential

$(TD)/asker: tests/differential/asker.c
	@mkdir -p $(@D)
	$(CC) $(TH_FLAGS) -static -o $@ $<

$(TD)/differential: $(TD)/differential.o $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

-include $(TD)/differential.d

# ---- fuzzing -----------------------------------------------------------------------------------------------------------
#
# A target is one function. libFuzzer calls it (`make fuzz`, clang only), or replay.c does, with what the corpus keeps.

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAY  := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/replay-%)
FUZZ_BUILD   := build/clang-fuzz
FUZZ_SAN     := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SECONDS      ?= 600
FUZZ         ?= $(FUZZ_TARGETS)

.PHONY: fuzz fuzz-merge check-corpus
$(BUILD)/tests/fuzz/replay-%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))
$(BUILD)/tests/fuzz/libfuzzer-%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(shell pkg-config --libs $(PKGS))

tests: $(FUZZ_REPLAY)
check-unit: check-corpus
check-corpus: $(FUZZ_REPLAY)
	@for t in $(FUZZ_TARGETS); do $(BUILD)/tests/fuzz/replay-$$t tests/fuzz/corpus/$$t tests/golden || exit 1; done

-include $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/fuzz_%.d) $(BUILD)/tests/fuzz/replay.d

# What is found goes to build/clang-fuzz; `make fuzz-merge` takes into the corpus what reaches new code, and nothing else.
FUZZ_MAKE = $(MAKE) --no-print-directory -s -j$(JOBS) CC=clang SANITIZE=1 BUILD=$(FUZZ_BUILD) SAN='$(FUZZ_SAN)' \
            $(FUZZ:%=$(FUZZ_BUILD)/tests/fuzz/libfuzzer-%)
fuzz:
	@$(FUZZ_MAKE)
	@for t in $(FUZZ); do tools/fuzz $(FUZZ_BUILD) $$t $(SECONDS) || exit 1; done
fuzz-merge:
	@$(FUZZ_MAKE)
	@for t in $(FUZZ); do tools/fuzz $(FUZZ_BUILD) $$t merge || exit 1; done

# ---- golden tests ------------------------------------------------------------------------------------------------------

.PHONY: golden-update
golden-update: $(BUILD)/tests/unit/test_golden
	GOLDEN_UPDATE=1 GOLDEN=tests/golden $<
	git status --short tests/golden
