/* The report for people: an answer first, then tables. */
#include <unistd.h>

#include "cmd/spoolsweep/findings.h"
#include "cmd/spoolsweep/group_rows.h"
#include "cmd/spoolsweep/report.h"
#include "cmd/spoolsweep/report_facts.h"
#include "cmd/spoolsweep/spool_facts.h"
#include "cmd/spoolsweep/trash_facts.h"
#include "core/base/units.h"

enum { DEFAULT_LIMIT = 6 };

static void print_spools(const struct app *app, struct buf *out)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		size_t begin = out->len;
		put(app, out, spool->site.hostname.len ? spool->site.hostname : slice_cstr(host));
		buf_addc(out, ' ');
		put(app, out, slice_cstr(spool->name));
		buf_addc(out, ' ');
		put(app, out, slice_cstr(spool->path));
		/* Of a copy it would alarm for nothing to read that the MTA is stopped. */
		bool copy = spool->mta == MTA_STOPPED && !spool->config_path;
		buf_printf(out, ", %s", copy ? "offline copy" : mta_word(spool->mta));
		if (i == 0) {
			struct buf right = {0};
			units_time(&right, app->now);
			buf_printf(&right, ", %.1f s", app->scan.seconds);
			size_t used = out->len - begin;
			buf_pad(out, ' ', used + right.len + 2 < 80 ? 80 - used - right.len : 2);
			buf_add(out, buf_slice(&right));
			buf_free(&right);
		}
		buf_addc(out, '\n');
	}
}

/*
 * A full active queue keeps all other mail waiting. Messages come and go while
 * we count, so one in a hundred may be missing.
 */
static bool is_full(const struct app *app, const struct queue_count *queue)
{
	uint64_t limit = 0;
	for (size_t i = 0; i < app->spools.count; i++)
		limit += app->spools.list[i]->active_limit;
	return queue->state == STATE_ACTIVE && limit &&
		(uint64_t)queue->messages * 100 >= limit * 99;
}

static void print_totals(const struct app *app, const struct totals *totals, struct buf *out)
{
	size_t width = app->output.columns ? app->output.columns : 80;
	struct trash_facts trash;
	struct buf last = {0};

	units_count(out, totals->messages);
	buf_add(out, totals->messages == 1 ? SLICE(" message  ") : SLICE(" messages  "));
	units_count(out, (int64_t)totals->recipients);
	buf_add(out,
		totals->recipients == 1 ? SLICE(" recipient waiting  ")
					: SLICE(" recipients waiting  "));
	units_size(out, totals->bytes);
	if (totals->oldest != WIDE_UNKNOWN) {
		buf_add(out, SLICE("  oldest "));
		units_age(out, app->now - totals->oldest);
	}
	buf_addc(out, '\n');
	size_t begin = out->len;
	for (size_t i = 0; i < totals->nqueues; i++) {
		buf_add(out, i ? SLICE("  ") : SLICE(""));
		put(app, out, totals->queues[i].name);
		buf_addc(out, ' ');
		units_count(out, totals->queues[i].messages);
		if (is_full(app, &totals->queues[i]))
			buf_add(out, SLICE(" (full)"));
		if (totals->queues[i].state == STATE_HELD && foreign_hold(app))
			buf_printf(out, " (%s's)", foreign_hold(app)->hold_user);
	}
	/* Of an empty queue with an empty trash enough was said. */
	count_trash(app, &trash);
	print_trash(&trash, &last);
	if (totals->nqueues && last.len)
		buf_add(out, out->len - begin + 2 + last.len > width ? SLICE("\n") : SLICE("  "));
	if (totals->nqueues || trash.messages) {
		buf_add(out, buf_slice(&last));
		buf_addc(out, '\n');
	}
	buf_free(&last);
}

static void print_arriving(const struct app *app, const struct arriving *arriving, struct buf *out)
{
	if (!arriving->messages) {
		buf_add(out, SLICE("ARRIVING nothing in the last 10 minutes"));
		if (arriving->newest != WIDE_UNKNOWN && arriving->newest > app->now) {
			buf_add(out, SLICE("; the newest message is dated "));
			units_age(out, app->now - arriving->newest);
			buf_add(out, SLICE(": a clock is wrong"));
		} else if (arriving->newest != WIDE_UNKNOWN) {
			buf_add(out, SLICE("; the newest message came "));
			units_age(out, app->now - arriving->newest);
			buf_add(out, SLICE(" ago"));
		}
		buf_addc(out, '\n');
		return;
	}
	/* Of a trickle the messages are counted, of a stream the rate. */
	bool trickle = arriving->a_minute < 5;
	if (trickle)
		buf_printf(out, "ARRIVING %u in 10 minutes", arriving->messages);
	else
		buf_printf(out, "ARRIVING %.0f a minute", arriving->a_minute);
	if (arriving->leader) {
		buf_printf(out, ", %.0f of them %s ",
			arriving->leader_a_minute * (trickle ? ARRIVING_SECONDS / 60 : 1),
			arriving->leader);
		put(app, out, arriving->leader_key);
	}
	if (arriving->newest <= app->now) {
		buf_add(out, SLICE(", last "));
		units_age(out, app->now - arriving->newest);
		buf_add(out, SLICE(" ago"));
	}
	buf_addc(out, '\n');
}

static void print_ages(const struct app *app, struct buf *out)
{
	struct table_style style = {
		.charset = app->output.charset, .color = app->output.color, .indent = 2};
	struct table *table = table_new();
	struct age_bucket ages[AGE_BUCKETS];
	struct buf cell = {0};

	count_ages(app, ages);
	table_column(table, "age", 0);
	table_column(table, "messages", TABLE_RIGHT);
	table_column(table, "share", TABLE_RIGHT);
	table_column(table, "", 0);
	for (size_t i = 0; i < AGE_BUCKETS; i++) {
		enum { BAR = 40 };
		size_t total = bitset_count(&app->rows);
		table_cell(table, slice_cstr(ages[i].title));
		buf_reset(&cell);
		units_count(&cell, ages[i].messages);
		table_cell(table, buf_slice(&cell));
		buf_reset(&cell);
		units_share(&cell, ages[i].messages, (int64_t)total);
		table_cell(table, buf_slice(&cell));
		buf_reset(&cell);
		buf_pad(&cell, '#',
			total ? (ages[i].messages * (size_t)BAR + total - 1) / total : 0);
		table_cell(table, buf_slice(&cell));
	}
	table_print_text(table, &style, out);
	table_free(table);
	buf_free(&cell);
}

/* Takes the group of those without a value out of the ones to print. */
static void drop_unknown(struct grouping *grouping)
{
	size_t kept = 0;
	for (size_t i = 0; i < grouping->count; i++)
		if (grouping->groups[i].known)
			grouping->groups[kept++] = grouping->groups[i];
	grouping->total -= grouping->count - kept;
	grouping->count = kept;
}

/* First of all: low figures must not pass for good news. */
static void print_completeness(const struct app *app, struct buf *out)
{
	const struct scan *scan = &app->scan;
	bool lost = scan->denied; /* what is no message at all is missed by nobody */

	for (size_t i = 0; i < scan->nfailures; i++)
		lost |= scan->failures[i].err.code == ERR_IO;
	if (scan->failed)
		buf_printf(out, "%s%u %s could not be read\n", lost ? "NOT COMPLETE " : "",
			scan->failed, scan->failed == 1 ? "file or folder" : "files or folders");
	if (!scan->complete)
		buf_add(out, SLICE("NOT COMPLETE interrupted before the end of the queue\n"));
}

static void print_oddities(const struct app *app, const struct totals *totals, struct buf *out)
{
	const struct scan *scan = &app->scan;
	if (scan->unready)
		buf_printf(out, "%u more %s being received right now\n", scan->unready,
			scan->unready == 1 ? "is" : "are");
	if (scan->vanished)
		buf_printf(out, "%u left the queue while it was read\n", scan->vanished);
	if (totals->copies)
		buf_printf(out, "%u lost %s login behind a content filter\n", totals->copies,
			totals->copies == 1 ? "its" : "their");
	if (totals->damaged) {
		buf_printf(out, "%u damaged or odd: ", totals->damaged);
		put_command(app, out, "list 'warnings is not unknown'");
		buf_addc(out, '\n');
	}
}

int report_text(struct app *app, const struct report_section sections[REPORT_SECTIONS])
{
	size_t limit = app->options.limit < 0 ? DEFAULT_LIMIT : (size_t)app->options.limit;
	struct buf out = {0};
	struct totals totals;
	struct arriving arriving;

	count_totals(app, &totals);
	find_arriving(app, &arriving);
	print_spools(app, &out);
	print_completeness(app, &out);
	print_totals(app, &totals, &out);
	print_arriving(app, &arriving, &out);
	print_oddities(app, &totals, &out);
	put_findings(app, &out);
	for (size_t i = 0; i < REPORT_SECTIONS; i++) {
		if (!sections[i].title || !totals.messages ||
			is_given_up(app, sections[i].by.field))
			continue;
		struct grouping grouping = group_rows(
			&sections[i].by, &app->env, &app->rows, limit, sections[i].figures);
		if (sections[i].if_known)
			drop_unknown(&grouping);
		if (grouping.count) {
			buf_addc(&out, '\n');
			print_grouping(&out, sections[i].title, &sections[i].by, app, &grouping,
				sections[i].figures,
				app->output.columns ? app->output.columns : 80);
		}
		grouping_free(&grouping);
	}
	if (totals.messages) {
		buf_addc(&out, '\n');
		print_ages(app, &out);
	}
	totals_free(&totals);
	return print_buf(&out);
}
