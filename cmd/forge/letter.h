/*
 * letter: the text of a message, headers and body, as RFC 5322 lines that end
 * in LF. Everything it says is made up here. Appends to a buf; the same rng
 * gives the same letter.
 */
#ifndef CMD_FORGE_LETTER_H
#define CMD_FORGE_LETTER_H

#include "cmd/forge/forge.h"
#include "cmd/forge/rng.h"

enum letter_body {
	BODY_PLAIN,
	BODY_HTML,       /* text and HTML side by side */
	BODY_ATTACHMENT, /* a note with something in base64 */
	BODY_LONG_LINES, /* HTML as programs write it: thousands of bytes in one line */
	BODY_AS_IS, /* letter.text: MIME headers, empty line, start; then words up to the size */
};

struct letter {
	struct slice trace;     /* finished headers to stand on top, or empty */
	struct slice from_name; /* may be empty; UTF-8, encoded where it must be */
	struct slice from;
	const struct fake_recipient *to; /* for the To: header; up to 5 are named */
	size_t nto;
	struct slice subject; /* UTF-8, encoded where it must be */
	struct slice message_id;
	int64_t date;
	int zone;           /* minutes east of UTC */
	struct slice extra; /* finished headers, or empty */
	enum letter_body body;
	struct slice text;
	uint64_t size; /* of the body, roughly */
	bool encoded;  /* text in base64 or quoted-printable, by chance (encode.h) */
};

void letter_write(struct buf *out, struct rng *rng, const struct letter *letter);
/* Its headers only, but for those of MIME. */
void letter_head(struct buf *out, struct rng *rng, const struct letter *letter);

/* Paragraphs of at most 72 columns, about `size` bytes. */
void letter_prose(struct buf *out, struct rng *rng, uint64_t size);

/* "Sun, 22 Nov 2026 06:10:21 +0100" */
void letter_date(struct buf *out, int64_t epoch, int zone);

/* An address as headers show it: the local part in quotes where it must be. */
void letter_address(struct buf *out, struct slice address);

/* `count` words of prose, without a line end. */
void letter_words(struct buf *out, struct rng *rng, unsigned count);

/* Appends bytes in base64, without a line end. */
void letter_base64(struct buf *out, struct slice bytes);

/* Appends UTF-8 text for a header: as it is, or as RFC 2047 encoded words. */
void letter_header_text(struct buf *out, struct rng *rng, struct slice text);

#endif
