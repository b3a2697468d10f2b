/* why: all there is to say about one finding. */
#include <string.h>

#include "cmd/spoolsweep/findings.h"
#include "core/query/group.h"

enum { EXAMPLES = 5 };

/* Newest first; of the same second by queue id, so that the order of reading does not show. */
static bool is_newer(const struct snap *snap, uint32_t a, uint32_t b)
{
	int64_t x = snap_wide(snap, WIDE_ARRIVAL, a), y = snap_wide(snap, WIDE_ARRIVAL, b);
	if (x != y)
		return x > y;
	return slice_cmp(snap_text(snap, COL_QUEUE_ID, a), snap_text(snap, COL_QUEUE_ID, b)) < 0;
}

size_t newest_rows(const struct app *app, const struct bitset *rows, uint32_t *found, size_t most)
{
	const struct snap *snap = &app->scan.snap;
	size_t count = 0;

	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1)) {
		size_t at = count;
		while (at && is_newer(snap, (uint32_t)row, found[at - 1]))
			at--;
		if (at == most)
			continue;
		count += count < most;
		memmove(found + at + 1, found + at, (count - 1 - at) * sizeof(*found));
		found[at] = (uint32_t)row;
	}
	return count;
}

static void sink_text_of(struct sink *sink, struct app *app, const char *name, uint32_t row)
{
	struct need need = app->need;
	struct field_ref ref;
	struct err err;

	if (field_find(slice_cstr(name), &need, &ref, &err) == 0)
		sink_text(sink, name,
			intern_get(
				&app->scan.snap.strings, ref.field->id(&ref, &app->env, row, 0)));
}

static void sink_examples(struct sink *sink, struct app *app, const struct finding *finding)
{
	uint32_t rows[EXAMPLES];
	size_t count = newest_rows(app, &finding->rows, rows, EXAMPLES);

	sink_array(sink, "examples");
	for (size_t i = 0; i < count; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "queue_id", snap_text(&app->scan.snap, COL_QUEUE_ID, rows[i]));
		sink_int(sink, "arrival_time", snap_wide(&app->scan.snap, WIDE_ARRIVAL, rows[i]));
		sink_text_of(sink, app, "envelope_sender", rows[i]);
		sink_text_of(sink, app, "subject", rows[i]);
		sink_end(sink);
	}
	sink_end(sink);
}

static void sink_queues(struct sink *sink, struct app *app, const struct finding *finding)
{
	struct need need = app->need;
	struct field_ref by;
	struct err err;

	sink_array(sink, "queues");
	if (field_find(SLICE("queue_name"), &need, &by, &err) == 0) {
		struct grouping grouping =
			group_rows(&by, &app->env, &finding->rows, 0, GROUP_MESSAGES);
		for (size_t i = 0; i < grouping.count; i++) {
			sink_object(sink, NULL);
			sink_text(sink, "queue_name",
				intern_get(&app->scan.snap.strings, grouping.groups[i].id));
			sink_int(sink, "messages", grouping.groups[i].messages);
			sink_end(sink);
		}
		grouping_free(&grouping);
	}
	sink_end(sink);
}

static int print_json(struct app *app, const struct finding *finding)
{
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.why/1"));
	sink_int(sink, "now", app->now);
	sink_finding(sink, app, finding);
	sink_queues(sink, app, finding);
	sink_examples(sink, app, finding);
	sink_end(sink);
	return print_sink(sink);
}

static int print(struct app *app, const struct finding *finding)
{
	struct buf out = {0};

	if (app->options.json)
		return print_json(app, finding);
	why_text(app, finding, &out);
	return print_buf(&out);
}

static int run(struct app *app)
{
	if (app->noperands != 1) {
		warn_text("why takes the id of one finding, such as spoolsweep why SA-3c91; "
			  "spoolsweep report shows which there are");
		return EXIT_USAGE;
	}
	app->need.parts |= NEED_FINDINGS | NEED_HEADERS | NEED_SUBJECT | NEED_SENDERS;
	int code = prepare_scan(app, NULL);
	if (code != EXIT_DONE)
		return code;
	const struct finding *finding = judge_find(app, slice_cstr(app->operands[0]));
	if (!finding) {
		code = tell_failures(app);
		return code == EXIT_DONE ? EXIT_NOTHING : code;
	}
	code = print(app, finding);
	int reading = tell_failures(app);
	return code == EXIT_DONE ? reading : code;
}

const struct command command_why = {
	.name = "why",
	.operands = "FINDING",
	.summary = "one finding: its evidence and what speaks against it, what to do",
	.takes = OPT_QUEUE | OPT_JSON | OPT_CACHE,
	.run = run,
};
