/*
 * mime: the parts of a message, found in place (RFC 2045, 2046, 2231).
 *
 * Pure: the input is a message as RFC 5322 lines (LF or CRLF) in memory. Answers
 * are slices of it, or of the arena where a value had to be put together. One
 * pass over the input, bounded by LIMIT_MIME_DEPTH and LIMIT_MIME_PARTS. Any bytes
 * are safe: what is odd is a warning of the part it is in, never a failure, since
 * mail that is made to be misread is what we are here for.
 *
 * A part is a leaf or a container: a multipart whose parts were found by its
 * boundary, or a message/rfc822 whose one part is that message. Parts stand in
 * the order of their headers, so a container comes before what it holds. What
 * decoders find odd (transfer.h, charset.h) has its bits here too, so that a part
 * has one set of warnings.
 */
#ifndef CORE_MAIL_MIME_H
#define CORE_MAIL_MIME_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/limits.h"

/* The words are in mime_warning.c. */
enum mime_warning {
	MIME_TOO_DEEP = 1 << 0,       /* a container at LIMIT_MIME_DEPTH: not looked into */
	MIME_TOO_MANY = 1 << 1,       /* more than LIMIT_MIME_PARTS: the rest was not divided */
	MIME_NO_BOUNDARY = 1 << 2,    /* a multipart that names none: taken as a leaf */
	MIME_NO_PARTS = 1 << 3,       /* a multipart without any part */
	MIME_NO_END = 1 << 4,         /* a multipart whose end is missing */
	MIME_AFTER_END = 1 << 5,      /* a part behind the end: some programs show it */
	MIME_LIKE_BOUNDARY = 1 << 6,  /* a line goes on behind what would be a boundary */
	MIME_SAME_BOUNDARY = 1 << 7,  /* the boundary of a multipart around it */
	MIME_LONG_BOUNDARY = 1 << 8,  /* more than the 70 bytes that RFC 2046 allows */
	MIME_BAD_HEADER = 1 << 9,     /* headers end at a line that is no header */
	MIME_BAD_TYPE = 1 << 10,      /* a Content-Type that is none: taken as text/plain */
	MIME_BAD_PARAMETER = 1 << 11, /* a parameter that cannot be read to the letter */
	MIME_TWICE = 1 << 12,   /* a field or parameter that is there twice: the first counts */
	MIME_ENCODED = 1 << 13, /* a container in base64 or the like: not looked into */
	MIME_BAD_ENCODING = 1 << 14, /* a Content-Transfer-Encoding that is none */
	/* Of decoders: */
	MIME_BAD_BASE64 = 1 << 15,
	MIME_BAD_QUOTED = 1 << 16,    /* quoted-printable that is not */
	MIME_BAD_CHARSET = 1 << 17,   /* a charset that is not known here */
	MIME_OTHER_CHARSET = 1 << 18, /* bytes that cannot be in the charset it names */
	MIME_CUT = 1 << 19,           /* more than is decoded of one message */
	MIME_OTHER_TYPE = 1 << 20,    /* its bytes are not of the type it names */
};

enum mime_encoding {
	MIME_PLAIN, /* 7bit, 8bit, binary, or none named */
	MIME_BASE64,
	MIME_QUOTED_PRINTABLE,
	MIME_UNKNOWN_ENCODING, /* the bytes as they are */
};

#define MIME_NONE UINT32_MAX

struct mime_part {
	uint32_t parent; /* the container it is in; MIME_NONE for the message itself */
	uint32_t index;  /* 1, 2 ... among the parts of its parent */
	unsigned depth;  /* 0 for the message itself */
	bool container;
	enum mime_encoding encoding;
	uint32_t warnings;    /* enum mime_warning bits */
	struct slice headers; /* as written, without the empty line */
	struct slice body;    /* as written: still encoded; of a container all of it */
	struct slice type;    /* lower case, "text/plain" where RFC 2045 says so; never unknown */
	struct slice charset; /* these four are unknown where the part does not say */
	struct slice disposition; /* lower case: "attachment" */
	/*
	 * From Content-Disposition, else from Content-Type. The pieces of RFC 2231 are put
	 * together and their %XX undone: then filename_charset is what they are in ("" when not
	 * named). Without, it is raw header text, and may hold encoded words (decode.h).
	 */
	struct slice filename;
	struct slice filename_charset;
};

struct mime {
	struct mime_part *parts; /* in the arena; [0] is the message itself */
	uint32_t count;          /* at least 1 */
	uint32_t warnings;       /* of all parts together */
};

/* Finds the parts of a message. Nothing of the input may go as long as *mime is used. */
void mime_parse(struct arena *arena, struct slice message, struct mime *mime);

/* Whether the type is of that kind: mime_is(part, SLICE("text/")). */
static inline bool mime_is(const struct mime_part *part, struct slice prefix)
{
	return slice_starts(part->type, prefix);
}

/*
 * Appends the number of a part as IMAP counts (RFC 3501, 6.4.5): "1", "2.1". A multipart
 * that is the body of a message has none; its parts are numbered right below the message.
 */
void mime_number(const struct mime *mime, uint32_t part, struct buf *out);
/* The part of that number, or MIME_NONE. */
uint32_t mime_find(const struct mime *mime, struct slice number);

/* Words for one warning bit: what is odd and what it means; NULL for a bit that is none. */
const char *mime_warning_text(enum mime_warning bit);
/* Short name for scripts: "no-boundary". */
const char *mime_warning_name(enum mime_warning bit);

#endif
