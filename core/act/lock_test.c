#include "core/queue/test_tree.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/act/lock.h"

static void spool_make(struct tree *tree, struct spool *spool)
{
	tree_make(tree, "lock");
	tree_folder(tree, "incoming");
	*spool = (struct spool){.path = tree->path, .fd = tree->fd, .inner = "incoming"};
}

static int lock_or_fail(const struct spool *spool)
{
	struct err err;
	int fd = lock_spool(spool, &err);

	if (fd < 0)
		fail_msg("%s", err.text);
	return fd;
}

static void refused(const struct spool *spool, int sys)
{
	struct err err = {0};

	assert_int_equal(lock_spool(spool, &err), -1);
	assert_int_equal(err.sys, sys);
	assert_non_null(strstr(err.text, spool->path));
}

static void lets_one_run_act(void **state)
{
	struct tree tree;
	struct spool spool;
	(void)state;

	spool_make(&tree, &spool);
	int first = lock_or_fail(&spool);
	refused(&spool, EWOULDBLOCK);
	close(first);
	close(lock_or_fail(&spool));
	tree_remove(&tree);
}

static void a_process_that_is_killed_gives_it_back(void **state)
{
	struct tree tree;
	struct spool spool;
	struct err err;
	int ready[2], status;
	char byte;
	(void)state;

	spool_make(&tree, &spool);
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (lock_spool(&spool, &err) >= 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	refused(&spool, EWOULDBLOCK);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(lock_or_fail(&spool));
	close(ready[0]);
	tree_remove(&tree);
}

static void needs_a_folder(void **state)
{
	struct tree tree;
	struct spool spool;
	(void)state;

	spool_make(&tree, &spool);
	spool.inner = "active";
	refused(&spool, ENOENT);
	assert_int_equal(symlinkat("incoming", tree.fd, "active"), 0);
	refused(&spool, ENOTDIR); /* a link is not followed */
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_one_run_act),
		cmocka_unit_test(a_process_that_is_killed_gives_it_back),
		cmocka_unit_test(needs_a_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
