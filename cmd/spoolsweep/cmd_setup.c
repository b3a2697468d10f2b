/* setup: once, as root: the folders that acting needs. */
#include "cmd/spoolsweep/act.h"
#include "core/act/state.h"
#include "core/act/trash.h"

static int run(struct app *app)
{
	struct buf out = {0};

	if (app->noperands) {
		warn_text("setup takes no operand");
		return EXIT_USAGE;
	}
	/* The same as the first run with --apply does. */
	app->options.apply = true;
	app->as_started = act_make_folders;
	int code = prepare_owner(app);
	if (code != EXIT_DONE)
		return code;
	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		put(app, &out, slice_cstr(spool->path));
		buf_printf(
			&out, "/" TRASH_FOLDER "  the trash, of uid %u\n", (unsigned)spool->owner);
	}
	/* The queues of one run have one owner. */
	put(app, &out, slice_cstr(state_path()));
	buf_printf(&out, "/%u  the journals\n", (unsigned)app->spools.list[0]->owner);
	return print_buf(&out);
}

const struct command command_setup = {
	.name = "setup",
	.operands = "",
	.summary = "once, as root: make the trash and the folder of the journals",
	.takes = OPT_QUEUE,
	.run = run,
};
