/* Lists the units of a Postfix queue, folder by folder, without opening a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "formats/postfix/postfix.h"

/*
 * A message goes down this list as it ages, and back up to incoming or active at
 * every retry. A later walk looks there once more at the end, and so finds what
 * went up while it was on the way down; the first one is followed by a later one.
 */
enum { WALK_FIRST = PQ_MESSAGES };
static const enum postfix_queue walk_order[] = {
	PQ_MAILDROP, PQ_INCOMING, PQ_ACTIVE, PQ_DEFERRED, PQ_HOLD, PQ_CORRUPT, PQ_INCOMING, PQ_ACTIVE,
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
	/* Units of the folder at hand; names lie one behind the other in `names`. */
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

static bool walk_folder(struct walk *walk, int parent, const char *name, const char *path,
	unsigned depth);

/* Reads the entries of an open folder: one-character names are hash folders, the rest units. */
static bool list_folder(struct walk *walk, DIR *dir, const char *path, unsigned depth)
{
	char below[POSTFIX_PATH_MAX];
	char hashes[256];
	size_t nhashes = 0;

	walk->count = 0;
	arena_reset(&walk->names);
	errno = 0;
	for (struct dirent *e; (e = readdir(dir)); errno = 0) {
		if (e->d_name[0] == '.')
			continue;
		bool is_hash = e->d_name[1] == '\0' && walk->queue != PQ_MAILDROP &&
			(e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && depth < LIMIT_DEPTH;
		if (is_hash && nhashes < sizeof(hashes))
			hashes[nhashes++] = e->d_name[0];
		else
			add_unit(walk, e);
	}
	if (errno)
		fail(walk, path);
	if (walk->count) {
		qsort(walk->units, walk->count, sizeof(*walk->units), by_inode);
		int fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
		if (fd < 0) {
			fail(walk, path);
			return true;
		}
		struct folder *folder = folder_new(walk->spool, fd, walk->queue, path);
		bool go_on = walk->sink->units(walk->sink, folder, walk->units, walk->count);
		folder_release(folder);
		if (!go_on)
			return false;
	}
	for (size_t i = 0; i < nhashes; i++) {
		char name[2] = {hashes[i], '\0'};
		snprintf(below, sizeof(below), "%s/%s", path, name);
		if (!walk_folder(walk, dirfd(dir), name, below, depth + 1))
			return false;
	}
	return true;
}

static bool walk_folder(struct walk *walk, int parent, const char *name, const char *path,
	unsigned depth)
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

int postfix_walk(const struct spool *spool, int64_t since, struct walk_sink *sink, struct err *err)
{
	struct walk walk = {.spool = spool, .since = since, .sink = sink};
	bool go_on = true;

	(void)err;
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
