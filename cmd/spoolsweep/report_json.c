/* The report for scripts; its member names are a promise. */
#include <unistd.h>

#include "cmd/spoolsweep/findings.h"
#include "cmd/spoolsweep/group_rows.h"
#include "cmd/spoolsweep/report.h"
#include "cmd/spoolsweep/report_facts.h"
#include "cmd/spoolsweep/spool_facts.h"
#include "cmd/spoolsweep/trash_facts.h"

enum { DEFAULT_LIMIT = 20 };

static void sink_when(struct sink *sink, const char *name, int64_t when)
{
	if (when == WIDE_UNKNOWN)
		sink_null(sink, name);
	else
		sink_int(sink, name, when);
}

static void sink_scan(struct sink *sink, const struct app *app)
{
	const struct scan *scan = &app->scan;
	struct buf path = {0};

	sink_object(sink, "scan");
	sink_real(sink, "seconds", scan->seconds);
	sink_bool(sink, "complete", scan->complete);
	sink_int(sink, "vanished", scan->vanished);
	sink_int(sink, "unready", scan->unready);
	sink_int(sink, "failed", scan->failed);
	sink_array(sink, "unreadable");
	for (size_t i = 0; i < scan->nfailures; i++) {
		const struct scan_failure *failure = &scan->failures[i];
		buf_reset(&path);
		buf_printf(&path, "%s/%s", app->spools.list[failure->spool]->path, failure->path);
		sink_object(sink, NULL);
		sink_text(sink, "path", buf_slice(&path));
		sink_text(sink, "reason", slice_cstr(failure->err.text));
		sink_end(sink);
	}
	sink_end(sink);
	sink_given_up(sink, app);
	sink_end(sink);
	buf_free(&path);
}

static void sink_totals(struct sink *sink, const struct totals *totals)
{
	sink_object(sink, "totals");
	sink_int(sink, "messages", totals->messages);
	sink_int(sink, "recipients", (int64_t)totals->recipients);
	sink_int(sink, "bytes", totals->bytes);
	sink_when(sink, "oldest", totals->oldest);
	sink_when(sink, "newest", totals->newest);
	sink_int(sink, "damaged", totals->damaged);
	sink_int(sink, "copies", totals->copies);
	sink_end(sink);
}

static void sink_arriving(struct sink *sink, const struct arriving *arriving)
{
	sink_object(sink, "arriving");
	sink_int(sink, "messages", arriving->messages);
	sink_int(sink, "seconds", ARRIVING_SECONDS);
	sink_real(sink, "a_minute", arriving->a_minute);
	sink_text(sink, "leader_kind", slice_cstr(arriving->leader_field));
	sink_text(sink, "leader", arriving->leader_key);
	sink_real(sink, "leader_a_minute", arriving->leader_a_minute);
	sink_when(sink, "newest", arriving->newest);
	sink_end(sink);
}

static void sink_ages(struct sink *sink, const struct app *app)
{
	struct age_bucket ages[AGE_BUCKETS];

	count_ages(app, ages);
	sink_array(sink, "ages");
	for (size_t i = 0; i < AGE_BUCKETS; i++) {
		sink_object(sink, NULL);
		sink_int(sink, "from", ages[i].from);
		if (i + 1 < AGE_BUCKETS)
			sink_int(sink, "to", ages[i + 1].from);
		else
			sink_null(sink, "to");
		sink_int(sink, "messages", ages[i].messages);
		sink_end(sink);
	}
	sink_end(sink);
}

int report_json(struct app *app, const struct report_section sections[REPORT_SECTIONS])
{
	size_t limit = app->options.limit < 0 ? DEFAULT_LIMIT : (size_t)app->options.limit;
	struct sink *sink = open_sink(app, SINK_PRETTY);
	struct arriving arriving;
	struct totals totals;
	struct trash_facts trash;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	count_totals(app, &totals);
	find_arriving(app, &arriving);
	count_trash(app, &trash);
	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.report/1"));
	sink_int(sink, "now", app->now);
	sink_text(sink, "host", slice_cstr(host));
	sink_text(sink, "filter", slice_cstr(app->filter_text));
	sink_array(sink, "spools");
	for (size_t i = 0; i < app->spools.count; i++)
		sink_spool(sink, NULL, app->spools.list[i]);
	sink_end(sink);
	sink_scan(sink, app);
	sink_totals(sink, &totals);
	sink_arriving(sink, &arriving);
	sink_trash(sink, &trash);
	sink_object(sink, "groups");
	for (size_t i = 0; i < REPORT_SECTIONS; i++) {
		if (is_given_up(app, sections[i].by.field)) {
			sink_null(sink, sections[i].field);
			continue;
		}
		struct grouping grouping =
			group_rows(&sections[i].by, &app->env, &app->rows, limit, GROUP_ALL);
		sink_grouping(sink, sections[i].field, &sections[i].by, app, &grouping);
		grouping_free(&grouping);
	}
	sink_end(sink);
	sink_ages(sink, app);
	sink_verdict(sink, app);
	sink_end(sink);
	totals_free(&totals);
	return print_sink(sink);
}
