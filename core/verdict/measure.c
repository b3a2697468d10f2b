/* Figures about a list of rows, each of them exact, in time that grows with the rows alone. */
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/marks.h"
#include "core/verdict/study.h"

enum { HOUR = 3600, DAY = 24 * HOUR, SUBJECTS = 5, LIKE = 5 };

uint32_t rcpt_domain(struct study *study, uint32_t row, uint32_t rcpt)
{
	uint32_t name = snap_rcpt(study->snap, RCPT_ADDRESS, rcpt);
	return snap_has_addresses(study->snap, row) ? field_domain_id(study->env, name) : name;
}

/* ---- where from ---- */

/* The most different ids that any `span` seconds have; id_of gives a row's. */
static uint32_t most_in(struct study *study, struct rows rows, int64_t span,
	uint32_t (*id_of)(struct study *study, uint32_t row))
{
	struct memo *counts = &study->counts;
	uint32_t now = 0, most = 0, behind = 0;

	for (uint32_t i = 0; i < rows.count; i++) {
		int64_t at = snap_wide(study->snap, WIDE_ARRIVAL, rows.at[i]);
		uint32_t id = id_of(study, rows.at[i]);
		if (id)
			now += (*memo_at(counts, id))++ == 0;
		while (snap_wide(study->snap, WIDE_ARRIVAL, rows.at[behind]) <= at - span) {
			uint32_t old = id_of(study, rows.at[behind++]);
			if (old)
				now -= --*memo_at(counts, old) == 0;
		}
		most = now > most ? now : most;
	}
	while (behind < rows.count) {
		uint32_t old = id_of(study, rows.at[behind++]);
		if (old)
			--*memo_at(counts, old);
	}
	return most;
}

static uint32_t client_id(struct study *study, uint32_t row)
{
	return field_client_id(study->env, row);
}

static uint32_t net_id(struct study *study, uint32_t row)
{
	return field_net_id(study->env, row);
}

static void measure_places(struct study *study, struct rows rows, struct measures *m)
{
	uint32_t last = 0;

	seen_begin(&study->seen);
	seen_begin(&study->seen2);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t net = net_id(study, rows.at[i]);
		m->nets += seen_add(&study->seen2, net);
		m->clients += seen_add(&study->seen, client_id(study, rows.at[i]));
		m->switches += last && net && net != last;
		last = net ? net : last;
	}
	/* One client is one in any 24 hours. */
	m->clients_day = m->clients > 1 ? most_in(study, rows, DAY, client_id) : m->clients;
	m->nets_day = m->clients > 1 ? most_in(study, rows, DAY, net_id) : m->clients;
}

/* ---- in whose name ---- */

static void measure_senders(
	struct study *study, const struct party *party, struct rows rows, struct measures *m)
{
	struct lookup *lookup = &study->lookup;
	const struct snap *snap = study->snap;
	struct slice login = party && party->origin == ORIGIN_ACCOUNT
		? intern_get(&snap->strings, party->id)
		: (struct slice){0};
	uint32_t login_domain = login.len ? field_domain_id(study->env, party->id) : 0;

	seen_begin(&study->seen);
	seen_begin(&study->seen2);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t row = rows.at[i], sender = snap_col(snap, COL_SENDER, row);
		uint32_t domain = lookup_sender_domain(lookup, row);
		uint32_t marks = snap_col(snap, COL_MARKS, row),
			 helo = snap_col(snap, COL_HELO, row);
		bool verp, new = seen_add(&study->seen, lookup_sender_base(lookup, sender, &verp));
		/* A receipt for a mail that was read has the null sender by right. */
		m->null += sender == INTERN_EMPTY && !(marks & (MARK_REPORT | MARK_AUTO));
		bool foreign = domain > INTERN_EMPTY && domain != login_domain &&
			!lookup_local(lookup, domain) && !(marks & MARK_RESENT);
		m->foreign += foreign;
		m->senders += new;
		m->foreign_senders += new &&foreign;
		m->own += party && party->origin == ORIGIN_ACCOUNT &&
			lookup_sender_base(lookup, sender, &verp) == party->id;
		m->verp += verp;
		m->odd_helo += helo && lookup_odd_helo(lookup, helo);
		m->helos += seen_add(&study->seen2, helo);
		m->from_differs += (marks & MARK_FROM_DIFFERS) != 0;
	}
	seen_begin(&study->seen);
	seen_begin(&study->seen2);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t domain = lookup_sender_domain(lookup, rows.at[i]);
		m->foreign_domains += domain > INTERN_EMPTY && domain != login_domain &&
			!lookup_local(lookup, domain) && seen_add(&study->seen2, domain);
		uint32_t from = snap_col(snap, COL_FROM_DOMAIN, rows.at[i]);
		m->froms += seen_add(&study->seen, from);
		m->from_foreign += from && from != login_domain && !lookup_local(lookup, from);
	}
}

/* ---- recipients and what became of them ---- */

static bool is_tried(const struct snap *snap, uint32_t rcpt)
{
	return (snap->rcpt_class && snap->rcpt_class[rcpt] != REASON_UNKNOWN) ||
		snap->rcpt_state[rcpt] == RCPT_DONE;
}

static void measure_rcpts(
	struct study *study, const struct party *party, struct rows rows, struct measures *m)
{
	enum { MOST = 128 };
	struct lookup *lookup = &study->lookup;
	const struct snap *snap = study->snap;
	uint32_t by_count[MOST] = {0};
	uint32_t most = 0, votes = 0;
	/* A party counts itself among those who write there, unless it is left out. */
	uint32_t others = party && party->outlier ? 0 : 1;

	seen_begin(&study->seen);
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t count, first = snap_rcpts(snap, rows.at[i], &count), asked = 0;
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
			if (snap->rcpt_state[rcpt] == RCPT_CANCELLED)
				continue;
			uint32_t domain = rcpt_domain(study, rows.at[i], rcpt);
			uint32_t rank = study->rank[rcpt];
			asked++;
			m->rcpts_distinct += !bitset_has(&study->ranked, rank);
			bitset_set(&study->ranked, rank);
			/* Boyer and Moore: if one has the majority, it is the one left. */
			if (!votes)
				most = rank;
			votes += votes && rank != most ? UINT32_MAX : 1;
			m->domains += seen_add(&study->seen, domain);
			m->local += lookup_local(lookup, domain);
			m->freemail += lookup_freemail(lookup, domain);
			m->known += study->rank_parties[rank] > others;
			m->tried += is_tried(snap, rcpt);
			if (snap->rcpt_class)
				m->by_class[snap->rcpt_class[rcpt]]++;
		}
		m->rcpts += asked;
		by_count[asked < MOST ? asked : MOST - 1]++;
	}
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t count, first = snap_rcpts(snap, rows.at[i], &count);
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
			m->most_rcpt += study->rank[rcpt] == most &&
				snap->rcpt_state[rcpt] != RCPT_CANCELLED;
			bitset_clear(&study->ranked, study->rank[rcpt]);
		}
	}
	for (uint32_t i = 0; i < MOST; i++)
		if (by_count[i] > m->usual_count_messages) {
			m->usual_count = i;
			m->usual_count_messages = by_count[i];
		}
}

/* ---- how much, how fast ---- */

static uint32_t rcpts_of(const struct snap *snap, uint32_t row)
{
	uint32_t count;
	snap_rcpts(snap, row, &count);
	return count ? count : 1;
}

static void measure_times(struct study *study, struct rows rows, struct measures *m)
{
	const struct snap *snap = study->snap;
	int64_t *times = xcalloc(rows.count, sizeof(*times));
	uint32_t behind = 0, known = 0, now = 0, total = 0;

	for (unsigned hour = 0; hour < 24; hour++)
		total += study->hours[hour];
	for (uint32_t i = 0; i < rows.count; i++) {
		int64_t at = snap_wide(snap, WIDE_ARRIVAL, rows.at[i]);
		if (at == WIDE_UNKNOWN)
			continue;
		times[known++] = at;
		now += rcpts_of(snap, rows.at[i]);
		while (snap_wide(snap, WIDE_ARRIVAL, rows.at[behind]) <= at - HOUR)
			now -= snap_wide(snap, WIDE_ARRIVAL, rows.at[behind]) == WIDE_UNKNOWN
				? (behind++, 0u)
				: rcpts_of(snap, rows.at[behind++]);
		m->peak_hour = now > m->peak_hour ? now : m->peak_hour;
		/* An hour is quiet when less than a tenth of its fair share comes in. */
		m->quiet_hours += at >= 0 && study->hours[at / HOUR % 24] * 240 < total;
	}
	m->first = known ? times[0] : WIDE_UNKNOWN;
	m->last = known ? times[known - 1] : WIDE_UNKNOWN;
	m->unsteady = stats_unsteady(times, known);
	free(times);
}

/* ---- how alike ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* What lies around the most frequent size, without the few farthest off, which are others' mail. */
static void find_mode(const uint32_t *sizes, uint32_t known, struct measures *m)
{
	enum { APART = 15, FAR = 250 };
	uint32_t low = 0, high = known;

	while (low < high && sizes[low] * UINT64_C(100) < m->size_low * (uint64_t)(100 - APART))
		low++;
	while (high > low &&
		sizes[high - 1] * UINT64_C(100) > m->size_high * (uint64_t)(100 + APART))
		high--;
	uint32_t cut = (high - low) / FAR;
	if (high - low <= 2 * cut)
		return;
	m->mode = high - low - 2 * cut;
	m->mode_low = sizes[low + cut];
	m->mode_high = sizes[high - 1 - cut];
}

static void measure_sizes(const struct snap *snap, struct rows rows, struct measures *m)
{
	uint32_t *sizes = xcalloc(rows.count, sizeof(*sizes));
	uint32_t known = 0, low = 0;

	for (uint32_t i = 0; i < rows.count; i++) {
		int64_t size = snap_wide(snap, WIDE_SIZE, rows.at[i]);
		/* What claims more than 4 GB is as large as any. */
		if (size >= 0)
			sizes[known++] = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
	}
	if (known)
		qsort(sizes, known, sizeof(*sizes), by_number);
	for (uint32_t high = 0; high < known; high++) {
		while (sizes[low] * UINT64_C(104) < sizes[high] * UINT64_C(100))
			low++;
		if (high - low + 1 > m->same_size) {
			m->same_size = high - low + 1;
			m->size_low = sizes[low];
			m->size_high = sizes[high];
		}
	}
	find_mode(sizes, known, m);
	free(sizes);
}

static void measure_subjects(struct study *study, struct rows rows, struct measures *m)
{
	const struct snap *snap = study->snap;
	uint32_t top[SUBJECTS] = {0};

	for (uint32_t i = 0; i < rows.count; i++)
		++*memo_at(&study->counts, snap_col(snap, COL_SUBJECT_KEY, rows.at[i]));
	*memo_at(&study->counts, INTERN_UNKNOWN) = 0;
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t *count =
			memo_at(&study->counts, snap_col(snap, COL_SUBJECT_KEY, rows.at[i]));
		uint32_t n = *count;
		*count = 0;
		m->subjects += n != 0;
		for (unsigned k = 0; k < SUBJECTS && n; k++)
			if (n > top[k]) {
				uint32_t swap = top[k];
				top[k] = n;
				n = swap;
			}
	}
	for (unsigned k = 0; k < SUBJECTS; k++)
		m->same_subject += top[k] >= LIKE ? top[k] : 0;
}

static void measure_marks(const struct snap *snap, struct rows rows, struct measures *m)
{
	for (uint32_t i = 0; i < rows.count; i++) {
		uint32_t marks = snap_col(snap, COL_MARKS, rows.at[i]);
		m->read += marks != 0;
		m->no_message_id += (marks & MARK_NO_MESSAGE_ID) != 0;
		m->list += (marks & (MARK_LIST_ID | MARK_UNSUBSCRIBE)) != 0;
		m->automatic += (marks & (MARK_AUTO | MARK_BULK)) != 0;
		m->reports += (marks & MARK_REPORT) != 0;
		m->resent += (marks & MARK_RESENT) != 0;
		m->hops = marks_hops(marks) > m->hops ? marks_hops(marks) : m->hops;
	}
}

void measure(struct study *study, const struct party *party, struct rows rows, struct measures *m)
{
	*m = (struct measures){.messages = rows.count};
	measure_places(study, rows, m);
	measure_senders(study, party, rows, m);
	measure_rcpts(study, party, rows, m);
	measure_times(study, rows, m);
	measure_sizes(study->snap, rows, m);
	measure_subjects(study, rows, m);
	measure_marks(study->snap, rows, m);
}
