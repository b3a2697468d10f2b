/*
 * address: envelope addresses as strings. Pure functions, any bytes are safe.
 *
 * An address has two forms. The raw one is what the MTA works with and what its
 * queue files hold; the external one, with the local part quoted where RFC 5322
 * asks for it, is what people, headers and defer logs see. For every address
 * address_unquote gives back what address_quote was given.
 */
#ifndef CORE_MAIL_ADDRESS_H
#define CORE_MAIL_ADDRESS_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* What is behind the last '@'; empty when there is none (the null sender, a bare user). */
struct slice address_domain(struct slice address);
/* What is before the last '@', and before that an old source route; all of it when there is none. */
struct slice address_local(struct slice address);

/*
 * The host that a server sends on to which takes itself for the domain behind *local: with
 * "zoe@example.net", quoted or not, "example.net!zoe" and "zoe%example.net" it is example.net,
 * and *local what is left for it. False when there is none with a full name.
 */
bool address_next_host(struct slice *local, struct slice *host);

/* Whether the Sender Rewriting Scheme made it: "SRS0=hash=time=domain=user@us". */
bool address_is_srs(struct slice address);

/*
 * Appends the external form of a raw address, as postqueue(1) prints it: the
 * local part (up to the last '@') in double quotes when it has to be, with '"',
 * '\' and CR escaped by a backslash; 8-bit bytes, the domain and an old source
 * route ("@relay:") are left alone. Of the null sender and of an unknown address
 * it makes nothing: what stands for them is the caller's choice.
 */
void address_quote(struct buf *out, struct slice address);

/* The inverse, for addresses in defer logs: appends the raw form. */
void address_unquote(struct buf *out, struct slice address);

#endif
