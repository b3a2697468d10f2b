/*
 * test_tree: a real folder tree below build/tmp, for the tests of this folder and
 * of the drivers. Paths are relative to the tree; what fails to be made fails
 * the test. Only tests include this.
 */
#ifndef CORE_QUEUE_TEST_TREE_H
#define CORE_QUEUE_TEST_TREE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/slice.h"

struct tree {
	char path[96];
	int fd;
};

static inline void tree_make(struct tree *tree, const char *name)
{
	mkdir("build", 0777);
	mkdir("build/tmp", 0777);
	snprintf(tree->path, sizeof(tree->path), "build/tmp/%.40s.XXXXXX", name);
	assert_non_null(mkdtemp(tree->path));
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->fd >= 0);
}

static inline void tree_remove(struct tree *tree)
{
	char *const roots[] = {tree->path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));) {
		if (entry->fts_info == FTS_D)
			chmod(entry->fts_path, 0700);
		else if (entry->fts_info == FTS_DP)
			rmdir(entry->fts_path);
		else
			unlink(entry->fts_path);
	}
	fts_close(walk);
	close(tree->fd);
	assert_true(access(tree->path, F_OK) != 0);
}

/* A folder, with those above it. */
static inline void tree_folder(const struct tree *tree, const char *path)
{
	char part[512];

	for (size_t i = 0; path[i]; i++) {
		if (path[i + 1] && path[i + 1] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i + 1, path);
		if (mkdirat(tree->fd, part, 0700) != 0 && errno != EEXIST)
			fail_msg("cannot make the folder %s: %s", part, strerror(errno));
	}
}

/* A file of that content and mode, with the folders above it. */
static inline void tree_file(
	const struct tree *tree, const char *path, struct slice content, mode_t mode)
{
	char folder[512];
	const char *slash = strrchr(path, '/');

	if (slash) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		tree_folder(tree, folder);
	}
	int fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		fail_msg("cannot make the file %s: %s", path, strerror(errno));
	assert_int_equal(write(fd, content.ptr, content.len), content.len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static inline uint64_t tree_inode(const struct tree *tree, const char *path)
{
	struct stat st;
	assert_int_equal(fstatat(tree->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

#endif
