#include "cmd/spoolsweep/message.h"

#include <stdlib.h>

#include "core/mail/address.h"

/* showq(8) prints the null address under this name (empty_address_recipient). */
static struct slice external(struct buf *room, struct slice address)
{
	if (slice_known(address) && !address.len)
		return SLICE("MAILER-DAEMON");
	if (!slice_known(address))
		return address;
	buf_reset(room);
	address_quote(room, address);
	return buf_slice(room);
}

static void sink_recipient(
	struct sink *sink, struct snap *snap, const struct rcpt *rcpt, struct buf *room)
{
	enum reason_class class = snap_reason_class(snap, rcpt->reason_key);

	sink_object(sink, NULL);
	sink_text(sink, "address", external(room, rcpt->address));
	if (slice_known(rcpt->reason))
		sink_text(sink, rcpt->bounced ? "bounce_reason" : "delay_reason", rcpt->reason);
	sink_text(sink, "state", slice_cstr(rcpt_state_name((enum rcpt_state)rcpt->state)));
	sink_text(sink, "original", external(room, rcpt->original));
	sink_text(sink, "dsn_original", rcpt->orcpt);
	sink_text(sink, "status", rcpt->status);
	sink_text(sink, "reply", rcpt->reply);
	sink_text(sink, "host", rcpt->host);
	sink_text(sink, "reason_class",
		slice_cstr(class == REASON_UNKNOWN ? NULL : reason_class_name(class)));
	sink_end(sink);
}

static void sink_postqueue_members(
	struct sink *sink, struct snap *snap, const struct record *record)
{
	struct buf room = {0};
	struct arena arena = {0};
	const struct rcpt **listed = record_listed_rcpts(record, &arena);

	sink_text(sink, "queue_name", record->queue_name);
	sink_text(sink, "queue_id", record->queue_id);
	sink_int(sink, "arrival_time", record->arrival);
	sink_int(sink, "message_size", record->size);
	sink_bool(sink, "forced_expire", record->forced_expire);
	sink_text(sink, "sender", external(&room, record->sender));
	sink_array(sink, "recipients");
	for (uint32_t i = 0; i < record->nrcpts; i++)
		sink_recipient(sink, snap, listed[i], &room);
	sink_end(sink);
	buf_free(&room);
	arena_free(&arena);
}

/* Fields that the members above have said already, or that have a form of their own below. */
static bool already_said(const struct field *field)
{
	static const char *const names[] = {"queue_name", "queue_id", "arrival_time",
		"message_size", "rcpt", "rcpt_domain", "reason", "reason_class", "warnings",
		"finding"};
	if (field->flags & (FIELD_PARAM | FIELD_CONTENT))
		return true; /* header:NAME is there for those who name it; content is not kept */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_eq(slice_cstr(field->name), slice_cstr(names[i])))
			return true;
	return false;
}

/*
 * The index keeps names in lower case; what the file says to the letter comes
 * from the record.
 */
static bool as_written(const struct field *field, const struct record *record, struct slice *text)
{
	const struct {
		const char *name;
		struct slice text;
	} written[] = {
		{"account", record->account},
		{"client_name", record->client_name},
		{"helo", record->helo},
		{"envelope_sender", record->sender},
	};
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		if (slice_eq(slice_cstr(field->name), slice_cstr(written[i].name))) {
			*text = written[i].text;
			return true;
		}
	}
	return false;
}

static void sink_field(struct sink *sink, struct app *app, uint32_t row, const struct field *field,
	const struct record *record)
{
	struct field_ref ref = {.field = field};
	struct slice text;
	int64_t number;

	if (as_written(field, record, &text)) {
		sink_text(sink, field->name, text);
	} else if (field_is_text(field)) {
		uint32_t id = field->id(&ref, &app->env, row, 0);
		sink_text(sink, field->name, intern_get(&app->scan.snap.strings, id));
	} else if (field->number(&ref, &app->env, row, &number)) {
		sink_int(sink, field->name, number);
	} else {
		sink_null(sink, field->name);
	}
}

void sink_message(struct sink *sink, struct app *app, uint32_t row, const struct record *record)
{
	sink_postqueue_members(sink, &app->scan.snap, record);
	for (const struct field *field = field_table; field->name; field++)
		if (!already_said(field))
			sink_field(sink, app, row, field, record);
	sink_text(sink, "log_id", record->log_id);
	sink_array(sink, "warnings");
	for (unsigned i = 0; i < 32; i++)
		if (record->warnings & 1u << i)
			sink_text(sink, NULL, slice_cstr(warning_name((enum warning)(1u << i))));
	sink_end(sink);
}
