/* journal: what was done, by whom, when, why. */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/run_print.h"
#include "core/act/state.h"
#include "core/base/units.h"

static void add_row(struct app *app, struct table *table, const struct journal_log *log)
{
	const struct journal_head *head = &log->head;
	struct buf cell = {0};

	table_cellf(table, "%u", head->number);
	units_time(&cell, head->started);
	table_cell(table, buf_slice(&cell));
	table_cell(table, slice_cstr(run_what_word(head)));
	buf_reset(&cell);
	units_count(&cell, outcomes_done(log->counts));
	table_cell(table, buf_slice(&cell));
	buf_reset(&cell);
	run_add_state(&cell, log);
	table_cell(table, buf_slice(&cell));
	buf_reset(&cell);
	run_add_who(app, &cell, head);
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

static int print_all(struct app *app, int state)
{
	unsigned *numbers;
	size_t count;
	struct err err;
	int code = EXIT_DONE;

	if (journal_numbers(state, &numbers, &count, &err) != 0)
		return complain(&err);
	struct sink *sink = app->options.json ? open_sink(app, SINK_LINES) : NULL;
	struct table *table = table_new();
	table_column(table, "run", TABLE_RIGHT);
	table_column(table, "started", 0);
	table_column(table, "what", 0);
	table_column(table, "messages", TABLE_RIGHT);
	table_column(table, "state", 0);
	table_column(table, "who", 0);
	table_column(table, "filter", TABLE_CUT);
	for (size_t i = count; i-- > 0;) {
		struct journal_log log = {0};
		if (journal_read_counts(state, numbers[i], &log, &err) != 0) {
			code = complain(&err);
			continue;
		}
		if (sink) {
			sink_object(sink, NULL);
			run_sink(sink, &log);
			sink_end(sink);
		} else {
			add_row(app, table, &log);
		}
		journal_log_free(&log);
	}
	free(numbers);
	int printed = EXIT_DONE;
	if (sink) {
		printed = print_sink(sink);
	} else if (count) {
		struct table_style style = {.columns = app->output.columns,
			.charset = app->output.charset,
			.color = app->output.color};
		struct buf out = {0};
		table_print_text(table, &style, &out);
		printed = print_buf(&out);
	} else {
		warn_text("there is no journal in %s: nothing was done yet", state_path());
	}
	table_free(table);
	return printed == EXIT_DONE ? code : printed;
}

static int run(struct app *app)
{
	int64_t number = 0;
	struct err err;
	int state;

	if (app->noperands > 1 ||
		(app->noperands &&
			(!slice_to_i64(slice_cstr(app->operands[0]), &number) || number < 1 ||
				number > 999999999))) {
		warn_text("journal takes the number of one run, or nothing for all of them");
		return EXIT_USAGE;
	}
	int code = prepare_owner(app);
	if (code != EXIT_DONE)
		return code;
	if (state_open(app->spools.list[0]->owner, &state, &err) != 0) {
		if (err.code != ERR_GONE) {
			code = complain(&err);
			return code == EXIT_PERMISSION ? tell_denied(app) : code;
		}
		warn_text("there is no journal in %s: nothing was done yet", state_path());
		return number ? EXIT_NOTHING : EXIT_DONE;
	}
	tell_unfinished(app);
	code = number ? run_print(app, state, (unsigned)number) : print_all(app, state);
	close(state);
	return code;
}

const struct command command_journal = {
	.name = "journal",
	.operands = "[RUN]",
	.summary = "what was done, by whom, when and why",
	.takes = OPT_QUEUE | OPT_JSON,
	.run = run,
};
