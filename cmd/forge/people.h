/*
 * people: who writes to whom. One site with its logins, its machines and its
 * local users; its correspondents outside; strangers at mailbox providers. All
 * of it is a pure function of a number, so nothing has to be kept.
 *
 * Names end in .example or .test, addresses are from the ranges for
 * documentation, for benchmarks (RFC 2544) and for private use: nobody's.
 */
#ifndef CMD_FORGE_PEOPLE_H
#define CMD_FORGE_PEOPLE_H

#include "cmd/forge/forge.h"
#include "cmd/forge/rng.h"

enum {
	SITE_LOGINS = 120,
	SITE_VICTIM = 7, /* bob@example.com, whom the incidents happen to */
	SITE_CONTACTS = 3000,
};

/* "--local-domains" and "--trusted-networks" of the site, for the summary. */
#define SITE_DOMAINS "corp.example,shop.example,example.com"
#define SITE_NETWORKS "10.0.0.0/8,127.0.0.0/8"
#define SITE_HOST SLICE("mx1.corp.example")
#define SITE_ADDRESS SLICE("192.0.2.25")
#define SITE_LIST_DOMAIN "lists.corp.example"

struct person {
	struct slice name; /* "Anna Keller" */
	struct slice address;
};

/* Login number n < SITE_LOGINS; the login's name is the address. */
struct person people_login(struct arena *arena, unsigned n);
/* Correspondent number n, of a company. */
struct person people_contact(struct arena *arena, unsigned n);
/* One of very many with an address at a mailbox provider, number n. */
struct person people_stranger(struct arena *arena, uint64_t n);
/* In whose name spam goes out: number n. No two of the first 100,000 are the same. */
struct person people_forged(struct arena *arena, unsigned n);
/* Somebody at a domain that is none: its servers are off, or no longer in the DNS. */
struct person people_unreachable(struct arena *arena, uint64_t n, bool in_dns);

/* From where a login sends: one address, rarely two or three, chosen by `choice`. */
struct fake_client people_login_client(struct arena *arena, unsigned n, uint64_t choice);

/* The server that takes (and sends) a domain's mail. */
struct mail_host {
	struct slice name;
	struct slice address;
	unsigned provider; /* 1.. for the mailbox providers, whose replies have a style; else 0 */
};
struct mail_host people_mail_host(struct arena *arena, struct slice address_or_domain);

/* Machines of the site that send without a login. */
struct lan_host {
	const char *address;
	const char *name;
	const char *sender;
	const char *sender_name;
};
extern const struct lan_host people_lan_hosts[];
extern const unsigned people_lan_host_count;
extern const struct lan_host people_list_server;
extern const struct lan_host people_webmail;

/* Users of the mail server itself. */
struct local_user {
	unsigned uid;
	const char *full_name;
	const char *sender;
	const char *script; /* "33:class-phpmailer.php"; NULL: not from PHP */
	unsigned weight;
};
extern const struct local_user people_local_users[];
extern const unsigned people_local_user_count;

/* A formatted string that lives in the arena. */
struct slice arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
