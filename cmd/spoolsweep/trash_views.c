/* --trash: the commands that read, over what lies in the trash instead of the queue. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"
#include "core/act/trash.h"
#include "core/base/xalloc.h"

static int add_view(const struct spool *spool, int trash, unsigned run, struct spools *views)
{
	struct err err;

	if (views->count == LIMIT_SPOOLS) {
		warn_text("more than %d runs in the trash: name one, as in --trash %u",
			LIMIT_SPOOLS, run);
		return EXIT_USAGE;
	}
	struct spool *view = trash_view(spool, trash, run, &err);
	if (!view && err.code != ERR_GONE)
		return complain(&err);
	if (!view) /* what is left are empty folders: all of it was brought back */
		return EXIT_DONE;
	free(view->name);
	view->name = xasprintf("run %u", run);
	view->number = (unsigned)views->count;
	views->list = xrealloc(views->list, views->count + 1, sizeof(struct spool *));
	views->list[views->count++] = view;
	return EXIT_DONE;
}

static int add_views(struct app *app, const struct spool *spool, struct spools *views)
{
	int64_t wanted = app->options.trash_run;
	int code = EXIT_DONE;
	unsigned *runs;
	size_t count;
	struct err err;
	int trash;

	if (trash_open(spool, &trash, &err) != 0)
		return err.code == ERR_GONE ? EXIT_DONE : complain(&err);
	if (trash_runs(trash, &runs, &count, &err) != 0) {
		close(trash);
		return complain(&err);
	}
	for (size_t i = 0; i < count && code == EXIT_DONE; i++)
		if (!wanted || runs[i] == wanted)
			code = add_view(spool, trash, runs[i], views);
	free(runs);
	close(trash);
	return code;
}

int use_trash(struct app *app)
{
	struct spools views = {.formats = app->spools.formats};
	int code = EXIT_DONE;

	for (size_t i = 0; i < app->spools.count && code == EXIT_DONE; i++)
		code = add_views(app, app->spools.list[i], &views);
	app->queues = app->spools;
	app->spools = views;
	if (code == EXIT_DONE && !views.count) {
		if (app->options.trash_run)
			warn_text("nothing of run %lld is in the trash",
				(long long)app->options.trash_run);
		else
			warn_text("the trash is empty");
		code = EXIT_NOTHING;
	}
	return code;
}

void leave_trash(struct app *app)
{
	if (!app->queues.formats)
		return;
	for (size_t i = 0; i < app->spools.count; i++)
		spool_view_close(app->spools.list[i]);
	free(app->spools.list);
	app->spools = app->queues;
	app->queues = (struct spools){0};
}
