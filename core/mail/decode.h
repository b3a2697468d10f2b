/*
 * decode: header text for people, by GMime: RFC 2047 words in any charset to
 * UTF-8. Whatever the input, the output is valid UTF-8 and at most
 * DECODE_GROWTH times as long; controls may remain, since escaping is the
 * output's job. Any thread: GMime is asked by one at a time.
 */
#ifndef CORE_MAIL_DECODE_H
#define CORE_MAIL_DECODE_H

#include "core/base/buf.h"
#include "core/base/slice.h"

enum { DECODE_GROWTH = 8 };

/* True when s holds something to decode: an encoded word or an 8-bit byte. */
bool decode_needed(struct slice s);

/*
 * Appends the decoded form of an unfolded header value. Bytes that are in no
 * charset GMime can tell become '?' or U+FFFD. What is beyond the first 8 KiB is
 * not decoded, only made valid.
 */
void decode_header(struct buf *out, struct slice s);

#endif
