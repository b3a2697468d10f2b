/* report_facts: the figures of a report, before anybody formats them. */
#ifndef CMD_SPOOLSWEEP_REPORT_FACTS_H
#define CMD_SPOOLSWEEP_REPORT_FACTS_H

#include "cmd/spoolsweep/command.h"

struct totals {
	uint32_t messages;
	uint64_t recipients; /* pending */
	int64_t bytes;
	int64_t oldest, newest; /* WIDE_UNKNOWN without messages */
	uint32_t damaged;
	uint32_t copies;     /* that lost their login behind a content filter */
	struct queue_count { /* in the order in which a message meets the queues */
		struct slice name;
		enum msg_state state;
		uint32_t messages;
	} * queues;
	size_t nqueues;
};

void count_totals(const struct app *app, struct totals *totals);
void totals_free(struct totals *totals);

enum { ARRIVING_SECONDS = 600 };

/*
 * What came in during the last ten minutes and is still queued. The leader is the
 * account, or else the client network or the local user, with at least half of it.
 */
struct arriving {
	uint32_t messages;
	double a_minute;
	const char *leader;       /* "from", "from network", "from uid"; NULL for none */
	const char *leader_field; /* "account", ... */
	struct slice leader_key;
	double leader_a_minute;
	int64_t newest; /* of the whole queue */
	char room[32];
};

void find_arriving(struct app *app, struct arriving *arriving);

enum { AGE_BUCKETS = 8 };
struct age_bucket {
	const char *title;
	int64_t from; /* seconds */
	uint32_t messages;
};

/* Messages by age; those of unknown age are in none. */
void count_ages(const struct app *app, struct age_bucket ages[AGE_BUCKETS]);

#endif
