/* Lists the units of a Postfix queue, folder by folder, without opening a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/intern.h"
#include "core/base/xalloc.h"
#include "formats/postfix/postfix.h"

/*
 * A message goes down this list as it ages, and back up to incoming or active at
 * every retry. A later walk looks there once more at the end, and so finds what
 * went up while it was on the way down; the first one is followed by a later one.
 */
enum { WALK_FIRST = PQ_MESSAGES };
static const enum postfix_queue walk_order[] = {
	PQ_MAILDROP,
	PQ_INCOMING,
	PQ_ACTIVE,
	PQ_DEFERRED,
	PQ_HOLD,
	PQ_CORRUPT,
	PQ_INCOMING,
	PQ_ACTIVE,
};

/*
 * Times of folders are as coarse as the kernel's tick, and one change within a
 * tick of our look may not show: only what is clearly older counts as unchanged.
 */
enum { TIME_SLACK = 2 };

struct walk {
	const struct spool *spool;
	enum postfix_queue queue;
	int64_t since;
	struct walk_sink *sink;
	bool under_way; /* something was handed on */
	/* Units of the folder at hand; names lie one behind the other in `names`. */
	struct folder *folder; /* NULL until there is one to hand on */
	struct unit *units;
	size_t count;
	size_t cap;
	struct arena names;
};

static void add_unit(struct walk *walk, const struct dirent *entry)
{
	if (walk->count == walk->cap) {
		walk->cap = walk->cap ? walk->cap * 2 : 1024;
		walk->units = xrealloc(walk->units, walk->cap, sizeof(*walk->units));
	}
	walk->units[walk->count++] = (struct unit){
		.name = arena_copy(&walk->names, slice_cstr(entry->d_name)),
		.inode = entry->d_ino,
		.type = entry->d_type,
	};
}

/* In the order of the inodes a cold disk moves its head once: 49 s became 14 s. */
static int by_inode(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static void fail(struct walk *walk, const char *path)
{
	struct err err;
	err_sys(&err, "cannot list");
	walk->sink->failed(walk->sink, walk->spool, slice_cstr(path), &err);
}

/* A leaf that has not changed holds nothing new. Its link count tells that it is a leaf. */
static bool unchanged(const struct walk *walk, int fd)
{
	struct stat st;
	return walk->since && fstat(fd, &st) == 0 && st.st_nlink == 2 &&
		st.st_mtime < walk->since - TIME_SLACK;
}

static bool walk_folder(
	struct walk *walk, int parent, const char *name, const char *path, unsigned depth);

/*
 * The defer logs of "deferred/A" are in "defer/A": one open for the folder saves a
 * path of three names for each message.
 */
static int open_logs(const struct walk *walk, const char *path, unsigned depth)
{
	char logs[POSTFIX_PATH_MAX];
	const char *hashes = strchr(path, '/');

	if (walk->queue == PQ_MAILDROP || depth != postfix_of(walk->spool)->depth[PQ_DEFER])
		return -1;
	snprintf(logs, sizeof(logs), "%s%s", postfix_queues[PQ_DEFER].name, hashes ? hashes : "");
	return openat(walk->spool->fd, logs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* False when the descriptor that the folder is to keep cannot be had. */
static bool make_folder(struct walk *walk, DIR *dir, const char *path, unsigned depth)
{
	int fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
	if (fd < 0) {
		fail(walk, path);
		return false;
	}
	walk->folder = folder_new(walk->spool, fd, walk->queue, path);
	walk->folder->beside = open_logs(walk, path, depth);
	return true;
}

/* Hands on what was listed. False ends the walk. */
static bool hand_on(struct walk *walk, DIR *dir, const char *path, unsigned depth)
{
	bool go_on = true;

	if (walk->count && (walk->folder || make_folder(walk, dir, path, depth))) {
		qsort(walk->units, walk->count, sizeof(*walk->units), by_inode);
		go_on = walk->sink->units(walk->sink, walk->folder, walk->units, walk->count);
		walk->under_way = true;
	}
	walk->count = 0;
	arena_reset(&walk->names);
	return go_on;
}

/*
 * Reads the entries of an open folder: one-character names are hash folders, kept for
 * later, the rest units. Nobody has anything to read before the first are handed on.
 */
static bool list_units(
	struct walk *walk, DIR *dir, const char *path, unsigned depth, char hashes[256])
{
	enum { FIRST_UNITS = 512 };
	bool go_on = true;
	size_t nhashes = 0;

	errno = 0;
	for (struct dirent *e; go_on && (e = readdir(dir)); errno = 0) {
		if (e->d_name[0] == '.')
			continue;
		bool is_hash = e->d_name[1] == '\0' && walk->queue != PQ_MAILDROP &&
			(e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && depth < LIMIT_DEPTH;
		if (is_hash && nhashes < 255)
			hashes[nhashes++] = e->d_name[0];
		else
			add_unit(walk, e);
		if (walk->count == FIRST_UNITS && !walk->under_way)
			go_on = hand_on(walk, dir, path, depth);
	}
	hashes[nhashes] = '\0';
	if (go_on && errno)
		fail(walk, path);
	go_on = go_on && hand_on(walk, dir, path, depth);
	if (walk->folder)
		folder_release(walk->folder);
	walk->folder = NULL;
	return go_on;
}

static bool list_folder(struct walk *walk, DIR *dir, const char *path, unsigned depth)
{
	char below[POSTFIX_PATH_MAX];
	char hashes[256];
	bool go_on = list_units(walk, dir, path, depth, hashes);

	for (const char *hash = hashes; go_on && *hash; hash++) {
		char name[2] = {*hash, '\0'};
		snprintf(below, sizeof(below), "%s/%s", path, name);
		go_on = walk_folder(walk, dirfd(dir), name, below, depth + 1);
	}
	return go_on;
}

static bool walk_folder(
	struct walk *walk, int parent, const char *name, const char *path, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		/* A queue that this tree does not have, or a folder removed meanwhile. */
		if (errno != ENOENT)
			fail(walk, path);
		return true;
	}
	if (unchanged(walk, fd)) {
		close(fd);
		return true;
	}
	DIR *dir = fdopendir(fd);
	if (!dir) {
		fail(walk, path);
		close(fd);
		return true;
	}
	bool go_on = list_folder(walk, dir, path, depth);
	closedir(dir);
	return go_on;
}

static bool note_bounces(
	struct walk_sink *sink, struct folder *folder, const struct unit *units, size_t count)
{
	struct postfix *postfix = folder->spool->data;

	(void)sink;
	for (size_t i = 0; i < count; i++)
		hashset_add(&postfix->bounces, seeded_hash(units[i].name.ptr, units[i].name.len));
	return true;
}

/* A queue without any has no such folder, and whose reasons cannot be read says so itself. */
static void ignore_failure(
	struct walk_sink *sink, const struct spool *spool, struct slice path, const struct err *err)
{
	(void)sink, (void)spool, (void)path, (void)err;
}

/* No message is read while a walk begins: nobody looks at the set meanwhile. */
static void list_bounces(const struct spool *spool)
{
	struct walk_sink sink = {note_bounces, ignore_failure};
	struct walk walk = {.spool = spool, .queue = PQ_BOUNCE, .sink = &sink};
	struct postfix *postfix = spool->data;
	const char *name = postfix_queues[PQ_BOUNCE].name;

	hashset_free(&postfix->bounces);
	walk_folder(&walk, spool->fd, name, name, 0);
	postfix->bounces_known = true;
	free(walk.units);
	arena_free(&walk.names);
}

int postfix_walk(const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err)
{
	struct walk walk = {.spool = spool, .since = since, .sink = sink};
	bool go_on = true;

	(void)err;
	list_bounces(spool);
	size_t steps = since ? sizeof(walk_order) / sizeof(*walk_order) : WALK_FIRST;
	for (size_t i = 0; go_on && i < steps; i++) {
		walk.queue = walk_order[i];
		const char *name = postfix_queues[walk.queue].name;
		go_on = walk_folder(&walk, spool->fd, name, name, 0);
	}
	free(walk.units);
	arena_free(&walk.names);
	return 0;
}
