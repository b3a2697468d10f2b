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

/* In the order of the checks, which reason.c makes in three rounds: phrases, words, codes. */
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
 * Appends the countable form, on one line: e-mail addresses become <addr>,
 * "host[ip]" becomes HOST[IP], bare hosts HOST and bare IPs IP; queue ids and
 * other long tokens with digits become ID; fractions, times, counts of time and
 * numbers of more than 3 digits N; a URL keeps its host, a path its first
 * folder; white space and controls become one space. Reply codes (450), status
 * codes (4.7.1), ports, sockets, 127.0.0.1 and names of block lists stay. At
 * most 3 times as long as the text.
 */
void reason_normalise(struct buf *out, struct slice text);

/* The class of a text in either form; unknown when there is none. */
enum reason_class reason_classify(struct slice text);

#endif
