#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sandbox.h"
#include "core/base/sandbox_child.h"
#include "core/base/test_no_filter.h"
#include "core/base/xalloc.h"

enum { OPENED = 50, MOST = 100 * 1000 };

/* ---- what a child tries ---- */

static void echo(struct buf *answer)
{
	buf_add(answer, SLICE("here"));
}

static void try_open(struct buf *answer)
{
	int fd = open("/etc/passwd", O_RDONLY);
	buf_printf(answer, "%s", fd >= 0 ? "opened" : strerror(errno));
}

static void try_open_to_write(struct buf *answer)
{
	int fd = open("/tmp/sandbox_test.made", O_WRONLY | O_CREAT, 0600);
	buf_printf(answer, "%s", fd >= 0 ? "opened" : strerror(errno));
}

static void try_file_of_parent(struct buf *answer)
{
	char byte;
	buf_printf(answer, "%s", read(OPENED, &byte, 1) == 1 ? "read" : strerror(errno));
}

static void try_connect(struct buf *answer)
{
	buf_printf(answer, "%d", socket(AF_INET, SOCK_STREAM, 0));
}

static void try_pass_file(struct buf *answer)
{
	buf_printf(answer, "%zd", sendmsg(0, &(struct msghdr){0}, 0));
}

static void try_fork(struct buf *answer)
{
	buf_printf(answer, "%d", fork());
}

static void try_execve(struct buf *answer)
{
	char *argv[] = {NULL};
	buf_printf(answer, "%d", execve("/bin/true", argv, argv));
}

static void try_ptrace(struct buf *answer)
{
	buf_printf(answer, "%ld", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static void try_kill(struct buf *answer)
{
	buf_printf(answer, "%d", kill(getppid(), SIGKILL));
}

/* As kill, by the one call of the family that is allowed, for itself. */
static void try_tgkill(struct buf *answer)
{
	buf_printf(answer, "%ld", syscall(SYS_tgkill, 1, 1, 0));
}

static void try_code(struct buf *answer)
{
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buf_printf(answer, "%p", code);
}

static void try_raise_limit(struct buf *answer)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	buf_printf(answer, "%d", setrlimit(RLIMIT_CPU, &all));
}

static void loop(struct buf *answer)
{
	for (volatile unsigned i = 0;; i++)
		(void)answer;
}

static void wait_for_nothing(struct buf *answer)
{
	char byte;
	buf_printf(answer, "%zd", read(0, &byte, 1));
}

static void take_memory(struct buf *answer)
{
	for (;;)
		buf_pad(answer, 'x', 1 << 20);
}

static void talk_long(struct buf *answer)
{
	buf_pad(answer, 'x', MOST + 1);
}

/* As code that took the child over would: past the frame. */
static void talk_on(struct buf *answer)
{
	char block[4096];
	(void)answer;
	memset(block, 1, sizeof(block));
	while (write(0, block, sizeof(block)) > 0)
		;
}

static void answer_half(struct buf *answer)
{
	const uint64_t len = 100;
	(void)answer;
	if (write(0, &len, sizeof(len)) == sizeof(len))
		_exit(0);
}

static void crash(struct buf *answer)
{
	(void)answer;
	raise(SIGSEGV);
}

static void give_up(struct buf *answer)
{
	(void)answer;
	abort();
}

static void tell_user(struct buf *answer)
{
	/* Before the door is closed one may ask. */
	const char *path = getenv("PATH");
	buf_printf(answer, "%s", path ? path : "no environment");
}

static const struct {
	const char *name;
	void (*run)(struct buf *answer);
	enum sandbox_end end;
	const char *answer;
	bool release_only; /* where the memory is bounded */
} trials[] = {
	{"echo", echo, SANDBOX_ANSWERED, "here", false},
	{"open", try_open, SANDBOX_ANSWERED, "Permission denied", false},
	{"open to write", try_open_to_write, SANDBOX_ANSWERED, "Permission denied", false},
	{"a file of the parent", try_file_of_parent, SANDBOX_ANSWERED, "Bad file descriptor",
		false},
	{"environment", tell_user, SANDBOX_ANSWERED, "no environment", false},
	{"connect", try_connect, SANDBOX_FORBIDDEN, "", false},
	{"pass a file", try_pass_file, SANDBOX_FORBIDDEN, "", false},
	{"fork", try_fork, SANDBOX_FORBIDDEN, "", false},
	{"execve", try_execve, SANDBOX_FORBIDDEN, "", false},
	{"ptrace", try_ptrace, SANDBOX_FORBIDDEN, "", false},
	{"kill", try_kill, SANDBOX_FORBIDDEN, "", false},
	{"tgkill", try_tgkill, SANDBOX_FORBIDDEN, "", false},
	{"code", try_code, SANDBOX_FORBIDDEN, "", false},
	{"raise a limit", try_raise_limit, SANDBOX_FORBIDDEN, "", false},
	{"endless loop", loop, SANDBOX_TIME, "", false},
	{"endless wait", wait_for_nothing, SANDBOX_TIME, "", false},
	{"endless memory", take_memory, SANDBOX_MEMORY, "", true},
	{"long answer", talk_long, SANDBOX_TOO_LONG, "", false},
	{"endless answer", talk_on, SANDBOX_TOO_LONG, "", false},
	{"half an answer", answer_half, SANDBOX_CRASHED, "", false},
	{"crash", crash, SANDBOX_CRASHED, "", false},
	{"abort", give_up, SANDBOX_CRASHED, "", false},
};

enum { TRIALS = sizeof(trials) / sizeof(*trials) };

static void answer_trial(void *ctx, struct slice request, struct buf *answer)
{
	(void)ctx;
	for (size_t i = 0; i < TRIALS; i++)
		if (slice_eq(request, slice_cstr(trials[i].name)))
			trials[i].run(answer);
}

static const struct sandbox_job trial_job = {.answer = answer_trial};
static const struct sandbox_limits trial_limits = {
	.memory = 64 << 20, .answer = MOST, .cpu_seconds = 1, .wall_seconds = 2};

static void start(struct sandbox *sandbox, const struct sandbox_job *job)
{
	struct err err = {0};
	if (sandbox_start(sandbox, job, &trial_limits, &err) != 0)
		fail_msg("%s", err.text);
}

static void assert_answer(struct sandbox *sandbox, struct slice request, const char *wanted)
{
	struct buf answer = {0};
	struct err err;
	assert_int_equal(sandbox_ask(sandbox, request, &answer, &err), SANDBOX_ANSWERED);
	assert_string_equal(buf_str(&answer), wanted);
	buf_free(&answer);
}

/* ---- tests ---- */

static void what_it_tries_is_stopped(void **state)
{
	struct sandbox sandbox;
	struct buf answer = {0};
	struct err err;
	(void)state;

	setenv("PATH", "/bin", 1);
	assert_int_equal(dup2(open("/etc/passwd", O_RDONLY), OPENED), OPENED);
	start(&sandbox, &trial_job);
	for (size_t i = 0; i < TRIALS; i++) {
		if (SANITIZED && trials[i].release_only)
			continue;
		buf_reset(&answer);
		buf_add(&answer, SLICE("kept "));
		enum sandbox_end end =
			sandbox_ask(&sandbox, slice_cstr(trials[i].name), &answer, &err);
		if (end != trials[i].end || strcmp(buf_str(&answer) + 5, trials[i].answer) != 0)
			fail_msg("%s: ended as %d, answered '%s'", trials[i].name, (int)end,
				buf_str(&answer));
		assert_true((end == SANDBOX_ANSWERED) == (sandbox.child != 0));
	}
	assert_answer(&sandbox, SLICE("echo"), "here");
	sandbox_stop(&sandbox);
	sandbox_stop(&sandbox);
	close(OPENED);
	buf_free(&answer);
}

static void answer_length(void *ctx, struct slice request, struct buf *answer)
{
	(void)ctx;
	buf_printf(answer, "%zu", request.len);
}

static void requests_may_be_long_and_many(void **state)
{
	const struct sandbox_job job = {.answer = answer_length};
	struct sandbox sandbox;
	struct buf request = {0};
	(void)state;

	start(&sandbox, &job);
	pid_t child = sandbox.child;
	assert_answer(&sandbox, SLICE(""), "0");
	buf_pad(&request, 'x', 10 * 1000 * 1000);
	for (int i = 0; i < 3; i++)
		assert_answer(&sandbox, buf_slice(&request), "10000000");
	assert_int_equal(sandbox.child, child);
	sandbox_stop(&sandbox);
	buf_free(&request);
}

static void work(void *ctx, struct slice request, struct buf *answer)
{
	(void)ctx, (void)request;
	for (int64_t end = clock_ms(CLOCK_PROCESS_CPUTIME_ID) + 600;
		clock_ms(CLOCK_PROCESS_CPUTIME_ID) < end;)
		;
	buf_add(answer, SLICE("done"));
}

/* All of them together would be too much for one. */
static void each_request_has_its_own_time(void **state)
{
	const struct sandbox_job job = {.answer = work};
	struct sandbox sandbox;
	(void)state;

	start(&sandbox, &job);
	pid_t child = sandbox.child;
	sandbox.limits.wall_seconds = 60;
	for (int i = 0; i < 3; i++)
		assert_answer(&sandbox, SLICE("x"), "done");
	assert_int_equal(sandbox.child, child);
	sandbox_stop(&sandbox);
}

struct prepared {
	char line[8];
	uid_t user;
	int privileges; /* that are left: -1 none can be set */
};

static void prepare(void *ctx)
{
	struct prepared *prepared = ctx;
	FILE *file = fopen("/proc/self/comm", "re");
	if (file && fgets(prepared->line, sizeof(prepared->line), file))
		fclose(file);
	prepared->user = geteuid();
	prepared->privileges = setgid(0);
}

static void answer_prepared(void *ctx, struct slice request, struct buf *answer)
{
	const struct prepared *prepared = ctx;
	(void)request;
	buf_printf(answer, "%.4s %u %d", prepared->line, (unsigned)prepared->user,
		prepared->privileges);
}

static void it_prepares_with_files_and_without_privileges(void **state)
{
	struct prepared prepared = {0};
	const struct sandbox_job job = {prepare, answer_prepared, &prepared};
	struct sandbox sandbox;
	char wanted[40];
	(void)state;

	if (getegid() != 0 && geteuid() != 0) {
		snprintf(wanted, sizeof(wanted), "sand %u -1", (unsigned)geteuid());
	} else {
		snprintf(wanted, sizeof(wanted), "sand 65534 -1");
	}
	start(&sandbox, &job);
	assert_answer(&sandbox, SLICE("x"), wanted);
	assert_int_equal(prepared.user, 0); /* the child's memory is its own */
	sandbox_stop(&sandbox);
}

static void it_ends_with_its_parent(void **state)
{
	struct sandbox sandbox;
	int ends[2], status;
	pid_t child;
	(void)state;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(pipe(ends), 0);
	pid_t parent = fork();
	if (parent == 0) {
		start(&sandbox, &trial_job);
		if (write(ends[1], &sandbox.child, sizeof(sandbox.child)) < 0)
			_exit(1);
		struct buf answer = {0};
		struct err err;
		sandbox.limits.wall_seconds = 100;
		sandbox_ask(&sandbox, SLICE("endless wait"), &answer, &err);
		_exit(1);
	}
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	close(ends[0]);
	close(ends[1]);
}

static void without_a_filter_there_is_no_child(void **state)
{
	int status;
	(void)state;

	pid_t pid = fork();
	if (pid == 0) {
		struct sandbox sandbox;
		struct buf answer = {0};
		struct err err = {0};
		forbid_filters();
		int started = sandbox_start(&sandbox, &trial_job, &trial_limits, &err);
		bool told = strstr(err.text, "seccomp") != NULL;
		err.text[0] = '\0';
		enum sandbox_end end = sandbox_ask(&sandbox, SLICE("echo"), &answer, &err);
		_exit(started == -1 && told && end == SANDBOX_MISSING && err.text[0] ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_tries_is_stopped),
		cmocka_unit_test(requests_may_be_long_and_many),
		cmocka_unit_test(each_request_has_its_own_time),
		cmocka_unit_test(it_prepares_with_files_and_without_privileges),
		cmocka_unit_test(it_ends_with_its_parent),
		cmocka_unit_test(without_a_filter_there_is_no_child),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
