/*
 * Any bytes as a message, and as the value of a parameter: its text is not much longer than
 * it is, is one line, and comes out the same with working memory that was used before.
 */
#include <stdlib.h>

#include "core/mail/html_text.h"
#include "core/mail/param.h"
#include "core/mail/text.h"
#include "core/mail/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_text(const struct mime *mime, size_t size)
{
	struct text_work work = {0};
	struct buf once = {0}, again = {0};

	uint32_t odd = text_of_message(&work, mime, &once);
	require(once.len <= 4 * size + 16);
	for (size_t i = 0; i < once.len; i++)
		require((unsigned char)once.ptr[i] >= ' ');
	require(text_of_message(&work, mime, &again) == odd);
	require(slice_eq(buf_slice(&once), buf_slice(&again)));
	buf_free(&once);
	buf_free(&again);
	text_work_free(&work);
}

/* What needs no conversion comes out as it is; all else as UTF-8. */
static void check_charset(const struct mime_part *part)
{
	struct charset charset = {0};
	struct buf out = {0};

	charset_to_utf8(&charset, part->charset, part->body, &out);
	if (charset_is_utf8(part->charset, part->body))
		require(slice_eq(buf_slice(&out), part->body));
	require(charset_is_utf8(SLICE("utf-8"), buf_slice(&out)));
	buf_free(&out);
	charset_free(&charset);
}

static void check_transfer(enum mime_encoding encoding, struct slice body)
{
	struct buf all = {0}, half = {0};

	require(!(transfer_decode(encoding, body, body.len, &all) & MIME_CUT));
	require(all.len <= body.len);
	transfer_decode(encoding, body, all.len / 2, &half);
	require(half.len == all.len / 2);
	require(slice_starts(buf_slice(&all), buf_slice(&half)));
	buf_free(&all);
	buf_free(&half);
}

static void check_html(struct slice html)
{
	struct buf lines = {0};
	struct flow flow = flow_new(&lines, false);

	html_text(html, &flow);
	require(lines.len <= 2 * html.len + 16);
	require(slice_find(buf_slice(&lines), SLICE("\n\n\n")) == SIZE_MAX);
	buf_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct slice input = slice_of(data, size);
	struct mime mime;

	mime_parse(&arena, input, &mime);
	check_text(&mime, size);
	for (uint32_t i = 0; i < mime.count; i++)
		require(text_is_text(&mime.parts[i]) || text_is_attachment(&mime.parts[i]) ||
			mime.parts[i].container);
	check_charset(mime.parts);
	check_transfer(MIME_BASE64, mime.parts->body);
	check_transfer(MIME_QUOTED_PRINTABLE, mime.parts->body);
	check_html(mime.parts->body);
	struct param param = param_get(&arena, input, SLICE("name"));
	require(param.value.len <= size);
	arena_free(&arena);
	return 0;
}
