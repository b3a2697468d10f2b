#include "core/act/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a number and a file through the socket ---- */

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message(struct iovec *number, union control *control)
{
	return (struct msghdr){.msg_iov = number,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(*control)};
}

static bool send_file(int to, int fd, off_t len)
{
	union control control = {0};
	struct iovec number = {&len, sizeof(len)};
	struct msghdr head = message(&number, &control);
	struct cmsghdr *part = CMSG_FIRSTHDR(&head);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	return sendmsg(to, &head, MSG_NOSIGNAL) == (ssize_t)sizeof(len);
}

/* The file, or -1. */
static int receive_file(int from, off_t *len)
{
	union control control = {0};
	struct iovec number = {len, sizeof(*len)};
	struct msghdr head = message(&number, &control);
	int fd;

	if (recvmsg(from, &head, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*len))
		return -1;
	const struct cmsghdr *part = CMSG_FIRSTHDR(&head);
	if (!part || part->cmsg_type != SCM_RIGHTS || part->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	return fd;
}

/* ---- the child ---- */

static int serve(int fd, off_t len, uid_t owner, off_t most)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != owner || len < 0 || len > most)
		return EPERM;
	return fsops_real.reserve(&fsops_real, fd, len) == 0 ? 0 : errno;
}

static _Noreturn void child_main(int from, uid_t owner, off_t most)
{
	off_t len;

	/* Not the queue, and not the pipe that a reader waits for the end of. */
	if (dup2(from, STDIN_FILENO) < 0)
		_exit(1);
	close_range(STDIN_FILENO + 1, ~0u, 0);
	int fd = receive_file(STDIN_FILENO, &len);
	if (fd < 0)
		_exit(0);
	int why = serve(fd, len, owner, most);
	_exit(send(STDIN_FILENO, &why, sizeof(why), MSG_NOSIGNAL) == (ssize_t)sizeof(why) ? 0 : 1);
}

/* ---- the parent ---- */

static int reserve_as_root(const struct fsops *ops, int fd, off_t len)
{
	struct reserve *reserve = (struct reserve *)(uintptr_t)ops;
	const struct fsops *base = reserve->base;
	int why;

	if (base->reserve(base, fd, len) == 0)
		return 0;
	why = errno;
	if ((why == ENOSPC || why == EDQUOT) && send_file(reserve->socket, fd, len)) {
		int answer;
		ssize_t got;
		do
			got = recv(reserve->socket, &answer, sizeof(answer), 0);
		while (got < 0 && errno == EINTR);
		if (got == (ssize_t)sizeof(answer))
			why = answer;
	}
	errno = why;
	return why ? -1 : 0;
}

void reserve_start(struct reserve *reserve, const struct fsops *base, uid_t owner, off_t most)
{
	int ends[2];

	*reserve = (struct reserve){.ops = *base, .base = base, .socket = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		child_main(ends[1], owner, most);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return;
	}
	reserve->socket = ends[0];
	reserve->child = child;
	reserve->ops.reserve = reserve_as_root;
}

void reserve_end(struct reserve *reserve)
{
	if (!reserve->child)
		return;
	close(reserve->socket);
	while (waitpid(reserve->child, NULL, 0) < 0 && errno == EINTR)
		;
	reserve->child = 0;
	reserve->ops.reserve = reserve->base->reserve;
}
