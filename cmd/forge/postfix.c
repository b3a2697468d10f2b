/*
 * Postfix: the queue directory. How files come about, one by one, is Postfix's
 * own way: made under a temporary name, named after their inode once it is
 * known, and renamed into their queue.
 */
#include "cmd/forge/postfix.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/forge/postfix_dirs.h"
#include "cmd/forge/rng.h"
#include "core/base/xalloc.h"

struct tree {
	struct postfix_dirs dirs;
	struct buf file;
	struct buf path;
	struct buf log;
	size_t *offsets;
	size_t noffsets;
};

static struct tree *postfix_open(const struct tree_options *options, struct err *err)
{
	struct tree *tree = xcalloc(1, sizeof(*tree));
	if (!postfix_dirs_open(&tree->dirs, options, err))
		return tree;
	free(tree);
	return NULL;
}

static void postfix_gone_id(struct tree *tree, const struct fake_message *message, struct buf *id)
{
	struct postfix_birth birth = postfix_birth(message);
	birth.usec = (birth.usec + 7919) % 1000000;
	birth.inode = postfix_made_up_inode(rng_mix(message->number, 2) % 500000);
	postfix_name(&tree->dirs.options, &birth, id);
}

/* Where the message goes: "deferred/1/17025A72322". */
static const char *queue_path(struct tree *tree, const char *queue, bool hashed,
	const struct postfix_birth *birth, struct slice id)
{
	buf_reset(&tree->path);
	buf_printf(&tree->path, "%s/", queue);
	if (hashed)
		postfix_hash_path(&tree->path, birth->usec, tree->dirs.options.hash_depth);
	buf_add(&tree->path, id);
	return buf_str(&tree->path);
}

static int write_all(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno != EINTR)
			return -1;
		bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

/* What a file is given besides its bytes. */
struct finish {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime;
};

static int finish_file(struct tree *tree, int fd, struct slice bytes, const struct finish *finish)
{
	const struct timespec times[2] = {{.tv_sec = finish->mtime}, {.tv_sec = finish->mtime}};
	if (write_all(fd, bytes))
		return -1;
	if (tree->dirs.options.chown && fchown(fd, finish->uid, finish->gid))
		return -1;
	return fchmod(fd, finish->mode) || futimens(fd, times) ? -1 : 0;
}

static int write_log(struct tree *tree, const char *queue, const struct postfix_birth *birth,
	struct slice id, int64_t mtime, struct err *err)
{
	const struct tree_options *o = &tree->dirs.options;
	const struct finish finish = {0600, o->uid, o->gid, mtime};
	const char *path = queue_path(tree, queue, !strcmp(queue, "defer"), birth, id);
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
	int fd = openat(tree->dirs.root, path, FLAGS, 0600);
	if (fd < 0 && errno == ENOENT) {
		if (postfix_dirs_parents(&tree->dirs, path, err))
			return -1;
		fd = openat(tree->dirs.root, path, FLAGS, 0600);
	}
	if (fd < 0)
		return postfix_dirs_fail(&tree->dirs, path, "make the file", err);
	bool bad = finish_file(tree, fd, buf_slice(&tree->log), &finish);
	return close(fd) || bad ? postfix_dirs_fail(&tree->dirs, path, "write the file", err) : 0;
}

/* The reasons of all recipients with that fate; true when there was one. */
static bool collect_reasons(
	struct tree *tree, const struct fake_message *message, enum fake_fate fate)
{
	buf_reset(&tree->log);
	for (size_t i = 0; i < message->nrecipients; i++) {
		const struct fake_recipient *to = &message->recipients[i];
		if (to->fate == fate && to->reason.text.len)
			postfix_log_entry(&tree->log, to, tree->offsets[i]);
	}
	return tree->log.len > 0;
}

static int write_logs(struct tree *tree, const struct fake_message *message,
	const struct postfix_birth *birth, struct slice id, struct err *err)
{
	/* At the end of a round of deliveries the bounce is sent and its log goes. */
	if (message->queue == FAKE_ACTIVE)
		return collect_reasons(tree, message, FATE_BOUNCED)
			? write_log(tree, "bounce", birth, id, message->arrival + 1, err)
			: 0;
	if (message->queue != FAKE_DEFERRED && message->queue != FAKE_HELD)
		return 0;
	return collect_reasons(tree, message, FATE_PENDING)
		? write_log(tree, "defer", birth, id, message->last_attempt, err)
		: 0;
}

static const char *queue_name(enum fake_queue queue)
{
	static const char *const names[FAKE_QUEUES] = {[FAKE_SUBMITTED] = "maildrop",
		[FAKE_INCOMING] = "incoming",
		[FAKE_ACTIVE] = "active",
		[FAKE_DEFERRED] = "deferred",
		[FAKE_HELD] = "hold",
		[FAKE_CORRUPT] = "corrupt"};
	return names[queue];
}

static struct finish finish_for(const struct tree *tree, const struct fake_message *message)
{
	const struct tree_options *o = &tree->dirs.options;
	struct finish finish = {0700, o->uid, o->gid, message->arrival};
	if (message->queue == FAKE_DEFERRED)
		finish.mtime = message->next_retry;
	if (message->queue == FAKE_SUBMITTED)
		finish = (struct finish){0744, message->uid, tree->dirs.postdrop, message->arrival};
	if (message->damage == OVERWRITTEN)
		finish.mode = 0400; /* a delivery agent saw it and marked the file */
	return finish;
}

static void damage(struct buf *file, const struct fake_message *message)
{
	if (message->damage == CUT_SHORT)
		file->len = file->len * 3 / 5;
	if (message->damage == OVERWRITTEN)
		for (size_t i = 120; i < 180 && i < file->len; i++)
			file->ptr[i] = (char)rng_mix(message->number, i);
}

static void room_for_offsets(struct tree *tree, size_t count)
{
	if (count <= tree->noffsets)
		return;
	tree->offsets = xrealloc(tree->offsets, count, sizeof(*tree->offsets));
	tree->noffsets = count;
}

static int move_into_place(
	struct tree *tree, const char *temporary, const char *path, struct err *err)
{
	if (!renameat(tree->dirs.root, temporary, tree->dirs.root, path))
		return 0;
	if (errno == ENOENT && postfix_dirs_parents(&tree->dirs, path, err))
		return -1;
	if (renameat(tree->dirs.root, temporary, tree->dirs.root, path))
		return postfix_dirs_fail(&tree->dirs, path, "rename the new file into place", err);
	return 0;
}

/* Writes the message into the open temporary file; *id and birth->inode become known here. */
static int fill(struct tree *tree, int fd, const struct fake_message *message,
	struct postfix_birth *birth, struct buf *id)
{
	struct stat st;
	if (fstat(fd, &st))
		return -1;
	birth->inode =
		tree->dirs.options.fixed_ids ? postfix_made_up_inode(message->number) : st.st_ino;
	postfix_name(&tree->dirs.options, birth, id);
	room_for_offsets(tree, message->nrecipients);
	buf_reset(&tree->file);
	postfix_file(&tree->file, &tree->dirs.options, message, buf_slice(id), birth->seconds,
		tree->offsets);
	damage(&tree->file, message);
	const struct finish finish = finish_for(tree, message);
	return finish_file(tree, fd, buf_slice(&tree->file), &finish);
}

static int postfix_add(
	struct tree *tree, const struct fake_message *message, struct buf *id, struct err *err)
{
	struct postfix_birth birth = postfix_birth(message);
	char temporary[64];
	snprintf(temporary, sizeof(temporary), "%s/%u.%" PRIu64,
		message->queue == FAKE_SUBMITTED ? "maildrop" : "incoming", birth.usec,
		message->number);
	int fd = openat(tree->dirs.root, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return postfix_dirs_fail(&tree->dirs, temporary, "make the file", err);
	bool bad = fill(tree, fd, message, &birth, id);
	if (close(fd) || bad)
		return postfix_dirs_fail(&tree->dirs, temporary, "write the file", err);

	const char *path = queue_path(tree, queue_name(message->queue),
		message->queue == FAKE_DEFERRED, &birth, buf_slice(id));
	if (move_into_place(tree, temporary, path, err))
		return -1;
	return write_logs(tree, message, &birth, buf_slice(id), err);
}

static int postfix_close(struct tree *tree, struct err *err)
{
	int result = postfix_dirs_close(&tree->dirs, err);
	buf_free(&tree->file);
	buf_free(&tree->path);
	buf_free(&tree->log);
	free(tree->offsets);
	free(tree);
	return result;
}

const struct writer postfix_writer = {
	.name = "postfix",
	.about = "queue files, defer and bounce logs of Postfix 3.10",
	.owner = "postfix",
	.open = postfix_open,
	.add = postfix_add,
	.gone_id = postfix_gone_id,
	.received = postfix_received,
	.close = postfix_close,
};
