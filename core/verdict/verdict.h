/*
 * verdict: what happened in this queue, who did it, and which messages are part of it.
 *
 * Made from a finished index and nothing else, so the same rows and the same `now` give the
 * same findings, whatever order they were read in. How a message entered (its origin) picks the
 * class of a finding; how its group behaves decides whether it is abuse at all. A finding keeps
 * the numbers it was made from: text, JSON and screens print the same array, so an explanation
 * can never say anything else than the score.
 *
 * A verdict owns its findings; their strings live in its arena or in the index, which must
 * outlive it. One thread: deriving values adds strings to the index (field.h).
 */
#ifndef CORE_VERDICT_VERDICT_H
#define CORE_VERDICT_VERDICT_H

#include "core/base/arena.h"
#include "core/base/bitset.h"
#include "core/query/field.h"
#include "core/verdict/rules.h"

enum finding_class {
	CLASS_STOLEN_ACCOUNT,
	CLASS_OPEN_RELAY,
	CLASS_INFECTED_HOST,
	CLASS_HACKED_SCRIPT,
	CLASS_BACKSCATTER,
	CLASS_BULK_MAIL,
	CLASS_DESTINATION_DOWN,
	CLASS_SERVER_BLOCKLISTED,
	CLASS_OWN_NETWORK_DOWN,
	CLASS_MAIL_LOOP,
	CLASS_RECIPIENT_FLOOD,
	CLASS_RUNAWAY_SENDER,
	CLASS_FORWARDED_SPAM,
	CLASS_UNDETERMINED,
	FINDING_CLASSES,
};

/* "stolen-account"; and its two letters in ids: "SA". */
const char *finding_class_name(enum finding_class class);
const char *finding_class_letters(enum finding_class class);
/* In capitals, for people: "STOLEN ACCOUNT". */
const char *finding_class_title(enum finding_class class);
/* Whether its messages are somebody's crime or accident, and not mail that people wait for. */
bool finding_class_is_abuse(enum finding_class class);

/* How sure it is. Ordered: higher is surer. Nothing is removed on a note or a suspicion. */
enum level { LEVEL_NOTE, LEVEL_SUSPECT, LEVEL_PROBABLE, LEVEL_CONFIRMED, LEVELS };
const char *level_name(enum level level);
/* False when no level has that name. */
bool level_parse(struct slice name, enum level *level);

#define EVIDENCE_NONE (-1.0) /* a figure that does not apply; none of ours is negative */
enum { EVIDENCE_EXAMPLES = 3 };

/* One measured fact about a group of messages. */
struct evidence {
	const struct rule *rule;
	struct slice text;  /* a sentence with the figures in it, for people; not escaped */
	struct slice here;  /* the comparison: "here usual: 1-3 a day"; empty for none */
	double value;       /* in rule->unit */
	uint64_t n;         /* of how many (messages, recipients tried); 0 does not apply */
	double low, high;   /* 95 % interval of a share; or EVIDENCE_NONE */
	double threshold;   /* the one that value passed; or EVIDENCE_NONE */
	double median, p99; /* of the other groups of this site; or EVIDENCE_NONE */
	double points;      /* after the family's cap; below 0: speaks against it */
	uint32_t examples[EVIDENCE_EXAMPLES]; /* rows */
	unsigned nexamples;
};

enum who_kind {
	WHO_ACCOUNT,
	WHO_IP,
	WHO_NET,
	WHO_UID,
	WHO_SCRIPT,
	WHO_SENDER,
	WHO_RCPT,
	WHO_DOMAIN, /* of recipients */
	WHO_SPOOL,
	WHO_KINDS,
};
/* The name of the field it is a value of: "account", "client_ip", ... */
const char *who_field(enum who_kind kind);

struct who {
	enum who_kind kind;
	struct slice value;
	uint32_t messages; /* of the finding */
};

/* What one does about it, in the order in which to do it. */
struct remedy {
	struct slice text; /* "lock the login and end its sessions" */
	struct slice
		*commands; /* lines to paste, every foreign value quoted for a shell; maybe none */
	size_t ncommands;
};

struct finding {
	char id[16]; /* "SA-3c91", from class and who: the same in the next scan */
	enum finding_class class;
	enum level level;
	double score;
	bool weighed;       /* the level comes from the score, and not from what it is */
	struct slice title; /* who, for the headline: "bob@example.com and 2 more logins" */
	struct who *who;    /* most messages first; cut at LIMIT_WHO */
	size_t nwho;
	size_t nwho_all;
	struct who *from; /* networks of strangers that it came from; as who */
	size_t nfrom;
	size_t nfrom_all;
	struct evidence *evidence; /* most points first */
	size_t nevidence;
	struct evidence *counter; /* what speaks against it */
	size_t ncounter;
	struct slice *notes; /* what else to know: "the site's domains are a guess: ..." */
	size_t nnotes;

	/*
	 * The filter that selects exactly its messages, and what it selects. Bounces that the
	 * incident caused are apart (empty: none); an action on "finding=ID" leaves them, one on
	 * "finding=ID-bounces" takes them.
	 */
	struct slice filter;
	struct bitset rows;
	uint32_t messages;
	uint64_t recipients; /* still waiting */
	int64_t bytes;
	int64_t first, last; /* arrival; WIDE_UNKNOWN */
	struct bitset bounces;
	uint32_t nbounces;

	/* Mail of the same who that looks usual, and stays. */
	struct slice stays; /* "14 more messages of bob look usual, and stay"; empty: none */
	struct slice stays_filter;
	uint32_t nstays;

	struct remedy *remedy;
	size_t nremedy;
};

struct verdict {
	struct finding *findings; /* abuse first, surest first, most messages first */
	size_t count;
	bool too_little;     /* so few messages that nothing can be said */
	struct slice *notes; /* about the site as a whole, as "local domains are a guess: ..." */
	size_t nnotes;
	struct arena arena;
};

/* What must have been read for it (NEED_... bits). */
#define VERDICT_NEED (NEED_RCPTS | NEED_BOUNCED | NEED_REASONS | NEED_SUBMITTER | NEED_MARKS)

struct verdict_options {
	const struct rules *rules;     /* thresholds; NULL: the defaults */
	const struct phrases *phrases; /* the user's own words, for a note; or NULL */
};

/*
 * Judges all rows of env->snap. -1 with *err when a regex of the user's phrases hits its limit;
 * then *verdict is empty. The field `finding` of env is filled in by verdict_mark.
 */
int verdict_make(struct verdict *verdict, struct field_env *env,
	const struct verdict_options *options, struct err *err);
void verdict_free(struct verdict *verdict);

/* The finding with that id (any case), or NULL; an id with "-bounces" behind it finds it too. */
const struct finding *verdict_find(const struct verdict *verdict, struct slice id);

#endif
