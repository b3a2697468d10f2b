#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/queue/test_tree.h"
#include "formats/postfix/postfix.h"

/* Makes each of the paths, separated by spaces: a folder, or a file where it starts with '='. */
static void make_all(const struct tree *tree, const char *paths)
{
	struct slice rest = slice_cstr(paths), word;
	while (slice_word(&rest, " ", &word)) {
		char path[256];
		snprintf(path, sizeof(path), "%.*s", SLICE_ARG(word));
		if (path[0] == '=')
			tree_file(tree, path + 1, SLICE(""), 0700);
		else
			tree_folder(tree, path);
	}
}

static void bids_by_the_folders(void **state)
{
	static const struct {
		const char *paths;
		int bid;
	} cases[] = {
		{"", 0},
		{"some other folders", 0},
		{"hold incoming", 0}, /* MailScanner and others have these */
		{"incoming corrupt defer bounce private", 0},
		{"=active =deferred =maildrop", 0},
		{"active", 40},
		{"maildrop", 40},
		{"deferred defer bounce", 40},
		{"active deferred", 60},
		{"maildrop incoming hold", 60},
		{"incoming active deferred hold", 90},
		{"incoming active deferred hold defer bounce", 90},
		{"maildrop incoming active deferred hold corrupt defer bounce private public pid",
			99},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tree tree;
		struct probe probe = {0};
		tree_make(&tree, "layout");
		make_all(&tree, cases[i].paths);
		postfix_probe(tree.fd, &probe);
		if (probe.bid != cases[i].bid)
			fail_msg("\"%s\": %d, %s", cases[i].paths, probe.bid, probe.reason);
		tree_remove(&tree);
	}
}

static void says_why_it_bids(void **state)
{
	struct tree tree;
	struct probe probe = {0};
	(void)state;

	tree_make(&tree, "layout");
	make_all(&tree, "active hold deferred pid");
	postfix_probe(tree.fd, &probe);
	assert_string_equal(probe.reason,
		"has the folders active, deferred, hold and Postfix's own beside them");
	tree_remove(&tree);
}

/* Links in the place of queue folders are not followed: they lead out of the spool. */
static void does_not_count_links(void **state)
{
	struct tree tree;
	struct probe probe = {0};
	(void)state;

	tree_make(&tree, "layout");
	make_all(&tree, "elsewhere");
	assert_int_equal(symlinkat("elsewhere", tree.fd, "active"), 0);
	assert_int_equal(symlinkat("elsewhere", tree.fd, "deferred"), 0);
	assert_int_equal(mkfifoat(tree.fd, "maildrop", 0600), 0);
	postfix_probe(tree.fd, &probe);
	assert_int_equal(probe.bid, 0);
	tree_remove(&tree);
}

static void tells_the_depth(void **state)
{
	static const struct {
		const char *paths;
		unsigned depth;
	} cases[] = {
		{"other", 0},
		{"deferred", 0},
		{"=deferred/ABCDE1234", 0},
		{"=deferred/A", 0}, /* a file of one character is no hash folder */
		{"deferred/long-name/A", 0},
		{"deferred/A", 1},
		{"=deferred/B =deferred/C deferred/A", 1},
		{"deferred/A/B deferred/A/C", 2},
		{"deferred/_/_/_", 3},
		{"deferred/0/1/2/3/4/5/6/7/8/9/A/B/C/D/E/F", LIMIT_DEPTH},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tree tree;
		struct postfix postfix = {0};
		tree_make(&tree, "layout");
		make_all(&tree, cases[i].paths);
		struct spool spool = {.fd = tree.fd};
		postfix_look_at_folders(&spool, &postfix);
		if (postfix.depth[PQ_DEFERRED] != cases[i].depth)
			fail_msg("\"%s\": %u", cases[i].paths, postfix.depth[PQ_DEFERRED]);
		assert_int_equal(postfix.depth[PQ_DEFER], 0);
		tree_remove(&tree);
	}
}

static void leaves_a_configured_depth(void **state)
{
	struct tree tree;
	struct postfix postfix = {.depth = {[PQ_DEFERRED] = 3}, .depth_configured = true};
	(void)state;

	tree_make(&tree, "layout");
	make_all(&tree, "deferred/A");
	struct spool spool = {.fd = tree.fd};
	postfix_look_at_folders(&spool, &postfix);
	assert_int_equal(postfix.depth[PQ_DEFERRED], 3);
	tree_remove(&tree);
}

/* Neither waits at a fifo nor goes where a link leads. */
static void is_not_led_astray(void **state)
{
	struct tree tree;
	struct postfix postfix = {0};
	(void)state;

	tree_make(&tree, "layout");
	make_all(&tree, "deferred elsewhere/A/B");
	assert_int_equal(symlinkat("../elsewhere", tree.fd, "deferred/A"), 0);
	assert_int_equal(mkfifoat(tree.fd, "deferred/B", 0600), 0);
	assert_int_equal(symlinkat("elsewhere", tree.fd, "defer"), 0);
	struct spool spool = {.fd = tree.fd};
	postfix_look_at_folders(&spool, &postfix);
	assert_int_equal(postfix.depth[PQ_DEFERRED], 0);
	assert_int_equal(postfix.depth[PQ_DEFER], 0);
	tree_remove(&tree);
}

static void makes_paths(void **state)
{
	struct postfix postfix = {.depth = {[PQ_DEFERRED] = 2, [PQ_DEFER] = LIMIT_DEPTH}};
	char path[POSTFIX_PATH_MAX], longest[256];
	(void)state;

	assert_true(postfix_path(&postfix, PQ_HOLD, SLICE("C3CD21F3E90"), path));
	assert_string_equal(path, "hold/C3CD21F3E90");
	assert_true(postfix_path(&postfix, PQ_DEFERRED, SLICE("4X3vqF3RdBz5Yqn"), path));
	assert_string_equal(path, "deferred/7/6/4X3vqF3RdBz5Yqn");
	assert_false(postfix_path(&postfix, PQ_HOLD, SLICE("../../etc/passwd"), path));
	assert_false(postfix_path(&postfix, PQ_HOLD, SLICE(""), path));
	/* The longest id at the greatest depth has room. */
	memset(longest, 'A', sizeof(longest));
	assert_true(postfix_path(&postfix, PQ_DEFER, slice_of(longest, 255), path));
	assert_int_equal(strlen(path), strlen("defer/") + 2 * LIMIT_DEPTH + 255);
	assert_false(postfix_path(&postfix, PQ_DEFER, slice_of(longest, 256), path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bids_by_the_folders),
		cmocka_unit_test(says_why_it_bids),
		cmocka_unit_test(does_not_count_links),
		cmocka_unit_test(tells_the_depth),
		cmocka_unit_test(leaves_a_configured_depth),
		cmocka_unit_test(is_not_led_astray),
		cmocka_unit_test(makes_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
