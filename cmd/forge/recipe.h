/*
 * recipe: an incident as it really looks, in a small text file: the site it happens at, the
 * streams of mail that make it up, and the truth about each of them. testdata/verdicts/README.md
 * describes the format; nothing here knows how incidents are detected.
 *
 * A recipe owns what it points to.
 */
#ifndef CMD_FORGE_RECIPE_H
#define CMD_FORGE_RECIPE_H

#include "cmd/forge/choice.h"
#include "cmd/forge/place.h"
#include "cmd/forge/reasons.h"
#include "core/verdict/verdict.h"

/* The words of each property; recipe_words.c has them in this order. */
enum stream_entry {
	BY_LOGIN,
	BY_LAN,
	BY_LOCAL,
	BY_INBOUND,
	BY_RELAY,
	BY_LOOPBACK,
	BY_NOTICE,
	BY_FORWARD,
	BY_REQUEUE, /* postsuper -r: who handed it in is lost */
};
enum { WHO_ONE, WHO_PEOPLE, WHO_ANY, WHO_SERVICE, WHO_MACHINE, WHO_USER, WHO_NOBODY };
enum {
	CLIENT_USUAL,
	CLIENT_OFFICE,
	CLIENT_FOREIGN, /* number a of the incident's strangers */
	CLIENT_BOTS,    /* a addresses in b networks */
	CLIENT_BOTS6,
	CLIENT_WEBMAIL,
	CLIENT_LOOPBACK,
	CLIENT_ADDRESS,
	CLIENT_SERVERS, /* the sender's mail server */
};
/* Of the envelope sender, of From: and of Reply-To:. */
enum {
	NAME_OWN,
	NAME_SAME,
	NAME_NONE, /* the null sender; no Reply-To: */
	NAME_FORGED,
	NAME_ADDRESS,
	NAME_CONTACT,
	NAME_STRANGER,
	NAME_LOCAL,  /* one of the site's people */
	NAME_MADEUP, /* nobody, at a domain of the site */
	NAME_VERP,
	NAME_SRS,
	NAME_HOSTUSER, /* "www-data@mx1.example.com" */
	NAME_DAEMON,   /* MAILER-DAEMON of the host that sends */
	NAME_FREEMAIL, /* a, of the incident's own, at a provider */
	NAME_VICTIM,   /* one of the recipients' colleagues: the recipient's domain */
};
enum {
	TO_PROVIDERS,
	TO_DICTIONARY,
	TO_CONTACTS,
	TO_KNOWN,
	TO_ORDINARY, /* known, contacts, strangers, as people write */
	TO_LIST,     /* a addresses, one after the other, over and over */
	TO_LOCAL,
	TO_UNKNOWN,
	TO_ADDRESS,
	TO_AT,
	TO_FORGED,
	TO_DEAD,
	TO_ROUTED, /* user%far.example@ours */
	TO_OWNER,  /* the person itself */
};
enum {
	SUBJECT_ORDINARY,
	SUBJECT_ALERTS,
	SUBJECT_POSTS,
	SUBJECT_TEMPLATES,
	SUBJECT_SPUN, /* one template, a per cent of its words others */
	SUBJECT_UNIQUE,
	SUBJECT_TEXT, /* '#' is a number, '$' a name */
	SUBJECT_EMPTY,
	SUBJECT_BOUNCE,
};
enum { TIME_OFFICE, TIME_STEADY, TIME_POISSON, TIME_BURSTS };
enum { SIZE_FIXED, SIZE_NEAR, SIZE_NORMAL, SIZE_ABOUT };
enum { HELO_USUAL, HELO_USER, HELO_WIN, HELO_RANDOM, HELO_IP, HELO_NAME };
enum { LIES_USUAL, LIES_ACTIVE, LIES_DEFERRED, LIES_HELD, LIES_INCOMING };
enum { WHY_MIX_USUAL = WHYS, WHY_MIX_ABUSIVE };
enum { RCPTS_EACH, RCPTS_PEOPLE, RCPTS_BETWEEN };

/* How the header block looks. */
enum {
	SIGN_NO_MESSAGE_ID = 1 << 0,
	SIGN_FOREIGN_MESSAGE_ID = 1 << 1,
	SIGN_LIST_ID = 1 << 2,
	SIGN_UNSUBSCRIBE = 1 << 3,
	SIGN_BULK = 1 << 4,
	SIGN_AUTO = 1 << 5,
	SIGN_REPORT = 1 << 6,
	SIGN_HIDDEN = 1 << 7, /* recipients are not named */
	SIGN_REPLY = 1 << 8,
	SIGN_FILTERED = 1 << 9, /* came back from the content filter */
	SIGN_DKIM = 1 << 10,
	SIGN_HTML = 1 << 11,
	SIGN_ROUNDCUBE = 1 << 12,
	SIGN_DELIVERED_TO = 1 << 13,
	SIGN_MAILER = 1 << 14,
};

enum truth {
	TRUTH_LEGIT, /* nothing to do with any incident */
	TRUTH_PART,  /* innocent mail that an incident keeps waiting, or that only looks like one */
	TRUTH_BOUNCE, /* caused by the incident: to be offered with it */
	TRUTH_UNCLEAR,
	TRUTH_ABUSE,
	TRUTHS,
};
const char *truth_name(enum truth truth);

struct stream {
	struct slice name;
	bool ordinary; /* of the site: grows with the background */
	enum truth truth;
	unsigned incident; /* from 1; 0: legit */
	enum stream_entry entry;
	int64_t count;
	bool fixed;      /* the same in every size */
	unsigned group;  /* so many messages have their text in common, 1: none */
	unsigned repeat; /* so many have the Message-ID in common */
	struct choices who, from, sender, header, reply, to, rcpts, subject, size, time, helo, why,
		lies;
	unsigned signs;
	unsigned hops_low, hops_high; /* Received fields of other hosts */
	struct slice php;             /* "33:leafmailer.php", or empty */
	struct slice list;            /* name of the list; or empty */
	struct slice mailer;
	struct slice login; /* a service login in place of a person; or empty */
};

enum { RECIPE_INCIDENTS = 6 };

struct expectation {
	enum finding_class class;
	unsigned accept;       /* bits of classes, that one too */
	unsigned accept_blind; /* also, where the site's domains are not known */
	bool none;             /* or nothing at all */
	bool clear;            /* counts for recall */
	enum level least, most;
	enum level least_small; /* in a tenth of the size */
	enum level least_blind;
};

/* A recipe of which one number is varied: "{}" in it stands for that, "{-}" for 100 less it. */
enum { SWEEP_VALUES = 16 };
struct sweep {
	int64_t values[SWEEP_VALUES];
	unsigned count;
	int direction; /* of the level as the value grows: 1 up, -1 down, 0 either, but one way */
};

struct recipe {
	struct slice name;   /* "01-one-address" */
	struct slice family; /* the folder it lies in */
	struct slice about;
	unsigned background; /* per cent of the site's usual */
	bool no_background;
	unsigned forbid; /* bits of classes that nothing here is */
	unsigned sizes;  /* bits: x0.1, x1, x10 make sense */
	struct place_spec place;
	struct stream *streams;
	size_t nstreams;
	struct sweep sweep;
	struct expectation expected[RECIPE_INCIDENTS + 1]; /* by incident; 0 is not used */
	unsigned incidents;
	struct arena arena;
};

/* Reads the recipe and its site's. -1 with *err: file, line and what is wrong. */
int recipe_read(struct recipe *recipe, const char *path, struct err *err);
/* The same, with that number in place of what is varied. */
int recipe_read_with(struct recipe *recipe, const char *path, int64_t value, struct err *err);
void recipe_free(struct recipe *recipe);

/* The words of a property of streams (recipe_words.c): NULL when there is none of that name. */
struct property {
	const char *name;
	size_t offset; /* of its choices in struct stream */
	const char *const *words;
	const char *usual; /* when a stream does not say */
};
extern const struct property stream_properties[]; /* ended by name == NULL */
extern const char *const stream_entries[];
extern const char *const stream_signs[];

#endif
