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
#include "core/act/expunge.h"
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

static int find_in(size_t spool, int64_t wanted, bool even_young, struct victims *victims)
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
		if (victim.young && !even_young) {
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

static int find(struct app *app, int64_t wanted, bool even_young, struct victims *victims)
{
	struct err err;
	int code = EXIT_DONE;

	victims->trashes = xcalloc(app->spools.count, sizeof(*victims->trashes));
	for (size_t i = 0; i < app->spools.count; i++)
		victims->trashes[i] = -1;
	for (size_t i = 0; i < app->spools.count && code == EXIT_DONE; i++) {
		if (trash_open(app->spools.list[i], &victims->trashes[i], &err) == 0)
			code = find_in(i, wanted, even_young, victims);
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
	openlog("spoolsweep", LOG_PID, LOG_MAIL);
	syslog(LOG_NOTICE, "%s", buf_str(&line));
	closelog();
	buf_free(&line);
}

static int remove_all(struct app *app, const struct victims *victims)
{
	struct expunged sum = {0};
	struct disk disk;
	struct buf out = {0};
	struct err err;
	int code = EXIT_DONE;

	for (size_t i = 0; i < victims->count && code == EXIT_DONE; i++) {
		const struct victim *victim = &victims->list[i];
		struct expunged removed;
		int lock;
		code = act_lock(app, app->spools.list[victim->spool], &lock);
		if (code != EXIT_DONE)
			break;
		if (expunge_run(&fsops_real, victims->trashes[victim->spool], victim->run,
			    (unsigned)app->options.jobs, &interrupted, &removed, &err) != 0)
			code = complain(&err);
		else if (interrupted)
			code = EXIT_INTERRUPTED;
		close(lock);
		sum.files += removed.files;
		sum.bytes += removed.bytes;
		tell_syslog(app, victim, &removed);
	}
	if (code == EXIT_BUSY && !sum.files)
		return code;
	units_count(&out, (int64_t)sum.files);
	buf_add(&out, SLICE(" files removed, "));
	units_size(&out, sum.bytes);
	buf_add(&out, SLICE(" given back\nfree now: "));
	disk_look(app, &disk);
	disk_put_free(&disk, &out);
	buf_addc(&out, '\n');
	print_buf(&out);
	return code;
}

static void tell_kept(const struct app *app, const struct victims *victims)
{
	struct buf line = {0};
	char words[64];

	snprintf(words, sizeof(words), "expunge --now %u", victims->newest);
	put_command(app, &line, words);
	if (victims->kept == 1)
		warn_text("run %u is younger than a day and stays; to remove it all the same: %s",
			victims->newest, buf_str(&line));
	else
		warn_text("%zu runs are younger than a day and stay; one by one: %s", victims->kept,
			buf_str(&line));
	buf_free(&line);
}

static int expunge(struct app *app, int64_t wanted, bool even_young)
{
	struct victims victims = {0};

	int code = find(app, wanted, even_young, &victims);
	if (code == EXIT_DONE && victims.kept)
		tell_kept(app, &victims);
	if (code == EXIT_DONE && !victims.count) {
		if (!victims.kept)
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
