#include "core/queue/test_tree.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/act/failing_fsops.h"
#include "core/act/trash.h"

/* Root tests with a queue of another user, anybody else with one of their own. */
enum { OTHER_USER = 3999, OTHER_GROUP = 3998 };

struct stage {
	struct tree tree;
	struct spool spool;
};

static void stage_make(struct stage *stage)
{
	struct stat st;

	*stage = (struct stage){0};
	tree_make(&stage->tree, "trash");
	assert_int_equal(fchmod(stage->tree.fd, 0755), 0);
	assert_int_equal(fstat(stage->tree.fd, &st), 0);
	stage->spool = (struct spool){.path = stage->tree.path,
		.fd = stage->tree.fd,
		.dev = st.st_dev,
		.owner = geteuid() == 0 ? OTHER_USER : geteuid(),
		.group = geteuid() == 0 ? OTHER_GROUP : getegid()};
}

static void stage_remove(struct stage *stage)
{
	tree_remove(&stage->tree);
}

static int open_trash(const struct stage *stage)
{
	struct err err;
	int fd;

	if (trash_open(&stage->spool, &fd, &err) != 0)
		fail_msg("%s", err.text);
	return fd;
}

/* A spool with its trash, open. */
static int stage_with_trash(struct stage *stage)
{
	struct err err;

	stage_make(stage);
	if (trash_make(&fsops_real, &stage->spool, &err) != 0)
		fail_msg("%s", err.text);
	return open_trash(stage);
}

static void assert_text_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* ---- making it ---- */

static void makes_it_for_the_owner_of_the_queue(void **state)
{
	struct stage stage;
	struct stat st;
	struct err err;
	int fd;
	(void)state;

	stage_make(&stage);
	assert_int_equal(trash_open(&stage.spool, &fd, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	assert_int_equal(fd, -1);

	mode_t mask = umask(0);
	assert_int_equal(trash_make(&fsops_real, &stage.spool, &err), 0);
	umask(mask);
	fd = open_trash(&stage);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_uid, stage.spool.owner);
	assert_int_equal(st.st_gid, stage.spool.group);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	uint64_t inode = tree_inode(&stage.tree, TRASH_FOLDER);
	assert_int_equal(trash_make(&fsops_real, &stage.spool, &err), 0); /* is there */
	assert_int_equal(tree_inode(&stage.tree, TRASH_FOLDER), inode);
	stage_remove(&stage);
}

/* Every call fails, or is where the process dies; the next try makes it. */
static void makes_it_after_any_failure(void **state)
{
	unsigned made = geteuid() == 0 ? 2 : 1; /* calls: root gives it away */
	(void)state;

	for (unsigned call = 1; call <= made; call++) {
		for (int dies = 0; dies < 2; dies++) {
			struct failing_fsops failing = failing_fsops_new();
			struct stage stage;
			struct err err = {0};
			int status;

			stage_make(&stage);
			failing.at = call, failing.error = dies ? 0 : ENOSPC;
			pid_t pid = fork();
			assert_true(pid >= 0);
			if (pid == 0)
				_exit(trash_make(&failing.ops, &stage.spool, &err) == -1 &&
							err.code == ERR_IO && err.sys == ENOSPC
						? 0
						: 1);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), dies ? FAILING_EXIT : 0);
			assert_int_equal(trash_make(&fsops_real, &stage.spool, &err), 0);
			close(open_trash(&stage));
			stage_remove(&stage);
		}
	}
}

static int make_in_child(const struct stage *stage, uid_t user)
{
	struct err err = {0};
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 &&
			(setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0))
			_exit(9);
		if (trash_make(&fsops_real, &stage->spool, &err) == 0)
			_exit(1);
		if (err.code != ERR_PERMISSION)
			_exit(2);
		if (!strstr(err.text, "sudo spoolsweep setup -s build/tmp/trash."))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void says_what_to_type_where_only_root_can(void **state)
{
	struct stage stage;
	(void)state;

	stage_make(&stage); /* the owner, in a folder that is root's or may not be written */
	assert_int_equal(fchmod(stage.tree.fd, 0555), 0);
	assert_int_equal(make_in_child(&stage, OTHER_USER), 0);
	assert_int_equal(fchmod(stage.tree.fd, 0777), 0); /* somebody else, where anybody may */
	stage.spool.owner++;
	assert_int_equal(make_in_child(&stage, OTHER_USER), 0);
	assert_int_equal(faccessat(stage.tree.fd, TRASH_FOLDER, F_OK, AT_SYMLINK_NOFOLLOW), -1);
	stage_remove(&stage);
}

/* ---- what is not taken for it ---- */

static void refused(const struct stage *stage, const char *words)
{
	struct err err = {0};
	int fd = 7;

	assert_int_equal(trash_open(&stage->spool, &fd, &err), -1);
	assert_int_equal(fd, -1);
	assert_text_has(err.text, words);
	assert_text_has(err.text, "/" TRASH_FOLDER " ");
	assert_int_equal(err.code, ERR_IO);
	err = (struct err){0};
	assert_int_equal(trash_make(&fsops_real, &stage->spool, &err), -1);
	assert_text_has(err.text, words);
}

static void refuses_what_is_no_folder(void **state)
{
	struct stage stage;
	struct stat st;
	(void)state;

	stage_make(&stage);
	tree_folder(&stage.tree, "elsewhere");
	assert_int_equal(symlinkat("elsewhere", stage.tree.fd, TRASH_FOLDER), 0);
	refused(&stage, "is a symbolic link, which is not followed: move it away");
	assert_int_equal(fstatat(stage.tree.fd, "elsewhere", &st, 0), 0);
	assert_int_equal(st.st_uid, geteuid()); /* not given away by mistake */
	assert_int_equal(unlinkat(stage.tree.fd, TRASH_FOLDER, 0), 0);
	assert_int_equal(symlinkat("nowhere", stage.tree.fd, TRASH_FOLDER), 0);
	refused(&stage, "is a symbolic link");
	assert_int_equal(unlinkat(stage.tree.fd, TRASH_FOLDER, 0), 0);
	tree_file(&stage.tree, TRASH_FOLDER, SLICE("x"), 0600);
	refused(&stage, "is not a folder: move it away");
	assert_int_equal(unlinkat(stage.tree.fd, TRASH_FOLDER, 0), 0);
	assert_int_equal(mkfifoat(stage.tree.fd, TRASH_FOLDER, 0600), 0);
	refused(&stage, "is not a folder"); /* and does not wait for a writer */
	stage_remove(&stage);
}

static void refuses_a_folder_of_others(void **state)
{
	static const mode_t modes[] = {0755, 0701, 0770, 0704, 0720};
	struct stage stage;
	(void)state;

	close(stage_with_trash(&stage));
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(fchmodat(stage.tree.fd, TRASH_FOLDER, modes[i], 0), 0);
		refused(&stage, "lets other users in: look into it, then chmod it to 0700");
	}
	assert_int_equal(fchmodat(stage.tree.fd, TRASH_FOLDER, 0700, 0), 0);
	stage.spool.owner++;
	refused(&stage, "belongs to another user than the queue");
	stage.spool.owner--;
	stage.spool.dev++;
	refused(&stage, "is on another file system than the queue");
	stage.spool.dev--;
	close(open_trash(&stage));
	stage_remove(&stage);
}

static void root_gives_away_only_what_was_closed(void **state)
{
	struct stage stage;
	struct stat st;
	(void)state;

	if (geteuid() != 0) {
		print_message("SKIP: only root gives folders away\n");
		skip();
	}
	stage_make(&stage);
	assert_int_equal(mkdirat(stage.tree.fd, TRASH_FOLDER, 0755), 0);
	refused(&stage, "belongs to another user than the queue");
	assert_int_equal(fstatat(stage.tree.fd, TRASH_FOLDER, &st, 0), 0);
	assert_int_equal(st.st_uid, 0);
	stage_remove(&stage);
}

/* ---- runs ---- */

static void makes_the_folder_of_a_run(void **state)
{
	struct stage stage;
	struct stat st;
	struct err err = {0};
	int fd = 7;
	(void)state;

	int trash = stage_with_trash(&stage);
	assert_int_equal(trash_open_run(NULL, trash, 17, &fd, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	assert_string_equal(err.text, "the trash of run 17 is not there");
	assert_int_equal(fd, -1);
	mode_t mask = umask(0);
	assert_int_equal(trash_open_run(&fsops_real, trash, 17, &fd, &err), 0);
	umask(mask);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(st.st_uid, stage.spool.owner);
	assert_int_equal(st.st_gid, stage.spool.group);
	close(fd);
	uint64_t inode = tree_inode(&stage.tree, TRASH_FOLDER "/17");
	assert_int_equal(st.st_ino, inode);
	assert_int_equal(trash_open_run(&fsops_real, trash, 17, &fd, &err), 0);
	close(fd);
	assert_int_equal(trash_open_run(NULL, trash, 17, &fd, &err), 0);
	close(fd);
	assert_int_equal(trash_open_run(&fsops_real, -1, 17, &fd, &err), -1);

	struct failing_fsops failing = failing_fsops_new();
	failing.at = 1, failing.error = EROFS;
	assert_int_equal(trash_open_run(&failing.ops, trash, 18, &fd, &err), -1);
	assert_string_equal(err.text, "cannot make the trash of run 18: Read-only file system");
	close(trash);
	stage_remove(&stage);
}

static void refuses_a_run_that_is_no_folder_of_ours(void **state)
{
	struct stage stage;
	struct err err;
	int fd;
	(void)state;

	int trash = stage_with_trash(&stage);
	assert_int_equal(symlinkat("/", trash, "1"), 0);
	tree_file(&stage.tree, TRASH_FOLDER "/2", SLICE(""), 0600);
	assert_int_equal(trash_open_run(&fsops_real, trash, 3, &fd, &err), 0);
	assert_int_equal(fchmod(fd, 0750), 0);
	close(fd);
	for (int make = 0; make < 2; make++) {
		const struct fsops *ops = make ? &fsops_real : NULL;
		assert_int_equal(trash_open_run(ops, trash, 1, &fd, &err), -1);
		assert_text_has(err.text, "the trash of run 1 is a symbolic link");
		assert_int_equal(trash_open_run(ops, trash, 2, &fd, &err), -1);
		assert_text_has(err.text, "the trash of run 2 is not a folder");
		assert_int_equal(trash_open_run(ops, trash, 3, &fd, &err), -1);
		assert_text_has(err.text, "the trash of run 3 lets other users in");
	}
	close(trash);
	stage_remove(&stage);
}

static void lists_the_runs(void **state)
{
	static const char *const folders[] = {"10", "9", "2", "4294967295", "1", "100", "33"};
	static const unsigned wanted[] = {1, 2, 9, 10, 33, 100, 4294967295};
	static const char *const others[] = {"0", "007", "4294967296", "99999999999999999999", "-1",
		"+4", " 5", "5 ", "6x", "x6", "0x7", ".8"};
	struct stage stage;
	struct err err;
	unsigned *runs;
	size_t count;
	(void)state;

	int trash = stage_with_trash(&stage);
	assert_int_equal(trash_runs(trash, &runs, &count, &err), 0);
	assert_int_equal(count, 0);
	free(runs);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(mkdirat(trash, others[i], 0700), 0);
	tree_file(&stage.tree, TRASH_FOLDER "/12", SLICE(""), 0600);
	assert_int_equal(symlinkat("10", trash, "13"), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		assert_int_equal(mkdirat(trash, folders[i], 0700), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(trash_runs(trash, &runs, &count, &err), 0);
		assert_int_equal(count, sizeof(wanted) / sizeof(*wanted));
		assert_memory_equal(runs, wanted, sizeof(wanted));
		free(runs);
	}
	assert_int_equal(trash_runs(-1, &runs, &count, &err), -1);
	assert_null(runs);
	close(trash);
	stage_remove(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_it_for_the_owner_of_the_queue),
		cmocka_unit_test(makes_it_after_any_failure),
		cmocka_unit_test(says_what_to_type_where_only_root_can),
		cmocka_unit_test(refuses_what_is_no_folder),
		cmocka_unit_test(refuses_a_folder_of_others),
		cmocka_unit_test(root_gives_away_only_what_was_closed),
		cmocka_unit_test(makes_the_folder_of_a_run),
		cmocka_unit_test(refuses_a_run_that_is_no_folder_of_ours),
		cmocka_unit_test(lists_the_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
