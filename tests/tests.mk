# The helper programs of the integration and escape tests. They are built without sanitizers, since they play any program;
# only what links the library must be built as the library was.

TH      := $(BUILD)/tests/helpers
TH_FLAGS = -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -pthread -I. -Iinclude
TH_C    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/helpers/*.c))
TH_MORE := $(TH)/opens-static $(TH)/rawcat-static
TH_MORE += $(if $(shell command -v musl-gcc),$(TH)/rawcat-musl)
TH_MORE += $(if $(shell command -v go),$(TH)/gocat)

.PHONY: test-helpers
test-helpers: $(TH_C) $(TH_MORE)

$(TH)/client $(TH)/verbs: $(TH)/%: tests/helpers/%.c $(BUILD)/libcordon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

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
