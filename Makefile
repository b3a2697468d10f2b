# spoolsweep: one Makefile, no configure step.
#
#   make             build/release/spoolsweep and build/release/forge
#   make demo        get what is missing, build, forge an incident, report on it
#   make test        the whole suite; make live, make bench, make fuzz-long: the long rounds
#   make VARIANT=x   release, debug, asan (address+undefined), tsan, fuzz (clang)
#
# Sources are found by folder: every .c below core/ formats/ tui/ is the library,
# cmd/NAME/*.c the program NAME, x_test.c a unit test of x.c, x_fuzz.c a fuzz
# target. Dependencies are written by the compiler beside the objects.

VARIANT ?= release
PREFIX ?= /usr/local
BUILD := build/$(VARIANT)

# What a build needs, and what the tests need beyond it. Never an MTA.
DEV_PACKAGES := gcc make pkg-config libpcre2-dev libjansson-dev libxxhash-dev libgmime-3.0-dev \
	libarchive-dev libmagic-dev libinih-dev
TEST_PACKAGES := libcmocka-dev mandoc python3 iproute2
# For make lint, make format and the fuzz and cover variants.
DEVELOPER_PACKAGES := clang llvm clang-tidy clang-format cppcheck
LIBS := libpcre2-8 jansson gmime-3.0 libarchive libmagic inih

LIBRARY_DIRS := $(wildcard core/* formats formats/* tui)
LIBRARY_ALL := $(wildcard $(LIBRARY_DIRS:%=%/*.c))
TEST_SRC := $(filter %_test.c,$(LIBRARY_ALL) $(wildcard cmd/*/*_test.c))
FUZZ_SRC := $(filter %_fuzz.c,$(LIBRARY_ALL) $(wildcard cmd/*/*_fuzz.c))
LIBRARY_SRC := $(filter-out %_test.c %_fuzz.c,$(LIBRARY_ALL))
SPOOLSWEEP_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard cmd/spoolsweep/*.c))
FORGE_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard cmd/forge/*.c))
VERDICTS_SRC := $(filter-out %_test.c,$(wildcard cmd/verdicts/*.c))
BENCH_SRC := $(wildcard cmd/bench/*.c)
HEADERS := $(wildcard core/*/*.h formats/*.h formats/*/*.h tui/*.h cmd/*/*.h)
C_FILES := $(LIBRARY_ALL) $(wildcard cmd/*/*.c)
# Built by the live tests themselves, with libraries of theirs.
LIVE_C_FILES := $(wildcard formats/*/live/*.c)

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wformat=2
HARDENING := -fstack-protector-strong -D_FORTIFY_SOURCE=2
FLAGS_release := -O2 -g $(HARDENING)
FLAGS_debug := -O0 -g3
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_tsan := -O1 -g -fsanitize=thread
FLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FLAGS_cover := -O0 -g -fprofile-instr-generate -fcoverage-mapping
ifneq ($(filter fuzz cover,$(VARIANT)),)
CC := clang
endif

# pkg-config is asked once, and not for targets that need no library.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(LIBS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(LIBS)) -lm)$(PKG_LIBS)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) $(FLAGS_$(VARIANT)) $(PKG_CFLAGS:-I%=-isystem %) $(CFLAGS)
ALL_LDFLAGS = $(FLAGS_$(VARIANT)) -pthread $(LDFLAGS)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBRARY := $(BUILD)/libspoolsweep.a
PROGRAMS := $(BUILD)/spoolsweep $(BUILD)/forge
TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))

.PHONY: all clean FORCE
all: $(PROGRAMS)

$(LIBRARY): $(call objects,$(LIBRARY_SRC))
	@rm -f $@ && $(AR) rcs $@ $^

# The command code without its main, for the tests of cmd/.
$(BUILD)/libcommand.a: $(call objects,$(filter-out %/main.c,$(SPOOLSWEEP_SRC)))
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/spoolsweep: $(call objects,$(SPOOLSWEEP_SRC)) $(LIBRARY)
	@echo "  link $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/forge: $(call objects,$(FORGE_SRC)) $(LIBRARY)
	@echo "  link $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/verdicts: $(call objects,$(VERDICTS_SRC)) $(BUILD)/libforge.a $(LIBRARY)
	@echo "  link $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/floor $(BUILD)/mover: $(BUILD)/%: $(BUILD)/obj/cmd/bench/%.o
	@echo "  link $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^

# forge's code without its main, for its own tests.
$(BUILD)/libforge.a: $(call objects,$(filter-out %/main.c,$(FORGE_SRC)))
	@rm -f $@ && $(AR) rcs $@ $^

FORGE_TESTS := $(filter $(BUILD)/cmd/forge/%,$(TESTS))
$(FORGE_TESTS): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/libforge.a $(LIBRARY)
$(filter-out $(FORGE_TESTS),$(TESTS)): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/libcommand.a $(LIBRARY)
$(TESTS):
	@mkdir -p $(@D) && echo "  link $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

# With clang's fuzzer in the fuzz variant; elsewhere a main that replays files.
REPLAY_OBJ = $(if $(filter fuzz,$(VARIANT)),,$(BUILD)/obj/testdata/fuzz/replay.o)
$(FUZZERS): $(BUILD)/%: $(BUILD)/obj/%.o $(LIBRARY)
$(FUZZERS): $(if $(filter fuzz,$(VARIANT)),,$(BUILD)/obj/testdata/fuzz/replay.o)
	@mkdir -p $(@D) && echo "  link $@" && \
	$(CC) $(ALL_LDFLAGS) $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer) -o $@ $^ $(PKG_LIBS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D) && echo "  cc   $<" && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/cmd/spoolsweep/main.o: ALL_CFLAGS += -DSPOOLSWEEP_VERSION='"$(VERSION)"'

# Objects are made anew when the flags change.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D) && echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' > $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

clean:
	rm -rf build/release build/debug build/asan build/tsan build/fuzz build/cover build/tmp

# ---- getting what is missing ----

.PHONY: deps test-deps demo
deps:
	@sh cmd/dist/deps.sh $(DEV_PACKAGES)
test-deps:
	@sh cmd/dist/deps.sh $(DEV_PACKAGES) $(TEST_PACKAGES)

DEMO := build/demo
demo: deps
	@$(MAKE) --no-print-directory -s all
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@printf '\nA made-up incident: 20,000 messages in a Postfix queue, one login stolen.\n\n'
	@build/release/forge postfix --messages 20000 --seed 3 --incident stolen-account $(DEMO)/queue > $(DEMO)/truth
	@printf '$$ spoolsweep -s $(DEMO)/queue report\n\n'
	@build/release/spoolsweep -s $(DEMO)/queue report
	@printf '\nWhat forge says it did: '; sed -n 's/^truth: //p' $(DEMO)/truth
	@printf 'Try:  build/release/spoolsweep -s $(DEMO)/queue top envelope_sender account=bob@example.com\n'

# ---- checks ----

.PHONY: tests fuzzers test live bench verdicts fuzz-long layers headers manual lint format install
tests: $(TESTS) $(BUILD)/verdicts
fuzzers: $(FUZZERS)

test: test-deps
	@$(MAKE) --no-print-directory -s -j2 all tests
	@$(MAKE) --no-print-directory -s -j2 VARIANT=asan all tests fuzzers
	@$(MAKE) --no-print-directory -s -j2 VARIANT=tsan tests
	@testdata/suite.sh test

live: test-deps
	@$(MAKE) --no-print-directory -s -j2 all
	@testdata/suite.sh live

# For the night: FUZZ_SECONDS=600 for each target, in turn on every core.
fuzz-long:
	@$(MAKE) --no-print-directory -s -j2 VARIANT=fuzz fuzzers
	@testdata/fuzz/long.sh

# Its queues are forged below build/bench (5 GB) and stay there for the next time.
bench:
	@$(MAKE) --no-print-directory -s -j2 all $(BUILD)/floor $(BUILD)/mover
	@VARIANT=$(VARIANT) cmd/bench/bench.sh

# Whether what the verdicts say is true, on recipes whose truth is known.
verdicts:
	@$(MAKE) --no-print-directory -s -j2 $(BUILD)/verdicts
	@$(BUILD)/verdicts --files; first=$$?; \
	echo; echo "and on incidents that were written after the rules:"; echo; \
	$(BUILD)/verdicts testdata/verdicts-unseen || [ $$? = 1 ]; exit $$first

# Who may include whom: cmd -> tui -> core <- formats, and the order inside core.
layers:
	@sh testdata/layers.sh

# Every header stands alone.
headers:
	@for h in $(HEADERS); do \
		$(CC) $(ALL_CFLAGS) -fsyntax-only -x c $$h || exit 1; \
	done

# The manuals are well-formed, and spoolsweep(8) names every command, option and field.
manual: $(BUILD)/spoolsweep
	@mandoc -T lint -W warning cmd/man/spoolsweep.8 cmd/man/spoolsweep-journal.5
	@sh cmd/man/in_step.sh $(BUILD)/spoolsweep cmd/man/spoolsweep.8

lint:
	@clang-format --dry-run -Werror $(C_FILES) $(LIVE_C_FILES) $(HEADERS)
	@cppcheck -q --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
		--suppressions-list=.cppcheck -I. $(filter-out %_test.c %_fuzz.c,$(C_FILES))
	@clang-tidy --quiet $(filter-out %_test.c %_fuzz.c,$(C_FILES)) -- $(ALL_CFLAGS) -DSPOOLSWEEP_VERSION='"lint"'

format:
	@clang-format -i $(C_FILES) $(LIVE_C_FILES) $(HEADERS)

# ---- installing ----

SHARE := $(DESTDIR)$(PREFIX)/share
install: all
	install -D -m 755 build/release/spoolsweep $(DESTDIR)$(PREFIX)/sbin/spoolsweep
	install -D -m 644 cmd/man/spoolsweep.8 $(SHARE)/man/man8/spoolsweep.8
	install -D -m 644 cmd/man/spoolsweep-journal.5 $(SHARE)/man/man5/spoolsweep-journal.5
	install -D -m 644 cmd/completion/spoolsweep.bash $(SHARE)/bash-completion/completions/spoolsweep
	install -D -m 644 cmd/completion/_spoolsweep $(SHARE)/zsh/vendor-completions/_spoolsweep
