/*
 * rules: the one table of what is measured, from which value on it counts, and how much.
 *
 * Points are logarithms (base 2) of how much likelier the fact is in abuse than in honest mail.
 * A family's points are capped, since its facts go together. Every number can be set in the
 * configuration file, under the rule's name; help, manual and evidence print from here.
 */
#ifndef CORE_VERDICT_RULES_H
#define CORE_VERDICT_RULES_H

#include "core/base/err.h"
#include "core/base/slice.h"

enum family {
	FAMILY_SPREAD,     /* from how many places */
	FAMILY_IDENTITY,   /* in whose name */
	FAMILY_OUTCOME,    /* what other servers say */
	FAMILY_RECIPIENTS, /* to whom */
	FAMILY_VOLUME,     /* how much, how fast */
	FAMILY_CONTENT,    /* how alike */
	FAMILY_STRUCTURE,  /* strangers' mail to strangers */
	FAMILY_SCRIPT,     /* which program */
	FAMILY_QUEUE,      /* facts about the queue as a whole, which need no points */
	FAMILY_COUNTER,    /* what speaks for the owner */
	FAMILIES,
};
const char *family_name(enum family family);

struct rule {
	const char *name; /* "client_ips": in the configuration and as evidence id */
	enum family family;
	const char *unit; /* "addresses in 24 h", "share", "messages" */
	const char *help; /* one line: what is measured */
	/* From `threshold` on it gives `points`; from `strong` on (0: no such step) `strong_points`. */
	double threshold, points;
	double strong, strong_points;
};

/* Places in the table. */
enum rule_id {
	/* spread */
	RULE_CLIENT_IPS,
	RULE_CLIENT_NETS,
	RULE_INTERLEAVED,
	RULE_NEW_PLACE,
	RULE_SHARED_CLIENT,
	/* identity */
	RULE_FOREIGN_SENDER,
	RULE_SENDER_ROTATION,
	RULE_NULL_SENDER,
	RULE_ODD_HELO,
	RULE_FROM_DIFFERS,
	/* outcome */
	RULE_UNKNOWN_USERS,
	RULE_REFUSED,
	RULE_BOUNCES_BACK,
	/* recipients */
	RULE_RCPT_UNIQUE,
	RULE_FREEMAIL,
	RULE_FEW_LOCAL,
	RULE_RCPT_COUNT,
	/* volume */
	RULE_RATE,
	RULE_OUTLIER,
	RULE_STEADY,
	RULE_OFF_HOURS,
	/* content */
	RULE_SAME_SIZE,
	RULE_SAME_SUBJECT,
	RULE_SHARED_SUBJECT,
	RULE_NO_MESSAGE_ID,
	/* structure */
	RULE_RELAYED,
	/* script */
	RULE_SCRIPT_NAME,
	RULE_SCRIPT_FROM,
	RULE_SCRIPT_RATE,
	/* queue */
	RULE_LEAST_MESSAGES,
	RULE_HEALTHY,
	RULE_BACKSCATTER,
	RULE_BACKSCATTER_SHARE,
	RULE_DESTINATION,
	RULE_DESTINATION_NETWORK,
	RULE_BLOCKLISTED,
	RULE_OWN_NETWORK,
	RULE_LOOP_HOPS,
	RULE_LOOP_COPIES,
	RULE_FLOOD,
	RULE_FLOOD_SHARE,
	/* counter */
	RULE_LIST_MARKS,
	RULE_VERP,
	RULE_OWN_SENDER,
	RULE_TRANSACTIONAL,
	RULE_FEW_UNKNOWN,
	RULE_KNOWN_RCPTS,
	RULES,
};

extern const struct rule rule_table[RULES]; /* the defaults */
extern const double family_caps[FAMILIES];

/* The rules in force. */
struct rules {
	struct rule table[RULES];
};
void rules_default(struct rules *rules);
/*
 * Sets "client_ips" (or "client_ips.strong", ".points", ".strong_points") to a number. -1 with
 * *err when there is no such rule or it is no number that can be.
 */
int rules_set(struct rules *rules, struct slice name, struct slice value, struct err *err);

#endif
