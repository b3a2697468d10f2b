/*
 * words: the lists that everything made up is made from. All of it is our own
 * invention; names are common first and last names put together by chance.
 */
#ifndef CMD_FORGE_WORDS_H
#define CMD_FORGE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words {
	const char *const *list;
	size_t count;
};

extern const struct words words_first_names; /* lower case */
extern const struct words words_last_names;  /* lower case */
extern const struct words words_prose;
extern const struct words words_company; /* first half of a company's name */
extern const struct words words_trade;   /* second half */
/* '#' stands for a number. */
extern const struct words words_subjects;      /* ASCII */
extern const struct words words_subjects_utf8; /* with letters beyond it */
extern const struct words words_alerts;        /* what machines write */
extern const struct words words_posts;         /* to mailing lists */

/* Any number picks one. */
const char *words_pick(const struct words *words, uint64_t n);

#endif
