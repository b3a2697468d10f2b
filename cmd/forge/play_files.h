/* play_files: a recipe as a queue in a folder, as its MTA would have left it. */
#ifndef CMD_FORGE_PLAY_FILES_H
#define CMD_FORGE_PLAY_FILES_H

#include "cmd/forge/play.h"

struct play_files {
	const struct writer *writer;
	/* Told of every message, with its queue id; or NULL. */
	void (*note)(void *ctx, const struct played *played, struct slice id);
	void *ctx;
	bool chown; /* give the files to these */
	uid_t uid;
	gid_t gid;
};

/* Into `dir`, which is empty. */
int play_files(const struct play_options *options, const struct stage *stage, const char *dir,
	const struct play_files *files, struct err *err);

#endif
