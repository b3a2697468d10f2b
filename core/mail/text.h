/*
 * text: the text of a message for a filter to match: what a person would read of it,
 * on one line (flow.h), as UTF-8.
 *
 * All parts that are text, in their order, with a blank between them: transfer encoding
 * and charset undone (transfer.h, charset.h), HTML as text (html_text.h); not the headers,
 * those of messages within the message neither, and no attachment that is not text.
 * Bounded: LIMIT_BODY_TEXT bytes of decoded text are looked at.
 */
#ifndef CORE_MAIL_TEXT_H
#define CORE_MAIL_TEXT_H

#include "core/mail/charset.h"
#include "core/mail/mime.h"

/* Working memory that is kept from message to message; all-zero is ready. One thread. */
struct text_work {
	struct charset charset;
	struct buf decoded;
	struct buf utf8;
};

void text_work_free(struct text_work *work);

/* Whether a part is text for a person: text/..., or what has no parts though it should. */
bool text_is_text(const struct mime_part *part);

/*
 * Whether a part is an attachment: no container, and no text, or one that has a file name or says
 * that it is one. All else is read as text.
 */
bool text_is_attachment(const struct mime_part *part);

/*
 * Appends the text of a message. Returns warnings of decoding (enum mime_warning bits);
 * with MIME_CUT there is more text than was looked at.
 */
uint32_t text_of_message(struct text_work *work, const struct mime *mime, struct buf *out);

#endif
