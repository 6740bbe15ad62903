# lblab: one Makefile, not recursive, everything out of tree under $(BUILD).
#
#   make                     build/lblab and build/liblb.a         make help   all targets
#   make CC=clang OPT=-O3    another compiler or level: what was built otherwise is built again
#   make BUILD=build/x       another build folder                  make LTO=1  link-time optimisation
#
# A new .c in sim/*/, algorithms/, tests/unit/ or tests/plugin/ needs no edit here.

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O2
LTO     ?=
SAN     ?=
NPROC   := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)

# What runs is told in a word a file; V=1 shows the commands.
V  ?=
Q  := $(if $(V),,@)
say = $(if $(V),:,$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo "  $(1)" $@))

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# ---- what we need of the machine -------------------------------------------------------------

PKG_CONFIG ?= pkg-config
GSL_CFLAGS   := $(shell $(PKG_CONFIG) --cflags gsl 2>/dev/null)
GSL_LIBS     := $(shell $(PKG_CONFIG) --libs gsl 2>/dev/null)
CJSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags libcjson 2>/dev/null)
CJSON_LIBS   := $(shell $(PKG_CONFIG) --libs libcjson 2>/dev/null)
CUNIT_CFLAGS := $(shell $(PKG_CONFIG) --cflags cunit 2>/dev/null)
CUNIT_LIBS   := $(shell $(PKG_CONFIG) --libs cunit 2>/dev/null || echo -lcunit)
GSL_VERSION  := $(shell $(PKG_CONFIG) --modversion gsl 2>/dev/null)

# ---- flags -----------------------------------------------------------------------------------

# The same bytes everywhere: no contraction to FMA, no fast math.
LANGUAGE := -std=c11 -D_GNU_SOURCE -ffp-contract=off -fno-fast-math -fno-common
# Rows of tables leave out their last fields, which are then 0.
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers \
            -Wconversion -Wshadow -Wstrict-prototypes -Wvla -Wformat=2 \
            -Werror=format-security -Werror=implicit-function-declaration
# Hardening that costs nothing measurable in the event loop.
HARDEN   := -fPIE -fstack-protector-strong $(if $(filter x86_64%,$(MACHINE)),-fcf-protection)
ifeq ($(SAN),)
HARDEN   += $(if $(filter -O0,$(OPT)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
else
HARDEN   += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

CFLAGS  ?= -g
ALL_CFLAGS  := $(LANGUAGE) $(WARNINGS) $(HARDEN) $(OPT) $(if $(LTO),-flto) $(GSL_CFLAGS) $(CJSON_CFLAGS) \
               $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack $(if $(LTO),-flto=auto $(OPT)) \
               $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
LIBS        := $(GSL_LIBS) $(CJSON_LIBS) -ldl -lm

# ---- what is built ---------------------------------------------------------------------------

LB_SRC   := $(wildcard algorithms/*.c)
SIM_SRC  := $(wildcard sim/*/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
HELP_SRC := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
PLUG_SRC := $(wildcard tests/plugin/*.c)

# Files that are built into the program.
plots    := $(sort $(wildcard plots/*.gp))
profiles := $(sort $(wildcard scenarios/profiles/*.json))
topics   := $(sort $(wildcard docs/topics/*.txt))
pages    := $(sort $(wildcard docs/errors/*.txt docs/words/*.txt))
foreign  := sim/scenario/foreign.txt

obj      = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LB_OBJ   := $(call obj,$(LB_SRC))
GEN_OBJ  := $(patsubst %,$(BUILD)/obj/gen/%.o,plots profiles topics pages foreign)
MAIN_OBJ := $(BUILD)/obj/sim/cli/main.o
SIM_OBJ  := $(filter-out $(MAIN_OBJ),$(call obj,$(SIM_SRC))) $(GEN_OBJ)
UNITS    := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
PLUGINS  := $(patsubst tests/plugin/%.c,$(BUILD)/tests/plugin/%.so,$(PLUG_SRC))

all: $(BUILD)/lblab $(BUILD)/liblb.a

# Objects depend on this file; it changes when the compiler or a flag does.
$(BUILD)/flags: FORCE
	@tests/deps.sh build
	@mkdir -p $(@D)
	@echo '$(CC) $(shell $(CC) -dumpversion) $(ALL_CFLAGS) | $(ALL_LDFLAGS) | $(LIBS)' | cmp -s - $@ \
	  || echo '$(CC) $(shell $(CC) -dumpversion) $(ALL_CFLAGS) | $(ALL_LDFLAGS) | $(LIBS)' > $@

# Version and revision, for the two files that tell them.
$(BUILD)/gen/version: FORCE
	@mkdir -p $(@D)
	@tests/version.sh '$(VERSION)' '$(OPT)' '$(GSL_VERSION)' > $@.$$$$ && \
	  { cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }

VERSIONED := $(call obj,sim/base/version.c sim/cli/cmd_version.c)
$(VERSIONED): COMPILE += @$(BUILD)/gen/version
$(VERSIONED): $(BUILD)/gen/version

# Where an installed program finds the scenarios that were installed with it.
$(BUILD)/gen/datadir: FORCE
	@mkdir -p $(@D)
	@printf -- "-DLBLAB_DATADIR='\"%s\"'\n" '$(PREFIX)/share/lblab' > $@.$$$$ && \
	  { cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }

$(call obj,sim/cli/cmd_list.c): COMPILE += @$(BUILD)/gen/datadir
$(call obj,sim/cli/cmd_list.c): $(BUILD)/gen/datadir

# Made each time, kept when it is the same: a file may also be taken away.
$(BUILD)/gen/%.c: FORCE
	@mkdir -p $(@D)
	@awk -v what=$(*:s=) -f sim/base/embed_texts.awk $($*) > $@.$$$$ && \
	  { cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }

COMPILE = $(CC) $(ALL_CFLAGS) -MMD -MP

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(call say,CC )
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(call say,CC )
	$(Q)$(COMPILE) -Isim/report -c -o $@ $<

$(BUILD)/liblb.a: $(LB_OBJ)
	@rm -f $@
	@$(call say,AR )
	$(Q)$(AR_OF_CC) rcsD $@ $^

$(BUILD)/libsim.a: $(SIM_OBJ)
	@rm -f $@
	@$(call say,AR )
	$(Q)$(AR_OF_CC) rcsD $@ $^

# Link-time optimisation needs the compiler's own ar.
AR_OF_CC = $(if $(LTO),$(if $(findstring clang,$(CC)),llvm-ar,gcc-ar),$(AR))

# Plug-ins call back into the library: its functions stay visible in the program.
$(BUILD)/lblab: $(MAIN_OBJ) $(SIM_OBJ) $(LB_OBJ)
	@$(call say,LD )
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--export-dynamic-symbol='lb_*' \
	  -Wl,--export-dynamic-symbol='fm_*' -o $@ $^ $(LIBS)

# ---- tests -----------------------------------------------------------------------------------

HELP_OBJ := $(call obj,$(HELP_SRC))

$(BUILD)/obj/tests/unit/%.o: COMPILE += $(CUNIT_CFLAGS) -Isim -I.

# What a recompiled object was linked into goes first: if it fails, nothing stale is run.
$(BUILD)/obj/tests/unit/%.o: tests/unit/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@rm -f $(if $(filter test_%,$*),$(BUILD)/tests/unit/$*,$(UNITS))
	@$(call say,CC )
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(HELP_OBJ) $(BUILD)/libsim.a $(BUILD)/liblb.a
	@mkdir -p $(@D)
	@$(call say,LD )
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--export-dynamic-symbol='lb_*' -o $@ $< $(HELP_OBJ) \
	  -Wl,--start-group $(BUILD)/libsim.a $(BUILD)/liblb.a -Wl,--end-group $(CUNIT_LIBS) $(LIBS)

$(BUILD)/tests/plugin/%.so: tests/plugin/%.c algorithms/lb.h $(BUILD)/flags
	@mkdir -p $(@D)
	@$(call say,SO )
	$(Q)$(CC) $(filter-out -fPIE -flto,$(ALL_CFLAGS)) -Ialgorithms -fPIC -shared -MMD -MP -o $@ $<

# ---- proofs: what our statistics promise, measured --------------------------------------------

PROOF_HELP := tests/proofs/proof.c
PROOFS     := $(patsubst %.c,$(BUILD)/%,$(filter-out $(PROOF_HELP),$(wildcard tests/proofs/*.c)))

$(BUILD)/tests/proofs/%: $(BUILD)/obj/tests/proofs/%.o $(call obj,$(PROOF_HELP)) $(BUILD)/libsim.a $(BUILD)/liblb.a
	@mkdir -p $(@D)
	@$(call say,LD )
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call obj,$(PROOF_HELP)) \
	  -Wl,--start-group $(BUILD)/libsim.a $(BUILD)/liblb.a -Wl,--end-group $(LIBS)

proofs: deps
	@+$(MAKE) $(JOBS) --no-print-directory -s all $(PROOFS)
	@code=0; for p in $(PROOFS); do echo; $$p -j $(NPROC) || code=1; done; \
	  echo; LBLAB=$(BUILD)/lblab tests/proofs/alarms.sh || code=1; exit $$code

.SECONDARY:
.PHONY: all deps demo test check-built test-asan test-ubsan test-same-bytes bench verify install clean proofs \
        lint format help units plugins FORCE
FORCE:

units: $(UNITS)
plugins: $(PLUGINS)

# The submakes read pkg-config anew after the set-up; -j only where the caller gave none.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(NPROC))

deps:
	@DEPS='$(DEPS)' tests/deps.sh install

# The program must build; a test that does not is a suite that failed, and the others run.
define run_tests
@+$(MAKE) $(JOBS) --no-print-directory -s $(1) all
@+code=0; $(MAKE) $(JOBS) --no-print-directory -s -k $(1) units plugins $(2) || code=2; \
  $(3) tests/run || code=2; exit $$code
endef

test: deps
	$(call run_tests,,$(BUILD)/tests/bare,BUILD='$(BUILD)')

# The same tests on a program that is watched: its own folder, everything built again.
test-asan: deps
	$(call run_tests,BUILD=build/asan SAN=address OPT=-O1,,BUILD=build/asan SANITIZED=1)

test-ubsan: deps
	$(call run_tests,BUILD=build/ubsan SAN=undefined OPT=-O1,,BUILD=build/ubsan SANITIZED=1)

# gcc and clang, -O0 and -O3: the same result bytes.
test-same-bytes: deps
	@SAME_BYTES=all tests/cli/same_bytes.sh

# ---- speed -----------------------------------------------------------------------------------

BENCH_FLAGS := -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wshadow

$(BUILD)/tests/bare: tests/bench/bare.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(call say,CC )
	$(Q)$(CC) $(BENCH_FLAGS) -o $@ $< -lm

$(BUILD)/tests/bench: tests/bench/bench.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(call say,CC )
	$(Q)$(CC) $(BENCH_FLAGS) -o $@ $< -lm

bench: deps
	@+$(MAKE) $(JOBS) --no-print-directory -s all $(BUILD)/tests/bare $(BUILD)/tests/bench
	@$(BUILD)/tests/bench $(BUILD)/lblab $(BUILD)/tests/bare tests/bench $(BUILD)/bench.json
	@echo; LBLAB=$(BUILD)/lblab BARE=$(BUILD)/tests/bare tests/bench/workers.sh
	@echo; cat $(BUILD)/bench.json

# The simulator against theory and published results, the long form.
verify: deps
	@+$(MAKE) $(JOBS) --no-print-directory -s all
	@$(BUILD)/lblab verify --long

# ---- the first look --------------------------------------------------------------------------

demo:
	@DEPS='$(DEPS)' tests/deps.sh demo
	@+$(MAKE) $(JOBS) --no-print-directory -s all
	@$(BUILD)/lblab run scenarios/tails/rr-vs-ewma.json

# ---- installing ------------------------------------------------------------------------------

SHARE = $(DESTDIR)$(PREFIX)/share/lblab

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/lblab
	install -m 755 $(BUILD)/lblab $(DESTDIR)$(PREFIX)/bin/lblab
	install -m 644 $(BUILD)/liblb.a $(DESTDIR)$(PREFIX)/lib/liblb.a
	install -m 644 algorithms/lb.h algorithms/fmath.h $(DESTDIR)$(PREFIX)/include/lblab/
	printf '%s\n' 'Name: lblab-lb' 'Description: load-balancing algorithms behind one small interface' \
	  'Version: $(VERSION)' 'Cflags: -I$(PREFIX)/include/lblab' 'Libs: -L$(PREFIX)/lib -llb -lm' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/lblab-lb.pc
	cd scenarios && find . -type f -exec sh -c \
	  'for f; do install -D -m 644 "$$f" "$(SHARE)/scenarios/$$f"; done' sh {} +

# ---- care ------------------------------------------------------------------------------------

# Tables are aligned by hand: `format` is for the files that are named, and tests/format.sh holds every
# file to clang-format's spaces and indents only.
format:
	@$(if $(FILES),clang-format -i $(FILES),echo 'which? make format FILES="sim/cli/new.c"'; exit 2)

# cppcheck 2.10 reads neither hexadecimal floats nor every nested ?: aright, and takes the lower
# index that breaks a tie (x[a] == x[b] && a < b) for a check of bounds that comes late.
CPPCHECK_OFF := missingIncludeSystem incorrectLogicOperator internalAstError funcArgOrderDifferent \
                arrayIndexThenCheck

lint:
	tests/style.sh
	tests/format.sh
	cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	  --error-exitcode=1 $(CPPCHECK_OFF:%=--suppress=%) -j$(NPROC) sim algorithms
	printf '%s\n' $(LB_SRC) $(SIM_SRC) | xargs -P$(NPROC) -n4 sh -c \
	  'clang-tidy --quiet "$$@" -- $(LANGUAGE) $(GSL_CFLAGS) $(CJSON_CFLAGS) 2>/dev/null' clang-tidy

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                 build/lblab (the program) and build/liblb.a (the algorithms)'
	@echo 'make demo            sets up what is missing, builds, runs a first scenario, draws its figures'
	@echo 'make test            sets up what is missing, builds, runs every test'
	@echo 'make deps            installs what is missing (DEPS=no: only says so)'
	@echo 'make test-asan       the tests under AddressSanitizer;  make test-ubsan: undefined behaviour'
	@echo 'make test-same-bytes gcc and clang, -O0 and -O3, give the same result bytes'
	@echo 'make verify          the simulator against queueing theory and published results, long form'
	@echo 'make proofs          coverage of intervals, false alarms and power of check, measured: long'
	@echo 'make bench           speed against a bare hand-written loop, memory'
	@echo 'make install         PREFIX=$(PREFIX) DESTDIR='
	@echo 'make lint format clean'
	@echo 'variables: CC OPT CFLAGS LDFLAGS BUILD LTO=1 SAN=address DEPS=no'

-include $(shell [ -d $(BUILD)/obj ] && find $(BUILD)/obj -name '*.d')
