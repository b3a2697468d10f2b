/*
 * envelope: the records of a Postfix queue file, read into a struct record.
 *
 * Pure: works on a window, touches no file by itself. Sources: Postfix
 * global/rec_type.h (types), cleanup/cleanup_envelope.c and cleanup_extracted.c
 * (order), qmgr/qmgr_message.c (what the queue manager accepts),
 * global/mail_proto.h (attributes).
 */
#ifndef FORMATS_POSTFIX_ENVELOPE_H
#define FORMATS_POSTFIX_ENVELOPE_H

#include "core/queue/format.h"
#include "formats/postfix/window.h"

struct envelope {
	uint64_t data_offset; /* first content record; 0 when the file does not say */
	uint64_t data_size;   /* from there to the X record */
	bool complete;        /* the end record was reached */
	bool finished;        /* the size record was filled in: cleanup is done */
};

/*
 * Reads the envelope into *record, whose members the caller has set to unknown
 * (record_unknown) and whose queue_id and times of the file are already there;
 * what `need` asks for is copied into the arena. What is odd goes into
 * record->warnings; nothing makes it fail. `submitted`: the file lies in maildrop,
 * where there is no size record to rely on.
 */
void envelope_read(struct window *window, bool submitted, const struct need *need,
	struct arena *arena, struct record *record, struct envelope *envelope);

#endif
