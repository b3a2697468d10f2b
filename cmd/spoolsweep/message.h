/*
 * message: one message as JSON, for `list` and `show`, and parts of its text.
 *
 * postqueue -j's members come first, exactly as it prints them; ours follow, one
 * for each field, always present, null where this queue can't tell. Consumers
 * ignore members they do not know.
 */
#ifndef CMD_SPOOLSWEEP_MESSAGE_H
#define CMD_SPOOLSWEEP_MESSAGE_H

#include "cmd/spoolsweep/command.h"
#include "core/out/sink.h"

/* The members into an open object. The record is that of the row, read again. */
void sink_message(struct sink *sink, struct app *app, uint32_t row, const struct record *record);

/* Lines for `show`: where it goes in place of its recipients' servers, or that it goes nowhere. */
void add_route(struct app *app, struct buf *out, const struct record *record);

#endif
