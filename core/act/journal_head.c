#include "core/act/journal_head.h"

#include <inttypes.h>
#include <limits.h>

#include "core/act/journal_names.h"
#include "core/base/limits.h"
#include "core/base/units.h"

enum kind {
	KIND_VERSION,
	KIND_OP,
	KIND_YES,      /* bool */
	KIND_UNSIGNED, /* 0 is none */
	KIND_NUMBER,   /* int64_t; -1 is unknown */
	KIND_TIME,
	KIND_TEXT,
	KIND_CUT_TEXT,
};

/* The lines before the spools. */
static const struct line {
	const char *key;
	enum kind kind;
	size_t offset; /* of the member of struct journal_head */
} lines[] = {
	{"spoolsweep-journal", KIND_VERSION, 0},
	{"run", KIND_UNSIGNED, offsetof(struct journal_head, number)},
	{"op", KIND_OP, offsetof(struct journal_head, op)},
	{"no-undo", KIND_YES, offsetof(struct journal_head, no_undo)},
	{"to-hold", KIND_YES, offsetof(struct journal_head, to_hold)},
	{"undoes", KIND_UNSIGNED, offsetof(struct journal_head, undoes)},
	{"started", KIND_TIME, offsetof(struct journal_head, started)},
	{"filter", KIND_TEXT, offsetof(struct journal_head, filter)},
	{"ids-from", KIND_CUT_TEXT, offsetof(struct journal_head, ids_from)},
	{"ids", KIND_UNSIGNED, offsetof(struct journal_head, ids)},
	{"reason", KIND_CUT_TEXT, offsetof(struct journal_head, reason)},
	{"command", KIND_CUT_TEXT, offsetof(struct journal_head, command)},
	{"uid", KIND_NUMBER, offsetof(struct journal_head, uid)},
	{"login-uid", KIND_NUMBER, offsetof(struct journal_head, login_uid)},
	{"sudo-user", KIND_TEXT, offsetof(struct journal_head, sudo_user)},
};

enum { LINES = sizeof(lines) / sizeof(*lines) };

static void put_time(struct buf *out, int64_t time)
{
	time = time < 0 ? 0 : time;
	buf_addc(out, '\t');
	units_rfc3339(out, time > LIMIT_TIME ? LIMIT_TIME : time);
}

static void put_line(struct buf *out, const struct line *line, const struct journal_head *head)
{
	const void *member = (const char *)head + line->offset;
	int64_t run;

	buf_add(out, slice_cstr(line->key));
	switch (line->kind) {
	case KIND_VERSION:
		journal_put_number(out, JOURNAL_VERSION);
		break;
	case KIND_OP:
		journal_put_text(out, slice_cstr(op_name(*(const enum op *)member)));
		break;
	case KIND_YES:
		journal_put_text(out, *(const bool *)member ? SLICE("yes") : SLICE("no"));
		break;
	case KIND_UNSIGNED:
		run = *(const unsigned *)member;
		journal_put_number(out, run ? run : -1);
		break;
	case KIND_NUMBER:
		journal_put_number(out, *(const int64_t *)member);
		break;
	case KIND_TIME:
		put_time(out, *(const int64_t *)member);
		break;
	case KIND_TEXT:
		journal_put_text(out, *(const struct slice *)member);
		break;
	case KIND_CUT_TEXT:
		journal_put_text(out, slice_upto(*(const struct slice *)member, LIMIT_VALUE));
		break;
	}
	buf_addc(out, '\n');
}

void journal_put_head(struct buf *out, const struct journal_head *head)
{
	for (size_t i = 0; i < LINES; i++)
		put_line(out, &lines[i], head);
	buf_printf(out, "spools\t%u\n", head->nspools);
	for (unsigned i = 0; i < head->nspools; i++) {
		buf_printf(out, "spool\t%u", i);
		journal_put_text(out, slice_cstr(head->spools[i].format->name));
		journal_put_text(out, head->spools[i].path);
		buf_addc(out, '\n');
	}
	buf_printf(out, "items\t%" PRIu32 "\n", head->items);
}

static bool get_unsigned(struct slice value, unsigned *run)
{
	int64_t v;

	if (!journal_get_number(value, &v) || v == 0 || v > UINT_MAX)
		return false;
	*run = v < 0 ? 0 : (unsigned)v;
	return true;
}

static bool get_time(struct slice value, int64_t *time)
{
	return units_parse_time(value, time) && *time >= 0 && *time <= LIMIT_TIME;
}

static bool get_yes(struct slice value, bool *yes)
{
	*yes = slice_eq(value, SLICE("yes"));
	return *yes || slice_eq(value, SLICE("no"));
}

static bool get_value(
	struct arena *arena, const struct line *line, struct slice value, struct journal_head *head)
{
	void *member = (char *)head + line->offset;
	uint64_t version;

	switch (line->kind) {
	case KIND_VERSION:
		return journal_get_count(value, JOURNAL_VERSION, &version) &&
			version == JOURNAL_VERSION;
	case KIND_OP:
		return op_find(value, member);
	case KIND_YES:
		return get_yes(value, member);
	case KIND_UNSIGNED:
		return get_unsigned(value, member);
	case KIND_NUMBER:
		return journal_get_number(value, member);
	case KIND_TIME:
		return get_time(value, member);
	case KIND_TEXT:
	case KIND_CUT_TEXT:
		return journal_get_text(arena, value, member);
	}
	return false;
}

static const char *get_line(struct arena *arena, const struct line *line,
	const struct journal_fields *fields, struct journal_head *head)
{
	if (fields->count != 2 || !slice_eq(fields->list[0], slice_cstr(line->key)))
		return line->kind == KIND_VERSION ? "this is no journal of spoolsweep"
						  : "this is not the line of the head that is due";
	if (get_value(arena, line, fields->list[1], head))
		return NULL;
	return line->kind == KIND_VERSION
		? "another version of spoolsweep wrote this journal: read it with that one"
		: "this line of the head has a value that makes no sense";
}

static bool get_count(
	const struct journal_fields *fields, struct slice key, uint64_t most, uint64_t *count)
{
	return fields->count == 2 && slice_eq(fields->list[0], key) &&
		journal_get_count(fields->list[1], most, count);
}

static const char *get_spools(
	struct arena *arena, const struct journal_fields *fields, struct journal_head *head)
{
	uint64_t count;

	if (!get_count(fields, SLICE("spools"), LIMIT_SPOOLS, &count))
		return "this is not the number of queues";
	head->nspools = (unsigned)count;
	head->spools = arena_alloc(arena, sizeof(*head->spools) * count);
	return NULL;
}

static const char *get_spool(struct arena *arena, const struct format *const *formats,
	unsigned number, const struct journal_fields *fields, struct journal_head *head)
{
	struct journal_spool *spool = &head->spools[number];
	struct slice format;
	uint64_t named;

	if (fields->count != 4 || !slice_eq(fields->list[0], SLICE("spool")) ||
		!journal_get_count(fields->list[1], LIMIT_SPOOLS, &named) || named != number ||
		!journal_get_text(arena, fields->list[2], &format) ||
		!journal_get_text(arena, fields->list[3], &spool->path))
		return "this is not the queue that is due";
	spool->format = formats ? format_find(formats, format) : NULL;
	return formats && !spool->format
		? "this is the queue of a mail server that this version of spoolsweep does not know"
		: NULL;
}

const char *journal_get_head(struct arena *arena, const struct format *const *formats, unsigned *at,
	const struct journal_fields *fields, struct journal_head *head)
{
	unsigned now = (*at)++;
	uint64_t items;

	if (now < LINES)
		return get_line(arena, &lines[now], fields, head);
	if (now == LINES)
		return get_spools(arena, fields, head);
	if (now - LINES - 1 < head->nspools)
		return get_spool(arena, formats, now - LINES - 1, fields, head);
	if (!get_count(fields, SLICE("items"), LIMIT_JOURNAL_ITEMS, &items))
		return "this is not the number of messages";
	head->items = (uint32_t)items;
	return NULL;
}

bool journal_head_whole(unsigned at, const struct journal_head *head)
{
	return at > LINES + 1 + head->nspools;
}
