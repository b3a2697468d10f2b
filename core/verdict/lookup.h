/*
 * lookup: facts about a string of the index, found once and kept: whether a domain is the
 * site's, which sender stands behind a list's bounce address, which network a client is in.
 *
 * Adds derived strings to the index. One thread.
 */
#ifndef CORE_VERDICT_LOOKUP_H
#define CORE_VERDICT_LOOKUP_H

#include "core/query/field.h"

/*
 * A number for each string id; 0 for those never set. Pages of them come with their first use:
 * clients, domains and subjects are few, and lie scattered among all strings.
 */
enum { MEMO_PAGE = 256 };
struct memo {
	uint32_t **pages;
	uint32_t npages;
};
void memo_free(struct memo *memo);
uint32_t *memo_page(struct memo *memo, uint32_t page);

static inline uint32_t *memo_at(struct memo *memo, uint32_t id)
{
	uint32_t page = id / MEMO_PAGE;
	uint32_t *values = page < memo->npages ? memo->pages[page] : NULL;
	return (values ? values : memo_page(memo, page)) + id % MEMO_PAGE;
}

static inline uint32_t memo_get(const struct memo *memo, uint32_t id)
{
	uint32_t page = id / MEMO_PAGE;
	return page < memo->npages && memo->pages[page] ? memo->pages[page][id % MEMO_PAGE] : 0;
}

/* Counts different ids in one group after the other: begin, then add. */
struct seen {
	struct memo stamps;
	uint32_t stamp;
};
void seen_begin(struct seen *seen);
/* True when the id is new since seen_begin; false for INTERN_UNKNOWN. */
bool seen_add(struct seen *seen, uint32_t id);
static inline bool seen_has(const struct seen *seen, uint32_t id)
{
	return memo_get(&seen->stamps, id) == seen->stamp;
}

struct lookup {
	struct field_env *env;
	struct memo domain, sender, client, odd, hash;
};

void lookup_init(struct lookup *lookup, struct field_env *env);
void lookup_free(struct lookup *lookup);

/* Whether the domain (a string id) is the site's, by any of the spools. */
bool lookup_local(struct lookup *lookup, uint32_t domain);
/* Whether it is one of the big mailbox providers. */
bool lookup_freemail(struct lookup *lookup, uint32_t domain);

/* The domain of a row's sender; INTERN_EMPTY for the null sender. */
uint32_t lookup_sender_domain(struct lookup *lookup, uint32_t row);
/*
 * The sender without what changes from message to message: VERP, SRS, BATV, "+detail",
 * bounce-123. *verp says whether something of a mailing list was there.
 */
uint32_t lookup_sender_base(struct lookup *lookup, uint32_t sender, bool *verp);
/* frequent_hash of the sender's address. */
uint32_t lookup_hash(struct lookup *lookup, uint32_t address);

/* Whether the client is the site's own: in the trusted networks, or private. */
bool lookup_trusted(struct lookup *lookup, uint32_t client_ip);
bool lookup_loopback(struct lookup *lookup, uint32_t client_ip);

/* Whether that HELO (a string id) is one that malware gives and mail programs do not. */
bool lookup_odd_helo(struct lookup *lookup, uint32_t helo);

#endif
