#include "formats/postfix/reason_log.h"

#include <stdlib.h>

#include "core/base/intern.h"
#include "core/base/xalloc.h"
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

static void give(struct rcpt *rcpt, const struct reason_entry *entry, bool bounced, uint32_t order)
{
	rcpt->order = order;
	rcpt->reason = slice_upto(entry->reason, LIMIT_REASON);
	rcpt->status = slice_upto(entry->status, LIMIT_REASON);
	rcpt->reply = slice_upto(entry->reply, LIMIT_REASON);
	rcpt->host = slice_upto(entry->host, LIMIT_REASON);
	rcpt->bounced = bounced;
}

/* The recipients by address, for entries without a good offset; made when the first one comes. */
struct finder {
	const struct record *record;
	struct buf raw; /* the address of the entry at hand, without its quotes */
	struct intern names;
	uint32_t *first; /* by name: the first recipient called so, + 1 */
};

/* The raw form of an address in a log. */
static struct slice raw_address(struct finder *finder, struct slice logged)
{
	if (slice_eq(logged, SLICE("<>")))
		return SLICE("");
	if (slice_index(logged, '"') == SIZE_MAX)
		return logged;
	buf_reset(&finder->raw);
	address_unquote(&finder->raw, logged);
	return buf_slice(&finder->raw);
}

/* Recipients lie in file order but for those of the heap: by binary search. */
static struct rcpt *by_offset(const struct record *record, int64_t offset)
{
	uint32_t low = 0, high = record->nrcpts;

	while (offset >= 0 && low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (record->rcpts[mid].offset == (uint64_t)offset)
			return &record->rcpts[mid];
		if (record->rcpts[mid].offset < (uint64_t)offset)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void list_names(struct finder *finder)
{
	const struct record *record = finder->record;

	intern_init(&finder->names);
	/* No more names than recipients, and the two that every table has. */
	finder->first = xcalloc((size_t)record->nrcpts + 2, sizeof(*finder->first));
	for (uint32_t i = 0; i < record->nrcpts; i++) {
		uint32_t name = intern_add(&finder->names, record->rcpts[i].address);
		if (!finder->first[name])
			finder->first[name] = i + 1;
	}
}

static struct rcpt *by_address(struct finder *finder, struct slice raw)
{
	if (!finder->first)
		list_names(finder);
	uint32_t name = intern_find(&finder->names, raw);
	uint32_t at = name == INTERN_UNKNOWN ? 0 : finder->first[name];
	return at ? &finder->record->rcpts[at - 1] : NULL;
}

static struct rcpt *find_rcpt(struct finder *finder, const struct reason_entry *entry)
{
	struct slice raw = raw_address(finder, entry->recipient);
	struct rcpt *rcpt = by_offset(finder->record, entry->offset);
	return rcpt && slice_eq(rcpt->address, raw) ? rcpt : by_address(finder, raw);
}

/*
 * Whom the log names and no record does: a REDIRECT sends all mail to an address
 * that stands only there once it was tried. postqueue(1) lists it too.
 */
struct redirected {
	uint32_t count;
	/* A redirect goes to one address, or through aliases to a few. */
	struct rcpt rcpts[100];
};

static struct rcpt *add_redirected(
	struct redirected *redirected, struct slice raw, struct arena *arena)
{
	for (uint32_t i = 0; i < redirected->count; i++)
		if (slice_eq(redirected->rcpts[i].address, raw))
			return &redirected->rcpts[i];
	if (redirected->count == sizeof(redirected->rcpts) / sizeof(*redirected->rcpts))
		return NULL;
	struct rcpt *rcpt = &redirected->rcpts[redirected->count++];
	*rcpt = (struct rcpt){
		.address = arena_copy(arena, raw),
		.offset = UINT64_MAX, /* behind all records, so that these stay in order */
		.state = RCPT_PENDING,
		.logged_only = true,
	};
	return rcpt;
}

static void append(struct record *record, const struct redirected *redirected, struct arena *arena)
{
	uint32_t total = record->nrcpts + redirected->count;
	struct rcpt *all = arena_alloc(arena, total * sizeof(*all));

	if (record->nrcpts)
		memcpy(all, record->rcpts, record->nrcpts * sizeof(*all));
	memcpy(all + record->nrcpts, redirected->rcpts, redirected->count * sizeof(*all));
	record->rcpts = all;
	record->nrcpts = total;
}

void reason_log_apply(struct slice log, bool bounced, struct arena *arena, struct record *record)
{
	struct redirected redirected; /* large, and nearly always without use: not cleared */
	struct finder finder = {.record = record};
	struct reason_entry entry;
	uint32_t order = 0;

	redirected.count = 0;
	while (reason_log_next(&log, &entry)) {
		if (!slice_known(entry.reason) || !slice_known(entry.recipient))
			continue;
		struct rcpt *rcpt = find_rcpt(&finder, &entry);
		if (!rcpt)
			rcpt = add_redirected(
				&redirected, raw_address(&finder, entry.recipient), arena);
		if (rcpt)
			give(rcpt, &entry, bounced, ++order);
		else
			record->warnings |= WARN_BAD_LOG;
	}
	if (redirected.count)
		append(record, &redirected, arena);
	if (finder.first)
		intern_free(&finder.names);
	free(finder.first);
	buf_free(&finder.raw);
}
