/*
 * reasons: why mail is still here, in the words that servers use. Postfix's own
 * texts for what it found out itself, and typical replies of other servers, with
 * what Postfix puts around them.
 */
#ifndef CMD_FORGE_REASONS_H
#define CMD_FORGE_REASONS_H

#include "cmd/forge/people.h"

enum why {
	WHY_GREYLIST,
	WHY_BUSY,
	WHY_RATE,
	WHY_BLOCKLIST,
	WHY_SPAM,
	WHY_POLICY,
	WHY_UNKNOWN_USER,
	WHY_MAILBOX_FULL,
	WHY_NO_DOMAIN,
	WHY_NETWORK,
	WHY_STORE,   /* our own mailbox server */
	WHY_FILTER,  /* our own content filter */
	WHY_REFUSED, /* for good: what a bounce says */
	WHYS,
};

/* Weights of the reasons that outgoing mail runs into. */
extern const unsigned reasons_usual[WHYS];   /* of a decent site */
extern const unsigned reasons_abusive[WHYS]; /* of a spam run */

/*
 * A reason of that kind for mail to `recipient`. `unique` makes every text
 * different from all others, by an id in the remote server's reply.
 */
struct fake_reason reasons_make(struct arena *arena, struct rng *rng, enum why why,
	struct slice recipient, struct slice sender, bool unique);

#endif
