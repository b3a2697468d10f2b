#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/bqueue.h"

enum { PUTTERS = 4, TAKERS = 3, EACH = 5000 };

static void first_in_first_out(void **state)
{
	struct bqueue queue;
	int items[3];
	(void)state;
	bqueue_init(&queue, 3);
	for (int round = 0; round < 5; round++) {
		assert_true(bqueue_put(&queue, &items[0]));
		assert_true(bqueue_put(&queue, &items[1]));
		assert_ptr_equal(bqueue_take(&queue), &items[0]);
		assert_true(bqueue_put(&queue, &items[2]));
		assert_ptr_equal(bqueue_take(&queue), &items[1]);
		assert_ptr_equal(bqueue_take(&queue), &items[2]);
	}
	bqueue_free(&queue);
}

static void closed_drains_and_refuses(void **state)
{
	struct bqueue queue;
	int items[2];
	(void)state;
	bqueue_init(&queue, 2);
	assert_true(bqueue_put(&queue, &items[0]));
	assert_true(bqueue_put(&queue, &items[1]));
	bqueue_close(&queue);
	bqueue_close(&queue);
	assert_false(bqueue_put(&queue, &items[0])); /* full and closed: no waiting */
	assert_ptr_equal(bqueue_take(&queue), &items[0]);
	assert_false(bqueue_put(&queue, &items[0]));
	assert_ptr_equal(bqueue_take(&queue), &items[1]);
	assert_null(bqueue_take(&queue));
	bqueue_free(&queue);
}

struct shared {
	struct bqueue queue;
	unsigned char seen[PUTTERS * EACH]; /* an item points to its place here */
};

static void *put_each(void *ctx)
{
	struct shared *shared = ((void **)ctx)[0];
	unsigned char *items = ((void **)ctx)[1];
	for (int i = 0; i < EACH; i++)
		if (!bqueue_put(&shared->queue, items + i))
			return ctx;
	return NULL;
}

/* Counts what it takes; whoever takes an item owns it, so no lock is needed. */
static void *take_all(void *ctx)
{
	struct shared *shared = ctx;
	unsigned char *item;
	while ((item = bqueue_take(&shared->queue)))
		++*item;
	return NULL;
}

static void pump(size_t cap)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	pthread_t putters[PUTTERS], takers[TAKERS];
	void *jobs[PUTTERS][2], *result;

	assert_non_null(shared);
	bqueue_init(&shared->queue, cap);
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(pthread_create(&takers[i], NULL, take_all, shared), 0);
	for (int i = 0; i < PUTTERS; i++) {
		jobs[i][0] = shared;
		jobs[i][1] = shared->seen + i * EACH;
		assert_int_equal(pthread_create(&putters[i], NULL, put_each, jobs[i]), 0);
	}
	for (int i = 0; i < PUTTERS; i++) {
		assert_int_equal(pthread_join(putters[i], &result), 0);
		assert_null(result);
	}
	bqueue_close(&shared->queue);
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(pthread_join(takers[i], NULL), 0);
	for (size_t i = 0; i < sizeof(shared->seen); i++)
		assert_int_equal(shared->seen[i], 1);
	bqueue_free(&shared->queue);
	free(shared);
}

static void every_item_is_taken_once(void **state)
{
	(void)state;
	pump(1);
	pump(7);
	pump(100);
	pump(PUTTERS * EACH);
}

static void *wait_for_room(void *ctx)
{
	struct shared *shared = ctx;
	return bqueue_put(&shared->queue, shared) ? NULL : ctx;
}

static void *wait_for_item(void *ctx)
{
	struct shared *shared = ctx;
	return bqueue_take(&shared->queue);
}

static void close_wakes_who_waits(void **state)
{
	static struct shared full, empty;
	pthread_t threads[6];
	void *result;
	(void)state;
	bqueue_init(&full.queue, 1);
	bqueue_init(&empty.queue, 1);
	assert_true(bqueue_put(&full.queue, &full));
	for (int i = 0; i < 6; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, i < 3 ? wait_for_room : wait_for_item,
				i < 3 ? &full : &empty),
			0);
	bqueue_close(&full.queue);
	bqueue_close(&empty.queue);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, i < 3 ? &full : NULL);
	}
	bqueue_free(&full.queue);
	bqueue_free(&empty.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(closed_drains_and_refuses),
		cmocka_unit_test(every_item_is_taken_once),
		cmocka_unit_test(close_wakes_who_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
