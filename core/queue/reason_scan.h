/*
 * reason_scan: what reason_text.c and reason_word.c share, and nobody else uses.
 *
 * The scan goes from stop to stop. Whoever handles a stop either keeps the bytes
 * there or puts a placeholder in their place, and says where to go on. What is
 * kept is copied in long runs, when the next placeholder comes.
 */
#ifndef CORE_QUEUE_REASON_SCAN_H
#define CORE_QUEUE_REASON_SCAN_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* What a byte can be part of. */
enum reason_kind {
	KIND_DIGIT = 1 << 0,
	KIND_HEX = 1 << 1,    /* A-F, the letters of short queue ids */
	KIND_LETTER = 1 << 2, /* all others, and bytes beyond ASCII */
	KIND_DOT = 1 << 3,
	KIND_DASH = 1 << 4,
	KIND_LOCAL = 1 << 5, /* further bytes of an address in front of its '@' */
	KIND_BLANK = 1 << 6,
	KIND_STOP = 1 << 7, /* a variable part may begin here, or stand in front */
	KIND_ALPHA = KIND_HEX | KIND_LETTER,
	KIND_WORD = KIND_DIGIT | KIND_ALPHA | KIND_DOT | KIND_DASH,
};

extern const uint8_t reason_kinds[256];

struct reason_scan {
	struct buf *out;
	const char *text;
	size_t len;
	size_t copied; /* what is before it is in out */
	size_t done;   /* no word begins before it, so that no byte is looked at again and again */
};

/* 0 beyond the text. */
static inline unsigned reason_kind_at(const struct reason_scan *scan, size_t at)
{
	return at < scan->len ? reason_kinds[(unsigned char)scan->text[at]] : 0;
}

/* NUL beyond the text. */
static inline char reason_char_at(const struct reason_scan *scan, size_t at)
{
	return at < scan->len ? scan->text[at] : '\0';
}

static inline struct slice reason_between(const struct reason_scan *scan, size_t from, size_t to)
{
	return slice_of(scan->text + from, to - from);
}

/* Goes on at `to` with what is before it kept. */
static inline size_t reason_keep(struct reason_scan *scan, size_t to)
{
	scan->done = to;
	return to;
}

/* Goes on at `to` with `placeholder` in place of [from, to). */
size_t reason_replace(struct reason_scan *scan, size_t from, size_t to, struct slice placeholder);

/* True when `word` is right in front of `at`, and kept. */
bool reason_follows(const struct reason_scan *scan, size_t at, struct slice word);

/* Offset of c in [from, from + most), or SIZE_MAX. */
size_t reason_find(const struct reason_scan *scan, size_t from, size_t most, char c);

/* Longest "[IPv6:...]" that is looked at. */
enum { REASON_LITERAL_MAX = 64 };

/*
 * Handles the word around `at`: host names, IP addresses, ids and numbers.
 * Returns where to go on, which may be `at` when there was nothing to do.
 */
size_t reason_take_word(struct reason_scan *scan, size_t at);

/* An IPv6 address at `at`, replaced from `from` on; 0 when there is none. */
size_t reason_take_ip6(struct reason_scan *scan, size_t from, size_t at);
bool reason_is_ip6_char(char c);

/* A dotted name that ends in what can be a top-level domain. */
bool reason_is_host(struct slice name);

#endif
