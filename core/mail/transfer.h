/*
 * transfer: base64 and quoted-printable undone (RFC 2045, 6.7 and 6.8).
 *
 * Pure, linear, any bytes are safe. Read as mail programs do: what is no base64 is
 * passed over, a '=' that encodes nothing stands for itself, and a warning says so.
 * Our own and not GMime's: that takes a stream object for each part, and this is
 * done to every message when a filter asks for the body.
 */
#ifndef CORE_MAIL_TRANSFER_H
#define CORE_MAIL_TRANSFER_H

#include "core/base/buf.h"
#include "core/mail/mime.h"

/*
 * Appends the bytes that `text` stands for, at most `limit`. Returns MIME_BAD_BASE64,
 * MIME_BAD_QUOTED and MIME_CUT (there were more), as it applies.
 */
uint32_t transfer_decode(
	enum mime_encoding encoding, struct slice text, size_t limit, struct buf *out);

#endif
