/* journal RUN: one run, and what did not go as planned. */
#include "cmd/spoolsweep/run_print.h"

#include <stdio.h>

#include "core/base/units.h"

void run_add_state(struct buf *out, const struct journal_log *log)
{
	uint32_t told = 0;

	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		told += log->counts[i];
	if (log->running)
		buf_add(out, SLICE("running"));
	else if (!log->went)
		buf_add(out, SLICE("never began"));
	else if (!log->ended)
		buf_printf(out, "stopped at %u of %u", told, log->nitems);
	else
		buf_add(out, SLICE("finished"));
}

void run_add_who(const struct app *app, struct buf *out, const struct journal_head *head)
{
	buf_printf(out, "uid %lld", (long long)head->uid);
	if (slice_known(head->sudo_user)) {
		buf_add(out, SLICE(" for "));
		put(app, out, head->sudo_user);
	} else if (head->login_uid >= 0 && head->login_uid != head->uid) {
		buf_printf(out, ", logged in as uid %lld", (long long)head->login_uid);
	}
}

const char *run_what_word(const struct journal_head *head)
{
	return head->undoes ? "undo" : op_name(head->op);
}

void run_sink(struct sink *sink, const struct journal_log *log)
{
	const struct journal_head *head = &log->head;

	sink_int(sink, "run", head->number);
	sink_text(sink, "op", slice_cstr(op_name(head->op)));
	sink_int(sink, "started", head->started);
	sink_int(sink, "uid", head->uid);
	if (head->login_uid >= 0)
		sink_int(sink, "login_uid", head->login_uid);
	else
		sink_null(sink, "login_uid");
	sink_text(sink, "sudo_user", head->sudo_user);
	sink_text(sink, "command", head->command);
	sink_text(sink, "filter", head->filter);
	if (head->ids)
		sink_int(sink, "ids", head->ids);
	else
		sink_null(sink, "ids");
	sink_text(sink, "ids_from", head->ids_from);
	sink_text(sink, "reason", head->reason);
	if (head->undoes)
		sink_int(sink, "undoes", head->undoes);
	else
		sink_null(sink, "undoes");
	sink_int(sink, "messages", head->items);
	sink_object(sink, "outcomes");
	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		sink_int(sink, outcome_name((enum outcome)i), log->counts[i]);
	sink_end(sink);
	sink_bool(sink, "running", log->running);
	sink_bool(sink, "complete", log->ended);
}

static void add_line(const struct app *app, struct buf *out, const char *name, struct slice value)
{
	if (!slice_known(value) || !value.len)
		return;
	buf_printf(out, "  %-9s", name);
	put(app, out, value);
	buf_addc(out, '\n');
}

/* What did not go as planned, message by message; what went well is a count. */
static int print_exceptions(const struct app *app, struct buf *out, const struct journal_log *log)
{
	enum { AT_ONCE = 64 * 1024 };
	int code = EXIT_DONE;

	for (uint32_t i = 0; i < log->nitems && code == EXIT_DONE; i++) {
		enum outcome outcome = (enum outcome)log->outcomes[i].outcome;
		bool plain = outcome == OUTCOME_DONE && !slice_known(journal_words(log, i));
		if (plain || (outcome == OUTCOME_NONE && log->ended) || outcome == OUTCOME_NONE)
			continue;
		buf_addc(out, ' ');
		buf_addc(out, ' ');
		put(app, out, log->items[i].id);
		buf_printf(out, "  %s", outcome_name(outcome));
		if (slice_known(journal_words(log, i))) {
			buf_add(out, SLICE(": "));
			put(app, out, journal_words(log, i));
		}
		buf_addc(out, '\n');
		if (out->len >= AT_ONCE)
			code = print_buf(out);
	}
	return code;
}

/* A run that was killed leaves two ways to go on. */
static void add_next(const struct app *app, struct buf *out, const struct journal_head *head)
{
	buf_add(out, SLICE("to do the rest: "));
	put_command(app, out, "apply --resume %u", head->number);
	if (!head->no_undo) {
		buf_add(out, SLICE("\nto take back what was done: "));
		put_command(app, out, "undo %u", head->number);
	}
	buf_addc(out, '\n');
}

static int print_text(struct app *app, const struct journal_log *log)
{
	const struct journal_head *head = &log->head;
	struct buf out = {0}, cell = {0};

	buf_printf(&out, "run %u: %s", head->number, run_what_word(head));
	if (head->undoes)
		buf_printf(&out, " of run %u", head->undoes);
	buf_add(&out, SLICE(", "));
	run_add_state(&out, log);
	buf_addc(&out, '\n');
	units_time(&cell, head->started);
	add_line(app, &out, "started", buf_slice(&cell));
	buf_reset(&cell);
	run_add_who(app, &cell, head);
	add_line(app, &out, "by", buf_slice(&cell));
	add_line(app, &out, "command", head->command);
	add_line(app, &out, "filter", head->filter);
	if (head->ids) {
		buf_reset(&cell);
		units_count(&cell, head->ids);
		buf_add(&cell, SLICE(" from "));
		buf_add(&cell,
			slice_eq(head->ids_from, SLICE("-")) ? SLICE("standard input")
							     : head->ids_from);
		add_line(app, &out, "ids", buf_slice(&cell));
	}
	add_line(app, &out, "reason", head->reason);
	for (unsigned i = 0; i < head->nspools; i++)
		add_line(app, &out, "queue", head->spools[i].path);
	buf_reset(&cell);
	units_count(&cell, head->items);
	for (unsigned i = OUTCOME_NONE + 1; i < OUTCOMES; i++) {
		if (!log->counts[i])
			continue;
		buf_printf(&cell, ", %s ", outcome_name((enum outcome)i));
		units_count(&cell, log->counts[i]);
	}
	add_line(app, &out, "messages", buf_slice(&cell));
	int code = print_exceptions(app, &out, log);
	if (log->went && !log->ended && !log->running)
		add_next(app, &out, head);
	buf_free(&cell);
	int rest = print_buf(&out);
	return code == EXIT_DONE ? rest : code;
}

static int print_json(struct app *app, const struct journal_log *log)
{
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.journal/1"));
	run_sink(sink, log);
	sink_array(sink, "items");
	for (uint32_t i = 0; i < log->nitems; i++) {
		enum outcome outcome = (enum outcome)log->outcomes[i].outcome;
		sink_object(sink, NULL);
		sink_text(sink, "queue_id", log->items[i].id);
		sink_text(sink, "spool", log->head.spools[log->items[i].spool].path);
		if (outcome == OUTCOME_NONE)
			sink_null(sink, "outcome");
		else
			sink_text(sink, "outcome", slice_cstr(outcome_name(outcome)));
		sink_text(sink, "why", journal_words(log, i));
		sink_end(sink);
	}
	sink_end(sink);
	sink_end(sink);
	return print_sink(sink);
}

int run_print(struct app *app, int state, unsigned number)
{
	struct journal_log log = {0};
	struct err err;

	if (journal_read(state, number, app->spools.formats, &log, &err) != 0) {
		struct buf line = {0};
		int code = complain(&err);
		put_command(app, &line, "journal");
		warn_text("%s lists the runs there are", buf_str(&line));
		buf_free(&line);
		return code;
	}
	int code = app->options.json ? print_json(app, &log) : print_text(app, &log);
	journal_log_free(&log);
	return code;
}
