/*
 * check: whether the steps that a driver gave make sense, before the first is done.
 *
 * A driver that is wrong about one step is wrong about the message: nothing is
 * begun. Pure; any thread.
 */
#ifndef CORE_ACT_CHECK_H
#define CORE_ACT_CHECK_H

#include "core/act/execute.h"

/*
 * Paths that stay below their root, roots that are open; `message`: there is a file
 * whose mode and time may be set. -1 with *err.
 */
int check_steps(
	const struct places *places, const struct steps *steps, bool message, struct err *err);

/* Finds the one commit step. What is before it must be such that it can be put back. */
int check_commit(const struct steps *steps, unsigned *commit, struct err *err);

#endif
