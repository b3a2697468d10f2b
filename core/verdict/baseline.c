/* What is usual here: the same figures of all parties, to compare one with the others. */
#include <math.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/verdict/study.h"

enum {
	SHARES_FROM = 3, /* messages, for a share to mean anything */
	LEAST = 5,       /* others, for "usual" to mean anything */
};

/* To how many parties each recipient is known, so that what is known to others can be told. */
static void count_rcpts(struct study *study)
{
	const struct snap *snap = study->snap;
	uint32_t *last = xcalloc(study->ranks + 1, sizeof(*last));

	study->rank_parties = xcalloc(study->ranks + 1, sizeof(*study->rank_parties));
	for (size_t i = 0; i < study->nparties; i++) {
		struct rows rows = study->parties[i].rows;
		for (uint32_t k = 0; k < rows.count; k++) {
			uint32_t count, first = snap_rcpts(snap, rows.at[k], &count);
			for (uint32_t rcpt = first; rcpt < first + count; rcpt++) {
				uint32_t rank = study->rank[rcpt];
				study->rank_parties[rank] += last[rank] != i + 1;
				last[rank] = (uint32_t)i + 1;
			}
		}
	}
	free(last);
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
	basics[BASIC_SUBJECT] = share(m->same_subject, m->messages, 2 * SHARES_FROM);
	basics[BASIC_SIZE] = share(m->same_size, m->messages, 2 * SHARES_FROM);
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

static void sort_basics(struct study *study, enum origin origin, enum basic basic)
{
	float *values = xcalloc(study->nparties + 1, sizeof(*values));
	uint32_t count = 0;

	for (size_t i = 0; i < study->nparties; i++)
		if (study->parties[i].origin == origin && !isnan(study->parties[i].basics[basic]))
			values[count++] = study->parties[i].basics[basic];
	if (count)
		qsort(values, count, sizeof(*values), by_float);
	study->sorted[origin][basic] = values;
	study->nsorted[origin][basic] = count;
}

void baseline_make(struct study *study)
{
	static const enum origin compared[] = {ORIGIN_ACCOUNT, ORIGIN_LOCAL, ORIGIN_LAN};
	struct measures m;

	count_rcpts(study);
	count_hours(study);
	for (size_t i = 0; i < study->nparties; i++) {
		struct party *party = &study->parties[i];
		measure(study, party, party->rows, &m);
		set_basics(party, &m);
		if (m.rcpts >= PARTY_WORTH) {
			party->m = arena_alloc(study->arena, sizeof(m));
			*party->m = m;
		}
		study->all.messages += m.messages;
		study->all.rcpts += m.rcpts;
		study->all.tried += m.tried;
		for (unsigned class = 0; class < REASON_CLASSES; class ++)
			study->all.by_class[class] += m.by_class[class];
	}
	for (size_t i = 0; i < sizeof(compared) / sizeof(*compared); i++)
		for (unsigned basic = 0; basic < BASICS; basic++)
			sort_basics(study, compared[i], (enum basic)basic);
}

double baseline(const struct study *study, const struct party *party, enum basic basic, double q)
{
	const float *values = study->sorted[party->origin][basic];
	uint32_t count = study->nsorted[party->origin][basic];
	float own = party->basics[basic];
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
	const float *values = study->sorted[party->origin][basic];
	uint32_t count = study->nsorted[party->origin][basic];
	float own = party->basics[basic];
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
