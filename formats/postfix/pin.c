/*
 * Holds a message open while it is acted on.
 *
 * The lock is a shared one, as delivery agents take it: they go on, and the queue
 * manager, which wants an exclusive one before it begins, leaves the message for a
 * minute. An exclusive one would make an agent exit, and Postfix would take the
 * destination for dead (global/deliver_request.c, qmgr/qmgr_message.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "formats/postfix/found.h"
#include "formats/postfix/queue_id.h"

_Static_assert((int)STEP_PATH_MAX >= (int)POSTFIX_PATH_MAX, "the path of a step holds any of ours");

/* The queue manager reads an envelope in a few milliseconds, a very long one in some more. */
enum { LOCK_TRIES = 6, END_TRIES = 15, PAUSE_MS = 20 };

static const struct timespec pause_time = {.tv_nsec = PAUSE_MS * 1000000L};

/* What record_digest is made of is always read; the attributes are for postfix_attempt_ends. */
static const struct need to_act = {.parts = NEED_IDENTITY | NEED_STATUS | NEED_ATTRIBUTES};

static enum severity refuse(struct err *err, const char *why)
{
	err_set(err, ERR_DAMAGED, 0, "%s", why);
	return SEV_SKIP;
}

static enum severity check_mode(const struct found *found, struct err *err)
{
	mode_t mode = found->st.st_mode & S_IRWXU;

	/* Nobody writes or reads there; a damaged file may have any mode. */
	if (found->queue == PQ_CORRUPT || mode == S_IRWXU)
		return SEV_OK;
	if (mode == S_IRUSR)
		return refuse(err, "marked as damaged: Postfix will move it to corrupt by itself");
	return refuse(err, "still being written: its sender has not been told yet that it is here");
}

static enum severity check(
	const struct spool *spool, struct slice id, struct found *found, struct err *err)
{
	if (found_look(found, err) != 0)
		return SEV_FAIL;
	enum severity severity = check_mode(found, err);
	if (severity != SEV_OK)
		return severity;
	if (found->queue != PQ_MAILDROP && found->st.st_uid != spool->owner)
		return refuse(err, "its file does not belong to the owner of the queue");
	if (found->st.st_dev != spool->dev)
		return refuse(err, "it lies on another file system than the queue");
	/* Where no MTA runs nobody gives out ids. */
	if (spool->mta != MTA_STOPPED && queue_id_is_foreign(id, found->st.st_ino))
		return refuse(err,
			"the inode in its queue id is not that of its file, as after a restore "
			"from a backup: 'postfix stop' and 'postfix start' give it a new id; where "
			"no MTA uses this queue, say --offline");
	return SEV_OK;
}

static enum severity lock(const struct found *found, struct err *err)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(found->fd, LOCK_SH | LOCK_NB) == 0)
			return SEV_OK;
		if (errno != EWOULDBLOCK && errno != EINTR) {
			err_sys(err, "cannot lock it");
			return SEV_FAIL;
		}
		nanosleep(&pause_time, NULL);
	}
	err_set(err, ERR_IO, 0, "%s is reading it right now: try again",
		found->queue == PQ_HOLD ? "another program" : "the queue manager");
	return SEV_SKIP;
}

static bool is_there(const struct pin *pin)
{
	struct stat ours, there;
	return fstat(pin->fd, &ours) == 0 &&
		fstatat(pin->spool->fd, pin->path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		there.st_ino == ours.st_ino && there.st_dev == ours.st_dev;
}

/* As a rule it leaves active within milliseconds: then it is looked for anew. */
static enum severity wait_for_attempt(const struct pin *pin, struct err *err)
{
	for (unsigned i = 0; postfix_attempt_ends(pin) && is_there(pin); i++) {
		if (i == END_TRIES)
			return refuse(err,
				"its attempt is not over, and the queue manager, which then notes "
				"in the file what it told the sender, would die without it: "
				"try again");
		nanosleep(&pause_time, NULL);
	}
	return SEV_OK;
}

enum severity postfix_pin(const struct spool *spool, const struct unit *unit, struct arena *arena,
	struct pin *pin, struct err *err)
{
	struct found found = {.logs = -1};
	enum severity severity = found_open(spool, unit, &found, err);

	if (severity != SEV_OK)
		return severity;
	*pin = (struct pin){.spool = spool, .fd = found.fd, .queue = found.queue};
	record_clear(&pin->record);
	pin->record.queue_id = unit->name;
	memcpy(pin->path, found.path, sizeof(found.path));
	severity = check(spool, unit->name, &found, err);
	if (severity == SEV_OK)
		severity = lock(&found, err);
	if (severity == SEV_OK)
		severity = found_read(spool, &found, &to_act, arena, &pin->record, err);
	if (severity <= SEV_WARN && wait_for_attempt(pin, err) != SEV_OK)
		severity = SEV_SKIP;
	if (severity > SEV_WARN)
		postfix_unpin(pin);
	return severity;
}

void postfix_unpin(struct pin *pin)
{
	close(pin->fd); /* and so the lock is given back */
	pin->fd = -1;
}

bool postfix_in_place(const struct pin *pin)
{
	return !postfix_attempt_ends(pin) && is_there(pin);
}
