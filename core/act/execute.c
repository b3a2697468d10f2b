#include "core/act/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/act/check.h"

enum {
	MOVE_TRIES = 3,  /* folders may be taken away while we make them */
	BESIDE_MAX = 99, /* NAME.2 ... NAME.99 */
	SHOWN_PATH = 140 /* of a path in an error text, which must have room for the reason */
};

enum end {
	END_DONE,
	END_ABSENT, /* nothing at the place where it begins; nothing was changed */
	END_FAILED, /* *err says why */
};

/* One message on its way through its steps. */
struct job {
	const struct places *places;
	const struct steps *steps;
	int fd;              /* of the message; -1 in a sweep */
	struct stat before;  /* of fd */
	bool did[STEPS_MAX]; /* what to put back should the commit step fail */
};

struct reason {
	int sys;
	enum err_code code;
	const char *words;
};

static struct reason reason_of(int sys)
{
	static const struct reason reasons[] = {
		{ENOSPC, ERR_IO, "no space left on the file system (df: blocks, df -i: inodes)"},
		{EDQUOT, ERR_IO, "the disk quota of the queue's owner is used up"},
		{EROFS, ERR_IO, "the file system is read-only (if it should not be, see dmesg)"},
		{EIO, ERR_IO, "the disk failed (see dmesg)"},
		{EXDEV, ERR_IO, "not the same file system (is something mounted in the queue?)"},
		{EACCES, ERR_PERMISSION, "no permission (run it as root or as the queue's owner)"},
		{EPERM, ERR_PERMISSION,
			"not permitted (run it as root; an immutable file is shown by lsattr)"},
		{EEXIST, ERR_IO, "there is such a file already, and it is not overwritten"},
		{ENOENT, ERR_GONE, "it is not there"},
		{ENOTDIR, ERR_IO, "a file stands where a folder should be"},
		{EMFILE, ERR_IO, "too many open files in this process (see ulimit -n)"},
		{ENFILE, ERR_IO, "too many open files on this machine"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].sys == sys)
			return reasons[i];
	return (struct reason){sys, ERR_IO, strerror(sys)};
}

static const char *in_root(enum root root)
{
	return root == ROOT_TRASH ? " in the trash" : "";
}

/* What could not be done, and errno in plain words. */
static enum end failed(struct err *err, const struct step *step, const char *to)
{
	struct reason reason = reason_of(errno);

	switch (step->kind) {
	case STEP_MOVE:
		err_set(err, reason.code, 0, "cannot move %.*s%s to %.*s%s: %s", SHOWN_PATH,
			step->from, in_root(step->from_root), SHOWN_PATH, to,
			in_root(step->to_root), reason.words);
		break;
	case STEP_REMOVE:
		err_set(err, reason.code, 0, "cannot remove %.*s%s: %s", SHOWN_PATH, step->from,
			in_root(step->from_root), reason.words);
		break;
	case STEP_MODE:
	case STEP_TIME:
		err_set(err, reason.code, 0, "cannot set the %s of the message: %s",
			step->kind == STEP_MODE ? "mode" : "time", reason.words);
		break;
	}
	err->sys = reason.sys;
	return END_FAILED;
}

/* ---- one step ---- */

static int root_fd(const struct places *places, enum root root)
{
	return root == ROOT_TRASH ? places->trash : places->spool;
}

static bool is_there(int dir, const char *path, struct stat *st)
{
	return fstatat(dir, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * The folders above `path`, 0700 as an MTA makes its own. A security label needs
 * nothing: a moved file keeps its own, and a folder gets that of where it is made.
 */
static int make_parents(const struct fsops *ops, int dir, const char *path)
{
	char part[STEP_PATH_MAX];

	for (size_t i = 0; i < sizeof(part) && path[i]; i++) {
		part[i] = path[i];
		if (path[i] != '/')
			continue;
		part[i] = '\0';
		if (ops->make_folder(ops, dir, part, 0700) != 0 && errno != EEXIST)
			return -1;
		part[i] = '/';
	}
	return 0;
}

/* As ops->move, and the folders on the way to the target are made where they are missing. */
static enum end move(const struct places *places, const struct step *step, const char *to)
{
	const struct fsops *ops = places->ops;
	int from_dir = root_fd(places, step->from_root), to_dir = root_fd(places, step->to_root);
	struct stat st;

	for (unsigned tries = 0; tries < MOVE_TRIES; tries++) {
		if (ops->move(ops, from_dir, step->from, to_dir, to) == 0)
			return END_DONE;
		if (errno != ENOENT)
			return END_FAILED;
		/* Which of the two is missing, the file or the folder it should go to? */
		if (!is_there(from_dir, step->from, &st))
			return errno == ENOENT ? END_ABSENT : END_FAILED;
		if (make_parents(ops, to_dir, to) != 0)
			return END_FAILED;
	}
	errno = ENOENT;
	return END_FAILED;
}

/* The MTA wrote a second log after the first was moved: the trash keeps both. */
static enum end move_beside(const struct places *places, const struct step *step)
{
	char to[STEP_PATH_MAX + sizeof(".4294967295")];
	enum end end = END_FAILED;

	errno = EEXIST;
	for (unsigned n = 2; n <= BESIDE_MAX && end == END_FAILED && errno == EEXIST; n++) {
		snprintf(to, sizeof(to), "%s.%u", step->to, n);
		end = move(places, step, to);
	}
	return end;
}

static enum end do_step(
	const struct job *job, const struct step *step, bool behind_commit, struct err *err)
{
	const struct places *places = job->places;
	const struct fsops *ops = places->ops;
	enum end end = END_FAILED;

	struct stat st;

	/* Most logs are not there, and a look costs a third of a rename that finds nothing. */
	if (step->optional && !is_there(root_fd(places, step->from_root), step->from, &st) &&
		errno == ENOENT)
		return END_ABSENT;
	switch (step->kind) {
	case STEP_MOVE:
		end = move(places, step, step->to);
		if (end == END_FAILED && errno == EEXIST && behind_commit && step->optional &&
			step->to_root == ROOT_TRASH)
			end = move_beside(places, step);
		break;
	case STEP_REMOVE:
		if (ops->remove(ops, root_fd(places, step->from_root), step->from) == 0)
			end = END_DONE;
		else if (errno == ENOENT)
			end = END_ABSENT;
		break;
	case STEP_MODE:
		if (ops->set_mode(ops, job->fd, step->mode) == 0)
			end = END_DONE;
		break;
	case STEP_TIME:
		if (ops->set_time(ops, job->fd, step->seconds) == 0)
			end = END_DONE;
		break;
	}
	return end == END_FAILED ? failed(err, step, step->to) : end;
}

/*
 * A step that finds nothing to do is done: an optional one, a removal, and a move that
 * a run which died had done before.
 */
static int do_side_step(struct job *job, unsigned i, bool behind_commit, struct err *err)
{
	const struct step *step = &job->steps->list[i];
	enum end end = do_step(job, step, behind_commit, err);
	struct stat st;

	job->did[i] = end == END_DONE;
	if (end == END_ABSENT && step->kind == STEP_MOVE && !step->optional &&
		!is_there(root_fd(job->places, step->to_root), step->to, &st)) {
		errno = ENOENT;
		end = failed(err, step, step->to);
	}
	return end == END_FAILED ? -1 : 0;
}

/*
 * A message that is not where it was, but at its target, was moved there by a run that
 * died behind it, or by a rename on NFS whose answer was lost.
 */
static enum end do_commit_step(const struct job *job, unsigned i, struct err *err)
{
	const struct step *step = &job->steps->list[i];
	enum end end = do_step(job, step, false, err);
	struct stat st;

	if (end == END_ABSENT && step->kind == STEP_MOVE &&
		is_there(root_fd(job->places, step->to_root), step->to, &st) &&
		st.st_dev == job->before.st_dev && st.st_ino == job->before.st_ino)
		return END_DONE;
	return end;
}

/* ---- the way back ---- */

/* Not over what somebody else set meanwhile: the MTA writes the next retry there. */
static int put_step_back(const struct job *job, const struct step *step)
{
	const struct fsops *ops = job->places->ops;
	const struct stat *before = &job->before;
	struct stat now;

	if (step->kind == STEP_MOVE)
		return ops->move(ops, root_fd(job->places, step->to_root), step->to,
			root_fd(job->places, step->from_root), step->from);
	if (fstat(job->fd, &now) != 0)
		return -1;
	if (step->kind == STEP_MODE && (now.st_mode & 07777) == (step->mode & 07777))
		return ops->set_mode(ops, job->fd, before->st_mode & 07777);
	if (step->kind == STEP_TIME && now.st_mtim.tv_sec == step->seconds)
		return ops->set_time(ops, job->fd, before->st_mtim.tv_sec);
	return 0;
}

static void put_back(const struct job *job, unsigned count, struct err *err)
{
	bool all = true;

	while (count--)
		if (job->did[count] && put_step_back(job, &job->steps->list[count]) != 0)
			all = false;
	if (!all) {
		size_t len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len,
			"; what was done before could not all be put back");
	}
}

/* ---- all of them ---- */

/* The steps from `first` on, all of them; *err is of the first that failed. */
static int do_rest(struct job *job, unsigned first, struct err *err)
{
	struct err later;
	int answer = 0;

	for (unsigned i = first; i < job->steps->count; i++)
		if (do_side_step(job, i, true, answer == 0 ? err : &later) != 0)
			answer = -1;
	return answer;
}

enum executed execute(const struct places *places, const struct pin *pin, const struct steps *steps,
	struct err *err)
{
	struct job job = {.places = places, .steps = steps, .fd = pin->fd};
	struct err unused = {0};
	unsigned commit = 0;
	enum end end;

	if (check_steps(places, steps, true, err) != 0 || check_commit(steps, &commit, err) != 0)
		return EXEC_FAILED;
	if (fstat(pin->fd, &job.before) != 0) {
		err_sys(err, "cannot look at %.*s", SHOWN_PATH, pin->path);
		return EXEC_FAILED;
	}
	for (unsigned i = 0; i < commit; i++) {
		if (do_side_step(&job, i, false, err) != 0) {
			put_back(&job, i, err);
			return EXEC_FAILED;
		}
	}
	end = do_commit_step(&job, commit, err);
	if (end != END_DONE) {
		put_back(&job, commit, end == END_FAILED ? err : &unused);
		return end == END_FAILED ? EXEC_FAILED : EXEC_MOVED_ON;
	}
	return do_rest(&job, commit + 1, err) == 0 ? EXEC_DONE : EXEC_UNTIDY;
}

int execute_sweep(const struct places *places, const struct steps *steps, struct err *err)
{
	struct job job = {.places = places, .steps = steps, .fd = -1};

	if (check_steps(places, steps, false, err) != 0)
		return -1;
	return do_rest(&job, 0, err);
}
