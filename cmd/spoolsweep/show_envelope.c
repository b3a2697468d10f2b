/* What the queue knows of a message: its envelope with the source of each fact, its times. */
#include "cmd/spoolsweep/message.h"
#include "cmd/spoolsweep/show.h"
#include "core/base/units.h"

static void fact(
	struct app *app, struct buf *out, const char *name, struct slice value, const char *source)
{
	if (!slice_known(value))
		return;
	buf_printf(out, "  %-14s ", name);
	put(app, out, value.len ? value : SLICE("<>"));
	if (source)
		buf_printf(out, "   [%s]", source);
	buf_addc(out, '\n');
}

static void fact_user(struct app *app, struct buf *out, const struct record *record)
{
	struct buf text = {0};

	if (record->uid < 0)
		return;
	add_user(app, &text, record->uid);
	fact(app, out, "uid", buf_slice(&text), source_name(record->uid_source));
	buf_free(&text);
}

static void print_account(struct app *app, const struct record *record, struct buf *out)
{
	struct slice lost = snap_text(&app->scan.snap, COL_LOST_LOGIN, 0);

	if (slice_known(record->account)) {
		fact(app, out, "account", record->account, source_name(record->account_source));
	} else if (slice_known(lost)) {
		buf_add(out,
			SLICE("  account        none: a content filter's copy, most likely of "));
		put(app, out, lost);
		buf_addc(out, '\n');
	} else if (snap_is_copy(&app->scan.snap, 0)) {
		buf_add(out,
			SLICE("  account        none: a content filter's copy, a login may be "
			      "lost\n"));
	} else {
		buf_add(out, SLICE("  account        none recorded\n"));
	}
}

static void print_facts(struct app *app, const struct shown *shown, struct buf *out)
{
	const struct record *record = &shown->record;
	const char *client_source = source_name(record->client_source);
	struct buf size = {0};

	fact(app, out, "sender", record->sender, "queue");
	print_account(app, record, out);
	fact(app, out, "auth method", record->auth_method, "queue");
	fact(app, out, "client", record->client_ip, client_source);
	fact(app, out, "client name", record->client_name, client_source);
	fact(app, out, "HELO", record->helo, client_source);
	fact(app, out, "protocol", record->protocol, client_source);
	if (slice_known(record->peer_ip) && !slice_eq(record->peer_ip, record->client_ip))
		fact(app, out, "handed on by", record->peer_ip, "queue");
	fact_user(app, out, record);
	fact(app, out, "script", record->script, "its headers, which can be forged");
	fact(app, out, "earlier id", record->log_id, "queue");
	add_route(app, out, record);
	fact(app, out, "origin",
		slice_cstr(origin_name((enum origin)app->scan.snap.small[0].origin)), NULL);
	for (size_t i = 0; i < shown->nfindings; i++)
		fact(app, out, "finding", shown->findings[i], "spoolsweep why says more");
	units_size(&size, record->size);
	fact(app, out, "size", buf_slice(&size), NULL);
	buf_free(&size);
	for (unsigned i = 0; i < 32; i++)
		if (record->warnings & 1u << i)
			fact(app, out, "warning", slice_cstr(warning_text((enum warning)(1u << i))),
				NULL);
	if (shown->undecoded)
		fact(app, out, "warning", slice_cstr(shown->reason), NULL);
}

/* ---- times ---- */

static void fact_time(
	struct app *app, struct buf *out, const char *name, int64_t when, const char *more)
{
	if (when < 0)
		return;
	buf_printf(out, "  %-14s ", name);
	units_time(out, when);
	buf_add(out, SLICE(" ("));
	units_age(out, app->now - when);
	buf_printf(out, "%s)%s\n", when <= app->now ? " ago" : "", more);
}

static bool is_bounce(const struct record *record)
{
	return slice_known(record->sender) && !record->sender.len;
}

int64_t show_expiry(const struct shown *shown)
{
	const struct record *record = &shown->record;
	int64_t life = spool_lifetime(shown->spool, is_bounce(record)), end;

	return life < 0 || record->created < 0 ||
			__builtin_add_overflow(record->created, life, &end) || end > LIMIT_TIME
		? -1
		: end;
}

static void print_expiry(struct app *app, const struct shown *shown, struct buf *out)
{
	enum { DAY = 24 * 60 * 60 };
	const struct record *record = &shown->record;
	struct buf more = {0};

	if (record->forced_expire) {
		buf_add(out,
			SLICE("  forced expiry  asked for: it is returned at the next attempt\n"));
		return;
	}
	if (shown->spool->lifetime_assumed)
		buf_printf(&more, ", by %s's default of %lld days", shown->spool->format->title,
			(long long)shown->spool->lifetime / DAY);
	if (record->state == STATE_HELD)
		buf_add(&more, SLICE("; not while it is held"));
	else if (show_expiry(shown) <= app->now)
		buf_add(&more, SLICE(": returned at the next attempt"));
	fact_time(app, out, "expires", show_expiry(shown), buf_str(&more));
	buf_free(&more);
}

/* What the newest entry of the logs says: all of them are with the recipients. */
static void print_answer(struct app *app, const struct record *record, struct buf *out)
{
	const struct rcpt *newest = NULL;

	for (uint32_t i = 0; i < record->nrcpts; i++)
		if (slice_known(record->rcpts[i].reason) &&
			(!newest || record->rcpts[i].order > newest->order))
			newest = &record->rcpts[i];
	if (newest)
		fact(app, out, newest->bounced ? "it failed" : "it waits",
			slice_known(newest->reply) ? newest->reply : newest->reason, NULL);
}

static void print_times(struct app *app, const struct shown *shown, struct buf *out)
{
	const struct record *record = &shown->record;

	buf_add(out, SLICE("\ntime line\n"));
	fact_time(app, out, "arrival", record->arrival, "");
	if (record->created != record->arrival)
		fact_time(app, out, "file made", record->created, "");
	if (record->attempts >= 0)
		buf_printf(out, "  attempts       %lld\n", (long long)record->attempts);
	fact_time(app, out, "last attempt", record->last_attempt, "");
	print_answer(app, record, out);
	fact_time(app, out, "next retry", record->next_retry, "");
	print_expiry(app, shown, out);
}

void show_envelope(struct app *app, const struct shown *shown, struct buf *out)
{
	buf_add(out, SLICE("\nenvelope\n"));
	print_facts(app, shown, out);
	print_times(app, shown, out);
}

/* ---- recipients ---- */

void show_recipients(struct app *app, struct shown *shown, struct buf *out)
{
	const struct rcpt **listed = record_listed_rcpts(&shown->record, &shown->arena);
	unsigned counts[RCPT_STATES] = {0};

	for (uint32_t i = 0; i < shown->record.nrcpts; i++)
		counts[listed[i]->state]++;
	buf_printf(out, "\nrecipients: %u pending, %u done, %u cancelled\n", counts[RCPT_PENDING],
		counts[RCPT_DONE], counts[RCPT_CANCELLED]);
	for (uint32_t i = 0; i < shown->record.nrcpts; i++) {
		const struct rcpt *rcpt = listed[i];
		buf_printf(out, "  %-9s ", rcpt_state_name((enum rcpt_state)rcpt->state));
		put(app, out, rcpt->address);
		if (slice_known(rcpt->original)) {
			buf_add(out, SLICE("  (was "));
			put(app, out, rcpt->original);
			buf_addc(out, ')');
		}
		buf_addc(out, '\n');
		if (!slice_known(rcpt->reason))
			continue;
		buf_printf(out, "            %s: ", rcpt->bounced ? "failed" : "waits");
		put(app, out, rcpt->reason);
		buf_addc(out, '\n');
	}
}
