/*
 * test_journal: a folder of journals and a small run in it, for the tests of this
 * folder. What fails here fails the test. Only tests include this.
 */
#ifndef CORE_ACT_TEST_JOURNAL_H
#define CORE_ACT_TEST_JOURNAL_H

#include "core/queue/test_tree.h"

#include "core/act/journal.h"
#include "core/act/journal_files.h"
#include "core/act/failing_fsops.h"
#include "core/base/buf.h"

static inline const char *runs_queue_name(unsigned queue)
{
	static const char *const names[] = {
		"maildrop", "incoming", "active", "deferred", "hold", "corrupt"};
	return queue < sizeof(names) / sizeof(*names) ? names[queue] : NULL;
}

static const struct format runs_format = {.name = "postfix", .queue_name = runs_queue_name};
static const struct format *const runs_formats[] = {&runs_format, NULL};

struct runs {
	struct tree tree;
	struct failing_fsops fs;
	struct journal_spool spools[2];
	struct journal_head head;
	struct err err;
};

static inline void runs_make(struct runs *runs, uint32_t items)
{
	*runs = (struct runs){.fs = failing_fsops_new()};
	tree_make(&runs->tree, "journal");
	runs->spools[0] = (struct journal_spool){SLICE("/var/spool/postfix"), &runs_format};
	runs->spools[1] = (struct journal_spool){SLICE("/var/spool/postfix-out"), &runs_format};
	runs->head = (struct journal_head){
		.op = OP_PURGE,
		.started = 1795316400,
		.filter = SLICE("account=bob@example.com"),
		.ids_from = SLICE("/root/ids"),
		.ids = 60,
		.command = SLICE("spoolsweep purge account=bob@example.com --apply"),
		.uid = 0,
		.login_uid = 1000,
		.sudo_user = SLICE("carol"),
		.nspools = 2,
		.items = items,
	};
	runs->head.spools = runs->spools;
}

static inline void runs_remove(struct runs *runs)
{
	tree_remove(&runs->tree);
}

/* The message of a number; `room` holds its id. */
static inline struct journal_item runs_item(uint32_t number, char room[32])
{
	snprintf(room, 32, "4c9FhJ2kzX%ut", number);
	return (struct journal_item){
		.id = slice_cstr(room),
		.spool = number % 2,
		.queue = 3,
		.inode = UINT64_MAX - number,
		.identity = UINT64_C(0x0123456789abcdef) * (number + 1),
		.digest = ~(uint64_t)number,
		.size = number == 1 ? -1 : 2000 + (int64_t)number,
		.lineage = number % 3 ? 0 : UINT64_MAX - number,
	};
}

/* With its messages, up to "go"; NULL with runs->err when something failed. */
static inline struct journal *runs_begin(struct runs *runs)
{
	char room[32];
	struct journal *journal =
		journal_create(&runs->fs.ops, runs->tree.fd, &runs->head, &runs->err);

	for (uint32_t i = 0; journal && i < runs->head.items; i++) {
		struct journal_item item = runs_item(i, room);
		if (journal_item(journal, &item, &runs->err) != 0) {
			journal_close(journal);
			return NULL;
		}
	}
	if (journal && journal_go(journal, &runs->err) != 0) {
		journal_close(journal);
		return NULL;
	}
	return journal;
}

static inline void runs_tell(
	struct runs *runs, struct journal *journal, uint32_t item, enum outcome outcome)
{
	bool words = outcome == OUTCOME_FAILED || outcome == OUTCOME_REFUSED;
	struct slice said = words ? SLICE("Permission\tdenied\\") : (struct slice){0};
	if (journal_outcome(journal, item, outcome, "hold", said, &runs->err) != 0)
		fail_msg("%s", runs->err.text);
}

static inline struct journal_log runs_read(struct runs *runs, unsigned number)
{
	struct journal_log log;
	if (journal_read(runs->tree.fd, number, runs_formats, &log, &runs->err) != 0)
		fail_msg("%s", runs->err.text);
	return log;
}

static inline void runs_refuses(struct runs *runs, unsigned number, const char *words)
{
	struct journal_log log;
	runs->err = (struct err){0};
	assert_int_equal(journal_read(runs->tree.fd, number, runs_formats, &log, &runs->err), -1);
	assert_non_null(strstr(runs->err.text, journal_name(number).text));
	if (!strstr(runs->err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", runs->err.text, words);
}

/* The whole file; free it. */
static inline struct buf runs_bytes(const struct runs *runs, unsigned number)
{
	struct buf bytes = {0};
	ssize_t got;
	int fd = openat(runs->tree.fd, journal_name(number).text, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	while ((got = read(fd, buf_room(&bytes, 65536), 65536)) > 0)
		bytes.len += (size_t)got;
	assert_int_equal(got, 0);
	close(fd);
	return bytes;
}

static inline void assert_slice(struct slice got, struct slice wanted)
{
	assert_int_equal(slice_known(got), slice_known(wanted));
	assert_int_equal(got.len, wanted.len);
	if (wanted.len)
		assert_memory_equal(got.ptr, wanted.ptr, wanted.len);
}

enum { RUNS_ITEMS = 4 };

/* A run that went to its end: the second message failed, the last had no outcome. */
static inline struct buf runs_finished(struct runs *runs)
{
	runs_make(runs, RUNS_ITEMS);
	struct journal *journal = runs_begin(runs);
	runs_tell(runs, journal, 0, OUTCOME_DONE);
	runs_tell(runs, journal, 1, OUTCOME_FAILED);
	runs_tell(runs, journal, 2, OUTCOME_UNTIDY);
	assert_int_equal(journal_end(journal, &runs->err), 0);
	return runs_bytes(runs, 1);
}

static inline void runs_put(struct runs *runs, struct slice bytes, size_t nuls)
{
	static const char room[8192];
	struct buf all = {0};
	buf_add(&all, bytes);
	buf_add(&all, slice_of(room, nuls));
	tree_file(&runs->tree, "000001.journal", buf_slice(&all), 0600);
	buf_free(&all);
}

/* Behind the line that begins with these words. */
static inline size_t runs_behind(const struct buf *bytes, const char *words)
{
	struct slice from =
		slice_from(buf_slice(bytes), slice_find(buf_slice(bytes), slice_cstr(words)) + 1);
	assert_true(from.len > 0);
	return bytes->len - from.len + slice_index(from, '\n') + 1;
}

static inline void runs_finish(struct runs *runs, struct journal *journal, uint32_t from)
{
	for (uint32_t i = from; i < RUNS_ITEMS; i++)
		runs_tell(runs, journal, i, OUTCOME_GONE);
	assert_int_equal(journal_end(journal, &runs->err), 0);
	struct journal_log log = runs_read(runs, 1);
	assert_true(log.ended);
	assert_int_equal(log.counts[OUTCOME_NONE], 0);
	assert_int_equal(log.counts[OUTCOME_GONE], RUNS_ITEMS - from);
	journal_log_free(&log);
	struct buf bytes = runs_bytes(runs, 1);
	assert_int_equal(slice_index(buf_slice(&bytes), '\0'), SIZE_MAX);
	buf_free(&bytes);
}

#endif
