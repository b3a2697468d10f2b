#include "core/mail/headers.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of the first line, its line feed included. */
static size_t line_length(struct slice text)
{
	size_t feed = slice_index(text, '\n');
	return feed == SIZE_MAX ? text.len : feed + 1;
}

/*
 * Length of the name if the line starts a field. As Postfix does, white space
 * between the name and its colon is let pass; *value is what stands behind.
 */
static size_t field_name(struct slice line, size_t *value)
{
	size_t len = 0;
	while (len < line.len && line.ptr[len] > ' ' && line.ptr[len] < 0x7f &&
		line.ptr[len] != ':')
		len++;
	size_t colon = len;
	while (colon < line.len && is_blank(line.ptr[colon]))
		colon++;
	if (colon == line.len || line.ptr[colon] != ':')
		return 0;
	*value = colon + 1;
	return len;
}

bool headers_next(struct slice *block, struct header_field *field)
{
	size_t end = line_length(*block), value = 0;
	size_t name = field_name(slice_upto(*block, end), &value);
	if (!name)
		return false;
	while (end < block->len && is_blank(block->ptr[end]))
		end += line_length(slice_from(*block, end));
	field->name = slice_upto(*block, name);
	field->value = slice_trim(slice_of(block->ptr + value, end - value));
	*block = slice_from(*block, end);
	return true;
}

struct slice headers_unfold(struct arena *arena, struct slice value)
{
	value = slice_trim(value);
	if (slice_index(value, '\n') == SIZE_MAX)
		return value;

	/* Trimmed, so there is a byte behind every line feed. */
	char *line = arena_alloc(arena, value.len);
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] != '\n') {
			line[len++] = value.ptr[i];
			continue;
		}
		if (len && line[len - 1] == '\r')
			len--;
		if (!is_blank(value.ptr[i + 1]))
			line[len++] = ' ';
	}
	arena_trim(arena, line, value.len, len);
	return slice_of(line, len);
}
