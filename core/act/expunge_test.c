#include "core/queue/test_tree.h"

#include <sys/wait.h>

#include "core/act/expunge.h"
#include "core/act/failing_fsops.h"

enum { RUN = 17, OTHERS = 5 };

static const char *const files[] = {
	"17/active/A1",
	"17/deferred/A/A2",
	"17/deferred/A/A3",
	"17/deferred/B/B1",
	"17/defer/A/A2",
	"17/late/defer/A/A2",
	"17/README",
};
enum { FILES = sizeof(files) / sizeof(*files) };

/* Two runs beside it, one whose number begins alike, and what is not in the trash. */
static const char *const others[OTHERS] = {
	"1/active/A1", "18/active/A1", "170/active/A1", "17x", "../outside/kept"};

struct stage {
	struct tree tree;
	int trash;
};

static void stage_make(struct stage *stage)
{
	char path[128];

	tree_make(&stage->tree, "expunge");
	for (size_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "trash/%s", files[i]);
		tree_file(&stage->tree, path, SLICE("12345678"), 0600);
	}
	tree_folder(&stage->tree, "trash/17/incoming"); /* empty */
	for (size_t i = 0; i < OTHERS; i++) {
		snprintf(path, sizeof(path), "trash/%s", others[i]);
		tree_file(&stage->tree, path, SLICE("x"), 0600);
	}
	stage->trash = openat(stage->tree.fd, "trash", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(stage->trash >= 0);
}

static void stage_remove(struct stage *stage)
{
	close(stage->trash);
	tree_remove(&stage->tree);
}

static bool there(const struct stage *stage, const char *path)
{
	return faccessat(stage->trash, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned files_left(const struct stage *stage)
{
	unsigned left = 0;
	for (size_t i = 0; i < FILES; i++)
		left += there(stage, files[i]);
	return left;
}

static void others_are_there(const struct stage *stage)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (!there(stage, others[i]))
			fail_msg("%s was removed", others[i]);
}

static int expunge(const struct stage *stage, const struct fsops *ops, unsigned jobs,
	struct expunged *removed, struct err *err)
{
	*err = (struct err){0};
	return expunge_run(
		ops, stage->trash, RUN, &(struct expunge_options){.jobs = jobs}, removed, err);
}

static void counts_without_a_change(void **state)
{
	struct expunged found;
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage);
	assert_int_equal(expunge_count(stage.trash, RUN, &found, &err), 0);
	assert_int_equal(found.files, FILES);
	assert_true(found.bytes >= 0 && found.bytes % 512 == 0);
	assert_int_equal(files_left(&stage), FILES);
	assert_int_equal(expunge_count(stage.trash, 99, &found, &err), -1);
	assert_int_equal(err.code, ERR_GONE);
	stage_remove(&stage);
}

static void removes_all_of_a_run_and_nothing_else(void **state)
{
	static const unsigned jobs[] = {0, 1, 3, 32, 1000};
	(void)state;

	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		struct expunged found, removed;
		struct stage stage;
		struct err err;
		stage_make(&stage);
		assert_int_equal(expunge_count(stage.trash, RUN, &found, &err), 0);
		if (expunge(&stage, &fsops_real, jobs[i], &removed, &err) != 0)
			fail_msg("%s", err.text);
		assert_int_equal(removed.files, FILES);
		assert_int_equal(removed.bytes, found.bytes);
		assert_false(there(&stage, "17"));
		others_are_there(&stage);
		/* The second time there is nothing. */
		assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), -1);
		assert_int_equal(err.code, ERR_GONE);
		assert_int_equal(removed.files, 0);
		stage_remove(&stage);
	}
}

static void links_are_removed_not_followed(void **state)
{
	struct expunged found, removed;
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage);
	assert_int_equal(symlinkat("../../outside", stage.trash, "17/to-folder"), 0);
	assert_int_equal(symlinkat("../../../outside/kept", stage.trash, "17/deferred/to-file"), 0);
	assert_int_equal(symlinkat("/nowhere", stage.trash, "17/active/dangling"), 0);
	assert_int_equal(symlinkat("17", stage.trash, "17/defer/round"), 0);
	assert_int_equal(mkfifoat(stage.trash, "17/active/fifo", 0600), 0);
	assert_int_equal(expunge_count(stage.trash, RUN, &found, &err), 0);
	assert_int_equal(found.files, FILES + 5);
	assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), 0);
	assert_int_equal(removed.files, FILES + 5);
	assert_false(there(&stage, "17"));
	others_are_there(&stage);
	/* A run that is itself a link is none. */
	assert_int_equal(symlinkat("18", stage.trash, "17"), 0);
	assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), -1);
	assert_true(there(&stage, "17"));
	others_are_there(&stage);
	stage_remove(&stage);
}

static void a_folder_that_cannot_be_opened_is_named(void **state)
{
	struct expunged removed;
	struct stage stage;
	struct err err;
	(void)state;

	if (geteuid() == 0)
		skip();
	stage_make(&stage);
	assert_int_equal(fchmodat(stage.trash, "17/deferred/B", 0, 0), 0);
	assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), -1);
	assert_int_equal(err.code, ERR_PERMISSION);
	assert_non_null(strstr(err.text, "17/deferred/B"));
	others_are_there(&stage);
	assert_int_equal(fchmodat(stage.trash, "17/deferred/B", 0700, 0), 0);
	assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), 0);
	assert_false(there(&stage, "17"));
	stage_remove(&stage);
}

static void stops_when_interrupted(void **state)
{
	static const volatile sig_atomic_t at_once = 1;
	struct expunged removed;
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage);
	assert_int_equal(
		expunge_run(&fsops_real, stage.trash, RUN,
			&(struct expunge_options){.interrupted = &at_once}, &removed, &err),
		0);
	assert_int_equal(removed.files, 0);
	assert_int_equal(files_left(&stage), FILES);
	stage_remove(&stage);
}

/* What is told is what is gone, and the next one takes the rest. */
static void every_call_fails(void **state)
{
	static const int errors[] = {EIO, EROFS, EACCES};
	(void)state;

	for (size_t e = 0; e < 2 * sizeof(errors) / sizeof(*errors); e++) {
		bool met = true;
		for (unsigned call = 1; met; call++) {
			struct failing_fsops failing = failing_fsops_new();
			struct expunged removed, rest;
			struct stage stage;
			struct err err;
			failing.at = call, failing.error = errors[e / 2], failing.stays = e % 2;
			stage_make(&stage);
			int r = expunge(&stage, &failing.ops, e % 2 ? 4 : 1, &removed, &err);
			met = failing.calls[FSOP_ANY] >= call;
			assert_int_equal(r, met ? -1 : 0);
			assert_int_equal(removed.files, FILES - files_left(&stage));
			others_are_there(&stage);
			if (met) {
				assert_int_equal(err.sys, errors[e / 2]);
				assert_non_null(strstr(err.text, "17"));
				assert_true(there(&stage, "17"));
				assert_int_equal(expunge(&stage, &fsops_real, 0, &rest, &err), 0);
				assert_int_equal(removed.files + rest.files, FILES);
			}
			assert_false(there(&stage, "17"));
			others_are_there(&stage);
			stage_remove(&stage);
			assert_true(call < 60);
		}
	}
}

static void dies_at_every_call(void **state)
{
	bool died = true;
	(void)state;

	for (unsigned call = 1; died; call++) {
		struct expunged removed;
		struct stage stage;
		struct err err;
		int status;
		stage_make(&stage);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct failing_fsops failing = failing_fsops_new();
			failing.at = call;
			_exit(expunge(&stage, &failing.ops, 2, &removed, &err) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		died = WEXITSTATUS(status) == FAILING_EXIT;
		assert_true(died || status == 0);
		if (died)
			assert_int_equal(expunge(&stage, &fsops_real, 0, &removed, &err), 0);
		assert_false(there(&stage, "17"));
		others_are_there(&stage);
		stage_remove(&stage);
		assert_true(call < 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_without_a_change),
		cmocka_unit_test(removes_all_of_a_run_and_nothing_else),
		cmocka_unit_test(links_are_removed_not_followed),
		cmocka_unit_test(a_folder_that_cannot_be_opened_is_named),
		cmocka_unit_test(stops_when_interrupted),
		cmocka_unit_test(every_call_fails),
		cmocka_unit_test(dies_at_every_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
