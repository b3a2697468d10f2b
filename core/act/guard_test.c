#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/act/guard.h"

static void each_rule_at_its_edges(void **state)
{
	static const struct {
		const char *name;
		uint32_t count, total, accounts;
		int64_t max;
		const char *is;      /* s specific, y --yes, b a way back */
		const char *refused; /* what the words say; NULL: it goes */
	} cases[] = {
		{"usual", 40, 100, 1, -1, "sy", NULL},
		{"--max is the count", 40, 100, 1, 40, "sy", NULL},
		{"--max is more", 40, 100, 1, 41, "sy", NULL},
		{"--max is less", 40, 100, 1, 39, "sy", "40 messages are more than --max 39"},
		{"--max 0", 40, 100, 1, 0, "sy", "more than --max 0"},
		{"--max, asked", 40, 100, 1, 39, "s", "more than --max 39"},
		{"--max, way back", 40, 100, 1, 39, "syb", "more than --max 39"},
		{"two logins", 40, 100, 2, -1, "sy", "mail of 2 logins: add --max 40"},
		{"two logins, --max", 40, 100, 2, 40, "sy", NULL},
		{"two logins, --max is less", 40, 100, 2, 39, "sy", "--max 39"},
		{"two logins, asked", 40, 100, 2, -1, "s", NULL},
		{"two logins, way back", 40, 100, 2, -1, "syb", NULL},
		{"no login at all", 40, 100, 0, -1, "sy", NULL},
		{"half", 50, 100, 1, -1, "sy", NULL},
		{"more than half", 51, 100, 1, -1, "sy", "more than half of the queue (100)"},
		{"half of an odd number", 50, 101, 1, -1, "sy", NULL},
		{"more than half of it", 51, 101, 1, -1, "sy", "more than half"},
		{"more than half, --max", 51, 100, 1, 51, "sy", NULL},
		{"more than half, asked", 51, 100, 1, -1, "s", NULL},
		{"more than half, way back", 100, 100, 1, -1, "syb", NULL},
		{"one of one", 1, 1, 1, -1, "sy", "more than half"},
		{"one of two", 1, 2, 1, -1, "sy", NULL},
		{"all of many", UINT32_MAX, UINT32_MAX, 1, -1, "sy", "more than half"},
		{"only age", 40, 100, 1, -1, "y", "nothing but age, size or queue"},
		{"only age, one message", 1, 100, 1, -1, "y", "add --max 1 if"},
		{"only age, --max", 40, 100, 1, 40, "y", NULL},
		{"only age, --max is less", 40, 100, 1, 39, "y", "--max 39"},
		{"only age, asked", 40, 100, 1, -1, "", NULL},
		{"all rules at once, --max", 100, 100, 9, 100, "y", NULL},
		{"nothing", 0, 0, 1, 0, "sy", NULL},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {0};
		struct guard guard = {
			.count = cases[i].count,
			.total = cases[i].total,
			.accounts = cases[i].accounts,
			.max = cases[i].max,
			.specific = strchr(cases[i].is, 's'),
			.yes = strchr(cases[i].is, 'y'),
			.way_back = strchr(cases[i].is, 'b'),
		};
		bool refused = guard_check(&guard, &err) != 0;
		if (refused != (cases[i].refused != NULL))
			fail_msg("%s: %s", cases[i].name, refused ? err.text : "goes");
		if (!refused)
			continue;
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.text, cases[i].refused))
			fail_msg("%s: %s", cases[i].name, err.text);
	}
}

/* A queue on the file system of `path`. */
static int check_spool(const char *path, unsigned caps, uid_t owner, bool offline, struct err *err)
{
	const struct format format = {.name = "any", .title = "Any", .caps = caps};
	char name[] = "/var/spool/any";
	struct spool spool = {.format = &format, .path = name, .owner = owner};

	*err = (struct err){0};
	spool.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = guard_spool(&spool, offline, err);
	if (spool.fd >= 0)
		close(spool.fd);
	return r;
}

static void some_queues_are_only_read(void **state)
{
	struct err err;
	(void)state;

	/* The RAM disk is on no other machine, and gives out handles. */
	assert_int_equal(check_spool("/dev/shm", CAP_ACT, 100, false, &err), 0);
	/* A format that cannot be acted on, whatever is said. */
	assert_int_equal(check_spool("/dev/shm", CAP_ACCOUNT, 100, true, &err), -1);
	assert_non_null(strstr(err.text, "a queue of Any can be read, not changed"));
	/* Root's own: a copy. */
	assert_int_equal(check_spool("/dev/shm", CAP_ACT, 0, false, &err), -1);
	assert_int_equal(err.code, ERR_PERMISSION);
	assert_non_null(strstr(err.text, "--offline"));
	assert_int_equal(check_spool("/dev/shm", CAP_ACT, 0, true, &err), 0);
	/* A folder that cannot be asked. */
	assert_int_equal(check_spool("/nowhere", CAP_ACT, 100, false, &err), -1);
	assert_non_null(strstr(err.text, "/var/spool/any"));
}

static void a_file_system_without_handles_is_only_read(void **state)
{
	struct err err;
	(void)state;

	assert_int_equal(check_spool("/proc", CAP_ACT, 100, false, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.text, "without file handles"));
	assert_non_null(strstr(err.text, "add --offline"));
	assert_int_equal(check_spool("/proc", CAP_ACT, 100, true, &err), 0);
}

static void file_systems_by_what_they_are_and_can_do(void **state)
{
	static const struct {
		uint32_t type;
		bool no_handles;
		const char *wrong;
	} cases[] = {
		{EXT4_SUPER_MAGIC, false, NULL}, {XFS_SUPER_MAGIC, false, NULL},
		{BTRFS_SUPER_MAGIC, false, NULL}, {TMPFS_MAGIC, false, NULL},
		{0x2fc12fc1, false, NULL}, /* ZFS is in no header */
		{0x12345678, false, NULL}, {0x12345678, true, "one without file handles"},
		{EXT4_SUPER_MAGIC, true, "one without file handles"},
		{NFS_SUPER_MAGIC, false, "NFS"}, {SMB2_SUPER_MAGIC, true, "SMB"},
		{FUSE_SUPER_MAGIC, false, "FUSE or virtiofs"}, {V9FS_MAGIC, true, "9p"},
		{OVERLAYFS_SUPER_MAGIC, true, "overlay"},
		{OVERLAYFS_SUPER_MAGIC, false, "overlay"}, /* nfs_export=on */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *wrong = guard_file_system(cases[i].type, cases[i].no_handles);
		if (strcmp(wrong ? wrong : "", cases[i].wrong ? cases[i].wrong : "") != 0)
			fail_msg("%x: %s", cases[i].type, wrong ? wrong : "nothing");
	}
}

static void a_read_only_mount_is_told(void **state)
{
	struct spool spool = {.path = (char[]){"/var/spool/any"}, .fd = -1};
	struct err err;
	(void)state;

	assert_int_equal(guard_writable(&spool, &err), 0); /* what cannot be asked fails later */
	spool.fd = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(guard_writable(&spool, &err), 0);
	close(spool.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_at_its_edges),
		cmocka_unit_test(some_queues_are_only_read),
		cmocka_unit_test(a_file_system_without_handles_is_only_read),
		cmocka_unit_test(file_systems_by_what_they_are_and_can_do),
		cmocka_unit_test(a_read_only_mount_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
