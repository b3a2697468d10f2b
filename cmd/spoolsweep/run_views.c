/* What a run put into the trash, read in place of the queue it came from. */
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/trash.h"
#include "core/base/xalloc.h"

/* The run's folder in each trash, as a queue to be read in place of the real one. */
int act_open_views(struct act *act, unsigned number)
{
	struct app *app = act->app;
	size_t found = 0;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		int trash = act->trashes[i];
		if (trash < 0 && trash_open(spool, &trash, &err) != 0)
			continue;
		act->views[i] = trash_view(spool, trash, number, &err);
		if (act->views[i]) {
			act->places[i].places.trash = dup(act->views[i]->fd);
			act->places[i].from = act->views[i];
			found++;
		}
		if (trash != act->trashes[i])
			close(trash);
	}
	if (found)
		return EXIT_DONE;
	warn_text("nothing is left of run %u in the trash: it was undone, or expunged", number);
	return EXIT_NOTHING;
}

/* The scan reads the views; everything else goes on with the queues. */
int act_scan_views(struct act *act)
{
	struct app *app = act->app;
	struct spools queues = app->spools;
	struct spool **views = xcalloc(queues.count, sizeof(struct spool *));

	app->spools.list = views;
	app->spools.count = 0;
	for (size_t i = 0; i < queues.count; i++) {
		if (!act->views[i])
			continue;
		act->views[i]->number = (unsigned)app->spools.count; /* its place in this scan */
		views[app->spools.count++] = act->views[i];
	}
	int code = scan_spools(app);
	app->spools = queues;
	act->scanned = views;
	return code;
}
