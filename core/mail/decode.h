/*
 * decode: header text for people, by GMime: RFC 2047 words in any charset to
 * UTF-8. One thread at a time. Whatever the input, the output is valid UTF-8
 * and at most a few times as long.
 */
#ifndef CORE_MAIL_DECODE_H
#define CORE_MAIL_DECODE_H

#include "core/base/buf.h"
#include "core/base/slice.h"

/* True when s holds something to decode: an encoded word or an 8-bit byte. */
bool decode_needed(struct slice s);

/* Appends the decoded form of an unfolded header value. */
void decode_header(struct buf *out, struct slice s);

#endif
