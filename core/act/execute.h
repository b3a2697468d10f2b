/*
 * execute: carries out the steps of one message.
 */
#ifndef CORE_ACT_EXECUTE_H
#define CORE_ACT_EXECUTE_H

#include "core/act/fsops.h"
#include "core/queue/format.h"

/* Where the paths of steps begin. */
struct places {
	const struct fsops *ops;
	int spool;
	int trash; /* the folder of this run in the trash; -1 when no step may need it */
};

enum executed {
	EXEC_DONE,
	EXEC_MOVED_ON, /* the commit step found nothing at its place: nothing was changed */
	EXEC_FAILED,   /* before the commit step: the message is where it was; *err says why */
	EXEC_UNTIDY,   /* the message is done; a step behind it failed: *err says which and why */
};

/*
 * The steps in order, with pin->fd for those on the file itself. Folders that are
 * missing on the way to a place are made (0700). A commit step that fails ends it; one
 * behind it that fails is told, and the rest is done all the same.
 */
enum executed execute(const struct places *places, const struct pin *pin, const struct steps *steps,
	struct err *err);

/* Steps without a message: a sweep. 0, or -1 with *err at the first that failed; all are tried. */
int execute_sweep(const struct places *places, const struct steps *steps, struct err *err);

#endif
