/*
 * test_case: the captured queues in testdata/queues/FORMAT/CASE, made real below
 * build/tmp and opened, for the tests that hold every driver to the same contract.
 * Only tests include this.
 *
 *   FORMAT/folders    the folders that every queue of the format has, a line each:
 *                     git keeps no empty ones
 *   CASE/tree         the files
 *   CASE/modes        "MODE MTIME PATH", a line each
 *   CASE/postqueue.json  what the MTA's own tool lists, in the form of postqueue -j
 *   CASE/rows         in its place, where there is no such tool or it is no use:
 *                     "QUEUE ID WARNING..." or "failed PATH", a line each, sorted
 */
#ifndef FORMATS_TEST_CASE_H
#define FORMATS_TEST_CASE_H

#include <dirent.h>

#include "core/base/xalloc.h"
#include "core/queue/scan.h"
#include "core/queue/test_tree.h"
#include "formats/registry.h"

#define TEST_QUEUES "testdata/queues"

struct test_case {
	const struct format *format;
	char source[160]; /* testdata/queues/FORMAT/CASE */
	struct tree tree;
	struct spools spools;
	struct scan scan;
};

/* The whole of a file of the case, or empty when it has none. To be freed. */
static inline struct buf test_case_file(const struct test_case *test, const char *name)
{
	char path[256];
	struct buf text = {0};

	snprintf(path, sizeof(path), "%s/%s", test->source, name);
	FILE *file = fopen(path, "re");
	for (size_t n = 1; file && n; text.len += n)
		n = fread(buf_room(&text, 4096), 1, 4096, file);
	if (file)
		fclose(file);
	return text;
}

static inline void test_case_copy(const struct tree *tree, const char *from, const char *to)
{
	struct buf bytes = {0};
	FILE *file = fopen(from, "re");

	assert_non_null(file);
	for (size_t n = 1; n; bytes.len += n)
		n = fread(buf_room(&bytes, 4096), 1, 4096, file);
	fclose(file);
	tree_file(tree, to, buf_slice(&bytes), 0600);
	buf_free(&bytes);
}

static inline void test_case_copy_tree(struct test_case *test)
{
	char root[200], target[256];
	char *const roots[] = {root, NULL};

	snprintf(root, sizeof(root), "%s/tree", test->source);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(walk);
	for (FTSENT *entry; (entry = fts_read(walk));) {
		const char *below = entry->fts_path + strlen(root) + 1;
		if (entry->fts_level == 0 || entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_info == FTS_D) {
			tree_folder(&test->tree, below);
		} else if (entry->fts_info == FTS_F) {
			test_case_copy(&test->tree, entry->fts_path, below);
		} else {
			ssize_t n = readlink(entry->fts_path, target, sizeof(target) - 1);
			assert_true(n > 0);
			target[n] = '\0';
			assert_int_equal(symlinkat(target, test->tree.fd, below), 0);
		}
	}
	fts_close(walk);
}

static inline void test_case_apply_modes(struct test_case *test)
{
	struct buf modes = test_case_file(test, "modes");
	struct slice rest = buf_slice(&modes), line;

	while (rest.len) {
		char text[256], path[200];
		unsigned mode;
		long long mtime;
		slice_cut(rest, '\n', &line, &rest);
		snprintf(text, sizeof(text), "%.*s", SLICE_ARG(line));
		if (sscanf(text, "%o %lld %199[^\n]", &mode, &mtime, path) != 3)
			fail_msg("%s/modes: %s", test->source, text);
		struct timespec times[2] = {{.tv_sec = mtime}, {.tv_sec = mtime}};
		assert_int_equal(fchmodat(test->tree.fd, path, (mode_t)mode, 0), 0);
		assert_int_equal(utimensat(test->tree.fd, path, times, 0), 0);
	}
	buf_free(&modes);
}

static inline void test_case_open(
	struct test_case *test, const struct format *format, const char *name)
{
	char folders[200], folder[64];
	struct err err;

	*test = (struct test_case){.format = format, .spools = {.formats = formats}};
	snprintf(test->source, sizeof(test->source), TEST_QUEUES "/%s/%.64s", format->name, name);
	tree_make(&test->tree, name);
	snprintf(folders, sizeof(folders), TEST_QUEUES "/%s/folders", format->name);
	FILE *file = fopen(folders, "re");
	while (file && fscanf(file, "%63s", folder) == 1)
		tree_folder(&test->tree, folder);
	if (file)
		fclose(file);
	test_case_copy_tree(test);
	test_case_apply_modes(test);
	if (spools_open(&test->spools, test->tree.path, true, &err) != 0)
		fail_msg("%s: %s", test->source, err.text);
}

static inline void test_case_scan(struct test_case *test)
{
	static const struct need need = {.parts = NEED_ALL};
	static const struct scan_options options = {.jobs = 4};
	struct err err;

	scan_free(&test->scan);
	if (scan_run(&test->scan, &test->spools, &need, &options, &err) != 0)
		fail_msg("%s: %s", test->source, err.text);
}

static inline void test_case_close(struct test_case *test)
{
	scan_free(&test->scan);
	spools_close(&test->spools);
	tree_remove(&test->tree);
}

/* Runs `check` on every case of every format, and fails when there is none. */
static inline void test_case_each(void (*check)(struct test_case *test))
{
	for (size_t i = 0; formats[i]; i++) {
		char path[128];
		unsigned cases = 0;
		struct dirent **entries;

		snprintf(path, sizeof(path), TEST_QUEUES "/%s", formats[i]->name);
		int n = scandir(path, &entries, NULL, alphasort);
		for (int k = 0; k < n; k++) {
			struct test_case test;
			if (entries[k]->d_name[0] != '.' && entries[k]->d_type == DT_DIR) {
				test_case_open(&test, formats[i], entries[k]->d_name);
				check(&test);
				test_case_close(&test);
				cases++;
			}
			free(entries[k]);
		}
		if (n >= 0)
			free(entries);
		if (!cases)
			fail_msg("no cases in %s", path);
	}
}

#endif
