#include "core/queue/snap.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/address.h"
#include "core/mail/decode.h"
#include "core/queue/spare.h"

enum { FIRST_ROWS = 4096 };

void snap_init(struct snap *snap, const struct spool *const *spools, size_t nspools,
	const struct need *need)
{
	*snap = (struct snap){
		.spools = spools, .nspools = nspools, .need = *need, .asked = need->parts};
	snap->need.parts |= NEED_SENDERS | (need->parts & NEED_REASONS ? NEED_WORDS : 0) |
		(need->parts & NEED_MARKS ? NEED_SUBJECT_KEYS : 0);
	intern_init(&snap->strings);
}

void snap_free(struct snap *snap)
{
	intern_free(&snap->strings);
	texts_free(&snap->ids);
	for (size_t i = 0; i < SNAP_COLS; i++)
		free(snap->cols[i]);
	for (size_t i = 0; i < SNAP_WIDES; i++)
		free(snap->wide[i]);
	free(snap->small);
	for (size_t i = 0; i < RCPT_COLS; i++)
		free(snap->rcpts[i]);
	frequent_free(&snap->frequent);
	free(snap->rcpt_state);
	free(snap->rcpt_class);
	free(snap->reason_class);
	free(snap->decoded);
	*snap = (struct snap){0};
}

/* What must be asked for, for a 64-bit column to be kept. */
static const unsigned wide_needs[SNAP_WIDES] = {
	[WIDE_NEXT_RETRY] = NEED_STATUS,
	[WIDE_IDENTITY] = NEED_IDENTITY,
	[WIDE_DIGEST] = NEED_IDENTITY,
	[WIDE_CREATED] = NEED_CREATED,
	[WIDE_LINEAGE] = NEED_LINEAGE,
	[WIDE_STAMP] = NEED_STAMP,
};

static void grow_rows(struct snap *snap)
{
	snap->cap = snap->cap ? snap->cap * 2 : FIRST_ROWS;
	for (size_t i = 0; i < SNAP_COLS; i++)
		if (snap->cols[i])
			snap->cols[i] = xrealloc(snap->cols[i], snap->cap, sizeof(uint32_t));
	for (size_t i = 0; i < SNAP_WIDES; i++)
		if (!wide_needs[i] || (snap->need.parts & wide_needs[i]))
			snap->wide[i] = xrealloc(snap->wide[i], snap->cap, sizeof(int64_t));
	snap->small = xrealloc(snap->small, snap->cap, sizeof(*snap->small));
}

/*
 * A column comes into being with its first value that is not 0. From then on each row sets
 * it: room that no row has reached is not touched, and so costs no memory.
 */
static void set(struct snap *snap, unsigned col, uint32_t row, uint32_t value)
{
	if (!snap->cols[col] && !value)
		return;
	if (!snap->cols[col])
		snap->cols[col] = xcalloc(snap->cap, sizeof(uint32_t));
	snap->cols[col][row] = value;
}

/* Mail of one sender or client often lies side by side: the value of the row above, if equal. */
static uint32_t same_as_above(
	const struct snap *snap, unsigned col, uint32_t row, struct slice text)
{
	uint32_t id = row && slice_known(text) ? snap_col(snap, col, row - 1) : INTERN_UNKNOWN;
	return id && slice_eq(intern_get(&snap->strings, id), text) ? id : INTERN_UNKNOWN;
}

static void set_text(struct snap *snap, unsigned col, uint32_t row, struct slice text)
{
	uint32_t id = same_as_above(snap, col, row, text);
	set(snap, col, row, id ? id : intern_add(&snap->strings, text));
}

static void set_name(struct snap *snap, unsigned col, uint32_t row, struct slice text)
{
	uint32_t id = same_as_above(snap, col, row, text);
	set(snap, col, row, id ? id : intern_add_fold(&snap->strings, text));
}

/* A table by string id, long enough for `id`; new places are 0. */
static void *memo_room(void *table, uint32_t *cap, uint32_t id, size_t width)
{
	if (id < *cap)
		return table;
	uint32_t old = *cap;
	while (*cap <= id)
		*cap = *cap ? *cap * 2 : FIRST_ROWS;
	table = xrealloc(table, *cap, width);
	memset((char *)table + old * width, 0, (*cap - old) * width);
	return table;
}

void snap_set_answers(struct snap *snap, uint32_t row, uint32_t answers)
{
	set(snap, COL_ANSWERS, row, answers);
}

static uint8_t class_of(struct snap *snap, uint32_t reason)
{
	if (reason == INTERN_UNKNOWN)
		return REASON_UNKNOWN;
	snap->reason_class = memo_room(snap->reason_class, &snap->reason_class_cap, reason, 1);
	uint8_t *known = &snap->reason_class[reason];
	if (!*known)
		*known = (uint8_t)(reason_classify(intern_get(&snap->strings, reason)) + 1);
	return (uint8_t)(*known - 1);
}

enum reason_class snap_reason_class(struct snap *snap, struct slice reason_key)
{
	return (enum reason_class)class_of(snap, intern_add(&snap->strings, reason_key));
}

/* Header text is decoded once for each distinct raw form. */
static void set_decoded(struct snap *snap, unsigned col, uint32_t row, struct slice raw)
{
	raw = slice_upto(raw, LIMIT_HEADER_VALUE);
	uint32_t id = intern_add(&snap->strings, raw);
	if (id != INTERN_UNKNOWN && decode_needed(raw)) {
		snap->decoded = memo_room(snap->decoded, &snap->decoded_cap, id, sizeof(uint32_t));
		if (!snap->decoded[id]) {
			struct buf text = {0};
			decode_header(&text, raw);
			snap->decoded[id] = intern_add(&snap->strings, buf_slice(&text));
			buf_free(&text);
		}
		id = snap->decoded[id];
	}
	set(snap, col, row, id);
}

static void add_headers(struct snap *snap, uint32_t row, const struct record *record)
{
	const struct need *need = &snap->need;

	if (need->parts & NEED_SUBJECT)
		set_decoded(snap, COL_SUBJECT, row, record->subject);
	if (need->parts & NEED_FROM)
		set_decoded(snap, COL_HEADER_FROM, row, record->header_from);
	if (need->parts & NEED_MESSAGE_ID)
		set_text(snap, COL_MESSAGE_ID, row,
			slice_upto(record->message_id, LIMIT_HEADER_VALUE));
	for (unsigned i = 0; need->parts & NEED_EXTRA && i < need->nheaders; i++)
		set_text(
			snap, COL_EXTRA + i, row, slice_upto(record->extra[i], LIMIT_HEADER_VALUE));
}

static void add_marks(struct snap *snap, uint32_t row, const struct record *record)
{
	bool has_id = slice_trim(record->message_id).len > 0;

	if (snap->need.parts & NEED_SUBJECT_KEYS) {
		set_text(snap, COL_SUBJECT_KEY, row, record->subject_key);
		set_name(snap, COL_FROM_DOMAIN, row,
			slice_upto(record->from_domain, LIMIT_HEADER_VALUE));
	}
	set(snap, COL_MARKS, row, record->marks);
	set(snap, COL_MESSAGE_HASH, row, has_id ? frequent_hash(record->message_id) : 0);
}

uint32_t snap_domain(struct snap *snap, struct slice address)
{
	if (slice_known(address) && address.len == 0)
		return INTERN_EMPTY;
	struct slice domain = address_domain(address);
	return domain.len ? intern_add_fold(&snap->strings, domain) : INTERN_UNKNOWN;
}

/* A flood goes to 250,000 addresses at a few hundred domains: who does not ask pays for these. */
static uint32_t rcpt_name(struct snap *snap, uint32_t row, struct slice address)
{
	bool whole = snap_has_addresses(snap, row);
	return whole ? intern_add_fold(&snap->strings, address) : snap_domain(snap, address);
}

static void make_rcpt_room(struct snap *snap, uint32_t count)
{
	bool names = snap->need.parts & NEED_RCPTS, reasons = snap->need.parts & NEED_REASONS;
	bool words = snap->need.parts & NEED_WORDS;
	bool cols[RCPT_COLS] = {names, words, words && snap->keep_reason_text,
		names && snap->need.parts & NEED_MARKS};
	uint32_t cap = snap->rcpt_cap ? snap->rcpt_cap : FIRST_ROWS;

	while (cap - snap->nrcpts < count)
		cap *= 2;
	if (cap == snap->rcpt_cap)
		return;
	for (size_t i = 0; i < RCPT_COLS; i++)
		if (cols[i])
			snap->rcpts[i] = xrealloc(snap->rcpts[i], cap, sizeof(uint32_t));
	snap->rcpt_state = xrealloc(snap->rcpt_state, cap, 1);
	if (reasons)
		snap->rcpt_class = xrealloc(snap->rcpt_class, cap, 1);
	snap->rcpt_cap = cap;
}

static void set_reason(struct snap *snap, uint32_t at, const struct rcpt *rcpt, bool as_before)
{
	if (!(snap->need.parts & NEED_WORDS)) {
		snap->rcpt_class[at] = as_before ? snap->rcpt_class[at - 1]
						 : (uint8_t)reason_classify(rcpt->reason_key);
		return;
	}
	uint32_t reason = as_before ? snap->rcpts[RCPT_REASON][at - 1]
				    : intern_add(&snap->strings, rcpt->reason_key);

	snap->rcpts[RCPT_REASON][at] = reason;
	snap->rcpt_class[at] = class_of(snap, reason);
	if (snap->keep_reason_text)
		snap->rcpts[RCPT_REASON_TEXT][at] = intern_add(&snap->strings, rcpt->reason);
}

static void set_hash(struct snap *snap, uint32_t at, struct slice address)
{
	uint32_t hash = frequent_hash(address);
	snap->rcpts[RCPT_HASH][at] = hash;
	frequent_add(&snap->frequent, address, hash);
}

static void keep_rcpts(struct snap *snap, uint32_t row, const struct record *record)
{
	make_rcpt_room(snap, record->nrcpts);
	for (uint32_t i = 0; i < record->nrcpts; i++) {
		const struct rcpt *rcpt = &record->rcpts[i];
		uint32_t at = snap->nrcpts + i;
		snap->rcpt_state[at] = rcpt->state;
		if (snap->need.parts & NEED_RCPTS)
			snap->rcpts[RCPT_ADDRESS][at] = rcpt_name(snap, row, rcpt->address);
		if (snap->rcpts[RCPT_HASH])
			set_hash(snap, at, rcpt->address);
		/* One failed connection defers many with the same words. */
		if (snap->need.parts & NEED_REASONS)
			set_reason(snap, at, rcpt,
				i && rcpt->reason_key.ptr == rcpt[-1].reason_key.ptr);
	}
	snap->nrcpts += record->nrcpts;
}

static void add_rcpts(struct snap *snap, uint32_t row, const struct record *record)
{
	uint32_t pending = 0;

	set(snap, COL_RCPT_FIRST, row, snap->nrcpts);
	if (snap->need.parts & (NEED_RCPTS | NEED_REASONS))
		keep_rcpts(snap, row, record);
	for (uint32_t i = 0; i < record->nrcpts; i++)
		pending += record->rcpts[i].state == RCPT_PENDING && !record->rcpts[i].logged_only;
	set(snap, COL_NRCPT, row, pending);
}

static int64_t wide_of(int64_t value)
{
	return value < 0 ? WIDE_UNKNOWN : value;
}

static uint32_t plus_one(int64_t value)
{
	return value < 0 || value >= UINT32_MAX ? 0 : (uint32_t)value + 1;
}

/* A stranger's mail is told from a relay's by its recipients: without them, unknown. */
static enum origin origin_for(const struct snap *snap, unsigned spool, const struct record *record)
{
	bool wanted = snap->need.parts & NEED_RCPTS;
	return wanted ? origin_of(record, &snap->spools[spool]->site) : ORIGIN_UNKNOWN;
}

static bool names_host(struct slice address)
{
	struct slice host, local = address_local(address);
	return address_next_host(&local, &host);
}

/* An address that only leads elsewhere is no alias. */
static uint32_t rewritten(struct snap *snap, const struct record *record)
{
	for (uint32_t i = 0; i < record->nrcpts; i++) {
		struct slice original = record->rcpts[i].original;
		if (slice_known(original) && !names_host(original))
			return snap_domain(snap, original);
	}
	return INTERN_UNKNOWN;
}

static bool is_routed(const struct record *record)
{
	uint32_t i = 0;

	while (i < record->nrcpts && !names_host(record->rcpts[i].address))
		i++;
	return i < record->nrcpts;
}

/* Where not all local domains are known, they are guessed by this. */
static void keep_for_guess(struct snap *snap, uint32_t row, const struct record *record)
{
	const struct site *site = &snap->spools[snap->small[row].spool]->site;
	bool wanted = snap->need.parts & NEED_RCPTS && !site->local_complete;

	set(snap, COL_REWRITTEN, row, wanted ? rewritten(snap, record) : INTERN_UNKNOWN);
	set_name(snap, COL_STAMPED_BY, row, wanted ? record->stamped_by : (struct slice){0});
	if (wanted && is_routed(record))
		snap->small[row].flags |= SNAP_ROUTED;
}

static uint32_t new_row(struct snap *snap)
{
	if (snap->rows == snap->next_look)
		spare_look(snap);
	if (snap->rows == snap->cap)
		grow_rows(snap);
	return snap->rows++;
}

uint32_t snap_add(struct snap *snap, unsigned spool, const struct record *record)
{
	uint32_t row = new_row(snap);

	snap->small[row] = (struct snap_small){
		.spool = (uint8_t)spool,
		.queue = record->queue,
		.state = (uint8_t)record->state,
		.origin = (uint8_t)origin_for(snap, spool, record),
		.account_source = (uint8_t)record->account_source,
		.client_source = (uint8_t)record->client_source,
		.flags = (uint8_t)((record_is_reinjected(record) ? SNAP_REINJECTED : 0) |
			(record->forced_expire ? SNAP_FORCED_EXPIRE : 0)),
	};
	snap->wide[WIDE_ARRIVAL][row] = wide_of(record->arrival);
	snap->wide[WIDE_SIZE][row] = wide_of(record->size);
	snap->wide[WIDE_INODE][row] = (int64_t)record->inode;
	if (snap->need.parts & NEED_STATUS)
		snap->wide[WIDE_NEXT_RETRY][row] = wide_of(record->next_retry);
	if (snap->need.parts & NEED_IDENTITY) {
		snap->wide[WIDE_IDENTITY][row] = (int64_t)record->identity;
		snap->wide[WIDE_DIGEST][row] = (int64_t)record_digest(record);
	}
	if (snap->need.parts & NEED_CREATED)
		snap->wide[WIDE_CREATED][row] =
			wide_of(record->created < 0 ? record->arrival : record->created);
	if (snap->need.parts & NEED_STAMP)
		snap->wide[WIDE_STAMP][row] = (int64_t)record->stamp;
	if (snap->need.parts & NEED_LINEAGE)
		snap->wide[WIDE_LINEAGE][row] = (int64_t)record_lineage(record);
	set(snap, COL_QUEUE_ID, row, texts_add(&snap->ids, record->queue_id));
	set_text(snap, COL_QUEUE_NAME, row, record->queue_name);
	set_name(snap, COL_ACCOUNT, row, record->account);
	set_text(snap, COL_CLIENT_IP, row, record->client_ip);
	if (snap->need.parts & NEED_SENDERS)
		set_name(snap, COL_SENDER, row, record->sender);
	else
		set(snap, COL_SENDER, row, snap_domain(snap, record->sender));
	set(snap, COL_LOST_LOGIN, row, INTERN_UNKNOWN);
	set_text(snap, COL_SCRIPT, row, record->script);
	set_text(snap, COL_LOG_ID, row, record->log_id);
	keep_for_guess(snap, row, record);
	set(snap, COL_UID, row, plus_one(record->uid));
	set(snap, COL_ATTEMPTS, row, plus_one(record->attempts));
	set(snap, COL_WARNINGS, row, record->warnings);
	set(snap, COL_ANSWERS, row, record->answers);
	if (snap->need.parts & NEED_SESSION) {
		set_text(snap, COL_AUTH_METHOD, row, record->auth_method);
		set_name(snap, COL_CLIENT_NAME, row, record->client_name);
		set_text(snap, COL_PROTOCOL, row, record->protocol);
	}
	if (snap_keeps_helo(snap))
		set_name(snap, COL_HELO, row, record->helo);
	if (snap->need.parts & NEED_HEADERS)
		add_headers(snap, row, record);
	if (snap->need.parts & NEED_MARKS)
		add_marks(snap, row, record);
	add_rcpts(snap, row, record);
	return row;
}

static void add_rcpts_of(struct snap *snap, uint32_t row, const struct snap *from, uint32_t old)
{
	uint32_t count;
	uint32_t first = snap_rcpts(from, old, &count);

	set(snap, COL_RCPT_FIRST, row, snap->nrcpts);
	if (!count)
		return;
	make_rcpt_room(snap, count);
	for (unsigned col = 0; col < RCPT_COLS; col++)
		if (snap->rcpts[col])
			memcpy(snap->rcpts[col] + snap->nrcpts, from->rcpts[col] + first,
				count * sizeof(uint32_t));
	/* Only addresses that were frequent there have a name left. */
	for (uint32_t i = first; snap->rcpts[RCPT_HASH] && i < first + count; i++) {
		uint32_t hash = from->rcpts[RCPT_HASH][i];
		frequent_add(&snap->frequent, frequent_find(&from->frequent, hash), hash);
	}
	memcpy(snap->rcpt_state + snap->nrcpts, from->rcpt_state + first, count);
	if (snap->rcpt_class)
		memcpy(snap->rcpt_class + snap->nrcpts, from->rcpt_class + first, count);
	snap->nrcpts += count;
}

uint32_t snap_add_row(struct snap *snap, const struct snap *from, uint32_t old)
{
	uint32_t row = new_row(snap);

	snap->small[row] = from->small[old];
	for (unsigned col = 0; col < SNAP_COLS; col++)
		if (col != COL_QUEUE_ID && col != COL_LOST_LOGIN && col != COL_RCPT_FIRST)
			set(snap, col, row, snap_col(from, col, old));
	for (unsigned col = 0; col < SNAP_WIDES; col++)
		if (snap->wide[col])
			snap->wide[col][row] = snap_wide(from, col, old);
	set(snap, COL_QUEUE_ID, row, texts_add(&snap->ids, snap_text(from, COL_QUEUE_ID, old)));
	set(snap, COL_LOST_LOGIN, row, INTERN_UNKNOWN);
	add_rcpts_of(snap, row, from, old);
	return row;
}
