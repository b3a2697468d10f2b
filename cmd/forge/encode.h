/*
 * encode: the text parts of a finished letter as mail programs send them, in base64 or
 * quoted-printable, to be undone by who reads it.
 */
#ifndef CMD_FORGE_ENCODE_H
#define CMD_FORGE_ENCODE_H

#include "cmd/forge/rng.h"
#include "core/base/buf.h"

/* Of the letter behind `begin`: each part that names 7bit or 8bit, by chance two in three. */
void encode_letter(struct buf *out, size_t begin, struct rng *rng);

#endif
