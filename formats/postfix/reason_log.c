#include "formats/postfix/reason_log.h"

#include <stdlib.h>

#include "core/base/buf.h"
#include "core/mail/address.h"

static void read_old_form(struct slice line, struct reason_entry *entry)
{
	/* An address holds ">: " only in quotes, and those come with a name=value form too. */
	size_t close = SIZE_MAX;
	for (size_t i = 1; i + 2 < line.len && close == SIZE_MAX; i++)
		if (memcmp(line.ptr + i, ">: ", 3) == 0)
			close = i;
	if (close == SIZE_MAX)
		return;
	entry->recipient = slice_of(line.ptr + 1, close - 1);
	entry->reason = slice_trim(slice_from(line, close + 3));
}

static void read_pair(struct slice line, struct reason_entry *entry)
{
	struct slice name, value;

	if (!slice_cut(line, '=', &name, &value))
		return;
	name = slice_trim(name);
	value = slice_trim(value);
	if (slice_eq(name, SLICE("recipient")))
		entry->recipient = value;
	else if (slice_eq(name, SLICE("original_recipient")))
		entry->original = value;
	else if (slice_eq(name, SLICE("offset")))
		entry->offset = slice_to_i64(value, &entry->offset) ? entry->offset : -1;
	else if (slice_eq(name, SLICE("status")))
		entry->status = value;
	else if (slice_eq(name, SLICE("action")))
		entry->action = value;
	else if (slice_eq(name, SLICE("diag_text")))
		entry->reply = value;
	else if (slice_eq(name, SLICE("mta_mname")))
		entry->host = value;
	else if (slice_eq(name, SLICE("reason")))
		entry->reason = value;
}

bool reason_log_next(struct slice *log, struct reason_entry *entry)
{
	bool any = false;

	*entry = (struct reason_entry){.offset = -1};
	while (log->len) {
		struct slice line;
		slice_cut(*log, '\n', &line, log);
		if (slice_trim(line).len == 0) {
			if (any)
				return true;
			continue;
		}
		if (line.ptr[0] == '<') {
			read_old_form(line, entry);
			any = true;
		} else if (ascii_is_alnum(line.ptr[0])) {
			read_pair(line, entry);
			any = true;
		}
	}
	return any;
}

static void give(struct rcpt *rcpt, const struct reason_entry *entry, bool bounced,
	uint32_t order)
{
	rcpt->order = order;
	rcpt->reason = slice_upto(entry->reason, LIMIT_REASON);
	rcpt->status = entry->status;
	rcpt->reply = slice_upto(entry->reply, LIMIT_REASON);
	rcpt->host = entry->host;
	rcpt->bounced = bounced;
}

static bool is_recipient(const struct rcpt *rcpt, struct slice quoted)
{
	if (slice_eq(rcpt->address, quoted))
		return true;
	/* Quoting only matters when the log has quotes. */
	if (slice_index(quoted, '"') == SIZE_MAX)
		return false;
	struct buf mine = {0};
	address_quote(&mine, rcpt->address);
	bool same = slice_eq(buf_slice(&mine), quoted);
	buf_free(&mine);
	return same;
}

/* Recipients lie in file order but for those of the heap: by binary search, then one by one. */
static struct rcpt *by_offset(const struct record *record, int64_t offset, struct slice quoted)
{
	uint32_t low = 0, high = record->nrcpts;

	if (offset < 0)
		return NULL;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (record->rcpts[mid].offset == (uint64_t)offset)
			return is_recipient(&record->rcpts[mid], quoted) ? &record->rcpts[mid] : NULL;
		if (record->rcpts[mid].offset < (uint64_t)offset)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* For logs without offsets; a bounded look, so that a hostile pair of files stays cheap. */
static struct rcpt *by_address(const struct record *record, struct slice quoted)
{
	enum { LOOK = 2000 };
	for (uint32_t i = 0; i < record->nrcpts && i < LOOK; i++)
		if (is_recipient(&record->rcpts[i], quoted))
			return &record->rcpts[i];
	return NULL;
}

void reason_log_apply(struct slice log, bool bounced, struct record *record)
{
	/* For hostile pairs of files: an honest log has the offsets. */
	enum { MOST_LOOKS = 10000 };
	struct reason_entry entry;
	uint32_t looks = 0, order = 0;

	while (reason_log_next(&log, &entry)) {
		if (!slice_known(entry.reason) || !slice_known(entry.recipient))
			continue;
		struct rcpt *rcpt = by_offset(record, entry.offset, entry.recipient);
		if (!rcpt && looks++ < MOST_LOOKS)
			rcpt = by_address(record, entry.recipient);
		if (rcpt)
			give(rcpt, &entry, bounced, ++order);
	}
}
