#include "core/queue/test_tree.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/act/fsops.h"

static const struct fsops *const ops = &fsops_real;

static int move(const struct tree *tree, const char *from, const char *to)
{
	return ops->move(ops, tree->fd, from, tree->fd, to);
}

static bool is_there(const struct tree *tree, const char *path)
{
	return faccessat(tree->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void moves_and_never_over_a_file(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "fsops");
	tree_file(&tree, "a/one", SLICE("one"), 0700);
	tree_file(&tree, "b/two", SLICE("two"), 0700);
	uint64_t one = tree_inode(&tree, "a/one"), two = tree_inode(&tree, "b/two");

	assert_int_equal(move(&tree, "a/one", "b/one"), 0);
	assert_int_equal(tree_inode(&tree, "b/one"), one);
	assert_false(is_there(&tree, "a/one"));

	assert_int_equal(move(&tree, "b/one", "b/two"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(tree_inode(&tree, "b/one"), one);
	assert_int_equal(tree_inode(&tree, "b/two"), two);

	assert_int_equal(move(&tree, "a/one", "b/three"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(move(&tree, "a/one", "b/two"), -1); /* gone comes before taken */
	assert_int_equal(errno, ENOENT);
	assert_int_equal(move(&tree, "b/one", "c/one"), -1);
	assert_int_equal(errno, ENOENT);
	tree_remove(&tree);
}

static void takes_a_link_for_what_it_is(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "fsops");
	tree_file(&tree, "target", SLICE("kept"), 0700);
	assert_int_equal(symlinkat("target", tree.fd, "link"), 0);
	assert_int_equal(symlinkat("nowhere", tree.fd, "dangling"), 0);
	assert_int_equal(move(&tree, "target", "dangling"), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(move(&tree, "link", "moved"), 0);
	assert_int_equal(ops->remove(ops, tree.fd, "moved"), 0);
	assert_true(is_there(&tree, "target"));
	assert_int_equal(ops->remove(ops, tree.fd, "moved"), -1);
	assert_int_equal(errno, ENOENT);
	tree_remove(&tree);
}

static void makes_and_removes_folders(void **state)
{
	struct tree tree;
	struct stat st;
	(void)state;

	tree_make(&tree, "fsops");
	assert_int_equal(ops->make_folder(ops, tree.fd, "new", 0700), 0);
	assert_int_equal(fstatat(tree.fd, "new", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777 & (unsigned)~S_ISGID, 0700);
	assert_int_equal(ops->make_folder(ops, tree.fd, "new", 0700), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(ops->remove(ops, tree.fd, "new"), -1);
	tree_file(&tree, "new/file", SLICE(""), 0600);
	assert_int_equal(ops->remove_folder(ops, tree.fd, "new"), -1);
	assert_true(is_there(&tree, "new/file"));
	assert_int_equal(ops->remove_folder(ops, tree.fd, "new/file"), -1);
	assert_int_equal(ops->remove(ops, tree.fd, "new/file"), 0);
	assert_int_equal(ops->remove_folder(ops, tree.fd, "new"), 0);
	assert_false(is_there(&tree, "new"));
	tree_remove(&tree);
}

static void sets_mode_and_both_times(void **state)
{
	struct tree tree;
	struct stat st;
	(void)state;

	tree_make(&tree, "fsops");
	tree_file(&tree, "file", SLICE("x"), 0700);
	int fd = openat(tree.fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ops->set_mode(ops, fd, 0740), 0);
	assert_int_equal(ops->set_time(ops, fd, 1700000000), 0);
	assert_int_equal(ops->set_owner(ops, fd, geteuid(), getegid()), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0740);
	assert_int_equal(st.st_atim.tv_sec, 1700000000);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	close(fd);
	assert_int_equal(ops->set_mode(ops, -1, 0700), -1);
	assert_int_equal(ops->set_time(ops, -1, 0), -1);
	assert_int_equal(ops->set_owner(ops, -1, 0, 0), -1);
	tree_remove(&tree);
}

static void writes_all_of_it_and_syncs(void **state)
{
	struct tree tree;
	struct stat st;
	char got[8] = {0};
	(void)state;

	tree_make(&tree, "fsops");
	tree_file(&tree, "file", SLICE("......"), 0600);
	int fd = openat(tree.fd, "file", O_RDWR | O_CLOEXEC);
	assert_int_equal(ops->write(ops, fd, "abc", 3, 2), 0);
	assert_int_equal(ops->write(ops, fd, NULL, 0, 0), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 6);
	assert_string_equal(got, "..abc.");
	assert_int_equal(ops->reserve(ops, fd, 100000), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 100000);
	assert_true(st.st_blocks * 512 >= 100000);
	assert_int_equal(ops->sync(ops, fd), 0);
	assert_int_equal(ops->sync(ops, tree.fd), 0);
	close(fd);

	fd = openat(tree.fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ops->write(ops, fd, "abc", 3, 0), -1);
	assert_int_equal(errno, EBADF);
	errno = 0;
	assert_int_equal(ops->reserve(ops, fd, 200000), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(ops->sync(ops, -1), -1);
	close(fd);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		assert_int_equal(ops->write(ops, fd, "abc", 3, 0), -1);
		assert_int_equal(errno, ENOSPC);
		close(fd);
	}
	tree_remove(&tree);
}

/* ---- in a process of its own ---- */

static int in_child(int (*run)(const struct tree *), const struct tree *tree)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run(tree));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The first write stops at the limit with half of it done; the next one says why. */
static int write_past_the_limit(const struct tree *tree)
{
	const struct rlimit limit = {4, 4};
	int fd = openat(tree->fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	if (ops->write(ops, fd, "123456", 6, 0) != -1 || errno != EFBIG)
		return 2;
	errno = 0;
	return ops->reserve(ops, fd, 6) == -1 && errno == EFBIG ? 0 : 3;
}

static void a_write_that_is_cut_short_fails(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "fsops");
	assert_int_equal(in_child(write_past_the_limit, &tree), 0);
	tree_remove(&tree);
}

/* ---- a file system without RENAME_NOREPLACE ---- */

/* From now on this call answers with errno, 0 for "done" without doing it. */
static int deny(long call, int answer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* As deny(unlinkat), but only below the folder with this number. */
static int deny_unlink_below(int dir, int answer)
{
	enum { ARG0_LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + ARG0_LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)dir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int can_deny(const struct tree *tree)
{
	(void)tree;
	return deny(SYS_renameat2, EINVAL) == 0 && syscall(SYS_renameat2, -1, "", -1, "", 0) == -1
		? errno != EINVAL
		: 1;
}

static int moves_by_link(const struct tree *tree, int error)
{
	uint64_t inode = tree_inode(tree, "a/one");

	if (deny(SYS_renameat2, error) != 0)
		return 1;
	if (move(tree, "a/one", "b/taken") != -1 || errno != EEXIST || !is_there(tree, "a/one"))
		return 2;
	if (move(tree, "a/none", "b/one") != -1 || errno != ENOENT)
		return 3;
	if (move(tree, "a/one", "c/one") != -1 || errno != ENOENT || !is_there(tree, "a/one"))
		return 4;
	if (move(tree, "a/one", "b/one") != 0 || is_there(tree, "a/one"))
		return 5;
	return tree_inode(tree, "b/one") == inode ? 0 : 6;
}

static int moves_by_link_einval(const struct tree *tree)
{
	return moves_by_link(tree, EINVAL);
}

static int moves_by_link_enosys(const struct tree *tree)
{
	return moves_by_link(tree, ENOSYS);
}

static int finishes_half_a_move(const struct tree *tree)
{
	if (linkat(tree->fd, "a/one", tree->fd, "b/one", 0) != 0 ||
		deny(SYS_renameat2, EINVAL) != 0)
		return 1;
	if (move(tree, "a/one", "b/one") != 0)
		return 2;
	return is_there(tree, "b/one") && !is_there(tree, "a/one") ? 0 : 3;
}

static int takes_the_link_back(const struct tree *tree)
{
	int from = openat(tree->fd, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (deny(SYS_renameat2, EINVAL) != 0 || deny_unlink_below(from, EIO) != 0)
		return 1;
	if (ops->move(ops, from, "one", tree->fd, "b/one") != -1 || errno != EIO)
		return 2;
	return is_there(tree, "a/one") && !is_there(tree, "b/one") ? 0 : 3;
}

/* The link is told to be made, the old name is gone: what is at the target is all there is. */
static int keeps_the_last_name(const struct tree *tree)
{
	if (deny(SYS_renameat2, EINVAL) != 0 || deny(SYS_linkat, 0) != 0)
		return 1;
	if (move(tree, "a/gone", "b/taken") != 0)
		return 2;
	return is_there(tree, "b/taken") ? 0 : 3;
}

static void moves_by_link_where_it_must(void **state)
{
	static int (*const runs[])(const struct tree *) = {moves_by_link_einval,
		moves_by_link_enosys, finishes_half_a_move, takes_the_link_back,
		keeps_the_last_name};
	struct tree tree;
	(void)state;

	if (in_child(can_deny, NULL) != 0) {
		print_message("SKIP: no system call can be denied here (seccomp)\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		tree_make(&tree, "fsops");
		tree_file(&tree, "a/one", SLICE("one"), 0700);
		tree_file(&tree, "b/taken", SLICE("taken"), 0700);
		int answer = in_child(runs[i], &tree);
		if (answer != 0)
			fail_msg("run %zu ended with %d", i, answer);
		tree_remove(&tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_and_never_over_a_file),
		cmocka_unit_test(takes_a_link_for_what_it_is),
		cmocka_unit_test(makes_and_removes_folders),
		cmocka_unit_test(sets_mode_and_both_times),
		cmocka_unit_test(writes_all_of_it_and_syncs),
		cmocka_unit_test(a_write_that_is_cut_short_fails),
		cmocka_unit_test(moves_by_link_where_it_must),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
