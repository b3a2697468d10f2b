#include "core/verdict/remedy_lines.h"

#include "core/base/buf.h"
#include "core/base/shell.h"

enum { WORDS_A_LINE = 20 };

size_t remedy_place_read(struct slice s, struct remedy_place *place)
{
	size_t end = slice_index(s, '}');

	if (!s.len || s.ptr[0] != '{' || end == SIZE_MAX)
		return 0;
	struct slice name = slice_of(s.ptr + 1, end - 1);
	place->between = NULL;
	if (slice_ends_fold(name, SLICE("..."))) {
		name.len -= 3;
		place->between = " ";
	}
	if (place->between && slice_ends_fold(name, SLICE(","))) {
		name.len--;
		place->between = ", ";
	}
	for (unsigned kind = 0; kind < REMEDY_VALUES; kind++) {
		place->kind = (enum remedy_value)kind;
		if (slice_eq(name, slice_cstr(remedy_value_name(place->kind))))
			return end + 1;
	}
	return 0;
}

/* The first value that a line names; false when it names none. */
static bool find_place(struct slice line, struct remedy_place *place)
{
	for (; line.len; line = slice_from(line, 1))
		if (remedy_place_read(line, place))
			return true;
	return false;
}

/* Bytes of a {...} that is the same for the whole finding, 0 for anything else. */
static size_t read_fixed(struct slice s, const struct remedy_values *values, struct slice *text)
{
	const struct {
		struct slice name, text;
	} fixed[] = {
		{SLICE("{id}"), values->id},
		{SLICE("{config}"), values->config},
		{SLICE("{-c}"), values->config_option},
		{SLICE("{spool}"), values->spool},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (slice_starts(s, fixed[i].name)) {
			*text = fixed[i].text;
			return fixed[i].name.len;
		}
	return 0;
}

static void add_words(struct buf *out, const struct value_list *list,
	const struct remedy_place *place, size_t from, size_t count)
{
	for (size_t i = from; i < from + count && i < list->count; i++) {
		if (i > from)
			buf_add(out, slice_cstr(place->between));
		if (remedy_value_is_plain(place->kind))
			buf_add(out, list->values[i]);
		else
			shell_word(out, list->values[i]);
	}
}

/* The line with `count` values from number `from` on. */
static void write_line(struct remedy *remedy, struct slice line, const struct remedy_values *values,
	size_t from, size_t count)
{
	struct remedy_place place;
	struct slice text;
	struct buf out = {0};
	size_t used;

	for (; line.len; line = slice_from(line, used)) {
		if ((used = read_fixed(line, values, &text)) > 0) {
			buf_add(&out, text);
		} else if ((used = remedy_place_read(line, &place)) > 0) {
			add_words(&out, &values->of[place.kind], &place, from, count);
		} else {
			buf_addc(&out, line.ptr[0]);
			used = 1;
		}
	}
	remedy->commands[remedy->ncommands++] = arena_copy(values->arena, buf_slice(&out));
	buf_free(&out);
}

/* Whether a line needs the path of a folder that no line can hold. */
static bool is_unwritable(struct slice line, const struct remedy_values *values)
{
	struct slice text;

	for (; line.len; line = slice_from(line, 1))
		if (read_fixed(line, values, &text) && !slice_known(text))
			return true;
	return false;
}

/* What came of the lines of a step. */
struct tally {
	size_t asked, made; /* lines that name values, and those of them that were written */
	size_t unfit;       /* values that no line can hold */
	bool unwritable;    /* for a folder's name */
	struct slice note;
};

static void add_line(struct remedy *remedy, struct slice line, const struct remedy_values *values,
	struct tally *tally)
{
	struct remedy_place place;

	tally->unwritable = tally->unwritable || is_unwritable(line, values);
	if (!find_place(line, &place)) {
		write_line(remedy, line, values, 0, 0);
		return;
	}
	const struct value_list *list = &values->of[place.kind];
	size_t step = place.between ? WORDS_A_LINE : 1;
	tally->asked++;
	tally->made += list->count > 0;
	tally->unfit = list->unfit > tally->unfit ? list->unfit : tally->unfit;
	tally->note = list->note.len ? list->note : tally->note;
	for (size_t from = 0; from < list->count; from += step)
		write_line(remedy, line, values, from, step);
}

static struct slice step_text(const char *text, const struct tally *tally, struct arena *arena)
{
	struct buf out = {0};

	buf_add(&out, slice_cstr(text));
	if (tally->note.len)
		buf_printf(&out, " (%.*s)", SLICE_ARG(tally->note));
	if (tally->unfit)
		buf_printf(&out, " (%zu by hand, with characters that would be misread in a line)",
			tally->unfit);
	if (tally->unwritable)
		buf_add(&out, SLICE(" (by hand: a folder's name would be misread in a line)"));
	struct slice made = arena_copy(arena, buf_slice(&out));
	buf_free(&out);
	return made;
}

static size_t most_lines(const struct remedy_page *page, const struct remedy_values *values)
{
	struct remedy_place place;
	size_t most = 0;

	for (size_t i = 0; page->lines[i]; i++)
		most += find_place(slice_cstr(page->lines[i]), &place)
			? values->of[place.kind].count
			: 1;
	return most;
}

bool remedy_lines_fill(
	struct remedy *remedy, const struct remedy_page *page, const struct remedy_values *values)
{
	struct tally tally = {0};

	remedy->commands =
		arena_alloc(values->arena, most_lines(page, values) * sizeof(*remedy->commands));
	remedy->ncommands = 0;
	for (size_t i = 0; page->lines[i]; i++)
		add_line(remedy, slice_cstr(page->lines[i]), values, &tally);
	if (tally.asked && !tally.made && !tally.unfit)
		return false;
	if ((tally.asked && !tally.made) || tally.unwritable)
		remedy->ncommands = 0;
	remedy->text = step_text(page->text, &tally, values->arena);
	return true;
}
