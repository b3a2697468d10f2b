/*
 * journal_head: the first lines of a journal, one for each thing that is known of
 * a run as a whole, always the same and in the same order.
 */
#ifndef CORE_ACT_JOURNAL_HEAD_H
#define CORE_ACT_JOURNAL_HEAD_H

#include "core/act/journal.h"
#include "core/act/journal_text.h"

enum { JOURNAL_VERSION = 1 };

/* Appends the lines. What only people read, the reason and the command, is cut where too long. */
void journal_put_head(struct buf *out, const struct journal_head *head);

/*
 * Takes the line that is due; *at is 0 before the first. Strings are copied into the
 * arena. Without `formats` those of the spools stay NULL. NULL when it is the line, else
 * what is wrong with it, in words.
 */
const char *journal_get_head(struct arena *arena, const struct format *const *formats, unsigned *at,
	const struct journal_fields *fields, struct journal_head *head);

/* Whether the last line was taken. */
bool journal_head_whole(unsigned at, const struct journal_head *head);

#endif
