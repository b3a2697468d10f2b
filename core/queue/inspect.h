/*
 * inspect: questions about the content of messages, answered where they are read.
 *
 * The index keeps no bodies. Who wants to know something of them (a filter) gives its
 * questions to the scan, and the index keeps the answers, two bits each. A message whose
 * content cannot be read, or is damaged, is asked about with unknown content: the answers
 * are the inspector's.
 */
#ifndef CORE_QUEUE_INSPECT_H
#define CORE_QUEUE_INSPECT_H

#include "core/base/limits.h"
#include "core/base/slice.h"

enum answer {
	ANSWER_UNREAD, /* nobody looked yet */
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_UNKNOWN,
};

/* Answers are kept together: those of question i in the bits from 2 * i on. */
static inline enum answer answer_get(uint32_t answers, unsigned question)
{
	return (enum answer)(answers >> 2 * question & 3);
}

static inline uint32_t answer_put(enum answer answer, unsigned question)
{
	return (uint32_t)answer << 2 * question;
}

struct content {
	struct slice text; /* RFC 5322 lines; unknown when it cannot be read whole */
	bool cut;          /* there is more than LIMIT_BODY_READ */
};

struct inspector {
	/* The working memory of one thread. */
	void *(*begin)(const struct inspector *inspector);
	void (*end)(void *work);
	/* The answers about one message, none of them ANSWER_UNREAD. */
	uint32_t (*answer)(void *work, const struct content *content);
};

#endif
