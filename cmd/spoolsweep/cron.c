/* --cron: what was told is not told again, until it gets worse. */
#include <unistd.h>

#include "cmd/spoolsweep/findings.h"
#include "core/act/state.h"
#include "core/act/told.h"

static bool take_level(const struct app *app, enum level *level)
{
	*level = LEVEL_PROBABLE;
	return !app->options.level || level_parse(slice_cstr(app->options.level), level);
}

int cron_prepare(struct app *app)
{
	enum level level;
	struct err err;

	if (!take_level(app, &level)) {
		warn_text("--level takes note, suspect, probable or confirmed, not '%s'",
			app->options.level);
		return EXIT_USAGE;
	}
	const struct spool *spool = app->spools.count ? app->spools.list[0] : NULL;
	/* What is wrong with it is told when it is opened. */
	if (spool && app->started_as_root)
		state_make(&fsops_real, spool->owner, spool->group, &err);
	return EXIT_DONE;
}

static uint64_t asker(const struct app *app)
{
	const char **paths = xcalloc(app->spools.count + 1, sizeof(*paths));

	for (size_t i = 0; i < app->spools.count; i++)
		paths[i] = app->spools.list[i]->path;
	uint64_t hash = told_asker(paths, app->spools.count);
	free(paths);
	return hash;
}

/* Counts what reaches the level, and what of it is news; notes it down in `told`. */
static size_t look(const struct app *app, enum level level, struct told *told, size_t *reach)
{
	uint64_t who = asker(app);
	size_t news = 0;

	*reach = 0;
	told_forget(told, app->now);
	for (size_t i = 0; i < app->verdict.count; i++) {
		const struct finding *finding = &app->verdict.findings[i];
		if (finding->level < level || !finding_touches(app, finding))
			continue;
		bool is_news =
			told_is_news(told, who, finding->id, finding->level, finding->messages);
		told_note(told, who, finding->id, finding->level, finding->messages, is_news,
			app->now);
		news += is_news;
		++*reach;
	}
	return news;
}

bool cron_has_news(const struct app *app)
{
	enum level level;
	struct told told = {0};
	struct err err;
	size_t reach;
	int dir;

	take_level(app, &level);
	int status = state_open(app->spools.list[0]->owner, &dir, &err);
	if (status == 0)
		status = told_read(dir, &told, &err);
	bool damaged = status != 0 && dir >= 0;
	size_t news = look(app, level, &told, &reach);
	if (status == 0 || damaged) {
		struct err unread = err;
		/* A damaged file is made anew, so that the next run can be silent. */
		int written = told_write(dir, &told, &err);
		if (status != 0 && written == 0)
			err = unread;
		status = written != 0 ? written : status;
	}
	/* What cannot be kept in mind is told each time: better twice than never. */
	if (status != 0 && (reach || damaged))
		warn_text("what was told is not kept: %s", err.text);
	if (dir >= 0)
		close(dir);
	told_free(&told);
	return status != 0 ? reach > 0 : news > 0;
}
