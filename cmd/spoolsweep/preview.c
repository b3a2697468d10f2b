/* What a plan would do: which mail, what it leaves, what it costs, the way back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "cmd/spoolsweep/act.h"
#include "cmd/spoolsweep/group_rows.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

enum { SHOWN = 5, ARRIVING_SECONDS = 600 };

/* What the preview tells besides its groups; text and JSON say the same. */
struct preview {
	int64_t bytes;
	uint64_t recipients;
	uint32_t arriving;    /* of these, in the last ten minutes */
	uint32_t in_delivery; /* right now */
	bool blind;           /* that cannot be told here */
	uint32_t copies;      /* stay: copies that lost the login of one of these */
	uint32_t bounces;     /* stay: null sender, to one of these senders */
	char *copies_filter;  /* owned: what selects them */
	char *bounces_filter;
	uint64_t free_bytes;
	uint64_t free_inodes;
};

static const struct {
	const char *field;
	const char *title;
	unsigned figures;
} sections[] = {
	{"queue_name", "from queues", GROUP_MESSAGES | GROUP_SHARE},
	{"account", "accounts",
		GROUP_MESSAGES | GROUP_SHARE | GROUP_IPS | GROUP_SENDERS | GROUP_NEWEST},
	{"envelope_sender", "senders",
		GROUP_MESSAGES | GROUP_SHARE | GROUP_ACCOUNTS | GROUP_NEWEST},
	{"rcpt_domain", "destinations", GROUP_MESSAGES | GROUP_SHARE | GROUP_RECIPIENTS},
	{"subject", "subjects", GROUP_MESSAGES | GROUP_SHARE},
};
enum { SECTIONS = sizeof(sections) / sizeof(*sections) };

/* ---- facts ---- */

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

/* Bounces to the one sender of these messages. */
static void find_bounces(const struct app *app, struct preview *preview)
{
	const struct snap *snap = &app->scan.snap;
	uint32_t sender = single(app, COL_SENDER);
	struct buf filter = {0};

	if (sender <= INTERN_EMPTY || !(snap->need.parts & NEED_ADDRESSES))
		return;
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count;
		const struct snap_rcpt *rcpts = snap_rcpts(snap, row, &count);
		if (snap_col(snap, COL_SENDER, row) != INTERN_EMPTY || bitset_has(&app->rows, row))
			continue;
		for (uint32_t i = 0; i < count; i++) {
			if (rcpts[i].address != sender)
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

static void find_in_delivery(const struct act *act, struct preview *preview)
{
	const struct app *app = act->app;
	struct hashset *busy = xcalloc(app->spools.count, sizeof(*busy));
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		const struct spool *spool = app->spools.list[i];
		preview->blind |= spool->format->in_delivery(spool, &busy[i], &err) != 0;
	}
	for (uint32_t i = 0; i < act->plan.count; i++)
		preview->in_delivery +=
			hashset_has(&busy[act->plan.items[i].spool], act->plan.items[i].inode);
	for (size_t i = 0; i < app->spools.count; i++)
		hashset_free(&busy[i]);
	free(busy);
}

static void find_facts(const struct act *act, struct preview *preview)
{
	const struct app *app = act->app;
	const struct snap *snap = &app->scan.snap;
	struct statvfs fs;

	for (size_t at = bitset_next(&app->rows, 0); at != SIZE_MAX;
		at = bitset_next(&app->rows, at + 1)) {
		uint32_t row = (uint32_t)at;
		int64_t arrival = snap_wide(snap, WIDE_ARRIVAL, row);
		int64_t size = snap_wide(snap, WIDE_SIZE, row);
		preview->bytes += size == WIDE_UNKNOWN ? 0 : size;
		preview->recipients += snap_col(snap, COL_NRCPT, row);
		preview->arriving += arrival > app->now - ARRIVING_SECONDS && arrival <= app->now;
	}
	find_copies(app, preview);
	find_bounces(app, preview);
	find_in_delivery(act, preview);
	if (fstatvfs(app->spools.list[0]->fd, &fs) == 0) {
		preview->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
		preview->free_inodes = (uint64_t)fs.f_favail;
	}
}

/* ---- text ---- */

static void print_head(const struct act *act, const struct preview *preview, struct buf *out)
{
	const struct app *app = act->app;

	buf_printf(out, "%s ", app->command->name);
	put(app, out, app->filter_text[0] ? slice_cstr(app->filter_text) : SLICE("--all ALL"));
	buf_addc(out, '\n');
	units_count(out, act->plan.count);
	buf_add(out, SLICE(" of "));
	units_count(out, act->guard.total);
	buf_add(out, SLICE(" messages  "));
	units_count(out, (int64_t)preview->recipients);
	buf_add(out, SLICE(" recipients waiting  "));
	units_size(out, preview->bytes);
	buf_addc(out, '\n');
}

static void print_stays(const struct preview *preview, const struct app *app, struct buf *out)
{
	if (preview->copies) {
		buf_add(out, SLICE("STAYS "));
		units_count(out, preview->copies);
		buf_add(out,
			SLICE(" copies that lost their login behind a content filter; to add "
			      "them:  or "));
		put(app, out, slice_cstr(preview->copies_filter));
		buf_addc(out, '\n');
	}
	if (preview->bounces) {
		buf_add(out, SLICE("STAYS "));
		units_count(out, preview->bounces);
		buf_add(out, SLICE(" bounces to the sender; to add them:  or ("));
		put(app, out, slice_cstr(preview->bounces_filter));
		buf_add(out, SLICE(")\n"));
	}
}

static void print_warnings(const struct act *act, const struct preview *preview, struct buf *out)
{
	if (preview->in_delivery) {
		buf_add(out, SLICE("IN DELIVERY "));
		units_count(out, preview->in_delivery);
		buf_add(out, SLICE(": what the other side has taken cannot be taken back\n"));
	} else if (preview->blind) {
		buf_add(out, SLICE("IN DELIVERY cannot be told here\n"));
	}
	if (preview->arriving >= ARRIVING_SECONDS / 60)
		buf_printf(out, "STILL ARRIVING %.0f a minute: close the source first\n",
			preview->arriving * 60.0 / ARRIVING_SECONDS);
	else if (preview->arriving)
		buf_printf(out, "STILL ARRIVING %u in 10 minutes\n", preview->arriving);
	if (act->plan.head.op == OP_REQUEUE)
		buf_add(out,
			SLICE("LOST new ids, a new life time, filters and rewriting once more; "
			      "done "
			      "recipients and DSN wishes are forgotten\n"));
}

static void print_disk(const struct act *act, const struct preview *preview, struct buf *out)
{
	if (act->plan.head.op != OP_PURGE)
		return;
	buf_add(out, SLICE("DISK "));
	units_size(out, preview->bytes);
	buf_add(out,
		act->app->options.no_undo ? SLICE(" are given back at once; ")
					  : SLICE(" stay in the trash until expunged; "));
	units_size(out, (int64_t)preview->free_bytes);
	buf_add(out, SLICE(" and "));
	units_count(out, (int64_t)preview->free_inodes);
	buf_add(out, SLICE(" inodes are free\n"));
}

static void print_back(const struct act *act, struct buf *out)
{
	static const char *const back[OPS] = {
		[OP_PURGE] = "spoolsweep undo RUN brings back all or a part of it",
		[OP_HOLD] = "spoolsweep undo RUN, or release",
		[OP_RELEASE] = "spoolsweep undo RUN holds again what is still there",
		[OP_RETRY] = "none: an attempt cannot be taken back",
		[OP_REQUEUE] = "none: the messages get new ids",
		[OP_RESTORE] = "spoolsweep purge",
	};
	const struct app *app = act->app;
	struct buf words = {0};

	buf_printf(out, "BACK %s\n",
		app->options.no_undo ? "none: --no-undo removes for good"
				     : back[act->plan.head.op]);
	if (app->options.apply || app->options.plan_out) {
		buf_free(&words);
		return;
	}
	buf_add(out, SLICE("nothing was changed; to do it: "));
	for (int i = 1; i < app->options.argc; i++) {
		buf_addc(&words, ' ');
		add_argument(&words, app->options.argv[i]);
	}
	buf_add(out, SLICE("spoolsweep"));
	put(app, out, buf_slice(&words));
	buf_add(out, SLICE(" --apply\n"));
	buf_free(&words);
}

static void print_sections(struct app *app, struct buf *out)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		struct field_ref by;
		struct need need = app->need;
		struct err err;
		if (field_find(slice_cstr(sections[i].field), &need, &by, &err) != 0)
			continue;
		struct grouping grouping =
			group_rows(&by, &app->env, &app->rows, SHOWN, sections[i].figures);
		buf_addc(out, '\n');
		print_grouping(out, sections[i].title, &by, app, &grouping, sections[i].figures,
			app->output.columns ? app->output.columns : 80);
		grouping_free(&grouping);
	}
}

static int print_text(struct act *act, const struct preview *preview)
{
	struct buf out = {0};

	print_head(act, preview, &out);
	print_sections(act->app, &out);
	buf_addc(&out, '\n');
	print_stays(preview, act->app, &out);
	print_warnings(act, preview, &out);
	print_disk(act, preview, &out);
	print_back(act, &out);
	return print_buf(&out);
}

/* ---- JSON ---- */

static void sink_stays(struct sink *sink, const char *kind, uint32_t messages, const char *filter)
{
	if (!messages)
		return;
	sink_object(sink, NULL);
	sink_text(sink, "kind", slice_cstr(kind));
	sink_int(sink, "messages", messages);
	sink_text(sink, "filter", slice_cstr(filter));
	sink_end(sink);
}

static int print_json(struct act *act, const struct preview *preview)
{
	struct app *app = act->app;
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.plan/1"));
	sink_int(sink, "now", app->now);
	sink_text(sink, "op", slice_cstr(op_name(act->plan.head.op)));
	sink_text(sink, "filter", slice_cstr(app->filter_text));
	sink_int(sink, "messages", act->plan.count);
	sink_int(sink, "of", act->guard.total);
	sink_int(sink, "recipients", (int64_t)preview->recipients);
	sink_int(sink, "bytes", preview->bytes);
	sink_object(sink, "groups");
	for (size_t i = 0; i < SECTIONS; i++) {
		struct field_ref by;
		struct need need = app->need;
		struct err err;
		if (field_find(slice_cstr(sections[i].field), &need, &by, &err) != 0)
			continue;
		struct grouping grouping = group_rows(&by, &app->env, &app->rows, SHOWN, GROUP_ALL);
		sink_grouping(sink, sections[i].field, &by, app, &grouping);
		grouping_free(&grouping);
	}
	sink_end(sink);
	sink_array(sink, "stays");
	sink_stays(sink, "copies", preview->copies, preview->copies_filter);
	sink_stays(sink, "bounces", preview->bounces, preview->bounces_filter);
	sink_end(sink);
	if (preview->blind)
		sink_null(sink, "in_delivery");
	else
		sink_int(sink, "in_delivery", preview->in_delivery);
	sink_int(sink, "arriving", preview->arriving);
	sink_object(sink, "disk");
	sink_int(sink, "free_bytes", (int64_t)preview->free_bytes);
	sink_int(sink, "free_inodes", (int64_t)preview->free_inodes);
	sink_end(sink);
	sink_bool(sink, "undo",
		act->plan.head.op != OP_RETRY && act->plan.head.op != OP_REQUEUE &&
			!app->options.no_undo);
	sink_end(sink);
	return print_sink(sink);
}

int preview_print(struct act *act)
{
	struct preview preview = {0};

	find_facts(act, &preview);
	int code = act->app->options.json ? print_json(act, &preview) : print_text(act, &preview);
	free(preview.copies_filter);
	free(preview.bounces_filter);
	return code;
}
