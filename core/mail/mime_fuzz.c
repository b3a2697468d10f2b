/* Any bytes as a message: its parts lie in order, each inside the one it is of. */
#include <stdlib.h>

#include "core/mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void require_inside(struct slice part, struct slice whole)
{
	require(part.ptr >= whole.ptr && part.len <= whole.len &&
		(size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

static void check_part(const struct mime *mime, uint32_t i, struct slice message)
{
	const struct mime_part *part = &mime->parts[i];

	require_inside(part->headers, message);
	require_inside(part->body, message);
	require(part->headers.ptr + part->headers.len <= part->body.ptr);
	require(part->type.len > 0 && part->index > 0 && part->depth <= LIMIT_MIME_DEPTH);
	require((part->warnings & ~mime->warnings) == 0);
	for (unsigned n = 0; n < 32; n++) {
		enum mime_warning bit = (enum mime_warning)(1u << n);
		bool has_words = mime_warning_text(bit) && mime_warning_name(bit);
		require(has_words || !(part->warnings & 1u << n));
	}
	if (i == 0) {
		require(part->parent == MIME_NONE && part->depth == 0);
		require(part->body.ptr + part->body.len == message.ptr + message.len);
		return;
	}
	const struct mime_part *parent = &mime->parts[part->parent];
	require(part->parent < i && parent->container && part->depth == parent->depth + 1);
	require_inside(part->body, parent->body);
	require(part->headers.ptr >= parent->body.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct slice message = slice_of(data, size);
	struct buf number = {0};
	struct mime mime;

	mime_parse(&arena, message, &mime);
	require(mime.count > 0 && mime.count <= LIMIT_MIME_PARTS);
	for (uint32_t i = 0; i < mime.count; i++)
		check_part(&mime, i, message);
	/* Of a few: to look for a number is to make those of all before it. */
	for (uint32_t i = 0; i < mime.count; i += 1 + mime.count / 8) {
		buf_reset(&number);
		mime_number(&mime, i, &number);
		require(!number.len || mime_find(&mime, buf_slice(&number)) == i);
	}
	buf_free(&number);
	arena_free(&arena);
	return 0;
}
