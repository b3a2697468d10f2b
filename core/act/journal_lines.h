/*
 * journal_lines: the lines of a journal, which may end anywhere.
 *
 * A file that nobody finished ends in half a line, or in room that was reserved
 * and never written: NULs. When the machine went down the blocks since the last
 * sync may be there or not, so that whole lines can stand behind NULs; all that is
 * behind the first NUL is the tail. Bounded memory, one thread.
 */
#ifndef CORE_ACT_JOURNAL_LINES_H
#define CORE_ACT_JOURNAL_LINES_H

#include <sys/types.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct journal_lines {
	int fd;           /* the caller's */
	const char *path; /* the caller's, for messages */
	size_t number;    /* of the line given out last, from 1 */
	off_t whole;      /* what is behind it begins here */
	struct buf window;
	size_t at; /* how much of the window was given out */
};

enum journal_line { JOURNAL_LINE, JOURNAL_TAIL, JOURNAL_LINE_FAILED };

/* The next line, without its end; it lasts until the next call. */
enum journal_line journal_lines_next(
	struct journal_lines *lines, struct slice *line, struct err *err);

struct journal_tail {
	off_t end; /* behind its last byte that is not NUL; `whole` when there is none */
	bool go;   /* a line "go" is in it */
};

int journal_lines_tail(
	const struct journal_lines *lines, struct journal_tail *tail, struct err *err);

void journal_lines_free(struct journal_lines *lines);

#endif
