/*
 * flow: text put together from pieces, with white space as a reader sees it: any run
 * of it, no-break spaces and line ends included, is one blank, and none stands at the
 * begin or end of a line. One owner, one thread.
 *
 * For reading, breaks that are asked for become line ends. For matching they are blanks
 * as well, so that a pattern does not have to know where lines end, and characters that
 * nobody sees (soft hyphens, zero-width and direction marks) are dropped, since they are
 * put into words to hide them from filters.
 */
#ifndef CORE_MAIL_FLOW_H
#define CORE_MAIL_FLOW_H

#include "core/base/buf.h"

struct flow {
	struct buf *out;
	size_t begin; /* where our text begins in it: nothing is owed in front of that */
	bool for_matching;
	unsigned breaks; /* line ends owed before more comes, two at most */
	bool blank;      /* owed where no line end is */
};

/* A flow of text that is appended to out. */
static inline struct flow flow_new(struct buf *out, bool for_matching)
{
	return (struct flow){.out = out, .begin = out->len, .for_matching = for_matching};
}

/* Text, which should be UTF-8; bytes that are not are kept. */
void flow_text(struct flow *flow, struct slice text);
/* What follows stands on a new line (1), or behind an empty one (2). */
void flow_break(struct flow *flow, unsigned breaks);
void flow_code_point(struct flow *flow, uint32_t code_point);
/* Something between words: a blank, unless a break is owed. */
static inline void flow_blank(struct flow *flow)
{
	flow->blank = true;
}
/* Has what is owed come out, in front of what the caller will append. */
void flow_pay(struct flow *flow);

#endif
