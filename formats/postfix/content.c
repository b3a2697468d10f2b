#include "formats/postfix/content.h"

#include "core/queue/record.h"
#include "formats/postfix/records.h"

/* Where lines go. */
struct text {
	char *to;
	char *end; /* of the room */
	const char *line;
	bool stops; /* behind the first empty line */
};

/* Ends the line; true when no more is wanted. */
static bool end_line(struct text *text)
{
	bool empty = text->to == text->line;
	*text->to++ = '\n';
	text->line = text->to;
	return empty && text->stops;
}

/*
 * Copies records as long as they lie in the memory of the window: nearly all of a message,
 * a line each. What is in any way unusual is left to copy_lines. True when no more is wanted.
 */
static bool copy_plain(struct records *records, struct text *text)
{
	struct slice piece = window_piece(records->window, records->at);
	const uint8_t *begin = (const uint8_t *)piece.ptr, *at = begin, *end = begin + piece.len;
	bool done = false;

	while (!done && end - at >= 3 && (at[0] == 'N' || at[0] == 'L')) {
		bool is_long = at[1] & 0x80;
		size_t head = is_long ? 3 : 2;
		size_t length = is_long ? (at[1] & 0x7fu) | (size_t)at[2] << 7 : at[1];
		if ((is_long && at[2] & 0x80) || (size_t)(end - at) < head + length ||
			(size_t)(text->end - text->to) < length + 1)
			break;
		memcpy(text->to, at + head, length);
		text->to += length;
		done = at[0] == 'N' && end_line(text);
		at += head + length;
		records->count++;
	}
	records->at += (uint64_t)(at - begin);
	return done;
}

/* Fills the room; `full` is what it means when there is not enough. */
static uint32_t copy_lines(struct window *window, const struct envelope *envelope,
	enum warning full, struct text *text)
{
	struct records records;
	struct record_view view;

	records_start(&records, window, envelope->data_offset);
	records.unlimited = true;
	while (!copy_plain(&records, text) && records_next(&records, &view) && view.type != 'X') {
		if (view.type == 'w')
			continue;
		if (view.type != 'N' && view.type != 'L') {
			records.warnings |= WARN_BAD_RECORD;
			break;
		}
		if ((size_t)(text->end - text->to) < view.data.len + 1) {
			records.warnings |= full;
			break;
		}
		memcpy(text->to, view.data.ptr, view.data.len);
		text->to += view.data.len;
		if (view.type == 'N' && end_line(text))
			break;
	}
	return records.warnings;
}

/* Each record is longer than what it adds: more than the file is a loop of pointers. */
static size_t most_of(const struct window *window, size_t limit, enum warning *full)
{
	bool loops = window->size < limit;
	*full = loops ? WARN_BAD_POINTER : WARN_TOO_MANY;
	return loops ? (size_t)window->size : limit;
}

uint32_t content_read(struct window *window, const struct envelope *envelope, bool headers_only,
	size_t limit, struct buf *out)
{
	enum warning full;
	size_t most = most_of(window, limit, &full);

	if (!envelope->data_offset)
		return WARN_TRUNCATED;
	char *room = buf_room(out, most);
	struct text text = {.to = room, .end = room + most, .line = room, .stops = headers_only};
	uint32_t odd = copy_lines(window, envelope, full, &text);
	out->len += (size_t)(text.to - room);
	return odd;
}

struct slice content_headers(struct window *window, const struct envelope *envelope, size_t limit,
	struct arena *arena, uint32_t *odd)
{
	enum warning full;
	size_t most = most_of(window, limit, &full);

	char *room = arena_alloc(arena, most);
	struct text text = {.to = room, .end = room + most, .line = room, .stops = true};
	*odd = copy_lines(window, envelope, full, &text);
	size_t length = (size_t)(text.to - room);
	arena_trim(arena, room, most, length);
	return slice_of(room, length);
}

struct content content_whole(
	struct window *window, const struct envelope *envelope, struct arena *arena)
{
	enum warning full;
	size_t most = most_of(window, LIMIT_BODY_READ, &full);

	if (!envelope->data_offset)
		return (struct content){0};
	char *room = arena_alloc(arena, most);
	struct text text = {.to = room, .end = room + most, .line = room};
	uint32_t odd = copy_lines(window, envelope, full, &text);
	size_t length = (size_t)(text.to - room);
	arena_trim(arena, room, most, length);
	if (odd & ~(uint32_t)WARN_TOO_MANY)
		return (struct content){0};
	return (struct content){slice_of(room, length), odd != 0};
}
