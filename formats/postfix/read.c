/* Opens one queue file and what belongs to it, and has its bytes parsed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/queue/identity.h"
#include "formats/postfix/content.h"
#include "formats/postfix/envelope.h"
#include "formats/postfix/found.h"
#include "formats/postfix/header_facts.h"
#include "formats/postfix/postfix.h"
#include "formats/postfix/queue_id.h"

/*
 * Whether the file's own status is of use: an fstat(2) is a tenth of what a message
 * costs. In the folders of mail under way, a name and a type are listed with the
 * inode, and only the time of the next attempt and a mark on the file are left.
 */
static bool wants_status(
	const struct found *found, const struct unit *unit, const struct need *need)
{
	bool under_way = found->queue == PQ_ACTIVE || found->queue == PQ_DEFERRED;
	return !under_way || !unit->inode || unit->type != DT_REG || (need->parts & NEED_STATUS);
}

static bool has_mode(const struct found *found, mode_t owner)
{
	return found->looked && (found->st.st_mode & S_IRWXU) == owner;
}

/* What the file itself tells besides its bytes. */
static void read_status(const struct spool *spool, const struct found *found, struct record *record)
{
	const struct stat *st = &found->st;

	record->inode = st->st_ino;
	record->forced_expire = st->st_mode & S_IXGRP;
	if (found->queue == PQ_DEFERRED)
		record->next_retry = st->st_mtime;
	if (has_mode(found, S_IRUSR))
		record->warnings |= WARN_MARKED_CORRUPT;
	if (spool->mta == MTA_RUNNING && has_mode(found, S_IRUSR | S_IWUSR))
		record->warnings |= WARN_NOT_READY;
	/* The submitter owns the file, but for mail that postsuper put there again. */
	if (found->queue == PQ_MAILDROP && st->st_uid != spool->owner) {
		record->uid = st->st_uid;
		record->uid_source = SOURCE_QUEUE;
	}
}

/* In a copy all inodes are new; in a live queue `postsuper -s` would rename the file. */
static bool has_other_inode(const struct spool *spool, const struct record *record)
{
	struct queue_id parts;
	return spool->config_path && queue_id_decode(record->queue_id, &parts) && !parts.is_long &&
		parts.inode != record->inode;
}

/*
 * Postfix sets the last of the owner's bits when a file is whole. Only in the
 * folders where files are written can one be unfinished. A copy may have lost
 * the modes: there the end of the file decides.
 */
static bool is_being_written(
	const struct spool *spool, const struct found *found, const struct envelope *envelope)
{
	bool written_here = found->queue == PQ_MAILDROP || found->queue == PQ_INCOMING ||
		found->queue == PQ_HOLD;
	return written_here && has_mode(found, S_IRUSR | S_IWUSR) &&
		(spool->mta == MTA_RUNNING || !envelope->complete ||
			(found->queue != PQ_MAILDROP && !envelope->finished));
}

/* The arrival time that no record told is that of the file. */
static int read_arrival(struct found *found, struct record *record, struct err *err)
{
	if (record->arrival >= 0)
		return 0;
	record->warnings |= WARN_NO_TIME;
	if (found_look(found, err) != 0)
		return -1;
	record->arrival = found->st.st_mtime;
	return 0;
}

static enum severity read_window(const struct spool *spool, struct found *found,
	struct window *window, const struct need *need, struct arena *arena, struct record *record,
	struct err *err)
{
	struct envelope envelope;

	record->queue_name = slice_cstr(postfix_queues[found->queue].name);
	record->queue = (uint8_t)found->queue;
	record->state = postfix_queues[found->queue].state;
	if (found->looked)
		read_status(spool, found, record);
	if (has_other_inode(spool, record))
		record->warnings |= WARN_INODE;
	envelope_read(window, found->queue == PQ_MAILDROP, need, arena, record, &envelope);
	if (is_being_written(spool, found, &envelope)) {
		err_set(err, ERR_GONE, 0, "still being written");
		return SEV_SKIP;
	}
	if (read_arrival(found, record, err) != 0)
		return SEV_FAIL;
	if (record->size < 0)
		record->size = (int64_t)window->size;
	postfix_read_headers(spool, window, &envelope, need, arena, record);
	if (need->parts & NEED_REASONS)
		postfix_read_reasons(spool, found, arena, record);
	if (need->parts & NEED_ATTEMPT)
		postfix_read_attempt(spool, record);
	if (record->warnings & WARN_UNREADABLE) {
		err_set(err, ERR_IO, window->sys, "cannot read");
		return SEV_FAIL;
	}
	if (need->inspector)
		record->content = content_whole(window, &envelope, arena);
	return record->warnings ? SEV_WARN : SEV_OK;
}

enum severity found_read(const struct spool *spool, struct found *found, const struct need *need,
	struct arena *arena, struct record *record, struct err *err)
{
	struct window window;

	if (window_open(&window, found->fd) != 0) {
		err_sys(err, "cannot read");
		return SEV_FAIL;
	}
	enum severity severity = read_window(spool, found, &window, need, arena, record, err);
	window_close(&window);
	if (need->parts & NEED_IDENTITY)
		record->identity = identity_of(found->fd);
	return severity;
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

bool postfix_in_its_place(const struct folder *folder, struct slice id)
{
	char path[POSTFIX_PATH_MAX];

	if (!postfix_path(postfix_of(folder->spool), folder->queue, id, path))
		return true;
	struct slice right = slice_cstr(path);
	return slice_eq(slice_upto(right, right.len - id.len - 1), slice_cstr(folder->path));
}

enum severity postfix_read(const struct folder *folder, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct found found = {.queue = folder->queue, .logs = -1};

	record_clear(record);
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
	bool moved = found.fd < 0;
	if (!moved) {
		if (postfix_in_its_place(folder, unit->name))
			found.logs = folder->beside;
		else if (postfix_of(folder->spool)->depth_configured)
			record->warnings |= WARN_MISPLACED;
	} else if (errno != ENOENT || found_locate(folder->spool, unit->name, 0, &found) < 0) {
		if (errno == ENOENT)
			return SEV_GONE;
		err_sys(err, "cannot open");
		return SEV_FAIL;
	}
	record->inode = unit->inode;
	enum severity severity = SEV_FAIL;
	if (!(moved || wants_status(&found, unit, need)) || found_look(&found, err) == 0)
		severity = found_read(folder->spool, &found, need, arena, record, err);
	close(found.fd);
	return severity;
}

enum severity postfix_find_id(const struct spool *spool, const struct unit *unit,
	const struct need *need, struct arena *arena, struct record *record, struct err *err)
{
	struct found found = {.logs = -1};

	record_clear(record);
	record->queue_id = unit->name;
	enum severity severity = found_open(spool, unit, &found, err);
	if (severity != SEV_OK)
		return severity;
	severity = SEV_FAIL;
	if (found_look(&found, err) == 0)
		severity = found_read(spool, &found, need, arena, record, err);
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
	struct found found = {.logs = -1};

	record.queue_id = unit->name;
	enum severity severity = found_open(spool, unit, &found, err);
	if (severity != SEV_OK)
		return severity;
	severity = SEV_FAIL;
	if (found_look(&found, err) == 0 && window_open(&window, found.fd) != 0) {
		err_sys(err, "cannot read");
	} else if (found.looked) {
		bool submitted = found.queue == PQ_MAILDROP;
		envelope_read(&window, submitted, &nothing, &arena, &record, &envelope);
		uint32_t odd = content_read(&window, &envelope, headers_only, limit, out);
		if (odd & WARN_UNREADABLE)
			err_set(err, ERR_IO, window.sys, "cannot read");
		else
			severity = odd ? SEV_WARN : SEV_OK;
		window_close(&window);
	}
	close(found.fd);
	arena_free(&arena);
	return severity;
}
