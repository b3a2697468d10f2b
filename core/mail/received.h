/*
 * received: what one hop wrote into its Received field.
 *
 * Pure, slices of the input, any bytes are safe. Who may be believed is not
 * decided here: everything below the first hop of our own is the sender's word.
 */
#ifndef CORE_MAIL_RECEIVED_H
#define CORE_MAIL_RECEIVED_H

#include "core/base/slice.h"

/* Each member is unknown where the field does not say. */
struct received {
	struct slice by;          /* host that stamped it */
	struct slice id;          /* its queue id */
	struct slice helo;        /* "from HELO" */
	struct slice client_name; /* as the host looked it up; "unknown" is Postfix's own word */
	struct slice client_ip;   /* inside the brackets, as written ("IPv6:2001:db8::1") */
	struct slice protocol;    /* "with ESMTPSA" */
	struct slice
		auth_user; /* "(Authenticated sender: U)", "(SquirrelMail authenticated user U)" */
	int64_t uid;       /* "(Postfix, from userid N)", or -1 */
};

/*
 * Reads an unfolded Received value as Postfix writes it, with or without the
 * client part; other stamps of the shape of RFC 5321 give what they share with
 * it. False when it names no stamping host.
 */
bool received_parse(struct slice value, struct received *received);

#endif
