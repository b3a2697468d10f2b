/*
 * content: the message text inside a Postfix queue file.
 *
 * Text is a sequence of L* N groups: L holds the first pieces of a long line, N
 * its end. Source: Postfix cleanup/cleanup_out.c. Pointer records are followed,
 * so what a milter replaced is seen as it will be sent.
 */
#ifndef FORMATS_POSTFIX_CONTENT_H
#define FORMATS_POSTFIX_CONTENT_H

#include "core/base/buf.h"
#include "formats/postfix/envelope.h"

/*
 * Appends the lines of the content, each with a LF, until its end, or behind the
 * empty line when headers_only, or until `limit` bytes were added. Returns
 * warning bits; what could be read is there in any case.
 */
uint32_t content_read(struct window *window, const struct envelope *envelope, bool headers_only,
	size_t limit, struct buf *out);

/* The lines of the header block, at most `limit` bytes; *odd becomes warning bits. */
struct slice content_headers(struct window *window, const struct envelope *envelope, size_t limit,
	struct arena *arena, uint32_t *odd);

/*
 * The whole content for questions about it: unknown when it is damaged or cannot be read. It is
 * the newest allocation in the arena.
 */
struct content content_whole(
	struct window *window, const struct envelope *envelope, struct arena *arena);

#endif
