/* A cache as bytes: a head, then column by column, then the strings. In the machine's own order. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/queue/cache.h"

#define MAGIC "swcache2"
enum { MOST_ID = 255 };
/* A size that a file claims is summed up: a million of them must not run over. */
#define MOST_SIZE (INT64_C(1) << 40)

struct head {
	char magic[8];
	uint64_t checksum; /* of all that follows it */
	struct cache_identity identity;
	int64_t began;
	int64_t clock; /* milliseconds that the clock was ahead of the time since the machine's start */
	uint64_t cols; /* a bit for each that is there; so have the next two */
	uint32_t wides, rcpt_cols;
	uint64_t string_bytes, id_bytes;
	uint32_t rows, nrcpts, strings, frequent;
};

static int64_t clock_offset(void)
{
	return clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);
}

/* ---- writing ---- */

/* The bytes behind the head, in pieces: all of a million messages would be 150 MB. */
struct out {
	int fd;
	struct buf buf;
	off_t at;
	XXH3_state_t checksum;
	bool failed;
};

static void flush(struct out *out)
{
	struct slice left = buf_slice(&out->buf);

	XXH3_64bits_update(&out->checksum, left.ptr ? left.ptr : "", left.len);
	while (left.len && !out->failed) {
		ssize_t done = pwrite(out->fd, left.ptr, left.len, out->at);
		out->failed = done <= 0;
		left = slice_from(left, done > 0 ? (size_t)done : 0);
		out->at += done > 0 ? done : 0;
	}
	buf_reset(&out->buf);
}

static void add(struct out *out, const void *bytes, size_t len)
{
	enum { PIECE = 256 * 1024 };
	buf_add(&out->buf, slice_of(bytes, len));
	if (out->buf.len >= PIECE)
		flush(out);
}

/* A column, some rows at a time. */
static void add_column(struct out *out, const void *column, uint32_t count, size_t width)
{
	enum { ROWS = 8192 };
	for (uint32_t i = 0; column && i < count; i += ROWS)
		add(out, (const char *)column + i * width,
			(count - i < ROWS ? count - i : ROWS) * width);
}

/* The strings that rows have, numbered anew: those of mail that is gone are left behind. */
struct used {
	uint32_t *to; /* by id, + 1; 0 not used */
	uint32_t *from;
	uint32_t count;
};

static uint32_t use(struct used *used, uint32_t id)
{
	if (id > INTERN_EMPTY && !used->to[id]) {
		used->from[used->count] = id;
		used->to[id] = ++used->count;
	}
	return id > INTERN_EMPTY ? used->to[id] - 1 : id;
}

static void add_ids(struct out *out, struct used *used, const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = use(used, ids[i]);
		add(out, &id, sizeof(id));
	}
}

static void add_columns(
	const struct snap *snap, struct head *head, struct used *used, struct out *out)
{
	for (unsigned col = 0; col < SNAP_COLS; col++) {
		if (!snap->cols[col] || col == COL_QUEUE_ID || col == COL_LOST_LOGIN)
			continue;
		head->cols |= UINT64_C(1) << col;
		if (snap_is_string(col))
			add_ids(out, used, snap->cols[col], head->rows);
		else
			add_column(out, snap->cols[col], head->rows, sizeof(uint32_t));
	}
	for (unsigned col = 0; col < SNAP_WIDES; col++) {
		head->wides |= snap->wide[col] ? 1u << col : 0;
		add_column(out, snap->wide[col], head->rows, sizeof(int64_t));
	}
	add_column(out, snap->small, head->rows, sizeof(*snap->small));
	for (unsigned col = 0; col < RCPT_COLS; col++) {
		if (!snap->rcpts[col])
			continue;
		head->rcpt_cols |= 1u << col;
		if (snap_rcpt_is_string(col))
			add_ids(out, used, snap->rcpts[col], head->nrcpts);
		else
			add_column(out, snap->rcpts[col], head->nrcpts, sizeof(uint32_t));
	}
	add_column(out, snap->rcpt_state, head->nrcpts, 1);
	add_column(out, snap->rcpt_class, head->nrcpts, 1);
}

/* What is too long for an id is no message's that could be found again. */
static struct slice id_of(const struct snap *snap, uint32_t row)
{
	struct slice id = snap_text(snap, COL_QUEUE_ID, row);
	return id.len <= MOST_ID ? id : SLICE("");
}

static void add_strings(
	const struct snap *snap, struct head *head, const struct used *used, struct out *out)
{
	head->strings = used->count;
	for (uint32_t i = INTERN_EMPTY + 1; i < used->count; i++) {
		uint32_t len = (uint32_t)intern_get(&snap->strings, used->from[i]).len;
		add(out, &len, sizeof(len));
		head->string_bytes += len;
	}
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint8_t len = (uint8_t)id_of(snap, row).len;
		add(out, &len, sizeof(len));
		head->id_bytes += len;
	}
	for (uint32_t i = INTERN_EMPTY + 1; i < used->count; i++) {
		struct slice text = intern_get(&snap->strings, used->from[i]);
		add(out, text.ptr, text.len);
	}
	for (uint32_t row = 0; row < snap->rows; row++) {
		struct slice id = id_of(snap, row);
		add(out, id.ptr, id.len);
	}
}

/* Without their counts: those are of the rows that will be taken over. */
static void add_frequent(const struct snap *snap, struct head *head, struct out *out)
{
	const struct frequent *frequent = &snap->frequent;

	for (uint32_t i = 0; frequent->slots && i < FREQUENT_PLACES; i++) {
		const struct frequent_slot *slot = &frequent->slots[i];
		if (!slot->text)
			continue;
		add(out, &slot->len, sizeof(slot->len));
		add(out, slot->text, slot->len);
		head->frequent++;
	}
}

/* Of the head it is the end that has a checksum, and that last: it is known last. */
static uint64_t checksum_of(const struct head *head, XXH3_state_t *behind)
{
	size_t skip = offsetof(struct head, identity);
	XXH3_64bits_update(behind, (const char *)head + skip, sizeof(*head) - skip);
	return XXH3_64bits_digest(behind);
}

void cache_seal(char *bytes, size_t len, const struct cache_identity *identity)
{
	struct head head;
	XXH3_state_t state;

	if (len < sizeof(head))
		return;
	memcpy(&head, bytes, sizeof(head));
	memcpy(head.magic, MAGIC, sizeof(head.magic));
	head.identity = *identity;
	head.clock = clock_offset();
	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, bytes + sizeof(head), len - sizeof(head));
	head.checksum = checksum_of(&head, &state);
	memcpy(bytes, &head, sizeof(head));
}

int cache_write(
	const struct snap *snap, int64_t began, const struct cache_identity *identity, int fd)
{
	struct head head = {.magic = MAGIC,
		.identity = *identity,
		.began = began,
		.clock = clock_offset(),
		.rows = snap->rows,
		.nrcpts = snap->rcpt_state ? snap->nrcpts : 0};
	struct used used = {.to = xcalloc(snap->strings.count, sizeof(*used.to)),
		.from = xcalloc(snap->strings.count, sizeof(*used.from)),
		.count = INTERN_EMPTY + 1};
	struct out out = {.fd = fd, .at = sizeof(head)};

	XXH3_64bits_reset(&out.checksum);
	add_columns(snap, &head, &used, &out);
	add_frequent(snap, &head, &out);
	add_strings(snap, &head, &used, &out);
	flush(&out);
	head.checksum = checksum_of(&head, &out.checksum);
	bool whole = !out.failed && pwrite(fd, &head, sizeof(head), 0) == sizeof(head);
	buf_free(&out.buf);
	free(used.to);
	free(used.from);
	return whole ? 0 : -1;
}

/* ---- reading: hostile bytes ---- */

struct cursor {
	const char *at;
	size_t left;
	bool failed;
};

/* A copy of the next `count` things; NULL when there are not so many. */
static void *take(struct cursor *cursor, size_t count, size_t width)
{
	size_t bytes;

	if (cursor->failed || __builtin_mul_overflow(count, width, &bytes) ||
		bytes > cursor->left) {
		cursor->failed = true;
		return NULL;
	}
	void *copy = xrealloc(NULL, count ? count : 1, width);
	memcpy(copy, cursor->at, bytes);
	cursor->at += bytes;
	cursor->left -= bytes;
	return copy;
}

static bool all_below(const uint32_t *values, uint32_t count, uint32_t bound)
{
	uint32_t most = 0;
	for (uint32_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	return !count || most < bound;
}

static bool all_bytes_below(const uint8_t *values, uint32_t count, uint8_t bound)
{
	uint8_t most = 0;
	for (uint32_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	return !count || most < bound;
}

static bool take_cols(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	uint64_t never = UINT64_C(1) << COL_QUEUE_ID | UINT64_C(1) << COL_LOST_LOGIN;

	if (head->cols >> SNAP_COLS || head->cols & never) /* SNAP_COLS is below 64 */
		return false;
	for (unsigned col = 0; col < SNAP_COLS; col++) {
		if (!(head->cols >> col & 1))
			continue;
		snap->cols[col] = take(cursor, head->rows, sizeof(uint32_t));
		if (cursor->failed ||
			(snap_is_string(col) &&
				!all_below(snap->cols[col], head->rows, head->strings)))
			return false;
	}
	return true;
}

/* Times are sums of others, sizes are added up: neither may run over. */
static bool is_sane(const int64_t *values, uint32_t count, int64_t most)
{
	for (uint32_t i = 0; i < count; i++)
		if (values[i] != WIDE_UNKNOWN && (values[i] < 0 || values[i] > most))
			return false;
	return true;
}

static bool take_wides(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	unsigned wanted =
		1u << WIDE_ARRIVAL | 1u << WIDE_SIZE | 1u << WIDE_INODE | 1u << WIDE_STAMP;
	if (snap->need.parts & NEED_STATUS)
		wanted |= 1u << WIDE_NEXT_RETRY;

	if (head->wides != wanted)
		return head->rows == 0 && !head->wides;
	for (unsigned col = 0; col < SNAP_WIDES; col++) {
		if (!(head->wides >> col & 1))
			continue;
		snap->wide[col] = take(cursor, head->rows, sizeof(int64_t));
		bool is_time = col == WIDE_ARRIVAL || col == WIDE_NEXT_RETRY;
		if (cursor->failed ||
			(is_time && !is_sane(snap->wide[col], head->rows, LIMIT_TIME)) ||
			(col == WIDE_SIZE && !is_sane(snap->wide[col], head->rows, MOST_SIZE)))
			return false;
	}
	return true;
}

static bool take_small(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	snap->small = take(cursor, head->rows, sizeof(*snap->small));
	for (uint32_t row = 0; !cursor->failed && row < head->rows; row++) {
		const struct snap_small *small = &snap->small[row];
		if (small->spool >= snap->nspools || small->state >= MSG_STATES ||
			small->origin >= ORIGINS || small->account_source >= SOURCES ||
			small->client_source >= SOURCES)
			return false;
	}
	return !cursor->failed;
}

static bool in_order(const struct snap *snap, const struct head *head)
{
	const uint32_t *first = snap->cols[COL_RCPT_FIRST];
	uint32_t before = 0;

	/* The column is there from its first value on that is not 0. */
	for (uint32_t row = 0; first && row < head->rows; row++) {
		if (first[row] < before || first[row] > head->nrcpts || (!row && first[row]))
			return false;
		before = first[row];
	}
	return first || head->rows == 1 || !head->nrcpts;
}

static bool take_rcpts(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	bool reasons = snap->need.parts & NEED_REASONS;
	unsigned wanted = snap->need.parts & NEED_RCPTS ? 1u << RCPT_ADDRESS : 0;
	if (snap->need.parts & NEED_WORDS)
		wanted |= 1u << RCPT_REASON | (snap->keep_reason_text ? 1u << RCPT_REASON_TEXT : 0);
	if (snap->need.parts & NEED_RCPTS && snap->need.parts & NEED_MARKS)
		wanted |= 1u << RCPT_HASH;

	if (head->nrcpts && (head->rcpt_cols != wanted || !(reasons || wanted)))
		return false;
	for (unsigned col = 0; col < RCPT_COLS; col++) {
		if (!(head->rcpt_cols >> col & 1))
			continue;
		snap->rcpts[col] = take(cursor, head->nrcpts, sizeof(uint32_t));
		if (cursor->failed ||
			(snap_rcpt_is_string(col) &&
				!all_below(snap->rcpts[col], head->nrcpts, head->strings)))
			return false;
	}
	snap->rcpt_state = take(cursor, head->nrcpts, 1);
	if (reasons)
		snap->rcpt_class = take(cursor, head->nrcpts, 1);
	return !cursor->failed && in_order(snap, head) &&
		all_bytes_below(snap->rcpt_state, head->nrcpts, RCPT_STATES) &&
		(!reasons || all_bytes_below(snap->rcpt_class, head->nrcpts, REASON_CLASSES));
}

static bool take_frequent(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	uint32_t len;

	if (head->frequent > FREQUENT_SLOTS)
		return false;
	for (uint32_t i = 0; i < head->frequent; i++) {
		if (cursor->left < sizeof(len))
			return false;
		memcpy(&len, cursor->at, sizeof(len));
		if (len > cursor->left - sizeof(len))
			return false;
		struct slice text = slice_of(cursor->at + sizeof(len), len);
		/* What came once has no text. */
		for (unsigned twice = 0; twice < 2; twice++)
			frequent_add(&snap->frequent, text, frequent_hash(text));
		cursor->at += sizeof(len) + len;
		cursor->left -= sizeof(len) + len;
	}
	return true;
}

/* Each string has to be new, or ids would mean something else than they say. */
static bool take_strings(struct cursor *cursor, const struct head *head, struct snap *snap)
{
	uint32_t others = head->strings - (INTERN_EMPTY + 1);
	uint32_t *lengths =
		head->strings > INTERN_EMPTY ? take(cursor, others, sizeof(uint32_t)) : NULL;
	uint8_t *id_lengths = take(cursor, head->rows, 1);
	uint64_t bytes = head->string_bytes + head->id_bytes;
	bool right = lengths && id_lengths && bytes >= head->id_bytes && bytes == cursor->left;

	for (uint32_t i = 0; right && i < others; i++) {
		right = lengths[i] <= cursor->left &&
			intern_add(&snap->strings, slice_of(cursor->at, lengths[i])) ==
				i + INTERN_EMPTY + 1;
		cursor->at += right ? lengths[i] : 0;
		cursor->left -= right ? lengths[i] : 0;
	}
	right = right && cursor->left == head->id_bytes;
	if (right)
		snap->cols[COL_QUEUE_ID] = xcalloc(head->rows, sizeof(uint32_t));
	for (uint32_t row = 0; right && row < head->rows; row++) {
		right = id_lengths[row] <= cursor->left;
		if (!right)
			break;
		snap->cols[COL_QUEUE_ID][row] =
			texts_add(&snap->ids, slice_of(cursor->at, id_lengths[row]));
		cursor->at += id_lengths[row];
		cursor->left -= id_lengths[row];
	}
	free(lengths);
	free(id_lengths);
	return right && !cursor->left;
}

/* ---- finding ---- */

/* Nobody waits longer for a file in which all inodes are equal. */
enum { MOST_STEPS = 64 };

static size_t place_of(const struct cache *cache, unsigned spool, uint64_t inode)
{
	uint64_t key[2] = {spool, inode};
	return (size_t)seeded_hash(key, sizeof(key)) & cache->mask;
}

static void list_rows(struct cache *cache)
{
	const struct snap *snap = &cache->snap;
	size_t slots = 1024;

	while (slots < (size_t)snap->rows * 2)
		slots *= 2;
	cache->slots = xtable(slots, sizeof(*cache->slots));
	cache->mask = slots - 1;
	for (uint32_t row = 0; row < snap->rows; row++) {
		size_t at = place_of(
			cache, snap->small[row].spool, (uint64_t)snap->wide[WIDE_INODE][row]);
		for (unsigned i = 0; i < MOST_STEPS && cache->slots[at]; i++)
			at = (at + 1) & cache->mask;
		if (!cache->slots[at])
			cache->slots[at] = row + 1;
	}
}

uint32_t cache_row(const struct cache *cache, unsigned spool, const struct unit *unit)
{
	const struct snap *snap = &cache->snap;
	size_t at = place_of(cache, spool, unit->inode);

	for (unsigned i = 0; i <= MOST_STEPS && cache->slots[at]; i++) {
		uint32_t row = cache->slots[at] - 1;
		if ((uint64_t)snap->wide[WIDE_INODE][row] == unit->inode &&
			snap->small[row].spool == spool &&
			slice_eq(snap_text(snap, COL_QUEUE_ID, row), unit->name))
			return row;
		at = (at + 1) & cache->mask;
	}
	return CACHE_NONE;
}

static int refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_DAMAGED, 0, "%s", why);
}

int cache_parse(struct cache *cache, const struct cache_identity *identity, struct slice bytes,
	struct err *err)
{
	enum { CLOCK_SLACK_MS = 1000 };
	struct snap *snap = &cache->snap;
	struct head head;

	if (bytes.len < sizeof(head))
		return refuse(err, "it is too short");
	memcpy(&head, bytes.ptr, sizeof(head));
	if (memcmp(head.magic, MAGIC, sizeof(head.magic)) != 0)
		return refuse(err, "it is no cache of this version");
	XXH3_state_t state;
	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, bytes.ptr + sizeof(head), bytes.len - sizeof(head));
	if (head.checksum != checksum_of(&head, &state))
		return refuse(err, "its checksum is wrong");
	if (memcmp(&head.identity, identity, sizeof(*identity)) != 0)
		return refuse(err, "program, queue or settings are not those it was made with");
	int64_t step;
	if (__builtin_sub_overflow(clock_offset(), head.clock, &step) || step < -CLOCK_SLACK_MS ||
		step > CLOCK_SLACK_MS)
		return refuse(err, "the clock was set since");
	struct cursor cursor = {bytes.ptr + sizeof(head), bytes.len - sizeof(head), false};
	if (head.rows == UINT32_MAX || !take_cols(&cursor, &head, snap) ||
		!take_wides(&cursor, &head, snap) || !take_small(&cursor, &head, snap) ||
		!take_rcpts(&cursor, &head, snap) || !take_frequent(&cursor, &head, snap) ||
		!take_strings(&cursor, &head, snap))
		return refuse(err, "it is damaged");
	snap->rows = snap->cap = head.rows;
	snap->nrcpts = snap->rcpt_cap = head.nrcpts;
	cache->began = head.began;
	list_rows(cache);
	return 0;
}
