/*
 * row: a made-up message as the record that a scan would have made of its files, without the files.
 * What core/ finds out from text (reasons, headers) it finds out here too, from the same text.
 */
#ifndef CMD_FORGE_ROW_H
#define CMD_FORGE_ROW_H

#include "cmd/forge/play.h"
#include "core/queue/record.h"

/* *record and what it points to live in the arena, and as long as the message. */
void row_record(const struct played *played, struct arena *arena, struct record *record);

#endif
