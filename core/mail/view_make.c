/* The child's side of a view: takes a message apart and decodes it. */
#include <glib.h>
#include <iconv.h>
#include <locale.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "core/mail/charset.h"
#include "core/mail/decode.h"
#include "core/mail/headers.h"
#include "core/mail/html_text.h"
#include "core/mail/real_type.h"
#include "core/mail/transfer.h"
#include "core/mail/view_wire.h"

/* ---- before the door is closed ---- */

/* Their tables are files, and remain loaded; of others nothing can be had behind the door. */
static const char *const charsets[VIEW_CHARSETS] = {"ISO-8859-1", "ISO-8859-2", "ISO-8859-3",
	"ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8", "ISO-8859-9",
	"ISO-8859-10", "ISO-8859-11", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16",
	"WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254",
	"WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258", "WINDOWS-874", "TIS-620",
	"KOI8-R", "KOI8-U", "KOI8-T", "IBM437", "IBM850", "IBM852", "IBM855", "IBM857", "IBM862",
	"IBM864", "IBM866", "MACINTOSH", "MAC-CYRILLIC", "BIG5", "BIG5-HKSCS", "EUC-TW", "GB2312",
	"GBK", "GB18030", "ISO-2022-CN", "SHIFT_JIS", "WINDOWS-31J", "EUC-JP", "ISO-2022-JP",
	"ISO-2022-JP-2", "EUC-KR", "UHC", "JOHAB", "ISO-2022-KR", "TCVN", "VISCII", "TSCII",
	"ARMSCII-8", "GEORGIAN-PS", "UTF-7", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE",
	"UTF-32BE"};

/* GLib's last words are for want of memory. */
static void give_up(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
	(void)domain, (void)text, (void)data;
	if (level & G_LOG_LEVEL_ERROR)
		_exit(XALLOC_EXIT);
}

void view_prepare(void *ctx)
{
	struct viewer *viewer = ctx;
	struct buf warm = {0};

	/* The same answers whatever the administrator's locale is. */
	setlocale(LC_ALL, "C.UTF-8");
	g_log_set_default_handler(give_up, NULL);
	real_type_open(&viewer->real_type);
	for (size_t i = 0; i < VIEW_CHARSETS; i++)
		viewer->converters[i] = iconv_open("UTF-8", charsets[i]);
	decode_header(&warm, SLICE("=?utf-8?q?=C3=BC?= \xfc"));
	buf_free(&warm);
}

/* ---- text ---- */

/* Any charset that is loaded: behind the door more may be tried than a filter does. */
static uint32_t to_utf8(
	struct viewer *viewer, struct slice name, struct slice text, struct buf *out)
{
	struct buf cstr = {0};
	size_t begin = out->len, len;

	uint32_t odd = charset_to_utf8(&viewer->charset, name, text, out);
	if (!(odd & MIME_BAD_CHARSET) || !text.len)
		return odd;
	buf_add(&cstr, name);
	char *converted =
		g_convert(text.ptr, (gssize)text.len, "UTF-8", buf_str(&cstr), NULL, &len, NULL);
	if (converted) {
		out->len = begin;
		buf_add(out, slice_of(converted, len));
		odd = 0;
	}
	g_free(converted);
	buf_free(&cstr);
	return odd;
}

static struct slice decoded_header(struct arena *arena, struct slice raw)
{
	struct buf text = {0};

	decode_header(&text, raw);
	struct slice copy = arena_copy(arena, buf_slice(&text));
	buf_free(&text);
	return copy;
}

static struct slice filename_of(
	struct viewer *viewer, struct arena *arena, const struct mime_part *part)
{
	struct buf text = {0};

	if (!slice_known(part->filename) || !slice_known(part->filename_charset))
		return slice_known(part->filename) ? decoded_header(arena, part->filename)
						   : part->filename;
	to_utf8(viewer, part->filename_charset, part->filename, &text);
	struct slice name = arena_copy(arena, buf_slice(&text));
	buf_free(&text);
	return name;
}

/* ---- one part ---- */

static const char *encoding_name(enum mime_encoding encoding)
{
	switch (encoding) {
	case MIME_PLAIN:
		return "plain";
	case MIME_BASE64:
		return "base64";
	case MIME_QUOTED_PRINTABLE:
		return "quoted-printable";
	case MIME_UNKNOWN_ENCODING:
	default:
		return NULL;
	}
}

/* A page that calls itself something else is opened as one; plain text is not. */
static bool is_html(const struct mime_part *part, struct slice real)
{
	return mime_is(part, SLICE("text/html")) ||
		(slice_eq(real, SLICE("text/html")) && !mime_is(part, SLICE("text/")));
}

/* The text of a part as a person reads it, at most `most` bytes of it. */
static uint32_t add_text(struct viewer *viewer, const struct mime_part *part, struct slice real,
	struct slice bytes, size_t most, struct buf *out, bool *is_cut)
{
	struct buf utf8 = {0};
	size_t begin = out->len;
	/* No charset needs more bytes for a character, so this is always enough. */
	struct slice head = slice_upto(bytes, 4 * most);

	uint32_t odd = to_utf8(viewer, part->charset, head, &utf8);
	struct flow flow = flow_new(out, false);
	if (is_html(part, real))
		html_text(buf_slice(&utf8), &flow);
	else
		buf_add(out, buf_slice(&utf8));
	buf_free(&utf8);
	*is_cut = buf_cut(out, begin, most) || head.len < bytes.len;
	return odd;
}

/* What says that it is text, unless its bytes are something else; and what is text. */
static bool is_text(const struct mime_part *part, struct slice real)
{
	return slice_starts(real, SLICE("text/")) ||
		(mime_is(part, SLICE("text/")) && real_type_fits(part->type, real));
}

static struct slice sha256(struct arena *arena, struct slice bytes)
{
	char *sum = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)bytes.ptr, bytes.len);
	struct slice copy = arena_copy(arena, slice_cstr(sum));
	g_free(sum);
	return copy;
}

static void view_leaf(struct viewer *viewer, struct arena *arena, const struct mime_part *part,
	size_t most, struct view_part *seen, struct buf *text)
{
	struct buf bytes = {0};

	seen->warnings |= transfer_decode(part->encoding, part->body, SIZE_MAX, &bytes);
	seen->bytes = (int64_t)bytes.len;
	seen->sha256 = sha256(arena, buf_slice(&bytes));
	seen->real_type = arena_copy(arena, real_type_of(&viewer->real_type, buf_slice(&bytes)));
	if (!real_type_fits(part->type, seen->real_type))
		seen->warnings |= MIME_OTHER_TYPE;
	if (is_text(part, seen->real_type)) {
		seen->warnings |= add_text(viewer, part, seen->real_type, buf_slice(&bytes), most,
			text, &seen->text_cut);
		seen->text = buf_slice(text);
	}
	buf_free(&bytes);
}

static void view_part(struct viewer *viewer, struct arena *arena, const struct mime *mime,
	uint32_t i, size_t *text_left, struct buf *answer)
{
	const struct mime_part *part = &mime->parts[i];
	struct buf number = {0}, text = {0};
	struct view_part seen = {
		.depth = part->depth,
		.container = part->container,
		.warnings = part->warnings,
		.type = part->type,
		.charset = part->charset,
		.encoding = slice_cstr(encoding_name(part->encoding)),
		.disposition = part->disposition,
		.filename = filename_of(viewer, arena, part),
		.bytes = (int64_t)part->body.len,
	};

	mime_number(mime, i, &number);
	seen.number = buf_slice(&number);
	if (!part->container)
		view_leaf(viewer, arena, part, *text_left, &seen, &text);
	*text_left -= seen.text.len;
	view_put_part(answer, &seen);
	buf_free(&number);
	buf_free(&text);
}

/* ---- answers ---- */

static void put_headers(struct arena *arena, struct slice block, struct buf *answer)
{
	struct header_field field;
	bool is_cut = false;

	for (unsigned n = 0; headers_next(&block, &field); n++) {
		struct slice value = headers_unfold(arena, field.value);
		is_cut |= n == LIMIT_VIEW_HEADERS || value.len > LIMIT_VALUE;
		if (n == LIMIT_VIEW_HEADERS)
			break;
		const struct view_header header = {
			field.name, decoded_header(arena, slice_upto(value, LIMIT_VALUE))};
		view_put_header(answer, &header);
	}
	view_put_headers_end(answer, is_cut);
}

static void answer_all(struct viewer *viewer, struct arena *arena, const struct mime *mime,
	struct slice message, struct buf *answer)
{
	size_t text_left = LIMIT_VIEW_TEXT;

	put_headers(arena, message, answer);
	for (uint32_t i = 0; i < mime->count; i++)
		view_part(viewer, arena, mime, i, &text_left, answer);
	view_put_end(answer);
}

static void answer_part(struct viewer *viewer, const struct mime_part *part, enum view_want want,
	struct buf *answer)
{
	struct buf bytes = {0};
	bool is_cut;

	if (part->container) {
		buf_add(answer, part->body);
		return;
	}
	if (want == VIEW_BYTES) {
		transfer_decode(part->encoding, part->body, SIZE_MAX, answer);
		return;
	}
	transfer_decode(part->encoding, part->body, SIZE_MAX, &bytes);
	struct slice real = real_type_of(&viewer->real_type, buf_slice(&bytes));
	add_text(viewer, part, real, buf_slice(&bytes), SIZE_MAX / 8, answer, &is_cut);
	buf_free(&bytes);
}

void view_answer(void *ctx, struct slice request, struct buf *answer)
{
	struct slice number, message;
	struct arena arena = {0};
	enum view_want want;
	struct mime mime;

	if (!view_read_request(request, &want, &number, &message))
		return;
	mime_parse(&arena, message, &mime);
	if (want == VIEW_ALL) {
		answer_all(ctx, &arena, &mime, message, answer);
	} else {
		uint32_t part = mime_find(&mime, number);
		if (part != MIME_NONE)
			answer_part(ctx, &mime.parts[part], want, answer);
	}
	arena_free(&arena);
}
