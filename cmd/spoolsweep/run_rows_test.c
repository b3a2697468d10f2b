/* Which rows are the messages of a run: by digest and identity, after a requeue by lineage. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/spoolsweep/act.h"

enum { ARRIVED = 1700000000, SINCE = ARRIVED + 500 };

static const struct format format = {.name = "any"};
static const struct spool spool = {.format = &format};
static const struct spool *const spools[] = {&spool};
static const struct need need = {.parts = NEED_IDENTITY | NEED_CREATED | NEED_LINEAGE};

static struct record message(const char *id, const char *first, int32_t usec)
{
	struct record record = record_unknown();

	record.queue_id = slice_cstr(id);
	record.first_id = slice_cstr(first);
	record.queue = 3;
	record.state = STATE_SUBMITTED; /* where a requeue puts it */
	record.arrival = record.created = ARRIVED;
	record.usec = usec;
	return record;
}

static struct record requeued(const char *id, const char *first, int32_t usec)
{
	struct record record = message(id, first, usec);
	record.created = SINCE;
	record.state = STATE_INCOMING;
	return record;
}

static struct journal_item item_of(const struct record *record, unsigned queue)
{
	return (struct journal_item){
		.id = record->queue_id,
		.queue = queue,
		.identity = record->identity,
		.digest = record_digest(record),
		.lineage = record_lineage(record),
	};
}

static struct app begin(void)
{
	struct app app = {0};
	snap_init(&app.scan.snap, spools, 1, &need);
	return app;
}

/* After the last row: all are selected but those in `out`. */
static void select_rows(struct app *app, uint32_t out)
{
	uint32_t rows = app->scan.snap.rows;

	app->rows = bitset_new(rows);
	app->forgeable = bitset_new(rows);
	for (uint32_t row = 0; row < rows; row++)
		bitset_set(out >> row & 1 ? &app->forgeable : &app->rows, row);
}

static void end(struct app *app, uint32_t kept, uint32_t forgeable)
{
	assert_int_equal(app->rows.words[0], kept);
	assert_int_equal(app->forgeable.words[0], forgeable);
	bitset_free(&app->rows);
	bitset_free(&app->forgeable);
	snap_free(&app->scan.snap);
}

static void keeps_the_items(void **state)
{
	struct record a = message("A", "A", 1), b = message("B", "B", 2), c = message("C", "C", 3);
	struct record copy = a, gone = message("D", "D", 4), stranger = message("E", "E", 5);
	struct app app = begin();
	(void)state;

	a.identity = 11;
	copy.identity = 12; /* put back by hand: another file */
	snap_add(&app.scan.snap, 0, &copy);
	snap_add(&app.scan.snap, 0, &a);
	snap_add(&app.scan.snap, 0, &stranger);
	snap_add(&app.scan.snap, 0, &b);
	snap_add(&app.scan.snap, 0, &c);
	select_rows(&app, 1u << 3);
	const struct journal_item items[] = {
		item_of(&a, 1), item_of(&b, 2), item_of(&gone, 2), item_of(&c, 4)};
	assert_int_equal(act_keep_items(&app, items, 4, true), 1);
	assert_int_equal(app.scan.snap.small[1].queue, 1);
	assert_int_equal(app.scan.snap.small[4].queue, 4);
	end(&app, 1u << 1 | 1u << 4, 1u << 3);
}

static void nothing_is_kept_of_nothing(void **state)
{
	struct record a = message("A", "A", 1);
	struct app app = begin();
	uint32_t unsure;
	(void)state;

	snap_add(&app.scan.snap, 0, &a);
	select_rows(&app, 0);
	assert_int_equal(act_keep_items(&app, NULL, 0, true), 0);
	assert_int_equal(act_keep_requeued(&app, NULL, 0, 0, &unsure), 0);
	assert_int_equal(unsure, 0);
	end(&app, 0, 0);
}

/* The rows of a queue after a requeue of the items; which are kept, and what is said of the rest. */
static void check_requeued(const struct record *rows, uint32_t nrows, const struct record *olds,
	uint32_t nolds, uint32_t kept, uint32_t missing, uint32_t unsure)
{
	struct journal_item items[8];
	struct app app = begin();
	uint32_t said;

	for (uint32_t i = 0; i < nrows; i++)
		snap_add(&app.scan.snap, 0, &rows[i]);
	for (uint32_t i = 0; i < nolds; i++)
		items[i] = item_of(&olds[i], 4);
	select_rows(&app, 0);
	assert_int_equal(act_keep_requeued(&app, items, nolds, SINCE, &said), missing);
	assert_int_equal(said, unsure);
	for (uint32_t i = 0; i < nrows; i++)
		assert_int_equal(app.scan.snap.small[i].queue, 3); /* where it is now */
	end(&app, kept, 0);
}

static void follows_to_the_new_id(void **state)
{
	const struct record olds[] = {message("A", "A", 1), message("B", "FIRST", 2)};
	const struct record rows[] = {
		message("X", "X", 9), requeued("N", "A", 1), requeued("M", "FIRST", 2)};
	(void)state;

	check_requeued(rows, 3, olds, 2, 1u << 1 | 1u << 2, 0, 0);
	check_requeued(rows, 2, olds, 2, 1u << 1, 1, 0);
	check_requeued(rows, 1, olds, 2, 0, 2, 0);
	check_requeued(rows, 3, olds, 1, 1u << 1, 0, 0);
}

static void takes_what_is_in_maildrop_still(void **state)
{
	const struct record olds[] = {message("A", "A", 1)};
	struct record rows[] = {message("A", "A", 1), requeued("N", "A", 1)};
	(void)state;

	check_requeued(rows, 1, olds, 1, 1, 0, 0);
	/* pickup(8) was at it, and both are there now: both are of the run. */
	check_requeued(rows, 2, olds, 1, 3, 0, 0);
	/* The run died before it came to this one: it is there, and nothing to be taken back. */
	rows->state = STATE_DEFERRED;
	check_requeued(rows, 1, olds, 1, 0, 0, 0);
}

static void joins_nothing_that_is_not_certain(void **state)
{
	const struct record old[] = {message("A", "A", 1)};
	const struct record twice[] = {requeued("N", "A", 1), requeued("M", "A", 1)};
	const struct record still[] = {
		message("A", "A", 1), requeued("N", "A", 1), requeued("M", "A", 1)};
	const struct record copies[] = {message("A", "FIRST", 1), message("B", "FIRST", 1)};
	const struct record of_copies[] = {requeued("N", "FIRST", 1)};
	const struct record before[] = {message("N", "A", 1)};
	const struct record others[] = {requeued("N", "A", 2), requeued("M", "B", 1)};
	struct record nameless[] = {message("A", "A", 1)}, unnamed[] = {requeued("N", "A", 1)};
	(void)state;

	check_requeued(twice, 2, old, 1, 0, 0, 1);
	check_requeued(still, 3, old, 1, 1, 0, 1);
	check_requeued(of_copies, 1, copies, 2, 0, 0, 2);
	check_requeued(NULL, 0, copies, 2, 0, 2, 0);
	/* It was there before the run: a copy that somebody made. */
	check_requeued(before, 1, old, 1, 0, 1, 0);
	check_requeued(others, 2, old, 1, 0, 1, 0);
	nameless->first_id = (struct slice){0};
	check_requeued(unnamed, 1, nameless, 1, 0, 0, 1);
	unnamed->first_id = (struct slice){0};
	check_requeued(unnamed, 1, old, 1, 0, 1, 0);
	check_requeued(unnamed, 1, nameless, 1, 0, 0, 1);
	/* ... but where its file has not moved on it is known by that. */
	check_requeued(nameless, 1, nameless, 1, 1, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_items),
		cmocka_unit_test(nothing_is_kept_of_nothing),
		cmocka_unit_test(follows_to_the_new_id),
		cmocka_unit_test(takes_what_is_in_maildrop_still),
		cmocka_unit_test(joins_nothing_that_is_not_certain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
