#include "cmd/spoolsweep/log_messages.h"

#include <paths.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cmd/spoolsweep/act.h"
#include "core/act/journal.h"
#include "core/base/clock.h"
#include "core/base/units.h"

/*
 * What the daemons take before they drop lines, and not ours alone: rsyslog 20,000 in ten
 * minutes, journald 10,000 in half a minute. So half of the first, and less than the second.
 */
enum {
	FEW = 5000,
	BURST = 20,
	PAUSE_MS = 100,
	MOST_IN_WINDOW = 10000,
	WINDOW_MS = 10 * 60 * 1000,
};

void log_line(int priority, struct buf *line)
{
	openlog("spoolsweep", LOG_PID, LOG_MAIL);
	syslog(priority, "%s", buf_str(line));
	closelog();
	buf_free(line);
}

/* ---- not too fast ---- */

struct pace {
	const struct app *app;
	uint32_t count, sent;
	int64_t window; /* when the line came that was first in it */
};

static void show(const struct pace *pace)
{
	struct buf words = {0};

	if (!pace->app->output.live)
		return;
	buf_add(&words, SLICE("done; writing to the mail log, line "));
	units_count(&words, pace->sent);
	buf_add(&words, SLICE(" of "));
	units_count(&words, pace->count);
	buf_add(&words, SLICE("; Ctrl-C ends only that"));
	progress_words(pace->app, buf_str(&words));
	buf_free(&words);
}

/* In small steps: a signal that comes just before one is seen behind it. */
static void rest(int64_t milliseconds)
{
	static const struct timespec step = {.tv_nsec = PAUSE_MS * 1000000L};
	int64_t end = clock_now_ms() + milliseconds;

	do
		nanosleep(&step, NULL);
	while (!interrupted && clock_now_ms() < end);
}

/* Before the next line. False when the user does not want to wait. */
static bool pace_wait(struct pace *pace)
{
	if (pace->sent % MOST_IN_WINDOW == 0) {
		int64_t left = pace->sent ? pace->window + WINDOW_MS - clock_now_ms() : 0;
		if (left > 0) {
			show(pace);
			rest(left);
		}
		pace->window = clock_now_ms();
	} else if (pace->sent % BURST == 0) {
		show(pace);
		rest(PAUSE_MS);
	}
	pace->sent += !interrupted;
	return !interrupted;
}

/* ---- the lines ---- */

static void log_all(const struct app *app, const struct journal_log *log, struct pace *pace)
{
	unsigned *numbers = act_find_spools(app, &log->head);

	/* One connection for all: glibc makes a new one only where the daemon was started anew. */
	openlog("spoolsweep", LOG_PID | LOG_NDELAY, LOG_MAIL);
	for (uint32_t i = 0; i < log->nitems; i++) {
		const struct journal_item *item = &log->items[i];
		struct buf id = {0};
		if (!outcome_is_done((enum outcome)log->outcomes[i].outcome) ||
			numbers[item->spool] == ACT_NO_SPOOL)
			continue;
		if (!pace_wait(pace))
			break;
		const struct spool *spool = app->spools.list[numbers[item->spool]];
		escape_text(&id, item->id, ESCAPE_ASCII);
		syslog(LOG_INFO, "%s: %s", buf_str(&id), spool->format->logged_as(log->head.op));
		buf_free(&id);
	}
	closelog();
	free(numbers);
}

void log_messages(const struct app *app, int state, unsigned run)
{
	enum when when = app->options.log_messages;
	struct journal_log log = {0};
	struct err err;

	/* Where nobody takes lines there is nothing to wait for. */
	if (when == WHEN_NEVER || access(_PATH_LOG, W_OK) != 0)
		return;
	int result = journal_read_counts(state, run, &log, &err);
	struct pace pace = {.app = app, .count = outcomes_done(log.counts)};
	journal_log_free(&log);
	if (result == 0 && pace.count > FEW && when != WHEN_ALWAYS)
		return;
	if (result == 0)
		result = journal_read(state, run, app->spools.formats, &log, &err);
	if (result != 0) {
		complain(&err);
	} else {
		interrupted = 0;
		catch_interrupts();
		log_all(app, &log, &pace);
		progress_words(app, NULL);
		if (interrupted)
			warn_text("interrupted: the run is done, but only %u of its %u messages "
				  "are in the mail log",
				pace.sent, pace.count);
	}
	journal_log_free(&log);
}
