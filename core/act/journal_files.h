/*
 * journal_files: the folder of journals: a file for each run, named by its number.
 */
#ifndef CORE_ACT_JOURNAL_FILES_H
#define CORE_ACT_JOURNAL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct journal_name {
	char text[sizeof("4294967295.journal")];
};

/* "000017.journal" */
struct journal_name journal_name(unsigned number);

/* Where an open file is, for messages; free it. Never NULL. */
char *journal_path(int fd);

/* Opens the file of a run, `flags` as for open(2). -1 with *err, ERR_GONE when there is none. */
int journal_open_file(int state, unsigned number, int flags, struct err *err);

/*
 * Whether the file of a run ends in "end", without reading the rest of it. False also for
 * the few that went to their end and could not be cut there.
 */
bool journal_looks_ended(int state, unsigned number);

/* Whether somebody writes to it now. */
bool journal_is_running(int fd);

#endif
