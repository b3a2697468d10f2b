/*
 * Has Postfix look at its queue now: what `postkick` does (util/unix_trigger.c,
 * util/fifo_trigger.c). Without it Postfix looks by itself, after some minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "formats/postfix/postfix.h"

enum { PATIENCE_MS = 3000, PAUSE_MS = 50 };

/* A queue of callers that is full says so at once instead of letting one wait: try again. */
static int connect_by(int fd, const struct sockaddr_un *address, int64_t end)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (clock_now_ms() >= end) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* The service hangs up when it has read the request. */
static int wait_for_end(int fd, int64_t end)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	char byte;

	for (int64_t left = end - clock_now_ms(); left > 0; left = end - clock_now_ms()) {
		if (poll(&poller, 1, (int)left) <= 0)
			continue;
		ssize_t got = read(fd, &byte, 1);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return 0;
	}
	errno = ETIMEDOUT;
	return -1;
}

/* `path` leads to the socket itself. The bytes go with the NUL behind them. */
static int wake_socket(const char *path, const char *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int64_t end = clock_now_ms() + PATIENCE_MS;
	size_t len = strlen(request) + 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int result = connect_by(fd, &address, end);
	if (result == 0 && send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		result = -1;
	if (result == 0)
		result = wait_for_end(fd, end);
	int sys = errno;
	close(fd);
	errno = sys;
	return result;
}

static int wake_fifo(const char *path, const char *request)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t sent = write(fd, request, strlen(request));
	int sys = errno;
	close(fd);
	errno = sys;
	return sent == (ssize_t)strlen(request) ? 0 : -1;
}

/*
 * The service's own file, no link: opened as a path only, it is reached through
 * /proc, so that it cannot become another one after it was looked at.
 */
static int wake_service(const struct spool *spool, const char *path, const char *request)
{
	struct stat st;
	char through[40];
	int fd = openat(spool->fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int result = -1;

	if (fd < 0)
		return -1;
	snprintf(through, sizeof(through), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0) {
		errno = ENOTSOCK;
		if (S_ISSOCK(st.st_mode))
			result = wake_socket(through, request);
		else if (S_ISFIFO(st.st_mode))
			result = wake_fifo(through, request);
	}
	int sys = errno;
	close(fd);
	errno = sys;
	return result;
}

static int tell(const struct spool *spool, const char *path, const char *request, struct err *err)
{
	if (wake_service(spool, path, request) == 0)
		return 0;
	/* Nobody can tell whether it runs, and it does not seem to. */
	if (spool->mta != MTA_RUNNING &&
		(errno == ENOENT || errno == ECONNREFUSED || errno == ENXIO))
		return 0;
	if (errno == ETIMEDOUT)
		return err_set(err, ERR_IO, 0,
			"%s is busy and did not answer within %d seconds; it will look at the "
			"queue by itself, within some minutes",
			path, PATIENCE_MS / 1000);
	return err_sys(err,
		"cannot wake Postfix through %s; it will look at the queue by itself, within some "
		"minutes",
		path);
}

int postfix_wake(const struct spool *spool, enum op op, struct err *err)
{
	/* global/mail_proto.h: I scan incoming, D scan deferred, W wake up. */
	static const struct {
		const char *qmgr, *pickup;
	} requests[OPS] = {
		[OP_RELEASE] = {.qmgr = "D"},
		[OP_RETRY] = {.qmgr = "I"},
		[OP_REQUEUE] = {.pickup = "W"},
		[OP_RESTORE] = {.qmgr = "ID", .pickup = "W"},
	};
	int result = 0;

	if (spool->mta == MTA_STOPPED)
		return 0;
	if (requests[op].qmgr)
		result = tell(spool, "public/qmgr", requests[op].qmgr, err);
	if (requests[op].pickup && tell(spool, "public/pickup", requests[op].pickup, err) != 0)
		result = -1;
	return result;
}
