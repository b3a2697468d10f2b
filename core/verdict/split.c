/*
 * Which of a party's messages are the crime, and which its owner's own.
 *
 * Messages of one client and one sender are a cell, and are judged together, by what each of
 * four things says about them: the sender (the owner's or a stranger's), the place (where the
 * owner is known to be, or anywhere), the content (what fills the queue, or what is unlike it),
 * the time (before it all began). The majority decides; what nothing speaks about goes with the
 * party. The answer is put into words as a filter, and the filter is what counts.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/units.h"
#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

enum {
	LISTED = 60,        /* values in a filter; beyond them the cells are not told apart */
	LEAST = 20,         /* messages, for patterns to show */
	FREQUENT = 5,       /* messages with one subject, and ... */
	FREQUENT_PART = 50, /* ... one in so many of the party's */
};

struct cell {
	uint32_t client, sender; /* string ids */
	uint32_t messages, campaign, unlike;
	int64_t last;
	bool crime;
};

struct work {
	struct study *study;
	const struct party *party;
	struct cell *cells;
	uint32_t ncells;
	uint32_t *places; /* cell of each row */
	struct measures m;
	int64_t start; /* of the campaign; WIDE_UNKNOWN */
	bool alike;    /* subjects, or else sizes, tell the campaign */
	bool by_size;
	struct memo home; /* by client: 1 is not, 2 is where the owner is */
};

/* ---- what each message looks like ---- */

int64_t run_start(const struct snap *snap, struct rows rows)
{
	uint32_t middle = rows.count / 2, quarter = rows.count / 4;
	int64_t at = snap_wide(snap, WIDE_ARRIVAL, rows.at[middle]);
	int64_t low = snap_wide(snap, WIDE_ARRIVAL, rows.at[quarter]);
	int64_t gap = (at - low) / (int64_t)(middle - quarter ? middle - quarter : 1) * 50;

	if (snap_wide(snap, WIDE_ARRIVAL, rows.at[0]) == WIDE_UNKNOWN)
		return WIDE_UNKNOWN;
	gap = gap > 3600 ? gap : 3600;
	uint32_t first = middle;
	while (first &&
		snap_wide(snap, WIDE_ARRIVAL, rows.at[first]) -
				snap_wide(snap, WIDE_ARRIVAL, rows.at[first - 1]) <=
			gap)
		first--;
	return snap_wide(snap, WIDE_ARRIVAL, rows.at[first]);
}

static bool is_campaign(const struct work *work, struct study *study, uint32_t row, bool *unlike)
{
	const struct snap *snap = study->snap;
	uint32_t least = work->party->rows.count / FREQUENT_PART;
	uint32_t subject = snap_col(snap, COL_SUBJECT_KEY, row);
	int64_t size = snap_wide(snap, WIDE_SIZE, row);
	bool same;

	*unlike = false;
	if (!work->alike)
		return false;
	if (work->by_size)
		same = size >= work->m.size_low && size <= work->m.size_high;
	else
		same = *memo_at(&study->counts, subject) >= (least > FREQUENT ? least : FREQUENT);
	*unlike = !same;
	return same;
}

static void make_cells(struct work *work)
{
	struct study *study = work->study;
	const struct snap *snap = study->snap;
	struct rows rows = work->party->rows;
	struct keymap map = {0};
	uint32_t cap = 0;

	work->places = xcalloc(rows.count, sizeof(*work->places));
	for (uint32_t i = 0; i < rows.count; i++)
		++*memo_at(&study->counts, snap_col(snap, COL_SUBJECT_KEY, rows.at[i]));
	*memo_at(&study->counts, INTERN_UNKNOWN) = 0;
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t row = rows.at[i];
		uint32_t client = snap_col(snap, COL_CLIENT_IP, row);
		uint32_t sender = snap_col(snap, COL_SENDER, row);
		uint32_t place = keymap_add(&map, (uint64_t)client << 32 | sender);
		if (place == work->ncells) {
			if (work->ncells == cap) {
				cap = cap ? cap * 2 : 64;
				work->cells = xrealloc(work->cells, cap, sizeof(*work->cells));
			}
			work->cells[work->ncells++] =
				(struct cell){.client = client, .sender = sender};
		}
		struct cell *cell = &work->cells[place];
		bool unlike;
		work->places[i] = place;
		cell->messages++;
		cell->campaign += is_campaign(work, study, row, &unlike);
		cell->unlike += unlike;
		cell->last = snap_wide(snap, WIDE_ARRIVAL, row);
	}
	for (uint32_t i = 0; i < rows.count; i++)
		*memo_at(&study->counts, snap_col(snap, COL_SUBJECT_KEY, rows.at[i])) = 0;
	keymap_free(&map);
}

/* ---- votes ---- */

/*
 * Where the owner is: on the site's own networks, where mail came from before it all began, or
 * where most of it is unlike what fills the queue.
 */
static void find_homes(struct work *work)
{
	struct study *study = work->study;
	struct memo messages = {0}, unlike = {0}, before = {0};

	for (uint32_t i = 0; i < work->ncells; i++) {
		const struct cell *cell = &work->cells[i];
		*memo_at(&messages, cell->client) += cell->messages;
		*memo_at(&unlike, cell->client) += cell->unlike;
	}
	for (uint32_t i = 0; i < work->party->rows.count && work->start != WIDE_UNKNOWN; i++) {
		uint32_t row = work->party->rows.at[i];
		if (snap_wide(study->snap, WIDE_ARRIVAL, row) < work->start)
			++*memo_at(&before, snap_col(study->snap, COL_CLIENT_IP, row));
	}
	for (uint32_t i = 0; i < work->ncells; i++) {
		uint32_t client = work->cells[i].client, n = *memo_at(&messages, client);
		bool home = lookup_trusted(&study->lookup, client) || *memo_at(&before, client) ||
			(work->alike && *memo_at(&unlike, client) * 2 > n);
		*memo_at(&work->home, client) = home ? 2 : 1;
	}
	free(messages.values);
	free(unlike.values);
	free(before.values);
}

static bool is_foreign(struct work *work, uint32_t sender)
{
	struct study *study = work->study;
	uint32_t domain = study->snap->need.parts & NEED_SENDERS
		? field_domain_id(study->env, sender)
		: sender;

	if (domain == INTERN_EMPTY)
		return true;
	if (work->party->origin == ORIGIN_ACCOUNT &&
		domain == field_domain_id(study->env, work->party->id))
		return false;
	return domain && !lookup_local(&study->lookup, domain);
}

static bool is_crime(struct work *work, const struct cell *cell)
{
	uint32_t n = work->m.messages;
	bool strange_names = (work->m.foreign + work->m.null) * 10 >= n;
	int crime = 0, owner = 0;

	if (strange_names) {
		bool foreign = is_foreign(work, cell->sender);
		crime += foreign;
		owner += !foreign;
	}
	if (work->m.clients > 1 && cell->client) {
		bool home = *memo_at(&work->home, cell->client) == 2;
		crime += !home;
		owner += home;
	}
	if (work->alike) {
		crime += cell->campaign * 2 >= cell->messages;
		owner += cell->campaign * 2 < cell->messages;
	}
	if (work->start != WIDE_UNKNOWN && cell->last < work->start)
		owner++;
	if (crime == owner && strange_names)
		return is_foreign(work, cell->sender);
	return crime >= owner;
}

/* ---- in words ---- */

struct list {
	struct seen seen;
	uint32_t *ids;
	uint32_t count;
};

static void list_add(struct list *list, uint32_t id)
{
	if (seen_add(&list->seen, id) && list->count < LISTED)
		list->ids[list->count++] = id;
	else if (list->count == LISTED)
		list->count = LISTED + 1;
}

static int by_text(const void *a, const void *b, void *arg)
{
	const struct intern *strings = arg;
	return slice_cmp(intern_get(strings, *(const uint32_t *)a),
		intern_get(strings, *(const uint32_t *)b));
}

static void add_list(struct work *work, struct list *list, const char *field, struct buf *out)
{
	struct intern *strings = &work->study->snap->strings;

	qsort_r(list->ids, list->count, sizeof(*list->ids), by_text, strings);
	buf_printf(out, list->count == 1 ? "%s=" : "%s in (", field);
	for (uint32_t i = 0; i < list->count; i++) {
		buf_add(out, i ? SLICE(", ") : SLICE(""));
		filter_add_value(out, intern_get(strings, list->ids[i]));
	}
	buf_add(out, list->count == 1 ? SLICE("") : SLICE(")"));
}

static uint32_t value_of(const struct cell *cell, bool by_client)
{
	return by_client ? cell->client : cell->sender;
}

/*
 * One condition on clients or on senders, where no value has cells of both kinds: the shorter of
 * what is to be taken and what is to be left. False when it takes more than that.
 */
static bool add_condition(struct work *work, bool by_client, struct buf *out)
{
	struct list lists[2];
	struct memo kinds = {0};
	bool clean = true;

	for (unsigned k = 0; k < 2; k++)
		lists[k] = (struct list){
			.ids = xcalloc(LISTED + 1, sizeof(uint32_t)), .seen = {.stamp = 1}};
	for (uint32_t i = 0; i < work->ncells && clean; i++) {
		const struct cell *cell = &work->cells[i];
		uint32_t value = value_of(cell, by_client), *kind = memo_at(&kinds, value);
		*kind |= cell->crime ? 1 : 2;
		clean = *kind != 3 && value != INTERN_UNKNOWN;
		list_add(&lists[cell->crime], value);
	}
	const char *field = by_client ? "client_ip" : "envelope_sender";
	struct list *usual = &lists[0], *crime = &lists[1];
	if (clean && usual->count <= LISTED && usual->count <= crime->count) {
		buf_add(out, SLICE("not "));
		add_list(work, usual, field, out);
	} else if (clean && crime->count <= LISTED) {
		add_list(work, crime, field, out);
	} else {
		clean = false;
	}
	for (unsigned k = 0; k < 2; k++) {
		free(lists[k].ids);
		free(lists[k].seen.stamps.values);
	}
	free(kinds.values);
	return clean;
}

static int by_cell(const void *a, const void *b, void *arg)
{
	const struct cell *x = a, *y = b;
	int order = by_text(&x->client, &y->client, arg);
	return order ? order : by_text(&x->sender, &y->sender, arg);
}

/* "not (client_ip=a and envelope_sender=b)" for each cell that is usual. */
static bool add_cells(struct work *work, struct buf *out)
{
	struct intern *strings = &work->study->snap->strings;
	uint32_t usual = 0;

	for (uint32_t i = 0; i < work->ncells; i++)
		usual += !work->cells[i].crime;
	if (usual > LISTED)
		return false;
	struct cell *cells = xcalloc(usual + 1, sizeof(*cells));
	usual = 0;
	for (uint32_t i = 0; i < work->ncells; i++)
		if (!work->cells[i].crime)
			cells[usual++] = work->cells[i];
	qsort_r(cells, usual, sizeof(*cells), by_cell, strings);
	for (uint32_t i = 0; i < usual; i++) {
		const struct cell *cell = &cells[i];
		buf_add(out, i ? SLICE(" and not (") : SLICE("not ("));
		if (cell->client) {
			buf_add(out, SLICE("client_ip="));
			filter_add_value(out, intern_get(strings, cell->client));
			buf_add(out, SLICE(" and "));
		}
		buf_add(out, SLICE("envelope_sender="));
		filter_add_value(out, intern_get(strings, cell->sender));
		buf_addc(out, ')');
	}
	free(cells);
	return true;
}

/* What came before, in the cells of the crime, and looks like none of it, is left. */
static bool wants_start(struct work *work)
{
	struct study *study = work->study;
	struct rows rows = work->party->rows;
	uint32_t before = 0, crime = 0;

	if (work->start == WIDE_UNKNOWN)
		return false;
	for (uint32_t i = 0; i < rows.count; i++) {
		bool unlike;
		if (!work->cells[work->places[i]].crime)
			continue;
		crime++;
		if (snap_wide(study->snap, WIDE_ARRIVAL, rows.at[i]) >= work->start)
			continue;
		int64_t size = snap_wide(study->snap, WIDE_SIZE, rows.at[i]);
		unlike = size < work->m.size_low || size > work->m.size_high;
		before += unlike;
	}
	return before && before * 20 < crime;
}

/* The rows that the words select: the same that the filter will. */
static void take_crime(const struct work *work, bool told, bool late, struct rows *crime)
{
	const struct snap *snap = work->study->snap;
	struct rows rows = work->party->rows;

	*crime = (struct rows){.at = xcalloc(rows.count, sizeof(*crime->at))};
	for (uint32_t i = 0; i < rows.count; i++) {
		if (told && !work->cells[work->places[i]].crime)
			continue;
		if (late && snap_wide(snap, WIDE_ARRIVAL, rows.at[i]) < work->start)
			continue;
		crime->at[crime->count++] = rows.at[i];
	}
}

void split(struct study *study, const struct party *party, const struct measures *m,
	struct rows *crime, struct buf *filter)
{
	struct work work = {.study = study, .party = party, .m = *m};
	uint32_t guilty = 0, taken = 0;

	party_filter(study, party, filter);
	work.by_size = m->same_subject * 2 < m->messages;
	work.alike = m->messages >= LEAST && (!work.by_size || m->same_size * 2 >= m->messages);
	work.start = m->messages >= LEAST ? run_start(study->snap, party->rows) : WIDE_UNKNOWN;
	make_cells(&work);
	find_homes(&work);
	for (uint32_t i = 0; i < work.ncells; i++) {
		work.cells[i].crime = is_crime(&work, &work.cells[i]);
		guilty += work.cells[i].crime;
		taken += work.cells[i].crime ? work.cells[i].messages : 0;
	}
	struct buf more = {0};
	bool told = guilty && guilty < work.ncells && taken * 10 >= m->messages &&
		(add_condition(&work, true, &more) || add_condition(&work, false, &more) ||
			add_cells(&work, &more));
	bool late = guilty && wants_start(&work);
	take_crime(&work, told, late, crime);
	if (told) {
		buf_add(filter, SLICE(" and "));
		buf_add(filter, buf_slice(&more));
	}
	if (late) {
		buf_add(filter, SLICE(" and arrival_time>="));
		units_rfc3339(filter, work.start);
	}
	buf_free(&more);
	free(work.cells);
	free(work.places);
	free(work.home.values);
}
