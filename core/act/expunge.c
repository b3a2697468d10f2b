#include "core/act/expunge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"

enum { DEFAULT_JOBS = 8, MOST_JOBS = 32, DEEPEST = 16, PROGRESS_MS = 100 };

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---- the folders, each before those below it ---- */

struct folders {
	char **paths; /* relative to the trash */
	size_t count;
};

static void folders_free(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->paths[i]);
	free(folders->paths);
}

static int list_folders(int trash, const char *path, unsigned depth, struct folders *folders,
	struct expunged *found, struct err *err)
{
	int fd = open_folder(trash, path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int answer = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return err_sys(err, "%s in the trash cannot be opened", path);
	}
	folders->paths = xrealloc(folders->paths, folders->count + 1, sizeof(*folders->paths));
	folders->paths[folders->count++] = xstrdup(path);
	for (struct dirent *e; answer == 0 && (e = readdir(dir));) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEEPEST) {
			char *below = xasprintf("%s/%s", path, e->d_name);
			answer = list_folders(trash, below, depth + 1, folders, found, err);
			free(below);
		} else {
			found->files++;
			found->bytes += (int64_t)st.st_blocks * 512;
		}
	}
	closedir(dir);
	return answer;
}

int expunge_count(int trash, unsigned run, struct expunged *found, struct err *err)
{
	struct folders folders = {0};
	char name[16];

	*found = (struct expunged){0};
	snprintf(name, sizeof(name), "%u", run);
	int answer = list_folders(trash, name, 0, &folders, found, err);
	folders_free(&folders);
	return answer;
}

/* ---- removing ---- */

struct work {
	const struct fsops *ops;
	int trash;
	const struct folders *folders;
	const struct expunge_options *options;
	size_t next;          /* atomic */
	uint64_t files;       /* atomic: gone so far, also of folders in hand */
	pthread_mutex_t lock; /* of those below */
	pthread_cond_t ended; /* a worker ended */
	unsigned working;     /* those that did not yet */
	struct expunged removed;
	struct err err;
	bool failed;
};

static bool is_interrupted(const struct work *work)
{
	const volatile sig_atomic_t *flag = work->options->interrupted;
	return flag && __atomic_load_n(flag, __ATOMIC_RELAXED);
}

static void note(struct work *work, const struct expunged *removed, const struct err *err)
{
	pthread_mutex_lock(&work->lock);
	work->removed.files += removed->files;
	work->removed.bytes += removed->bytes;
	if (err && !work->failed) {
		work->err = *err;
		work->failed = true;
	}
	pthread_mutex_unlock(&work->lock);
}

static void empty_folder(struct work *work, const char *path)
{
	struct expunged removed = {0};
	struct err err;
	int fd = open_folder(work->trash, path);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool failed = !dir;

	if (!dir) {
		err_sys(&err, "%s in the trash cannot be opened", path);
		if (fd >= 0)
			close(fd);
	}
	for (struct dirent *e; !failed && !is_interrupted(work) && (e = readdir(dir));) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			e->d_type == DT_DIR ||
			fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			S_ISDIR(st.st_mode))
			continue;
		if (work->ops->remove(work->ops, dirfd(dir), e->d_name) != 0 && errno != ENOENT) {
			err_sys(&err, "%s/%s in the trash cannot be removed", path, e->d_name);
			failed = true;
			break;
		}
		removed.files++;
		removed.bytes += (int64_t)st.st_blocks * 512;
		__atomic_fetch_add(&work->files, 1, __ATOMIC_RELAXED);
	}
	if (dir)
		closedir(dir);
	note(work, &removed, failed ? &err : NULL);
}

static void *worker_main(void *arg)
{
	struct work *work = arg;
	size_t at;

	while ((at = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < work->folders->count &&
		!is_interrupted(work))
		empty_folder(work, work->folders->paths[at]);
	pthread_mutex_lock(&work->lock);
	work->working--;
	pthread_cond_signal(&work->ended);
	pthread_mutex_unlock(&work->lock);
	return NULL;
}

/* Until the last worker has ended, or PROGRESS_MS. False when there is none left. */
static bool wait_for_end(struct work *work)
{
	struct timespec until = clock_after(PROGRESS_MS);

	pthread_mutex_lock(&work->lock);
	while (work->working &&
		pthread_cond_timedwait(&work->ended, &work->lock, &until) != ETIMEDOUT)
		;
	bool more = work->working;
	pthread_mutex_unlock(&work->lock);
	return more;
}

static void work_on(struct work *work)
{
	const struct expunge_options *options = work->options;
	unsigned jobs = options->jobs ? options->jobs : DEFAULT_JOBS, started = 0;
	pthread_t workers[MOST_JOBS];

	pthread_mutex_lock(&work->lock);
	while (started < jobs && started < MOST_JOBS &&
		pthread_create(&workers[started], NULL, worker_main, work) == 0)
		started++;
	work->working = started ? started : 1;
	pthread_mutex_unlock(&work->lock);
	if (!started)
		worker_main(work);
	while (wait_for_end(work))
		if (options->progress)
			options->progress(
				options->ctx, __atomic_load_n(&work->files, __ATOMIC_RELAXED));
	for (unsigned i = 0; i < started; i++)
		pthread_join(workers[i], NULL);
}

int expunge_run(const struct fsops *ops, int trash, unsigned run,
	const struct expunge_options *options, struct expunged *removed, struct err *err)
{
	struct folders folders = {0};
	struct expunged found = {0};
	char name[16];

	*removed = found;
	snprintf(name, sizeof(name), "%u", run);
	int answer = list_folders(trash, name, 0, &folders, &found, err);
	if (answer == 0) {
		struct work work = {
			.ops = ops, .trash = trash, .folders = &folders, .options = options};
		pthread_mutex_init(&work.lock, NULL);
		clock_cond_init(&work.ended);
		work_on(&work);
		/* From the deepest up; one that is not empty stays, and says so by itself. */
		for (size_t i = folders.count; !work.failed && !is_interrupted(&work) && i-- > 0;)
			if (ops->remove_folder(ops, trash, folders.paths[i]) != 0)
				work.failed =
					err_sys(&work.err, "%s in the trash cannot be removed",
						folders.paths[i]) != 0;
		pthread_cond_destroy(&work.ended);
		pthread_mutex_destroy(&work.lock);
		*removed = work.removed;
		if (work.failed) {
			*err = work.err;
			answer = -1;
		}
	}
	folders_free(&folders);
	return answer;
}
