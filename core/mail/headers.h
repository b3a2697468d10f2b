/*
 * headers: the header block of a message, scanned in place.
 *
 * Pure: the input is the block as RFC 5322 lines (LF or CRLF) in memory, the
 * answers are slices of it. The block ends at the first empty line, at the
 * first line that is neither a field nor a continuation, or at its end. Any
 * bytes are safe.
 */
#ifndef CORE_MAIL_HEADERS_H
#define CORE_MAIL_HEADERS_H

#include "core/base/arena.h"
#include "core/base/slice.h"

struct header_field {
	struct slice name;
	struct slice value; /* folded as written, without the white space around it */
};

/* Takes the next field off *block; false at the end of the headers. */
bool headers_next(struct slice *block, struct header_field *field);

/* The first field of that name (any case): its unfolded value, else unknown. */
struct slice headers_get(struct arena *arena, struct slice block, struct slice name);

/* Unfolds (line breaks before white space go) and trims; a copy only where that is needed. */
struct slice headers_unfold(struct arena *arena, struct slice value);

/* What a Received field says, as far as Postfix wrote it; unknown where it does not. */
struct received {
	struct slice by;         /* host that stamped it */
	struct slice id;         /* its queue id */
	struct slice helo;       /* "from HELO" */
	struct slice client_name;
	struct slice client_ip;  /* inside the brackets */
	struct slice protocol;   /* "with ESMTPSA" */
	struct slice auth_user;  /* "(Authenticated sender: U)" */
	int64_t uid;             /* "(Postfix, from userid N)", or -1 */
};

/* Reads an unfolded Received value. False when it is not in a form we know. */
bool received_parse(struct slice value, struct received *received);

#endif
