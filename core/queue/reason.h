/*
 * reason: why a message is still here, put in a class and in a form that can be
 * counted.
 *
 * The text a remote server or our own MTA wrote is different for every message
 * (addresses, queue ids, IPs, host names). reason_normalise replaces those, so
 * that 80,000 texts become a handful; reason_classify looks at the result once
 * for each distinct one. Pure functions, any bytes are safe.
 */
#ifndef CORE_QUEUE_REASON_H
#define CORE_QUEUE_REASON_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* Order is the order of the checks: the first class whose marker is found wins. */
enum reason_class {
	REASON_UNKNOWN, /* no reason is recorded */
	REASON_LOCAL_LOOP,
	REASON_SPAM_CONTENT,
	REASON_IP_REPUTATION,
	REASON_RATE,
	REASON_AUTH_POLICY,
	REASON_UNKNOWN_USER,
	REASON_MAILBOX_FULL,
	REASON_NO_DOMAIN,
	REASON_GREYLIST,
	REASON_NETWORK,
	REASON_LOCAL_CONFIG,
	REASON_OTHER,
	REASON_CLASSES,
};

/* "unknown-user" and so on; "unknown" is never printed (null). */
const char *reason_class_name(enum reason_class class);

/*
 * Appends the countable form: e-mail addresses become <addr>, "host[ip]" and
 * bare IPs become HOST and IP, queue ids and other long tokens with digits
 * become ID, other numbers of more than 3 digits N; white space runs become one
 * space. Reply codes (450) and status codes (4.7.1) stay.
 */
void reason_normalise(struct buf *out, struct slice text);

/* The class of a text in either form. */
enum reason_class reason_classify(struct slice text);

#endif
