/* remedy_facts: what decides which steps fit a finding, and is in its rows. Pure. */
#ifndef CORE_VERDICT_REMEDY_FACTS_H
#define CORE_VERDICT_REMEDY_FACTS_H

#include "core/verdict/verdict.h"

/*
 * Which machines among finding->who (at most LIMIT_WHO) are many people's, as a gateway, a proxy
 * or a NAT is: other mail comes from there, or part of the finding's looks like theirs.
 */
void remedy_find_shared(const struct finding *finding, const struct snap *snap, bool *shared);

/* Whether the queue has mail of the finding's users (uids) that is not the finding's. */
bool remedy_user_has_more(const struct finding *finding, const struct snap *snap);

/* What backscatter is made of. */
enum bounces {
	BOUNCES_OURS,    /* of mail for addresses that do not exist here */
	BOUNCES_REPLIES, /* automatic answers of ours, to whatever comes */
	BOUNCES_THEIRS,  /* from others to addresses that do exist here */
};
enum bounces remedy_bounces(const struct finding *finding, const struct snap *snap);

/* Whether one of the finding's recipients is there for bounces, of a list or of the server. */
bool remedy_rcpt_is_for_bounces(const struct finding *finding);

#endif
