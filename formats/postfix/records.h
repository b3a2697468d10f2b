/*
 * records: a Postfix queue file as the sequence of its records.
 *
 * A record is a type byte, a length (7 bits a byte, low first, at most 4 bytes)
 * and that many bytes of data. Source: Postfix global/record.c. Pointer records
 * ('p') are followed here, so that callers see the file as Postfix would send
 * it, whatever a milter edited; the heap behind the end record is part of that.
 */
#ifndef FORMATS_POSTFIX_RECORDS_H
#define FORMATS_POSTFIX_RECORDS_H

#include "formats/postfix/window.h"

struct records {
	struct window *window;
	uint64_t at;       /* offset of the next record */
	unsigned jumps;    /* backward pointers followed */
	uint64_t count;    /* records seen, bounded by LIMIT_RECORDS */
	uint32_t warnings; /* enum warning bits found on the way */
	bool unlimited;    /* content: bounded by the file's size instead */
};

struct record_view {
	char type;
	/* At most LIMIT_VALUE bytes, longer ones are cut with a warning; until the next record. */
	struct slice data;
	uint64_t offset; /* of the type byte */
};

void records_start(struct records *records, struct window *window, uint64_t offset);

/*
 * The next record; pointers are followed, dummies (p 0) passed over. False at
 * the end of what can be read, with the cause in records->warnings.
 */
bool records_next(struct records *records, struct record_view *view);

#endif
