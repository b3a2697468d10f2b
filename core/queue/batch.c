#include "core/queue/batch.h"

#include "core/base/buf.h"
#include "core/queue/reason.h"

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
		rcpt->reason_key = arena_copy(arena, buf_slice(text));
		last = rcpt;
	}
}

void batch_read(struct batch *batch, const struct need *need, struct buf *text)
{
	const struct format *format = batch->folder->spool->format;

	for (unsigned i = 0; i < batch->count; i++) {
		struct batch_result *result = &batch->results[i];
		result->severity = format->read(batch->folder, &batch->units[i], need, &batch->arena,
			&result->record, &result->err);
		if (result->severity <= SEV_WARN && (need->parts & NEED_REASONS))
			batch_normalise(&result->record, &batch->arena, text);
	}
}
