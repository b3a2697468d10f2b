/*
 * headers: the header block of a message, scanned in place.
 *
 * Pure: the input is the block as RFC 5322 lines (LF or CRLF) in memory, the
 * answers are slices of it. The block ends at the first empty line, at the
 * first line that is neither a field nor a continuation, or at its end. Any
 * bytes are safe, and the cost is linear in them.
 */
#ifndef CORE_MAIL_HEADERS_H
#define CORE_MAIL_HEADERS_H

#include "core/base/arena.h"
#include "core/base/slice.h"

struct header_field {
	struct slice name;
	struct slice value; /* folded as written, without the white space around it */
};

/*
 * Takes the next field off *block; false at the end of the headers, where *block
 * then stays: at the empty line, or at what is no header.
 */
bool headers_next(struct slice *block, struct header_field *field);

/*
 * The value on one line, trimmed: line breaks before white space go, any other
 * becomes a space. A copy only where that is needed.
 */
struct slice headers_unfold(struct arena *arena, struct slice value);

#endif
