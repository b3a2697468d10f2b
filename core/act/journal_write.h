/*
 * journal_write: a journal that is being written, as those who begin one fill it in.
 * journal.h is what the program uses.
 */
#ifndef CORE_ACT_JOURNAL_WRITE_H
#define CORE_ACT_JOURNAL_WRITE_H

#include "core/act/journal.h"
#include "core/base/buf.h"

struct journal {
	const struct fsops *ops;
	int fd; /* the caller's in a plan, else the journal's, locked */
	int state;
	unsigned number; /* 0 in a plan */
	char *path;      /* for messages */
	off_t at;        /* where the bytes of `out` go */
	struct buf out;
	uint32_t items;                     /* to be written before "go" */
	uint32_t told;                      /* of them */
	const struct journal_spool *spools; /* the caller's, until "go" */
	unsigned nspools;
	bool went;
	bool grows; /* it had an end before */
};

/*
 * What a message takes in the file: its line, and that of its outcome with a few words
 * for one in some. Real ones take 90 and 16.
 */
enum { JOURNAL_ITEM_ROOM = 128, JOURNAL_OUTCOME_ROOM = 48 };

/* Writes what is in the buffer. */
int journal_flush(struct journal *journal, struct err *err);

/* Makes the file `len` bytes long, or says how much room is missing. */
int journal_reserve(const struct journal *journal, off_t len, struct err *err);

#endif
