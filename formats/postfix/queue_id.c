#include "formats/postfix/queue_id.h"

#include <stdio.h>

/* The time part of a long id is at least this long: 6 of seconds, 4 of microseconds. */
enum { LONG_TIME_MIN = 10, LONG_USEC = 4, SHORT_USEC = 5, KEY_MAX = 5 };

bool queue_id_valid(struct slice id)
{
	if (!id.len || id.len > QUEUE_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!ascii_is_alnum(id.ptr[i]) && id.ptr[i] != '_')
			return false;
	return true;
}

/* Value of a digit in Postfix's alphabet of 52 (no vowels), or -1. */
static int digit52(char c)
{
	static const char alphabet[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static int digit16(char c)
{
	return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool number(struct slice text, int (*digit)(char), unsigned base, uint64_t *value)
{
	uint64_t v = 0;
	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int d = digit(text.ptr[i]);
		if (d < 0 || (unsigned)d >= base || __builtin_mul_overflow(v, base, &v) ||
			__builtin_add_overflow(v, (unsigned)d, &v))
			return false;
	}
	*value = v;
	return true;
}

/* Where the time part of a long id ends, or 0: short ids have no lower case. */
static size_t long_split(struct slice id)
{
	size_t z = slice_rindex(id, 'z');
	return z == SIZE_MAX || z < LONG_TIME_MIN ? 0 : z;
}

bool queue_id_decode(struct slice id, struct queue_id *out)
{
	uint64_t usec, seconds;
	size_t split = long_split(id);

	if (!split) {
		*out = (struct queue_id){.seconds = -1};
		if (!number(slice_upto(id, SHORT_USEC), digit16, 16, &usec) ||
			!number(slice_from(id, SHORT_USEC), digit16, 16, &out->inode))
			return false;
		out->usec = (uint32_t)usec;
		return true;
	}
	*out = (struct queue_id){.is_long = true};
	struct slice time = slice_upto(id, split);
	if (!number(slice_from(time, split - LONG_USEC), digit52, 52, &usec) ||
		!number(slice_upto(time, split - LONG_USEC), digit52, 52, &seconds) ||
		!number(slice_from(id, split + 1), digit52, 51, &out->inode) || seconds > INT64_MAX)
		return false;
	out->usec = (uint32_t)usec;
	out->seconds = (int64_t)seconds;
	return true;
}

/* The string whose first characters are the hash folders. */
static struct slice hash_key(struct slice id, char hex[KEY_MAX + 1])
{
	struct queue_id parts;
	if (!long_split(id))
		return id;
	/* Postfix falls back to 00000 when the microseconds do not decode. */
	uint32_t usec = queue_id_decode(id, &parts) ? parts.usec : 0;
	snprintf(hex, KEY_MAX + 1, "%05X", usec & 0xfffff);
	return slice_of(hex, KEY_MAX);
}

bool queue_id_is_foreign(struct slice id, uint64_t inode)
{
	struct queue_id parts;
	return queue_id_decode(id, &parts) && !parts.is_long && parts.inode != inode;
}

bool queue_id_path(struct slice id, unsigned depth, char *path, size_t size)
{
	char hex[KEY_MAX + 1];
	if (!queue_id_valid(id) || size < 2 * (size_t)depth + id.len + 1)
		return false;
	struct slice key = hash_key(id, hex);
	for (unsigned i = 0; i < depth; i++) {
		*path++ = i < key.len ? key.ptr[i] : '_';
		*path++ = '/';
	}
	memcpy(path, id.ptr, id.len);
	path[id.len] = '\0';
	return true;
}
