/*
 * study: what the parts of a verdict share while it is being made. Not for others.
 *
 * Order of work (verdict.c): rows are put together by who handed them in (party.c) and each
 * party is measured (measure.c). For those that are worth it the part of their mail that would
 * be the crime is told from what would be the owner's (split.c), evidence is weighed (weigh.c),
 * what belongs together becomes one incident (incident.c). What concerns the queue as a whole is
 * looked for beside that (screens: loop.c, flood.c, backscatter.c, destination.c). Suspects
 * become findings with words, a filter and a remedy (finding.c).
 *
 * Everything here lives until verdict_make returns; strings that findings keep are in
 * verdict->arena.
 */
#ifndef CORE_VERDICT_STUDY_H
#define CORE_VERDICT_STUDY_H

#include "core/query/keymap.h"
#include "core/verdict/lookup.h"
#include "core/verdict/stats.h"
#include "core/verdict/verdict.h"

/* Rows, in order of arrival. */
struct rows {
	uint32_t *at;
	uint32_t count;
};

/* What was measured about some rows. Shares are of `messages` unless a line says otherwise. */
struct measures {
	uint32_t messages;
	uint64_t rcpts; /* not cancelled */
	int64_t first, last;

	/* where from */
	uint32_t clients, clients_day; /* different ones; at most in 24 hours */
	uint32_t nets, nets_day;       /* their /24s (IPv6 /48) */
	uint32_t switches;             /* changes of network from one message to the next */

	/* in whose name */
	uint32_t foreign, null, own; /* messages by sender: not of the site, <>, the login itself */
	uint32_t senders, foreign_senders; /* different ones */
	uint32_t foreign_domains;          /* of the latter */
	uint32_t odd_helo, helos, from_foreign, from_differs, froms, verp;

	/* to whom */
	uint32_t rcpts_distinct, domains,
		most_rcpt;               /* the last: to whom most go, if that is half */
	uint64_t local, freemail, known; /* recipients; known: to whom others here write too */
	uint32_t usual_count,
		usual_count_messages; /* recipients a message, and how many have so many */

	/* how it went: recipients */
	uint64_t tried, by_class[REASON_CLASSES];

	/* how much, how fast, how alike */
	uint32_t peak_hour;                      /* recipients */
	double unsteady;                         /* stats_unsteady */
	uint32_t same_size, size_low, size_high; /* messages within 2 % of a size, and its bounds */
	uint32_t mode, mode_low, mode_high;      /* nearly all of the messages around that size */
	uint32_t same_subject, subjects; /* messages with one of five subjects; different ones */
	uint32_t read, no_message_id, list, automatic, reports, resent; /* by marks */
	uint32_t quiet_hours; /* messages at hours of the day when others here send nothing */
	unsigned hops;        /* most Received fields */
};

/* Figures of which each party's are compared with those of its like. */
enum basic {
	BASIC_CLIENTS,
	BASIC_NETS,
	BASIC_RCPTS,
	BASIC_PEAK,
	BASIC_FOREIGN,
	BASIC_SENDERS,
	BASIC_UNKNOWN,
	BASIC_REFUSED,
	BASIC_SUBJECT,
	BASIC_SIZE,
	BASIC_LOCAL,
	BASIC_ODD_HELO,
	BASIC_FROM,
	BASIC_NO_ID,
	BASICS,
};

enum { PARTY_WORTH = 20 }; /* recipients: of less mail nothing can be said */

/* All mail that one login, host or program handed in. */
struct party {
	enum origin origin;
	uint32_t id;     /* string: login or client; INTERN_UNKNOWN for the others */
	uint32_t uid;    /* as COL_UID */
	uint32_t script; /* string */
	struct rows rows;
	float basics[BASICS]; /* NAN: too few messages to say */
	struct measures *m;   /* NULL: too little mail to be looked at */
	bool outlier;         /* tells nothing of what is usual here */
};

/* Somebody or something under suspicion: a finding in the making. */
struct suspect {
	enum finding_class class;
	enum level level;
	double score;
	const struct party *party; /* the first of its parties; NULL for what has none */
	struct member {            /* those that were merged into it */
		const struct party *party;
		uint32_t messages;
	} * members;
	size_t nmembers;
	struct rows crime;
	bool owns_crime; /* crime.at is its own, and not the party's */
	uint32_t nusual; /* rows of the parties that are not part of it */
	struct measures m;
	uint32_t bounces; /* in the queue to its senders */
	struct evidence *evidence;
	size_t nevidence;
	double family[FAMILIES]; /* capped sums */
	struct slice filter;
	struct slice *notes;
	size_t nnotes;
	struct names {
		struct who list[LIMIT_WHO];
		size_t count, all;
	} who, from;
	struct slice title;
	bool structural; /* its level comes from what it is, not from points */
	bool stranger;   /* something says that somebody else is behind it, */
	bool harm;       /* and something that it does harm */
	bool gone;       /* merged into another */
};

struct study {
	struct verdict *verdict;
	struct field_env *env;
	struct snap *snap;
	const struct rules *rules;
	struct arena *arena; /* verdict->arena */
	struct lookup lookup;
	struct seen seen, seen2;
	struct memo counts; /* all 0 between uses; so are these, by string */
	struct memo spare[4], home;

	struct party *parties; /* most messages first */
	size_t nparties;
	uint32_t *rows; /* of all parties, one after the other */
	float *sorted[ORIGINS][BASICS];
	uint32_t nsorted[ORIGINS][BASICS];
	struct measures all;
	uint32_t *rank;      /* by recipient: the number of its address; in the index */
	uint32_t *rank_hash; /* by that number; they go up */
	uint32_t ranks;
	struct bitset ranked;  /* by that number; empty between uses */
	uint8_t *rank_parties; /* how many parties write there, as far as a byte goes */
	struct memo bounced;   /* by address: bounces to it in the queue */
	uint32_t hours[24];    /* messages by hour of the day, parties' share capped */
	struct bitset wrote;   /* by string id: senders in whose names suspects wrote */
	struct bitset claimed; /* rows of loops and floods */
	bool copies;           /* some rows have lost their login to a content filter */
	bool guessed;          /* the site's domains are a guess */

	struct suspect *suspects;
	size_t nsuspects;
	struct bitset accused; /* rows of suspects of abuse, probable and surer */
	struct bitset senders; /* by string id: is a sender */
	uint32_t sender_ids;   /* strings there were when that was filled in */
};

static inline const struct rule *study_rule(const struct study *study, enum rule_id rule)
{
	return &study->rules->table[rule];
}

/* ---- rank.c ---- */
/* Sorts numbers by their upper 32 bits; equal ones stay in order. */
void sort_by_hash(uint64_t *list, uint32_t count);
#define RANK_NONE UINT32_MAX
void rank_rcpts(struct study *study);
void rank_end(struct study *study);
/* The hash of a recipient, while the index has ranks in its place. */
uint32_t rank_hash_of(const struct study *study, uint32_t rcpt);
/* The number of the address with that hash, or RANK_NONE. */
uint32_t rank_find(const struct study *study, uint32_t hash);

/* ---- party.c ---- */
void parties_make(struct study *study);
/* "bob@example.com", "uid 33 m1.php", "10.0.4.23": the party in words. */
struct slice party_name(struct study *study, const struct party *party);
/* The filter that selects all of its rows. */
void party_filter(struct study *study, const struct party *party, struct buf *out);

/* ---- measure.c ---- */
void measure(struct study *study, const struct party *party, struct rows rows, struct measures *m);
/* The domain of a recipient as a string id. */
uint32_t rcpt_domain(struct study *study, uint32_t row, uint32_t rcpt);
/* Refused for what it says or where it comes from. */
static inline uint64_t refused(const struct measures *m)
{
	return m->by_class[REASON_SPAM_CONTENT] + m->by_class[REASON_IP_REPUTATION];
}

/* ---- baseline.c ---- */
/* Measures all parties, and what is usual here without those that are far out. */
void baseline_make(struct study *study);
/*
 * The value below which the share q of the other parties of its kind lies, or EVIDENCE_NONE
 * where there are fewer than `least`.
 */
double baseline(const struct study *study, const struct party *party, enum basic basic, double q);
/* How far x is from those of the other parties of its kind, in robust deviations. */
double outlier(const struct study *study, const struct party *party, enum basic basic, double x);

/* ---- split.c ---- */
/*
 * Tells the crime from the owner's mail: rows of the party that a stranger seems to have sent.
 * All of them where nothing tells them apart. crime->at is the caller's to free. *filter gets the filter that selects exactly these.
 */
/* When the run of messages around the middle one of `rows` (one at least) began; or WIDE_UNKNOWN. */
int64_t run_start(const struct snap *snap, struct rows rows);
void split(struct study *study, const struct party *party, struct rows *crime, struct buf *filter);

/* ---- weigh.c ---- */
struct evidence *evidence_add(struct study *study, struct suspect *suspect, enum rule_id rule,
	double value, double threshold, double points);
/* Its sentence. */
void evidence_text(struct study *study, struct evidence *evidence, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void evidence_here(struct study *study, struct evidence *evidence, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void weigh(struct study *study, struct suspect *suspect);
/* Whether that much of it is nothing special for its kind here. */
bool is_usual(struct study *study, const struct suspect *suspect, enum basic basic, double value);
/* Sums up what stands in evidence and sets score and level. */
void conclude(struct study *study, struct suspect *suspect);

/* ---- select.c ---- */
/* qsort_r's order of rows, arg is the index: by arrival, then by queue id. */
int by_arrival(const void *a, const void *b, void *arg);
/* What a filter selects; *bits is to be freed in any case. -1 with *err. */
int select_bits(struct study *study, struct slice text, struct bitset *bits, struct err *err);
/* The same in order of arrival; false when it failed. rows->at is the caller's to free. */
bool select_rows(struct study *study, struct slice text, struct rows *rows);

/* They are explained: who handed them in is not asked about them. */
void claim(struct study *study, struct rows rows);
bool is_claimed(const struct study *study, struct rows rows);

/* ---- suspects ---- */
struct suspect *suspect_add(struct study *study, enum finding_class class);
void suspect_note(struct study *study, struct suspect *suspect, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void name_add(struct names *names, enum who_kind kind, struct slice value, uint32_t messages);
struct slice study_text(struct study *study, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void parties_judge(struct study *study); /* people.c */
void relays_find(struct study *study);
void wide_trust_find(struct study *study); /* before parties_judge */
void incidents_merge(struct study *study);
/* How many of the rows are bounces to those in whose names suspects wrote. */
uint32_t left_bounces(struct study *study, struct rows rows);
void backscatter_find(struct study *study);
void loops_find(struct study *study);
void floods_find(struct study *study);
void destinations_find(struct study *study);

/* Whether the row is a bounce to one of the senders (a set of string ids). */
bool is_bounce_to(const struct study *study, uint32_t row, const struct bitset *senders);
/* Those of a recipient with that hash that are no bounces, in order of arrival. */
struct rows rows_to(struct study *study, uint32_t hash);

/* ---- finding.c ---- */
void findings_make(struct study *study);

#endif
