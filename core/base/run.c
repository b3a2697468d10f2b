#include "core/base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024, SECONDS_MAX = 20 };

static const char *const folders[] = {
	"/usr/sbin",
	"/usr/bin",
	"/sbin",
	"/bin",
	"/usr/local/sbin",
	"/usr/local/bin",
	"/opt/zimbra/common/sbin",
	"/opt/zimbra/postfix/sbin",
};

char *run_find(const char *program)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char *path = xasprintf("%s/%s", folders[i], program);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int read_all(int fd, const char *program, struct buf *out, struct err *err)
{
	int64_t until = clock_now_ms() + SECONDS_MAX * INT64_C(1000);
	size_t begin = out->len;

	for (;;) {
		int64_t left = until - clock_now_ms();
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int ready = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
		if (ready == 0)
			return err_set(err, ERR_IO, 0, "%s gave no answer in %d seconds", program,
				SECONDS_MAX);
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "cannot wait for %s", program);
		if (ready < 0)
			continue;
		ssize_t got = read(fd, buf_room(out, 4096), 4096);
		if (got < 0 && errno != EINTR)
			return err_sys(err, "cannot read from %s", program);
		if (got == 0)
			return 0;
		if (got > 0)
			out->len += (size_t)got;
		if (out->len - begin > OUTPUT_MAX)
			return err_set(err, ERR_LIMIT, 0, "%s prints without end", program);
	}
}

static int spawn(const char *const *argv, int out_fd, pid_t *pid)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const env[] = {path, locale, NULL};
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int r = posix_spawn(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int run_capture(const char *const *argv, struct buf *out, struct err *err)
{
	int pipe_fd[2], status = 0;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return err_sys(err, "cannot make a pipe for %s", argv[0]);
	int r = spawn(argv, pipe_fd[1], &pid);
	close(pipe_fd[1]);
	if (r != 0) {
		close(pipe_fd[0]);
		return err_set(err, ERR_IO, r, "cannot run %s", argv[0]);
	}
	int ended = read_all(pipe_fd[0], argv[0], out, err);
	close(pipe_fd[0]);
	if (ended != 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ended != 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
