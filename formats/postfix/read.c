/* Opens one queue file and what belongs to it, and has its bytes parsed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/postfix/content.h"
#include "formats/postfix/envelope.h"
#include "formats/postfix/header_facts.h"
#include "formats/postfix/postfix.h"
#include "formats/postfix/queue_id.h"
#include "formats/postfix/reason_log.h"

/* Reading must leave no trace: no waiting at a fifo, no new access time, no link followed. */
static int open_quietly(int at, const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = openat(at, path, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM) /* somebody else's file, as those in maildrop are */
		fd = openat(at, path, flags);
	return fd;
}

/* An open queue file and where it was found. */
struct found {
	int fd;
	enum postfix_queue queue;
	struct stat st;
};

/* The file of that path and, unless it is 0, that inode; for another one ENOENT. */
static int open_inode(int at, const char *path, uint64_t inode)
{
	struct stat st;
	int fd = open_quietly(at, path);

	if (fd < 0 || !inode || (fstat(fd, &st) == 0 && st.st_ino == inode))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/*
 * Looks for an id in every queue. A message that is on the move may be missed
 * once, so a second round follows before it is called gone.
 */
static int locate(const struct spool *spool, struct slice id, uint64_t inode, struct found *found)
{
	static const enum postfix_queue order[] = {
		PQ_ACTIVE,
		PQ_DEFERRED,
		PQ_INCOMING,
		PQ_HOLD,
		PQ_MAILDROP,
		PQ_CORRUPT,
	};
	struct postfix layout = *postfix_of(spool);
	char path[POSTFIX_PATH_MAX];

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
			if (!postfix_path(&layout, order[i], id, path))
				continue;
			found->fd = open_inode(spool->fd, path, inode);
			found->queue = order[i];
			if (found->fd >= 0 || errno != ENOENT)
				return found->fd;
		}
	}
	/* Perhaps it lies where another hash depth put it, or where an admin did. */
	for (unsigned depth = 0; depth <= 3; depth++) {
		for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
			if (depth == postfix_of(spool)->depth[order[i]])
				continue;
			layout.depth[order[i]] = depth;
			if (!postfix_path(&layout, order[i], id, path))
				continue;
			found->fd = open_inode(spool->fd, path, inode);
			found->queue = order[i];
			if (found->fd >= 0)
				return found->fd;
		}
	}
	errno = ENOENT;
	return -1;
}

/* Reads a log of reasons whole; unknown when there is none. */
static struct slice read_log(const struct spool *spool, enum postfix_queue queue, struct slice id,
	struct arena *arena, struct record *record)
{
	char path[POSTFIX_PATH_MAX];
	struct stat st;
	struct slice log = {0};

	if (!postfix_path(postfix_of(spool), queue, id, path))
		return log;
	int fd = open_quietly(spool->fd, path);
	if (fd < 0) {
		if (errno != ENOENT)
			record->warnings |= WARN_BAD_LOG;
		return log;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		size_t size = st.st_size < LIMIT_REASON_LOG ? (size_t)st.st_size : LIMIT_REASON_LOG;
		if ((int64_t)size < st.st_size)
			record->warnings |= WARN_BAD_LOG;
		char *text = arena_alloc(arena, size);
		ssize_t got = pread(fd, text, size, 0);
		if (got >= 0)
			log = slice_of(text, (size_t)got);
		else
			record->warnings |= WARN_BAD_LOG;
	} else {
		record->warnings |= WARN_BAD_LOG;
	}
	close(fd);
	return log;
}

/*
 * A delivery agent marks a recipient done once its failure is in the bounce log
 * (bounce_append, then deliver_completed): without such a mark there is no log,
 * and a failed open for each of 80,000 messages would be felt.
 */
static bool any_done(const struct record *record)
{
	for (uint32_t i = 0; i < record->nrcpts; i++)
		if (record->rcpts[i].state == RCPT_DONE)
			return true;
	return false;
}

static void read_reasons(const struct spool *spool, enum postfix_queue queue, struct arena *arena,
	struct record *record)
{
	if (queue == PQ_MAILDROP)
		return; /* nothing has been tried yet */
	struct slice log = read_log(spool, PQ_DEFER, record->queue_id, arena, record);
	reason_log_apply(log, false, arena, record);
	if (postfix_of(spool)->bounce_in_use && any_done(record)) {
		log = read_log(spool, PQ_BOUNCE, record->queue_id, arena, record);
		reason_log_apply(log, true, arena, record);
	}
}

/* What the file itself tells besides its bytes. */
static void read_status(const struct spool *spool, const struct found *found, struct record *record)
{
	const struct stat *st = &found->st;
	struct queue_id parts;

	record->queue_name = slice_cstr(postfix_queues[found->queue].name);
	record->state = postfix_queues[found->queue].state;
	record->inode = st->st_ino;
	record->forced_expire = st->st_mode & S_IXGRP;
	if (found->queue == PQ_DEFERRED)
		record->next_retry = st->st_mtime;
	if ((st->st_mode & S_IRWXU) == S_IRUSR)
		record->warnings |= WARN_MARKED_CORRUPT;
	/* In a copy all inodes are new; in a live queue `postsuper -s` would rename the file. */
	if (spool->config_path && queue_id_decode(record->queue_id, &parts) && !parts.is_long &&
		parts.inode != st->st_ino)
		record->warnings |= WARN_INODE;
	/* The submitter owns the file, but for mail that postsuper put there again. */
	if (found->queue == PQ_MAILDROP && st->st_uid != spool->owner) {
		record->uid = st->st_uid;
		record->uid_source = SOURCE_QUEUE;
	}
}

/*
 * Postfix sets the last of the owner's bits when a file is whole. Only in the
 * folders where files are written can one be unfinished. A copy may have lost
 * the modes: there the end of the file decides.
 */
static bool is_being_written(
	const struct spool *spool, const struct found *found, const struct envelope *envelope)
{
	bool unmarked = (found->st.st_mode & S_IRWXU) == (S_IRUSR | S_IWUSR);
	bool written_here = found->queue == PQ_MAILDROP || found->queue == PQ_INCOMING ||
		found->queue == PQ_HOLD;
	return unmarked && written_here &&
		(spool->mta == MTA_RUNNING || !envelope->complete ||
			(found->queue != PQ_MAILDROP && !envelope->finished));
}

/* -1 with *err when it is no plain file, or its beginning cannot be read. */
static int open_window(
	struct found *found, struct window *window, struct arena *arena, struct err *err)
{
	if (fstat(found->fd, &found->st) != 0)
		return err_sys(err, "cannot look at the file");
	if (!S_ISREG(found->st.st_mode))
		return err_set(err, ERR_DAMAGED, 0, "not a plain file");
	if (window_open(window, found->fd, (uint64_t)found->st.st_size, arena) != 0)
		return err_sys(err, "cannot read");
	return 0;
}

static enum severity read_open(const struct spool *spool, struct found *found,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct window window;
	struct envelope envelope;

	if (open_window(found, &window, arena, err) != 0)
		return SEV_FAIL;
	read_status(spool, found, record);
	envelope_read(&window, found->queue == PQ_MAILDROP, need, record, &envelope);
	if (is_being_written(spool, found, &envelope)) {
		err_set(err, ERR_GONE, 0, "still being written");
		return SEV_SKIP;
	}
	if (spool->mta == MTA_RUNNING && (found->st.st_mode & S_IRWXU) == (S_IRUSR | S_IWUSR))
		record->warnings |= WARN_NOT_READY;
	if (record->arrival < 0) {
		record->arrival = found->st.st_mtime;
		record->warnings |= WARN_NO_TIME;
	}
	if (record->size < 0)
		record->size = found->st.st_size;
	postfix_read_headers(spool, &window, &envelope, need, arena, record);
	if (need->parts & NEED_REASONS)
		read_reasons(spool, found->queue, arena, record);
	if (record->warnings & WARN_UNREADABLE) {
		err_set(err, ERR_IO, window.sys, "cannot read");
		return SEV_FAIL;
	}
	return record->warnings ? SEV_WARN : SEV_OK;
}

/* As cleanup(8) and postdrop(1) call a file before it has its id: "<usec>.<pid>". */
static bool is_temporary(enum postfix_queue queue, struct slice name)
{
	struct slice usec, pid;
	int64_t n;
	return (queue == PQ_INCOMING || queue == PQ_MAILDROP) &&
		slice_cut(name, '.', &usec, &pid) && slice_to_i64(usec, &n) &&
		slice_to_i64(pid, &n);
}

/* Whether Postfix, with its settings, looks for the id elsewhere. */
static bool is_misplaced(const struct folder *folder, struct slice id)
{
	const struct postfix *postfix = postfix_of(folder->spool);
	char path[POSTFIX_PATH_MAX];

	if (!postfix->depth_configured || !postfix_path(postfix, folder->queue, id, path))
		return false;
	struct slice right = slice_cstr(path);
	return !slice_eq(slice_upto(right, right.len - id.len - 1), slice_cstr(folder->path));
}

enum severity postfix_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct found found = {.queue = folder->queue};

	*record = record_unknown();
	record->queue_id = unit->name;
	if (unit->type != DT_REG && unit->type != DT_UNKNOWN) {
		err_set(err, ERR_DAMAGED, 0, "not a plain file");
		return SEV_FAIL;
	}
	if (!queue_id_valid(unit->name)) {
		err_set(err, ERR_DAMAGED, 0, "the name is no queue id");
		return is_temporary(folder->queue, unit->name) ? SEV_SKIP : SEV_FAIL;
	}
	found.fd = open_quietly(folder->fd, unit->name.ptr);
	if (found.fd >= 0) {
		if (is_misplaced(folder, unit->name))
			record->warnings |= WARN_MISPLACED;
	} else if (errno != ENOENT || locate(folder->spool, unit->name, 0, &found) < 0) {
		if (errno == ENOENT)
			return SEV_GONE;
		err_sys(err, "cannot open");
		return SEV_FAIL;
	}
	enum severity severity = read_open(folder->spool, &found, need, arena, record, err);
	close(found.fd);
	return severity;
}

/* SEV_OK with found->fd open, SEV_GONE, or SEV_FAIL. */
static enum severity open_by_id(
	const struct spool *spool, const struct unit *unit, struct found *found, struct err *err)
{
	if (!queue_id_valid(unit->name))
		return SEV_GONE;
	if (locate(spool, unit->name, unit->inode, found) >= 0)
		return SEV_OK;
	if (errno == ENOENT)
		return SEV_GONE;
	err_sys(err, "cannot open");
	return SEV_FAIL;
}

enum severity postfix_find_id(const struct spool *spool, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct found found;

	*record = record_unknown();
	record->queue_id = unit->name;
	enum severity severity = open_by_id(spool, unit, &found, err);
	if (severity != SEV_OK)
		return severity;
	severity = read_open(spool, &found, need, arena, record, err);
	close(found.fd);
	return severity;
}

enum severity postfix_content(const struct spool *spool, const struct unit *unit, bool headers_only,
	size_t limit, struct buf *out, struct err *err)
{
	static const struct need nothing = {0};
	struct record record = record_unknown();
	struct envelope envelope;
	struct window window;
	struct arena arena = {0};
	struct found found;

	record.queue_id = unit->name;
	enum severity severity = open_by_id(spool, unit, &found, err);
	if (severity != SEV_OK)
		return severity;
	severity = SEV_FAIL;
	if (open_window(&found, &window, &arena, err) == 0) {
		envelope_read(&window, found.queue == PQ_MAILDROP, &nothing, &record, &envelope);
		uint32_t odd = content_read(&window, &envelope, headers_only, limit, out);
		if (odd & WARN_UNREADABLE)
			err_set(err, ERR_IO, window.sys, "cannot read");
		else
			severity = odd ? SEV_WARN : SEV_OK;
	}
	close(found.fd);
	arena_free(&arena);
	return severity;
}
