/*
 * guess: which domains are the site's, as far as the queue itself shows it.
 *
 * For queues whose MTA's configuration is not here, or keeps its domains where they cannot be
 * listed. Who has a login, an alias or this server's name shows a domain beyond doubt; who
 * sends from here and who is written to from outside shows it where it is not everybody's. How
 * much that explains of who sends from here is told too (site_guess_is_weak). A
 * wrong guess is the main cause of an innocent server being called an open relay, so there are
 * three answers: mail to what looks like ours is inbound, mail of a network that writes to
 * strangers all over or to big providers is relayed, and of what is left the origin stays
 * unknown.
 */
#ifndef CORE_QUERY_GUESS_H
#define CORE_QUERY_GUESS_H

#include "core/query/field.h"
#include "core/queue/spool.h"

/*
 * After a scan with NEED_RCPTS, and before anything asks for an origin: sets the guess of each
 * site that does not know all its domains, and the origin of its strangers' mail. Costs nothing
 * where all sites do. The same for any order of the rows.
 */
void guess_sites(struct field_env *env, const struct spools *spools);

#endif
