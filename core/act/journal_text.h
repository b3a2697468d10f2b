/*
 * journal_text: the fields of a line of a journal, spoolsweep-journal(5).
 *
 * A field is unknown ("-"), a number, or text with every byte escaped that could
 * end a field or a line, or that a terminal would obey. Unlike what escape_text
 * writes for people it is read back to the very same bytes.
 */
#ifndef CORE_ACT_JOURNAL_TEXT_H
#define CORE_ACT_JOURNAL_TEXT_H

#include "core/base/arena.h"
#include "core/base/buf.h"

enum { JOURNAL_FIELDS = 10 };

struct journal_fields {
	struct slice list[JOURNAL_FIELDS]; /* as they stand in the line */
	unsigned count;
};

/* Each appends a tab and a field. */
void journal_put_text(struct buf *line, struct slice value);
void journal_put_number(struct buf *line, int64_t value); /* negative is unknown */
void journal_put_bits(struct buf *line, uint64_t bits);   /* 16 hexadecimal digits */

/* False when there are too many fields, or a control character where none is written. */
bool journal_split(struct slice line, struct journal_fields *fields);

/* False when the field is not what the function above it writes. */
bool journal_get_text(struct arena *arena, struct slice field, struct slice *value);
bool journal_get_number(struct slice field, int64_t *value); /* unknown is -1 */
bool journal_get_count(struct slice field, uint64_t most, uint64_t *value);
bool journal_get_bits(struct slice field, uint64_t *bits);

#endif
