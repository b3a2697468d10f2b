/*
 * progress: one line on the terminal while a scan is long: how far it is, how
 * fast, and who leads so far, so that an answer is there before the end.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/query/group.h"

enum { QUIET_MS = 300, LEADER_MS = 1000 };

static struct {
	struct app *app;
	int64_t begin;
	int64_t next_leader; /* when to look again who leads */
	struct buf leader;
	bool shown;
} progress;

/* The account or, without accounts, the network with most of what was read so far. */
static void find_leader(struct app *app, struct snap *snap)
{
	static const char *const by[] = {"account", "client_net"};
	struct need need = snap->need;
	struct field_env env;
	struct bitset all = bitset_new(snap->rows);
	struct err err;

	for (size_t row = 0; row < snap->rows; row++)
		bitset_set(&all, row);
	field_env_init(&env, snap, app->now);
	buf_reset(&progress.leader);
	for (unsigned i = 0; i < 2 && !progress.leader.len; i++) {
		struct field_ref ref;
		if (field_find(slice_cstr(by[i]), &need, &ref, &err) != 0)
			continue;
		struct grouping grouping = group_rows(&ref, &env, &all, 2, GROUP_MESSAGES);
		for (size_t k = 0; k < grouping.count && !progress.leader.len; k++) {
			if (!grouping.groups[k].known)
				continue;
			buf_add(&progress.leader, SLICE("  so far "));
			units_share(&progress.leader, grouping.groups[k].messages, snap->rows);
			buf_addc(&progress.leader, ' ');
			put(app, &progress.leader,
				intern_get(&snap->strings, grouping.groups[k].id));
		}
		grouping_free(&grouping);
	}
	field_env_free(&env);
	bitset_free(&all);
}

static void show(void *ctx, const struct scan *scan)
{
	struct app *app = ctx;
	int64_t passed = clock_now_ms() - progress.begin;
	struct buf line = {0}, counts = {0};

	if (passed < QUIET_MS)
		return;
	if (clock_now_ms() >= progress.next_leader && scan->snap.rows) {
		/* The scan's own thread calls us between two messages: nobody else touches the snap. */
		find_leader(app, &app->scan.snap);
		progress.next_leader = clock_now_ms() + LEADER_MS;
	}
	units_count(&counts, scan->snap.rows);
	buf_add(&counts, SLICE(" of "));
	units_count(&counts, (int64_t)scan->listed);
	buf_printf(&counts, "+ read, %.1f s", (double)passed / 1000);
	buf_add(&counts, buf_slice(&progress.leader));
	buf_add(&line, SLICE("\r\033[K"));
	escape_fit(&line, buf_slice(&counts), app->output.columns ? app->output.columns - 1 : 79,
		app->output.charset);
	fwrite(line.ptr, 1, line.len, stderr);
	fflush(stderr);
	progress.shown = true;
	buf_free(&line);
	buf_free(&counts);
}

void progress_start(struct app *app, struct scan_options *options)
{
	if (!isatty(STDERR_FILENO))
		return;
	progress.app = app;
	progress.begin = clock_now_ms();
	options->progress = show;
	options->ctx = app;
}

void progress_end(struct app *app)
{
	(void)app;
	if (progress.shown)
		fputs("\r\033[K", stderr);
	progress.shown = false;
	buf_free(&progress.leader);
}
