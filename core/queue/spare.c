#include "core/queue/spare.h"

#include <stdlib.h>

#include "core/base/bitset.h"
#include "core/base/xalloc.h"

enum {
	LOOK_ROWS = 128,
	/* What a string costs besides its bytes: length, end, place and slot. */
	STRING_BYTES = 18,
	/* Less than this share of the bound is not worth the loss. */
	WORTH = 16,
};

/* A part of a message that can be done without. */
static const struct part {
	unsigned need;
	unsigned col, cols; /* of rows; or else of recipients */
	unsigned rcpt_col, rcpt_cols;
} parts[] = {
	{.need = NEED_MESSAGE_ID, .col = COL_MESSAGE_ID, .cols = 1},
	{.need = NEED_FROM, .col = COL_HEADER_FROM, .cols = 1},
	{.need = NEED_EXTRA, .col = COL_EXTRA, .cols = LIMIT_EXTRA_HEADERS},
	{.need = NEED_SUBJECT, .col = COL_SUBJECT, .cols = 1},
	{.need = NEED_SUBJECT_KEYS, .col = COL_SUBJECT_KEY, .cols = 2},
	{.need = NEED_SESSION, .col = COL_AUTH_METHOD, .cols = 4},
	{.need = NEED_SENDERS, .col = COL_SENDER, .cols = 1},
	{.need = NEED_ADDRESSES | NEED_BOUNCED, .rcpt_col = RCPT_ADDRESS, .rcpt_cols = 1},
	{.need = NEED_WORDS, .rcpt_col = RCPT_REASON, .rcpt_cols = 2},
};
enum { PARTS = sizeof(parts) / sizeof(*parts) };

static size_t bytes_of(const struct snap *snap)
{
	const struct intern *strings = &snap->strings;
	size_t row = sizeof(*snap->small), rcpt = 2;

	for (size_t i = 0; i < SNAP_COLS; i++)
		row += snap->cols[i] ? sizeof(uint32_t) : 0;
	for (size_t i = 0; i < SNAP_WIDES; i++)
		row += snap->wide[i] ? sizeof(int64_t) : 0;
	for (size_t i = 0; i < RCPT_COLS; i++)
		rcpt += snap->rcpts[i] ? sizeof(uint32_t) : 0;
	return snap->ids.bytes + strings->texts.bytes + strings->cap * sizeof(*strings->places) +
		((size_t)strings->mask + 1) * sizeof(*strings->slots) + snap->rows * row +
		snap->nrcpts * rcpt + snap->reason_class_cap +
		snap->decoded_cap * sizeof(*snap->decoded);
}

/* ---- what costs most ---- */

static void mark(struct bitset *used, const uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; ids && i < count; i++)
		bitset_set(used, ids[i]);
}

static size_t cost_of(const struct snap *snap, const struct part *part)
{
	struct bitset used = bitset_new(snap->strings.count);
	size_t cost = 0;

	for (unsigned i = 0; i < part->cols; i++)
		mark(&used, snap->cols[part->col + i], snap->rows);
	for (unsigned i = 0; i < part->rcpt_cols; i++)
		mark(&used, snap->rcpts[part->rcpt_col + i], snap->nrcpts);
	for (size_t id = bitset_next(&used, 0); id != SIZE_MAX; id = bitset_next(&used, id + 1))
		cost += intern_get(&snap->strings, (uint32_t)id).len + STRING_BYTES;
	bitset_free(&used);
	return cost;
}

static const struct part *most_costly(const struct snap *snap, bool asked)
{
	const struct part *most = NULL;
	size_t least = snap->most / WORTH;

	for (size_t i = 0; i < PARTS; i++) {
		if (!(snap->need.parts & parts[i].need) ||
			((snap->asked & parts[i].need) != 0) != asked)
			continue;
		size_t cost = cost_of(snap, &parts[i]);
		if (cost > least) {
			most = &parts[i];
			least = cost;
		}
	}
	return most;
}

/* ---- letting go ---- */

/* In place of addresses their domains. */
static void to_domains(struct snap *snap, uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; ids && i < count; i++)
		ids[i] = snap_domain(snap, intern_get(&snap->strings, ids[i]));
}

static void rcpts_to_domains(struct snap *snap)
{
	uint32_t count;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t first = snap_rcpts(snap, row, &count);
		if (snap_has_addresses(snap, row))
			to_domains(snap, snap->rcpts[RCPT_ADDRESS] + first, count);
	}
}

static void drop(uint32_t **column)
{
	free(*column);
	*column = NULL;
}

static void let_go(struct snap *snap, const struct part *part)
{
	if (part->need == NEED_SENDERS)
		to_domains(snap, snap->cols[COL_SENDER], snap->rows);
	else if (part->need & NEED_ADDRESSES)
		rcpts_to_domains(snap);
	for (unsigned i = 0; part->need != NEED_SENDERS && i < part->cols; i++)
		drop(&snap->cols[part->col + i]);
	for (unsigned i = 0; !(part->need & NEED_ADDRESSES) && i < part->rcpt_cols; i++)
		drop(&snap->rcpts[part->rcpt_col + i]);
	if (!snap->given_up)
		snap->given_up_at = snap->rows;
	snap->given_up |= snap->need.parts & part->need;
	snap->need.parts &= ~part->need;
	if (!snap_keeps_helo(snap))
		drop(&snap->cols[COL_HELO]);
}

/* ---- the strings that are left ---- */

struct remap {
	const struct intern *from;
	struct intern to;
	uint32_t *ids; /* by id in `from` */
};

static void move(struct remap *remap, uint32_t *ids, uint32_t count)
{
	for (uint32_t i = 0; ids && i < count; i++) {
		uint32_t *id = &remap->ids[ids[i]];
		if (!*id)
			*id = intern_add(&remap->to, intern_get(remap->from, ids[i]));
		ids[i] = *id;
	}
}

static void compact(struct snap *snap)
{
	struct remap remap = {.from = &snap->strings};

	remap.ids = xcalloc(snap->strings.count, sizeof(*remap.ids));
	intern_init(&remap.to);
	for (unsigned col = 0; col < SNAP_COLS; col++)
		if (snap_is_string(col))
			move(&remap, snap->cols[col], snap->rows);
	for (unsigned col = 0; col < RCPT_COLS; col++)
		if (snap_rcpt_is_string(col))
			move(&remap, snap->rcpts[col], snap->nrcpts);
	free(remap.ids);
	intern_free(&snap->strings);
	snap->strings = remap.to;
	/* By string id, both. */
	free(snap->reason_class);
	free(snap->decoded);
	snap->reason_class = NULL;
	snap->decoded = NULL;
	snap->reason_class_cap = snap->decoded_cap = 0;
}

void spare_look(struct snap *snap)
{
	const struct part *part;
	uint32_t step = LOOK_ROWS;

	if (snap->frozen && snap->most && bytes_of(snap) > snap->most)
		snap->overfull = true;
	while (!snap->frozen && snap->most && bytes_of(snap) > snap->most) {
		if (!(part = most_costly(snap, false)) && !(part = most_costly(snap, true))) {
			step += snap->rows / 8; /* not to be asked all the time */
			break;
		}
		let_go(snap, part);
		compact(snap);
	}
	snap->next_look = snap->rows + step;
}
