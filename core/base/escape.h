/*
 * escape: the one door between bytes from a queue and anything a person reads.
 *
 * Escaped are C0 controls, DEL, C1 controls, the bidirectional marks and
 * overrides, line and paragraph separators, zero-width and tag characters, a
 * byte order mark, and bytes that are not UTF-8. A byte becomes \xNN, a code
 * point \u{NNNN}; a backslash stays as it is, since the text is for reading,
 * not for reading back. Tab and newline are escaped too: a value is one line.
 */
#ifndef CORE_BASE_ESCAPE_H
#define CORE_BASE_ESCAPE_H

#include "core/base/buf.h"
#include "core/base/slice.h"

enum escape_charset {
	ESCAPE_UTF8,  /* the terminal or file takes UTF-8 */
	ESCAPE_ASCII, /* it does not: everything beyond ASCII is escaped */
};

/* Appends s, safe for a terminal, a text file or a log. */
void escape_text(struct buf *out, struct slice s, enum escape_charset charset);

/*
 * The same, cut to fit `columns` on a terminal (wcwidth): text that is longer
 * ends in "…" ("~" in ASCII). Returns the columns taken.
 */
size_t escape_fit(struct buf *out, struct slice s, size_t columns, enum escape_charset charset);

/* Columns that escape_text's output takes. */
size_t escape_width(struct slice s, enum escape_charset charset);

/*
 * s as valid UTF-8 for a JSON string: every byte that is not part of valid
 * UTF-8 becomes '?', as postqueue(1) prints it. Controls stay: JSON's own
 * escapes carry them.
 */
void escape_utf8(struct buf *out, struct slice s);

/*
 * A finished JSON text, with what escape_text would not show beyond ASCII written
 * as \uNNNN: the same JSON to every reader, and safe on a terminal.
 */
void escape_json(struct buf *out, struct slice json);

/*
 * One CSV cell by RFC 4180, text-escaped, quoted when needed; a cell that a
 * spreadsheet would run as a formula (= + - @ first, not a plain number) gets a
 * ' in front.
 */
void escape_csv(struct buf *out, struct slice s);

/* Length of the valid UTF-8 sequence at the start of s and its code point; 0 if there is none. */
size_t utf8_decode(struct slice s, uint32_t *code_point);
/* Appends a code point up to U+10FFFF; what is none becomes U+FFFD. */
void utf8_encode(struct buf *out, uint32_t code_point);

#endif
