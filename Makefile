# cordon: `make run` shows it at work, `make check` proves it, `make bench` measures it.
#
# Variants:  make CC=clang      another compiler
#            make SANITIZE=1    AddressSanitizer and UBSan (in build/…-asan)

VERSION  := $(shell sed -n 's/^.define CORDON_VERSION "\(.*\)"/\1/p' include/cordon.h)
CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
AR       ?= ar
BUILD    := build/$(notdir $(firstword $(CC)))$(if $(SANITIZE),-asan)

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wwrite-strings -Werror
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
SAN      := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
comma    := ,
PKGS     := libseccomp libcap-ng json-c
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) $(HARDEN) $(SAN) -fvisibility=hidden -pthread -I. -Iinclude -I$(BUILD)
# The CLI is linked statically: its own start-up is part of every launch.
LINK_STATIC := $(if $(SANITIZE),,-static-pie)
LIBS      = $(shell pkg-config --libs $(if $(SANITIZE),,--static) $(PKGS))

ROOMS    := base policy sandbox broker lib
LIB_SRC  := $(wildcard $(addsuffix /*.c,$(ROOMS)))
CLI_SRC  := $(wildcard cli/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/policy/bundles.o
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
HELPER_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/helpers/*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run check check-run unit bench lint deps clean tests

all: $(BUILD)/cordon

-include Makefile.local

deps:
	@tools/deps

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The bundles are text files, compiled into the library as one table.
$(BUILD)/policy/bundles.c: $(wildcard policy/bundles/*.policy) tools/embed-bundles
	@mkdir -p $(@D)
	tools/embed-bundles policy/bundles/*.policy > $@
$(BUILD)/policy/bundles.o: $(BUILD)/policy/bundles.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/libcordon.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/cordon: $(CLI_OBJ) $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) $(LINK_STATIC) -o $@ $^ $(LIBS)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/libcordon.a
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS) cmocka)

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_SRC:%.c=$(BUILD)/%.d)
