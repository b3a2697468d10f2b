/* --ids-from: which messages, named one by one. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"

bool ids_from_stdin(const struct app *app)
{
	return app->options.ids_from && strcmp(app->options.ids_from, "-") == 0;
}

int act_open_ids(struct app *app)
{
	const char *path = app->options.ids_from;
	struct err err;

	/* A pipe may have nobody at its other end yet: that is waited for. */
	app->ids_file = ids_from_stdin(app) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					    : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (app->ids_file >= 0)
		return EXIT_DONE;
	err_sys(&err, "--ids-from %s", path);
	int code = complain(&err);
	return code == EXIT_NOTHING ? EXIT_IO : code;
}

/* Of any of the queues: which one it is in is found out later. */
static bool is_id(const void *ctx, struct slice id)
{
	const struct app *app = ctx;
	bool ok = false;

	for (size_t i = 0; i < app->spools.count && !ok; i++)
		ok = app->spools.list[i]->format->id_ok(id);
	return ok;
}

int act_read_ids(struct act *act)
{
	struct app *app = act->app;
	struct journal_head *head = &act->plan.head;
	const char *name = ids_from_stdin(app) ? "the standard input" : app->options.ids_from;
	struct err err;

	if (isatty(app->ids_file))
		warn_text("type the queue ids, one a line, and end with Ctrl-D");
	if (id_list_read(&act->ids, app->ids_file, name, is_id, app, &err) != 0)
		return complain(&err);
	head->ids_from = slice_cstr(app->options.ids_from);
	head->ids = id_list_count(&act->ids);
	if (head->ids)
		return EXIT_DONE;
	warn_text("there is no id in %s: nothing to do", name);
	return EXIT_NOTHING;
}

void act_keep_ids(struct act *act)
{
	struct app *app = act->app;
	struct id_list_left unused;

	id_list_keep(&act->ids, &app->scan.snap, &app->rows, &act->ids_left);
	id_list_keep(&act->ids, &app->scan.snap, &app->forgeable, &unused);
}

void act_tell_ids(const struct act *act)
{
	const struct id_list_left *left = &act->ids_left;
	uint32_t ids = act->plan.head.ids;

	if (left->missing)
		warn_text("%u of %u ids %s not in the queue", left->missing, ids,
			left->missing == 1 ? "is" : "are");
	if (left->unmatched)
		warn_text("%u of %u ids %s not match the filter", left->unmatched, ids,
			left->unmatched == 1 ? "does" : "do");
	if (left->ambiguous)
		warn_text("%u of %u ids %s more than one message each, and none of these is "
			  "touched: say which with -s DIR, or a FILTER such as queue_name=hold",
			left->ambiguous, ids, left->ambiguous == 1 ? "names" : "name");
}
