/*
 * The folders of a Postfix queue directory: made empty, hash folders on demand,
 * and at the end given their modes, owners and times. Paths are relative to it.
 */
#ifndef CMD_FORGE_POSTFIX_DIRS_H
#define CMD_FORGE_POSTFIX_DIRS_H

#include "cmd/forge/forge.h"

struct postfix_dirs {
	struct tree_options options;
	gid_t postdrop; /* group of what maildrop/ holds */
	int root;       /* the queue directory, open */
};

/* All return 0, or -1 with *err filled. After a failed open there is nothing to close. */
int postfix_dirs_open(
	struct postfix_dirs *dirs, const struct tree_options *options, struct err *err);
/* Makes the hash folders above the file `path`, where they are not there. */
int postfix_dirs_parents(const struct postfix_dirs *dirs, const char *path, struct err *err);
/* Closes, also when it fails. */
int postfix_dirs_close(struct postfix_dirs *dirs, struct err *err);

/* Fills *err from errno, with the path's full name and "cannot WHAT"; -1. */
int postfix_dirs_fail(
	const struct postfix_dirs *dirs, const char *path, const char *what, struct err *err);

#endif
