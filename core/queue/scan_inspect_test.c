/* A second pass for some rows, over a driver without files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>

#include "core/queue/scan.h"

enum { UNITS = 500 };

/*
 * Its content is its name. A unit may have left ('g'), not be read in the pass ('m', as a message
 * that moves between two folders), be damaged ('d'): then its content is unknown.
 */
struct stub {
	char names[UNITS][8];
	unsigned read; /* atomic: how often content was read */
	bool second;   /* the second pass */
};

static int stub_walk(
	const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err)
{
	struct stub *stub = spool->data;
	struct folder *folder =
		folder_new(spool, open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, "x");
	(void)since, (void)err;

	for (uint64_t i = 0; i < UNITS; i++) {
		struct unit unit = {slice_cstr(stub->names[i]), i + 1, 0};
		if (!(stub->second && stub->names[i][0] == 'm'))
			sink->units(sink, folder, &unit, 1);
	}
	folder_release(folder);
	return 0;
}

static enum severity read_one(struct stub *stub, const struct unit *unit, const struct need *need,
	struct arena *arena, struct record *record)
{
	*record = record_unknown();
	record->queue_id = unit->name;
	record->inode = unit->inode;
	if (!need->inspector)
		return SEV_OK;
	__atomic_fetch_add(&stub->read, 1, __ATOMIC_RELAXED);
	if (unit->name.ptr[0] == 'g')
		return SEV_GONE;
	if (unit->name.ptr[0] != 'd')
		record->content.text = arena_copy(arena, unit->name);
	return SEV_OK;
}

static enum severity stub_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	(void)err;
	return read_one(folder->spool->data, unit, need, arena, record);
}

static enum severity stub_find(const struct spool *spool, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	(void)err;
	return read_one(spool->data, unit, need, arena, record);
}

static const struct format format = {
	.name = "stub", .walk = stub_walk, .read = stub_read, .find_id = stub_find};

/* Answers whether the name ends in '1'. */
static void *begin(const struct inspector *inspector)
{
	return (void *)inspector;
}

static void end(void *work)
{
	(void)work;
}

static uint32_t answer(void *work, const struct content *content)
{
	struct slice text = content->text;
	(void)work;
	if (!slice_known(text))
		return answer_put(ANSWER_UNKNOWN, 0);
	return answer_put(text.ptr[text.len - 1] == '1' ? ANSWER_YES : ANSWER_NO, 0);
}

static const struct inspector inspector = {begin, end, answer};

struct place {
	struct stub stub;
	struct spool spool;
	struct spool *list[1];
	struct spools spools;
	struct scan scan;
};

static void set_up(struct place *place, const char *letters, const struct need *need)
{
	struct scan_options options = {0};
	struct err err;

	*place = (struct place){.spool = {.format = &format}};
	place->spool.data = &place->stub;
	place->list[0] = &place->spool;
	place->spools = (struct spools){.list = place->list, .count = 1};
	for (unsigned i = 0; i < UNITS; i++)
		snprintf(place->stub.names[i], sizeof(place->stub.names[i]), "%c%u",
			letters[i % strlen(letters)], i);
	assert_int_equal(scan_run(&place->scan, &place->spools, need, &options, &err), 0);
}

static enum answer answer_of_row(const struct place *place, uint32_t row)
{
	return answer_get(snap_col(&place->scan.snap, COL_ANSWERS, row), 0);
}

/* Rows come in any order: what is expected of one is told by its name. */
static enum answer expected(const struct place *place, uint32_t row)
{
	struct slice id = snap_text(&place->scan.snap, COL_QUEUE_ID, row);
	if (*id.ptr == 'g' || *id.ptr == 'd')
		return ANSWER_UNKNOWN;
	return id.ptr[id.len - 1] == '1' ? ANSWER_YES : ANSWER_NO;
}

static void only_the_rows_asked_for_are_read(void **state)
{
	static struct place place;
	struct scan_options options = {0};
	struct need need = {0};
	struct err err;
	unsigned wanted = 0;
	(void)state;

	set_up(&place, "omgd", &need);
	assert_int_equal(place.scan.snap.rows, UNITS);
	assert_int_equal(place.stub.read, 0);
	place.stub.second = true;
	struct bitset rows = bitset_new(UNITS);
	for (uint32_t row = 0; row < UNITS; row += 3, wanted++)
		bitset_set(&rows, row);
	assert_int_equal(
		scan_inspect(&place.scan, &place.spools, &rows, &inspector, &options, &err), 0);
	for (uint32_t row = 0; row < UNITS; row++)
		assert_int_equal(answer_of_row(&place, row),
			bitset_has(&rows, row) ? expected(&place, row) : ANSWER_UNREAD);
	assert_true(place.scan.complete);
	/* What was gone was looked for once more; nothing else was read twice. */
	assert_true(place.stub.read >= wanted && place.stub.read <= wanted + UNITS / 4);
	bitset_free(&rows);
	scan_free(&place.scan);
}

static void content_is_asked_about_in_the_scan_itself(void **state)
{
	static struct place place;
	struct need need = {.inspector = &inspector};
	(void)state;

	set_up(&place, "od", &need);
	assert_int_equal(place.scan.snap.rows, UNITS);
	for (uint32_t row = 0; row < UNITS; row++)
		assert_int_equal(answer_of_row(&place, row), expected(&place, row));
	assert_int_equal(place.stub.read, UNITS);
	scan_free(&place.scan);
}

static void an_interrupt_ends_it(void **state)
{
	static struct place place;
	volatile sig_atomic_t interrupted = 1;
	struct scan_options options = {.interrupted = &interrupted};
	struct need need = {0};
	struct err err;
	(void)state;

	set_up(&place, "m", &need);
	place.stub.second = true;
	struct bitset rows = bitset_new(UNITS);
	bitset_set(&rows, 7);
	assert_int_equal(
		scan_inspect(&place.scan, &place.spools, &rows, &inspector, &options, &err), 0);
	assert_false(place.scan.complete);
	assert_int_equal(place.stub.read, 0);
	bitset_free(&rows);
	scan_free(&place.scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_rows_asked_for_are_read),
		cmocka_unit_test(content_is_asked_about_in_the_scan_itself),
		cmocka_unit_test(an_interrupt_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
