#include "core/mail/mime_head.h"

#include "core/mail/headers.h"
#include "core/mail/param.h"

/* RFC 2046, 5.1.1. */
enum { LONGEST_BOUNDARY = 70 };

/* The values that tell the structure, unfolded: the first of each name. */
struct told {
	struct slice type, encoding, disposition;
	bool twice;
};

static struct told read_fields(struct arena *arena, struct slice headers)
{
	struct told told = {0};
	struct header_field field;

	while (headers_next(&headers, &field)) {
		struct slice *place = slice_eq_fold(field.name, SLICE("Content-Type")) ? &told.type
			: slice_eq_fold(field.name, SLICE("Content-Transfer-Encoding"))
			? &told.encoding
			: slice_eq_fold(field.name, SLICE("Content-Disposition"))
			? &told.disposition
			: NULL;
		if (place && slice_known(*place))
			told.twice = true;
		else if (place)
			*place = headers_unfold(arena, field.value);
	}
	return told;
}

static struct slice lower_copy(struct arena *arena, struct slice s)
{
	char *copy = arena_alloc(arena, s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(s.ptr[i]);
	return slice_of(copy, s.len);
}

static struct param parameter(
	struct arena *arena, struct mime_part *part, struct slice params, struct slice name)
{
	struct param param = param_get(arena, params, name);

	if (param.odd & PARAM_BROKEN)
		part->warnings |= MIME_BAD_PARAMETER;
	if (param.odd & PARAM_TWICE)
		part->warnings |= MIME_TWICE;
	return param;
}

/* Takes the type off *value; its parameters stay there. */
static void read_type(
	struct arena *arena, struct slice within, struct mime_part *part, struct slice *value)
{
	/* RFC 2046, 5.1.5: in a digest lie messages. */
	part->type = slice_eq(within, SLICE("multipart/digest")) ? SLICE("message/rfc822")
								 : SLICE("text/plain");
	if (!slice_known(*value))
		return;
	struct slice type = param_word(value);
	size_t slash = slice_index(type, '/');
	if (slash > 0 && slash < type.len - 1 && slash != SIZE_MAX) {
		part->type = lower_copy(arena, type);
	} else {
		part->type = SLICE("text/plain");
		part->warnings |= MIME_BAD_TYPE;
	}
}

static void read_encoding(struct mime_part *part, struct slice value)
{
	static const struct {
		const char *name;
		enum mime_encoding encoding;
	} encodings[] = {
		{"7bit", MIME_PLAIN},
		{"8bit", MIME_PLAIN},
		{"binary", MIME_PLAIN},
		{"base64", MIME_BASE64},
		{"quoted-printable", MIME_QUOTED_PRINTABLE},
	};
	if (!slice_known(value))
		return;
	struct slice word = param_word(&value);
	for (size_t i = 0; i < sizeof(encodings) / sizeof(*encodings); i++) {
		if (slice_eq_fold(word, slice_cstr(encodings[i].name))) {
			part->encoding = encodings[i].encoding;
			return;
		}
	}
	part->encoding = MIME_UNKNOWN_ENCODING;
	part->warnings |= MIME_BAD_ENCODING;
}

static void read_filename(struct arena *arena, struct mime_part *part, struct slice disposition,
	struct slice type_params)
{
	struct param name = parameter(arena, part, disposition, SLICE("filename"));
	if (!slice_known(name.value))
		name = parameter(arena, part, type_params, SLICE("name"));
	part->filename = name.value;
	part->filename_charset = name.charset;
}

static struct slice read_boundary(
	struct arena *arena, struct mime_part *part, struct slice type_params)
{
	struct slice boundary = parameter(arena, part, type_params, SLICE("boundary")).value;

	/* White space at its end could not be told from padding, which a line may have. */
	while (boundary.len && ascii_is_space(boundary.ptr[boundary.len - 1]))
		boundary.len--;
	if (boundary.len > LONGEST_BOUNDARY)
		part->warnings |= MIME_LONG_BOUNDARY;
	if (boundary.len)
		return boundary;
	part->warnings |= MIME_NO_BOUNDARY;
	return (struct slice){0};
}

struct slice mime_read_head(struct arena *arena, struct slice within, struct mime_part *part)
{
	struct told told = read_fields(arena, part->headers);

	if (told.twice)
		part->warnings |= MIME_TWICE;
	read_type(arena, within, part, &told.type);
	read_encoding(part, told.encoding);
	part->charset = parameter(arena, part, told.type, SLICE("charset")).value;
	if (slice_known(told.disposition))
		part->disposition = lower_copy(arena, param_word(&told.disposition));
	read_filename(arena, part, told.disposition, told.type);
	if (mime_is(part, SLICE("multipart/")))
		return read_boundary(arena, part, told.type);
	return (struct slice){0};
}

bool mime_is_message(const struct mime_part *part)
{
	return slice_eq(part->type, SLICE("message/rfc822")) ||
		slice_eq(part->type, SLICE("message/global"));
}
