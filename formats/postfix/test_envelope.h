/* test_envelope: a queue file in memory, and what envelope_read makes of it. */
#ifndef FORMATS_POSTFIX_TEST_ENVELOPE_H
#define FORMATS_POSTFIX_TEST_ENVELOPE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/postfix/envelope.h"
#include "formats/postfix/image.h"

struct parsed {
	struct image image;
	struct arena arena;
	struct window window;
	struct record record;
	struct envelope envelope;
};

static const struct need everything = {
	.parts = NEED_RCPTS | NEED_SESSION | NEED_HEADERS | NEED_ATTRIBUTES};

static inline void parse_bytes(struct parsed *parsed, size_t length, bool submitted)
{
	parsed->record = record_unknown();
	parsed->record.queue_id = SLICE("ABCDE1234");
	window_memory(&parsed->window, slice_of(parsed->image.bytes.ptr, length));
	envelope_read(&parsed->window, submitted, &everything, &parsed->arena, &parsed->record,
		&parsed->envelope);
}

static inline void parse(struct parsed *parsed)
{
	parse_bytes(parsed, parsed->image.bytes.len, false);
}

static inline void done(struct parsed *parsed)
{
	image_free(&parsed->image);
	arena_free(&parsed->arena);
}

static inline void assert_slice(struct slice s, const char *text)
{
	assert_true(slice_known(s));
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.ptr, text, s.len);
}

static inline void assert_rcpt(
	const struct record *record, uint32_t i, const char *address, enum rcpt_state state)
{
	assert_true(i < record->nrcpts);
	assert_slice(record->rcpts[i].address, address);
	assert_int_equal(record->rcpts[i].state, state);
}

#endif
