/*
 * progress_line: how far something is whose end is known, as one line for a terminal:
 *
 *	 62 %  ██████████████▌           37,300 of 60,112  18,000/s  1 s left
 *
 * Pure; any thread.
 */
#ifndef CMD_SPOOLSWEEP_PROGRESS_LINE_H
#define CMD_SPOOLSWEEP_PROGRESS_LINE_H

#include "core/base/buf.h"
#include "core/base/escape.h"

struct progress_facts {
	uint64_t done, count;
	uint64_t before; /* of these, done by somebody else: they say nothing about the rate */
	int64_t passed;  /* milliseconds since the first that was ours */
};

/* Never wider than `columns`; the bar goes first where there is no room, then the time left. */
void progress_line(struct buf *out, const struct progress_facts *facts, size_t columns,
	enum escape_charset charset);

#endif
