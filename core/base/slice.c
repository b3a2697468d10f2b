#include "core/base/slice.h"

bool slice_eq_fold(struct slice a, struct slice b)
{
	return a.len == b.len && slice_starts_fold(a, b);
}

bool slice_starts_fold(struct slice s, struct slice prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (ascii_lower(s.ptr[i]) != ascii_lower(prefix.ptr[i]))
			return false;
	return true;
}

bool slice_ends_fold(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq_fold(slice_from(s, s.len - suffix.len), suffix);
}

int slice_cmp(struct slice a, struct slice b)
{
	if (!a.ptr || !b.ptr)
		return (a.ptr != NULL) - (b.ptr != NULL);
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static size_t offset_in(struct slice s, const void *found)
{
	return found ? (size_t)((const char *)found - s.ptr) : SIZE_MAX;
}

size_t slice_index(struct slice s, char c)
{
	return offset_in(s, s.len ? memchr(s.ptr, c, s.len) : NULL);
}

size_t slice_rindex(struct slice s, char c)
{
	return offset_in(s, s.len ? memrchr(s.ptr, c, s.len) : NULL);
}

size_t slice_find(struct slice s, struct slice needle)
{
	if (!needle.len)
		return 0;
	return offset_in(s, s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL);
}

bool slice_cut(struct slice s, char sep, struct slice *head, struct slice *tail)
{
	size_t at = slice_index(s, sep);
	if (at == SIZE_MAX) {
		*head = s;
		*tail = slice_from(s, s.len);
		return false;
	}
	*head = slice_upto(s, at);
	*tail = slice_from(s, at + 1);
	return true;
}

bool slice_word(struct slice *rest, const char *seps, struct slice *word)
{
	size_t n = strlen(seps);
	while (rest->len && memchr(seps, rest->ptr[0], n))
		*rest = slice_from(*rest, 1);
	size_t len = 0;
	while (len < rest->len && !memchr(seps, rest->ptr[len], n))
		len++;
	*word = slice_upto(*rest, len);
	*rest = slice_from(*rest, len);
	return len > 0;
}

bool slice_to_i64(struct slice s, int64_t *value)
{
	bool negative = s.len && s.ptr[0] == '-';
	int64_t v = 0;

	s = slice_from(s, negative);
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.ptr[i]))
			return false;
		/* Gathered below zero, where INT64_MIN fits too. */
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_sub_overflow(v, s.ptr[i] - '0', &v))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
		return false;
	*value = v;
	return true;
}
