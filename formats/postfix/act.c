/*
 * How each operation is done in a Postfix queue, as steps. README.md, "Changing the
 * queue", says why each order is safe wherever it stops.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/postfix/found.h"
#include "formats/postfix/queue_id.h"

static struct step *add_step(struct steps *steps, enum step_kind kind)
{
	assert(steps->count < STEPS_MAX);
	struct step *step = &steps->list[steps->count++];
	*step = (struct step){.kind = kind};
	return step;
}

static struct step *add_move(struct steps *steps, enum root from_root, const char *from,
	enum root to_root, const char *to)
{
	struct step *step = add_step(steps, STEP_MOVE);
	step->from_root = from_root;
	step->to_root = to_root;
	snprintf(step->from, sizeof(step->from), "%s", from);
	snprintf(step->to, sizeof(step->to), "%s", to);
	return step;
}

static void add_time(struct steps *steps, int64_t seconds)
{
	add_step(steps, STEP_TIME)->seconds = seconds;
}

/* Out of the spool: to the same path in the trash, or away. */
static struct step *add_away(struct steps *steps, const char *path, bool no_undo)
{
	if (!no_undo)
		return add_move(steps, ROOT_SPOOL, path, ROOT_TRASH, path);
	struct step *step = add_step(steps, STEP_REMOVE);
	snprintf(step->from, sizeof(step->from), "%s", path);
	return step;
}

static const enum postfix_queue log_folders[] = {PQ_DEFER, PQ_BOUNCE, PQ_TRACE};
enum { LOG_FOLDERS = sizeof(log_folders) / sizeof(*log_folders) };

/*
 * The message goes first: as soon as it has left, nothing is delivered any more, and
 * without it its logs say nothing to anybody.
 */
static void purge(const struct pin *pin, bool no_undo, struct steps *steps)
{
	char path[POSTFIX_PATH_MAX];

	add_away(steps, pin->path, no_undo)->commit = true;
	for (unsigned i = 0; i < LOG_FOLDERS; i++)
		if (postfix_path(
			    postfix_of(pin->spool), log_folders[i], pin->record.queue_id, path))
			add_away(steps, path, no_undo)->optional = true;
}

/* Into another queue of the same spool. */
static void move_to(const struct pin *pin, enum postfix_queue queue, struct steps *steps)
{
	char path[POSTFIX_PATH_MAX];

	if (postfix_path(postfix_of(pin->spool), queue, pin->record.queue_id, path))
		add_move(steps, ROOT_SPOOL, pin->path, ROOT_SPOOL, path)->commit = true;
}

/*
 * The time goes first: in its new queue the message is seen at once, and with its old
 * time, the next retry, it would be passed over. A message that gets its time but
 * does not move has lost nothing: on hold no time counts, and a deferred one is tried
 * sooner, which is what was wanted.
 */
static void move_now(
	const struct pin *pin, enum postfix_queue queue, int64_t now, struct steps *steps)
{
	add_time(steps, now);
	move_to(pin, queue, steps);
}

/*
 * An agent that is still at work would send to recipients that pickup(8) copies, and
 * pickup asks for no lock. Where that cannot be told, a message in deferred may go: as a
 * rule its last attempt has ended.
 */
static int check_nobody_delivers(const struct pin *pin, struct err *err)
{
	struct hashset inodes = {0};
	struct stat st;

	if (pin->spool->mta == MTA_STOPPED)
		return 0;
	if (fstat(pin->fd, &st) != 0)
		return err_sys(err, "cannot look at the file");
	if (postfix_in_delivery(pin->spool, &inodes, err) != 0)
		return pin->queue == PQ_DEFERRED ? 0 : -1;
	bool busy = hashset_has(&inodes, st.st_ino);
	hashset_free(&inodes);
	return !busy ? 0
		     : err_set(err, ERR_USAGE, 0,
			       "some of its recipients are being served this moment, and would get "
			       "it twice: try again later");
}

/* They are of an id that pickup(8) gives up: nobody would ever look at them, or remove them. */
static void remove_logs(const struct pin *pin, struct steps *steps)
{
	char path[POSTFIX_PATH_MAX];

	for (unsigned i = 0; i < LOG_FOLDERS; i++)
		if (postfix_path(
			    postfix_of(pin->spool), log_folders[i], pin->record.queue_id, path))
			add_away(steps, path, true)->optional = true;
}

/*
 * The mode tells pickup(8) that it comes from postsuper, or from us, and not from a
 * user: it has to be right when pickup sees the file.
 */
static int requeue(const struct pin *pin, int64_t now, struct steps *steps, struct err *err)
{
	struct stat st;

	if (check_nobody_delivers(pin, err) != 0)
		return -1;
	if (fstat(pin->fd, &st) != 0)
		return err_sys(err, "cannot look at the file");
	if ((st.st_mode & 07777) != S_IRWXU)
		add_step(steps, STEP_MODE)->mode = S_IRWXU;
	move_now(pin, PQ_MAILDROP, now, steps);
	remove_logs(pin, steps);
	return 0;
}

/*
 * Another program sends on whatever lies in hold: nothing is put there in the hope that it
 * stays, and nothing taken from there past that program.
 */
static int check_hold(const struct spool *spool, struct err *err)
{
	if (!spool->hold_user)
		return 0;
	return err_set(
		err, ERR_USAGE, 0, "hold is %.80s's on this site: see spools", spool->hold_user);
}

/* ---- the way back ---- */

/* Where a message goes; -1 with *err when it cannot be there. */
static int find_goal(const struct request *request, unsigned origin, struct err *err)
{
	/* What Postfix had in active it looks for in incoming when it starts anew. */
	static const enum postfix_queue goals[PQ_MESSAGES] = {
		[PQ_MAILDROP] = PQ_MAILDROP,
		[PQ_INCOMING] = PQ_INCOMING,
		[PQ_ACTIVE] = PQ_INCOMING,
		[PQ_DEFERRED] = PQ_DEFERRED,
		[PQ_HOLD] = PQ_HOLD,
		[PQ_CORRUPT] = PQ_CORRUPT,
	};

	if (origin >= PQ_MESSAGES)
		return err_set(err, ERR_DAMAGED, 0, "the journal names a queue that is none");
	/* Nothing delivers it there either, and hold is for what can be released. */
	if (!request->to_hold || origin == PQ_CORRUPT)
		return (int)goals[origin];
	if (origin == PQ_MAILDROP)
		return err_set(err, ERR_USAGE, 0,
			"it was in maildrop, and what Postfix has not taken in cannot be held: "
			"use --to origin");
	return PQ_HOLD;
}

/*
 * qmgr(8) finds the work for a file by its id. Given one back that it has in memory, it
 * adds the recipients to the old work, takes the new one for done, since it has none,
 * and removes the file: the message is lost. Only a qmgr that was started since is
 * known to have forgotten it.
 */
static int check_forgotten(
	const struct request *request, const struct spool *target, struct err *err)
{
	if (request->mta_forgot || target->mta == MTA_STOPPED)
		return 0;
	return err_set(err, ERR_USAGE, 0,
		"it was being tried when it was taken out, and Postfix loses mail that comes back "
		"while it remembers it: leave it where it is, have it forgotten by 'postfix "
		"reload', then try again");
}

/* From where another run put it, if it still is where it can be taken from. */
static int check_goal(
	const struct pin *pin, unsigned goal, bool from_spool, const char *path, struct err *err)
{
	if (!from_spool)
		return 0;
	if (strcmp(pin->path, path) == 0)
		return err_set(err, ERR_USAGE, 0, "it is in %s already", postfix_queues[goal].name);
	if (pin->queue == PQ_ACTIVE && goal != PQ_HOLD)
		return err_set(err, ERR_USAGE, 0,
			"it is being tried this moment; --to hold takes it out all the same");
	if (pin->queue == PQ_CORRUPT)
		return err_set(err, ERR_USAGE, 0, "Postfix found it damaged meanwhile");
	return 0;
}

/*
 * The logs go first. A message that is seen before its bounce log is there would be
 * finished without a word to the sender about those it failed for. If it ends in
 * between, the message is still in the trash, keeps its inode and so its id for
 * itself, and its logs wait for it where they belong; the next try finds none to
 * move. The other way round logs could come to lie beside a message that is done.
 */
static void restore_logs(const struct pin *pin, const struct spool *target, struct steps *steps)
{
	char from[POSTFIX_PATH_MAX], to[POSTFIX_PATH_MAX];
	struct slice id = pin->record.queue_id;

	for (unsigned i = 0; i < LOG_FOLDERS; i++)
		if (postfix_path(postfix_of(pin->spool), log_folders[i], id, from) &&
			postfix_path(postfix_of(target), log_folders[i], id, to))
			add_move(steps, ROOT_TRASH, from, ROOT_SPOOL, to)->optional = true;
}

static int restore(
	const struct pin *pin, const struct request *request, struct steps *steps, struct err *err)
{
	bool from_spool = request->from_root == ROOT_SPOOL;
	const struct spool *target = request->target ? request->target : pin->spool;
	char path[POSTFIX_PATH_MAX];
	/* The trash is laid out as the spool: where it lies there is where it came from. */
	unsigned origin = from_spool ? request->origin : pin->queue;
	int goal = find_goal(request, origin, err);

	if (goal < 0 || (goal == PQ_HOLD && origin != PQ_HOLD && check_hold(target, err) != 0))
		return -1;
	if (origin == PQ_ACTIVE && goal == PQ_INCOMING &&
		check_forgotten(request, target, err) != 0)
		return -1;
	if (!from_spool && target->mta != MTA_STOPPED &&
		queue_id_is_foreign(pin->record.queue_id, pin->record.inode))
		return err_set(err, ERR_USAGE, 0,
			"the inode in its queue id is not that of its file, as in a queue that was "
			"copied: stop Postfix, bring it back, and its start gives it a new id");
	if (!from_spool && target == pin->spool)
		return err_set(err, ERR_USAGE, 0, "no queue is named to put it back into");
	if (!postfix_path(postfix_of(target), (enum postfix_queue)goal, pin->record.queue_id, path))
		return err_set(err, ERR_DAMAGED, 0, "its name is no queue id");
	if (check_goal(pin, (unsigned)goal, from_spool, path, err) != 0)
		return -1;
	if (!from_spool)
		restore_logs(pin, target, steps);
	/* Before it can be seen, or a flood would be tried all at once. */
	if (goal == PQ_INCOMING || goal == PQ_DEFERRED)
		add_time(steps, request->due);
	add_move(steps, request->from_root, pin->path, ROOT_SPOOL, path)->commit = true;
	return 0;
}

/* ---- what can be asked ---- */

static const char *const refusals[OPS][PQ_MESSAGES] = {
	[OP_HOLD] =
		{
			[PQ_MAILDROP] = "Postfix has not taken it in yet: hold it once it has",
			[PQ_HOLD] = "it is on hold already",
			[PQ_CORRUPT] = "it is damaged: nothing delivers it from corrupt",
		},
	[OP_SHELVE] = {[PQ_CORRUPT] = "it is damaged: nothing delivers it from corrupt"},
	[OP_RELEASE] =
		{
			[PQ_MAILDROP] = "it is not on hold: Postfix has not taken it in yet",
			[PQ_INCOMING] = "it is not on hold: its first attempt is next",
			[PQ_ACTIVE] = "it is not on hold: it is being tried",
			[PQ_DEFERRED] = "it is not on hold: it waits for its next attempt",
			[PQ_CORRUPT] = "it is not on hold: it is damaged",
		},
	[OP_RETRY] =
		{
			[PQ_MAILDROP] = "Postfix has not taken it in yet, and will by itself",
			[PQ_INCOMING] = "it is being tried: it is among the next",
			[PQ_ACTIVE] = "it is being tried",
			[PQ_HOLD] = "it is on hold: release it",
			[PQ_CORRUPT] = "it is damaged: Postfix cannot read it",
		},
	[OP_REQUEUE] =
		{
			[PQ_MAILDROP] = "it is in maildrop already",
			[PQ_ACTIVE] =
				"it is being tried, and could be delivered twice: hold it first",
			[PQ_CORRUPT] = "it is damaged: Postfix cannot read it",
		},
};

/*
 * What pickup(8) takes for requeued is a whole queue file, and can lie anywhere: it has
 * kept its inode, its records and so its id. Only cleanup(8) writes when it was made.
 */
static bool is_requeued(const struct pin *pin)
{
	struct stat st;
	return pin->queue == PQ_MAILDROP && pin->record.created >= 0 && fstat(pin->fd, &st) == 0 &&
		st.st_uid == pin->spool->owner && !(st.st_mode & S_IROTH);
}

int postfix_steps(
	const struct pin *pin, const struct request *request, struct steps *steps, struct err *err)
{
	const struct spool *target = request->target ? request->target : pin->spool;

	steps->count = 0;
	bool whole = request->op == OP_HOLD && is_requeued(pin);
	if (pin->queue < PQ_MESSAGES && refusals[request->op][pin->queue] && !whole)
		return err_set(err, ERR_USAGE, 0, "%s", refusals[request->op][pin->queue]);
	switch (request->op) {
	case OP_PURGE:
	case OP_SHELVE:
		purge(pin, request->no_undo, steps);
		break;
	case OP_HOLD:
		if (check_hold(target, err) != 0)
			return -1;
		move_to(pin, PQ_HOLD, steps);
		break;
	case OP_RELEASE:
		if (check_hold(target, err) != 0 || check_forgotten(request, target, err) != 0)
			return -1;
		move_now(pin, PQ_DEFERRED, request->now, steps);
		break;
	case OP_RETRY:
		move_now(pin, PQ_INCOMING, request->now, steps);
		break;
	case OP_REQUEUE:
		return requeue(pin, request->now, steps, err);
	case OP_RESTORE:
		return restore(pin, request, steps, err);
	case OPS:
		break;
	}
	return 0;
}

/*
 * Of the logs that are there now. When a message has the id, they are that one's:
 * it was put back meanwhile, or the id was given out again.
 */
void postfix_sweep(const struct spool *spool, struct slice id, bool no_undo, struct steps *steps)
{
	char path[POSTFIX_PATH_MAX];
	struct unit unit = {.name = id};
	struct found found = {.logs = -1};
	struct stat st;
	struct err err;

	steps->count = 0;
	for (unsigned i = 0; i < LOG_FOLDERS; i++) {
		if (!postfix_path(postfix_of(spool), log_folders[i], id, path) ||
			fstatat(spool->fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		add_away(steps, path, no_undo)->optional = true;
		if (no_undo)
			continue;
		/* The log from before the purge has its place in the trash: behind it. */
		struct step *late = add_away(steps, path, false);
		late->optional = true;
		snprintf(late->to, sizeof(late->to), "late/%.*s", STEP_PATH_MAX - 6, path);
	}
	if (!steps->count)
		return;
	enum severity severity = found_open(spool, &unit, &found, &err);
	if (severity == SEV_OK)
		close(found.fd);
	if (severity != SEV_GONE)
		steps->count = 0;
}

const char *postfix_logged_as(enum op op)
{
	/* postsuper(1) has no words for a retry and for a way back: log readers pass over these. */
	static const char *const words[OPS] = {
		[OP_PURGE] = "removed",
		[OP_HOLD] = "placed on hold",
		[OP_SHELVE] = "placed on hold",
		[OP_RELEASE] = "released from hold",
		[OP_RETRY] = "moved to incoming for an attempt now",
		[OP_REQUEUE] = "requeued",
		[OP_RESTORE] = "put back",
	};
	return words[op];
}
