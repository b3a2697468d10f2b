#include "cmd/spoolsweep/trash_facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/act/trash.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

/* Counts the messages of a run; the walk may name one twice. */
struct counter {
	struct walk_sink sink;
	struct hashset seen; /* by inode */
	int64_t bytes;
	bool failed;
};

static bool count_units(
	struct walk_sink *sink, struct folder *folder, const struct unit *units, size_t count)
{
	struct counter *counter = (struct counter *)sink;
	struct stat st;

	for (size_t i = 0; i < count; i++) {
		char name[256];
		if (units[i].name.len >= sizeof(name))
			continue;
		memcpy(name, units[i].name.ptr, units[i].name.len);
		name[units[i].name.len] = '\0';
		if (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && hashset_add(&counter->seen, st.st_ino))
			counter->bytes += st.st_size;
	}
	return true;
}

static void note_failure(
	struct walk_sink *sink, const struct spool *spool, struct slice path, const struct err *err)
{
	(void)spool, (void)path, (void)err;
	((struct counter *)sink)->failed = true;
}

static bool count_run(const struct spool *spool, int trash, unsigned run, struct hashset *numbers,
	struct trash_facts *facts)
{
	struct counter counter = {.sink = {.units = count_units, .failed = note_failure}};
	struct err err;

	struct spool *view = trash_view(spool, trash, run, &err);
	/* A run of which everything was brought back keeps folders, or none at all. */
	if (!view)
		return err.code == ERR_GONE;
	counter.failed |= view->format->walk(view, 0, &counter.sink, &err) != 0;
	spool_view_close(view);
	if (counter.seen.count) {
		facts->messages += (uint32_t)counter.seen.count;
		facts->bytes += counter.bytes;
		facts->runs += hashset_add(numbers, run);
		facts->run = run;
	}
	hashset_free(&counter.seen);
	return !counter.failed;
}

/* The runs in the trash of one queue; none where there is no trash. */
static bool list_runs(const struct spool *spool, int *trash, unsigned **runs, size_t *count)
{
	struct err err;

	*trash = -1;
	*runs = NULL;
	*count = 0;
	if (trash_open(spool, trash, &err) != 0)
		return err.code == ERR_GONE;
	return trash_runs(*trash, runs, count, &err) == 0;
}

void count_trash(const struct app *app, struct trash_facts *facts)
{
	struct hashset numbers = {0}; /* a run may be about several queues */

	*facts = (struct trash_facts){.known = true};
	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		unsigned *runs;
		size_t count;
		int trash;
		facts->known &= list_runs(spool, &trash, &runs, &count);
		for (size_t k = 0; k < count; k++)
			facts->known &= count_run(spool, trash, runs[k], &numbers, facts);
		free(runs);
		if (trash >= 0)
			close(trash);
	}
	hashset_free(&numbers);
}

static int compare_runs(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return (x > y) - (x < y);
}

unsigned *find_trash_runs(const struct app *app, size_t *count)
{
	unsigned *all = xcalloc(1, sizeof(*all)), *runs;
	bool known = true;
	size_t more, kept = 0;
	int trash;

	*count = 0;
	for (size_t i = 0; i < app->spools.count; i++) {
		known &= list_runs(app->spools.list[i], &trash, &runs, &more);
		all = xrealloc(all, *count + more + 1, sizeof(*all));
		if (more)
			memcpy(all + *count, runs, more * sizeof(*all));
		*count += more;
		free(runs);
		if (trash >= 0)
			close(trash);
	}
	qsort(all, *count, sizeof(*all), compare_runs);
	for (size_t i = 0; i < *count; i++)
		if (!kept || all[kept - 1] != all[i])
			all[kept++] = all[i];
	*count = kept;
	if (known)
		return all;
	free(all);
	return NULL;
}

bool is_among_runs(const unsigned *runs, size_t count, unsigned run)
{
	return runs && bsearch(&run, runs, count, sizeof(*runs), compare_runs);
}

void print_trash(const struct trash_facts *facts, struct buf *out)
{
	if (!facts->known)
		return;
	buf_add(out, SLICE("trash "));
	if (!facts->messages) {
		buf_add(out, SLICE("empty"));
		return;
	}
	units_count(out, facts->messages);
	if (facts->runs == 1)
		buf_printf(out, " in run %u", facts->run);
	else
		buf_printf(out, " in %u runs", facts->runs);
}

void sink_trash(struct sink *sink, const struct trash_facts *facts)
{
	if (!facts->known) {
		sink_null(sink, "trash");
		return;
	}
	sink_object(sink, "trash");
	sink_int(sink, "messages", facts->messages);
	sink_int(sink, "bytes", facts->bytes);
	sink_end(sink);
}
