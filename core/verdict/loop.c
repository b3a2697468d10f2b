/*
 * Mail that goes round: two addresses that answer each other, or a message that comes back with
 * one Received field more each time.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/mail/marks.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

enum { LEAST_TALK = 10, LEAST_TURNS = 3, HOPS_APART = 3, FEW_RCPTS = 3, MOST = 20 };

/* What two addresses write to each other; a is the one with the lower hash. */
struct pair {
	uint64_t key;
	uint32_t ab, ba;         /* messages each way */
	uint32_t row_ab, row_ba; /* one of them, + 1 */
	uint32_t turns;          /* messages that have been round */
	unsigned hops;
};

struct work {
	struct study *study;
	struct bitset round; /* rows that have come back at least once */
	struct keymap map;
	struct pair *pairs;
	uint32_t cap;
};

/* Copies of one message in the queue, some of which have gone further than others. */
static void mark_copies(struct work *work)
{
	const struct snap *snap = work->study->snap;
	double least = study_rule(work->study, RULE_LOOP_COPIES)->threshold;
	uint64_t *list = xcalloc(snap->rows + 1, sizeof(*list));
	uint32_t count = 0, end;

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint64_t hash = snap_col(snap, COL_MESSAGE_HASH, row);
		if (hash)
			list[count++] = hash << 32 | row;
	}
	sort_by_hash(list, count);
	for (uint32_t i = 0; i < count; i = end) {
		unsigned low = MARK_HOPS_MOST, high = 0;
		for (end = i; end < count && list[end] >> 32 == list[i] >> 32; end++) {
			unsigned hops = marks_hops(snap_col(snap, COL_MARKS, (uint32_t)list[end]));
			low = hops < low ? hops : low;
			high = hops > high ? hops : high;
		}
		if (end - i < least || high - low < HOPS_APART)
			continue;
		for (uint32_t k = i; k < end; k++)
			bitset_set(&work->round, (uint32_t)list[k]);
	}
	free(list);
}

static void mark_far(struct work *work)
{
	const struct snap *snap = work->study->snap;
	double far = study_rule(work->study, RULE_LOOP_HOPS)->threshold;

	for (uint32_t row = 0; row < snap->rows; row++)
		if (marks_hops(snap_col(snap, COL_MARKS, row)) >= far)
			bitset_set(&work->round, row);
}

static void add_talk(struct work *work, uint32_t row, uint32_t from, uint32_t to)
{
	bool ab = from < to;
	uint64_t key = ab ? (uint64_t)from << 32 | to : (uint64_t)to << 32 | from;
	uint32_t place = keymap_add(&work->map, key);

	if (place >= work->cap) {
		uint32_t old = work->cap;
		work->cap = work->cap ? work->cap * 2 : 4096;
		work->pairs = xrealloc(work->pairs, work->cap, sizeof(*work->pairs));
		memset(work->pairs + old, 0, (work->cap - old) * sizeof(*work->pairs));
	}
	struct pair *pair = &work->pairs[place];
	unsigned hops = marks_hops(snap_col(work->study->snap, COL_MARKS, row));
	pair->key = key;
	++*(ab ? &pair->ab : &pair->ba);
	*(ab ? &pair->row_ab : &pair->row_ba) = row + 1;
	pair->turns += bitset_has(&work->round, row);
	pair->hops = hops > pair->hops ? hops : pair->hops;
}

static void find_pairs(struct work *work)
{
	struct study *study = work->study;
	const struct snap *snap = study->snap;
	struct bitset writes = bitset_new(study->ranks);

	/* Of all the talk only what goes both ways, or round, is of interest. */
	for (uint32_t id = INTERN_EMPTY + 1; id < study->sender_ids; id++) {
		uint32_t rank = bitset_has(&study->senders, id)
			? rank_find(study, lookup_hash(&study->lookup, id))
			: RANK_NONE;
		if (rank != RANK_NONE)
			bitset_set(&writes, rank);
	}
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		uint32_t sender = snap_col(snap, COL_SENDER, row);
		if (sender == INTERN_UNKNOWN || count > FEW_RCPTS)
			continue;
		bool round = bitset_has(&work->round, row);
		if (bitset_has(&study->claimed, row))
			continue;
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			if (round || bitset_has(&writes, study->rank[rcpt]))
				add_talk(work, row, lookup_hash(&study->lookup, sender),
					rank_hash_of(study, rcpt));
	}
	bitset_free(&writes);
}

static bool is_loop(const struct pair *pair)
{
	return (pair->ab >= LEAST_TALK && pair->ba >= LEAST_TALK) || pair->turns >= LEAST_TURNS;
}

static int by_size(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->ab + x->ba != y->ab + y->ba)
		return x->ab + x->ba > y->ab + y->ba ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

/* The address behind a hash: a sender of the other direction, or one that many write to. */
static struct slice name_of(struct work *work, uint32_t row_from, uint32_t hash)
{
	const struct snap *snap = work->study->snap;
	struct slice name = row_from ? snap_text(snap, COL_SENDER, row_from - 1)
				     : frequent_find(&snap->frequent, hash);
	return arena_copy(work->study->arena, name);
}

static bool is_between(struct work *work, uint32_t row, uint32_t a, uint32_t b)
{
	const struct snap *snap = work->study->snap;
	uint32_t count, first = snap_rcpts(snap, row, &count);
	uint32_t sender = snap_col(snap, COL_SENDER, row);
	uint32_t from = sender ? lookup_hash(&work->study->lookup, sender) : 0;
	uint32_t to = from == a ? b : from == b ? a : 0;

	for (uint32_t rcpt = first; to && rcpt < first + count; rcpt++)
		if (rank_hash_of(work->study, rcpt) == to &&
			snap->rcpt_state[rcpt] != RCPT_CANCELLED)
			return true;
	return false;
}

static void add_way(struct buf *out, struct slice from, struct slice to)
{
	buf_add(out, out->len ? SLICE(" or (envelope_sender=") : SLICE("(envelope_sender="));
	filter_add_value(out, from);
	buf_add(out, SLICE(" and rcpt="));
	filter_add_value(out, to);
	buf_addc(out, ')');
}

static void accuse(struct work *work, const struct pair *pair)
{
	struct study *study = work->study;
	uint32_t hash_a = (uint32_t)(pair->key >> 32), hash_b = (uint32_t)pair->key;
	struct slice a = name_of(work, pair->row_ab, hash_a);
	struct slice b = name_of(work, pair->row_ba, hash_b);
	struct buf filter = {0};

	/* Without both names it could not be said whose mail it is. */
	if (!slice_known(a) || !slice_known(b))
		return;
	struct suspect *suspect = suspect_add(study, CLASS_MAIL_LOOP);
	suspect->structural = true;
	suspect->crime.at = xcalloc(study->snap->rows + 1, sizeof(uint32_t));
	suspect->owns_crime = true;
	for (uint32_t row = 0; row < study->snap->rows; row++)
		if (is_between(work, row, hash_a, hash_b))
			suspect->crime.at[suspect->crime.count++] = row;
	qsort_r(suspect->crime.at, suspect->crime.count, sizeof(uint32_t), by_arrival, study->snap);
	if (pair->ab)
		add_way(&filter, a, b);
	if (pair->ba)
		add_way(&filter, b, a);
	suspect->filter = arena_copy(study->arena, buf_slice(&filter));
	buf_free(&filter);
	measure(study, NULL, suspect->crime, &suspect->m);
	struct evidence *evidence;
	if (pair->ab && pair->ba) {
		evidence = evidence_add(
			study, suspect, RULE_LOOP_COPIES, pair->ab + pair->ba, EVIDENCE_NONE, 0);
		evidence_text(study, evidence,
			"%" PRIu32 " messages one way and %" PRIu32
			" the other, between two addresses",
			pair->ab, pair->ba);
	}
	if (pair->turns) {
		evidence = evidence_add(study, suspect, RULE_LOOP_HOPS, pair->hops,
			study_rule(study, RULE_LOOP_HOPS)->threshold, 0);
		evidence_text(study, evidence,
			"up to %u Received fields in one message; %" PRIu32
			" have been round more than once",
			pair->hops, pair->turns);
	}
	name_add(&suspect->who, WHO_RCPT, b.len ? b : SLICE("<>"), pair->ab);
	if (pair->ba)
		name_add(&suspect->who, WHO_RCPT, a, pair->ba);
	suspect->title = study_text(study, "%.*s and %.*s", SLICE_ARG(a.len ? a : SLICE("<>")),
		SLICE_ARG(b.len ? b : SLICE("<>")));
	suspect->level = LEVEL_CONFIRMED;
	conclude(study, suspect);
	claim(study, suspect->crime);
}

static void accuse_magnet(struct work *work, uint32_t hash, uint32_t round)
{
	struct study *study = work->study;
	struct slice address = frequent_find(&study->snap->frequent, hash);
	struct buf filter = {0};

	if (!address.len)
		return;
	struct suspect *suspect = suspect_add(study, CLASS_MAIL_LOOP);
	buf_add(&filter, SLICE("rcpt="));
	filter_add_value(&filter, address);
	buf_add(&filter, SLICE(" and not envelope_sender=\"\""));
	suspect->structural = true;
	suspect->filter = arena_copy(study->arena, buf_slice(&filter));
	buf_free(&filter);
	suspect->crime = rows_to(study, hash);
	suspect->owns_crime = true;
	measure(study, NULL, suspect->crime, &suspect->m);
	struct evidence *evidence = evidence_add(study, suspect, RULE_LOOP_HOPS, suspect->m.hops,
		study_rule(study, RULE_LOOP_HOPS)->threshold, 0);
	evidence_text(study, evidence,
		"up to %u Received fields in one message; %" PRIu32
		" have been round more than once",
		suspect->m.hops, round);
	address = arena_copy(study->arena, address);
	name_add(&suspect->who, WHO_RCPT, address, suspect->crime.count);
	suspect->title = address;
	suspect->level = LEVEL_CONFIRMED;
	conclude(study, suspect);
	claim(study, suspect->crime);
}

/* All that is written to one address goes round: whoever wrote, it comes back from there. */
static void find_magnets(struct work *work)
{
	struct study *study = work->study;
	const struct snap *snap = study->snap;
	struct magnet {
		uint32_t rows, round;
	} *magnets = xcalloc(study->ranks + 1, sizeof(*magnets));

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t count, first = snap_rcpts(snap, row, &count);
		for (uint32_t rcpt = first; rcpt < first + count && count <= FEW_RCPTS; rcpt++) {
			struct magnet *magnet = &magnets[study->rank[rcpt]];
			magnet->rows += snap_col(snap, COL_SENDER, row) != INTERN_EMPTY;
			magnet->round += bitset_has(&work->round, row);
		}
	}
	for (uint32_t rank = 0; rank < study->ranks; rank++)
		if (magnets[rank].round >= LEAST_TALK &&
			magnets[rank].round * 2 >= magnets[rank].rows)
			accuse_magnet(work, study->rank_hash[rank], magnets[rank].round);
	free(magnets);
}

void loops_find(struct study *study)
{
	struct work work = {.study = study, .round = bitset_new(study->snap->rows)};
	uint32_t kept = 0;

	mark_far(&work);
	mark_copies(&work);
	find_magnets(&work);
	find_pairs(&work);
	for (uint32_t i = 0; i < work.map.count; i++)
		if (is_loop(&work.pairs[i]))
			work.pairs[kept++] = work.pairs[i];
	if (kept)
		qsort(work.pairs, kept, sizeof(*work.pairs), by_size);
	for (uint32_t i = 0; i < kept && i < MOST; i++)
		accuse(&work, &work.pairs[i]);
	keymap_free(&work.map);
	bitset_free(&work.round);
	free(work.pairs);
}
