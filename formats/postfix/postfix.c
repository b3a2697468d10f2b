/* The Postfix driver: what it can tell, and how a spool is opened. */
#include "formats/postfix/postfix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "formats/postfix/queue_id.h"

/*
 * qmgr_message_active_limit, and one and a half times message_size_limit, unless the
 * configuration says otherwise.
 */
enum { ACTIVE_LIMIT = 20000, MIN_FREE = 15360000 };

/*
 * master(8) holds a lock on pid/master.pid as long as it runs. Asking for a
 * shared one is what `postfix status` does in effect; it is given back at once.
 */
static void look_for_master(struct spool *spool, struct postfix *postfix)
{
	char room[32];
	int fd =
		openat(spool->fd, "pid/master.pid", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *reason;

	if (fd < 0 && errno == ENOENT) {
		spool->mta = MTA_STOPPED;
		reason = "there is no pid/master.pid";
	} else if (fd < 0) {
		spool->mta = MTA_UNKNOWN;
		reason = "pid/master.pid may not be read";
	} else if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		spool->mta = MTA_STOPPED;
		reason = "nobody holds the lock on pid/master.pid";
	} else if (errno == EWOULDBLOCK) {
		spool->mta = MTA_RUNNING;
		reason = "master holds the lock on pid/master.pid";
	} else {
		spool->mta = MTA_UNKNOWN;
		reason = "this file system has no locks";
	}
	spool->mta_reason = xstrdup(reason);
	/* Only root may read it. */
	ssize_t got = fd < 0 ? 0 : pread(fd, room, sizeof(room), 0);
	if (got <= 0 ||
		!slice_to_i64(slice_trim(slice_of(room, (size_t)got)), &postfix->master_pid))
		postfix->master_pid = 0;
	if (fd >= 0)
		close(fd);
}

/* The queue folders are the mail owner's; the one above them is root's. */
static int find_owner(struct spool *spool, struct err *err)
{
	struct stat st;
	for (unsigned i = 0; i < PQ_MESSAGES; i++) {
		if (fstatat(spool->fd, postfix_queues[i].name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISDIR(st.st_mode))
			continue;
		spool->owner = st.st_uid;
		spool->group = st.st_gid;
		spool->dev = st.st_dev;
		spool->inner = postfix_queues[i].name;
		/* maildrop has the group of postdrop(1): any other folder tells better. */
		if (i != PQ_MAILDROP)
			return 0;
	}
	return spool->dev
		? 0
		: err_set(err, ERR_GONE, 0, "%s has no Postfix queue folders", spool->path);
}

static int postfix_open(struct spool *spool, const struct spool_options *options, struct err *err)
{
	struct postfix *postfix = arena_alloc(&spool->arena, sizeof(*postfix));

	*postfix = (struct postfix){0};
	spool->data = postfix;
	spool->name = xstrdup("postfix");
	spool->active_limit = ACTIVE_LIMIT;
	spool->min_free = MIN_FREE;
	if (find_owner(spool, err) != 0)
		return -1;
	postfix_assume_lifetime(spool);
	postfix_configure(spool, postfix);
	postfix_look_for_hold_user(spool);
	if (options->offline) {
		spool->mta = MTA_STOPPED;
		spool->mta_reason = xstrdup("--offline says so");
	} else {
		look_for_master(spool, postfix);
	}
	postfix_look_at_folders(spool, postfix);
	return 0;
}

static void postfix_close(struct spool *spool)
{
	struct postfix *postfix = spool->data;
	hashset_free(&postfix->bounces);
}

const struct format format_postfix = {
	.name = "postfix",
	.title = "Postfix",
	.caps = CAP_ACCOUNT | CAP_CLIENT | CAP_RCPT_STATE | CAP_RCPT_REASON | CAP_NEXT_RETRY |
		CAP_BODY | CAP_ACT,
	.queue_name = postfix_queue_name,
	.probe = postfix_probe,
	.find = postfix_find,
	.open = postfix_open,
	.close = postfix_close,
	.walk = postfix_walk,
	.read = postfix_read,
	.stamp = postfix_stamp,
	.find_id = postfix_find_id,
	.content = postfix_content,
	.id_ok = queue_id_valid,
	.pin = postfix_pin,
	.unpin = postfix_unpin,
	.steps = postfix_steps,
	.in_place = postfix_in_place,
	.sweep = postfix_sweep,
	.in_delivery = postfix_in_delivery,
	.wake = postfix_wake,
	.remembers_since = postfix_remembers_since,
	.in_memory = postfix_in_memory,
	.logged_as = postfix_logged_as,
	.remedies = &postfix_remedies,
};
