/*
 * marks: what the header block of a message says in passing, one bit each, for those who look
 * at many messages and at no text. Pure; any bytes are safe, cost linear. What a sender wrote
 * proves nothing: marks count only beside other facts.
 */
#ifndef CORE_MAIL_MARKS_H
#define CORE_MAIL_MARKS_H

#include "core/base/buf.h"
#include "core/base/slice.h"

enum mark {
	MARK_READ = 1 << 0,          /* the headers were there to be read */
	MARK_NO_MESSAGE_ID = 1 << 1, /* or an empty one */
	MARK_LIST_ID = 1 << 2,
	MARK_UNSUBSCRIBE = 1 << 3, /* List-Unsubscribe, List-Unsubscribe-Post, Feedback-ID */
	MARK_BULK = 1 << 4,        /* Precedence: bulk, list, junk */
	MARK_AUTO = 1 << 5,   /* Auto-Submitted (not "no"), X-Autoreply, X-Auto-Response-Suppress */
	MARK_REPORT = 1 << 6, /* Content-Type: multipart/report, or X-Failed-Recipients */
	MARK_RESENT = 1 << 7, /* Resent-*, X-Forwarded-*, or Delivered-To: was sent on */
	MARK_REPLY = 1 << 8,  /* In-Reply-To or References: goes on with a talk */
	MARK_FROM_DIFFERS = 1 << 9,      /* From: has another domain than the envelope sender's */
	MARK_REPLY_TO_DIFFERS = 1 << 10, /* Reply-To: has another domain than From: */
	MARK_MAILER = 1 << 11,           /* User-Agent or X-Mailer */
};
enum { MARK_HOPS_SHIFT = 24, MARK_HOPS_MOST = 127 };

/* How many Received fields the block has, up to MARK_HOPS_MOST. */
static inline unsigned marks_hops(uint32_t marks)
{
	return marks >> MARK_HOPS_SHIFT & MARK_HOPS_MOST;
}

/* What is found on the way: parts of the block, as written; unknown where there is none. */
struct marked {
	struct slice from_domain; /* of the first address in From: */
	struct slice subject, message_id;
};

/* The marks of a header block of a message with that envelope sender. */
uint32_t marks_of(struct slice block, struct slice sender, struct marked *marked);

/*
 * Appends the form in which subjects are counted: lower case, without Re:, Fwd: and their like in
 * other languages, runs of digits as '#', words that look random (long, letters and digits mixed)
 * and those that name the recipient `rcpt` as '*', white space as one space, at most SUBJECT_SHAPE bytes, cut between characters.
 */
enum { SUBJECT_SHAPE = 80 };
void subject_shape(struct buf *out, struct slice decoded, struct slice rcpt);

#endif
