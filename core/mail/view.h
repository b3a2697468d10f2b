/*
 * view: a message as a person has to see it to decide about it: its headers decoded, and its
 * parts, with what they claim to be beside what they are.
 *
 * It is made in a sandbox, since that takes libraries which were not written for what a
 * spammer sends, and comes back as bytes. view_read reads them as hostile: whatever they are, it
 * gives a view within the bounds of limits.h, or says that they are none. The texts in it are
 * UTF-8 if the child was honest, and have to be escaped in any case.
 */
#ifndef CORE_MAIL_VIEW_H
#define CORE_MAIL_VIEW_H

#include "core/base/arena.h"
#include "core/base/sandbox.h"
#include "core/mail/charset.h"
#include "core/mail/mime.h"
#include "core/mail/real_type.h"

struct view_header {
	struct slice name, value; /* the value decoded, on one line */
};

/* What a part does not say, or what cannot be told of it, is unknown. */
struct view_part {
	struct slice number; /* as IMAP counts; empty: the multipart around them all */
	uint32_t depth;
	bool container;
	uint32_t warnings;      /* enum mime_warning bits */
	struct slice type;      /* as it says */
	struct slice real_type; /* as its bytes say */
	struct slice charset;
	struct slice encoding;
	struct slice disposition;
	struct slice filename; /* decoded */
	int64_t bytes;         /* decoded */
	struct slice sha256;   /* of those, in hex; unknown of a container */
	struct slice text;     /* of a text, decoded, of HTML as a person reads it */
	bool text_cut;         /* there is more of it */
};

struct view {
	struct view_header *headers;
	uint32_t nheaders;
	bool headers_cut; /* there are more */
	struct view_part *parts;
	uint32_t nparts;
};

/* Whether a part of that number is in it; NULL when there is none. */
const struct view_part *view_find(const struct view *view, struct slice number);

/* ---- asking ---- */

enum view_want {
	VIEW_ALL,   /* a view, for view_read */
	VIEW_BYTES, /* the decoded bytes of one part, and nothing around them */
	VIEW_TEXT,  /* all of its text, as in a view */
};

enum { VIEW_CHARSETS = 67 };

/* The sandbox, and what its child prepares. It must not move as long as it is started. */
struct viewer {
	struct sandbox sandbox;
	struct real_type real_type;
	struct charset charset;
	void *converters[VIEW_CHARSETS]; /* open, so that their tables stay loaded */
};

/* For messages of up to `bytes` bytes. -1 with *err when there is no sandbox to be had. */
int viewer_start(struct viewer *viewer, size_t bytes, struct err *err);
/* Appends the answer about a message of RFC 5322 lines; `part` is a number, for one part. */
enum sandbox_end viewer_ask(struct viewer *viewer, enum view_want want, struct slice part,
	struct slice message, struct buf *answer, struct err *err);
/* Of a zeroed one: nothing. */
void viewer_stop(struct viewer *viewer);

/* The view points into the answer and the arena. False when the answer is none. */
bool view_read(struct arena *arena, struct slice answer, struct view *view);

#endif
