/* --plan-out: the plan into a file, for `apply`. */
#include <fcntl.h>
#include <sys/stat.h>

#include "cmd/spoolsweep/act.h"

int act_open_plan(struct app *app)
{
	const char *path = app->options.plan_out;
	struct stat st;
	struct err err;

	if (app->options.apply) {
		warn_text("--plan-out and --apply exclude each other: save the plan, look at it, "
			  "then spoolsweep apply %s",
			path);
		return EXIT_USAGE;
	}
	app->file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (app->file < 0 || fstat(app->file, &st) != 0) {
		err_sys(&err, "--plan-out %s", path);
		int code = complain(&err);
		return code == EXIT_NOTHING ? EXIT_IO : code;
	}
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return EXIT_DONE;
	warn_text("%s is there already and is not overwritten: name another file", path);
	return EXIT_USAGE;
}

int act_save_plan(struct act *act)
{
	const struct app *app = act->app;
	struct buf command = {0}, line = {0};
	struct err err;

	act_fill_head(act, &command);
	struct journal *plan = journal_plan(&fsops_real, app->file, &act->plan.head, &err);
	bool saved = plan != NULL;
	for (size_t row = bitset_next(&app->rows, 0); saved && row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		struct journal_item item = plan_item(&app->scan.snap, (uint32_t)row);
		saved = journal_item(plan, &item, &err) == 0;
	}
	saved = saved && journal_go(plan, &err) == 0;
	if (plan)
		journal_close(plan);
	buf_free(&command);
	if (!saved)
		return complain(&err);
	add_argument(&line, app->options.plan_out);
	struct buf text = {0};
	put_command(app, &text, "apply %s", buf_str(&line));
	warn_text("the plan is saved; to do just this: %s", buf_str(&text));
	buf_free(&text);
	buf_free(&line);
	return EXIT_DONE;
}
