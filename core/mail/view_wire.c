#include "core/mail/view_wire.h"

/* ---- what is written ---- */

void view_put_header(struct buf *out, const struct view_header *header)
{
	wire_put_number(out, WIRE_MORE);
	wire_put_text(out, header->name);
	wire_put_text(out, header->value);
}

void view_put_headers_end(struct buf *out, bool cut)
{
	wire_put_number(out, WIRE_END);
	wire_put_number(out, cut);
}

void view_put_part(struct buf *out, const struct view_part *part)
{
	wire_put_number(out, WIRE_MORE);
	wire_put_text(out, part->number);
	wire_put_number(out, part->depth);
	wire_put_number(out, part->container);
	wire_put_number(out, part->warnings);
	wire_put_text(out, part->type);
	wire_put_text(out, part->real_type);
	wire_put_text(out, part->charset);
	wire_put_text(out, part->encoding);
	wire_put_text(out, part->disposition);
	wire_put_text(out, part->filename);
	wire_put_number(out, part->bytes);
	wire_put_text(out, part->sha256);
	wire_put_text(out, part->text);
	wire_put_number(out, part->text_cut);
}

void view_put_end(struct buf *out)
{
	wire_put_number(out, WIRE_END);
}

void view_put_request(struct buf *out, enum view_want want, struct slice part, struct slice message)
{
	wire_put_number(out, want);
	wire_put_text(out, part);
	buf_add(out, message);
}

bool view_read_request(
	struct slice request, enum view_want *want, struct slice *part, struct slice *message)
{
	struct wire wire = {.rest = request};

	*want = (enum view_want)wire_count(&wire, VIEW_TEXT);
	*part = wire_text(&wire);
	*message = wire.rest;
	return !wire.bad;
}

/* ---- what is read, and not believed ---- */

static struct slice known_text(struct wire *wire)
{
	struct slice text = wire_text(wire);
	wire->bad |= !slice_known(text);
	return text;
}

static void read_header(struct wire *wire, struct view_header *header)
{
	header->name = known_text(wire);
	header->value = known_text(wire);
}

/* Numbers go into lines to paste. */
static struct slice part_number(struct wire *wire)
{
	struct slice number = known_text(wire);
	for (size_t i = 0; i < number.len; i++)
		wire->bad |= !ascii_is_digit(number.ptr[i]) && number.ptr[i] != '.';
	return number;
}

static void read_part(struct wire *wire, struct view_part *part)
{
	part->number = part_number(wire);
	part->depth = wire_count(wire, LIMIT_MIME_DEPTH);
	part->container = wire_count(wire, 1);
	part->warnings = wire_count(wire, UINT32_MAX);
	part->type = known_text(wire);
	part->real_type = wire_text(wire);
	part->charset = wire_text(wire);
	part->encoding = wire_text(wire);
	part->disposition = wire_text(wire);
	part->filename = wire_text(wire);
	part->bytes = wire_number(wire);
	part->sha256 = wire_text(wire);
	part->text = wire_text(wire);
	part->text_cut = wire_count(wire, 1);
	wire->bad |= part->bytes < 0;
}

/* Room for one more in a list of `count`, each of `size` bytes. */
static void *more(struct arena *arena, void *list, uint32_t count, size_t size)
{
	if (count & (count - 1))
		return list; /* it grows at 0, 1, 2, 4 ... to twice as many */
	void *grown = arena_alloc(arena, (count ? 2 * (size_t)count : 1) * size);
	if (count)
		memcpy(grown, list, count * size);
	return grown;
}

bool view_read(struct arena *arena, struct slice answer, struct view *view)
{
	struct wire wire = {.rest = answer};

	*view = (struct view){0};
	while (wire_count(&wire, WIRE_MORE) == WIRE_MORE) {
		wire.bad |= view->nheaders == LIMIT_VIEW_HEADERS;
		view->headers = more(arena, view->headers, view->nheaders, sizeof(*view->headers));
		read_header(&wire, &view->headers[view->nheaders++]);
	}
	view->headers_cut = wire_count(&wire, 1);
	while (wire_count(&wire, WIRE_MORE) == WIRE_MORE) {
		wire.bad |= view->nparts == LIMIT_MIME_PARTS;
		view->parts = more(arena, view->parts, view->nparts, sizeof(*view->parts));
		read_part(&wire, &view->parts[view->nparts++]);
	}
	if (!wire.bad && !wire.rest.len && view->nparts)
		return true;
	*view = (struct view){0};
	return false;
}
