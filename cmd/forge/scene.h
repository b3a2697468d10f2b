/*
 * scene: one message in the making. A maker (background.c, incident.c) decides
 * who writes to whom and what about; the mix (mix.c) decides where the message
 * lies by now and lets it be written.
 */
#ifndef CMD_FORGE_SCENE_H
#define CMD_FORGE_SCENE_H

#include "cmd/forge/forge.h"
#include "cmd/forge/letter.h"
#include "cmd/forge/people.h"
#include "cmd/forge/reasons.h"
#include "cmd/forge/rng.h"
#include "cmd/forge/words.h"

struct incident;

enum {
	HELD_DEFAULT = -1,
	SUBJECTS_DISTINCT = 3000, /* of 10,000, when all else is */
};

#define HOUR INT64_C(3600)

/* What the user asked for. */
struct mix_options {
	uint64_t messages;
	uint64_t seed;
	int64_t now;
	const struct incident *incident; /* NULL: background only */
	uint64_t body_size;              /* median of ordinary mail, in bytes */
	unsigned recipients; /* average, in hundredths; 0: as each kind of mail has them */
	bool encoded;        /* text parts in base64 or quoted-printable, by chance */
	bool distinct;       /* no sender, recipient, Message-ID, reason twice */
	int held;            /* of 10,000 messages, or HELD_DEFAULT */
};

struct draft {
	const struct mix_options *options;
	struct arena *arena;
	struct rng rng;
	struct fake_message message;
	struct letter letter;
	enum why *why; /* what each recipient would run into */
	size_t room;   /* recipients there is memory for */
};

/* Adds a recipient; `why` is used where the message was tried already. */
void draft_add(struct draft *draft, struct slice address, enum why why);

/*
 * A recipient outside, whose domain fits a reason drawn from `mix`: a stranger at a
 * mailbox provider in `strangers` of 10,000 cases, else a company.
 */
void draft_add_outside(struct draft *draft, const unsigned mix[WHYS], unsigned strangers);

/*
 * How many recipients a message gets: what the user asked for, or 1 in nearly all
 * cases as people do.
 */
unsigned draft_recipient_count(struct draft *draft);

/* The sender, on the envelope and in From:. */
void draft_from(struct draft *draft, struct person person);

/* A subject of the list, with its number filled in. */
struct slice draft_subject(struct draft *draft, const struct words *words);

/* "<20261122.4711.8a6b@HOST>" */
struct slice draft_message_id(struct draft *draft, struct slice host);

/* The letter's ordinary looks: body kind, size, time zone. */
void draft_ordinary_body(struct draft *draft);

/*
 * When ordinary mail that is still here came in: mostly within the last hours,
 * at most 4 days and 2 hours ago, rarely at night and at weekends.
 */
int64_t draft_ordinary_time(struct draft *draft);

#endif
