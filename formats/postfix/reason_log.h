/*
 * reason_log: the text files in defer/, bounce/ and trace/, which say per
 * recipient why a message is still here.
 *
 * Pure. Source: Postfix bounce/bounce_append_service.c (writing),
 * global/bounce_log.c (reading). Entries are groups of lines with an empty line
 * behind them; a line that starts with a letter or digit is "name=value", one
 * that starts with '<' is the old form "<address>: reason".
 */
#ifndef FORMATS_POSTFIX_REASON_LOG_H
#define FORMATS_POSTFIX_REASON_LOG_H

#include "core/base/arena.h"
#include "core/queue/record.h"

struct reason_entry {
	struct slice recipient; /* quoted form, as written; "<>" is the null recipient */
	struct slice original;
	int64_t offset; /* of the recipient record in the queue file; -1 unknown */
	struct slice status;
	struct slice action;
	struct slice reply; /* diag_text */
	struct slice host;  /* mta_mname */
	struct slice reason;
};

/* Takes the next entry off *log; false at its end. */
bool reason_log_next(struct slice *log, struct reason_entry *entry);

/*
 * Gives the recipients of the record their reasons: by offset, else by address.
 * The newest entry of a recipient counts. An entry of none
 * becomes a recipient of its own (rcpt.logged_only), as postqueue(1) lists it.
 */
void reason_log_apply(struct slice log, bool bounced, struct arena *arena, struct record *record);

#endif
