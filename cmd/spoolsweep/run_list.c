/* journal: the runs there are, and what became of what they did. */
#include <stdlib.h>

#include "cmd/spoolsweep/run_print.h"
#include "cmd/spoolsweep/trash_facts.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

/* A run that took back a part of another. */
struct undo {
	unsigned of, by;
	uint32_t done;
};

struct list {
	struct app *app;
	struct sink *sink; /* or: */
	struct table *table;
	struct undo *undos; /* of the runs that were read so far, which are the later ones */
	size_t nundos;
	unsigned *trash; /* runs that are in the trash; NULL when that is not known */
	size_t ntrash;
};

/* The last run that took back some of this one, 0 none; *done adds up what all of them did. */
static unsigned undone_by(const struct list *list, unsigned run, uint32_t *done)
{
	unsigned by = 0;

	*done = 0;
	for (size_t i = list->nundos; i-- > 0;) {
		if (list->undos[i].of != run || !list->undos[i].done)
			continue;
		by = list->undos[i].by;
		*done += list->undos[i].done;
	}
	return by;
}

/* Whether what it put into the trash has left it, though nobody took it back. */
static bool is_expunged(const struct list *list, const struct journal_log *log, uint32_t undone)
{
	const struct journal_head *head = &log->head;

	return list->trash && log->ended && op_fills_trash(head->op) && !head->no_undo &&
		!head->undoes && outcomes_done(log->counts) > undone &&
		!is_among_runs(list->trash, list->ntrash, head->number);
}

static void add_fate(const struct list *list, const struct journal_log *log, struct buf *out)
{
	uint32_t undone;
	unsigned by = undone_by(list, log->head.number, &undone);
	bool expunged = is_expunged(list, log, undone);

	if (!log->went || log->running || (!by && !expunged)) {
		run_add_state(out, log);
		return;
	}
	if (by)
		buf_printf(out, "undone%s by %u",
			undone < outcomes_done(log->counts) ? " in part" : "", by);
	if (expunged)
		buf_add(out, by ? SLICE(", rest expunged") : SLICE("expunged"));
}

static void add_row(const struct list *list, const struct journal_log *log)
{
	const struct journal_head *head = &log->head;
	struct table *table = list->table;
	struct buf cell = {0};

	table_cellf(table, "%u", head->number);
	units_time(&cell, head->started);
	table_cell(table, buf_slice(&cell));
	table_cell(table, slice_cstr(run_what_word(head)));
	buf_reset(&cell);
	units_count(&cell, outcomes_done(log->counts));
	table_cell(table, buf_slice(&cell));
	buf_reset(&cell);
	add_fate(list, log, &cell);
	table_cell(table, buf_slice(&cell));
	buf_reset(&cell);
	run_add_who(list->app, &cell, head);
	table_cell(table, buf_slice(&cell));
	buf_reset(&cell);
	if (head->undoes)
		buf_printf(&cell, "of run %u%s", head->undoes, head->filter.len ? " " : "");
	if (head->ids)
		buf_printf(&cell, "%u ids%s", head->ids, head->filter.len ? ", " : "");
	buf_add(&cell, head->filter);
	table_cell(table, buf_slice(&cell));
	buf_free(&cell);
}

static void add_object(const struct list *list, const struct journal_log *log)
{
	uint32_t undone;
	unsigned by = undone_by(list, log->head.number, &undone);

	sink_object(list->sink, NULL);
	run_sink(list->sink, log);
	if (by)
		sink_int(list->sink, "undone_by", by);
	else
		sink_null(list->sink, "undone_by");
	if (list->trash)
		sink_bool(list->sink, "in_trash",
			is_among_runs(list->trash, list->ntrash, log->head.number));
	else
		sink_null(list->sink, "in_trash");
	sink_end(list->sink);
}

static void note_undo(struct list *list, const struct journal_log *log)
{
	if (!log->head.undoes)
		return;
	list->undos = xrealloc(list->undos, list->nundos + 1, sizeof(*list->undos));
	list->undos[list->nundos++] = (struct undo){
		.of = log->head.undoes, .by = log->head.number, .done = outcomes_done(log->counts)};
}

static int add_runs(struct list *list, int state, const unsigned *numbers, size_t count)
{
	int code = EXIT_DONE;
	struct err err;

	for (size_t i = count; i-- > 0;) {
		struct journal_log log = {0};
		if (journal_read_counts(state, numbers[i], &log, &err) != 0) {
			code = complain(&err);
			continue;
		}
		if (list->sink)
			add_object(list, &log);
		else
			add_row(list, &log);
		note_undo(list, &log);
		journal_log_free(&log);
	}
	return code;
}

static int print_table(const struct app *app, const struct table *table)
{
	struct table_style style = {.columns = app->output.columns,
		.charset = app->output.charset,
		.color = app->output.color};
	struct buf out = {0};

	table_print_text(table, &style, &out);
	return print_buf(&out);
}

static struct table *new_table(void)
{
	struct table *table = table_new();

	table_column(table, "run", TABLE_RIGHT);
	table_column(table, "started", 0);
	table_column(table, "what", 0);
	table_column(table, "messages", TABLE_RIGHT);
	table_column(table, "state", 0);
	table_column(table, "who", 0);
	table_column(table, "filter", TABLE_CUT);
	return table;
}

int run_list(struct app *app, int state, bool *empty)
{
	struct list list = {.app = app};
	unsigned *numbers;
	size_t count;
	struct err err;

	if (journal_numbers(state, &numbers, &count, &err) != 0)
		return complain(&err);
	*empty = !count;
	list.trash = find_trash_runs(app, &list.ntrash);
	if (app->options.json)
		list.sink = open_sink(app, SINK_LINES);
	else
		list.table = new_table();
	int code = add_runs(&list, state, numbers, count);
	int printed = EXIT_DONE;
	if (list.sink)
		printed = print_sink(list.sink);
	else if (count)
		printed = print_table(app, list.table);
	if (list.table)
		table_free(list.table);
	free(numbers);
	free(list.undos);
	free(list.trash);
	return printed == EXIT_DONE ? code : printed;
}
