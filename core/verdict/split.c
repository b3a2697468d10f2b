/*
 * Which of a party's messages are the crime, and which its owner's own.
 *
 * Messages of one client and one sender, with or without what fills the queue in them, are a
 * cell, and are judged together by four things: the name (the owner's or a stranger's), the
 * place (where the owner is known to be, or anywhere), the content, the time (before it all
 * began). The majority decides; what nothing speaks about goes with the party. The answer is put
 * into words as a filter (split_words.c), and what has no words is not told apart.
 */
#include "core/verdict/split.h"

#include <stdlib.h>

#include "core/base/units.h"
#include "core/base/xalloc.h"
#include "core/query/filter.h"

enum {
	LEAST = 20,         /* messages, for patterns to show */
	FREQUENT = 5,       /* messages with one subject, and ... */
	FREQUENT_PART = 50, /* ... one in so many of the party's */
	LOCALS = 60,
	NAMED = 1000, /* different foreign senders */
};

/* ---- content ---- */

static int by_text(const void *a, const void *b, void *arg)
{
	const struct intern *strings = arg;
	return slice_cmp(intern_get(strings, *(const uint32_t *)a),
		intern_get(strings, *(const uint32_t *)b));
}

/* The subjects that fill the queue: at most FREQUENT_PART of them. */
static void find_keys(struct cells *cells)
{
	struct study *study = cells->study;
	const struct snap *snap = study->snap;
	struct rows rows = cells->party->rows;
	uint32_t least = rows.count / FREQUENT_PART;

	least = least > FREQUENT ? least : FREQUENT;
	cells->keys = xcalloc(FREQUENT_PART + 1, sizeof(*cells->keys));
	for (uint32_t i = 0; i < rows.count; i++)
		++*memo_at(&study->counts, snap_col(snap, COL_SUBJECT_KEY, rows.at[i]));
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t key = snap_col(snap, COL_SUBJECT_KEY, rows.at[i]);
		uint32_t *count = memo_at(&study->counts, key);
		if (*count >= least && key != INTERN_UNKNOWN && cells->nkeys < FREQUENT_PART)
			cells->keys[cells->nkeys++] = key;
		*count = 0;
	}
	qsort_r(cells->keys, cells->nkeys, sizeof(*cells->keys), by_text, &study->snap->strings);
}

static void find_content(struct cells *cells)
{
	const struct measures *m = cells->m;

	if (m->messages < LEAST)
		return;
	if (m->same_subject * 2 >= m->messages)
		find_keys(cells);
	/* Subjects that change from message to message leave the size. */
	cells->by_size = m->same_subject * 10 < m->messages * 9 && m->mode * 10 >= m->messages * 6;
	cells->alike = cells->by_size || cells->nkeys;
}

/*
 * A place with subjects of its own, where many places share theirs, is another man's: the
 * owner's. Where several are so, it is how this campaign works.
 */
static void find_own_places(struct cells *cells, struct memo *home)
{
	enum { PLACES = 5, SIGN = 5, FEW = 3 };
	struct study *study = cells->study;
	const struct snap *snap = study->snap;
	struct rows rows = cells->party->rows;
	struct memo *first = &study->spare[0], *shared = &study->spare[1];
	struct memo *own = &study->spare[2], *all = &study->spare[3];
	uint32_t found[FEW], count = 0;

	if (cells->m->clients < PLACES)
		return;
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, rows.at[i]);
		uint32_t key = snap_col(snap, COL_SUBJECT_KEY, rows.at[i]);
		uint32_t *holder = memo_at(first, key);
		if (!*holder)
			*holder = client + 1;
		else if (*holder != client + 1)
			*memo_at(shared, key) = 1;
	}
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, rows.at[i]);
		++*memo_at(all, client);
		*memo_at(own, client) +=
			!*memo_at(shared, snap_col(snap, COL_SUBJECT_KEY, rows.at[i]));
	}
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, rows.at[i]);
		uint32_t n = *memo_at(own, client);
		*memo_at(own, client) = 0;
		if (n < SIGN || n * 10 < *memo_at(all, client) * 8 || !client)
			continue;
		if (count < FEW)
			found[count] = client;
		count++;
	}
	for (uint32_t i = 0; i < count && count <= FEW; i++)
		*memo_at(home, found[i]) = 1;
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t key = snap_col(snap, COL_SUBJECT_KEY, rows.at[i]);
		*memo_at(all, snap_col(snap, COL_CLIENT_IP, rows.at[i])) = 0;
		*memo_at(first, key) = *memo_at(shared, key) = 0;
	}
}

/*
 * The owner has templates too. A subject that comes only from where the owner is, while others
 * come from elsewhere, is his.
 */
static void drop_owners_keys(struct cells *cells, struct memo *home)
{
	struct study *study = cells->study;
	const struct snap *snap = study->snap;
	struct rows rows = cells->party->rows;
	struct memo *away = &study->spare[0], *at_home = &study->spare[1];
	uint32_t total = 0, kept = 0;

	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, rows.at[i]);
		uint32_t key = snap_col(snap, COL_SUBJECT_KEY, rows.at[i]);
		bool is_home = *memo_at(home, client);
		++*memo_at(is_home ? at_home : away, key);
		total += !is_home;
	}
	/* All of it comes from his own place: then that tells nothing. */
	for (uint32_t i = 0; i < cells->nkeys; i++)
		if (total * 10 < rows.count ||
			*memo_at(away, cells->keys[i]) >= *memo_at(at_home, cells->keys[i]))
			cells->keys[kept++] = cells->keys[i];
	cells->nkeys = kept;
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t key = snap_col(snap, COL_SUBJECT_KEY, rows.at[i]);
		*memo_at(away, key) = *memo_at(at_home, key) = 0;
	}
}

static bool is_key(const struct cells *cells, const struct seen *keys, uint32_t row)
{
	uint32_t key = snap_col(cells->study->snap, COL_SUBJECT_KEY, row);
	return cells->nkeys && seen_has(keys, key);
}

static bool is_campaign(const struct cells *cells, const struct seen *keys, uint32_t row)
{
	int64_t size = snap_wide(cells->study->snap, WIDE_SIZE, row);

	return is_key(cells, keys, row) ||
		(cells->by_size && size >= cells->m->mode_low && size <= cells->m->mode_high);
}

/* ---- cells ---- */

static bool is_foreign(const struct cells *cells, uint32_t sender)
{
	struct study *study = cells->study;
	uint32_t domain = study->snap->need.parts & NEED_SENDERS
		? field_domain_id(study->env, sender)
		: sender;

	if (domain == INTERN_EMPTY)
		return true;
	if (cells->party->origin == ORIGIN_ACCOUNT &&
		domain == field_domain_id(study->env, cells->party->id))
		return false;
	return domain && !lookup_local(&study->lookup, domain);
}

static void make_cells(struct cells *cells)
{
	struct study *study = cells->study;
	const struct snap *snap = study->snap;
	struct rows rows = cells->party->rows;
	struct keymap map = {0};
	uint32_t cap = 64;

	cells->list = xcalloc(cap, sizeof(*cells->list));
	cells->places = xcalloc(rows.count, sizeof(*cells->places));
	seen_begin(&study->seen);
	for (uint32_t i = 0; i < cells->nkeys; i++)
		seen_add(&study->seen, cells->keys[i]);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t row = rows.at[i];
		uint32_t client = snap_col(snap, COL_CLIENT_IP, row);
		uint32_t sender = snap_col(snap, COL_SENDER, row);
		bool foreign = is_foreign(cells, sender);
		/* So many names can't be told one by one anyway. */
		sender = foreign && cells->m->foreign_senders > NAMED ? INTERN_UNKNOWN : sender;
		bool campaign = is_campaign(cells, &study->seen, row);
		uint64_t key = (uint64_t)client << 33 | (uint64_t)sender << 1 | campaign;
		uint32_t place = keymap_add(&map, key);
		if (place == cells->count) {
			if (cells->count == cap) {
				cap *= 2;
				cells->list = xrealloc(cells->list, cap, sizeof(*cells->list));
			}
			cells->list[cells->count++] = (struct cell){.client = client,
				.sender = sender,
				.foreign = foreign,
				.campaign = campaign};
		}
		cells->places[i] = place;
		cells->list[place].messages++;
		cells->list[place].by_key |= is_key(cells, &study->seen, row);
		cells->list[place].last = snap_wide(snap, WIDE_ARRIVAL, row);
	}
	keymap_free(&map);
}

/* ---- votes ---- */

/* Where the owner is: on the site's own networks, and where mail came from before it began. */
static void find_early_homes(const struct cells *cells, int64_t start, struct memo *home)
{
	const struct snap *snap = cells->study->snap;
	struct rows rows = cells->party->rows;

	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, rows.at[i]);
		bool before =
			start != WIDE_UNKNOWN && snap_wide(snap, WIDE_ARRIVAL, rows.at[i]) < start;
		if (before || lookup_trusted(&cells->study->lookup, client))
			*memo_at(home, client) = 1;
	}
}

/*
 * ... and where most of it is unlike what fills the queue; but a single message is no sign of
 * that where hundreds of addresses take part.
 */
static void find_homes(const struct cells *cells, struct memo *home)
{
	enum { SPREAD = 10, SIGN = 3 };
	struct memo *messages = &cells->study->spare[0], *unlike = &cells->study->spare[1];
	uint32_t sign = cells->m->clients_day >= SPREAD ? SIGN : 1;

	for (uint32_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->list[i];
		*memo_at(messages, cell->client) += cell->messages;
		*memo_at(unlike, cell->client) += cell->campaign ? 0 : cell->messages;
	}
	for (uint32_t i = 0; i < cells->count; i++) {
		uint32_t client = cells->list[i].client, other = *memo_at(unlike, client);
		if (cells->alike && other >= sign && other * 2 > *memo_at(messages, client))
			*memo_at(home, client) = 1;
	}
	for (uint32_t i = 0; i < cells->count; i++)
		*memo_at(messages, cells->list[i].client) =
			*memo_at(unlike, cells->list[i].client) = 0;
}

/* What there is to go by. */
struct votes {
	int64_t start;
	bool strange_names; /* a part of it is in others' names */
	bool place;
	struct memo *home;
};

/*
 * Whether the place tells anything: not where most of what looks like the crime comes from the
 * owner's own places, as from an infected machine.
 */
static bool is_place_telling(const struct cells *cells, bool strange_names, struct memo *home)
{
	uint32_t at_home = 0, away = 0;

	for (uint32_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->list[i];
		bool suspicious = strange_names ? cell->foreign : cell->campaign;
		if (suspicious && *memo_at(home, cell->client))
			at_home += cell->messages;
		else if (suspicious)
			away += cell->messages;
	}
	return cells->m->clients > 1 && at_home <= away;
}

static bool is_crime(const struct cells *cells, const struct cell *cell, const struct votes *votes)
{
	bool strange_names = votes->strange_names;
	int64_t start = votes->start;
	bool foreign = strange_names && cell->foreign;
	int crime = foreign, owner = strange_names && !foreign;

	if (votes->place && cell->client) {
		bool at_home = *memo_at(votes->home, cell->client);
		crime += !at_home;
		owner += at_home;
	}
	if (cells->alike) {
		crime += cell->campaign;
		owner += !cell->campaign;
	}
	if (start != WIDE_UNKNOWN && cell->last < start)
		owner++;
	/* A size may be met by chance; many share a host or a uid, but a login is one man's. */
	bool alike = cell->by_key && cells->party->origin == ORIGIN_ACCOUNT;
	if (crime == owner && strange_names)
		return foreign || alike;
	if (crime == owner && votes->place && cell->client)
		return !*memo_at(votes->home, cell->client);
	return crime >= owner;
}

/* ---- time and recipients ---- */

int64_t run_start(const struct snap *snap, struct rows rows)
{
	enum { HOURS = 24 * 14, PART = 50, SILENCE = 2 };
	uint32_t counts[HOURS] = {0}, most = 0;
	int64_t newest = snap_wide(snap, WIDE_ARRIVAL, rows.at[rows.count - 1]);
	int64_t oldest = snap_wide(snap, WIDE_ARRIVAL, rows.at[0]);
	int peak = 0;

	if (oldest == WIDE_UNKNOWN)
		return WIDE_UNKNOWN;
	/* Counted back from the newest, in hours. */
	for (uint32_t i = 0; i < rows.count; i++) {
		int64_t ago = (newest - snap_wide(snap, WIDE_ARRIVAL, rows.at[i])) / 3600;
		int hour = (int)(ago < HOURS ? ago : HOURS - 1);
		if (++counts[hour] > most) {
			most = counts[hour];
			peak = hour;
		}
	}
	/* From its peak back, until there is hardly anything for two hours. */
	int silent = 0, first = peak;
	for (int hour = peak + 1; hour < HOURS && silent < SILENCE; hour++) {
		bool quiet = counts[hour] * PART <= most || (most >= FREQUENT && counts[hour] <= 1);
		silent = quiet ? silent + 1 : 0;
		first = quiet ? first : hour;
	}
	if (first == HOURS - 1)
		return oldest;
	int64_t start = newest - ((int64_t)first + 1) * 3600;
	return start < oldest ? oldest : start;
}

/* What came before, in the cells of the crime, and looks like none of it, is left. */
static bool wants_start(const struct cells *cells, int64_t start)
{
	const struct snap *snap = cells->study->snap;
	struct rows rows = cells->party->rows;
	uint32_t before = 0, crime = 0;

	if (start == WIDE_UNKNOWN || cells->alike)
		return false;
	for (uint32_t i = 0; i < rows.count; i++) {
		if (!cells->list[cells->places[i]].crime)
			continue;
		crime++;
		before += snap_wide(snap, WIDE_ARRIVAL, rows.at[i]) < start;
	}
	return before && before * 20 < crime;
}

static bool is_all_local(struct study *study, uint32_t row)
{
	uint32_t count, first = snap_rcpts(study->snap, row, &count);
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
		if (!lookup_local(&study->lookup, rcpt_domain(study, row, rcpt)))
			return false;
	return count > 0;
}

/*
 * Where a host without a login writes to strangers in strangers' names, mail from outside to
 * our own people may come by the same way: behind a proxy, a firewall.
 */
static bool add_not_local(const struct cells *cells, struct buf *out)
{
	struct study *study = cells->study;
	const struct measures *m = cells->m;
	struct rows rows = cells->party->rows;
	uint32_t told = 0;

	if (cells->party->origin != ORIGIN_LAN || m->foreign * 2 < m->messages || m->local == 0 ||
		m->local * 5 > m->rcpts)
		return false;
	seen_begin(&study->seen);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t count, first = snap_rcpts(study->snap, rows.at[i], &count);
		for (uint32_t rcpt = first; rcpt < first + count && told < LOCALS; rcpt++) {
			uint32_t domain = rcpt_domain(study, rows.at[i], rcpt);
			if (!lookup_local(&study->lookup, domain) ||
				!seen_add(&study->seen, domain))
				continue;
			buf_add(out, told++ ? SLICE(", ") : SLICE(" and not all rcpt_domain in ("));
			filter_add_value(out, intern_get(&study->snap->strings, domain));
		}
	}
	buf_addc(out, ')');
	return true;
}

/* ---- the answer ---- */

/* The rows that the words select: the same that the filter will. */
static struct rows take_crime(const struct cells *cells, bool told, int64_t start, bool outside)
{
	const struct snap *snap = cells->study->snap;
	struct rows rows = cells->party->rows;
	struct rows crime = {.at = xcalloc(rows.count, sizeof(*crime.at))};

	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t row = rows.at[i];
		if (told && !cells->list[cells->places[i]].crime)
			continue;
		if (start != WIDE_UNKNOWN && snap_wide(snap, WIDE_ARRIVAL, row) < start)
			continue;
		if (outside && is_all_local(cells->study, row))
			continue;
		crime.at[crime.count++] = row;
	}
	return crime;
}

void split(struct study *study, const struct party *party, struct rows *crime, struct buf *filter)
{
	struct cells cells = {.study = study, .party = party, .m = party->m};
	int64_t start =
		party->m->messages >= LEAST ? run_start(study->snap, party->rows) : WIDE_UNKNOWN;
	uint32_t guilty = 0, taken = 0;
	struct memo *home = &study->home;
	struct buf words = {0};

	party_filter(study, party, filter);
	find_early_homes(&cells, start, home);
	find_own_places(&cells, home);
	find_content(&cells);
	drop_owners_keys(&cells, home);
	cells.alike = cells.by_size || cells.nkeys;
	make_cells(&cells);
	find_homes(&cells, home);
	struct votes votes = {.start = start, .home = home};
	votes.strange_names = (party->m->foreign + party->m->null) * 10 >= party->m->messages;
	votes.place = is_place_telling(&cells, votes.strange_names, home);
	for (uint32_t i = 0; i < cells.count; i++) {
		cells.list[i].crime = is_crime(&cells, &cells.list[i], &votes);
		guilty += cells.list[i].crime;
		taken += cells.list[i].crime ? cells.list[i].messages : 0;
	}
	bool told = guilty && guilty < cells.count && taken * 10 >= party->m->messages &&
		split_words(&cells, &words);
	if (told) {
		buf_add(filter, SLICE(" and "));
		buf_add(filter, buf_slice(&words));
	}
	bool late = guilty && wants_start(&cells, start);
	if (late) {
		buf_add(filter, SLICE(" and arrival_time>="));
		units_rfc3339(filter, start);
	}
	bool outside = add_not_local(&cells, filter);
	*crime = take_crime(&cells, told, late ? start : WIDE_UNKNOWN, outside);
	buf_free(&words);
	for (uint32_t i = 0; i < party->rows.count; i++)
		*memo_at(home, snap_col(study->snap, COL_CLIENT_IP, party->rows.at[i])) = 0;
	free(cells.list);
	free(cells.places);
	free(cells.keys);
}
