#include "cmd/forge/postfix.h"

/* No vowels, so that no id spells a word. Base 51 leaves out the last one, the separator. */
static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

static void add_number(struct buf *out, uint64_t n, unsigned base, size_t width)
{
	char text[64];
	size_t at = sizeof(text);
	do
		text[--at] = digits[n % base];
	while (n /= base);
	while (sizeof(text) - at < width)
		text[--at] = digits[0];
	buf_add(out, slice_of(text + at, sizeof(text) - at));
}

void postfix_short_id(struct buf *out, unsigned usec, uint64_t inode)
{
	buf_printf(out, "%05X%lX", usec, (unsigned long)inode);
}

void postfix_long_id(struct buf *out, int64_t seconds, unsigned usec, uint64_t inode)
{
	add_number(out, (uint64_t)seconds, 52, 6);
	add_number(out, usec, 52, 4);
	buf_addc(out, 'z');
	add_number(out, inode, 51, 1);
}

void postfix_hash_path(struct buf *out, unsigned usec, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		buf_printf(out, "%X/", usec >> (16 - 4 * i) & 0xf);
}
