/* list: one line a message. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/findings.h"
#include "cmd/spoolsweep/message.h"
#include "core/query/sort.h"

enum { MOST_COLUMNS = 40 };

/* On a narrow terminal addresses are worth more than what a second look can tell. */
static const char *default_columns(const struct app *app)
{
	enum { WIDE = 100 };
	return app->output.columns && app->output.columns < WIDE
		? "id,age,account,sender,rcpt"
		: "id,queue,age,size,account,sender,rcpt,reason_class";
}

struct columns {
	struct field_ref refs[MOST_COLUMNS];
	size_t count;
};

static int take_columns(struct app *app, struct columns *columns)
{
	struct slice rest =
		slice_cstr(app->options.columns ? app->options.columns : default_columns(app));
	struct slice name;

	while (rest.len && slice_word(&rest, ", ", &name)) {
		if (columns->count == MOST_COLUMNS) {
			warn_text("more than %d columns", MOST_COLUMNS);
			return EXIT_USAGE;
		}
		int code = take_field(app, name, &columns->refs[columns->count++]);
		if (code != EXIT_DONE)
			return code;
	}
	if (columns->count)
		return EXIT_DONE;
	warn_text("--columns needs at least one field; spoolsweep help fields names them");
	return EXIT_USAGE;
}

/* For people: the first known value of many, and how many differ from it. */
static void print_many(struct app *app, const struct field_ref *ref, uint32_t row, struct buf *cell)
{
	uint32_t n = field_count(ref->field, &app->env, row), first = FIELD_NO_VALUE, more = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = ref->field->id(ref, &app->env, row, i);
		if (id == FIELD_NO_VALUE)
			continue;
		if (first == FIELD_NO_VALUE || first == INTERN_UNKNOWN)
			first = id;
		else
			more += id != first && id != INTERN_UNKNOWN;
	}
	field_print_id(ref->field, &app->scan.snap, first, cell);
	if (more)
		buf_printf(cell, " +%u", more);
}

/* For a spreadsheet: plain numbers, nothing for unknown, all values of many. */
static void print_raw(struct app *app, const struct field_ref *ref, uint32_t row, struct buf *cell)
{
	uint32_t n = field_count(ref->field, &app->env, row);
	int64_t number;

	if (!field_is_text(ref->field)) {
		if (ref->field->number(ref, &app->env, row, &number))
			buf_printf(cell, "%lld", (long long)number);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = ref->field->id(ref, &app->env, row, i);
		if (id == FIELD_NO_VALUE || id == INTERN_UNKNOWN)
			continue;
		if (cell->len)
			buf_addc(cell, ' ');
		buf_add(cell, intern_get(&app->scan.snap.strings, id));
	}
}

static void print_cell(struct app *app, const struct field_ref *ref, uint32_t row, struct buf *cell)
{
	buf_reset(cell);
	if (app->options.csv)
		print_raw(app, ref, row, cell);
	else if (field_is_many(ref->field))
		print_many(app, ref, row, cell);
	else
		field_print(ref, &app->env, row, 0, cell);
}

/* Headed by its name for a script, by its title for people. */
static void add_column(struct app *app, struct table *table, const struct field_ref *ref)
{
	struct buf name = {0};

	if (app->options.csv || ref->field->flags & FIELD_PARAM)
		add_field_name(app, ref, &name);
	else
		buf_add(&name, slice_cstr(ref->field->title));
	table_column(table, buf_str(&name), field_is_text(ref->field) ? TABLE_CUT : TABLE_RIGHT);
	buf_free(&name);
}

static int print_table(
	struct app *app, const struct columns *columns, const uint32_t *rows, size_t count)
{
	struct table_style style = {
		.columns = app->output.columns,
		.charset = app->output.charset,
		.color = app->output.color,
	};
	struct table *table = table_new();
	struct buf cell = {0}, out = {0};

	for (size_t i = 0; i < columns->count; i++)
		add_column(app, table, &columns->refs[i]);
	for (size_t k = 0; k < count; k++) {
		for (size_t i = 0; i < columns->count; i++) {
			print_cell(app, &columns->refs[i], rows[k], &cell);
			table_cell(table, buf_slice(&cell));
		}
	}
	if (app->options.csv)
		table_print_csv(table, &out);
	else if (count)
		table_print_text(table, &style, &out);
	table_free(table);
	buf_free(&cell);
	return print_buf(&out);
}

static int print_ids(struct app *app, const uint32_t *rows, size_t count)
{
	struct buf out = {0};
	for (size_t k = 0; k < count; k++) {
		put(app, &out, snap_text(&app->scan.snap, COL_QUEUE_ID, rows[k]));
		buf_addc(&out, '\n');
	}
	return print_buf(&out);
}

/*
 * Messages read again, whole: the index of the scan has only what the filter and the order
 * need, so that ten of a million cost ten. A page is an index of its own.
 */
struct page {
	struct app app; /* the command's, with that index in place of its own */
	struct need need;
};

enum { PAGE_ROWS = 4096 };

static void page_open(struct page *page, const struct app *app)
{
	page->need = app->need;
	page->need.parts = NEED_ALL & ~(unsigned)(NEED_ATTRIBUTES | NEED_ATTEMPT);
	page->app = *app;
	page->app.scan = (struct scan){0};
	snap_init(&page->app.scan.snap, app->scan.snap.spools, app->scan.snap.nspools, &page->need);
	field_env_init(&page->app.env, &page->app.scan.snap, app->now);
}

static void page_close(struct page *page)
{
	field_env_free(&page->app.env);
	snap_free(&page->app.scan.snap);
}

/* A row of `app`, as its file says it now. */
static void page_print(struct page *page, struct sink *sink, struct app *app, uint32_t row,
	const struct record *record)
{
	struct snap *snap = &page->app.scan.snap;

	if (snap->rows == PAGE_ROWS) {
		page_close(page);
		page_open(page, app);
	}
	uint32_t at = snap_add(snap, app->scan.snap.small[row].spool, record);
	snap_set_lost_login(snap, at, snap_text(&app->scan.snap, COL_LOST_LOGIN, row));
	sink_object(sink, NULL);
	sink_message(sink, &page->app, at, record);
	sink_finding_ids(sink, app, row);
	sink_end(sink);
}

static int print_json(struct app *app, const uint32_t *rows, size_t count)
{
	struct sink *sink = open_sink(app, SINK_LINES);
	struct arena arena = {0};
	struct page page;
	uint32_t left = 0;
	struct err err;

	page_open(&page, app);
	for (size_t k = 0; k < count && !interrupted && !ferror(stdout); k++) {
		struct record record;
		enum severity severity = scan_read_again(
			&app->scan.snap, rows[k], &page.need, &arena, &record, &err);
		if (severity <= SEV_WARN)
			page_print(&page, sink, app, rows[k], &record);
		else
			left++;
		arena_reset(&arena);
	}
	page_close(&page);
	arena_free(&arena);
	int code = print_sink(sink);
	if (left)
		warn_text("%u messages left the queue while they were listed", left);
	return code;
}

static uint32_t *in_order(
	struct app *app, const struct field_ref *by, bool descending, size_t *count)
{
	uint32_t *rows = sort_rows(by, descending, &app->env, &app->rows, count);
	if (app->options.limit > 0 && (size_t)app->options.limit < *count)
		*count = (size_t)app->options.limit;
	return rows;
}

/* Who sees mail on hold here takes it for safe. */
static void tell_foreign_hold(const struct app *app)
{
	const struct spool *spool = foreign_hold(app);
	size_t row = bitset_next(&app->rows, 0);

	while (spool && row != SIZE_MAX && app->scan.snap.small[row].state != STATE_HELD)
		row = bitset_next(&app->rows, row + 1);
	if (spool && row != SIZE_MAX)
		warn_text("hold is %s's on this site, which sends on what lies there: %s",
			spool->hold_user, spool->hold_reason);
}

static int run(struct app *app)
{
	const char *sort = app->options.sort ? app->options.sort : "arrival_time";
	bool descending = sort[0] == '-';
	struct columns columns = {0};
	struct field_ref by;
	const char *filter;
	size_t count;

	if (!take_filter(app, 0, &filter))
		return EXIT_USAGE;
	int code = take_field(app, slice_cstr(sort + descending), &by);
	if (code == EXIT_DONE && app->options.json) {
		app->findings_spare = !(app->need.parts & NEED_FINDINGS);
		app->need.parts |= NEED_FINDINGS;
	}
	if (code == EXIT_DONE && !app->options.json && !app->options.ids)
		code = take_columns(app, &columns);
	if (code == EXIT_DONE)
		code = prepare_scan(app, filter);
	if (code != EXIT_DONE)
		return code;
	tell_unfinished(app);
	tell_foreign_hold(app);
	uint32_t *rows = in_order(app, &by, descending, &count);
	if (app->options.ids)
		code = print_ids(app, rows, count);
	else if (app->options.json)
		code = print_json(app, rows, count);
	else
		code = print_table(app, &columns, rows, count);
	free(rows);
	int reading = reading_exit(app);
	return code == EXIT_DONE ? reading : code;
}

const struct command command_list = {
	.name = "list",
	.operands = "[FILTER]",
	.summary = "the messages, one line each; --json as postqueue -j and more",
	.takes = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_CSV | OPT_LIMIT | OPT_CACHE | OPT_LIST |
		OPT_TRASH,
	.run = run,
};
