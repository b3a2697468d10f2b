#include "core/mail/charset.h"

#include <errno.h>
#include <iconv.h>

#include "core/base/escape.h"

/* What iconv is asked for, by the names it has there. Others are told by alias_of. */
static const char *const listed[] = {
	"ISO-8859-2",
	"ISO-8859-3",
	"ISO-8859-4",
	"ISO-8859-5",
	"ISO-8859-6",
	"ISO-8859-7",
	"ISO-8859-8",
	"ISO-8859-9",
	"ISO-8859-10",
	"ISO-8859-11",
	"ISO-8859-13",
	"ISO-8859-14",
	"ISO-8859-15",
	"ISO-8859-16",
	"WINDOWS-1250",
	"WINDOWS-1251",
	"WINDOWS-1253",
	"WINDOWS-1254",
	"WINDOWS-1255",
	"WINDOWS-1256",
	"WINDOWS-1257",
	"WINDOWS-1258",
	"WINDOWS-874",
	"TIS-620",
	"KOI8-R",
	"KOI8-U",
	"IBM850",
	"IBM852",
	"IBM866",
	"BIG5",
	"GB2312",
	"GBK",
	"GB18030",
	"SHIFT_JIS",
	"EUC-JP",
	"ISO-2022-JP",
	"EUC-KR",
	"UHC",
	"UTF-16",
	"UTF-16LE",
	"UTF-16BE",
	"UTF-32",
	"UTF-32LE",
	"UTF-32BE",
};

static const struct {
	const char *name;
	const char *means;
} aliases[] = {
	{"UTF8", "UTF-8"},
	{"ASCII", "US-ASCII"},
	{"ANSI_X3.4-1968", "US-ASCII"},
	{"LATIN1", "ISO-8859-1"},
	{"ISO_8859-1", "ISO-8859-1"},
	{"ISO8859-1", "ISO-8859-1"},
	{"LATIN2", "ISO-8859-2"},
	{"ISO-8859-8-I", "ISO-8859-8"},
	{"CP1252", "WINDOWS-1252"},
	{"CP1250", "WINDOWS-1250"},
	{"CP1251", "WINDOWS-1251"},
	{"CP850", "IBM850"},
	{"CP852", "IBM852"},
	{"CP866", "IBM866"},
	{"X-SJIS", "SHIFT_JIS"},
	{"SHIFT-JIS", "SHIFT_JIS"},
	{"CP932", "SHIFT_JIS"},
	{"WINDOWS-31J", "SHIFT_JIS"},
	{"X-GBK", "GBK"},
	{"CP936", "GBK"},
	{"CP949", "UHC"},
	{"KS_C_5601-1987", "UHC"},
	{"CP950", "BIG5"},
};

static struct slice alias_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (slice_eq_fold(name, slice_cstr(aliases[i].name)))
			return slice_cstr(aliases[i].means);
	return name;
}

static const char *listed_name(struct slice name)
{
	for (size_t i = 0; i < sizeof(listed) / sizeof(*listed); i++)
		if (slice_eq_fold(name, slice_cstr(listed[i])))
			return listed[i];
	return NULL;
}

/* ---- what needs no converter ---- */

static bool is_ascii(struct slice text)
{
	size_t i = 0;

	for (; text.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t eight;
		memcpy(&eight, text.ptr + i, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			return false;
	}
	for (; i < text.len; i++)
		if (text.ptr[i] & 0x80)
			return false;
	return true;
}

static bool is_utf8(struct slice text)
{
	uint32_t code_point;
	size_t n = 1;

	for (; text.len && n; text = slice_from(text, n))
		n = utf8_decode(text, &code_point);
	return n > 0;
}

uint32_t charset_windows_1252(uint8_t byte)
{
	/* Where it differs from ISO-8859-1, and so from Unicode; 0 is no character. */
	static const uint16_t others[] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c,
		0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e,
		0x0178};
	uint32_t c = byte;

	if (c >= 0x80 && c < 0xa0)
		c = others[c - 0x80] ? others[c - 0x80] : 0xfffd;
	return c;
}

static void add_latin1(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		utf8_encode(out, charset_windows_1252((uint8_t)text.ptr[i]));
}

/* Text that is, or should be, UTF-8 or ASCII already. */
static uint32_t add_unicode(struct buf *out, struct slice text, bool declared_utf8)
{
	if (is_ascii(text) || is_utf8(text)) {
		buf_add(out, text);
		return 0;
	}
	if (!declared_utf8) {
		add_latin1(out, text);
		return MIME_OTHER_CHARSET;
	}
	uint32_t code_point;
	while (text.len) {
		size_t n = utf8_decode(text, &code_point);
		utf8_encode(out, n ? code_point : 0xfffd);
		text = slice_from(text, n ? n : 1);
	}
	return MIME_OTHER_CHARSET;
}

/* ---- what needs one ---- */

static bool take_converter(struct charset *charset, const char *name)
{
	if (charset->name == name) {
		iconv(charset->converter, NULL, NULL, NULL, NULL); /* to its first state */
		return true;
	}
	charset_free(charset);
	iconv_t converter = iconv_open("UTF-8", name);
	if (converter == (iconv_t)-1)
		return false;
	*charset = (struct charset){name, converter};
	return true;
}

static uint32_t convert(struct charset *charset, struct slice text, struct buf *out)
{
	enum { PIECE = 4096 };
	char *from = (char *)text.ptr; /* iconv writes nothing there */
	size_t left = text.len;
	uint32_t odd = 0;

	while (left) {
		char *to = buf_room(out, PIECE);
		size_t room = PIECE;
		size_t done = iconv(charset->converter, &from, &left, &to, &room);
		out->len += PIECE - room;
		if (done != (size_t)-1 || errno == E2BIG)
			continue;
		utf8_encode(out, 0xfffd);
		odd = MIME_OTHER_CHARSET;
		if (errno != EILSEQ)
			break; /* the last character is cut off */
		from++;
		left--;
	}
	return odd;
}

void charset_free(struct charset *charset)
{
	if (charset->name)
		iconv_close(charset->converter);
	*charset = (struct charset){0};
}

/* The charsets that are done here; what they have in common is ASCII. */
enum own_charset { NOT_OURS, ASCII, UTF8, LATIN1 };

static enum own_charset own_charset(struct slice name)
{
	if (!name.len || slice_eq_fold(name, SLICE("US-ASCII")))
		return ASCII;
	if (slice_eq_fold(name, SLICE("UTF-8")))
		return UTF8;
	if (slice_eq_fold(name, SLICE("ISO-8859-1")) || slice_eq_fold(name, SLICE("WINDOWS-1252")))
		return LATIN1;
	return NOT_OURS;
}

bool charset_is_utf8(struct slice name, struct slice text)
{
	enum own_charset own = own_charset(alias_of(slice_trim(name)));
	return own != NOT_OURS && (is_ascii(text) || (own != LATIN1 && is_utf8(text)));
}

uint32_t charset_to_utf8(
	struct charset *charset, struct slice name, struct slice text, struct buf *out)
{
	if (!text.len)
		return 0;
	if (charset_is_utf8(name, text)) {
		buf_add(out, text);
		return 0;
	}
	name = alias_of(slice_trim(name));
	enum own_charset own = own_charset(name);
	if (own == LATIN1) {
		add_latin1(out, text);
		return 0;
	}
	const char *known = own == NOT_OURS ? listed_name(name) : NULL;
	if (known && take_converter(charset, known))
		return convert(charset, text, out);
	return add_unicode(out, text, own == UTF8) | (own == NOT_OURS ? MIME_BAD_CHARSET : 0u);
}
