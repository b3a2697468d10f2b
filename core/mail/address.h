/*
 * address: envelope addresses as strings. Pure functions.
 */
#ifndef CORE_MAIL_ADDRESS_H
#define CORE_MAIL_ADDRESS_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* What is behind the last '@'; empty when there is none (the null sender, a bare user). */
struct slice address_domain(struct slice address);

/*
 * Appends the address in the external form that postqueue(1) prints: the local
 * part (up to the last '@') in double quotes when RFC 5322 asks for it, with
 * '"', '\' and CR escaped by a backslash; 8-bit bytes are left alone.
 */
void address_quote(struct buf *out, struct slice address);

/* The inverse, for addresses in defer logs: appends the raw form. */
void address_unquote(struct buf *out, struct slice address);

#endif
