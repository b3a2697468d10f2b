/*
 * group_rows: a grouping as JSON, text or CSV, the same in `top` and in `report`.
 */
#ifndef CMD_SPOOLSWEEP_GROUP_ROWS_H
#define CMD_SPOOLSWEEP_GROUP_ROWS_H

#include "cmd/spoolsweep/command.h"
#include "core/out/sink.h"
#include "core/query/group.h"

/* {rows: [...], others: {...}} as member `name`. */
void sink_grouping(struct sink *sink, const char *name, const struct field_ref *by, struct app *app,
	const struct grouping *grouping);

/*
 * The grouping as a table headed by `title`, with a column for each of the figures,
 * `width` characters wide at most (0: as wide as it gets); for a spreadsheet with raw
 * values.
 */
void print_grouping(struct buf *out, const char *title, const struct field_ref *by, struct app *app,
	const struct grouping *grouping, unsigned figures, size_t width);
void print_grouping_csv(struct buf *out, const struct field_ref *by, struct app *app,
	const struct grouping *grouping);

#endif
