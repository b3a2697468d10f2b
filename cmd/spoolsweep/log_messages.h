/*
 * log_messages: the mail log, for whoever reads it later, and for programs that do.
 *
 * A run is one line there. What became of each of its messages may be one each, in the
 * wording of the MTA's own tool, so that a program that follows messages through the log
 * sees their end.
 */
#ifndef CMD_SPOOLSWEEP_LOG_MESSAGES_H
#define CMD_SPOOLSWEEP_LOG_MESSAGES_H

#include "cmd/spoolsweep/command.h"

/* One line, escaped by the caller; frees it. */
void log_line(int priority, struct buf *line);

/*
 * A line for each message that the run changed, read from its journal in the folder `state`:
 * when they are few, or always, or never, as --log-messages says. At a pace that leaves the
 * log daemon room for others' lines; Ctrl-C ends it.
 */
void log_messages(const struct app *app, int state, unsigned run);

#endif
