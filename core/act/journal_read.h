/*
 * journal_read: an open file as a journal. journal.h is what the program uses.
 */
#ifndef CORE_ACT_JOURNAL_READ_H
#define CORE_ACT_JOURNAL_READ_H

#include "core/act/journal.h"

/* Where the writer of an unfinished journal goes on. */
struct journal_end {
	off_t whole; /* behind the last whole line */
	off_t end;   /* behind what is left of a line that was cut off */
};

/*
 * Reads the journal of a run, or a plan when `number` is 0; without `formats` as
 * journal_read_counts. `running`: somebody may be writing to it. `end` may be NULL.
 * Nothing is to be freed after an error.
 */
int journal_read_file(int fd, unsigned number, const struct format *const *formats, bool running,
	struct journal_log *log, struct journal_end *end, struct err *err);

#endif
