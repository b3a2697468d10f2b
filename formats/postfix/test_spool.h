/*
 * test_spool: a Postfix queue in a folder below build/tmp, opened as any other,
 * for the tests of this folder. deferred and defer are hashed one deep. Only
 * tests include this.
 */
#ifndef FORMATS_POSTFIX_TEST_SPOOL_H
#define FORMATS_POSTFIX_TEST_SPOOL_H

#include <dirent.h>

#include "core/queue/spool.h"
#include "core/queue/test_tree.h"
#include "formats/postfix/image.h"
#include "formats/postfix/postfix.h"

#define TEST_ID "ABCDE1234" /* in folder A, where it is hashed */

struct test_spool {
	struct tree tree;
	struct spools spools;
	struct spool *spool;
	struct image image; /* a whole message, for test_spool_add */
	/* What the last read gave. */
	struct arena arena;
	struct record record;
	struct err err;
};

static const struct need need_all = {.parts = NEED_ALL};

/* Opens the queue once more, after its folders or their owners changed. */
static inline void test_spool_open(struct test_spool *test)
{
	static const struct format *const formats[] = {&format_postfix, NULL};

	spools_close(&test->spools);
	test->spools.formats = formats;
	if (spools_open(&test->spools, test->tree.path, false, &test->err) != 0)
		fail_msg("%s", test->err.text);
	test->spool = test->spools.list[0];
}

static inline void test_spool_make(struct test_spool *test)
{
	static const char *const folders[] = {"maildrop", "incoming", "active", "deferred/A",
		"hold", "corrupt", "defer/A", "bounce"};

	*test = (struct test_spool){0};
	tree_make(&test->tree, "postfix");
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		tree_folder(&test->tree, folders[i]);
	image_message(&test->image, "a@example.com", "b@example.org");
	test_spool_open(test);
}

static inline void test_spool_free(struct test_spool *test)
{
	spools_close(&test->spools);
	arena_free(&test->arena);
	image_free(&test->image);
	tree_remove(&test->tree);
}

/* The message as a file; "deferred/A/ABCDE1234". */
static inline void test_spool_add(struct test_spool *test, const char *path, mode_t mode)
{
	tree_file(&test->tree, path, buf_slice(&test->image.bytes), mode);
}

/* Reads what the folder lists under that path; type is a DT_ number. */
static inline enum severity test_spool_read(
	struct test_spool *test, const char *path, unsigned type, const struct need *need)
{
	char above[256];
	const char *name = strrchr(path, '/') + 1;
	enum postfix_queue queue = PQ_MAILDROP;

	snprintf(above, sizeof(above), "%.*s", (int)(name - path - 1), path);
	while (strncmp(above, postfix_queues[queue].name, strlen(postfix_queues[queue].name)) != 0)
		assert_true(++queue < PQ_MESSAGES);
	int fd = openat(test->tree.fd, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct folder *folder = folder_new(test->spool, fd, queue, above);
	struct unit unit = {.name = slice_cstr(name), .type = (uint8_t)type};
	test->err = (struct err){0};
	enum severity severity =
		format_postfix.read(folder, &unit, need, &test->arena, &test->record, &test->err);
	folder_release(folder);
	return severity;
}

/* Finds a message by its id alone. */
static inline enum severity test_spool_find(
	struct test_spool *test, struct slice id, const struct need *need)
{
	struct unit unit = {.name = id};
	test->err = (struct err){0};
	return format_postfix.find_id(
		test->spool, &unit, need, &test->arena, &test->record, &test->err);
}

static inline enum severity test_spool_content(
	struct test_spool *test, struct slice id, bool headers_only, size_t limit, struct buf *out)
{
	struct unit unit = {.name = id};
	test->err = (struct err){0};
	return format_postfix.content(test->spool, &unit, headers_only, limit, out, &test->err);
}

#endif
