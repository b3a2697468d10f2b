#include "cmd/spoolsweep/group_rows.h"

#include "core/base/units.h"

static void sink_moment(struct sink *sink, const char *name, int64_t when)
{
	if (when == WIDE_UNKNOWN)
		sink_null(sink, name);
	else
		sink_int(sink, name, when);
}

/* Or only their domains. */
static bool knows_senders(const struct app *app)
{
	return !(app->scan.snap.given_up & NEED_SENDERS);
}

static void sink_key(
	struct sink *sink, const struct field_ref *by, struct app *app, const struct group *group)
{
	if (!group->known)
		sink_null(sink, "key");
	else if (field_is_text(by->field))
		sink_text(sink, "key", intern_get(&app->scan.snap.strings, group->id));
	else
		sink_int(sink, "key", group->number);
}

static void sink_group(struct sink *sink, const struct field_ref *by, struct app *app,
	const struct grouping *grouping, const struct group *group)
{
	sink_object(sink, NULL);
	sink_key(sink, by, app, group);
	sink_int(sink, "messages", group->messages);
	sink_int(sink, "recipients", (int64_t)group->recipients);
	sink_int(sink, "bytes", group->bytes);
	sink_real(sink, "share",
		grouping->messages ? (double)group->messages / grouping->messages : 0);
	sink_moment(sink, "first", group->first);
	sink_moment(sink, "last", group->last);
	sink_int(sink, "last_hour", group->last_hour);
	sink_int(sink, "ips", group->ips);
	sink_int(sink, "accounts", group->accounts);
	if (knows_senders(app))
		sink_int(sink, "senders", group->senders);
	else
		sink_null(sink, "senders");
	if (by->field->flags & FIELD_LOGIN)
		sink_int(sink, "copies", group->copies);
	sink_end(sink);
}

void sink_grouping(struct sink *sink, const char *name, const struct field_ref *by, struct app *app,
	const struct grouping *grouping)
{
	sink_object(sink, name);
	sink_array(sink, "rows");
	for (size_t i = 0; i < grouping->count; i++)
		sink_group(sink, by, app, grouping, &grouping->groups[i]);
	sink_end(sink);
	sink_object(sink, "others");
	sink_int(sink, "keys", (int64_t)(grouping->total - grouping->count));
	sink_int(sink, "messages", grouping->others.messages);
	sink_int(sink, "recipients", (int64_t)grouping->others.recipients);
	sink_int(sink, "bytes", grouping->others.bytes);
	sink_end(sink);
	sink_end(sink);
}

static void print_key(struct buf *out, const struct field_ref *by, const struct app *app,
	const struct group *group)
{
	if (field_is_text(by->field))
		field_print_id(by->field, &app->scan.snap, group->id, out);
	else if (group->known && by->field->type == FIELD_SIZE)
		units_count(out, group->number); /* rounded, two groups would look the same */
	else if (group->known && (by->field->flags & FIELD_USER))
		add_user(app, out, group->number);
	else if (group->known)
		field_print_number(by->field, group->number, out);
	else
		buf_addc(out, '-');
}

static void age_of(struct buf *out, const struct app *app, int64_t when)
{
	if (when == WIDE_UNKNOWN)
		buf_addc(out, '-');
	else
		units_age(out, app->now - when);
}

/* One figure of a group, as people read it. */
static void print_figure(struct buf *out, const struct app *app, const struct grouping *grouping,
	const struct group *group, enum group_figure column)
{
	switch (column) {
	case GROUP_MESSAGES:
		units_count(out, group->messages);
		break;
	case GROUP_SHARE:
		units_share(out, group->messages, grouping->messages);
		break;
	case GROUP_RECIPIENTS:
		units_count(out, (int64_t)group->recipients);
		break;
	case GROUP_BYTES:
		units_size(out, group->bytes);
		break;
	case GROUP_IPS:
		units_count(out, group->ips);
		break;
	case GROUP_ACCOUNTS:
		units_count(out, group->accounts);
		break;
	case GROUP_SENDERS:
		if (knows_senders(app))
			units_count(out, group->senders);
		else
			buf_addc(out, '-');
		break;
	case GROUP_NEWEST:
		age_of(out, app, group->last);
		break;
	case GROUP_LAST_HOUR:
		units_count(out, group->last_hour);
		break;
	case GROUP_ALL:
		break;
	}
}

static const char *column_title(enum group_figure column)
{
	switch (column) {
	case GROUP_MESSAGES:
		return "messages";
	case GROUP_SHARE:
		return "share";
	case GROUP_RECIPIENTS:
		return "recipients";
	case GROUP_BYTES:
		return "size";
	case GROUP_IPS:
		return "addresses";
	case GROUP_ACCOUNTS:
		return "accounts";
	case GROUP_SENDERS:
		return "senders";
	case GROUP_NEWEST:
		return "newest";
	case GROUP_LAST_HOUR:
		return "/hour";
	case GROUP_ALL:
		break;
	}
	return "";
}

static void add_row(struct table *table, const struct field_ref *by, struct app *app,
	const struct grouping *grouping, const struct group *group, unsigned figures)
{
	struct buf cell = {0};

	print_key(&cell, by, app, group);
	table_cell(table, buf_slice(&cell));
	for (unsigned bit = 1; bit < GROUP_ALL; bit <<= 1) {
		if (!(figures & bit))
			continue;
		buf_reset(&cell);
		print_figure(&cell, app, grouping, group, (enum group_figure)bit);
		table_cell(table, buf_slice(&cell));
	}
	buf_free(&cell);
}

/* Mail that lost its login on the way through a content filter stands below its account. */
static void add_copies(struct table *table, const struct group *group, unsigned figures)
{
	table_cell(table, SLICE("  + copies, login lost"));
	for (unsigned bit = 1; bit < GROUP_ALL; bit <<= 1)
		if (bit == GROUP_MESSAGES)
			table_cellf(table, "%u", group->copies);
		else if (figures & bit)
			table_cell(table, SLICE(""));
}

void print_grouping(struct buf *out, const char *title, const struct field_ref *by, struct app *app,
	const struct grouping *grouping, unsigned figures, size_t width)
{
	struct table_style style = {
		.columns = width,
		.charset = app->output.charset,
		.color = app->output.color,
		.indent = 2,
	};
	struct table *table = table_new();

	table_column(table, title, TABLE_CUT);
	for (unsigned bit = 1; bit < GROUP_ALL; bit <<= 1)
		if (figures & bit)
			table_column(table, column_title((enum group_figure)bit), TABLE_RIGHT);
	for (size_t i = 0; i < grouping->count; i++) {
		const struct group *group = &grouping->groups[i];
		add_row(table, by, app, grouping, group, figures);
		if (group->copies && (by->field->flags & FIELD_LOGIN))
			add_copies(table, group, figures);
	}
	table_print_text(table, &style, out);
	table_free(table);
	if (grouping->total > grouping->count) {
		buf_add(out, SLICE("  and "));
		units_count(out, (int64_t)(grouping->total - grouping->count));
		buf_add(out, SLICE(" more with "));
		units_count(out, grouping->others.messages);
		buf_add(out,
			grouping->others.messages == 1 ? SLICE(" message\n")
						       : SLICE(" messages\n"));
	}
}

static void csv_moment(struct table *table, int64_t when)
{
	if (when == WIDE_UNKNOWN)
		table_cell(table, SLICE(""));
	else
		table_cellf(table, "%lld", (long long)when);
}

void print_grouping_csv(struct buf *out, const struct field_ref *by, struct app *app,
	const struct grouping *grouping)
{
	static const char *const heads[] = {"messages", "recipients", "bytes", "share", "first",
		"last", "last_hour", "ips", "accounts", "senders", "copies"};
	struct table *table = table_new();
	const struct snap *snap = &app->scan.snap;
	struct buf name = {0};

	add_field_name(app, by, &name);
	table_column(table, buf_str(&name), 0);
	buf_free(&name);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(table, heads[i], 0);
	for (size_t i = 0; i < grouping->count; i++) {
		const struct group *group = &grouping->groups[i];
		if (field_is_text(by->field))
			table_cell(table, intern_get(&snap->strings, group->id));
		else
			csv_moment(table, group->known ? group->number : WIDE_UNKNOWN);
		table_cellf(table, "%u", group->messages);
		table_cellf(table, "%llu", (unsigned long long)group->recipients);
		table_cellf(table, "%lld", (long long)group->bytes);
		table_cellf(table, "%.4f",
			grouping->messages ? (double)group->messages / grouping->messages : 0);
		csv_moment(table, group->first);
		csv_moment(table, group->last);
		table_cellf(table, "%u", group->last_hour);
		table_cellf(table, "%u", group->ips);
		table_cellf(table, "%u", group->accounts);
		if (knows_senders(app))
			table_cellf(table, "%u", group->senders);
		else
			table_cell(table, SLICE(""));
		table_cellf(table, "%u", group->copies);
	}
	table_print_csv(table, out);
	table_free(table);
}
