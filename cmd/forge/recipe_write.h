/* recipe_write: `forge FORMAT --recipe FILE DIR`: the queue, and the truth about it beside it. */
#ifndef CMD_FORGE_RECIPE_WRITE_H
#define CMD_FORGE_RECIPE_WRITE_H

#include "cmd/forge/options.h"

/*
 * Writes the queue into options->tree.dir, which is empty; DIR.truth.jsonl has a line for each
 * message (id, stream, truth, class, incident, abusive), DIR.incident.json what is to be found.
 * Appends a summary to *out. -1 with *err.
 */
int recipe_write(const struct options *options, struct buf *out, struct err *err);

#endif
