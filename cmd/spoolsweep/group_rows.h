/*
 * group_rows: a grouping as JSON, text or CSV, the same in `top` and in `report`.
 */
#ifndef CMD_SPOOLSWEEP_GROUP_ROWS_H
#define CMD_SPOOLSWEEP_GROUP_ROWS_H

#include "cmd/spoolsweep/command.h"
#include "core/out/sink.h"
#include "core/query/group.h"

/* Figures of a group, as bits for the columns of a table. */
enum group_column {
	GROUP_MESSAGES = 1 << 0,
	GROUP_SHARE = 1 << 1,
	GROUP_RECIPIENTS = 1 << 2,
	GROUP_BYTES = 1 << 3,
	GROUP_IPS = 1 << 4,
	GROUP_ACCOUNTS = 1 << 5,
	GROUP_SENDERS = 1 << 6,
	GROUP_NEWEST = 1 << 7,
	GROUP_LAST_HOUR = 1 << 8,
	GROUP_ALL = (1 << 9) - 1,
};

/* {rows: [...], others: {...}} as member `name`. */
void sink_grouping(struct sink *sink, const char *name, const struct field_ref *by,
	struct app *app, const struct grouping *grouping);

/*
 * The grouping as a table headed by `title`, `width` columns wide at most (0: as
 * wide as it gets); for a spreadsheet with raw values.
 */
void print_grouping(struct buf *out, const char *title, const struct field_ref *by,
	struct app *app, const struct grouping *grouping, unsigned columns, size_t width);
void print_grouping_csv(struct buf *out, const struct field_ref *by, struct app *app,
	const struct grouping *grouping);

#endif
