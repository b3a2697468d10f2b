/*
 * progress: one line on the terminal while something is long. Of a scan: how far it
 * is, how fast, and who leads so far, so that an answer is there before the end.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"
#include "cmd/spoolsweep/progress_line.h"
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
} scanning;

/* ---- the line ---- */

/* As wide as it is now: it may be made larger meanwhile. The last column would wrap. */
static size_t width_of_stderr(void)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
	return known ? size.ws_col - 1U : 79;
}

void progress_words(const struct app *app, const char *words)
{
	struct buf line = {0};

	if (!app->output.live)
		return;
	buf_add(&line, SLICE("\r\033[K"));
	if (words)
		escape_fit(&line, slice_cstr(words), width_of_stderr(), app->output.charset);
	fwrite(line.ptr, 1, line.len, stderr);
	fflush(stderr);
	buf_free(&line);
}

/* ---- of anything ---- */

void progress_begin(struct progress *progress, const struct app *app)
{
	*progress = (struct progress){.app = app, .begin = clock_now_ms(), .before = UINT64_MAX};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t count)
{
	const struct app *app = progress->app;
	int64_t passed = clock_now_ms() - progress->begin;
	struct buf line = {0};

	if (progress->before == UINT64_MAX)
		progress->before = done;
	if (!app->output.live || passed < QUIET_MS)
		return;
	progress_line(&line,
		&(struct progress_facts){
			.done = done, .count = count, .before = progress->before, .passed = passed},
		width_of_stderr(), app->output.charset);
	progress_words(app, buf_str(&line));
	progress->shown = true;
	buf_free(&line);
}

void progress_hide(struct progress *progress)
{
	if (progress->shown)
		progress_words(progress->app, NULL);
	progress->shown = false;
}

/* ---- of a scan ---- */

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
	buf_reset(&scanning.leader);
	for (unsigned i = 0; i < 2 && !scanning.leader.len; i++) {
		struct field_ref ref;
		if (field_find(slice_cstr(by[i]), &need, &ref, &err) != 0)
			continue;
		struct grouping grouping = group_rows(&ref, &env, &all, 2, GROUP_MESSAGES);
		for (size_t k = 0; k < grouping.count && !scanning.leader.len; k++) {
			if (!grouping.groups[k].known)
				continue;
			buf_add(&scanning.leader, SLICE("  so far "));
			units_share(&scanning.leader, grouping.groups[k].messages, snap->rows);
			buf_addc(&scanning.leader, ' ');
			put(app, &scanning.leader,
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
	int64_t passed = clock_now_ms() - scanning.begin;
	struct buf counts = {0};

	if (passed < QUIET_MS)
		return;
	if (clock_now_ms() >= scanning.next_leader && scan->snap.rows) {
		/* The scan's own thread calls us between two messages: nobody else touches the snap. */
		find_leader(app, &app->scan.snap);
		scanning.next_leader = clock_now_ms() + LEADER_MS;
	}
	units_count(&counts, scan->snap.rows);
	buf_add(&counts, SLICE(" of "));
	units_count(&counts, (int64_t)scan->listed);
	buf_printf(&counts, "+ read, %.1f s", (double)passed / 1000);
	buf_add(&counts, buf_slice(&scanning.leader));
	progress_words(app, buf_str(&counts));
	scanning.shown = true;
	buf_free(&counts);
}

void progress_start(struct app *app, struct scan_options *options)
{
	if (!app->output.live)
		return;
	scanning.app = app;
	scanning.begin = clock_now_ms();
	options->progress = show;
	options->ctx = app;
}

void progress_end(struct app *app)
{
	if (scanning.shown)
		progress_words(app, NULL);
	scanning.shown = false;
	buf_free(&scanning.leader);
}
