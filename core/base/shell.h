/*
 * shell: words of a POSIX shell, for lines that a person is to paste. Nothing here runs one.
 */
#ifndef CORE_BASE_SHELL_H
#define CORE_BASE_SHELL_H

#include "core/base/buf.h"

/*
 * Appends s as one word: as it is where that is safe, else in single quotes. A word may still
 * look like an option: "--" before it is the caller's.
 */
void shell_word(struct buf *out, struct slice s);

/*
 * Whether a line with s in it is the same on every terminal and after pasting: printable ASCII.
 * A line end would be a second command, and what is escaped on the screen is another name.
 */
bool shell_can_paste(struct slice s);

#endif
