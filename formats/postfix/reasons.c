/* Reads the logs of reasons that belong to a message. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/intern.h"
#include "formats/postfix/found.h"
#include "formats/postfix/reason_log.h"

static int open_log(
	const struct spool *spool, enum postfix_queue queue, int folder, struct slice id)
{
	char path[POSTFIX_PATH_MAX];

	if (folder >= 0)
		return open_quietly(folder, id.ptr);
	if (!postfix_path(postfix_of(spool), queue, id, path)) {
		errno = ENOENT;
		return -1;
	}
	return open_quietly(spool->fd, path);
}

/* What one read did not bring: a log of many recipients. */
static ssize_t read_long_log(int fd, struct arena *arena, struct slice *log, struct record *record)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	size_t size = st.st_size < LIMIT_REASON_LOG ? (size_t)st.st_size : LIMIT_REASON_LOG;
	if ((int64_t)size < st.st_size)
		record->warnings |= WARN_BAD_LOG;
	char *text = arena_alloc(arena, size);
	ssize_t got = pread(fd, text, size, 0);
	if (got >= 0)
		*log = slice_of(text, (size_t)got);
	return got;
}

/* Reads a log of reasons whole; unknown when there is none. */
static struct slice read_log(const struct spool *spool, enum postfix_queue queue, int folder,
	struct arena *arena, struct record *record)
{
	enum { FIRST = 4096 };
	struct slice log = {0};
	int fd = open_log(spool, queue, folder, record->queue_id);

	if (fd < 0) {
		if (errno != ENOENT)
			record->warnings |= WARN_BAD_LOG;
		return log;
	}
	char *text = arena_alloc(arena, FIRST);
	ssize_t got = pread(fd, text, FIRST, 0);
	/* What is no plain file, or an empty one, fails here or gives nothing. */
	if (got >= 0 && got < FIRST) {
		log = slice_of(text, (size_t)got);
		arena_trim(arena, text, FIRST, (size_t)got);
	} else if (got == FIRST) {
		got = read_long_log(fd, arena, &log, record);
	}
	if (got < 0)
		record->warnings |= WARN_BAD_LOG;
	close(fd);
	return log;
}

/*
 * A delivery agent marks a recipient done once its failure is in the bounce log
 * (bounce_append, then deliver_completed), and also when it was delivered. A failed
 * open for each of 10,000 such messages would be felt, so the walk lists bounce/.
 */
static bool has_bounces(const struct spool *spool, const struct record *record)
{
	const struct postfix *postfix = postfix_of(spool);
	struct slice id = record->queue_id;

	return record_count(record, RCPT_DONE) &&
		(!postfix->bounces_known ||
			hashset_has(&postfix->bounces, seeded_hash(id.ptr, id.len)));
}

void postfix_read_reasons(const struct spool *spool, const struct found *found, struct arena *arena,
	struct record *record)
{
	if (found->queue == PQ_MAILDROP)
		return; /* nothing has been tried yet */
	struct slice log = read_log(spool, PQ_DEFER, found->logs, arena, record);
	reason_log_apply(log, false, arena, record);
	if (has_bounces(spool, record)) {
		log = read_log(spool, PQ_BOUNCE, -1, arena, record);
		reason_log_apply(log, true, arena, record);
	}
}

/* The delivery agents of one attempt write the log, and nobody does between attempts. */
void postfix_read_attempt(const struct spool *spool, struct record *record)
{
	char path[POSTFIX_PATH_MAX];
	struct stat st;

	if (postfix_path(postfix_of(spool), PQ_DEFER, record->queue_id, path) &&
		fstatat(spool->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		record->last_attempt = st.st_mtime;
}
