/* What is usual here: the same figures of all parties, to compare one with the others. */
#include <math.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/verdict/study.h"

enum {
	SUBJECTS_FROM = 6,
	SHARES_FROM = 3, /* messages, for a share to mean anything */
	LEAST = 5,       /* others, for "usual" to mean anything */
};

/* To how many parties each recipient is known, so that what is known to others can be told. */
static void count_rcpts(struct study *study)
{
	const struct snap *snap = study->snap;
	struct memo *last = &study->counts;

	study->rank_parties = xcalloc(study->ranks + 1, sizeof(*study->rank_parties));
	for (size_t i = 0; i < study->nparties; i++) {
		struct rows rows = study->parties[i].rows;
		if (study->parties[i].outlier)
			continue;
		for (uint32_t k = 0; k < rows.count; k++) {
			uint32_t count, first = snap_rcpts(snap, rows.at[k], &count);
			for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
				uint32_t rank = study->rank[rcpt];
				uint32_t *party = memo_at(last, rank);
				if (*party != i + 1 && study->rank_parties[rank] < UINT8_MAX)
					study->rank_parties[rank]++;
				*party = (uint32_t)i + 1;
			}
		}
	}
	memo_free(last);
}

/*
 * When mail comes in here. A party counts with no more than a few messages an hour, or the one
 * that floods the queue would make its own hours the usual ones.
 */
static void count_hours(struct study *study)
{
	enum { MOST = 5 };
	for (size_t i = 0; i < study->nparties; i++) {
		uint32_t counts[24] = {0};
		struct rows rows = study->parties[i].rows;
		for (uint32_t k = 0; k < rows.count; k++) {
			int64_t at = snap_wide(study->snap, WIDE_ARRIVAL, rows.at[k]);
			if (at >= 0)
				counts[at / 3600 % 24]++;
		}
		for (unsigned hour = 0; hour < 24; hour++)
			study->hours[hour] += counts[hour] < MOST ? counts[hour] : MOST;
	}
}

static float share(uint64_t part, uint64_t whole, uint64_t least)
{
	return whole >= least && whole ? (float)((double)part / (double)whole) : NAN;
}

static void set_basics(struct party *party, const struct measures *m)
{
	float *basics = party->basics;

	basics[BASIC_CLIENTS] = (float)m->clients_day;
	basics[BASIC_NETS] = (float)m->nets_day;
	basics[BASIC_RCPTS] = (float)m->rcpts;
	basics[BASIC_PEAK] = (float)m->peak_hour;
	basics[BASIC_FOREIGN] = share(m->foreign, m->messages, SHARES_FROM);
	basics[BASIC_SENDERS] = (float)m->senders;
	basics[BASIC_UNKNOWN] = share(m->by_class[REASON_UNKNOWN_USER], m->tried, SHARES_FROM);
	basics[BASIC_REFUSED] = share(refused(m), m->tried, SHARES_FROM);
	basics[BASIC_SUBJECT] = share(m->same_subject, m->messages, SUBJECTS_FROM);
	basics[BASIC_SIZE] = share(m->same_size, m->messages, SUBJECTS_FROM);
	basics[BASIC_LOCAL] = share(m->local, m->rcpts, SHARES_FROM);
	basics[BASIC_ODD_HELO] = share(m->odd_helo, m->messages, SHARES_FROM);
	basics[BASIC_FROM] = share(m->from_foreign, m->messages, SHARES_FROM);
	basics[BASIC_NO_ID] = share(m->no_message_id, m->read, SHARES_FROM);
}

static int by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static bool is_compared(enum origin origin)
{
	return origin == ORIGIN_ACCOUNT || origin == ORIGIN_LOCAL || origin == ORIGIN_LAN;
}

/* Of one kind, or with ORIGIN_UNKNOWN of all. */
static void sort_basics(struct study *study, enum origin origin, enum basic basic)
{
	float *values = xcalloc(study->nparties + 1, sizeof(*values));
	uint32_t count = 0;

	for (size_t i = 0; i < study->nparties; i++)
		if ((origin ? study->parties[i].origin == origin
			    : is_compared(study->parties[i].origin)) &&
			!study->parties[i].outlier && !isnan(study->parties[i].basics[basic]))
			values[count++] = study->parties[i].basics[basic];
	if (count)
		qsort(values, count, sizeof(*values), by_float);
	study->sorted[origin][basic] = values;
	study->nsorted[origin][basic] = count;
}

/* Again, now that it is no longer counted among those who write there. */
static uint64_t count_known(const struct study *study, const struct party *party)
{
	const struct snap *snap = study->snap;
	uint64_t known = 0;

	for (uint32_t i = 0; i < party->rows.count; i++) {
		uint32_t count, first = snap_rcpts(snap, party->rows.at[i], &count);
		for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
			known += snap->rcpt_state[rcpt] != RCPT_CANCELLED &&
				study->rank_parties[study->rank[rcpt]] > 0;
	}
	return known;
}

static uint32_t rcpts_left(const struct study *study, uint32_t row)
{
	uint32_t count, first = snap_rcpts(study->snap, row, &count), left = 0;
	for (uint32_t rcpt = first; rcpt < first + count; rcpt++)
		left += study->snap->rcpt_state[rcpt] != RCPT_CANCELLED;
	return left;
}

/* What became of the recipients of the rest of the queue. */
static void count_tried(struct study *study, uint32_t row)
{
	const struct snap *snap = study->snap;
	uint32_t count, first = snap_rcpts(snap, row, &count);

	for (uint32_t rcpt = first; rcpt < first + count && snap->rcpt_class; rcpt++) {
		if (snap->rcpt_state[rcpt] == RCPT_CANCELLED)
			continue;
		study->all.tried += snap->rcpt_class[rcpt] != REASON_UNKNOWN ||
			snap->rcpt_state[rcpt] == RCPT_DONE;
		study->all.by_class[snap->rcpt_class[rcpt]]++;
	}
}

static void measure_party(struct study *study, struct party *party)
{
	struct measures m;

	measure(study, party, party->rows, &m);
	set_basics(party, &m);
	if (m.rcpts < PARTY_WORTH)
		return;
	if (!party->m)
		party->m = arena_alloc(study->arena, sizeof(m));
	*party->m = m;
}

/*
 * Three accomplices must not be each other's alibi: whoever has far more mail than most of its
 * kind is left out of what the others are compared with.
 */
static bool find_outliers(struct study *study)
{
	enum { MANY = 100, VERY_MANY = 1000, FAR = 6 };
	bool any = false;

	for (size_t i = 0; i < study->nparties; i++) {
		struct party *party = &study->parties[i];
		/* Where there are hardly any others, a tenth of all there is. */
		party->outlier = party->m && party->m->rcpts >= MANY &&
			(outlier(study, party, BASIC_RCPTS, (double)party->m->rcpts) >= FAR ||
				(party->m->rcpts >= VERY_MANY &&
					party->m->rcpts * 10 >= study->all.rcpts));
		any |= party->outlier;
	}
	return any;
}

static void sum_up(struct study *study)
{
	static const enum origin compared[] = {
		ORIGIN_UNKNOWN, ORIGIN_ACCOUNT, ORIGIN_LOCAL, ORIGIN_LAN};

	for (size_t i = 0; i < sizeof(compared) / sizeof(*compared); i++)
		for (unsigned basic = 0; basic < BASICS; basic++) {
			free(study->sorted[compared[i]][basic]);
			sort_basics(study, compared[i], (enum basic)basic);
		}
}

static void count_rest(struct study *study)
{
	for (size_t i = 0; i < study->nparties; i++) {
		const struct party *party = &study->parties[i];
		/* Strangers' mail and bounces fail as they do, on the best of days. */
		if (party->outlier || party->origin == ORIGIN_RELAY || party->origin == ORIGIN_DSN)
			continue;
		for (uint32_t k = 0; k < party->rows.count; k++)
			count_tried(study, party->rows.at[k]);
	}
}

void baseline_make(struct study *study)
{
	count_rcpts(study);
	count_hours(study);
	for (size_t i = 0; i < study->nparties; i++) {
		struct party *party = &study->parties[i];
		measure_party(study, party);
		study->all.messages += party->rows.count;
		for (uint32_t k = 0; k < party->rows.count; k++)
			study->all.rcpts += rcpts_left(study, party->rows.at[k]);
	}
	sum_up(study);
	if (find_outliers(study)) {
		free(study->rank_parties);
		count_rcpts(study);
		for (size_t i = 0; i < study->nparties; i++)
			if (study->parties[i].m && study->parties[i].outlier)
				study->parties[i].m->known = count_known(study, &study->parties[i]);
		sum_up(study);
	}
	count_rest(study);
}

double baseline(const struct study *study, const struct party *party, enum basic basic, double q)
{
	const float *values = study->sorted[party->origin][basic];
	uint32_t count = study->nsorted[party->origin][basic];
	float own = party->outlier ? NAN : party->basics[basic];
	uint32_t others = count - (isnan(own) ? 0 : 1);

	if (!values || count == 0 || others < LEAST)
		return EVIDENCE_NONE;
	uint32_t at = (uint32_t)(q * (others - 1) + 0.5);
	/* Its own value is left out: behind it all stand one place further. */
	if (!isnan(own)) {
		uint32_t low = 0, high = count;
		while (low < high) {
			uint32_t middle = (low + high) / 2;
			if (values[middle] < own)
				low = middle + 1;
			else
				high = middle;
		}
		at += at >= low;
	}
	return values[at];
}

double outlier(const struct study *study, const struct party *party, enum basic basic, double x)
{
	enum { MOST = 10000 };
	/* Where there are few of its kind, all kinds have to do. */
	enum { FEW = 8 };
	enum origin origin =
		is_compared(party->origin) && study->nsorted[party->origin][basic] <= FEW
		? ORIGIN_UNKNOWN
		: party->origin;
	const float *values = study->sorted[origin][basic];
	uint32_t count = study->nsorted[origin][basic];
	float own = party->outlier ? NAN : party->basics[basic];
	/* Of very many an even sample will do. */
	uint32_t step = count / MOST + 1, used = 0;
	bool skipped = false;

	if (!values || !count)
		return 0;
	double *others = xcalloc(count / step + 1, sizeof(*others));
	for (uint32_t i = 0; i < count; i += step) {
		if (!skipped && values[i] == own) {
			skipped = true;
			continue;
		}
		others[used++] = values[i];
	}
	double z = stats_outlier(x, others, used);
	free(others);
	return z;
}
