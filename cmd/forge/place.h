/*
 * place: the site of a recipe, and the world as it is seen from there. As people.h, but with
 * domains, logins and machines that differ from site to site and from one naming to the next.
 * Pure functions of numbers: another naming changes names, and nothing else.
 */
#ifndef CMD_FORGE_PLACE_H
#define CMD_FORGE_PLACE_H

#include "cmd/forge/people.h"

enum { PLACE_DOMAINS = 8, PLACE_KNOWN = 25 };

enum login_form { LOGIN_ADDRESS, LOGIN_BARE, LOGIN_DOWNLEVEL };

/* What a site's recipe says. */
struct place_spec {
	unsigned domains; /* 1 .. PLACE_DOMAINS */
	unsigned logins;
	unsigned contacts;
	enum login_form form;
	unsigned office;    /* of 100 logins sit behind the office's own address */
	struct slice lan;   /* "10.0.4" */
	struct slice trust; /* "10.0.0.0/8 127.0.0.0/8" */
};

struct place {
	struct place_spec spec;
	uint64_t seed;   /* who sits where and knows whom */
	uint64_t naming; /* what all of it is called */
	struct slice domains[PLACE_DOMAINS];
	struct slice host; /* "mx1.cedar-optics.example" */
};

/* Names it; the strings live in the arena. */
void place_name(struct place *place, const struct place_spec *spec, uint64_t seed, uint64_t naming,
	struct arena *arena);

/* Login number n < spec.logins, and what it is called when it logs in. */
struct person place_person(const struct place *place, struct arena *arena, unsigned n);
struct slice place_account(const struct place *place, struct arena *arena, struct slice address);
/* From where it sends: one address, rarely two or three, chosen by `choice`. */
struct fake_client place_client(
	const struct place *place, struct arena *arena, unsigned n, uint64_t choice);
/* The office's address, as the world sees it: for those who sit there. */
struct fake_client place_office(const struct place *place, struct arena *arena, unsigned n);

/* One of the correspondents of the site; the k-th of those that person n writes to. */
struct person place_contact(const struct place *place, struct arena *arena, uint64_t n);
struct person place_known(const struct place *place, struct arena *arena, unsigned n, unsigned k);
/* The mail server that a stranger's mail comes from. */
struct fake_client place_server(struct arena *arena, struct slice address, uint64_t choice);

/* Address number i of a pool of strangers' machines, spread over so many networks. */
struct fake_client place_bot(struct arena *arena, uint64_t pool, unsigned i, unsigned networks);
struct fake_client place_bot6(struct arena *arena, uint64_t pool, unsigned i, unsigned networks);

/*
 * An address as recipes write it: "@7" is person 7, "sales@" somebody of the first domain,
 * "sales@2" of the second; anything else is one already.
 */
struct slice place_address(const struct place *place, struct arena *arena, struct slice text);

#endif
