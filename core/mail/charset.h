/*
 * charset: text in the charset a part names, to UTF-8.
 *
 * For filters, which look at every message, in this process and with its rights. So
 * only what can be bounded: ASCII, UTF-8, ISO-8859-1 and windows-1252 are done here;
 * for the charsets of a fixed list, and for no other, iconv(3) of the C library is
 * asked. What a message writes never becomes a name that is loaded. Left out are the
 * encodings with shifts between many sets (ISO-2022-KR, -CN, -CN-EXT, UTF-7, HZ), whose
 * converters have had holes; of them the ASCII is kept. People are shown mail by a
 * sandboxed child, which may ask for more.
 *
 * One thread at a time for each struct charset; it keeps the converter last used.
 */
#ifndef CORE_MAIL_CHARSET_H
#define CORE_MAIL_CHARSET_H

#include "core/base/buf.h"
#include "core/mail/mime.h"

struct charset {
	const char *name; /* of the converter, in the list; NULL when there is none */
	void *converter;
};

/* An all-zero struct charset is ready. */
void charset_free(struct charset *charset);

/*
 * Appends text as UTF-8, whatever it is said to be; `name` may be unknown. Bytes that
 * say nothing in it become U+FFFD, or are read as windows-1252 where nobody said what they
 * are. Returns MIME_BAD_CHARSET and MIME_OTHER_CHARSET, as it applies.
 */
uint32_t charset_to_utf8(
	struct charset *charset, struct slice name, struct slice text, struct buf *out);

/* Whether text in that charset is UTF-8 as it is, to the letter, and no bytes are odd. */
bool charset_is_utf8(struct slice name, struct slice text);

/* The code point of a byte in windows-1252, of which browsers take ISO-8859-1 to be a part. */
uint32_t charset_windows_1252(uint8_t byte);

#endif
