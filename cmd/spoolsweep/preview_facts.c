/* What a preview tells: which mail it is, what stays, what is under way, what is free. */
#include <stdlib.h>

#include "cmd/spoolsweep/judge.h"
#include "cmd/spoolsweep/preview.h"
#include "core/base/xalloc.h"
#include "core/verdict/mark.h"

const struct preview_group preview_groups[PREVIEW_GROUPS] = {
	{"queue_name", "from queues", GROUP_MESSAGES | GROUP_SHARE},
	{"account", "accounts",
		GROUP_MESSAGES | GROUP_SHARE | GROUP_IPS | GROUP_SENDERS | GROUP_NEWEST},
	{"envelope_sender", "senders",
		GROUP_MESSAGES | GROUP_SHARE | GROUP_ACCOUNTS | GROUP_NEWEST},
	{"rcpt_domain", "destinations", GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS},
	{"subject", "subjects", GROUP_MESSAGES | GROUP_SHARE},
};

bool preview_group(struct app *app, const struct preview_group *group, unsigned figures,
	struct field_ref *by, struct grouping *grouping)
{
	struct need need = app->need;
	struct err err;

	if (field_find(slice_cstr(group->field), &need, by, &err) != 0)
		return false;
	*grouping = group_rows(by, &app->env, &app->rows, PREVIEW_ROWS, figures);
	return true;
}

/* The one value all rows have in a column, or INTERN_UNKNOWN. */
static uint32_t single(const struct app *app, enum snap_col col)
{
	uint32_t only = INTERN_UNKNOWN;

	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		uint32_t value = snap_col(&app->scan.snap, col, (uint32_t)row);
		if (only != INTERN_UNKNOWN && value != only)
			return INTERN_UNKNOWN;
		only = value;
		if (only == INTERN_UNKNOWN)
			return INTERN_UNKNOWN;
	}
	return only;
}

/* FIELD="VALUE" as the filter language reads it. */
static void add_condition(struct buf *out, const char *field, struct slice value)
{
	buf_printf(out, "%s=\"", field);
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '"' || value.ptr[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, value.ptr[i]);
	}
	buf_addc(out, '"');
}

/* Mail that stays and looks alike: copies of the account behind a content filter. */
static void find_copies(const struct app *app, struct preview *preview)
{
	const struct snap *snap = &app->scan.snap;
	uint32_t account = single(app, COL_ACCOUNT);
	struct buf filter = {0};

	if (account == INTERN_UNKNOWN)
		return;
	for (uint32_t row = 0; row < snap->rows; row++)
		preview->copies += snap_col(snap, COL_LOST_LOGIN, row) == account &&
			!bitset_has(&app->rows, row);
	add_condition(&filter, "lost_login", intern_get(&snap->strings, account));
	preview->copies_filter = xstrdup(buf_str(&filter));
	buf_free(&filter);
}

/* Bounces that the findings of the plan caused, and that it leaves: true when it names any. */
static bool find_caused(const struct app *app, struct preview *preview)
{
	struct buf filter = {0};

	for (size_t i = 0; i < app->nnamed; i++) {
		const struct named_finding *named = &app->named[i];
		if (named->bounces || !named->nbounces)
			continue;
		preview->bounces += named->nbounces;
		buf_printf(
			&filter, "%sfinding=%s" MARK_BOUNCES, filter.len ? " or " : "", named->id);
	}
	if (preview->bounces)
		preview->bounces_filter = xstrdup(buf_str(&filter));
	buf_free(&filter);
	return app->nnamed > 0;
}

/* Bounces to the one sender of these messages. */
static void find_bounces(const struct app *app, struct preview *preview)
{
	const struct snap *snap = &app->scan.snap;
	uint32_t sender = single(app, COL_SENDER);
	struct buf filter = {0};

	if (sender <= INTERN_EMPTY || !(snap->need.parts & (NEED_ADDRESSES | NEED_BOUNCED)))
		return;
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count;
		uint32_t first = snap_rcpts(snap, row, &count);
		if (snap_col(snap, COL_SENDER, row) != INTERN_EMPTY || bitset_has(&app->rows, row))
			continue;
		for (uint32_t i = 0; i < count; i++) {
			if (snap_rcpt(snap, RCPT_ADDRESS, first + i) != sender)
				continue;
			preview->bounces++;
			break;
		}
	}
	buf_add(&filter, SLICE("sender=\"\" and "));
	add_condition(&filter, "rcpt", intern_get(&snap->strings, sender));
	preview->bounces_filter = xstrdup(buf_str(&filter));
	buf_free(&filter);
}

static void find_in_delivery(const struct app *app, struct preview *preview)
{
	struct hashset *busy = xcalloc(app->spools.count, sizeof(*busy));
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		preview->blind |= spool->format->in_delivery(spool, &busy[i], &err) != 0;
	}
	for (size_t row = bitset_next(&app->rows, 0); row != SIZE_MAX;
		row = bitset_next(&app->rows, row + 1)) {
		struct journal_item item = plan_item(&app->scan.snap, (uint32_t)row);
		preview->in_delivery += hashset_has(&busy[item.spool], item.inode);
	}
	for (size_t i = 0; i < app->spools.count; i++)
		hashset_free(&busy[i]);
	free(busy);
}

void preview_find(const struct act *act, struct preview *preview)
{
	const struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;

	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		uint32_t row = (uint32_t)at;
		int64_t arrival = snap_wide(snap, WIDE_ARRIVAL, row);
		int64_t size = snap_wide(snap, WIDE_SIZE, row);
		preview->bytes += size == WIDE_UNKNOWN ? 0 : size;
		preview->recipients += snap_col(snap, COL_NRCPT, row);
		preview->arriving += arrival > app->now - PREVIEW_SECONDS && arrival <= app->now;
	}
	find_copies(app, preview);
	if (!find_caused(app, preview))
		find_bounces(app, preview);
	find_in_delivery(app, preview);
	disk_look(app, &preview->disk);
	disk_look_for_journal(app, act->plan.head.items, &preview->journal);
}

void preview_free(struct preview *preview)
{
	free(preview->copies_filter);
	free(preview->bounces_filter);
}
