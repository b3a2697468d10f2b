/*
 * Any bytes as a log of reasons, for recipients that the log itself names: every
 * second at the offset it says, and some whom it does not know.
 */
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/mail/address.h"
#include "formats/postfix/reason_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_RCPTS = 64 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_inside(struct slice part, struct slice log)
{
	return !part.len || (part.ptr >= log.ptr && part.ptr + part.len <= log.ptr + log.len);
}

static void check_entry(const struct reason_entry *entry, struct slice log)
{
	require(is_inside(entry->recipient, log) && is_inside(entry->original, log));
	require(is_inside(entry->status, log) && is_inside(entry->action, log));
	require(is_inside(entry->reply, log) && is_inside(entry->host, log));
	require(is_inside(entry->reason, log));
}

static uint32_t make_rcpts(struct slice log, struct arena *arena, struct rcpt *rcpts)
{
	struct slice rest = log;
	struct reason_entry entry;
	struct buf raw = {0};
	uint32_t count = 0;
	uint64_t offset = 0;

	for (size_t left = rest.len; reason_log_next(&rest, &entry); left = rest.len) {
		require(rest.len < left);
		check_entry(&entry, log);
		if (count == MOST_RCPTS)
			continue;
		buf_reset(&raw);
		address_unquote(&raw, entry.recipient);
		struct rcpt *rcpt = &rcpts[count++];
		*rcpt = (struct rcpt){.address = arena_copy(arena, buf_slice(&raw))};
		if (count % 2 && entry.offset > 0 && (uint64_t)entry.offset > offset)
			offset = (uint64_t)entry.offset;
		rcpt->offset = offset++;
		if (count % 5 == 0)
			rcpt->address = SLICE("nobody@example.org");
	}
	buf_free(&raw);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice log = slice_of(data, size);
	struct arena arena = {0};
	struct rcpt rcpts[MOST_RCPTS];
	struct record record = record_unknown();
	bool ordered[MOST_RCPTS * 1024] = {false};

	record.rcpts = rcpts;
	record.nrcpts = make_rcpts(log, &arena, rcpts);
	for (unsigned bounced = 0; bounced < 2; bounced++)
		reason_log_apply(log, bounced, &arena, &record);
	for (uint32_t i = 0; i < record.nrcpts; i++) {
		const struct rcpt *rcpt = &record.rcpts[i];
		require(slice_known(rcpt->reason) == (rcpt->order != 0));
		require(!rcpt->order || rcpt->bounced);
		require(rcpt->reason.len <= LIMIT_REASON && is_inside(rcpt->reason, log));
		require(rcpt->reply.len <= LIMIT_REASON && is_inside(rcpt->reply, log));
		require(rcpt->order <= size);
		if (rcpt->order && rcpt->order < sizeof(ordered)) {
			require(!ordered[rcpt->order]); /* each has a place of its own */
			ordered[rcpt->order] = true;
		}
	}
	arena_free(&arena);
	return 0;
}
