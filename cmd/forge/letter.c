#include "cmd/forge/letter.h"

#include <time.h>

#include "cmd/forge/encode.h"
#include "cmd/forge/words.h"

enum { LINE_WIDTH = 72 };

void letter_date(struct buf *out, int64_t epoch, int zone)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t local = (time_t)(epoch + INT64_C(60) * zone);
	struct tm tm;
	gmtime_r(&local, &tm);
	int ahead = zone < 0 ? -zone : zone;
	buf_printf(out, "%s, %d %s %d %02d:%02d:%02d %c%02d%02d", days[tm.tm_wday], tm.tm_mday,
		months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		zone < 0 ? '-' : '+', ahead / 60, ahead % 60);
}

static bool needs_quotes(struct slice local)
{
	if (!local.len || local.ptr[0] == '.' || local.ptr[local.len - 1] == '.' ||
		slice_find(local, SLICE("..")) != SIZE_MAX)
		return true;
	for (size_t i = 0; i < local.len; i++)
		if ((unsigned char)local.ptr[i] < 0x20 ||
			strchr(" ()<>@,;:\\\"[]\x7f", local.ptr[i]))
			return true;
	return false;
}

void letter_address(struct buf *out, struct slice address)
{
	size_t at = slice_rindex(address, '@');
	struct slice local = slice_upto(address, at);
	if (!address.len || !needs_quotes(local)) {
		buf_add(out, address);
		return;
	}
	buf_addc(out, '"');
	for (size_t i = 0; i < local.len; i++) {
		if (strchr("\"\\\r", local.ptr[i]))
			buf_addc(out, '\\');
		buf_addc(out, local.ptr[i]);
	}
	buf_addc(out, '"');
	buf_add(out, slice_from(address, local.len));
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void letter_base64(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t n = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
		if (left > 1)
			n |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
		if (left > 2)
			n |= (unsigned char)bytes.ptr[i + 2];
		buf_addc(out, base64[n >> 18]);
		buf_addc(out, base64[n >> 12 & 63]);
		buf_addc(out, left > 1 ? base64[n >> 6 & 63] : '=');
		buf_addc(out, left > 2 ? base64[n & 63] : '=');
	}
}

/* The Q encoding of RFC 2047. */
static void add_q(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.ptr[i];
		if (ascii_is_alnum(c))
			buf_addc(out, c);
		else if (c == ' ')
			buf_addc(out, '_');
		else
			buf_printf(out, "=%02X", (unsigned char)c);
	}
}

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* As much of text as one encoded word takes, without cutting a character in two. */
static size_t encoded_word_length(struct slice text, size_t most)
{
	size_t n = text.len < most ? text.len : most;
	while (n < text.len && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void letter_header_text(struct buf *out, struct rng *rng, struct slice text)
{
	if (is_ascii(text)) {
		buf_add(out, text);
		return;
	}
	bool q = rng_chance(rng, 5000);
	while (text.len) {
		size_t n = encoded_word_length(text, q ? 18 : 42);
		buf_printf(out, "=?UTF-8?%c?", q ? 'Q' : 'B');
		(q ? add_q : letter_base64)(out, slice_upto(text, n));
		buf_add(out, SLICE("?="));
		text = slice_from(text, n);
		if (text.len)
			buf_add(out, SLICE("\n "));
	}
}

static void to_header(struct buf *out, const struct letter *letter)
{
	buf_add(out, SLICE("To: "));
	for (size_t i = 0; i < letter->nto && i < 5; i++) {
		if (i)
			buf_add(out, SLICE(",\n\t"));
		letter_address(out, letter->to[i].original);
	}
	if (!letter->nto)
		buf_add(out, SLICE("undisclosed-recipients:;"));
	buf_addc(out, '\n');
}

static void from_header(struct buf *out, struct rng *rng, const struct letter *letter)
{
	buf_add(out, SLICE("From: "));
	letter_header_text(out, rng, letter->from_name);
	buf_add(out, letter->from_name.len ? SLICE(" <") : SLICE("<"));
	letter_address(out, letter->from);
	buf_add(out, SLICE(">\n"));
}

void letter_words(struct buf *out, struct rng *rng, unsigned count)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < count; i++, bits >>= 16) {
		if (i % 4 == 0)
			bits = rng_next(rng);
		if (i)
			buf_addc(out, ' ');
		buf_add(out, slice_cstr(words_pick(&words_prose, bits & 0xffff)));
	}
}

void letter_prose(struct buf *out, struct rng *rng, uint64_t size)
{
	size_t end = out->len + size;
	while (out->len < end) {
		size_t paragraph = out->len + rng_below(rng, 500) + 100;
		while (out->len < end && out->len < paragraph) {
			size_t start = out->len;
			letter_words(out, rng, 12);
			if (out->len - start > LINE_WIDTH)
				out->len = start +
					slice_rindex(slice_of(out->ptr + start, LINE_WIDTH), ' ');
			buf_addc(out, '\n');
		}
		buf_addc(out, '\n');
	}
}

static void add_html(struct buf *out, struct rng *rng, uint64_t size)
{
	size_t end = out->len + size;
	buf_add(out, SLICE("<html><body>\n"));
	while (out->len < end) {
		buf_add(out, SLICE("<p>"));
		letter_words(out, rng, 11);
		buf_add(out, SLICE("</p>\n"));
	}
	buf_add(out, SLICE("</body></html>\n"));
}

static void add_long_lines(struct buf *out, struct rng *rng, uint64_t size)
{
	size_t end = out->len + size + 2200;
	buf_add(out, SLICE("<html><body>"));
	while (out->len < end) {
		buf_add(out, SLICE("<div class=\"cell\">"));
		letter_words(out, rng, 8);
		buf_add(out, SLICE("</div>"));
	}
	buf_add(out, SLICE("</body></html>\n"));
}

static void add_noise_in_base64(struct buf *out, struct rng *rng, uint64_t size)
{
	enum { LINE = 76 };
	for (uint64_t done = 0; done < size; done += LINE + 1) {
		char *to = buf_room(out, LINE + 1);
		uint64_t bits = 0;
		for (unsigned i = 0; i < LINE; i++, bits >>= 6) {
			if (i % 10 == 0)
				bits = rng_next(rng);
			to[i] = base64[bits & 63];
		}
		to[LINE] = '\n';
		out->len += LINE + 1;
	}
}

static void two_parts(struct buf *out, struct rng *rng, const struct letter *letter)
{
	bool html = letter->body == BODY_HTML;
	uint64_t boundary = rng_next(rng);
	uint64_t note = html ? letter->size / 3 : 300;
	uint64_t rest = letter->size > note ? letter->size - note : 0;

	buf_printf(out,
		"MIME-Version: 1.0\nContent-Type: multipart/%s;\n boundary=\"--=_%016lx\"\n\n"
		"This is a multi-part message in MIME format.\n\n----=_%016lx\n"
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n",
		html ? "alternative" : "mixed", (unsigned long)boundary, (unsigned long)boundary);
	letter_prose(out, rng, note);
	buf_printf(out, "----=_%016lx\n", (unsigned long)boundary);
	if (html) {
		buf_add(out,
			SLICE("Content-Type: text/html; charset=utf-8\n"
			      "Content-Transfer-Encoding: 7bit\n\n"));
		add_html(out, rng, rest);
	} else {
		buf_printf(out,
			"Content-Type: application/pdf; name=\"document-%u.pdf\"\n"
			"Content-Transfer-Encoding: base64\n"
			"Content-Disposition: attachment; filename=\"document-%u.pdf\"\n\n",
			(unsigned)(boundary % 9000), (unsigned)(boundary % 9000));
		add_noise_in_base64(out, rng, rest);
	}
	buf_printf(out, "\n----=_%016lx--\n", (unsigned long)boundary);
}

static void add_body(struct buf *out, struct rng *rng, const struct letter *letter)
{
	size_t start;
	switch (letter->body) {
	case BODY_HTML:
	case BODY_ATTACHMENT:
		two_parts(out, rng, letter);
		break;
	case BODY_LONG_LINES:
		buf_add(out,
			SLICE("MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"));
		add_long_lines(out, rng, letter->size);
		break;
	case BODY_PLAIN:
		buf_add(out,
			SLICE("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"));
		letter_prose(out, rng, letter->size);
		break;
	case BODY_AS_IS:
		start = out->len;
		buf_add(out, letter->text);
		if (out->len - start < letter->size)
			letter_prose(out, rng, letter->size - (out->len - start));
		break;
	}
}

void letter_head(struct buf *out, struct rng *rng, const struct letter *letter)
{
	buf_add(out, letter->trace);
	buf_add(out, SLICE("Date: "));
	letter_date(out, letter->date, letter->zone);
	buf_addc(out, '\n');
	from_header(out, rng, letter);
	to_header(out, letter);
	buf_add(out, SLICE("Subject: "));
	letter_header_text(out, rng, letter->subject);
	buf_addc(out, '\n');
	if (letter->message_id.len)
		buf_printf(out, "Message-ID: %.*s\n", SLICE_ARG(letter->message_id));
	buf_add(out, letter->extra);
}

void letter_write(struct buf *out, struct rng *rng, const struct letter *letter)
{
	size_t begin = out->len;
	letter_head(out, rng, letter);
	add_body(out, rng, letter);
	if (letter->encoded)
		encode_letter(out, begin, rng);
}
