#include "core/queue/identity.h"

#include "core/queue/test_tree.h"

enum { TRIES = 2000 };

static int make(const struct tree *tree)
{
	int fd = openat(tree->fd, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static uint64_t inode_of(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void stays_with_the_file(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "identity");
	int fd = make(&tree);
	uint64_t (*const ways[])(int fd) = {identity_of, identity_by_handle, identity_by_birth};
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		uint64_t before = ways[i](fd);
		assert_int_equal(write(fd, "x", 1), 1);
		assert_int_equal(fchmod(fd, 0700), 0);
		struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
		assert_int_equal(futimens(fd, times), 0);
		assert_int_equal(renameat(tree.fd, "file", tree.fd, "moved"), 0);
		assert_true(ways[i](fd) == before);
		int again = openat(tree.fd, "moved", O_RDONLY | O_CLOEXEC);
		assert_true(ways[i](again) == before);
		close(again);
		assert_int_equal(renameat(tree.fd, "moved", tree.fd, "file"), 0);
	}
	/* A handle, where there is one, goes before the time. */
	if (identity_by_handle(fd))
		assert_true(identity_of(fd) == identity_by_handle(fd));
	else
		assert_true(identity_of(fd) == identity_by_birth(fd));
	close(fd);
	tree_remove(&tree);
}

/* The file system gives the inode of the file that was there to the next one. */
static void tells_a_new_file_with_an_old_inode(void **state)
{
	struct tree tree;
	bool again = false;
	(void)state;

	tree_make(&tree, "identity");
	int fd = make(&tree);
	uint64_t inode = inode_of(fd), handle = identity_by_handle(fd), old = identity_of(fd);
	close(fd);
	for (unsigned i = 0; !again && i < TRIES; i++) {
		unlinkat(tree.fd, "file", 0);
		fd = make(&tree);
		again = inode_of(fd) == inode;
		if (again && old)
			assert_true(identity_of(fd) != old);
		if (again && handle)
			assert_true(identity_by_handle(fd) != handle);
		close(fd);
	}
	tree_remove(&tree);
	if (!again)
		print_message("no inode came back here: this file system cannot show it\n");
	if (!again)
		skip();
}

static void is_unknown_where_there_is_none(void **state)
{
	int ends[2];
	(void)state;

	assert_int_equal(pipe(ends), 0);
	assert_true(identity_of(ends[0]) == 0);
	close(ends[0]);
	close(ends[1]);
	assert_true(identity_of(-1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_with_the_file),
		cmocka_unit_test(tells_a_new_file_with_an_old_inode),
		cmocka_unit_test(is_unknown_where_there_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
