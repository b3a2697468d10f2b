#include "formats/postfix/test_spool.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A service of Postfix: reads one request, and hangs up. */
struct service {
	int listener;
	pthread_t thread;
	char got[32];
	ssize_t len;
};

static int listen_at(const struct test_spool *test, const char *name, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%s", test->tree.path, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void *serve(void *arg)
{
	struct service *service = arg;
	int fd = accept(service->listener, NULL, NULL);

	service->len = read(fd, service->got, sizeof(service->got));
	close(fd);
	return NULL;
}

static struct service *start_service(const struct test_spool *test, const char *name)
{
	struct service *service = calloc(1, sizeof(*service));

	assert_non_null(service);
	service->listener = listen_at(test, name, 5);
	assert_int_equal(pthread_create(&service->thread, NULL, serve, service), 0);
	return service;
}

static void assert_served(struct service *service, const char *request)
{
	assert_int_equal(pthread_join(service->thread, NULL), 0);
	assert_int_equal(service->len, strlen(request) + 1);
	assert_memory_equal(service->got, request, strlen(request) + 1);
	close(service->listener);
	free(service);
}

static void make_spool(struct test_spool *test, enum mta_state mta)
{
	test_spool_make(test);
	tree_folder(&test->tree, "public");
	test->spool->mta = mta;
}

static int wake(struct test_spool *test, enum op op)
{
	test->err = (struct err){0};
	return format_postfix.wake(test->spool, op, &test->err);
}

static void asks_the_right_service(void **state)
{
	static const struct {
		enum op op;
		const char *qmgr, *pickup;
	} cases[] = {
		{OP_RELEASE, "D", NULL},
		{OP_RETRY, "I", NULL},
		{OP_REQUEUE, NULL, "W"},
		{OP_RESTORE, "ID", "W"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct service *qmgr = NULL, *pickup = NULL;
		struct test_spool test;

		make_spool(&test, MTA_RUNNING);
		if (cases[i].qmgr)
			qmgr = start_service(&test, "public/qmgr");
		if (cases[i].pickup)
			pickup = start_service(&test, "public/pickup");
		if (wake(&test, cases[i].op) != 0)
			fail_msg("case %zu: %s", i, test.err.text);
		if (qmgr)
			assert_served(qmgr, cases[i].qmgr);
		if (pickup)
			assert_served(pickup, cases[i].pickup);
		test_spool_free(&test);
	}
}

static void asks_through_a_fifo(void **state)
{
	struct test_spool test;
	char got[8];
	(void)state;

	make_spool(&test, MTA_RUNNING);
	assert_int_equal(mkfifoat(test.tree.fd, "public/qmgr", 0600), 0);
	/* Nobody reads there: said at once, without waiting. */
	assert_int_equal(wake(&test, OP_RETRY), -1);
	assert_non_null(strstr(test.err.text, "by itself"));
	int reader = openat(test.tree.fd, "public/qmgr", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(wake(&test, OP_RETRY), 0);
	assert_int_equal(read(reader, got, sizeof(got)), 1);
	assert_int_equal(got[0], 'I');
	close(reader);
	test_spool_free(&test);
}

static void has_nothing_to_ask(void **state)
{
	static const enum mta_state states[] = {MTA_RUNNING, MTA_STOPPED, MTA_UNKNOWN};
	struct test_spool test;
	(void)state;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		make_spool(&test, states[i]);
		assert_int_equal(wake(&test, OP_PURGE), 0);
		assert_int_equal(wake(&test, OP_HOLD), 0);
		/* A service that should be there is missed; where none runs it is not. */
		assert_int_equal(wake(&test, OP_RELEASE), states[i] == MTA_RUNNING ? -1 : 0);
		close(listen_at(&test, "public/qmgr", 1)); /* left behind by one that ended */
		assert_int_equal(wake(&test, OP_RELEASE), states[i] == MTA_RUNNING ? -1 : 0);
		test_spool_free(&test);
	}
}

static void follows_no_link(void **state)
{
	struct test_spool test;
	(void)state;

	make_spool(&test, MTA_RUNNING);
	int other = listen_at(&test, "public/other", 5);
	assert_int_equal(symlinkat("other", test.tree.fd, "public/qmgr"), 0);
	assert_int_equal(wake(&test, OP_RELEASE), -1);
	assert_int_equal(unlinkat(test.tree.fd, "public/qmgr", 0), 0);
	tree_file(&test.tree, "public/qmgr", SLICE("as it was"), 0600);
	assert_int_equal(wake(&test, OP_RELEASE), -1);
	struct stat st;
	assert_int_equal(fstatat(test.tree.fd, "public/qmgr", &st, 0), 0);
	assert_int_equal(st.st_size, 9); /* nothing was written into a file */
	assert_int_equal(fcntl(other, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(accept(other, NULL, NULL), -1);
	close(other);
	test_spool_free(&test);
}

static void gives_up_in_the_end(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct test_spool test;
	int callers[8], n = 0;
	char got[4];
	(void)state;

	make_spool(&test, MTA_RUNNING);
	int listener = listen_at(&test, "public/qmgr", 2);
	/* It takes the call, and no more. The request is there for when it has time. */
	assert_int_equal(wake(&test, OP_RELEASE), -1);
	assert_non_null(strstr(test.err.text, "busy"));
	int fd = accept(listener, NULL, NULL);
	assert_int_equal(read(fd, got, sizeof(got)), 2);
	assert_memory_equal(got, "D", 2);
	close(fd);
	/* Others wait before us. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/public/qmgr", test.tree.path);
	for (int result = 0; result == 0 && n < 8; n++) {
		callers[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		result = connect(callers[n], (struct sockaddr *)&address, sizeof(address));
	}
	assert_int_equal(wake(&test, OP_RELEASE), -1);
	assert_non_null(strstr(test.err.text, "busy"));
	while (n--)
		close(callers[n]);
	close(listener);
	test_spool_free(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_the_right_service),
		cmocka_unit_test(asks_through_a_fifo),
		cmocka_unit_test(has_nothing_to_ask),
		cmocka_unit_test(follows_no_link),
		cmocka_unit_test(gives_up_in_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
