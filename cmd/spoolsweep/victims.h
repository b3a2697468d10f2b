/* victims: which runs of the trash expunge is to remove, and which stay. */
#ifndef CMD_SPOOLSWEEP_VICTIMS_H
#define CMD_SPOOLSWEEP_VICTIMS_H

#include "cmd/spoolsweep/act.h"
#include "core/act/expunge.h"

/* A run in the trash of a queue. */
struct victim {
	size_t spool;
	unsigned run;
	bool young;
	struct expunged found;
};

struct victims {
	struct victim *list;
	size_t count;
	size_t kept;     /* younger than a day */
	unsigned newest; /* the last of these */
	size_t held;     /* mail on hold, where that is in the trash */
	unsigned holder; /* the last of these */
	size_t unknown;  /* no journal says what they are: that may be mail on hold too */
	unsigned last_unknown;
	int *trashes;
};

/*
 * The runs that may go: older than a day, no mail on hold, and known; or one that is `named`,
 * whatever it is. `wanted` is its number, 0 for all. EXIT_DONE or a code, told; free it.
 */
int victims_find(struct app *app, int64_t wanted, bool named, struct victims *victims);
void victims_free(struct victims *victims, size_t spools);
uint64_t victims_files(const struct victims *victims);
/* Says what stays, why, and how it goes all the same. */
void victims_tell_kept(const struct app *app, const struct victims *victims);

/* By the clock: a run that was gone on with is young again. */
bool is_young_run(int trash, unsigned run);

#endif
