/*
 * Postfix: the queue directory. How files come about, one by one, is Postfix's
 * own way: made under a temporary name, named after their inode once it is
 * known, and renamed into their queue.
 */
#include "cmd/forge/postfix.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/forge/rng.h"
#include "core/base/xalloc.h"

enum place { PLACE_ROOT, PLACE_QUEUE, PLACE_MAILDROP, PLACE_PUBLIC };

static const struct folder {
	const char *name;
	mode_t mode;
	enum place place;
} folders[] = {
	{"active", 0700, PLACE_QUEUE},
	{"bounce", 0700, PLACE_QUEUE},
	{"corrupt", 0700, PLACE_QUEUE},
	{"defer", 0700, PLACE_QUEUE},
	{"deferred", 0700, PLACE_QUEUE},
	{"flush", 0700, PLACE_QUEUE},
	{"hold", 0700, PLACE_QUEUE},
	{"incoming", 0700, PLACE_QUEUE},
	{"maildrop", 0730, PLACE_MAILDROP},
	{"pid", 0755, PLACE_ROOT},
	{"private", 0700, PLACE_QUEUE},
	{"public", 0710, PLACE_PUBLIC},
	{"saved", 0700, PLACE_QUEUE},
	{"trace", 0700, PLACE_QUEUE},
};
enum { FOLDERS = sizeof(folders) / sizeof(*folders) };

struct tree {
	struct tree_options options;
	gid_t postdrop;
	int root;
	struct buf file;
	struct buf path;
	struct buf log;
	size_t *offsets;
	size_t noffsets;
};

/* A file about to be made: what becomes its name. */
struct birth {
	int64_t seconds;
	unsigned usec;
	uint64_t inode;
};

static int fail(struct tree *tree, const char *path, const char *what, struct err *err)
{
	return err_sys(err, "%s/%s: cannot %s", tree->options.dir, path, what);
}

static struct timespec at(int64_t seconds)
{
	return (struct timespec){.tv_sec = (time_t)seconds};
}

static int finish_folder(
	struct tree *tree, const char *path, mode_t mode, enum place place, struct err *err)
{
	const struct tree_options *o = &tree->options;
	const struct timespec times[2] = {at(o->now), at(o->now)};
	gid_t group = place == PLACE_QUEUE ? o->gid : tree->postdrop;
	if (o->chown && place != PLACE_ROOT && fchownat(tree->root, path, o->uid, group, 0))
		return fail(tree, path, "change the owner", err);
	if (fchmodat(tree->root, path, mode, 0))
		return fail(tree, path, "change the mode", err);
	if (utimensat(tree->root, path, times, 0))
		return fail(tree, path, "set the time", err);
	return 0;
}

static int make_folders(struct tree *tree, struct err *err)
{
	for (unsigned i = 0; i < FOLDERS; i++)
		if (mkdirat(tree->root, folders[i].name, 0700))
			return fail(tree, folders[i].name, "make the folder", err);
	return 0;
}

/* The lock files of a Postfix that ran and was stopped. */
static int make_pid_files(struct tree *tree, struct err *err)
{
	static const char *const names[] = {"pid/master.pid", "pid/inet.smtp", "pid/unix.bounce",
		"pid/unix.cleanup", "pid/unix.defer", "pid/unix.local", "pid/unix.showq",
		"pid/unix.smtp"};
	const struct timespec times[2] = {at(tree->options.now), at(tree->options.now)};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd =
			openat(tree->root, names[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return fail(tree, names[i], "make the file", err);
		bool ok = i > 0 || dprintf(fd, "%32d\n", 931) > 0;
		ok = ok && !futimens(fd, times);
		if (close(fd) || !ok)
			return fail(tree, names[i], "write the file", err);
	}
	return 0;
}

static struct tree *postfix_open(const struct tree_options *options, struct err *err)
{
	struct tree *tree = xcalloc(1, sizeof(*tree));
	tree->options = *options;
	const struct group *group = getgrnam("postdrop");
	tree->postdrop = group ? group->gr_gid : options->gid;
	tree->root = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->root < 0)
		err_sys(err, "%s: cannot open the folder", options->dir);
	else if (!make_folders(tree, err) && !make_pid_files(tree, err))
		return tree;
	if (tree->root >= 0)
		close(tree->root);
	free(tree);
	return NULL;
}

/* smtpd and cleanup need a moment between the arrival and the name of the file. */
static struct birth birth_of(const struct fake_message *message)
{
	unsigned usec =
		message->arrival_usec + 140 + (unsigned)(rng_mix(message->number, 1) % 6000);
	return (struct birth){.seconds = message->arrival + usec / 1000000, .usec = usec % 1000000};
}

static bool id_is_long(const struct tree *tree, const struct birth *birth)
{
	/* A mixed queue: the administrator turned on long ids half a day ago. */
	if (tree->options.ids == IDS_MIXED)
		return birth->seconds >= tree->options.now - 12 * 3600;
	return tree->options.ids == IDS_LONG;
}

static void name_it(const struct tree *tree, const struct birth *birth, struct buf *id)
{
	buf_reset(id);
	if (id_is_long(tree, birth))
		postfix_long_id(id, birth->seconds, birth->usec, birth->inode);
	else
		postfix_short_id(id, birth->usec, birth->inode);
}

static uint64_t made_up_inode(uint64_t number)
{
	return 1310720 + number;
}

static void postfix_gone_id(struct tree *tree, const struct fake_message *message, struct buf *id)
{
	struct birth birth = birth_of(message);
	birth.usec = (birth.usec + 7919) % 1000000;
	birth.inode = made_up_inode(rng_mix(message->number, 2) % 500000);
	name_it(tree, &birth, id);
}

/* Where the message goes: "deferred/1/17025A72322". */
static const char *queue_path(struct tree *tree, const char *queue, bool hashed,
	const struct birth *birth, struct slice id)
{
	buf_reset(&tree->path);
	buf_printf(&tree->path, "%s/", queue);
	if (hashed)
		postfix_hash_path(&tree->path, birth->usec, tree->options.hash_depth);
	buf_add(&tree->path, id);
	return buf_str(&tree->path);
}

/* Makes the hash folders above path. */
static int make_parents(struct tree *tree, const char *path, struct err *err)
{
	char *parent = xstrdup(path);
	int result = 0;
	char *slash = strchr(parent, '/');
	while (!result && slash && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (!mkdirat(tree->root, parent, 0700))
			result = finish_folder(tree, parent, 0700, PLACE_QUEUE, err);
		else if (errno != EEXIST)
			result = fail(tree, parent, "make the folder", err);
		*slash = '/';
	}
	free(parent);
	return result;
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
	const struct timespec times[2] = {at(finish->mtime), at(finish->mtime)};
	if (write_all(fd, bytes))
		return -1;
	if (tree->options.chown && fchown(fd, finish->uid, finish->gid))
		return -1;
	return fchmod(fd, finish->mode) || futimens(fd, times) ? -1 : 0;
}

static int write_log(struct tree *tree, const char *queue, const struct birth *birth,
	struct slice id, int64_t mtime, struct err *err)
{
	const struct tree_options *o = &tree->options;
	const struct finish finish = {0600, o->uid, o->gid, mtime};
	const char *path = queue_path(tree, queue, !strcmp(queue, "defer"), birth, id);
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
	int fd = openat(tree->root, path, FLAGS, 0600);
	if (fd < 0 && errno == ENOENT) {
		if (make_parents(tree, path, err))
			return -1;
		fd = openat(tree->root, path, FLAGS, 0600);
	}
	if (fd < 0)
		return fail(tree, path, "make the file", err);
	bool bad = finish_file(tree, fd, buf_slice(&tree->log), &finish);
	return close(fd) || bad ? fail(tree, path, "write the file", err) : 0;
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
	const struct birth *birth, struct slice id, struct err *err)
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
	const struct tree_options *o = &tree->options;
	struct finish finish = {0700, o->uid, o->gid, message->arrival};
	if (message->queue == FAKE_DEFERRED)
		finish.mtime = message->next_retry;
	if (message->queue == FAKE_SUBMITTED)
		finish = (struct finish){0744, message->uid, tree->postdrop, message->arrival};
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
	if (!renameat(tree->root, temporary, tree->root, path))
		return 0;
	if (errno == ENOENT && make_parents(tree, path, err))
		return -1;
	if (renameat(tree->root, temporary, tree->root, path))
		return fail(tree, path, "rename the new file into place", err);
	return 0;
}

/* Writes the message into the open temporary file; *id and birth->inode become known here. */
static int fill(struct tree *tree, int fd, const struct fake_message *message, struct birth *birth,
	struct buf *id)
{
	struct stat st;
	if (fstat(fd, &st))
		return -1;
	birth->inode = tree->options.fixed_ids ? made_up_inode(message->number) : st.st_ino;
	name_it(tree, birth, id);
	room_for_offsets(tree, message->nrecipients);
	buf_reset(&tree->file);
	postfix_file(
		&tree->file, &tree->options, message, buf_slice(id), birth->seconds, tree->offsets);
	damage(&tree->file, message);
	const struct finish finish = finish_for(tree, message);
	return finish_file(tree, fd, buf_slice(&tree->file), &finish);
}

static int postfix_add(
	struct tree *tree, const struct fake_message *message, struct buf *id, struct err *err)
{
	struct birth birth = birth_of(message);
	char temporary[64];
	snprintf(temporary, sizeof(temporary), "%s/%u.%" PRIu64,
		message->queue == FAKE_SUBMITTED ? "maildrop" : "incoming", birth.usec,
		message->number);
	int fd = openat(tree->root, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(tree, temporary, "make the file", err);
	bool bad = fill(tree, fd, message, &birth, id);
	if (close(fd) || bad)
		return fail(tree, temporary, "write the file", err);

	const char *path = queue_path(tree, queue_name(message->queue),
		message->queue == FAKE_DEFERRED, &birth, buf_slice(id));
	if (move_into_place(tree, temporary, path, err))
		return -1;
	return write_logs(tree, message, &birth, buf_slice(id), err);
}

/* The times of folders changed while they were filled. */
static int finish_hash_folders(
	struct tree *tree, const char *above, unsigned depth, struct err *err)
{
	for (unsigned digit = 0; depth && digit < 16; digit++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/%X", above, digit);
		if (faccessat(tree->root, path, F_OK, 0))
			continue;
		if (finish_hash_folders(tree, path, depth - 1, err) ||
			finish_folder(tree, path, 0700, PLACE_QUEUE, err))
			return -1;
	}
	return 0;
}

static int finish_tree(struct tree *tree, struct err *err)
{
	unsigned depth = tree->options.hash_depth;
	if (finish_hash_folders(tree, "deferred", depth, err) ||
		finish_hash_folders(tree, "defer", depth, err))
		return -1;
	for (unsigned i = 0; i < FOLDERS; i++)
		if (finish_folder(tree, folders[i].name, folders[i].mode, folders[i].place, err))
			return -1;
	return finish_folder(tree, ".", 0755, PLACE_ROOT, err);
}

static int postfix_close(struct tree *tree, struct err *err)
{
	int result = finish_tree(tree, err);
	close(tree->root);
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
