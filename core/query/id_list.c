#include "core/query/id_list.h"

#include <errno.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/xalloc.h"

enum { CHUNK = 64 * 1024, FIRST_ID = INTERN_EMPTY + 1, SHOWN = 60 };

struct reading {
	struct id_list *list;
	const char *name;
	size_t line; /* from 1 */
	bool (*id_ok)(const void *ctx, struct slice id);
	const void *ctx;
};

/* mailq(1) prints it right behind the id. */
static struct slice without_mark(struct slice id)
{
	if (id.len && strchr("*!#", id.ptr[id.len - 1]) && id.ptr[id.len - 1])
		id.len--;
	return id;
}

static int take_line(struct reading *reading, struct slice line, struct err *err)
{
	struct slice text = slice_trim(line), id = without_mark(text);

	reading->line++;
	if (!text.len)
		return 0;
	if (!reading->id_ok(reading->ctx, id))
		return err_set(err, ERR_USAGE, 0,
			"%s, line %zu: '%.*s%s' is no queue id; a line has one id and nothing "
			"else, as spoolsweep list --ids prints them",
			reading->name, reading->line, SLICE_ARG(slice_upto(text, SHOWN)),
			text.len > SHOWN ? "..." : "");
	if (id_list_count(reading->list) == LIMIT_JOURNAL_ITEMS &&
		intern_find(&reading->list->ids, id) == INTERN_UNKNOWN)
		return err_set(err, ERR_LIMIT, 0,
			"%s, line %zu: more than %d ids are too many for one run", reading->name,
			reading->line, LIMIT_JOURNAL_ITEMS);
	intern_add(&reading->list->ids, id);
	return 0;
}

/* All whole lines of the window, and the rest of it too when nothing follows. */
static int take_lines(struct reading *reading, struct buf *window, bool last, struct err *err)
{
	struct slice rest = buf_slice(window), line;

	while (slice_index(rest, '\n') != SIZE_MAX) {
		slice_cut(rest, '\n', &line, &rest);
		if (take_line(reading, line, err) != 0)
			return -1;
	}
	if (rest.len > LIMIT_ID_LINE)
		return err_set(err, ERR_USAGE, 0, "%s, line %zu: too long for a queue id",
			reading->name, reading->line + 1);
	if (last)
		return take_line(reading, rest, err);
	memmove(window->ptr, rest.ptr, rest.len);
	window->len = rest.len;
	return 0;
}

int id_list_read(struct id_list *list, int fd, const char *name,
	bool (*id_ok)(const void *ctx, struct slice id), const void *ctx, struct err *err)
{
	struct reading reading = {list, name, 0, id_ok, ctx};
	struct buf window = {0};
	ssize_t got;
	int status = 0;

	intern_init(&list->ids);
	do {
		got = read(fd, buf_room(&window, CHUNK), CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			status = err_sys(err, "cannot read %s", name);
		else
			window.len += (size_t)got;
		if (got >= 0)
			status = take_lines(&reading, &window, got == 0, err);
	} while (status == 0 && got != 0);
	buf_free(&window);
	return status;
}

void id_list_free(struct id_list *list)
{
	intern_free(&list->ids);
}

uint32_t id_list_count(const struct id_list *list)
{
	return list->ids.count - FIRST_ID;
}

/* What is known of an id after a look at all rows. */
enum seen { SEEN_NOWHERE, SEEN_ELSEWHERE, SEEN_ONCE, SEEN_OFTEN };

static enum seen see(enum seen seen, bool among)
{
	if (!among)
		return seen == SEEN_NOWHERE ? SEEN_ELSEWHERE : seen;
	return seen < SEEN_ONCE ? SEEN_ONCE : SEEN_OFTEN;
}

void id_list_keep(const struct id_list *list, const struct snap *snap, struct bitset *rows,
	struct id_list_left *left)
{
	uint8_t *seen = xcalloc(list->ids.count, sizeof(*seen)); /* by id of the list: enum seen */
	struct bitset kept = bitset_new(snap->rows);

	*left = (struct id_list_left){0};
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t id = intern_find(&list->ids, snap_text(snap, COL_QUEUE_ID, row));
		if (id >= FIRST_ID)
			seen[id] = (uint8_t)see((enum seen)seen[id], bitset_has(rows, row));
	}
	for (size_t row = bitset_next(rows, 0); row != SIZE_MAX; row = bitset_next(rows, row + 1))
		if (seen[intern_find(&list->ids, snap_text(snap, COL_QUEUE_ID, (uint32_t)row))] ==
			SEEN_ONCE)
			bitset_set(&kept, row);
	for (uint32_t id = FIRST_ID; id < list->ids.count; id++) {
		left->missing += seen[id] == SEEN_NOWHERE;
		left->unmatched += seen[id] == SEEN_ELSEWHERE;
		left->ambiguous += seen[id] == SEEN_OFTEN;
	}
	bitset_free(rows);
	*rows = kept;
	free(seen);
}
