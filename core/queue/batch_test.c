#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "core/queue/batch.h"

/* A driver whose units are called by what comes of reading them: "ok", "gone", "fail". */
static enum severity read_unit(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	(void)folder, (void)need;
	*record = record_unknown();
	record->queue_id = unit->name;
	if (unit->name.ptr[0] == 'g')
		return SEV_GONE;
	if (unit->name.ptr[0] == 'f') {
		err_set(err, ERR_DAMAGED, 0, "no message");
		return SEV_FAIL;
	}
	if (unit->name.ptr[0] == 'L') /* a long list of recipients */
		memset(arena_alloc(arena, BATCH_BYTES), 'x', BATCH_BYTES);
	record->rcpts = arena_alloc(arena, sizeof(*record->rcpts));
	record->rcpts[0] = (struct rcpt){.address = SLICE("a@example.org"),
		.reason = SLICE("host mx.example.org[192.0.2.1] said: 452 full")};
	record->nrcpts = 1;
	return SEV_OK;
}

static const struct format stub = {.name = "stub", .read = read_unit};
static const struct spool spool = {.format = &stub};

static struct batch *make_batch(const char *const *names)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	batch->folder = folder_new(&spool, fd, 3, "deferred/A");
	for (; names[batch->count]; batch->count++)
		batch->units[batch->count].name =
			arena_copy(&batch->arena, slice_cstr(names[batch->count]));
	return batch;
}

static void free_batch(struct batch *batch)
{
	folder_release(batch->folder);
	arena_free(&batch->arena);
	free(batch);
}

static void reads_every_unit(void **state)
{
	static const struct need need = {.parts = NEED_REASONS};
	struct batch *batch = make_batch((const char *const[]){"ok1", "gone", "fail", "ok2", NULL});
	struct batch_reader reader = {0};
	(void)state;

	assert_int_equal(batch_read(batch, &need, NULL, &reader), 4);
	assert_int_equal(batch->results[0].severity, SEV_OK);
	assert_true(slice_known(batch->results[0].record.rcpts[0].reason_key));
	assert_int_equal(batch->results[1].severity, SEV_GONE);
	assert_int_equal(batch->results[2].severity, SEV_FAIL);
	assert_string_equal(batch->results[2].err->text, "no message");
	assert_true(slice_eq(batch->results[3].record.queue_id, SLICE("ok2")));
	batch_reader_free(&reader, &need);
	free_batch(batch);
}

static void hands_on_early_what_is_large(void **state)
{
	static const struct need need = {0};
	struct batch *batch =
		make_batch((const char *const[]){"ok", "L1", "L2", "gone", "L3", NULL});
	static const unsigned parts[] = {2, 1, 2};
	struct batch_reader reader = {0};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct batch *rest = xcalloc(1, sizeof(*rest));
		unsigned count = batch->count;
		unsigned done = batch_read(batch, &need, NULL, &reader);
		assert_int_equal(done, parts[i]);
		if (done < count) {
			batch_split(batch, done, rest);
			assert_int_equal(batch->count, done);
			assert_int_equal(rest->count, count - done);
			assert_ptr_equal(rest->folder, batch->folder);
		}
		free_batch(batch);
		batch = rest;
	}
	assert_int_equal(batch->count, 0);
	free(batch);
	batch_reader_free(&reader, &need);
}

/* A split batch stands on its own: names, order, and the folder stays open for both. */
static void splits_into_two_of_their_own(void **state)
{
	struct batch *batch = make_batch((const char *const[]){"a", "b", "c", NULL});
	struct batch *rest = xcalloc(1, sizeof(*rest));
	(void)state;

	batch->units[1].inode = 7;
	batch_split(batch, 1, rest);
	free_batch(batch);
	assert_int_equal(rest->count, 2);
	assert_true(slice_eq(rest->units[0].name, SLICE("b")));
	assert_int_equal(rest->units[0].inode, 7);
	assert_true(slice_eq(rest->units[1].name, SLICE("c")));
	assert_int_equal(rest->units[1].name.ptr[1], '\0');
	assert_true(fcntl(rest->folder->fd, F_GETFD) >= 0);
	assert_string_equal(rest->folder->path, "deferred/A");
	assert_int_equal(rest->folder->queue, 3);
	int fd = rest->folder->fd;
	free_batch(rest);
	assert_true(fcntl(fd, F_GETFD) < 0);
}

static void normalises_runs_of_reasons_once(void **state)
{
	struct rcpt rcpts[] = {
		{.reason = SLICE("connect to 192.0.2.1: timed out")},
		{.reason = SLICE("connect to 192.0.2.1: timed out")},
		{.reason = {0}},
		{.reason = SLICE("connect to 192.0.2.1: timed out")},
		{.reason = SLICE("connect to 192.0.2.2: timed out")},
		{.reason = SLICE("")},
	};
	struct record record = record_unknown();
	struct arena arena = {0};
	struct buf text = {0};
	(void)state;

	record.rcpts = rcpts;
	record.nrcpts = sizeof(rcpts) / sizeof(*rcpts);
	batch_normalise(&record, &arena, &text);
	assert_true(rcpts[0].reason_key.len > 0);
	assert_ptr_equal(rcpts[1].reason_key.ptr, rcpts[0].reason_key.ptr);
	assert_false(slice_known(rcpts[2].reason_key));
	assert_ptr_equal(rcpts[3].reason_key.ptr, rcpts[0].reason_key.ptr);
	/* Another address makes no other reason. */
	assert_true(slice_eq(rcpts[4].reason_key, rcpts[0].reason_key));
	assert_true(slice_known(rcpts[5].reason_key));
	assert_int_equal(rcpts[5].reason_key.len, 0);
	buf_free(&text);
	arena_free(&arena);
}

static void makes_subject_keys(void **state)
{
	static const struct {
		const char *subject, *key;
	} cases[] = {
		{"Re: Invoice 17", "invoice #"},
		{"=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?MTc=?=",
			"gr\xc3\xbc\xc3\x9f"
			"e#"},
		{"=?utf-8?Q?Re:_x?=", "x"},
		{"plain again", "plain again"},
		{"", ""},
	};
	struct batch_reader reader = {0};
	struct arena arena = {0};
	static const struct need need = {0};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record record = record_unknown();
		batch_subject_key(&record, &arena, &reader);
		assert_false(slice_known(record.subject_key));
		record.subject = slice_cstr(cases[i].subject);
		batch_subject_key(&record, &arena, &reader);
		assert_true(slice_known(record.subject_key));
		if (!slice_eq(record.subject_key, slice_cstr(cases[i].key)))
			fail_msg("%zu: \"%.*s\"", i, SLICE_ARG(record.subject_key));
	}
	batch_reader_free(&reader, &need);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_unit),
		cmocka_unit_test(hands_on_early_what_is_large),
		cmocka_unit_test(splits_into_two_of_their_own),
		cmocka_unit_test(normalises_runs_of_reasons_once),
		cmocka_unit_test(makes_subject_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
