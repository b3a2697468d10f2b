/* top: the messages grouped by any groupable field. */
#include <stdio.h>
#include <string.h>

#include "cmd/spoolsweep/command.h"
#include "cmd/spoolsweep/group_rows.h"

enum { DEFAULT_LIMIT = 20 };

static int missing_field(void)
{
	struct buf names = {0};
	for (const struct field *field = field_table; field->name; field++)
		if (field->flags & FIELD_GROUP)
			buf_printf(&names, "%s%s%s", names.len ? ", " : "", field->name,
				field->flags & FIELD_PARAM ? "NAME" : "");
	warn_text("top needs a field: %s", buf_str(&names));
	buf_free(&names);
	return EXIT_USAGE;
}

/* What a group is grouped by needs no count of its own; long keys and small screens need room. */
static unsigned figures_for(const struct app *app, const struct field *field)
{
	enum { WIDE = 110 };
	unsigned figures = GROUP_ALL;
	bool narrow = app->output.columns && app->output.columns < WIDE;
	if (narrow)
		figures &= ~(unsigned)(GROUP_RECIPIENTS | GROUP_BYTES);
	if (field->type == FIELD_TEXT && (field->flags & FIELD_REASON))
		figures = GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS | GROUP_NEWEST;
	if (field->type == FIELD_IP || field->type == FIELD_NET)
		figures &= ~(unsigned)GROUP_IPS;
	if (field->flags & FIELD_LOGIN)
		figures &= ~(unsigned)GROUP_ACCOUNTS;
	if (slice_eq(slice_cstr(field->name), SLICE("envelope_sender")))
		figures &= ~(unsigned)GROUP_SENDERS;
	return figures;
}

static int print_json(struct app *app, const struct field_ref *by, const struct grouping *grouping)
{
	struct sink *sink = open_sink(app, SINK_PRETTY);
	struct buf name = {0};

	add_field_name(app, by, &name);
	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.top/1"));
	sink_int(sink, "now", app->now);
	sink_text(sink, "field", buf_slice(&name));
	sink_text(sink, "filter", slice_cstr(app->filter_text));
	sink_int(sink, "messages", grouping->messages);
	sink_given_up(sink, app);
	sink_grouping(sink, "groups", by, app, grouping);
	sink_end(sink);
	buf_free(&name);
	return print_sink(sink);
}

static int print_text(struct app *app, const struct field_ref *by, const struct grouping *grouping)
{
	struct buf out = {0}, title = {0};

	if (by->field->flags & FIELD_PARAM)
		add_field_name(app, by, &title);
	else
		buf_add(&title, slice_cstr(by->field->title));
	if (grouping->count)
		print_grouping(&out, buf_str(&title), by, app, grouping,
			figures_for(app, by->field), app->output.columns);
	buf_free(&title);
	return print_buf(&out);
}

static int print(struct app *app, const struct field_ref *by, const struct grouping *grouping)
{
	struct buf out = {0};

	if (app->options.json)
		return print_json(app, by, grouping);
	if (!app->options.csv)
		return print_text(app, by, grouping);
	print_grouping_csv(&out, by, app, grouping);
	return print_buf(&out);
}

static int run(struct app *app)
{
	struct field_ref by;
	const char *filter;

	if (!app->noperands)
		return missing_field();
	if (strpbrk(app->operands[0], "=<>~!() ")) {
		warn_text("top takes a field in front of the filter: spoolsweep top "
			  "envelope_sender '%s'",
			app->operands[0]);
		return EXIT_USAGE;
	}
	if (!take_filter(app, 1, &filter))
		return EXIT_USAGE;
	int code = take_field(app, slice_cstr(app->operands[0]), &by);
	if (code == EXIT_DONE && !(by.field->flags & FIELD_GROUP)) {
		warn_text(
			"top cannot group by %s: nearly every message has its own", by.field->name);
		return missing_field();
	}
	if (code == EXIT_DONE)
		code = prepare_scan(app, filter);
	if (code != EXIT_DONE)
		return code;
	tell_unfinished(app);
	size_t limit = app->options.limit < 0 ? DEFAULT_LIMIT : (size_t)app->options.limit;
	bool printed = !app->options.json && !app->options.csv;
	unsigned figures = printed ? figures_for(app, by.field) : GROUP_ALL;
	struct grouping grouping = group_rows(&by, &app->env, &app->rows, limit, figures);
	code = print(app, &by, &grouping);
	grouping_free(&grouping);
	int reading = reading_exit(app);
	return code == EXIT_DONE ? reading : code;
}

const struct command command_top = {
	.name = "top",
	.operands = "FIELD [FILTER]",
	.summary = "who and what has most of it: groups by any groupable field",
	.takes = OPT_QUEUE | OPT_FILTER | OPT_JSON | OPT_CSV | OPT_LIMIT | OPT_CACHE | OPT_TRASH,
	.run = run,
};
