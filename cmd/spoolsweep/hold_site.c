/* Sites where hold is another program's input: what hold, release and undo are there. */
#include <stdio.h>

#include "cmd/spoolsweep/act.h"

const struct spool *foreign_hold(const struct app *app)
{
	for (size_t i = 0; i < app->spools.count; i++)
		if (app->spools.list[i]->hold_user)
			return app->spools.list[i];
	return NULL;
}

/* For all queues of the run alike: in the trash mail is held anywhere. */
enum op act_hold_op(const struct app *app)
{
	return foreign_hold(app) ? OP_SHELVE : OP_HOLD;
}

int act_check_release(const struct app *app)
{
	const struct spool *spool = foreign_hold(app);

	if (!spool)
		return EXIT_DONE;
	warn_text("hold is %s's on this site: %s\n"
		  "it lets its mail go by itself, and what you release would go out past it;\n"
		  "what spoolsweep holds here lies in the trash, and undo RUN lets it go;\n"
		  "if hold is yours all the same, or this is meant: --hold-is-hold",
		spool->hold_user, spool->hold_reason);
	return EXIT_REFUSED;
}

int act_check_to_hold(const struct app *app, unsigned run)
{
	const struct spool *spool = foreign_hold(app);
	struct buf look = {0}, back = {0};

	if (!spool)
		return EXIT_DONE;
	put_command(app, &look, "list --trash %u", run);
	put_command(app, &back, "undo %u --to origin", run);
	warn_text("hold is %s's on this site: %s\n"
		  "what comes back there would be sent; it stays in the trash, where nothing is\n"
		  "to look at it: %s\n"
		  "to have it delivered: %s",
		spool->hold_user, spool->hold_reason, buf_str(&look), buf_str(&back));
	buf_free(&look);
	buf_free(&back);
	return EXIT_REFUSED;
}
