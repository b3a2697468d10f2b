/* Any bytes as the journal of run 1 and as a plan: what is read is consistent, and written again
 * it is the same. */
#include <stdlib.h>
#include <sys/mman.h>

#include "core/act/journal_read.h"
#include "core/act/test_fsops.h"
#include "core/base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void require_same(struct slice a, struct slice b)
{
	require(slice_known(a) == slice_known(b) && slice_eq(a, b));
}

static void check_log(const struct journal_log *log, bool plan)
{
	uint32_t sum = 0, counts[OUTCOMES] = {0};

	require(log->nitems <= log->head.items && log->head.items <= LIMIT_JOURNAL_ITEMS);
	require(!log->went || log->nitems == log->head.items);
	require(!log->ended || log->went);
	require(!plan || (log->went && !log->ended));
	for (uint32_t i = 0; i < log->nitems; i++) {
		require(log->items[i].id.len > 0);
		require(log->items[i].spool < log->head.nspools);
		require(log->outcomes[i].outcome < OUTCOMES);
		counts[log->outcomes[i].outcome]++;
	}
	for (unsigned i = 0; i < OUTCOMES; i++) {
		require(counts[i] == log->counts[i]);
		sum += counts[i];
	}
	require(sum == log->nitems);
}

static void compare(const struct journal_log *a, const struct journal_log *b)
{
	require(a->head.op == b->head.op && a->head.no_undo == b->head.no_undo);
	require(a->head.to_hold == b->head.to_hold && a->head.undoes == b->head.undoes);
	require(a->head.started == b->head.started);
	require(a->head.uid == b->head.uid && a->head.login_uid == b->head.login_uid);
	require_same(a->head.filter, b->head.filter);
	require_same(a->head.reason, b->head.reason);
	require_same(a->head.command, b->head.command);
	require_same(a->head.sudo_user, b->head.sudo_user);
	require(a->head.nspools == b->head.nspools && a->nitems == b->nitems);
	for (unsigned i = 0; i < a->head.nspools; i++) {
		require_same(a->head.spools[i].path, b->head.spools[i].path);
		require_same(a->head.spools[i].format, b->head.spools[i].format);
	}
	for (uint32_t i = 0; i < a->nitems; i++) {
		const struct journal_item *x = &a->items[i], *y = &b->items[i];
		require_same(x->id, y->id);
		require(x->spool == y->spool && x->queue == y->queue && x->inode == y->inode);
		require(x->identity == y->identity && x->digest == y->digest);
		require(x->size == y->size);
	}
}

static void write_again(const struct journal_log *log)
{
	struct journal_head head = log->head;
	struct journal_log again;
	struct err err;
	int fd = memfd_create("again", MFD_CLOEXEC);

	require(fd >= 0);
	head.items = log->nitems;
	struct journal *journal = journal_plan(&fsops_real, fd, &head, &err);
	/* The reader takes a value that is longer than any that is written. */
	require(journal || err.code == ERR_LIMIT);
	bool ok = journal != NULL;
	for (uint32_t i = 0; ok && i < log->nitems; i++) {
		ok = journal_item(journal, &log->items[i], &err) == 0;
		require(ok || err.code == ERR_LIMIT);
	}
	if (ok) {
		require(journal_go(journal, &err) == 0);
		require(journal_read_plan(fd, &again, &err) == 0);
		bool cut =
			log->head.reason.len > LIMIT_VALUE || log->head.command.len > LIMIT_VALUE;
		if (!cut)
			compare(log, &again);
		journal_log_free(&again);
	}
	if (journal)
		journal_close(journal);
	close(fd);
}

static void check(int fd, size_t size, unsigned number, bool running)
{
	struct journal_log log;
	struct journal_end end;
	struct err err = {0};

	/* As the program reads them. */
	int read = number ? journal_read_file(fd, number, running, &log, &end, &err)
			  : journal_read_plan(fd, &log, &err);
	if (read != 0) {
		require(err.code == ERR_DAMAGED && err.text[0]);
		return;
	}
	require(!number || (end.whole > 0 && end.whole <= end.end && end.end <= (off_t)size));
	check_log(&log, number == 0);
	write_again(&log);
	journal_log_free(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	require(fd >= 0 && fsops_real.write(&fsops_real, fd, data, size, 0) == 0);
	check(fd, size, 1, false);
	check(fd, size, 1, true);
	check(fd, size, 0, false);
	close(fd);
	return 0;
}
