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
};

/* Copies domain in lower case into arena. */
void site_add_local(struct site *site, struct arena *arena, struct slice domain);
void site_add_trusted(struct site *site, const struct ip_net *net);
/* Sorts the domains for site_is_local. */
void site_seal(struct site *site);
void site_free(struct site *site);

/* Whether the address's domain is a local one. A bare user is. */
bool site_is_local(const struct site *site, struct slice address);
/* Whether the address is in the trusted networks; without any, whether it is private. */
bool site_is_trusted(const struct site *site, const struct ip *ip);

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

/*
 * The origin of a message. A stranger's mail is relay, inbound or forward only
 * where all local domains are known; otherwise it stays unknown.
 */
enum origin origin_of(const struct record *record, const struct site *site);

/* "account", ...; "unknown" for ORIGIN_UNKNOWN. */
const char *origin_name(enum origin origin);

#endif
