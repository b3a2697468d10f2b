/* expunge: empties the trash, for good. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/disk.h"
#include "cmd/spoolsweep/log_messages.h"
#include "core/act/expunge.h"
#include "core/act/late.h"
#include "core/act/state.h"
#include "core/act/trash.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

enum { YOUNG = 24 * 60 * 60 };

/* A run in the trash of a queue. */
struct victim {
	size_t spool;
	unsigned run;
	bool young;
	struct expunged found;
};

struct victims {
	struct victim *list;
	size_t count;
	size_t kept;     /* younger than a day */
	unsigned newest; /* the last of these */
	size_t held;     /* mail on hold, where that is in the trash */
	unsigned holder; /* the last of these */
	size_t unknown;  /* no journal says what they are: that may be mail on hold too */
	unsigned last_unknown;
	int *trashes;
};

/* The age of a run is that of its folder: nothing is put into it later but logs. */
static bool is_young(int trash, unsigned run, int64_t now)
{
	char name[16];
	struct stat st;

	snprintf(name, sizeof(name), "%u", run);
	return fstatat(trash, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime > now - YOUNG;
}

/* All of it was brought back. */
static bool is_empty(int trash, unsigned run)
{
	struct expunged found;
	struct err unused;

	return expunge_count(trash, run, &found, &unused) == 0 && !found.files;
}

static int find_in(
	const struct app *app, size_t spool, int64_t wanted, bool named, struct victims *victims)
{
	int trash = victims->trashes[spool];
	unsigned *runs;
	size_t count;
	struct err err;

	if (trash_runs(trash, &runs, &count, &err) != 0)
		return complain(&err);
	for (size_t i = 0; i < count; i++) {
		struct victim victim = {.spool = spool, .run = runs[i]};
		if (wanted && runs[i] != wanted)
			continue;
		/* By the clock: with --as-of nothing gets older. */
		victim.young = is_young(trash, runs[i], (int64_t)time(NULL));
		enum op op = named ? OP_PURGE : act_op_of(app, runs[i]);
		/* Held mail waits for somebody, however long. */
		if (op == OP_SHELVE && !is_empty(trash, runs[i])) {
			victims->held++;
			victims->holder = runs[i];
			continue;
		}
		if (op == OPS) {
			victims->unknown++;
			victims->last_unknown = runs[i];
			continue;
		}
		if (victim.young && !named) {
			victims->kept++;
			victims->newest = runs[i];
			continue;
		}
		if (expunge_count(trash, runs[i], &victim.found, &err) != 0) {
			free(runs);
			return complain(&err);
		}
		victims->list = xrealloc(victims->list, victims->count + 1, sizeof(*victims->list));
		victims->list[victims->count++] = victim;
	}
	free(runs);
	return EXIT_DONE;
}

static int find(struct app *app, int64_t wanted, bool named, struct victims *victims)
{
	struct err err;
	int code = EXIT_DONE;

	victims->trashes = xcalloc(app->spools.count, sizeof(*victims->trashes));
	for (size_t i = 0; i < app->spools.count; i++)
		victims->trashes[i] = -1;
	for (size_t i = 0; i < app->spools.count && code == EXIT_DONE; i++) {
		if (trash_open(app->spools.list[i], &victims->trashes[i], &err) == 0)
			code = find_in(app, i, wanted, named, victims);
		else if (err.code != ERR_GONE)
			code = complain(&err) == EXIT_PERMISSION ? tell_denied(app) : EXIT_IO;
	}
	return code;
}

static void victims_free(struct victims *victims, size_t spools)
{
	for (size_t i = 0; victims->trashes && i < spools; i++)
		if (victims->trashes[i] >= 0)
			close(victims->trashes[i]);
	free(victims->trashes);
	free(victims->list);
}

static uint64_t total_files(const struct victims *victims)
{
	uint64_t files = 0;
	for (size_t i = 0; i < victims->count; i++)
		files += victims->list[i].found.files;
	return files;
}

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
	uint64_t before, files;
};

static void show_progress(void *ctx, uint64_t files)
{
	struct removing *removing = ctx;
	progress_show(&removing->progress, removing->before + files, removing->files);
}

static int remove_all(struct app *app, const struct victims *victims)
{
	struct removing removing = {.files = total_files(victims)};
	struct expunge_options options = {
		.jobs = (unsigned)app->options.jobs,
		.progress = show_progress,
		.ctx = &removing,
		.interrupted = &interrupted,
	};
	struct expunged sum = {0};
	struct disk disk;
	struct buf out = {0};
	struct err err;
	uint32_t late = 0;
	int code = EXIT_DONE;

	progress_begin(&removing.progress, app);
	for (size_t i = 0; i < victims->count && code == EXIT_DONE; i++) {
		const struct victim *victim = &victims->list[i];
		struct expunged removed;
		int lock;
		code = act_lock(app, app->spools.list[victim->spool], &lock);
		if (code != EXIT_DONE)
			break;
		int trash = victims->trashes[victim->spool];
		/* While somebody thought it over the rest of an old run was done. */
		if (!victim->young && is_young(trash, victim->run, (int64_t)time(NULL))) {
			warn_text("run %u was gone on with meanwhile, and stays", victim->run);
			close(lock);
			continue;
		}
		late += sweep_late(app, victim, trash);
		int r = expunge_run(&fsops_real, trash, victim->run, &options, &removed, &err);
		progress_hide(&removing.progress);
		if (r != 0)
			code = complain(&err);
		else if (interrupted)
			code = tell_interrupted();
		close(lock);
		sum.files += removed.files;
		sum.bytes += removed.bytes;
		removing.before = sum.files;
		tell_syslog(app, victim, &removed);
	}
	if (code == EXIT_BUSY && !sum.files)
		return code;
	units_count(&out, (int64_t)sum.files);
	buf_add(&out, SLICE(" files removed, "));
	units_size(&out, sum.bytes);
	buf_add(&out, SLICE(" given back\n"));
	if (late)
		buf_printf(&out,
			"  with the logs that were written later about %u of the messages\n", late);
	buf_add(&out, SLICE("free now: "));
	disk_look(app, &disk);
	disk_put_free(&disk, &out);
	buf_addc(&out, '\n');
	print_buf(&out);
	return code;
}

static void tell_stays(const struct app *app, const char *what, size_t runs, unsigned last)
{
	struct buf line = {0};

	if (!runs)
		return;
	put_command(app, &line, "expunge --now %u", last);
	warn_text("%s %zu %s stays; one by one: %s", what, runs, runs == 1 ? "run" : "runs",
		buf_str(&line));
	buf_free(&line);
}

static void tell_kept(const struct app *app, const struct victims *victims)
{
	struct buf line = {0};

	put_command(app, &line, "expunge --now %u", victims->newest);
	if (victims->kept == 1)
		warn_text("run %u is younger than a day and stays; to remove it all the same: %s",
			victims->newest, buf_str(&line));
	else
		warn_text("%zu runs are younger than a day and stay; one by one: %s", victims->kept,
			buf_str(&line));
	buf_free(&line);
}

static int expunge(struct app *app, int64_t wanted, bool named)
{
	struct victims victims = {0};

	int code = find(app, wanted, named, &victims);
	if (code == EXIT_DONE && victims.kept)
		tell_kept(app, &victims);
	if (code == EXIT_DONE) {
		tell_stays(app, "mail on hold in", victims.held, victims.holder);
		tell_stays(app, "no journal tells whether it is mail on hold: what is left of",
			victims.unknown, victims.last_unknown);
	}
	if (code == EXIT_DONE && !victims.count) {
		if (!victims.kept && !victims.held && !victims.unknown)
			warn_text("there is nothing in the trash%s", wanted ? " of that run" : "");
		code = EXIT_NOTHING;
	}
	if (code == EXIT_DONE)
		code = print_plan(app, &victims);
	if (code == EXIT_DONE && app->options.apply) {
		code = confirm(app, total_files(&victims));
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
