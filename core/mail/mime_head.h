/*
 * mime_head: what the headers of a part say of it. Private to mime*.c.
 */
#ifndef CORE_MAIL_MIME_HEAD_H
#define CORE_MAIL_MIME_HEAD_H

#include "core/mail/mime.h"

/*
 * Fills in all that part->headers tell; `within` is the type of the part around it, or
 * unknown. Returns the boundary of a multipart, unknown when there is none.
 */
struct slice mime_read_head(struct arena *arena, struct slice within, struct mime_part *part);

/* Whether its content is a message of its own. */
bool mime_is_message(const struct mime_part *part);

#endif
