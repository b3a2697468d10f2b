/*
 * judge: what a verdict is worth, by the truth of its recipe. Knows nothing of how it was made.
 */
#ifndef CMD_VERDICTS_JUDGE_H
#define CMD_VERDICTS_JUDGE_H

#include "cmd/verdicts/run.h"

/* Of one run: plain numbers, so that processes can share it. */
enum law { LAW_AGAIN, LAW_ORDER, LAW_NAMES, LAW_TIME, LAW_BACKGROUND, LAWS };

struct score {
	bool done;
	bool laws[LAWS];  /* that do not hold */
	char broken[160]; /* what changed, of the first of them */
	char error[200];
	/* Incidents, by their true class. */
	unsigned incidents[FINDING_CLASSES], found[FINDING_CLASSES], abstained[FINDING_CLASSES];
	unsigned clear, clear_found; /* those that count for recall */
	unsigned ambiguous, inside;  /* with more than one answer that is right */
	/* Findings from "probable" on, by their own class. */
	unsigned findings[FINDING_CLASSES], right[FINDING_CLASSES];
	unsigned innocent_confirmed, innocent_probable; /* of abuse, and mostly honest mail */
	unsigned forbidden;
	/* Messages. */
	uint64_t innocent, wrong; /* selected, and should not be */
	uint64_t abusive, missed;
	uint64_t wrong_bounces; /* offered with an incident that did not cause them */
	unsigned filters_wrong; /* that select other rows than their finding has */
	double seconds;
};

void judge_run(struct run *run, struct score *score);

/* The incident that a finding is right about, 0: none; *why, if not NULL, says what is wrong. */
unsigned judge_finding(struct run *run, const struct finding *finding, const char **why);

/* The lowest level that the truth allows for an incident in this run. */
enum level judge_least(const struct run *run, const struct expectation *expected);

#endif
