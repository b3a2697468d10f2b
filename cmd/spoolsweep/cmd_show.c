/* show: one message: what the queue knows of it, its headers, its parts; or one of these. */
#include "cmd/spoolsweep/show.h"

/* Looks for the id in every spool. The first that has it wins; ids are per instance. */
static int find_message(struct app *app, struct shown *shown)
{
	const char *id = shown->id;
	const struct need need = {.parts = app->need.parts};
	bool valid = false;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		shown->spool = app->spools.list[i];
		valid |= shown->spool->format->id_ok(slice_cstr(id));
		struct unit unit = {.name = slice_cstr(id)};
		enum severity severity = shown->spool->format->find_id(
			shown->spool, &unit, &need, &shown->arena, &shown->record, &err);
		if (severity <= SEV_WARN)
			return EXIT_DONE;
		if (severity == SEV_FAIL) {
			warn_text("%s: %s", id, err.text);
			return err.code == ERR_PERMISSION ? tell_denied(app) : EXIT_IO;
		}
		if (severity == SEV_SKIP) {
			warn_text("%s: %s", id, err.text);
			return EXIT_NOTHING;
		}
	}
	if (valid)
		warn_text("no message %s here: it was delivered or removed, or is in another queue",
			id);
	else
		warn_text("'%s' is no queue id; spoolsweep list shows them", id);
	return valid ? EXIT_NOTHING : EXIT_USAGE;
}

/* The index of that one message, for the fields that are derived there. */
static void index_message(struct app *app, struct shown *shown)
{
	struct buf text = {0};

	snap_init(&app->scan.snap, (const struct spool *const *)app->spools.list, app->spools.count,
		&app->need);
	for (uint32_t i = 0; i < shown->record.nrcpts; i++) {
		struct rcpt *rcpt = &shown->record.rcpts[i];
		if (!slice_known(rcpt->reason))
			continue;
		buf_reset(&text);
		reason_normalise(&text, rcpt->reason);
		rcpt->reason_key = arena_copy(&shown->arena, buf_slice(&text));
	}
	buf_free(&text);
	snap_add(&app->scan.snap, shown->spool->number, &shown->record);
	field_env_init(&app->env, &app->scan.snap, app->now);
}

/*
 * A copy that a content filter handed back has lost its login; the rest of the
 * queue may tell whose it was. A look at all envelopes finds out.
 */
static void find_lost_login(struct app *app, const struct shown *shown)
{
	const struct need envelopes = {0};
	const struct scan_options options = {0};
	struct scan scan = {0};
	struct err err;

	if (!snap_is_copy(&app->scan.snap, 0))
		return;
	if (scan_run(&scan, &app->spools, &envelopes, &options, &err) == 0) {
		for (uint32_t row = 0; row < scan.snap.rows; row++)
			if (scan.snap.small[row].spool == shown->spool->number &&
				slice_eq(snap_text(&scan.snap, COL_QUEUE_ID, row),
					shown->record.queue_id))
				snap_set_lost_login(&app->scan.snap, 0,
					snap_text(&scan.snap, COL_LOST_LOGIN, row));
	}
	scan_free(&scan);
}

/* In both forms the envelope is shown, whatever became of the content. */
static int show_all(struct app *app, struct shown *shown)
{
	struct viewer viewer = {0};

	show_look(shown, LIMIT_VIEW_MESSAGE, &viewer);
	viewer_stop(&viewer);
	return app->options.json ? show_json(app, shown) : show_text(app, shown);
}

static int show_found(struct app *app, struct shown *shown)
{
	if (app->options.raw || app->options.headers)
		return show_content(app, shown);
	if (app->options.part)
		return show_part(app, shown);
	index_message(app, shown);
	find_lost_login(app, shown);
	if (!app->options.trash)
		show_find_findings(app, shown);
	return show_all(app, shown);
}

static int make_out(struct app *app)
{
	return make_file(app, app->options.out);
}

static int check_options(struct app *app)
{
	const struct options *options = &app->options;

	if (app->noperands != 1) {
		warn_text("show takes one queue id: spoolsweep show ID");
		return EXIT_USAGE;
	}
	if (options->part && options->part[strspn(options->part, "0123456789.")]) {
		warn_text(
			"--part takes the number of a part, such as 1.2, not '%s'", options->part);
		return EXIT_USAGE;
	}
	if (options->out && !options->part && !options->raw && !options->headers) {
		warn_text("--out is for --part, --raw and --headers");
		return EXIT_USAGE;
	}
	if (options->out)
		app->as_started = make_out;
	return EXIT_DONE;
}

static int run(struct app *app)
{
	struct shown shown = {0};

	int code = check_options(app);
	if (code != EXIT_DONE)
		return code;
	app->need.parts = NEED_ALL;
	shown.id = app->operands[0];
	code = prepare_owner(app);
	if (code == EXIT_DONE)
		code = find_message(app, &shown);
	if (code == EXIT_DONE)
		code = show_found(app, &shown);
	if (code != EXIT_DONE)
		drop_file(app, app->options.out);
	buf_free(&shown.content);
	buf_free(&shown.answer);
	arena_free(&shown.arena);
	return code;
}

const struct command command_show = {
	.name = "show",
	.operands = "ID",
	.summary = "one message: envelope with the source of each fact, reasons, headers, parts",
	.takes = OPT_QUEUE | OPT_JSON | OPT_SHOW | OPT_TRASH,
	.run = run,
};
