/*
 * header_facts: what the header block of a message adds to its record: subject
 * and the like, who handed in a local submission, whose login a filter lost.
 */
#ifndef FORMATS_POSTFIX_HEADER_FACTS_H
#define FORMATS_POSTFIX_HEADER_FACTS_H

#include "core/queue/format.h"
#include "formats/postfix/envelope.h"

/* Reads the headers if `need` asks for them, or if the record cannot do without. */
void postfix_read_headers(const struct spool *spool, struct window *window,
	const struct envelope *envelope, const struct need *need, struct arena *arena,
	struct record *record);

#endif
