#include "cmd/spoolsweep/victims.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/act/trash.h"
#include "core/base/xalloc.h"

enum { YOUNG = 24 * 60 * 60 };

/* The age of a run is that of its folder: nothing is put into it later but logs. */
bool is_young_run(int trash, unsigned run)
{
	char name[16];
	struct stat st;

	snprintf(name, sizeof(name), "%u", run);
	return fstatat(trash, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_mtime > (int64_t)time(NULL) - YOUNG;
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
		victim.young = is_young_run(trash, runs[i]);
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

int victims_find(struct app *app, int64_t wanted, bool named, struct victims *victims)
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

void victims_free(struct victims *victims, size_t spools)
{
	for (size_t i = 0; victims->trashes && i < spools; i++)
		if (victims->trashes[i] >= 0)
			close(victims->trashes[i]);
	free(victims->trashes);
	free(victims->list);
}

uint64_t victims_files(const struct victims *victims)
{
	uint64_t files = 0;
	for (size_t i = 0; i < victims->count; i++)
		files += victims->list[i].found.files;
	return files;
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

static void tell_young(const struct app *app, const struct victims *victims)
{
	struct buf line = {0};

	if (!victims->kept)
		return;
	put_command(app, &line, "expunge --now %u", victims->newest);
	if (victims->kept == 1)
		warn_text("run %u is younger than a day and stays; to remove it all the same: %s",
			victims->newest, buf_str(&line));
	else
		warn_text("%zu runs are younger than a day and stay; one by one: %s", victims->kept,
			buf_str(&line));
	buf_free(&line);
}

void victims_tell_kept(const struct app *app, const struct victims *victims)
{
	tell_young(app, victims);
	tell_stays(app, "mail on hold in", victims->held, victims->holder);
	tell_stays(app, "no journal tells whether it is mail on hold: what is left of",
		victims->unknown, victims->last_unknown);
}
