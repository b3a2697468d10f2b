/* show: one message, its envelope with the source of every fact, and its headers. */
#include <stdio.h>
#include <string.h>

#include "cmd/spoolsweep/command.h"
#include "cmd/spoolsweep/message.h"
#include "core/base/units.h"
#include "core/mail/decode.h"
#include "core/mail/headers.h"

struct shown {
	const struct spool *spool;
	struct record record;
	struct arena arena;
};

/* Looks for the id in every spool. The first that has it wins; ids are per instance. */
static int find_message(struct app *app, const char *id, struct shown *shown)
{
	const struct need need = {.parts = app->need.parts};
	bool valid = false;
	struct err err;

	for (size_t i = 0; i < app->spools.count; i++) {
		shown->spool = app->spools.list[i];
		valid |= shown->spool->format->id_ok(slice_cstr(id));
		struct unit unit = {.name = slice_cstr(id)};
		enum severity severity = shown->spool->format->find_id(
			shown->spool, &unit, &need, &shown->arena, &shown->record, &err);
		if (severity <= SEV_WARN)
			return EXIT_DONE;
		if (severity == SEV_FAIL) {
			warn_text("%s: %s", id, err.text);
			return err.code == ERR_PERMISSION ? tell_denied(app) : EXIT_IO;
		}
		if (severity == SEV_SKIP) {
			warn_text("%s: %s", id, err.text);
			return EXIT_NOTHING;
		}
	}
	if (valid)
		warn_text("no message %s here: it was delivered or removed, or is in another queue",
			id);
	else
		warn_text("'%s' is no queue id; spoolsweep list shows them", id);
	return valid ? EXIT_NOTHING : EXIT_USAGE;
}

/* The index of that one message, for the fields that are derived there. */
static void index_message(struct app *app, struct shown *shown)
{
	struct buf text = {0};

	snap_init(&app->scan.snap, (const struct spool *const *)app->spools.list, app->spools.count,
		&app->need);
	for (uint32_t i = 0; i < shown->record.nrcpts; i++) {
		struct rcpt *rcpt = &shown->record.rcpts[i];
		if (!slice_known(rcpt->reason))
			continue;
		buf_reset(&text);
		reason_normalise(&text, rcpt->reason);
		rcpt->reason_key = arena_copy(&shown->arena, buf_slice(&text));
	}
	buf_free(&text);
	snap_add(&app->scan.snap, shown->spool->number, &shown->record);
	field_env_init(&app->env, &app->scan.snap, app->now);
}

/*
 * A copy that a content filter handed back has lost its login; the rest of the
 * queue may tell whose it was. A look at all envelopes finds out.
 */
static void find_lost_login(struct app *app, const struct shown *shown)
{
	const struct need envelopes = {0};
	const struct scan_options options = {0};
	struct scan scan = {0};
	struct err err;

	if (!snap_is_copy(&app->scan.snap, 0))
		return;
	if (scan_run(&scan, &app->spools, &envelopes, &options, &err) == 0) {
		for (uint32_t row = 0; row < scan.snap.rows; row++)
			if (scan.snap.small[row].spool == shown->spool->number &&
				slice_eq(snap_text(&scan.snap, COL_QUEUE_ID, row),
					shown->record.queue_id))
				snap_set_lost_login(&app->scan.snap, 0,
					snap_text(&scan.snap, COL_LOST_LOGIN, row));
	}
	scan_free(&scan);
}

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

static void fact_time(struct app *app, struct buf *out, const char *name, int64_t when)
{
	if (when < 0)
		return;
	buf_printf(out, "  %-14s ", name);
	units_time(out, when);
	buf_add(out, SLICE(" ("));
	units_age(out, app->now - when);
	buf_add(out, when <= app->now ? SLICE(" ago)\n") : SLICE(")\n"));
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

static void print_envelope(struct app *app, const struct record *record, struct buf *out)
{
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
	fact_time(app, out, "arrival", record->arrival);
	if (record->created != record->arrival)
		fact_time(app, out, "file made", record->created);
	fact_time(app, out, "next retry", record->next_retry);
	units_size(&size, record->size);
	fact(app, out, "size", buf_slice(&size), NULL);
	buf_free(&size);
	if (record->forced_expire)
		buf_add(out,
			SLICE("  forced expiry  asked for: it is returned at the next attempt\n"));
	for (unsigned i = 0; i < 32; i++)
		if (record->warnings & 1u << i)
			fact(app, out, "warning", slice_cstr(warning_text((enum warning)(1u << i))),
				NULL);
}

static void print_recipients(struct app *app, struct shown *shown, struct buf *out)
{
	struct rcpt *rcpts = message_recipients(&shown->record, &shown->arena);
	unsigned counts[RCPT_STATES] = {0};

	for (uint32_t i = 0; i < shown->record.nrcpts; i++)
		counts[rcpts[i].state]++;
	buf_printf(out, "\nrecipients: %u pending, %u done, %u cancelled\n", counts[RCPT_PENDING],
		counts[RCPT_DONE], counts[RCPT_CANCELLED]);
	for (uint32_t i = 0; i < shown->record.nrcpts; i++) {
		const struct rcpt *rcpt = &rcpts[i];
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

/* A tab in a folded header is a space to the reader; elsewhere it is escaped like any control. */
static void put_line(const struct app *app, struct buf *out, struct slice text)
{
	struct slice part;
	while (slice_cut(text, '\t', &part, &text)) {
		put(app, out, part);
		buf_addc(out, ' ');
	}
	put(app, out, part);
}

/* Each field on one line, decoded for reading. */
static void print_headers(struct app *app, struct shown *shown, struct slice block, struct buf *out)
{
	struct header_field field;
	struct buf decoded = {0};

	buf_add(out, SLICE("\nheaders\n"));
	while (headers_next(&block, &field)) {
		struct slice value = headers_unfold(&shown->arena, field.value);
		buf_add(out, SLICE("  "));
		put(app, out, field.name);
		buf_add(out, SLICE(": "));
		if (decode_needed(value) && value.len <= LIMIT_HEADER_VALUE) {
			buf_reset(&decoded);
			decode_header(&decoded, value);
			value = buf_slice(&decoded);
		}
		put_line(app, out, value);
		buf_addc(out, '\n');
	}
	buf_free(&decoded);
}

/* The bytes as they are, for a file or a pipe; line by line through the escaper for a person. */
static int print_content(struct app *app, struct slice content)
{
	struct buf out = {0};
	struct slice line;

	if (!app->output.terminal) {
		buf_add(&out, content);
		return print_buf(&out);
	}
	while (content.len) {
		slice_cut(content, '\n', &line, &content);
		put(app, &out, line);
		buf_addc(&out, '\n');
	}
	return print_buf(&out);
}

static int show_content(struct app *app, struct shown *shown, const char *id)
{
	enum { RAW_MAX = 1 << 30 };
	struct buf content = {0};
	struct err err = {0};
	bool headers_only = !app->options.raw;
	struct unit unit = {.name = slice_cstr(id), .inode = shown->record.inode};
	enum severity severity = shown->spool->format->content(shown->spool, &unit, headers_only,
		headers_only ? LIMIT_SHOW_HEADERS : RAW_MAX, &content, &err);

	if (severity > SEV_WARN) {
		warn_text("%s: %s", id, err.text[0] ? err.text : "the message left the queue");
		buf_free(&content);
		return severity == SEV_GONE ? EXIT_NOTHING : EXIT_IO;
	}
	if (severity == SEV_WARN)
		warn_text("%s: the content is damaged or too long; this is what could be read", id);
	int code = print_content(app, buf_slice(&content));
	buf_free(&content);
	return code;
}

static int show_json(struct app *app, struct shown *shown)
{
	struct sink *sink = open_sink(app, SINK_PRETTY);

	sink_object(sink, NULL);
	sink_message(sink, app, 0, &shown->record);
	sink_text(sink, "client_source", slice_cstr(source_name(shown->record.client_source)));
	sink_text(sink, "uid_source", slice_cstr(source_name(shown->record.uid_source)));
	sink_array(sink, "attributes");
	for (uint32_t i = 0; i < shown->record.nattributes; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "name", shown->record.attributes[i].name);
		sink_text(sink, "value", shown->record.attributes[i].value);
		sink_end(sink);
	}
	sink_end(sink);
	sink_end(sink);
	return print_sink(sink);
}

static int show_text(struct app *app, struct shown *shown, const char *id)
{
	struct buf out = {0}, headers = {0};
	struct err err;

	put(app, &out, slice_cstr(id));
	buf_addc(&out, ' ');
	put(app, &out, shown->record.queue_name);
	buf_add(&out, SLICE(" in "));
	put(app, &out, slice_cstr(shown->spool->path));
	buf_add(&out, SLICE("\n\nenvelope\n"));
	print_envelope(app, &shown->record, &out);
	print_recipients(app, shown, &out);
	struct unit unit = {.name = slice_cstr(id), .inode = shown->record.inode};
	if (shown->spool->format->content(
		    shown->spool, &unit, true, LIMIT_SHOW_HEADERS, &headers, &err) <= SEV_WARN)
		print_headers(app, shown, buf_slice(&headers), &out);
	buf_free(&headers);
	return print_buf(&out);
}

static int run(struct app *app)
{
	struct shown shown = {0};

	if (app->noperands != 1) {
		warn_text("show takes one queue id: spoolsweep show ID");
		return EXIT_USAGE;
	}
	app->need.parts = NEED_ALL;
	int code = prepare_owner(app);
	if (code != EXIT_DONE)
		return code;
	code = find_message(app, app->operands[0], &shown);
	if (code == EXIT_DONE) {
		index_message(app, &shown);
		find_lost_login(app, &shown);
		if (app->options.raw || app->options.headers)
			code = show_content(app, &shown, app->operands[0]);
		else if (app->options.json)
			code = show_json(app, &shown);
		else
			code = show_text(app, &shown, app->operands[0]);
	}
	arena_free(&shown.arena);
	return code;
}

const struct command command_show = {
	.name = "show",
	.operands = "ID",
	.summary = "one message: envelope with the source of each fact, reasons, headers",
	.takes = OPT_QUEUE | OPT_JSON | OPT_SHOW | OPT_TRASH,
	.run = run,
};
