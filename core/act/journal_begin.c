#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/act/journal_files.h"
#include "core/act/journal_head.h"
#include "core/act/journal_read.h"
#include "core/act/journal_write.h"
#include "core/base/limits.h"
#include "core/base/units.h"
#include "core/base/xalloc.h"

static struct journal *new_journal(const struct fsops *ops, int fd, const struct journal_head *head)
{
	struct journal *journal = xcalloc(1, sizeof(*journal));
	*journal = (struct journal){
		.ops = ops,
		.fd = fd,
		.state = -1,
		.number = head->number,
		.path = journal_path(fd),
		.items = head->items,
		.spools = head->spools,
		.nspools = head->nspools,
	};
	return journal;
}

/* What could not be read back is refused before there is a file. */
static int check_head(const struct journal_head *head, struct err *err)
{
	if (head->items > LIMIT_JOURNAL_ITEMS)
		return err_set(err, ERR_LIMIT, 0,
			"%" PRIu32 " messages are too many for one run; the limit is %d",
			head->items, LIMIT_JOURNAL_ITEMS);
	if (head->nspools > LIMIT_SPOOLS)
		return err_set(err, ERR_LIMIT, 0,
			"%u queues are too many for one run; the limit is %d", head->nspools,
			LIMIT_SPOOLS);
	size_t longest =
		head->filter.len > head->sudo_user.len ? head->filter.len : head->sudo_user.len;
	for (unsigned i = 0; i < head->nspools; i++) {
		size_t len = head->spools[i].path.len + strlen(head->spools[i].format->name);
		longest = len > longest ? len : longest;
	}
	if (longest > LIMIT_VALUE)
		return err_set(err, ERR_LIMIT, 0,
			"the filter, the name of the user or the path of a queue is longer than "
			"%d bytes, too long for a journal",
			LIMIT_VALUE);
	return 0;
}

struct journal *journal_plan(
	const struct fsops *ops, int fd, const struct journal_head *head, struct err *err)
{
	struct journal_head plan = *head;

	plan.number = 0;
	if (check_head(head, err) != 0)
		return NULL;
	struct journal *journal = new_journal(ops, fd, &plan);
	journal_put_head(&journal->out, &plan);
	if (journal_flush(journal, err) == 0)
		return journal;
	journal_close(journal);
	return NULL;
}

static int last_number(int state, unsigned *number, struct err *err)
{
	unsigned *numbers;
	size_t count;

	if (journal_numbers(state, &numbers, &count, err) != 0)
		return -1;
	*number = count ? numbers[count - 1] : 0;
	free(numbers);
	return 0;
}

/* A new file under the next number that nobody else takes meanwhile, behind *number. */
static int take_number(int state, unsigned *number, struct err *err)
{
	int fd = -1, flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	unsigned last;

	if (last_number(state, &last, err) != 0)
		return -1;
	*number = last > *number ? last : *number;
	do {
		if (*number == UINT_MAX)
			return err_set(err, ERR_LIMIT, 0, "there is no number left for a run");
		++*number;
		fd = openat(state, journal_name(*number).text, flags, 0600);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0) {
		int sys = errno;
		char *folder = journal_path(state);
		errno = sys;
		err_sys(err, "cannot make a journal in %s, so that nothing was touched", folder);
		free(folder);
	}
	return fd;
}

static int lock_new(const struct journal *journal, struct err *err)
{
	int locked;

	/* A reader may look this very moment whether it is locked. */
	do
		locked = flock(journal->fd, LOCK_EX);
	while (locked != 0 && errno == EINTR);
	return locked == 0 ? 0 : err_sys(err, "cannot lock the journal %s", journal->path);
}

int journal_reserve(const struct journal *journal, off_t len, struct err *err)
{
	const struct fsops *ops = journal->ops;
	struct buf size = {0};

	if (ops->reserve(ops, journal->fd, len) == 0)
		return 0;
	int sys = errno;
	units_size(&size, len);
	errno = sys;
	err_sys(err,
		"cannot reserve %s for the journal %s, so that %s; make room there and try again",
		buf_str(&size), journal->path,
		journal->went            ? "the run cannot go on"
			: journal->grows ? "nothing more was touched"
					 : "nothing was touched");
	buf_free(&size);
	return -1;
}

int64_t journal_room(uint32_t messages)
{
	return (int64_t)(JOURNAL_ITEM_ROOM + JOURNAL_OUTCOME_ROOM) * messages;
}

static int begin(struct journal *journal, const struct journal_head *head, struct err *err)
{
	if (lock_new(journal, err) != 0)
		return -1;
	journal_put_head(&journal->out, head);
	if (journal_reserve(
		    journal, (off_t)journal->out.len + journal_room(head->items) + 64, err) != 0)
		return -1;
	return journal_flush(journal, err);
}

struct journal *journal_create(
	const struct fsops *ops, int state, struct journal_head *head, struct err *err)
{
	unsigned number = head->number;

	if (check_head(head, err) != 0)
		return NULL;
	int fd = take_number(state, &number, err);
	if (fd < 0)
		return NULL;
	head->number = number;
	struct journal *journal = new_journal(ops, fd, head);
	journal->state = state;
	if (begin(journal, head, err) == 0)
		return journal;
	journal_abandon(journal);
	head->number = 0;
	return NULL;
}

static int lock_again(const struct journal *journal, struct err *err)
{
	/* A reader that looks holds the lock for a moment, a run for as long as it lasts. */
	const struct timespec moment = {.tv_nsec = 20000000L};

	for (int tries = 0; tries < 10; tries++) {
		if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, "cannot lock the journal %s", journal->path);
		nanosleep(&moment, NULL);
	}
	return err_set(
		err, ERR_USAGE, 0, "run %u is still going on; wait for its end", journal->number);
}

static int cannot_go_on(const struct journal *journal, struct err *err)
{
	return err_sys(err,
		"cannot write the journal %s, so that the run cannot go on; make its folder "
		"writable "
		"and try again",
		journal->path);
}

/* NULs over what a crash left of the last lines: the next ones are shorter, perhaps. */
static int wipe(const struct journal *journal, const struct journal_end *end, struct err *err)
{
	static const char nothing[4096];
	const struct fsops *ops = journal->ops;

	for (off_t at = end->whole; at < end->end; at += (off_t)sizeof(nothing)) {
		off_t left = end->end - at, most = (off_t)sizeof(nothing);
		size_t len = (size_t)(left < most ? left : most);
		if (ops->write(ops, journal->fd, nothing, len, at) != 0)
			return cannot_go_on(journal, err);
	}
	if (end->end > end->whole && ops->sync(ops, journal->fd) != 0)
		return cannot_go_on(journal, err);
	return 0;
}

static int take_over(struct journal *journal, struct err *err)
{
	struct journal_log log;
	struct journal_end end;

	if (lock_again(journal, err) != 0 ||
		journal_read_file(journal->fd, journal->number, NULL, false, &log, &end, err) != 0)
		return -1;
	uint32_t left = log.counts[OUTCOME_NONE];
	bool went = log.went, ended = log.ended;
	journal->items = journal->told = log.nitems;
	journal->went = went;
	journal->at = end.whole;
	journal_log_free(&log);
	if (ended)
		return err_set(err, ERR_USAGE, 0,
			"run %u went to its end: there is nothing to resume", journal->number);
	if (!went)
		return err_set(err, ERR_USAGE, 0,
			"run %u stopped before it touched anything; start it again instead",
			journal->number);
	if (wipe(journal, &end, err) != 0)
		return -1;
	return journal_reserve(journal, end.whole + (off_t)JOURNAL_OUTCOME_ROOM * left + 64, err);
}

struct journal *journal_resume(const struct fsops *ops, int state, unsigned number, struct err *err)
{
	const struct journal_head head = {.number = number};
	int fd = journal_open_file(state, number, O_RDWR, err);

	if (fd < 0)
		return NULL;
	struct journal *journal = new_journal(ops, fd, &head);
	journal->state = state;
	if (take_over(journal, err) == 0)
		return journal;
	journal_close(journal);
	return NULL;
}
