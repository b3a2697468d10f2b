#include "core/queue/batch.h"

#include "core/base/buf.h"
#include "core/mail/decode.h"
#include "core/mail/marks.h"
#include "core/queue/reason.h"

/*
 * "mailbox vera.graf3 is inactive": a server may name the user without the
 * domain. Plain words are left alone, or a user called spam would hide the reason.
 */
static void hide_user(struct buf *text, struct slice address)
{
	struct slice user = slice_upto(address, slice_rindex(address, '@'));
	bool telling = false;
	size_t at;

	for (size_t i = 0; i < user.len; i++)
		telling |= !ascii_is_alpha(user.ptr[i]);
	if (!telling || user.len < 4)
		return;
	while ((at = slice_find(buf_slice(text), user)) != SIZE_MAX) {
		static const char mark[] = "USER";
		memcpy(text->ptr + at, mark, 4);
		memmove(text->ptr + at + 4, text->ptr + at + user.len, text->len - at - user.len);
		text->len -= user.len - 4;
	}
}

void batch_normalise(struct record *record, struct arena *arena, struct buf *text)
{
	const struct rcpt *last = NULL;

	for (uint32_t i = 0; i < record->nrcpts; i++) {
		struct rcpt *rcpt = &record->rcpts[i];
		if (!slice_known(rcpt->reason))
			continue;
		/* One failed connection defers all recipients with the same words. */
		if (last && slice_eq(last->reason, rcpt->reason)) {
			rcpt->reason_key = last->reason_key;
			continue;
		}
		buf_reset(text);
		reason_normalise(text, rcpt->reason);
		hide_user(text, rcpt->address);
		rcpt->reason_key = arena_copy(arena, buf_slice(text));
		last = rcpt;
	}
}

void batch_subject_key(struct record *record, struct arena *arena, struct batch_reader *reader)
{
	struct slice raw = slice_upto(record->subject, LIMIT_HEADER_VALUE);

	if (!slice_known(raw))
		return;
	buf_reset(&reader->decoded);
	buf_reset(&reader->text);
	if (decode_needed(raw)) {
		decode_header(&reader->decoded, raw);
		raw = buf_slice(&reader->decoded);
	}
	subject_shape(
		&reader->text, raw, record->nrcpts ? record->rcpts[0].address : (struct slice){0});
	record->subject_key = arena_copy(arena, buf_slice(&reader->text));
}

/* Few units fail, and an error is as big as a record: it is kept only then. */
static struct err *keep_err(struct arena *arena, const struct err *err)
{
	struct err *kept = arena_alloc(arena, sizeof(*kept));
	*kept = *err;
	return kept;
}

void batch_inspect(struct record *record, struct arena *arena, const struct need *need,
	struct batch_reader *reader)
{
	const struct inspector *inspector = need->inspector;
	struct slice text = record->content.text;

	if (!reader->inspecting)
		reader->inspecting = inspector->begin(inspector);
	record->answers = inspector->answer(reader->inspecting, &record->content);
	if (slice_known(text))
		arena_trim(arena, text.ptr, text.len, 0);
	record->content = (struct content){0};
}

void batch_reader_free(struct batch_reader *reader, const struct need *need)
{
	if (reader->inspecting)
		need->inspector->end(reader->inspecting);
	buf_free(&reader->text);
	buf_free(&reader->decoded);
	*reader = (struct batch_reader){0};
}

/* What was found odd is looked at anew each time. */
static void keep_stamp(struct batch_result *result, uint64_t stamp)
{
	if (result->severity == SEV_OK)
		result->record.stamp = stamp;
}

unsigned batch_read(struct batch *batch, const struct need *need, const struct cache *cache,
	struct batch_reader *reader)
{
	const struct format *format = batch->folder->spool->format;
	struct err err;
	unsigned i = 0;

	do {
		struct batch_result *result = &batch->results[i];
		uint64_t stamp = 0;
		result->row = need->parts & NEED_STAMP
			? cache_find(cache, batch->folder, &batch->units[i], need, &stamp)
			: CACHE_NONE;
		if (result->row != CACHE_NONE) {
			result->severity = SEV_OK;
			continue;
		}
		result->severity = format->read(batch->folder, &batch->units[i], need,
			&batch->arena, &result->record, &err);
		if (result->severity == SEV_FAIL)
			result->err = keep_err(&batch->arena, &err);
		if (result->severity > SEV_WARN)
			continue;
		/* First the content, which is the newest in the arena. */
		if (need->inspector)
			batch_inspect(&result->record, &batch->arena, need, reader);
		if (need->parts & NEED_REASONS)
			batch_normalise(&result->record, &batch->arena, &reader->text);
		if (need->parts & NEED_MARKS)
			batch_subject_key(&result->record, &batch->arena, reader);
		keep_stamp(result, stamp);
	} while (++i < batch->count && arena_bytes(&batch->arena) < BATCH_BYTES);
	return i;
}

void batch_split(struct batch *batch, unsigned at, struct batch *rest)
{
	rest->folder = folder_ref(batch->folder);
	for (unsigned i = at; i < batch->count; i++) {
		struct unit *unit = &rest->units[rest->count++];
		*unit = batch->units[i];
		unit->name = arena_copy(&rest->arena, unit->name);
	}
	batch->count = at;
}
