/*
 * freemail: the big providers of mailboxes. Everybody writes to them and nobody's server is
 * theirs, so that they tell nothing of a site. Pure.
 */
#ifndef CORE_MAIL_FREEMAIL_H
#define CORE_MAIL_FREEMAIL_H

#include "core/base/slice.h"

/* Whether a domain, in lower case, is one of theirs, in whatever country: "gmx.net", "yahoo.co.uk". */
bool freemail_domain(struct slice domain);

#endif
