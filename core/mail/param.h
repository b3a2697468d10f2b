/*
 * param: a header value with parameters, "text/plain; charset=utf-8; name*0=a".
 *
 * Pure, any bytes are safe, linear. The value is unfolded (headers_unfold).
 * Answers are slices of it, or of the arena where they had to be put together.
 * Read as people's programs do, beyond the letter of RFC 2045: '=' and the like may
 * stand outside of quotes, and so may blanks within a value. RFC 2231 is undone.
 */
#ifndef CORE_MAIL_PARAM_H
#define CORE_MAIL_PARAM_H

#include "core/base/arena.h"

/* Takes the word in front of the parameters off *value: "text/plain". Empty when there is none. */
struct slice param_word(struct slice *value);

enum param_odd {
	PARAM_BROKEN = 1 << 0, /* a quote without end, a piece missing, a %XX that is none */
	PARAM_TWICE = 1 << 1,  /* there are two of that name: the first counts */
};

struct param {
	struct slice value;   /* unknown when there is none of that name */
	struct slice charset; /* known when it was in the form name*=charset'language'... */
	unsigned odd;         /* enum param_odd bits */
};

/* The parameter of that name (any case) in what param_word left. */
struct param param_get(struct arena *arena, struct slice params, struct slice name);

#endif
