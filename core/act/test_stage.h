/*
 * test_stage: a small queue with a trash, and steps for one message in it. Only
 * tests include this.
 */
#ifndef CORE_ACT_TEST_STAGE_H
#define CORE_ACT_TEST_STAGE_H

#include "core/queue/test_tree.h"

#include "core/act/execute.h"
#include "core/base/buf.h"

#define STAGE_TRASH "spoolsweep-trash/17"
enum { STAGE_TIME = 1700000000 }; /* of all files */

/* An operation on the message whose commit step begins at `message`. */
struct scenario {
	const char *name;
	const char *message;
	const char *files[6]; /* the others, from the spool; the text of a file is its path */
	struct steps steps;
};

#define MOVE(from_, to_)                                                                           \
	.kind = STEP_MOVE, .from_root = ROOT_SPOOL, .to_root = ROOT_SPOOL, .from = from_, .to = to_
#define TRASH(path_)                                                                               \
	.kind = STEP_MOVE, .from_root = ROOT_SPOOL, .to_root = ROOT_TRASH, .from = path_,          \
	.to = path_
#define RESTORE(from_, to_)                                                                        \
	.kind = STEP_MOVE, .from_root = ROOT_TRASH, .to_root = ROOT_SPOOL, .from = from_, .to = to_
#define REMOVE(path_) .kind = STEP_REMOVE, .from_root = ROOT_SPOOL, .from = path_
#define MODE(mode_) .kind = STEP_MODE, .mode = (mode_)
#define TIME(seconds_) .kind = STEP_TIME, .seconds = (seconds_)

struct stage {
	struct tree tree;
	struct pin pin;
	int trash;
	struct places places; /* with the real calls */
	uint64_t inode;       /* of the message */
};

static inline void stage_file(const struct stage *stage, const char *path)
{
	const struct timespec times[2] = {{.tv_sec = STAGE_TIME}, {.tv_sec = STAGE_TIME}};

	tree_file(&stage->tree, path, slice_cstr(path), 0700);
	assert_int_equal(utimensat(stage->tree.fd, path, times, 0), 0);
}

static inline void stage_make(struct stage *stage, const struct scenario *scenario)
{
	*stage = (struct stage){0};
	tree_make(&stage->tree, "execute");
	tree_folder(&stage->tree, STAGE_TRASH);
	stage_file(stage, scenario->message);
	for (size_t i = 0; i < sizeof(scenario->files) / sizeof(char *) && scenario->files[i]; i++)
		stage_file(stage, scenario->files[i]);
	stage->inode = tree_inode(&stage->tree, scenario->message);
	stage->trash = openat(stage->tree.fd, STAGE_TRASH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stage->pin.fd = openat(stage->tree.fd, scenario->message, O_RDONLY | O_CLOEXEC);
	assert_true(stage->trash >= 0 && stage->pin.fd >= 0);
	stage->places = (struct places){&fsops_real, stage->tree.fd, stage->trash};
}

static inline void stage_remove(struct stage *stage)
{
	close(stage->pin.fd);
	close(stage->trash);
	tree_remove(&stage->tree);
}

static inline int stage_by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static inline void stage_line(const FTSENT *entry, size_t skip, struct buf *out)
{
	char text[64] = "";
	int fd = open(entry->fts_accpath, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	buf_printf(out, "%s %o %lld %.*s\n", entry->fts_path + skip,
		(unsigned)entry->fts_statp->st_mode & 07777,
		(long long)entry->fts_statp->st_mtim.tv_sec, (int)(len > 0 ? len : 0), text);
	if (fd >= 0)
		close(fd);
}

/*
 * All files: path, mode, time and text, a line each, sorted. Folders do not count. Returns
 * how many of them are the message. To be freed with buf_free.
 */
static inline unsigned stage_list(const struct stage *stage, struct buf *out)
{
	char path[sizeof(stage->tree.path)];
	char *const roots[] = {path, NULL};
	unsigned messages = 0;

	*out = (struct buf){0};
	memcpy(path, stage->tree.path, sizeof(path));
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, stage_by_name);
	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));) {
		if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP)
			continue;
		stage_line(entry, strlen(path) + 1, out);
		messages += entry->fts_statp->st_ino == stage->inode;
	}
	fts_close(walk);
	return messages;
}

static inline bool stage_has(const struct stage *stage, const char *path)
{
	return faccessat(stage->tree.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void assert_text_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

#endif
