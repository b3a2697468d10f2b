#include "core/mail/text.h"

#include "core/mail/html_text.h"
#include "core/mail/transfer.h"

void text_work_free(struct text_work *work)
{
	charset_free(&work->charset);
	buf_free(&work->decoded);
	buf_free(&work->utf8);
}

bool text_is_text(const struct mime_part *part)
{
	return !part->container &&
		(mime_is(part, SLICE("text/")) || mime_is(part, SLICE("message/")) ||
			mime_is(part, SLICE("multipart/")));
}

bool text_is_attachment(const struct mime_part *part)
{
	return !part->container &&
		(!text_is_text(part) || slice_known(part->filename) ||
			slice_eq(part->disposition, SLICE("attachment")));
}

static bool is_html(const struct mime_part *part)
{
	return slice_eq(part->type, SLICE("text/html"));
}

/* Adds the text of a part; *left is what may still be decoded. Most text is what it says already. */
static uint32_t add_part(
	struct text_work *work, const struct mime_part *part, size_t *left, struct flow *flow)
{
	struct slice text = slice_upto(part->body, *left);
	uint32_t odd = text.len < part->body.len ? MIME_CUT : 0;

	if (part->encoding == MIME_BASE64 || part->encoding == MIME_QUOTED_PRINTABLE) {
		buf_reset(&work->decoded);
		odd = transfer_decode(part->encoding, part->body, *left, &work->decoded);
		text = buf_slice(&work->decoded);
	}
	*left -= text.len;
	if (!charset_is_utf8(part->charset, text)) {
		buf_reset(&work->utf8);
		odd |= charset_to_utf8(&work->charset, part->charset, text, &work->utf8);
		text = buf_slice(&work->utf8);
	}
	if (is_html(part))
		html_text(text, flow);
	else
		flow_text(flow, text);
	flow_blank(flow);
	return odd;
}

uint32_t text_of_message(struct text_work *work, const struct mime *mime, struct buf *out)
{
	struct flow flow = flow_new(out, true);
	size_t left = LIMIT_BODY_TEXT;
	uint32_t odd = 0;

	for (uint32_t i = 0; i < mime->count; i++)
		if (text_is_text(&mime->parts[i]))
			odd |= add_part(work, &mime->parts[i], &left, &flow);
	return odd;
}
