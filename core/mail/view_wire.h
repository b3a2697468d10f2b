/* view_wire: a view as bytes, and the child that makes it. Private to view*.c and their tests. */
#ifndef CORE_MAIL_VIEW_WIRE_H
#define CORE_MAIL_VIEW_WIRE_H

#include "core/base/wire.h"
#include "core/mail/view.h"

/* A list is each of its members behind WIRE_MORE, and WIRE_END. */
enum { WIRE_END, WIRE_MORE };

/* A view, in this order. */
void view_put_header(struct buf *out, const struct view_header *header);
void view_put_headers_end(struct buf *out, bool cut);
void view_put_part(struct buf *out, const struct view_part *part);
void view_put_end(struct buf *out);

/* A request: what is wanted of which part of a message. */
void view_put_request(
	struct buf *out, enum view_want want, struct slice part, struct slice message);
/* False for what is none. */
bool view_read_request(
	struct slice request, enum view_want *want, struct slice *part, struct slice *message);

/* ---- view_make.c: the child's work ---- */

void view_prepare(void *viewer);
void view_answer(void *viewer, struct slice request, struct buf *answer);

#endif
