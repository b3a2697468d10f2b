/* Any bytes as a header block, and as a subject. The first line is the envelope sender. */
#include <stdlib.h>

#include <glib.h>

#include "core/mail/decode.h"
#include "core/mail/marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_shape(struct slice subject)
{
	struct buf decoded = {0}, shape = {0}, again = {0};

	decode_header(&decoded, subject);
	subject_shape(&shape, buf_slice(&decoded), (struct slice){0});
	require(shape.len <= SUBJECT_SHAPE);
	for (size_t i = 0; i < shape.len; i++)
		require((unsigned char)shape.ptr[i] >= ' ' && !ascii_is_digit(shape.ptr[i]));
	require(!shape.len || g_utf8_validate(shape.ptr, (gssize)shape.len, NULL));
	/* Bytes that are no text at all. */
	subject_shape(&again, subject, (struct slice){0});
	require(again.len <= SUBJECT_SHAPE);
	buf_free(&decoded);
	buf_free(&shape);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice sender, block;

	slice_cut(slice_of(data, size), '\n', &sender, &block);
	struct marked marked;
	uint32_t marks = marks_of(block, sender, &marked);
	require(marked.from_domain.len + marked.subject.len + marked.message_id.len <= block.len);
	require(marks & MARK_READ && marks_hops(marks) <= MARK_HOPS_MOST);
	if (!sender.len)
		require(!(marks & MARK_FROM_DIFFERS));
	check_shape(sender);
	check_shape(block);
	return 0;
}
