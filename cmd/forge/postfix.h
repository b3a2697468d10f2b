/*
 * Postfix, the parts of its writer: names of messages, bytes of a queue file,
 * bytes of a defer or bounce log. Pure functions that append to a buf.
 *
 * The layout is that of Postfix 3.10 and later (with the message_id attribute),
 * in the order in which smtpd(8), pickup(8), bounce(8) and local(8) write it.
 */
#ifndef CMD_FORGE_POSTFIX_H
#define CMD_FORGE_POSTFIX_H

#include "cmd/forge/forge.h"

/* "17025A72322": the microseconds and the inode in hexadecimal. */
void postfix_short_id(struct buf *out, unsigned usec, uint64_t inode);
/* "4jXJbB2yL0z1bYGB": seconds and microseconds in base 52, a z, the inode in base 51. */
void postfix_long_id(struct buf *out, int64_t seconds, unsigned usec, uint64_t inode);

/* A file about to be made: what becomes its name. */
struct postfix_birth {
	int64_t seconds;
	unsigned usec;
	uint64_t inode;
};
/* All but the inode, which the file system gives; or one of our own making. */
struct postfix_birth postfix_birth(const struct fake_message *message);
uint64_t postfix_made_up_inode(uint64_t number);
/* *id becomes the name, in the style that the options ask for. */
void postfix_name(
	const struct tree_options *options, const struct postfix_birth *birth, struct buf *id);

/* "1/7/": the folders below deferred/ or defer/ of either kind of id; depth <= 5. */
void postfix_hash_path(struct buf *out, unsigned usec, unsigned depth);

/* The Received: header. */
void postfix_received(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id);

/*
 * The whole queue file, or for FAKE_SUBMITTED the file in maildrop/, into an empty
 * buf. `created` is when the file was, a moment after the message's arrival. offsets[i] becomes
 * the place of recipient i's record.
 */
void postfix_file(struct buf *out, const struct tree_options *options,
	const struct fake_message *message, struct slice id, int64_t created, size_t *offsets);

/* One entry of a defer log, or of a bounce log when the recipient was given up. */
void postfix_log_entry(struct buf *out, const struct fake_recipient *recipient, size_t offset);

#endif
