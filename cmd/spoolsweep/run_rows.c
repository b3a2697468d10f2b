/* Which rows of a scan are the messages of a run, or of a plan. */
#include <stdlib.h>

#include "cmd/spoolsweep/act.h"
#include "core/base/xalloc.h"
#include "core/query/keymap.h"

/* Items by their digests. */
struct named {
	const struct journal_item *items;
	struct keymap digests;
	uint32_t *item; /* by place among the digests: the first item that has it */
};

static struct named name_items(const struct journal_item *items, uint32_t count)
{
	struct named named = {.items = items, .item = xcalloc(count, sizeof(uint32_t))};

	for (uint32_t i = 0; i < count; i++) {
		uint32_t known = named.digests.count;
		uint32_t place = keymap_add(&named.digests, items[i].digest);
		if (place == known)
			named.item[place] = i;
	}
	return named;
}

static void named_free(struct named *named)
{
	keymap_free(&named->digests);
	free(named->item);
}

/* The item that a row is, or KEYMAP_NONE: a copy made by hand has the digest, and is another file. */
static uint32_t item_of(const struct named *named, const struct snap *snap, uint32_t row)
{
	uint32_t place = keymap_find(&named->digests, (uint64_t)snap_wide(snap, WIDE_DIGEST, row));
	if (place == KEYMAP_NONE)
		return KEYMAP_NONE;
	uint32_t item = named->item[place];
	uint64_t identity = named->items[item].identity;
	bool same = !identity || identity == (uint64_t)snap_wide(snap, WIDE_IDENTITY, row);
	return same ? item : KEYMAP_NONE;
}

static void keep(struct app *app, const struct bitset *rows)
{
	bitset_intersect(&app->rows, rows);
	bitset_intersect(&app->forgeable, rows);
}

uint32_t act_keep_items(
	struct app *app, const struct journal_item *items, uint32_t count, bool with_queues)
{
	const struct snap *snap = &app->scan.snap;
	struct bitset rows = bitset_new(snap->rows);
	struct named named = name_items(items, count);
	uint32_t found = 0;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t item = item_of(&named, snap, row);
		if (item == KEYMAP_NONE)
			continue;
		found++;
		bitset_set(&rows, row);
		if (with_queues)
			snap->small[row].queue = (uint8_t)items[item].queue;
	}
	found = found < count ? found : count;
	keep(app, &rows);
	bitset_free(&rows);
	named_free(&named);
	return count - found;
}

/* ---- what a requeue made of them ---- */

/* What has one lineage. It is sure which row an item became when there is one of each. */
struct kin {
	uint32_t items;
	uint32_t rows;
	uint32_t row; /* the last of them */
};

static bool is_sure(const struct kin *kin)
{
	return kin->items == 1 && kin->rows == 1;
}

/* Items without a lineage share the one that is 0. */
static struct kin *count_kin(
	struct keymap *lineages, const struct journal_item *items, uint32_t count)
{
	struct kin *kin = xcalloc(count + 1, sizeof(*kin));

	for (uint32_t i = 0; i < count; i++)
		kin[keymap_add(lineages, items[i].lineage)].items++;
	return kin;
}

/* A file that was there before the run is a copy that somebody made of the same message. */
static void find_kin(const struct snap *snap, uint32_t row, int64_t since,
	const struct keymap *lineages, struct kin *kin)
{
	uint64_t lineage = (uint64_t)snap_wide(snap, WIDE_LINEAGE, row);
	uint32_t place = lineage ? keymap_find(lineages, lineage) : KEYMAP_NONE;

	if (place == KEYMAP_NONE || snap_wide(snap, WIDE_CREATED, row) < since)
		return;
	kin[place].rows++;
	kin[place].row = row;
}

uint32_t act_keep_requeued(struct app *app, const struct journal_item *items, uint32_t count,
	int64_t since, uint32_t *unsure)
{
	const struct snap *snap = &app->scan.snap;
	struct bitset rows = bitset_new(snap->rows), there = bitset_new(count);
	struct named named = name_items(items, count);
	struct keymap lineages = {0};
	struct kin *kin = count_kin(&lineages, items, count);
	uint32_t missing = 0;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t item = item_of(&named, snap, row);
		if (item == KEYMAP_NONE) {
			find_kin(snap, row, since, &lineages, kin);
			continue;
		}
		bitset_set(&there, item);
		/* Elsewhere under its old name: the run died before it came to that one. */
		if (snap->small[row].state == STATE_SUBMITTED)
			bitset_set(&rows, row);
	}
	*unsure = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct kin *mine = &kin[keymap_find(&lineages, items[i].lineage)];
		if (is_sure(mine))
			bitset_set(&rows, mine->row);
		else if (mine->rows || (!bitset_has(&there, i) && !items[i].lineage))
			++*unsure;
		else if (!bitset_has(&there, i))
			missing++;
	}
	keep(app, &rows);
	bitset_free(&rows);
	bitset_free(&there);
	named_free(&named);
	keymap_free(&lineages);
	free(kin);
	return missing;
}
