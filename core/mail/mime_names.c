/* What people call parts and warnings. */
#include "core/mail/mime_head.h"

static const struct {
	enum mime_warning bit;
	const char *name;
	const char *text;
} warnings[] = {
	{MIME_TOO_DEEP, "too-deep", "parts lie in parts so deep that this one was not looked into"},
	{MIME_TOO_MANY, "too-many",
		"it has more parts than are told apart: the rest is not listed"},
	{MIME_NO_BOUNDARY, "no-boundary",
		"a multipart that names no boundary: its parts cannot be told"},
	{MIME_NO_PARTS, "no-parts", "a multipart in which its boundary never comes"},
	{MIME_NO_END, "no-end", "the last boundary is missing: it may have been cut off"},
	{MIME_AFTER_END, "after-end",
		"a boundary behind the last one: some mail programs show what follows"},
	{MIME_LIKE_BOUNDARY, "like-boundary",
		"a line starts like the boundary and goes on: mail programs differ on it"},
	{MIME_SAME_BOUNDARY, "same-boundary",
		"its boundary is that of a part around it: mail programs differ on it"},
	{MIME_LONG_BOUNDARY, "long-boundary", "a boundary longer than the standard allows"},
	{MIME_BAD_HEADER, "bad-header", "its headers end at a line that is none"},
	{MIME_BAD_TYPE, "bad-type", "its Content-Type is none: taken as text/plain"},
	{MIME_BAD_PARAMETER, "bad-parameter", "a parameter of its headers is broken"},
	{MIME_TWICE, "twice",
		"a header or parameter is there twice: the first counts here, with others the "
		"last"},
	{MIME_ENCODED, "encoded",
		"a container of parts in an encoding, which the standard forbids"},
	{MIME_BAD_ENCODING, "bad-encoding", "its Content-Transfer-Encoding is none"},
	{MIME_BAD_BASE64, "bad-base64", "what should be base64 is not, or not all of it"},
	{MIME_BAD_QUOTED, "bad-quoted", "what should be quoted-printable is not, or not all of it"},
	{MIME_BAD_CHARSET, "bad-charset",
		"its charset is not known here: bytes beyond ASCII are a guess"},
	{MIME_OTHER_CHARSET, "other-charset",
		"it holds bytes that are none of the charset it names"},
	{MIME_OTHER_TYPE, "other-type", "its bytes are not of the type it names"},
	{MIME_CUT, "cut", "it is longer than what is looked at"},
};

const char *mime_warning_text(enum mime_warning bit)
{
	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++)
		if (warnings[i].bit == bit)
			return warnings[i].text;
	return NULL;
}

const char *mime_warning_name(enum mime_warning bit)
{
	for (size_t i = 0; i < sizeof(warnings) / sizeof(*warnings); i++)
		if (warnings[i].bit == bit)
			return warnings[i].name;
	return NULL;
}

/* The multipart that is the body of a message: its parts are counted as the message's own. */
static bool is_body_of_message(const struct mime *mime, const struct mime_part *part)
{
	bool alone = part->parent == MIME_NONE || mime_is_message(&mime->parts[part->parent]);
	return alone && part->container && mime_is(part, SLICE("multipart/"));
}

void mime_number(const struct mime *mime, uint32_t part, struct buf *out)
{
	uint32_t path[LIMIT_MIME_DEPTH + 1];
	unsigned n = 0;

	if (is_body_of_message(mime, &mime->parts[part]))
		return;
	for (uint32_t i = part; i != MIME_NONE; i = mime->parts[i].parent)
		if (!is_body_of_message(mime, &mime->parts[i]))
			path[n++] = mime->parts[i].index;
	while (n-- > 0)
		buf_printf(out, "%u%s", path[n], n ? "." : "");
}

uint32_t mime_find(const struct mime *mime, struct slice number)
{
	struct buf mine = {0};
	uint32_t found = MIME_NONE;

	for (uint32_t i = 0; i < mime->count && found == MIME_NONE && number.len; i++) {
		buf_reset(&mine);
		mime_number(mime, i, &mine);
		if (slice_eq(buf_slice(&mine), number))
			found = i;
	}
	buf_free(&mine);
	return found;
}
