/*
 * slice: a run of bytes that somebody else owns.
 *
 * Nearly every string here points into a file image or an arena, may hold any
 * byte (NUL too) and ends without a terminator. A slice with a NULL pointer is
 * "unknown": the queue does not say. A slice of length 0 with a pointer is a
 * known empty value, as the null sender is. Functions keep that difference.
 *
 * Case folding is ASCII only: that is what the mail standards compare by, and
 * it does not depend on the locale.
 */
#ifndef CORE_BASE_SLICE_H
#define CORE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* For a printf format of "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).ptr

static inline struct slice slice_of(const void *ptr, size_t len)
{
	return (struct slice){ptr, len};
}

static inline struct slice slice_cstr(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

static inline bool slice_known(struct slice s)
{
	return s.ptr != NULL;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	/* Most comparisons are with names that differ in their first byte. */
	return a.len == b.len &&
		(a.len == 0 || (*a.ptr == *b.ptr && memcmp(a.ptr, b.ptr, a.len) == 0));
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_of(s.ptr, prefix.len), prefix);
}

/* The rest of s behind its first n bytes; n may be past the end. */
static inline struct slice slice_from(struct slice s, size_t n)
{
	n = n < s.len ? n : s.len;
	return n ? slice_of(s.ptr + n, s.len - n) : s; /* unknown stays so: no arithmetic on NULL */
}

/* At most the first n bytes of s. */
static inline struct slice slice_upto(struct slice s, size_t n)
{
	return slice_of(s.ptr, n < s.len ? n : s.len);
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static inline bool ascii_is_alnum(char c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

static inline int ascii_hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two hexadecimal digits stand for, in any case; -1 when they are none. */
static inline int ascii_hex_byte(const char digits[2])
{
	int high = ascii_hex_digit(digits[0]), low = ascii_hex_digit(digits[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Space, tab, CR and LF, the white space of mail headers and queue attributes. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool slice_eq_fold(struct slice a, struct slice b);
bool slice_starts_fold(struct slice s, struct slice prefix);
bool slice_ends_fold(struct slice s, struct slice suffix);

/* <0, 0, >0 by bytes, as strcmp(3); an unknown slice sorts first. */
int slice_cmp(struct slice a, struct slice b);

/* Offset of the first c, or SIZE_MAX. */
size_t slice_index(struct slice s, char c);
/* Offset of the last c, or SIZE_MAX. */
size_t slice_rindex(struct slice s, char c);
/* Offset of the first occurrence of needle, or SIZE_MAX. */
size_t slice_find(struct slice s, struct slice needle);

/* s without white space at both ends. */
static inline struct slice slice_trim(struct slice s)
{
	while (s.len && ascii_is_space(s.ptr[0]))
		s = slice_of(s.ptr + 1, s.len - 1);
	while (s.len && ascii_is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/*
 * Splits s at the first sep: *head gets what is before it, *tail what is behind.
 * Without a sep *head is all of s, *tail is empty, and the answer is false.
 */
bool slice_cut(struct slice s, char sep, struct slice *head, struct slice *tail);

/*
 * Takes the next item off *rest: a run of bytes none of which is in `seps`.
 * False when nothing but separators is left.
 */
bool slice_word(struct slice *rest, const char *seps, struct slice *word);

/*
 * The whole of s as a decimal number with an optional '-'. False when s is
 * empty, holds anything else, or does not fit.
 */
bool slice_to_i64(struct slice s, int64_t *value);

#endif
