/*
 * incident: abuse to be found in the queue, and the truth about it. A table of
 * them: a new one is a row and a function.
 */
#ifndef CMD_FORGE_INCIDENT_H
#define CMD_FORGE_INCIDENT_H

#include "cmd/forge/scene.h"
#include "core/base/hashset.h"

struct incident {
	const char *name;
	const char *about;
	unsigned share; /* of 10,000 messages */
	unsigned usual; /* ordinary messages of the same login: no more than 1 in 50 */

	/* Makes message number n of the incident: all but its queue and its reasons. */
	void (*make)(struct draft *draft, uint64_t n);
};

/* By name; NULL when there is none. */
const struct incident *incident_find(const char *name);
/* Row n of the table; NULL behind the last. */
const struct incident *incident_at(size_t n);

/* The answer a detector should give: counted from what was written. An all-zero one is empty. */
struct incident_truth {
	uint64_t messages; /* whose login the queue knows */
	uint64_t recipients;
	uint64_t usual;  /* ordinary mail of the same login, to be left alone */
	uint64_t copies; /* behind the content filter: the same mail, without the login */
	int64_t first, last;
	struct hashset addresses, networks, senders;
};

void incident_truth_free(struct incident_truth *truth);
/* Counts a message of the incident that has its login. */
void incident_note(struct incident_truth *truth, const struct fake_message *message);
/* Appends "class=... account=... messages=..." in one line. */
void incident_tell(
	struct buf *out, const struct incident *incident, const struct incident_truth *truth);

#endif
