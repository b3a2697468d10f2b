/* expunge: empties the trash, for good. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/log_messages.h"
#include "cmd/spoolsweep/victims.h"
#include "core/act/expunge.h"
#include "core/act/late.h"
#include "core/act/state.h"
#include "core/act/trash.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

static int print_plan(struct app *app, const struct victims *victims)
{
	struct buf out = {0};

	for (size_t i = 0; i < victims->count; i++) {
		const struct victim *victim = &victims->list[i];
		buf_printf(&out, "run %u in ", victim->run);
		put(app, &out, slice_cstr(app->spools.list[victim->spool]->path));
		buf_add(&out, SLICE(": "));
		units_count(&out, (int64_t)victim->found.files);
		buf_add(&out, SLICE(" files, "));
		units_size(&out, victim->found.bytes);
		buf_addc(&out, '\n');
	}
	if (!app->options.apply) {
		buf_add(&out, SLICE("nothing was removed; to remove it for good, add --apply\n"));
	}
	return print_buf(&out);
}

static int confirm(const struct app *app, uint64_t files)
{
	if (app->options.max >= 0 && files > (uint64_t)app->options.max) {
		warn_text("%llu files are more than --max %lld: nothing was done",
			(unsigned long long)files, (long long)app->options.max);
		return EXIT_REFUSED;
	}
	return confirm_count(app, "There is no way back. ", "files", files);
}

static void tell_syslog(
	const struct app *app, const struct victim *victim, const struct expunged *removed)
{
	struct buf line = {0};

	buf_printf(&line, "expunge: run %u, %llu of %llu files", victim->run,
		(unsigned long long)removed->files, (unsigned long long)victim->found.files);
	if (app->options.reason) {
		buf_add(&line, SLICE(", reason "));
		escape_text(&line, slice_upto(slice_cstr(app->options.reason), 500), ESCAPE_ASCII);
	}
	log_line(LOG_NOTICE, &line);
}

/*
 * Before the trash lets go of its messages, and of their inodes with them: what Postfix wrote
 * about them after their run. Of how many.
 */
static uint32_t sweep_late(struct app *app, const struct victim *victim, int trash)
{
	const struct spool *spool = app->spools.list[victim->spool];
	struct journal_log log = {0};
	struct err unused;
	uint32_t swept = 0;
	int state;

	/* Without a journal nobody knows what to look for, and it harms nobody. */
	if (state_open(spool->owner, &state, &unused) != 0)
		return 0;
	if (journal_read(state, victim->run, app->spools.formats, &log, &unused) == 0) {
		unsigned *numbers = act_find_spools(app, &log.head);
		struct spool *view = trash_view(spool, trash, victim->run, &unused);
		struct late late = {&fsops_real, spool, view};
		for (unsigned i = 0; view && i < log.head.nspools; i++)
			if (numbers[i] == victim->spool)
				swept += late_sweep(&late, &log, i);
		spool_view_close(view);
		free(numbers);
	}
	journal_log_free(&log);
	close(state);
	return swept;
}

static int tell_interrupted(void)
{
	warn_text("interrupted: the rest is in the trash still; the same command goes on");
	return EXIT_INTERRUPTED;
}

/* Over all runs. */
struct removing {
	struct progress progress;
	uint64_t files; /* to be removed */
	struct expunged done;
	uint32_t late; /* messages whose late logs went with them */
};

static void show_progress(void *ctx, uint64_t files)
{
	struct removing *removing = ctx;
	progress_show(&removing->progress, removing->done.files + files, removing->files);
}

/* EXIT_DONE also for one that is not to go any more. */
static int remove_run(
	struct app *app, const struct victim *victim, int trash, struct removing *removing)
{
	const struct expunge_options options = {
		.jobs = (unsigned)app->options.jobs,
		.progress = show_progress,
		.ctx = removing,
		.interrupted = &interrupted,
	};
	struct expunged removed;
	struct err err;
	int lock;

	int code = act_lock(app, app->spools.list[victim->spool], &lock);
	if (code != EXIT_DONE)
		return code;
	/* While somebody thought it over the rest of an old run was done. */
	if (!victim->young && is_young_run(trash, victim->run)) {
		warn_text("run %u was gone on with meanwhile, and stays", victim->run);
		close(lock);
		return EXIT_DONE;
	}
	removing->late += sweep_late(app, victim, trash);
	int r = expunge_run(&fsops_real, trash, victim->run, &options, &removed, &err);
	progress_hide(&removing->progress);
	if (r != 0)
		code = complain(&err);
	else if (interrupted)
		code = tell_interrupted();
	close(lock);
	removing->done.files += removed.files;
	removing->done.bytes += removed.bytes;
	tell_syslog(app, victim, &removed);
	return code;
}

static void tell_removed(const struct app *app, const struct removing *removing)
{
	struct disk disk;
	struct buf out = {0};

	units_count(&out, (int64_t)removing->done.files);
	buf_add(&out, SLICE(" files removed, "));
	units_size(&out, removing->done.bytes);
	buf_add(&out, SLICE(" given back\n"));
	if (removing->late)
		buf_printf(&out,
			"  with the logs that were written later about %u of the messages\n",
			removing->late);
	buf_add(&out, SLICE("free now: "));
	disk_look(app, &disk);
	disk_put_free(&disk, &out);
	buf_addc(&out, '\n');
	print_buf(&out);
}

static int remove_all(struct app *app, const struct victims *victims)
{
	struct removing removing = {.files = victims_files(victims)};
	int code = EXIT_DONE;

	progress_begin(&removing.progress, app);
	for (size_t i = 0; i < victims->count && code == EXIT_DONE; i++) {
		const struct victim *victim = &victims->list[i];
		code = remove_run(app, victim, victims->trashes[victim->spool], &removing);
	}
	if (code != EXIT_BUSY || removing.done.files)
		tell_removed(app, &removing);
	return code;
}

static int expunge(struct app *app, int64_t wanted, bool named)
{
	struct victims victims = {0};

	int code = victims_find(app, wanted, named, &victims);
	if (code == EXIT_DONE)
		victims_tell_kept(app, &victims);
	if (code == EXIT_DONE && !victims.count) {
		if (!victims.kept && !victims.held && !victims.unknown)
			warn_text("there is nothing in the trash%s", wanted ? " of that run" : "");
		code = EXIT_NOTHING;
	}
	if (code == EXIT_DONE)
		code = print_plan(app, &victims);
	if (code == EXIT_DONE && app->options.apply) {
		code = confirm(app, victims_files(&victims));
		if (code == EXIT_DONE)
			code = remove_all(app, &victims);
	}
	victims_free(&victims, app->spools.count);
	return code;
}

static int run(struct app *app)
{
	int64_t wanted = 0;
	const char *word = app->options.now ? app->options.now
		: app->noperands            ? app->operands[0]
					    : NULL;

	if (app->noperands > 1 || (app->options.now && app->noperands) ||
		(word && (!slice_to_i64(slice_cstr(word), &wanted) || wanted < 1))) {
		warn_text("expunge takes one run, --now RUN, or nothing for all that are older "
			  "than a day");
		return EXIT_USAGE;
	}
	int code = prepare_owner(app);
	if (code != EXIT_DONE)
		return code;
	catch_interrupts();
	return expunge(app, wanted, app->options.now != NULL);
}

const struct command command_expunge = {
	.name = "expunge",
	.operands = "[RUN]",
	.summary = "empty the trash for good; runs of the last day only with --now",
	.takes = OPT_QUEUE | OPT_ACT | OPT_EXPUNGE,
	.run = run,
};
