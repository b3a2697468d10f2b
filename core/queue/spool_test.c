#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <grp.h>
#include <sys/wait.h>

#include "core/base/xalloc.h"
#include "core/queue/spool.h"
#include "core/queue/test_tree.h"

/* Two drivers that bid by a folder in the spool: "one" by one/, "two" by two/, less surely. */
static bool has(int fd, const char *name)
{
	return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void probe_one(int fd, struct probe *probe)
{
	probe->bid = has(fd, "one") ? 80 : 0;
	snprintf(probe->reason, sizeof(probe->reason), "has one");
}

static void probe_two(int fd, struct probe *probe)
{
	probe->bid = has(fd, "two") ? 50 : 0;
	snprintf(probe->reason, sizeof(probe->reason), "has two");
}

static int open_stub(struct spool *spool, const struct spool_options *options, struct err *err)
{
	struct stat st;
	if (has(spool->fd, "broken"))
		return err_set(err, ERR_DAMAGED, 0, "%s is broken", spool->path);
	assert_int_equal(fstat(spool->fd, &st), 0);
	spool->owner = st.st_uid;
	spool->group = st.st_gid;
	spool->name = xstrdup("stub");
	spool->mta = options->offline ? MTA_STOPPED : MTA_UNKNOWN;
	site_add_local(&spool->site, &spool->arena, SLICE("b.test"));
	site_add_local(&spool->site, &spool->arena, SLICE("a.test"));
	return 0;
}

static unsigned closed;

static void close_stub(struct spool *spool)
{
	(void)spool;
	closed++;
}

/* What the machine's configuration would name. */
static char found_paths[4][128];

static void find_stub(void (*found)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < 4 && found_paths[i][0]; i++)
		found(ctx, found_paths[i]);
}

static void find_nothing(void (*found)(void *ctx, const char *path), void *ctx)
{
	(void)found, (void)ctx;
}

static const struct format one = {"one", "One", 0, .probe = probe_one, .find = find_stub,
	.open = open_stub, .close = close_stub};
static const struct format two = {"two", "Two", 0, .probe = probe_two, .find = find_nothing,
	.open = open_stub, .close = close_stub};
static const struct format *const formats[] = {&one, &two, NULL};

static const char *path_of(const struct tree *tree, const char *below, char room[128])
{
	snprintf(room, 128, "%s/%s", tree->path, below);
	return room;
}

static void gives_a_queue_to_who_bids_most(void **state)
{
	static const struct {
		const char *folder;
		const struct format *format;
		const char *reason;
	} cases[] = {
		{"a/one", &one, "has one"}, {"b/two", &two, "has two"},
		{"a/two", &one, "has one"}, /* now a has both */
	};
	struct tree tree;
	struct err err;
	char path[128];
	(void)state;

	tree_make(&tree, "spool");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct spools spools = {.formats = formats};
		char folder[2] = {cases[i].folder[0], '\0'};
		tree_folder(&tree, cases[i].folder);
		assert_int_equal(spools_open(&spools, path_of(&tree, folder, path), true, &err), 0);
		assert_int_equal(spools.count, 1);
		const struct spool *spool = spools.list[0];
		assert_ptr_equal(spool->format, cases[i].format);
		assert_string_equal(spool->probe.reason, cases[i].reason);
		assert_string_equal(spool->path, path);
		assert_int_equal(spool->number, 0);
		assert_int_equal(spool->mta, MTA_STOPPED);
		assert_true(fcntl(spool->fd, F_GETFD) & FD_CLOEXEC);
		assert_true(site_is_local(&spool->site, SLICE("x@a.test"))); /* sealed */
		spools_close(&spools);
		assert_int_equal(spools.count, 0);
	}
	tree_remove(&tree);
}

static void refuses_what_is_no_queue(void **state)
{
	static const struct {
		const char *path;
		enum err_code code;
		const char *words;
	} cases[] = {
		{"nowhere", ERR_GONE, "cannot open the queue"},
		{"file", ERR_GONE, "cannot open the queue"},
		{"empty", ERR_USAGE, "not a mail queue"},
		{"damaged", ERR_DAMAGED, "is broken"},
	};
	struct tree tree;
	struct spools spools = {.formats = formats};
	char path[128];
	(void)state;

	tree_make(&tree, "spool");
	tree_folder(&tree, "empty");
	tree_folder(&tree, "damaged/one");
	tree_folder(&tree, "damaged/broken");
	tree_file(&tree, "file", SLICE("x"), 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {0};
		assert_int_equal(
			spools_open(&spools, path_of(&tree, cases[i].path, path), false, &err), -1);
		if (i != 1) /* what the system says of a file differs */
			assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_non_null(strstr(err.text, path));
		assert_int_equal(spools.count, 0);
	}
	spools_close(&spools);
	tree_remove(&tree);
}

static void takes_each_queue_once(void **state)
{
	struct tree tree;
	struct spools spools = {.formats = formats};
	struct err err;
	char path[128];
	(void)state;

	tree_make(&tree, "spool");
	tree_folder(&tree, "a/one");
	tree_folder(&tree, "b/one");
	assert_int_equal(symlinkat("a", tree.fd, "link"), 0);
	static const char *const paths[] = {"a", "a/", "b", "a/../b", "link"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(
			spools_open(&spools, path_of(&tree, paths[i], path), false, &err), 0);
	assert_int_equal(spools.count, 2);
	assert_int_equal(spools.list[0]->number, 0);
	assert_int_equal(spools.list[1]->number, 1);
	closed = 0;
	spools_close(&spools);
	assert_int_equal(closed, 2);
	tree_remove(&tree);
}

static void bounds_the_queues(void **state)
{
	struct tree tree;
	struct spools spools = {.formats = formats};
	struct err err;
	char path[128], name[32];
	(void)state;

	tree_make(&tree, "spool");
	for (unsigned i = 0; i <= LIMIT_SPOOLS; i++) {
		snprintf(name, sizeof(name), "%u/one", i);
		tree_folder(&tree, name);
		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(spools_open(&spools, path_of(&tree, name, path), false, &err),
			i < LIMIT_SPOOLS ? 0 : -1);
	}
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(spools.count, LIMIT_SPOOLS);
	spools_close(&spools);
	tree_remove(&tree);
}

static void note_failure(void *ctx, const char *path, const struct err *err)
{
	struct buf *text = ctx;
	buf_printf(text, "%s:%d\n", strrchr(path, '/'), (int)err->code);
}

static void opens_what_the_configuration_names(void **state)
{
	struct tree tree;
	struct spools spools = {.formats = formats};
	struct buf failures = {0};
	char wanted[64];
	(void)state;

	tree_make(&tree, "spool");
	tree_folder(&tree, "a/one");
	tree_folder(&tree, "b/one");
	path_of(&tree, "a", found_paths[0]);
	path_of(&tree, "gone", found_paths[1]);
	path_of(&tree, "b", found_paths[2]);
	path_of(&tree, "a", found_paths[3]);
	assert_int_equal(spools_find(&spools, false, note_failure, &failures), 2);
	snprintf(wanted, sizeof(wanted), "/gone:%d\n", ERR_GONE);
	assert_string_equal(buf_str(&failures), wanted);
	spools_close(&spools);
	memset(found_paths, 0, sizeof(found_paths));
	buf_free(&failures);
	tree_remove(&tree);
}

/* In children, since there is no way back. */
static int in_child(int (*run)(struct tree *tree), struct tree *tree)
{
	pid_t child = fork();
	if (child == 0)
		_exit(run(tree));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int drop_to_owner(struct tree *tree)
{
	struct spools spools = {.formats = formats};
	struct err err;
	char path[128];
	uid_t real, effective, saved;
	static const gid_t more[] = {3990, 3991};

	if (setgroups(2, more) != 0 ||
		spools_open(&spools, path_of(tree, "a", path), false, &err) != 0 ||
		spools_drop_privileges(&spools, &err) != 0)
		return 1;
	getresuid(&real, &effective, &saved);
	if (real != 3999 || effective != 3999 || saved != 3999 || getegid() != 3998)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	return setuid(0) == 0 ? 4 : 0; /* no way back */
}

static int drop_to_two_owners(struct tree *tree)
{
	struct spools spools = {.formats = formats};
	struct err err = {0};
	char path[128];

	spools_open(&spools, path_of(tree, "a", path), false, &err);
	spools_open(&spools, path_of(tree, "b", path), false, &err);
	if (spools.count != 2 || spools_drop_privileges(&spools, &err) == 0)
		return 1;
	return err.code == ERR_USAGE && strstr(err.text, "different users") && geteuid() == 0 ? 0
											      : 2;
}

static int stay_for_roots_tree(struct tree *tree)
{
	struct spools spools = {.formats = formats};
	struct err err;
	char path[128];

	if (spools_drop_privileges(&spools, &err) != 0) /* nothing open */
		return 1;
	spools_open(&spools, path_of(tree, "c", path), false, &err);
	return spools_drop_privileges(&spools, &err) == 0 && geteuid() == 0 ? 0 : 2;
}

static int drop_as_nobody(struct tree *tree)
{
	struct spools spools = {.formats = formats};
	struct err err;
	char path[128];

	spools_open(&spools, path_of(tree, "a", path), false, &err);
	if (setresuid(65534, 65534, 65534) != 0)
		return 1;
	return spools_drop_privileges(&spools, &err) == 0 && geteuid() == 65534 ? 0 : 2;
}

static void becomes_the_owner(void **state)
{
	struct tree tree;
	(void)state;

	if (getuid() != 0) {
		print_message("SKIP: only root can become somebody else\n");
		skip();
	}
	tree_make(&tree, "spool");
	tree_folder(&tree, "a/one");
	tree_folder(&tree, "b/one");
	tree_folder(&tree, "c/one");
	assert_int_equal(fchownat(tree.fd, "a", 3999, 3998, 0), 0);
	assert_int_equal(fchownat(tree.fd, "b", 3997, 3998, 0), 0);
	assert_int_equal(in_child(drop_to_owner, &tree), 0);
	assert_int_equal(in_child(drop_to_two_owners, &tree), 0);
	assert_int_equal(in_child(stay_for_roots_tree, &tree), 0);
	assert_int_equal(in_child(drop_as_nobody, &tree), 0);
	tree_remove(&tree);
}

static int open_fds(void)
{
	int count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Its own folder and state, the site of the queue; closing it leaves the queue whole. */
static void a_view_reads_another_folder_as_the_queue(void **state)
{
	struct tree tree;
	struct err err;
	char path[128];
	(void)state;

	tree_make(&tree, "spool");
	tree_folder(&tree, "a/one");
	tree_folder(&tree, "a/trash/two"); /* not asked whose it is */
	struct spools spools = {.formats = formats};
	assert_int_equal(spools_open(&spools, path_of(&tree, "a", path), false, &err), 0);
	struct spool *spool = spools.list[0];
	int before = open_fds();
	int fd = openat(spool->fd, "trash", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct spool *view = spool_view(spool, fd, "a/trash", &err);
	assert_non_null(view);
	assert_ptr_equal(view->format, spool->format);
	assert_ptr_equal(view->view_of, spool);
	assert_int_equal(view->fd, fd);
	assert_string_equal(view->path, "a/trash");
	assert_int_equal(view->number, spool->number);
	assert_int_equal(view->mta, MTA_STOPPED); /* nothing works on what lies there */
	assert_int_equal(spool->mta, MTA_UNKNOWN);
	assert_true(site_is_local(&view->site, SLICE("x@a.test")));
	unsigned closed_before = closed;
	spool_view_close(view);
	assert_int_equal(closed, closed_before + 1);
	assert_int_equal(open_fds(), before);
	assert_true(site_is_local(&spool->site, SLICE("x@b.test")));
	spools_close(&spools);
	tree_remove(&tree);
}

static void a_view_that_fails_leaves_nothing_open(void **state)
{
	struct tree tree;
	struct err err;
	char path[128];
	(void)state;

	tree_make(&tree, "spool");
	tree_folder(&tree, "a/one");
	tree_folder(&tree, "a/trash/broken");
	struct spools spools = {.formats = formats};
	assert_int_equal(spools_open(&spools, path_of(&tree, "a", path), false, &err), 0);
	int before = open_fds();
	int fd = openat(spools.list[0]->fd, "trash", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_null(spool_view(spools.list[0], fd, "a/trash", &err));
	assert_string_equal(err.text, "a/trash is broken");
	assert_int_equal(open_fds(), before);
	assert_true(site_is_local(&spools.list[0]->site, SLICE("x@a.test")));
	spool_view_close(NULL);
	spools_close(&spools);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_a_queue_to_who_bids_most),
		cmocka_unit_test(refuses_what_is_no_queue),
		cmocka_unit_test(takes_each_queue_once),
		cmocka_unit_test(bounds_the_queues),
		cmocka_unit_test(opens_what_the_configuration_names),
		cmocka_unit_test(becomes_the_owner),
		cmocka_unit_test(a_view_reads_another_folder_as_the_queue),
		cmocka_unit_test(a_view_that_fails_leaves_nothing_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
