#include "core/queue/test_tree.h"

#include "core/act/failing_fsops.h"
#include "core/act/reserve.h"

enum { MOST = 100000 };

struct stage {
	struct tree tree;
	struct failing_fsops full; /* has room for nobody */
	struct reserve reserve;
	int file;
};

static void stage_make(struct stage *stage)
{
	tree_make(&stage->tree, "reserve");
	tree_file(&stage->tree, "file", SLICE(""), 0600);
	stage->file = openat(stage->tree.fd, "file", O_RDWR | O_CLOEXEC);
	assert_true(stage->file >= 0);
	stage->full = failing_fsops_new();
	stage->full.at = 1;
	stage->full.error = ENOSPC;
	stage->full.stays = true;
}

static void stage_remove(struct stage *stage)
{
	reserve_end(&stage->reserve);
	close(stage->file);
	tree_remove(&stage->tree);
}

static int ask(struct stage *stage, int fd, off_t len)
{
	errno = 0;
	return stage->reserve.ops.reserve(&stage->reserve.ops, fd, len);
}

static off_t size_of(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

static void what_has_no_room_is_asked_of_the_child(void **state)
{
	struct stage stage;
	(void)state;

	stage_make(&stage);
	reserve_start(&stage.reserve, &stage.full.ops, geteuid(), MOST);
	assert_int_equal(ask(&stage, stage.file, MOST), 0);
	assert_int_equal(size_of(stage.file), MOST);
	/* Once: then it has ended. */
	assert_int_equal(ask(&stage, stage.file, MOST), -1);
	assert_int_equal(errno, ENOSPC);
	stage_remove(&stage);
}

static void nothing_is_asked_where_there_is_room(void **state)
{
	struct stage stage;
	(void)state;

	stage_make(&stage);
	reserve_start(&stage.reserve, &fsops_real, geteuid(), 1);
	assert_int_equal(ask(&stage, stage.file, MOST), 0); /* the child would refuse it */
	assert_int_equal(size_of(stage.file), MOST);
	stage_remove(&stage);

	stage_make(&stage);
	stage.full.error = EIO;
	reserve_start(&stage.reserve, &stage.full.ops, geteuid(), MOST);
	assert_int_equal(ask(&stage, stage.file, MOST), -1); /* not for want of room */
	assert_int_equal(errno, EIO);
	stage_remove(&stage);
}

static void the_child_serves_only_what_it_is_for(void **state)
{
	static const struct {
		const char *what;
		off_t len;
		int owner; /* more than ours */
		bool folder;
	} cases[] = {
		{"too much", MOST + 1, 0, false},
		{"less than nothing", -1, 0, false},
		{"somebody else's", MOST, 1, false},
		{"no plain file", MOST, 0, true},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stage stage;
		stage_make(&stage);
		reserve_start(
			&stage.reserve, &stage.full.ops, geteuid() + (uid_t)cases[i].owner, MOST);
		int fd = cases[i].folder ? stage.tree.fd : stage.file;
		if (ask(&stage, fd, cases[i].len) != -1 || errno != EPERM)
			fail_msg("%s: %s", cases[i].what, strerror(errno));
		assert_int_equal(size_of(stage.file), 0);
		stage_remove(&stage);
	}
}

static void the_rest_of_the_table_is_the_one_it_was_given(void **state)
{
	struct stage stage;
	(void)state;

	stage_make(&stage);
	reserve_start(&stage.reserve, &fsops_real, geteuid(), MOST);
	assert_ptr_equal(stage.reserve.ops.write, fsops_real.write);
	stage_remove(&stage);
	reserve_end(&(struct reserve){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_room_is_asked_of_the_child),
		cmocka_unit_test(nothing_is_asked_where_there_is_room),
		cmocka_unit_test(the_child_serves_only_what_it_is_for),
		cmocka_unit_test(the_rest_of_the_table_is_the_one_it_was_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
