#include "cmd/forge/postfix.h"

#include "cmd/forge/rng.h"

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

struct postfix_birth postfix_birth(const struct fake_message *message)
{
	/* smtpd and cleanup need a moment between the arrival and the name of the file. */
	unsigned usec =
		message->arrival_usec + 140 + (unsigned)(rng_mix(message->number, 1) % 6000);
	return (struct postfix_birth){
		.seconds = message->arrival + usec / 1000000, .usec = usec % 1000000};
}

uint64_t postfix_made_up_inode(uint64_t number)
{
	return 1310720 + number;
}

static bool id_is_long(const struct tree_options *options, const struct postfix_birth *birth)
{
	/* A mixed queue: the administrator turned on long ids half a day ago. */
	if (options->ids == IDS_MIXED)
		return birth->seconds >= options->now - INT64_C(12) * 3600;
	return options->ids == IDS_LONG;
}

void postfix_name(
	const struct tree_options *options, const struct postfix_birth *birth, struct buf *id)
{
	buf_reset(id);
	if (id_is_long(options, birth))
		postfix_long_id(id, birth->seconds, birth->usec, birth->inode);
	else
		postfix_short_id(id, birth->usec, birth->inode);
}
