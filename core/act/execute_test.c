#include "core/act/test_stage.h"

#include <pthread.h>
#include <sys/wait.h>

#include "core/act/failing_fsops.h"

static const struct scenario purge = {.message = "deferred/A/AB1",
	.files = {"defer/A/AB1"},
	.steps = {{{TRASH("deferred/A/AB1"), .commit = true},
			  {TRASH("defer/A/AB1"), .optional = true}},
		2}};

static const struct scenario retry = {.message = "deferred/A/AB1",
	.steps = {{{TIME(STAGE_TIME + 77)}, {MODE(0740)},
			  {MOVE("deferred/A/AB1", "incoming/AB1"), .commit = true}},
		3}};

static enum executed run(
	const struct stage *stage, const struct scenario *scenario, struct err *err)
{
	*err = (struct err){0};
	return execute(&stage->places, &stage->pin, &scenario->steps, err);
}

static void makes_the_folders_on_the_way(void **state)
{
	struct stage stage;
	struct stat st;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	assert_int_equal(run(&stage, &purge, &err), EXEC_DONE);
	assert_int_equal(tree_inode(&stage.tree, STAGE_TRASH "/deferred/A/AB1"), stage.inode);
	assert_true(stage_has(&stage, STAGE_TRASH "/defer/A/AB1"));
	assert_false(stage_has(&stage, "defer/A/AB1"));
	assert_int_equal(fstatat(stage.trash, "deferred/A", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(err.code, ERR_NONE);
	stage_remove(&stage);
}

/* Not there, and not what was chosen at the target either. */
static void says_when_a_message_moved_on(void **state)
{
	struct stage stage;
	struct buf before, after;
	struct err err;
	(void)state;

	stage_make(&stage, &retry);
	assert_int_equal(
		renameat(stage.tree.fd, "deferred/A/AB1", stage.tree.fd, "deferred/A/AB2"), 0);
	stage_list(&stage, &before);
	assert_int_equal(run(&stage, &retry, &err), EXEC_MOVED_ON);
	stage_list(&stage, &after); /* mode and time are back */
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_false(stage_has(&stage, "incoming")); /* no folder was made for it */
	buf_free(&before);
	buf_free(&after);

	stage_file(&stage, "incoming/AB1");
	stage_list(&stage, &before);
	assert_int_equal(run(&stage, &retry, &err), EXEC_MOVED_ON);
	stage_list(&stage, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);
	stage_remove(&stage);
}

static void goes_on_behind_a_message_that_is_there(void **state)
{
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	tree_folder(&stage.tree, STAGE_TRASH "/deferred/A");
	assert_int_equal(
		renameat(stage.tree.fd, "deferred/A/AB1", stage.trash, "deferred/A/AB1"), 0);
	assert_int_equal(run(&stage, &purge, &err), EXEC_DONE);
	assert_true(stage_has(&stage, STAGE_TRASH "/defer/A/AB1"));
	stage_remove(&stage);
}

/* An MTA that takes the message, and sets its time, the moment before we move it. */
struct taken {
	struct fsops ops;
	int fd;
};

static int take_it_first(
	const struct fsops *ops, int from_dir, const char *from, int to_dir, const char *to)
{
	const struct taken *taken = (const struct taken *)ops;

	(void)to_dir, (void)to;
	fsops_real.set_time(&fsops_real, taken->fd, STAGE_TIME + 4000);
	fsops_real.set_mode(&fsops_real, taken->fd, 0710);
	assert_int_equal(renameat(from_dir, from, from_dir, "active"), 0);
	errno = ENOENT;
	return -1;
}

static void leaves_what_the_mta_set_meanwhile(void **state)
{
	struct stage stage;
	struct stat st;
	struct err err;
	(void)state;

	stage_make(&stage, &retry);
	struct taken taken = {fsops_real, stage.pin.fd};
	taken.ops.move = take_it_first;
	stage.places.ops = &taken.ops;
	assert_int_equal(run(&stage, &retry, &err), EXEC_MOVED_ON);
	assert_int_equal(fstat(stage.pin.fd, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, STAGE_TIME + 4000);
	assert_int_equal(st.st_mode & 0777, 0710);
	stage_remove(&stage);
}

static void never_writes_over_a_file(void **state)
{
	struct stage stage;
	struct buf before, after;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	stage_file(&stage, STAGE_TRASH "/deferred/A/AB1");
	stage_list(&stage, &before);
	assert_int_equal(run(&stage, &purge, &err), EXEC_FAILED);
	assert_int_equal(err.sys, EEXIST);
	assert_string_equal(err.text,
		"cannot move deferred/A/AB1 to deferred/A/AB1 in the trash: there is such a file "
		"already, and it is not overwritten");
	stage_list(&stage, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);
	stage_remove(&stage);
}

static void puts_a_second_log_beside_the_first(void **state)
{
	struct stage stage;
	char path[64];
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	uint64_t log = tree_inode(&stage.tree, "defer/A/AB1");
	stage_file(&stage, STAGE_TRASH "/defer/A/AB1");
	stage_file(&stage, STAGE_TRASH "/defer/A/AB1.2");
	assert_int_equal(run(&stage, &purge, &err), EXEC_DONE);
	assert_int_equal(tree_inode(&stage.tree, STAGE_TRASH "/defer/A/AB1.3"), log);
	stage_remove(&stage);

	stage_make(&stage, &purge); /* but not for ever */
	stage_file(&stage, STAGE_TRASH "/defer/A/AB1");
	for (int n = 2; n <= 99; n++) {
		snprintf(path, sizeof(path), STAGE_TRASH "/defer/A/AB1.%d", n);
		stage_file(&stage, path);
	}
	assert_int_equal(run(&stage, &purge, &err), EXEC_UNTIDY);
	assert_text_has(err.text, "cannot move defer/A/AB1 ");
	assert_true(stage_has(&stage, "defer/A/AB1"));
	assert_true(stage_has(&stage, STAGE_TRASH "/deferred/A/AB1"));
	stage_remove(&stage);
}

/* In the live queue a name of ours would be junk that the MTA warns about. */
static void puts_nothing_beside_in_the_queue(void **state)
{
	const struct scenario restore = {.message = STAGE_TRASH "/deferred/A/AB1",
		.files = {STAGE_TRASH "/defer/A/AB1", "defer/A/AB1", STAGE_TRASH "/trace/AB1"},
		.steps = {{{RESTORE("deferred/A/AB1", "hold/AB1"), .commit = true},
				  {RESTORE("defer/A/AB1", "defer/A/AB1"), .optional = true},
				  {RESTORE("trace/AB1", "trace/AB1"), .optional = true}},
			3}};
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage, &restore);
	assert_int_equal(run(&stage, &restore, &err), EXEC_UNTIDY);
	assert_string_equal(err.text,
		"cannot move defer/A/AB1 in the trash to defer/A/AB1: there is such a file "
		"already, and it is not overwritten");
	assert_true(stage_has(&stage, "hold/AB1"));
	assert_true(stage_has(&stage, "trace/AB1")); /* the rest is done all the same */
	assert_false(stage_has(&stage, "defer/A/AB1.2"));
	assert_true(stage_has(&stage, STAGE_TRASH "/defer/A/AB1"));
	stage_remove(&stage);
}

static void needs_the_files_that_are_not_optional(void **state)
{
	static const struct steps steps = {{{TRASH("dfAB1")}, {TRASH("qfAB1"), .commit = true}}, 2};
	static const struct steps late = {{{TRASH("qfAB1"), .commit = true}, {TRASH("xfAB1")}}, 2};
	const struct scenario early = {.message = "qfAB1", .steps = steps};
	struct stage stage;
	struct err err = {0};
	(void)state;

	stage_make(&stage, &early);
	assert_int_equal(run(&stage, &early, &err), EXEC_FAILED);
	assert_string_equal(err.text, "cannot move dfAB1 to dfAB1 in the trash: it is not there");
	assert_int_equal(err.code, ERR_GONE);
	assert_true(stage_has(&stage, "qfAB1"));
	assert_int_equal(execute(&stage.places, &stage.pin, &late, &err), EXEC_UNTIDY);
	assert_text_has(err.text, "xfAB1");
	assert_true(stage_has(&stage, STAGE_TRASH "/qfAB1"));

	stage_file(&stage, "xfAB1"); /* only a log is put beside another */
	stage_file(&stage, STAGE_TRASH "/xfAB1");
	assert_int_equal(execute(&stage.places, &stage.pin, &late, &err), EXEC_UNTIDY);
	assert_int_equal(err.sys, EEXIST);
	assert_true(stage_has(&stage, "xfAB1"));
	stage_remove(&stage);
}

/* What an optional step did not find is not put back either: at its target lies another. */
static void puts_back_what_it_did_and_no_more(void **state)
{
	static const struct scenario two = {.message = "qfAB1",
		.files = {"dfAB1", STAGE_TRASH "/xfAB1", STAGE_TRASH "/qfAB1"},
		.steps = {{{TRASH("xfAB1"), .optional = true}, {TRASH("dfAB1")},
				  {TRASH("qfAB1"), .commit = true}},
			3}};
	struct stage stage;
	struct buf before, after;
	struct err err;
	(void)state;

	stage_make(&stage, &two);
	stage_list(&stage, &before);
	assert_int_equal(run(&stage, &two, &err), EXEC_FAILED);
	assert_text_has(err.text, "cannot move qfAB1 ");
	assert_null(strstr(err.text, "put back"));
	stage_list(&stage, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);

	stage_file(&stage, "xfAB1"); /* and nothing is put beside before the commit step */
	assert_int_equal(run(&stage, &two, &err), EXEC_FAILED);
	assert_text_has(err.text, "cannot move xfAB1 ");
	assert_false(stage_has(&stage, STAGE_TRASH "/xfAB1.2"));
	stage_remove(&stage);
}

static void sweeps_all_and_tells_the_first(void **state)
{
	static const struct steps sweep = {{{TRASH("defer/A/AB1"), .optional = true},
						   {TRASH("bounce/A/AB1"), .optional = true},
						   {REMOVE("trace/A/AB1"), .optional = true}},
		3};
	struct failing_fsops failing = failing_fsops_new();
	struct stage stage;
	struct err err = {0};
	(void)state;

	stage_make(&stage, &purge);
	stage_file(&stage, "trace/A/AB1");
	struct places places = stage.places;
	places.ops = &failing.ops;
	failing.at = 1, failing.error = EIO;
	assert_int_equal(execute_sweep(&places, &sweep, &err), -1);
	assert_text_has(err.text, "cannot move defer/A/AB1 ");
	assert_false(stage_has(&stage, "trace/A/AB1"));
	stage_file(&stage, "bounce/A/AB1");
	stage_file(&stage, "trace/A/AB1");
	failing.calls[FSOP_ANY] = 0;
	failing.stays = true;
	assert_int_equal(execute_sweep(&places, &sweep, &err), -1);
	assert_text_has(err.text, "cannot move defer/A/AB1 ");
	assert_int_equal(failing.calls[FSOP_ANY], 3);
	assert_int_equal(execute_sweep(&stage.places, &sweep, &err), 0);
	assert_true(stage_has(&stage, STAGE_TRASH "/defer/A/AB1"));
	assert_int_equal(execute_sweep(&stage.places, &sweep, &err), 0); /* and again */
	stage_remove(&stage);
}

/* ---- drivers with a bug ---- */

static void refused(struct stage *stage, const struct steps *steps, const char *words)
{
	struct failing_fsops failing = failing_fsops_new();
	struct places places = stage->places;
	struct err err = {0};

	places.ops = &failing.ops;
	assert_int_equal(execute(&places, &stage->pin, steps, &err), EXEC_FAILED);
	assert_text_has(err.text, words);
	assert_text_has(err.text, "a bug of spoolsweep");
	assert_int_equal(failing.calls[FSOP_ANY], 0);
}

static void refuses_paths_that_leave_the_queue(void **state)
{
	static const char *const paths[] = {"", "/", "/etc/passwd", "..", "../AB1", "a/../../AB1",
		"a/..", ".", "./AB1", "a/.", "a//AB1", "a/"};
	static const char *const fine[] = {"AB1", "..AB1", "a/...", "a/.b"};
	struct stage stage;
	(void)state;

	stage_make(&stage, &purge);
	for (size_t i = 0; i < 2 * sizeof(paths) / sizeof(*paths); i++) {
		struct steps steps = purge.steps;
		char *path = i % 2 ? steps.list[1].from : steps.list[1].to;
		snprintf(path, STEP_PATH_MAX, "%s", paths[i / 2]);
		refused(&stage, &steps, "step 2 of 2 has a path that is not below the queue");
		struct err err;
		assert_int_equal(execute_sweep(&stage.places, &steps, &err), -1);
	}
	struct steps steps = purge.steps;
	memset(steps.list[0].to, 'a', STEP_PATH_MAX); /* and no end */
	refused(&stage, &steps, "a path that is not below the queue");
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
		struct err err;
		steps = purge.steps;
		snprintf(steps.list[1].from, STEP_PATH_MAX, "%s", fine[i]);
		assert_int_equal(
			execute_sweep(&stage.places, &(struct steps){{steps.list[1]}, 1}, &err), 0);
	}
	stage_remove(&stage);
}

static void refuses_steps_that_make_no_sense(void **state)
{
	struct stage stage;
	struct steps steps;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	steps = purge.steps;
	steps.list[0].commit = false;
	refused(&stage, &steps, "0 commit steps");
	steps.list[0].commit = steps.list[1].commit = true;
	refused(&stage, &steps, "2 commit steps");
	refused(&stage, &(struct steps){.count = 0}, "0 commit steps");
	refused(&stage, &(struct steps){.count = STEPS_MAX + 1}, "too many");
	steps = (struct steps){{{REMOVE("defer/A/AB1")}, purge.steps.list[0]}, 2};
	refused(&stage, &steps, "removed before the commit step");
	steps = purge.steps;
	steps.list[1].kind = (enum step_kind)77;
	refused(&stage, &steps, "a kind that does not exist");
	steps = (struct steps){{{MODE(0700)}}, 1};
	assert_int_equal(execute_sweep(&stage.places, &steps, &err), -1);
	assert_text_has(err.text, "no file");
	stage.places.trash = -1;
	refused(&stage, &purge.steps, "a place in the trash, and none is open");
	assert_true(stage_has(&stage, "deferred/A/AB1"));
	stage_remove(&stage);
}

/* ---- what people read ---- */

static void says_why_in_plain_words(void **state)
{
	static const struct {
		int sys;
		enum err_code code;
		const char *words;
	} cases[] = {
		{ENOSPC, ERR_IO, "no space left on the file system"},
		{EDQUOT, ERR_IO, "the disk quota"}, {EROFS, ERR_IO, "the file system is read-only"},
		{EIO, ERR_IO, "the disk failed"}, {EXDEV, ERR_IO, "not the same file system"},
		{EACCES, ERR_PERMISSION, "no permission"}, {EPERM, ERR_PERMISSION, "not permitted"},
		{EMFILE, ERR_IO, "too many open files in this process"},
		{ENFILE, ERR_IO, "too many open files on this machine"},
		{ELOOP, ERR_IO, "symbolic links"}, /* the system's own */
	};
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct failing_fsops failing = failing_fsops_new();
		struct places places = stage.places;
		places.ops = &failing.ops;
		failing.at = 1, failing.error = cases[i].sys;
		assert_int_equal(execute(&places, &stage.pin, &purge.steps, &err), EXEC_FAILED);
		assert_text_has(err.text, cases[i].words);
		assert_text_has(err.text, "deferred/A/AB1");
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.sys, cases[i].sys);
	}
	stage_remove(&stage);
}

/* The longest paths leave room for the reason. */
static void says_why_behind_long_paths(void **state)
{
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	struct steps steps = purge.steps;
	memset(steps.list[0].to, 'x', 300);
	memset(steps.list[1].from, 'y', 300);
	assert_int_equal(execute(&stage.places, &stage.pin, &steps, &err), EXEC_FAILED);
	assert_text_has(err.text, ": File name too long");
	stage_remove(&stage);
}

static void a_file_where_a_folder_should_be(void **state)
{
	struct stage stage;
	struct err err;
	(void)state;

	stage_make(&stage, &purge);
	stage_file(&stage, STAGE_TRASH "/deferred");
	assert_int_equal(run(&stage, &purge, &err), EXEC_FAILED);
	assert_text_has(err.text, "a file stands where a folder should be");
	assert_true(stage_has(&stage, "deferred/A/AB1"));
	stage_remove(&stage);
}

/* The kernel's own refusal: as root by becoming somebody who may not. */
static void tells_who_may_not(void **state)
{
	struct stage stage;
	int status;
	(void)state;

	stage_make(&stage, &purge);
	assert_int_equal(fchmodat(stage.tree.fd, "deferred/A", 0500, 0), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = {0};
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(9);
		if (run(&stage, &purge, &err) != EXEC_FAILED)
			_exit(1);
		_exit(err.code == ERR_PERMISSION && strstr(err.text, "no permission") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(stage_has(&stage, "deferred/A/AB1"));
	stage_remove(&stage);
}

/* ---- threads that need the same folders ---- */

enum { THREADS = 4, EACH = 50 };

struct mover {
	const struct stage *stage;
	int number;
	int failed;
};

static void *move_many(void *arg)
{
	struct mover *mover = arg;
	const struct stage *stage = mover->stage;

	for (int i = 0; i < EACH; i++) {
		struct steps steps = {{{TRASH(""), .commit = true}}, 1};
		struct pin pin = {0};
		struct err err;
		snprintf(steps.list[0].from, STEP_PATH_MAX, "active/%d-%d", mover->number, i);
		snprintf(steps.list[0].to, STEP_PATH_MAX, "active/%d/%d/%d", i / 10, i % 10,
			mover->number);
		pin.fd = openat(stage->tree.fd, steps.list[0].from, O_RDONLY | O_CLOEXEC);
		mover->failed += execute(&stage->places, &pin, &steps, &err) != EXEC_DONE;
		close(pin.fd);
	}
	return NULL;
}

static void threads_make_the_same_folders(void **state)
{
	struct mover movers[THREADS];
	pthread_t threads[THREADS];
	struct stage stage;
	char path[64];
	(void)state;

	stage_make(&stage, &purge);
	for (int i = 0; i < THREADS * EACH; i++) {
		snprintf(path, sizeof(path), "active/%d-%d", i / EACH, i % EACH);
		stage_file(&stage, path);
	}
	for (int i = 0; i < THREADS; i++) {
		movers[i] = (struct mover){&stage, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, move_many, &movers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(movers[i].failed, 0);
	}
	for (int i = 0; i < THREADS * EACH; i++) {
		snprintf(path, sizeof(path), STAGE_TRASH "/active/%d/%d/%d", i % EACH / 10, i % 10,
			i / EACH);
		assert_true(stage_has(&stage, path));
	}
	stage_remove(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_folders_on_the_way),
		cmocka_unit_test(says_when_a_message_moved_on),
		cmocka_unit_test(goes_on_behind_a_message_that_is_there),
		cmocka_unit_test(leaves_what_the_mta_set_meanwhile),
		cmocka_unit_test(never_writes_over_a_file),
		cmocka_unit_test(puts_a_second_log_beside_the_first),
		cmocka_unit_test(puts_nothing_beside_in_the_queue),
		cmocka_unit_test(needs_the_files_that_are_not_optional),
		cmocka_unit_test(puts_back_what_it_did_and_no_more),
		cmocka_unit_test(sweeps_all_and_tells_the_first),
		cmocka_unit_test(refuses_paths_that_leave_the_queue),
		cmocka_unit_test(refuses_steps_that_make_no_sense),
		cmocka_unit_test(says_why_in_plain_words),
		cmocka_unit_test(says_why_behind_long_paths),
		cmocka_unit_test(a_file_where_a_folder_should_be),
		cmocka_unit_test(tells_who_may_not),
		cmocka_unit_test(threads_make_the_same_folders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
