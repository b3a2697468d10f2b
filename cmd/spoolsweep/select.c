/* Which of the messages that were read the filter selects. */
#include "cmd/spoolsweep/command.h"

static void show_inspected(void *progress, uint32_t done, uint32_t count)
{
	progress_show(progress, done, count);
}

/* Reads the messages whose content decides whether they are selected, and no others. */
static int read_content(struct app *app, const struct scan_options *options, struct err *err)
{
	const struct inspector *inspector = filter_inspector(app->filter);
	struct bitset unread = bitset_new(app->scan.snap.rows);
	struct scan_options inspecting = *options;
	struct progress progress;
	int status = 0;

	if (inspector)
		status = filter_unread(app->filter, &app->env, &unread, err);
	if (status == 0 && bitset_count(&unread) > 0) {
		progress_begin(&progress, app);
		inspecting.inspected = show_inspected;
		inspecting.ctx = &progress;
		status = scan_inspect(
			&app->scan, &app->spools, &unread, inspector, &inspecting, err);
		progress_hide(&progress);
	}
	bitset_free(&unread);
	return status;
}

static int select_rows(
	struct app *app, const struct scan_options *options, struct bitset *rows, struct err *err)
{
	if (read_content(app, options, err) != 0)
		return -1;
	return filter_run(app->filter, &app->env, rows, err);
}

/* What is not trusted is true of no message: with it the filter selects these, and perhaps more. */
int apply_filter(struct app *app, const struct scan_options *options, struct err *err)
{
	app->rows = bitset_new(app->scan.snap.rows);
	app->forgeable = bitset_new(app->scan.snap.rows);
	if (app->acting && !app->options.trust) {
		if (select_rows(app, options, &app->forgeable, err) != 0)
			return -1;
		app->env.trusted_only = true;
	}
	if (select_rows(app, options, &app->rows, err) != 0)
		return -1;
	bitset_subtract(&app->forgeable, &app->rows);
	return 0;
}
