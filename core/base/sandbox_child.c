#include "core/base/sandbox_child.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SOCKET = STDIN_FILENO, NOBODY = 65534 };

/* ---- becoming nobody in particular ---- */

/* A terminal's signals are for the parent, whose end is the child's; all others do what they do. */
static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, i == SIGINT || i == SIGQUIT ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* With the user go the privileges; where there is no such user (user namespaces), they go alone. */
static int drop_root(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {0};

	if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
		setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	return (int)syscall(SYS_capset, &head, nothing);
}

/* Whoever starts us dies without a word: then there is nobody to work for. */
static int follow_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -1;
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* ---- the door ---- */

/* What the process has mapped by now; a limit counts it. */
static size_t bytes_mapped(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit both;

	if (getrlimit(resource, &both) != 0)
		return -1;
	/* What is allowed less already cannot be given more. */
	if (both.rlim_max > most)
		both.rlim_max = most;
	both.rlim_cur = both.rlim_max;
	return setrlimit(resource, &both);
}

static int set_limits(const struct sandbox_limits *limits)
{
	/* A sanitizer's shadow takes terabytes of addresses, and its report may go to a file. */
	if (!SANITIZED &&
		(limit(RLIMIT_AS, bytes_mapped() + limits->memory) != 0 ||
			limit(RLIMIT_FSIZE, 0) != 0))
		return -1;
	return limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_NPROC, 0) != 0 ||
			limit(RLIMIT_NOFILE, 0) != 0
		? -1
		: 0;
}

/* Everything but the socket; a sanitizer needs somewhere to say what it found. */
static int close_files(void)
{
	return close_range(SANITIZED ? STDERR_FILENO + 1 : SOCKET + 1, ~0u, 0);
}

static const char *close_door(const struct sandbox_limits *limits)
{
	if (set_limits(limits) != 0)
		return "cannot limit its resources";
	if (close_files() != 0)
		return "cannot close its files";
	if (sandbox_filter() != 0)
		return "cannot filter its system calls (seccomp)";
	return NULL;
}

/* ---- the work ---- */

static void read_all(void *to, size_t len)
{
	for (char *at = to; len;) {
		ssize_t got = read(SOCKET, at, len);
		if (got <= 0)
			_exit(0); /* nobody is left to ask */
		at += got;
		len -= (size_t)got;
	}
}

static void write_all(const void *from, size_t len)
{
	for (const char *at = from; len;) {
		ssize_t put = write(SOCKET, at, len);
		if (put <= 0)
			_exit(0);
		at += put;
		len -= (size_t)put;
	}
}

static void write_frame(struct slice s)
{
	const uint64_t len = s.len;
	write_all(&len, sizeof(len));
	write_all(s.ptr, s.len);
}

static _Noreturn void serve(const struct sandbox_job *job)
{
	struct buf request = {0}, answer = {0};
	uint64_t len;

	for (;;) {
		read_all(&len, sizeof(len));
		buf_reset(&request);
		buf_reset(&answer);
		read_all(buf_room(&request, len), len);
		request.len = len;
		job->answer(job->ctx, buf_slice(&request), &answer);
		write_frame(buf_slice(&answer));
	}
}

_Noreturn void sandbox_child(int socket, pid_t parent, const struct sandbox_job *job,
	const struct sandbox_limits *limits)
{
	struct buf why = {0};
	const char *problem = NULL;

	reset_signals();
	clearenv();
	/* Its user first: a change of user forgets whose end it is to follow. */
	if (dup2(socket, SOCKET) < 0 || drop_root() != 0 || follow_parent(parent) != 0)
		problem = "cannot give up its privileges";
	if (!problem && job->prepare)
		job->prepare(job->ctx);
	if (!problem)
		problem = close_door(limits);
	if (problem) {
		buf_printf(&why, "%s: %m", problem);
		write_frame(buf_slice(&why));
		_exit(1);
	}
	write_frame(SLICE(""));
	serve(job);
}
