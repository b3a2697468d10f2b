#include "core/base/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sandbox_child.h"
#include "core/base/xalloc.h"

/* ---- its end ---- */

static enum sandbox_end end_of(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == XALLOC_EXIT ? SANDBOX_MEMORY : SANDBOX_CRASHED;
	return WTERMSIG(status) == SIGSYS ? SANDBOX_FORBIDDEN : SANDBOX_CRASHED;
}

/* Waits for its end. */
static enum sandbox_end reap(struct sandbox *sandbox)
{
	int status = 0;

	close(sandbox->socket);
	while (waitpid(sandbox->child, &status, 0) < 0 && errno == EINTR)
		;
	sandbox->child = 0;
	return end_of(status);
}

static enum sandbox_end stop_for(struct sandbox *sandbox, enum sandbox_end why)
{
	kill(sandbox->child, SIGKILL);
	reap(sandbox);
	return why;
}

void sandbox_stop(struct sandbox *sandbox)
{
	if (sandbox->child)
		stop_for(sandbox, SANDBOX_ANSWERED);
}

/* ---- one frame out, one frame in ---- */

struct talk {
	uint64_t out_len, in_len;
	size_t out, in;       /* bytes gone and come, of the lengths too */
	struct slice request; /* unknown: nothing is sent */
	struct buf *answer;
};

static bool sent_all(const struct talk *talk)
{
	return !slice_known(talk->request) || talk->out == sizeof(talk->out_len) + talk->out_len;
}

/* What is left of the length, else of the text behind it. */
static bool send_some(struct talk *talk, int fd)
{
	struct slice part = slice_of(&talk->out_len, sizeof(talk->out_len));

	if (talk->out < sizeof(talk->out_len))
		part = slice_from(part, talk->out);
	else
		part = slice_from(talk->request, talk->out - sizeof(talk->out_len));
	ssize_t put = send(fd, part.ptr, part.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (put > 0)
		talk->out += (size_t)put;
	return put > 0 || errno == EAGAIN || errno == EINTR;
}

/* False at the end of the child, which has no more to say. */
static bool receive_some(struct talk *talk, int fd)
{
	enum { STEP = 64 * 1024 };
	size_t left = sizeof(talk->in_len) - talk->in;
	char *room = (char *)&talk->in_len + talk->in;

	if (talk->in >= sizeof(talk->in_len)) {
		left = sizeof(talk->in_len) + talk->in_len - talk->in;
		left = left < STEP ? left : STEP;
		room = buf_room(talk->answer, left);
	}
	ssize_t got = recv(fd, room, left, MSG_DONTWAIT);
	if (got > 0 && talk->in >= sizeof(talk->in_len))
		talk->answer->len += (size_t)got;
	if (got > 0)
		talk->in += (size_t)got;
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool received_all(const struct talk *talk)
{
	return talk->in >= sizeof(talk->in_len) && talk->in == sizeof(talk->in_len) + talk->in_len;
}

/*
 * The processor time that the child has had. It is measured from here: a limit of its own counts
 * from its beginning, and only a privileged parent could move that on.
 */
static int64_t cpu_ms(const struct sandbox *sandbox)
{
	clockid_t clock;
	return clock_getcpuclockid(sandbox->child, &clock) == 0 ? clock_ms(clock) : 0;
}

/* Some of what is to be said or heard; false at the end of the child. */
static bool talk_on(struct talk *talk, int fd, short ready)
{
	if (ready & (POLLIN | POLLHUP | POLLERR))
		return receive_some(talk, fd);
	return !(ready & POLLOUT) || send_some(talk, fd);
}

static enum sandbox_end exchange(struct sandbox *sandbox, struct talk *talk)
{
	enum { LOOK_MS = 100 };
	const int64_t until = clock_now_ms() + sandbox->limits.wall_seconds * INT64_C(1000);
	const int64_t cpu_until = cpu_ms(sandbox) + sandbox->limits.cpu_seconds * INT64_C(1000);

	while (!received_all(talk)) {
		struct pollfd fd = {.fd = sandbox->socket, .events = POLLIN};
		if (!sent_all(talk))
			fd.events |= POLLOUT;
		int ready = poll(&fd, 1, LOOK_MS);
		if (clock_now_ms() > until || cpu_ms(sandbox) > cpu_until)
			return stop_for(sandbox, SANDBOX_TIME);
		if (ready > 0 && !talk_on(talk, sandbox->socket, fd.revents))
			return reap(sandbox);
		if (talk->in >= sizeof(talk->in_len) && talk->in_len > sandbox->limits.answer)
			return stop_for(sandbox, SANDBOX_TOO_LONG);
	}
	/* An answer to what it has not read is none. */
	return sent_all(talk) ? SANDBOX_ANSWERED : stop_for(sandbox, SANDBOX_CRASHED);
}

static enum sandbox_end say(struct sandbox *sandbox, struct slice request, struct buf *answer)
{
	struct talk talk = {.out_len = request.len, .request = request, .answer = answer};
	size_t begin = answer->len;

	enum sandbox_end end = exchange(sandbox, &talk);
	if (end != SANDBOX_ANSWERED)
		answer->len = begin;
	return end;
}

/* ---- the child from outside ---- */

static int spawn(struct sandbox *sandbox, struct err *err)
{
	const pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(err, "cannot make a socket for the sandbox");
	sandbox->child = fork();
	if (sandbox->child == 0)
		sandbox_child(ends[1], parent, &sandbox->job, &sandbox->limits);
	close(ends[1]);
	if (sandbox->child < 0) {
		sandbox->child = 0;
		close(ends[0]);
		return err_sys(err, "cannot start the sandbox");
	}
	sandbox->socket = ends[0];
	return 0;
}

static int start(struct sandbox *sandbox, struct err *err)
{
	struct buf why = {0};

	if (spawn(sandbox, err) != 0)
		return -1;
	enum sandbox_end end = say(sandbox, (struct slice){0}, &why);
	if (end != SANDBOX_ANSWERED)
		err_set(err, ERR_IO, 0, "the sandbox ended before it was ready");
	else if (why.len)
		err_set(err, ERR_IO, 0, "the sandbox %s", buf_str(&why));
	bool ready = end == SANDBOX_ANSWERED && !why.len;
	buf_free(&why);
	if (!ready)
		sandbox_stop(sandbox);
	return ready ? 0 : -1;
}

int sandbox_start(struct sandbox *sandbox, const struct sandbox_job *job,
	const struct sandbox_limits *limits, struct err *err)
{
	*sandbox = (struct sandbox){.job = *job, .limits = *limits};
	return start(sandbox, err);
}

enum sandbox_end sandbox_ask(
	struct sandbox *sandbox, struct slice request, struct buf *answer, struct err *err)
{
	if (!sandbox->child && start(sandbox, err) != 0)
		return SANDBOX_MISSING;
	return say(sandbox, request, answer);
}
