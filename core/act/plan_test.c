#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/act/plan.h"

enum { MANY = 5000 }; /* more than the first room for items */

static void add_row(struct snap *snap, unsigned spool, const char *id, int64_t size)
{
	struct record record = record_unknown();

	record.queue_id = slice_cstr(id);
	record.queue_name = SLICE("deferred");
	record.queue = 3;
	record.state = STATE_DEFERRED;
	record.inode = UINT64_MAX - 7;
	record.identity = UINT64_MAX;
	record.size = size;
	record.usec = size < 0 ? -1 : 7;
	record.first_id = record.queue_id;
	snap_add(snap, spool, &record);
}

static void takes_the_rows_that_were_selected(void **state)
{
	static const struct need need = {.parts = NEED_IDENTITY | NEED_LINEAGE};
	const struct format format = {.name = "any"};
	struct spool spools[2] = {{.format = &format}, {.format = &format, .number = 1}};
	const struct spool *list[] = {&spools[0], &spools[1]};
	struct plan plan = {0};
	struct snap snap;
	(void)state;

	snap_init(&snap, list, 2, &need);
	add_row(&snap, 0, "FIRST", 100);
	add_row(&snap, 0, "SECOND", 200);
	add_row(&snap, 1, "THIRD", -1);
	struct bitset rows = bitset_new(snap.rows);
	plan_add_rows(&plan, &snap, &rows);
	assert_int_equal(plan.count, 0);
	bitset_set(&rows, 0);
	bitset_set(&rows, 2);
	plan_add_rows(&plan, &snap, &rows);
	int64_t digest = snap_wide(&snap, WIDE_DIGEST, 2);
	bitset_free(&rows);
	snap_free(&snap); /* the plan has copies of all it needs */

	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.head.items, 2);
	const struct journal_item *items = plan.items;
	assert_true(slice_eq(items[0].id, SLICE("FIRST")));
	assert_int_equal(items[0].size, 100);
	assert_int_equal(items[0].spool, 0);
	assert_true(slice_eq(items[1].id, SLICE("THIRD")));
	assert_int_equal(items[1].spool, 1);
	assert_int_equal(items[1].queue, 3);
	assert_true(items[1].inode == UINT64_MAX - 7);
	assert_true(items[1].identity == UINT64_MAX);
	assert_true(items[1].digest == (uint64_t)digest && digest != 0);
	assert_int_equal(items[1].size, -1);
	assert_true(items[0].digest != items[1].digest);
	assert_true(items[0].lineage != 0 && items[1].lineage == 0);
	plan_free(&plan);
	assert_int_equal(plan.count, 0);
	assert_null(plan.items);
}

static void copies_ids_and_grows(void **state)
{
	struct plan plan = {0};
	char id[16];
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "ID%u", i); /* the same room each time */
		plan_add(&plan,
			&(struct journal_item){
				.id = slice_cstr(id), .inode = i, .queue = i % 7, .size = -1});
	}
	assert_int_equal(plan.count, MANY);
	assert_int_equal(plan.head.items, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "ID%u", i);
		assert_true(slice_eq(plan.items[i].id, slice_cstr(id)));
		assert_int_equal(plan.items[i].id.ptr[plan.items[i].id.len], '\0');
		assert_int_equal(plan.items[i].inode, i);
		assert_int_equal(plan.items[i].queue, i % 7);
	}
	plan_free(&plan);
}

/* A trash is scanned in place of its queue, which the plan is about. */
static void names_the_queue_of_a_trash(void **state)
{
	static const struct need need = {.parts = NEED_IDENTITY};
	const struct format format = {.name = "any"};
	const struct spool queue = {.format = &format, .number = 7};
	const struct spool trash = {.format = &format, .view_of = &queue};
	const struct spool *list[] = {&trash};
	struct snap snap;
	(void)state;

	snap_init(&snap, list, 1, &need);
	add_row(&snap, 0, "FIRST", 100);
	assert_int_equal(plan_item(&snap, 0).spool, 7);
	snap_free(&snap);
}

static void takes_over_what_a_log_has(void **state)
{
	struct journal_log log = {.nitems = 2};
	struct plan plan = {0};
	(void)state;

	log.items = calloc(2, sizeof(*log.items));
	assert_non_null(log.items);
	log.items[1].id = arena_copy(&log.arena, SLICE("SECOND"));
	plan_take(&plan, &log);
	journal_log_free(&log);
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.head.items, 2);
	assert_true(slice_eq(plan.items[1].id, SLICE("SECOND")));
	plan_add(&plan, &(struct journal_item){.id = SLICE("THIRD")});
	assert_int_equal(plan.count, 3);
	assert_true(slice_eq(plan.items[2].id, SLICE("THIRD")));
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_rows_that_were_selected),
		cmocka_unit_test(copies_ids_and_grows),
		cmocka_unit_test(names_the_queue_of_a_trash),
		cmocka_unit_test(takes_over_what_a_log_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
