/*
 * remedy_values: what the lines of a remedy name: logins, addresses, scripts of a finding, each
 * in the form that a line wants, and none that a line can't hold.
 */
#ifndef CORE_VERDICT_REMEDY_VALUES_H
#define CORE_VERDICT_REMEDY_VALUES_H

#include "core/verdict/remedy_book.h"
#include "core/verdict/verdict.h"

/* All strings live in the arena, or as long as the finding. */
struct remedy_values {
	struct value_list {
		struct slice *values;
		size_t count, cap;
		size_t unfit;      /* more that no line can hold */
		struct slice note; /* what to know about the list; empty: nothing */
	} of[REMEDY_VALUES];
	struct slice id;
	struct slice config, config_option, spool; /* unknown: no line can hold it */
	const struct remedy_page *pages;           /* the MTA's, or NULL */
	struct arena *arena;
};

/* "login": how lines name it. */
const char *remedy_value_name(enum remedy_value kind);
/* Whether no value of the kind ever needs quotes, so that it may stand within some. */
bool remedy_value_is_plain(enum remedy_value kind);

void remedy_values_collect(struct remedy_values *values, const struct finding *finding,
	const struct field_env *env, struct arena *arena);

/* ---- remedy_clients.c ---- */

/*
 * Fills in the client lists, where a class of finding is about clients. Machines of ours: those
 * that the finding names, and that send nothing but its mail. Strangers: where its messages came from, busiest first, and the whole
 * network in place of several in one /24 (IPv6: /64s in one /48). One that mail of a login
 * outside the finding comes from is left out, and noted.
 */
void remedy_values_clients(struct remedy_values *values, const struct finding *finding,
	const struct field_env *env, const struct spool *spool);
/* Adds one network to them. */
void remedy_values_add_client(struct remedy_values *values, const struct ip_net *net);

/* Adds a copy of the text to a list. */
void remedy_values_add(struct remedy_values *values, enum remedy_value kind, struct slice text);

#endif
