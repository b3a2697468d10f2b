#include "core/mail/mime.h"

#include <stddef.h>

#include "core/mail/headers.h"
#include "core/mail/mime_head.h"

/* A part that is being read: all above it on the stack are inside it. */
struct open {
	uint32_t part;
	uint32_t parts;        /* found in it so far */
	struct slice boundary; /* of a multipart, else unknown */
	bool ended;            /* its last boundary was seen */
};

struct walk {
	struct arena *arena;
	struct mime *mime;
	uint32_t cap; /* of mime->parts */
	struct slice message;
	size_t at; /* the line that is looked at */
	size_t next;
	bool in_headers;     /* of the innermost part */
	size_t headers;      /* where they begin */
	unsigned boundaries; /* on the stack */
	unsigned depth;      /* of it */
	struct open stack[LIMIT_MIME_DEPTH + 1];
};

static struct mime_part *part_of(const struct walk *walk, const struct open *open)
{
	return &walk->mime->parts[open->part];
}

static struct open *innermost(struct walk *walk)
{
	return &walk->stack[walk->depth - 1];
}

static struct slice text_between(const struct walk *walk, size_t begin, size_t end)
{
	return slice_of(walk->message.ptr + begin, end - begin);
}

static size_t offset_of(const struct walk *walk, struct slice s)
{
	return (size_t)(s.ptr - walk->message.ptr);
}

/* ---- opening and closing ---- */

/* A part begins at walk->next; its headers come first. */
static void open_part(struct walk *walk)
{
	struct mime *mime = walk->mime;
	struct open *around = walk->depth ? innermost(walk) : NULL;

	if (mime->count == walk->cap) {
		struct mime_part *old = mime->parts;
		walk->cap = walk->cap ? walk->cap * 2 : 8;
		mime->parts = arena_alloc(walk->arena, walk->cap * sizeof(*mime->parts));
		if (mime->count)
			memcpy(mime->parts, old, mime->count * sizeof(*old));
	}
	mime->parts[mime->count] = (struct mime_part){
		.parent = around ? around->part : MIME_NONE,
		.index = around ? ++around->parts : 1,
		.depth = walk->depth,
	};
	walk->stack[walk->depth++] = (struct open){.part = mime->count++};
	walk->in_headers = true;
	walk->headers = walk->next;
}

static bool is_open_boundary(const struct walk *walk, struct slice boundary)
{
	for (unsigned i = 0; i < walk->depth; i++)
		if (slice_known(walk->stack[i].boundary) &&
			slice_eq(walk->stack[i].boundary, boundary))
			return true;
	return false;
}

/* Makes the innermost part a container, if it can be one. */
static void enter(struct walk *walk, struct mime_part *part, struct slice boundary)
{
	if (part->encoding != MIME_PLAIN) {
		part->warnings |= MIME_ENCODED;
		if (!slice_known(boundary))
			return;
		part->encoding = MIME_PLAIN; /* in a multipart it means nothing (RFC 2045, 6.4) */
	}
	if (part->depth == LIMIT_MIME_DEPTH) {
		part->warnings |= MIME_TOO_DEEP;
		return;
	}
	part->container = true;
	if (!slice_known(boundary))
		return;
	if (is_open_boundary(walk, boundary))
		part->warnings |= MIME_SAME_BOUNDARY;
	innermost(walk)->boundary = boundary;
	walk->boundaries++;
}

/* The headers of the innermost part end at `end`, its body begins at `body`. */
static void end_headers(struct walk *walk, size_t end, size_t body)
{
	struct mime_part *part = part_of(walk, innermost(walk));
	struct slice within = {0};

	walk->in_headers = false;
	part->headers = text_between(walk, walk->headers, end);
	part->body = text_between(walk, body, walk->message.len); /* close_part knows its end */
	if (part->parent != MIME_NONE)
		within = walk->mime->parts[part->parent].type;
	struct slice boundary = mime_read_head(walk->arena, within, part);
	if (slice_known(boundary) || mime_is_message(part))
		enter(walk, part, boundary);
}

/* The innermost part ends at `end`. */
static void close_part(struct walk *walk, size_t end)
{
	if (walk->in_headers)
		end_headers(walk, end, end);
	struct open *open = innermost(walk);
	struct mime_part *part = part_of(walk, open);
	part->body.len = end - offset_of(walk, part->body);
	if (slice_known(open->boundary)) {
		walk->boundaries--;
		part->warnings |= open->parts ? 0u : MIME_NO_PARTS;
		part->warnings |= open->ended ? 0u : MIME_NO_END;
	}
	part->container = open->parts > 0;
	walk->mime->warnings |= part->warnings;
	walk->depth--;
}

/* Where a part ends that a boundary follows: the line break before it belongs to that. */
static size_t before_break(const struct walk *walk, size_t begin)
{
	const char *text = walk->message.ptr;
	size_t end = walk->at;

	if (end > begin && text[end - 1] == '\n')
		end--;
	if (end > begin && text[end - 1] == '\r')
		end--;
	return end;
}

static void close_inside(struct walk *walk, const struct open *open)
{
	size_t end = 0; /* of the part inside: the one around it ends no earlier */

	while (innermost(walk) != open) {
		const struct mime_part *part = part_of(walk, innermost(walk));
		size_t begin = walk->in_headers ? walk->at : offset_of(walk, part->body);
		end = before_break(walk, begin > end ? begin : end);
		close_part(walk, end);
	}
}

/* ---- lines ---- */

enum boundary_kind { NO_BOUNDARY, BOUNDARY, LAST_BOUNDARY, LIKE_BOUNDARY };

/* What a line that starts with "--" is to a boundary. */
static enum boundary_kind boundary_kind(struct slice line, struct slice boundary)
{
	struct slice rest = slice_from(line, 2);

	if (!slice_starts(rest, boundary))
		return NO_BOUNDARY;
	rest = slice_trim(slice_from(rest, boundary.len));
	if (!rest.len)
		return BOUNDARY;
	return slice_eq(rest, SLICE("--")) ? LAST_BOUNDARY : LIKE_BOUNDARY;
}

/* The multipart whose boundary the line is: the innermost one. NULL when it is none. */
static struct open *find_boundary(struct walk *walk, struct slice line, enum boundary_kind *kind)
{
	struct mime_part *near = NULL;
	enum mime_warning odd = MIME_LIKE_BOUNDARY;

	for (unsigned i = walk->depth; i-- > 0;) {
		struct open *open = &walk->stack[i];
		*kind = slice_known(open->boundary) ? boundary_kind(line, open->boundary)
						    : NO_BOUNDARY;
		if (*kind == NO_BOUNDARY)
			continue;
		if (*kind != LIKE_BOUNDARY && !open->ended)
			return open;
		near = part_of(walk, open);
		odd = *kind == LIKE_BOUNDARY ? MIME_LIKE_BOUNDARY : MIME_AFTER_END;
	}
	if (near)
		near->warnings |= odd;
	return NULL;
}

/* False when no more parts can be opened. */
static bool at_boundary(struct walk *walk, struct open *open, enum boundary_kind kind)
{
	close_inside(walk, open);
	if (kind == LAST_BOUNDARY) {
		open->ended = true;
		return true;
	}
	if (walk->mime->count == LIMIT_MIME_PARTS) {
		part_of(walk, open)->warnings |= MIME_TOO_MANY;
		return false;
	}
	open_part(walk);
	return true;
}

static bool is_header(const struct walk *walk, struct slice line)
{
	struct header_field field;
	bool goes_on = *line.ptr == ' ' || *line.ptr == '\t';

	return goes_on ? walk->at > walk->headers : headers_next(&line, &field);
}

/* A line in the headers of the innermost part. */
static void header_line(struct walk *walk, struct slice line)
{
	if (is_header(walk, line))
		return;
	if (slice_trim(line).len)
		walk->next = walk->at; /* the line is text already */
	end_headers(walk, walk->at, walk->next);
	struct open *open = innermost(walk);
	struct mime_part *part = part_of(walk, open);
	if (walk->next == walk->at)
		part->warnings |= MIME_BAD_HEADER;
	if (part->container && !slice_known(open->boundary)) {
		if (walk->mime->count < LIMIT_MIME_PARTS)
			open_part(walk);
		else
			part->warnings |= MIME_TOO_MANY;
	}
}

/*
 * Where the next line that could be a boundary begins, from the line at `at` on. A hyphen is rarer
 * than a line end, and there is none in base64.
 */
static size_t next_dashes(struct slice text, size_t at)
{
	size_t begin = at;

	while (at < text.len) {
		const char *dash = memchr(text.ptr + at, '-', text.len - at);
		if (!dash)
			break;
		at = (size_t)(dash - text.ptr);
		if ((at == begin || dash[-1] == '\n') && at + 1 < text.len && dash[1] == '-')
			return at;
		at++;
	}
	return text.len;
}

static void walk_lines(struct walk *walk)
{
	struct slice text = walk->message;

	while (walk->next < text.len && (walk->in_headers || walk->boundaries)) {
		walk->at = walk->in_headers ? walk->next : next_dashes(text, walk->next);
		struct slice line = slice_from(text, walk->at);
		size_t feed = slice_index(line, '\n');
		line = slice_upto(line, feed == SIZE_MAX ? line.len : feed + 1);
		walk->next = walk->at + line.len;
		if (!line.len)
			break;

		enum boundary_kind kind;
		struct open *open =
			slice_starts(line, SLICE("--")) ? find_boundary(walk, line, &kind) : NULL;
		if (open) {
			if (!at_boundary(walk, open, kind))
				break;
		} else if (walk->in_headers) {
			header_line(walk, line);
		}
	}
}

void mime_parse(struct arena *arena, struct slice message, struct mime *mime)
{
	struct walk walk;

	if (!slice_known(message))
		message = SLICE("");
	*mime = (struct mime){0};
	memset(&walk, 0, offsetof(struct walk, stack));
	walk.arena = arena;
	walk.mime = mime;
	walk.message = message;
	open_part(&walk);
	walk_lines(&walk);
	while (walk.depth)
		close_part(&walk, message.len);
}
