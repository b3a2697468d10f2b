/*
 * options: the command line of forge. Parses, prints nothing.
 */
#ifndef CMD_FORGE_OPTIONS_H
#define CMD_FORGE_OPTIONS_H

#include "cmd/forge/mix.h"

struct options {
	bool help;
	const struct writer *writer;
	struct mix_options mix;
	struct tree_options tree;
	const char *recipe; /* in place of a mix, or NULL */
	unsigned scale;     /* of it, in thousandths */
	bool now_given;
};

/*
 * -1 with *err filled when it makes no sense (ERR_USAGE), or is not allowed. With
 * help nothing else is set.
 */
int options_parse(struct options *options, int argc, char **argv, struct err *err);

/* Appends the text of --help. */
void options_help(struct buf *out);

#endif
