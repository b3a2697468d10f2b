/*
 * origin: how a message entered, judged by what the site says of itself.
 *
 * The order of the checks is that of a post office: who signed for it, else who
 * carried it in, else where it is going. Pure functions.
 */
#ifndef CORE_QUEUE_ORIGIN_H
#define CORE_QUEUE_ORIGIN_H

#include "core/base/arena.h"
#include "core/base/ip.h"
#include "core/queue/record.h"

enum origin {
	ORIGIN_UNKNOWN,
	ORIGIN_ACCOUNT,  /* authenticated */
	ORIGIN_LOCAL,    /* a program on this machine, by uid */
	ORIGIN_LAN,      /* an address of the trusted networks */
	ORIGIN_RELAY,    /* a stranger, to strangers */
	ORIGIN_INBOUND,  /* a stranger, to us */
	ORIGIN_LOOPBACK, /* 127.0.0.1 without a login: a filter, webmail */
	ORIGIN_DSN,      /* written by this MTA: bounces, notices, address probes */
	ORIGIN_FORWARD,  /* a stranger, to one of us who sends it on */
	ORIGINS,
};

/* Why a domain is taken for one of the site's that no configuration names; the surest first. */
enum site_clue {
	CLUE_NONE,
	CLUE_LOGIN,     /* somebody has a login there */
	CLUE_HOST,      /* this MTA writes from it */
	CLUE_REWRITTEN, /* an address there was rewritten: an alias */
	CLUE_SENDERS,   /* several logins, hosts or users here send from it, and little else */
	CLUE_MAILED,    /* one of them does, and networks outside write to it */
	CLUE_RECEIVES,  /* many networks outside write to it, and to little else */
	SITE_CLUES,
};
/* "logins"; NULL for CLUE_NONE. */
const char *site_clue_text(enum site_clue clue);

/*
 * What the configuration of the MTA tells about the site. The driver adds
 * domains in any order, then calls site_seal.
 */
struct site {
	struct slice *local_domains; /* lower case; ".example.com" covers what is below it */
	size_t nlocal;
	size_t local_cap;
	bool local_complete; /* all of them are known, so "not local" can be said */
	struct ip_net *trusted;
	size_t ntrusted;
	bool trusted_known;
	struct slice hostname; /* the MTA's own name; unknown if it is not told */
	/*
	 * Where not all domains are known: what a queue itself shows of them (query/guess.h). They
	 * and what is below them are local too then, but an origin that goes by them is a guess.
	 */
	bool guessed;
	struct site_guess {
		char *domain;
		enum site_clue clue;
	} * guesses; /* by domain */
	size_t nguesses;
	/* By origin: logins, hosts and users that send, and those whose mail is mostly in our name. */
	struct site_writers {
		uint32_t all, as_us;
	} writers[ORIGINS];
};

/* Copies domain in lower case into arena. */
void site_add_local(struct site *site, struct arena *arena, struct slice domain);
void site_add_trusted(struct site *site, const struct ip_net *net);
/* Sorts the domains for site_is_local. */
void site_seal(struct site *site);
void site_free(struct site *site);
/*
 * "local domains are a guess: corp.example (logins), ... and 3 more; name them with
 * --local-domains", the surest first. Nothing where there is no guess. Not escaped.
 */
void site_print_guess(const struct site *site, struct buf *out);
/* Takes over a guess, sorted by domain; what was guessed before is forgotten. */
void site_set_guess(struct site *site, struct site_guess *guesses, size_t count);
/*
 * Whether local domains are a guess that does not explain the mail of that origin: less than half
 * of those who send so write in the name of a local domain, or nobody does. Who uses a name that is
 * not local may do so by right there. Strangers may too, where the trusted networks are unknown.
 */
bool site_guess_is_weak(const struct site *site, enum origin origin);

bool site_has_domain(const struct site *site, struct slice domain);
/* Whether the address's domain is a local one. A bare user is. */
bool site_is_local(const struct site *site, struct slice address);
/* Whether the address is in the trusted networks; without any, whether it is private. */
bool site_is_trusted(const struct site *site, const struct ip *ip);

/*
 * The origin of a message. A stranger's mail is relay, inbound or forward only
 * where all local domains are known; otherwise it stays unknown.
 */
enum origin origin_of(const struct record *record, const struct site *site);

/* "account", ...; "unknown" for ORIGIN_UNKNOWN. */
const char *origin_name(enum origin origin);

#endif
