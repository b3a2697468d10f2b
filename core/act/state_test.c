#include "core/queue/test_tree.h"

#include <sys/wait.h>

#include "core/act/failing_fsops.h"
#include "core/act/state.h"

enum { OWNER = 65533, OTHER = 65532 };

struct place {
	struct tree tree;
	char base[128], own[160]; /* below the tree; neither is there */
	uid_t owner;
};

static void place_make(struct place *place)
{
	*place = (struct place){.owner = geteuid() == 0 ? OWNER : geteuid()};
	tree_make(&place->tree, "state");
	assert_int_equal(chmod(place->tree.path, 0755), 0);
	snprintf(place->base, sizeof(place->base), "%s/base", place->tree.path);
	snprintf(place->own, sizeof(place->own), "%s/%u", place->base, (unsigned)place->owner);
	assert_int_equal(setenv("SPOOLSWEEP_STATE", place->base, 1), 0);
}

static void place_remove(struct place *place)
{
	unsetenv("SPOOLSWEEP_STATE");
	tree_remove(&place->tree);
}

static int make(const struct place *place, struct err *err)
{
	return state_make(&fsops_real, place->owner, place->owner, err);
}

/* 0 when it can be opened, else the error code. */
static int open_code(const struct place *place, struct err *err)
{
	int fd;

	if (state_open(place->owner, &fd, err) != 0) {
		assert_int_equal(fd, -1);
		return (int)err->code;
	}
	close(fd);
	return 0;
}

static struct stat look(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static void is_made_once_for_its_owner(void **state)
{
	struct place place;
	struct err err;
	(void)state;

	mode_t before = umask(077); /* of a careful root: the folder above is for all the same */
	place_make(&place);
	assert_string_equal(state_path(), place.base);
	assert_int_equal(open_code(&place, &err), ERR_GONE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(make(&place, &err), 0);
		assert_int_equal(look(place.base).st_mode & 07777, 0755);
		assert_int_equal(look(place.own).st_mode & 07777, 0700);
		assert_int_equal(look(place.own).st_uid, place.owner);
		assert_int_equal(open_code(&place, &err), 0);
	}
	umask(before);
	place_remove(&place);
}

static void the_usual_place_is_var_lib(void **state)
{
	(void)state;
	unsetenv("SPOOLSWEEP_STATE");
	assert_string_equal(state_path(), "/var/lib/spoolsweep");
	setenv("SPOOLSWEEP_STATE", "", 1);
	assert_string_equal(state_path(), "/var/lib/spoolsweep");
	unsetenv("SPOOLSWEEP_STATE");
}

static void what_others_could_change_is_not_used(void **state)
{
	static const struct {
		const char *name;
		mode_t base, own;
	} cases[] = {
		{"own folder for all", 0755, 0777},
		{"own folder for its group", 0755, 0770},
		{"folder above for all", 0777, 0700},
		{"folder above for its group", 0775, 0700},
		{"folder above for all, sticky", 01777, 0700},
	};
	struct place place;
	struct err err;
	(void)state;

	place_make(&place);
	assert_int_equal(make(&place, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(chmod(place.base, cases[i].base), 0);
		assert_int_equal(chmod(place.own, cases[i].own), 0);
		if (open_code(&place, &err) != ERR_PERMISSION)
			fail_msg("%s", cases[i].name);
		assert_non_null(strstr(err.text, "it is not used"));
		if (make(&place, &err) == 0)
			fail_msg("made: %s", cases[i].name);
	}
	assert_int_equal(chmod(place.base, 0755), 0);
	assert_int_equal(chmod(place.own, 0700), 0);
	assert_int_equal(open_code(&place, &err), 0);
	place_remove(&place);
}

static void another_owner_is_refused(void **state)
{
	struct place place;
	struct err err;
	(void)state;

	if (geteuid() != 0)
		skip();
	place_make(&place);
	assert_int_equal(make(&place, &err), 0);
	assert_int_equal(chown(place.own, OTHER, OTHER), 0);
	assert_int_equal(open_code(&place, &err), ERR_PERMISSION);
	assert_int_equal(make(&place, &err), -1);
	assert_int_equal(look(place.own).st_uid, OTHER); /* and not taken over */
	assert_int_equal(chown(place.own, OWNER, OWNER), 0);
	assert_int_equal(chown(place.base, OTHER, OTHER), 0);
	assert_int_equal(open_code(&place, &err), ERR_PERMISSION);
	place_remove(&place);
}

static void links_and_files_are_no_folders(void **state)
{
	struct place place;
	struct err err;
	(void)state;

	place_make(&place);
	tree_folder(&place.tree, "elsewhere");
	assert_int_equal(symlinkat("elsewhere", place.tree.fd, "base"), 0);
	assert_int_equal(open_code(&place, &err), ERR_PERMISSION);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(make(&place, &err), -1);
	assert_int_equal(unlinkat(place.tree.fd, "base", 0), 0);
	tree_file(&place.tree, "base", SLICE(""), 0600);
	assert_int_equal(open_code(&place, &err), ERR_PERMISSION);
	assert_int_equal(make(&place, &err), -1);
	assert_int_equal(unlinkat(place.tree.fd, "base", 0), 0);
	tree_folder(&place.tree, "base");
	assert_int_equal(symlink("../elsewhere", place.own), 0);
	assert_int_equal(open_code(&place, &err), ERR_PERMISSION);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(make(&place, &err), -1);
	place_remove(&place);
}

static void an_ordinary_user_may_not_where_root_must(void **state)
{
	struct place place;
	struct err err;
	int status;
	(void)state;

	if (geteuid() != 0)
		skip();
	place_make(&place);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(OWNER) != 0 || setuid(OWNER) != 0)
			_exit(2);
		_exit(make(&place, &err) != 0 && err.code == ERR_PERMISSION ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* Root made it: now its owner may open it and write there. */
	assert_int_equal(make(&place, &err), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = -1;
		if (setgid(OWNER) != 0 || setuid(OWNER) != 0)
			_exit(2);
		if (make(&place, &err) != 0 || state_open(OWNER, &fd, &err) != 0)
			_exit(3);
		_exit(openat(fd, "file", O_CREAT | O_WRONLY, 0600) >= 0 ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	place_remove(&place);
}

/* Wherever making it fails or the process dies, the next time makes it whole. */
static void every_call_fails_or_dies(void **state)
{
	bool met = true;
	(void)state;

	for (unsigned call = 1; met; call++) {
		for (int error = 0; error <= ENOSPC && met; error += ENOSPC) {
			struct place place;
			struct err err;
			int status;
			place_make(&place);
			pid_t pid = fork();
			assert_true(pid >= 0);
			if (pid == 0) {
				struct failing_fsops failing = failing_fsops_new();
				failing.at = call, failing.error = error;
				int r = state_make(&failing.ops, place.owner, place.owner, &err);
				_exit(r == 0 ? 0 : err.text[0] ? 1 : 2);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			met = WEXITSTATUS(status) != 0;
			if (met)
				assert_int_equal(WEXITSTATUS(status), error ? 1 : FAILING_EXIT);
			assert_int_equal(make(&place, &err), 0);
			assert_int_equal(look(place.own).st_uid, place.owner);
			assert_int_equal(open_code(&place, &err), 0);
			place_remove(&place);
		}
		assert_true(call < 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_once_for_its_owner),
		cmocka_unit_test(the_usual_place_is_var_lib),
		cmocka_unit_test(what_others_could_change_is_not_used),
		cmocka_unit_test(another_owner_is_refused),
		cmocka_unit_test(links_and_files_are_no_folders),
		cmocka_unit_test(an_ordinary_user_may_not_where_root_must),
		cmocka_unit_test(every_call_fails_or_dies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
