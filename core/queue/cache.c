#include "core/queue/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/xalloc.h"

enum {
	/* Folders and files as coarse as two seconds; what is younger may change unseen. */
	TIME_SLACK = 2,
	/* A cache leaves alone a disk that is nearly full. */
	ROOM_FACTOR = 10,
	ROW_BYTES = 256,
	NAME_SIZE = 64,
};

/* ---- what it is of ---- */

static void add(struct buf *out, const void *bytes, size_t len)
{
	buf_add(out, slice_of(bytes, len));
}

static void add_number(struct buf *out, uint64_t number)
{
	add(out, &number, sizeof(number));
}

static void add_text(struct buf *out, struct slice text)
{
	add_number(out, slice_known(text) ? text.len : UINT64_MAX);
	buf_add(out, slice_known(text) ? text : SLICE(""));
}

static void add_file(struct buf *out, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return;
	add_number(out, st.st_dev);
	add_number(out, st.st_ino);
}

/* Where mail comes from is told by the site's own domains and networks. */
static void add_site(struct buf *out, const struct site *site)
{
	add_number(out, site->local_complete);
	add_number(out, site->trusted_known);
	add_number(out, site->nlocal);
	for (size_t i = 0; i < site->nlocal; i++)
		add_text(out, site->local_domains[i]);
	add_number(out, site->ntrusted);
	for (size_t i = 0; i < site->ntrusted; i++) {
		add_number(out, site->trusted[i].bits);
		add_number(out, site->trusted[i].base.family);
		add(out, site->trusted[i].base.bytes, sizeof(site->trusted[i].base.bytes));
	}
	add_text(out, site->hostname);
}

/* A program that was installed anew may read the same files in another way. */
static void add_program(struct buf *out)
{
	char boot[64] = "";
	struct stat st;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, boot, sizeof(boot));

	if (fd >= 0)
		close(fd);
	add_text(out, slice_of(boot, got > 0 ? (size_t)got : 0));
	if (stat("/proc/self/exe", &st) == 0) {
		add_number(out, st.st_dev);
		add_number(out, st.st_ino);
		add_number(out, (uint64_t)st.st_size);
		add_number(out, (uint64_t)st.st_ctim.tv_sec);
		add_number(out, (uint64_t)st.st_ctim.tv_nsec);
	}
}

static void add_need(struct buf *out, const struct need *need, bool keep_reason_text)
{
	add_number(out, need->parts & ~(unsigned)NEED_STAMP);
	add_number(out, keep_reason_text);
	for (unsigned i = 0; i < need->nheaders; i++)
		add_text(out, need->headers[i]);
}

static void add_spools(struct buf *out, const struct spools *spools)
{
	for (size_t i = 0; i < spools->count; i++) {
		const struct spool *spool = spools->list[i];
		add_text(out, slice_cstr(spool->format->name));
		add_file(out, spool->fd);
	}
}

struct cache_identity cache_identity(
	const struct spools *spools, const struct need *need, bool keep_reason_text)
{
	struct buf all = {0};
	struct cache_identity identity;

	add_program(&all);
	add_need(&all, need, keep_reason_text);
	add_spools(&all, spools);
	for (size_t i = 0; i < spools->count; i++)
		add_site(&all, &spools->list[i]->site);
	XXH128_hash_t hash = XXH3_128bits(all.ptr, all.len);
	identity = (struct cache_identity){{hash.low64, hash.high64}};
	buf_free(&all);
	return identity;
}

/* One file for each set of queues and of columns: two commands do not push each other out. */
static void name_of(const struct spools *spools, const struct need *need, bool keep_reason_text,
	char name[NAME_SIZE])
{
	struct buf all = {0};

	add_need(&all, need, keep_reason_text);
	add_spools(&all, spools);
	snprintf(name, NAME_SIZE, "%016llx.cache",
		(unsigned long long)XXH3_64bits(all.ptr, all.len));
	buf_free(&all);
}

/* ---- reading ---- */

static int read_whole(int fd, off_t size, struct buf *bytes, struct err *err)
{
	while ((off_t)bytes->len < size) {
		size_t want = (size_t)size - bytes->len;
		ssize_t got = pread(fd, buf_room(bytes, want), want, (off_t)bytes->len);
		if (got <= 0)
			return got < 0 ? err_sys(err, "it cannot be read")
				       : err_set(err, ERR_DAMAGED, 0, "it is cut off");
		bytes->len += (size_t)got;
	}
	return 0;
}

static int read_file(
	int dir, const char *name, uid_t owner, size_t most, struct buf *bytes, struct err *err)
{
	struct stat st;
	int answer = -1;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? err_set(err, ERR_GONE, 0, "there is none yet")
				       : err_sys(err, "it cannot be opened");
	if (fstat(fd, &st) != 0)
		err_sys(err, "it cannot be looked at");
	else if (!S_ISREG(st.st_mode) || st.st_mode & (S_IWGRP | S_IWOTH) ||
		(st.st_uid != owner && st.st_uid != 0))
		err_set(err, ERR_DAMAGED, 0, "it is no plain file of the queue's owner");
	else if ((uint64_t)st.st_size > most)
		err_set(err, ERR_DAMAGED, 0, "it is too large");
	else
		answer = read_whole(fd, st.st_size, bytes, err);
	close(fd);
	return answer;
}

int cache_load(struct cache *cache, int dir, const struct spools *spools, const struct need *need,
	bool keep_reason_text, size_t most, struct err *err)
{
	struct cache_identity identity = cache_identity(spools, need, keep_reason_text);
	char name[NAME_SIZE];
	struct buf bytes = {0};

	name_of(spools, need, keep_reason_text, name);
	int answer = read_file(dir, name, spools->list[0]->owner, most / 2, &bytes, err);
	if (answer == 0) {
		snap_init(&cache->snap, (const struct spool *const *)spools->list, spools->count,
			need);
		cache->snap.keep_reason_text = keep_reason_text;
		answer = cache_parse(cache, &identity, buf_slice(&bytes), err);
		if (answer != 0)
			cache_free(cache);
	}
	buf_free(&bytes);
	return answer;
}

void cache_free(struct cache *cache)
{
	snap_free(&cache->snap);
	free(cache->slots);
	*cache = (struct cache){0};
}

uint32_t cache_find(const struct cache *cache, const struct folder *folder, const struct unit *unit,
	const struct need *need, uint64_t *digest)
{
	const struct format *format = folder->spool->format;
	struct stamp stamp = {0};

	*digest = 0;
	if (!format->stamp || !format->stamp(folder, unit, need, &stamp))
		return CACHE_NONE;
	*digest = stamp_digest(&stamp);
	uint32_t row =
		cache && cache->slots ? cache_row(cache, folder->spool->number, unit) : CACHE_NONE;
	bool same = row != CACHE_NONE && (uint64_t)cache->snap.wide[WIDE_STAMP][row] == *digest &&
		stamp.changed < cache->began - TIME_SLACK;
	return same ? row : CACHE_NONE;
}

/* ---- writing ---- */

static bool has_room(int dir, size_t bytes)
{
	struct statvfs fs;
	return fstatvfs(dir, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize / ROOM_FACTOR > bytes;
}

struct found {
	char name[NAME_SIZE];
	struct timespec time;
};

static int newest_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct found *)a)->time,
			      *y = &((const struct found *)b)->time;
	if (x->tv_sec != y->tv_sec)
		return x->tv_sec > y->tv_sec ? -1 : 1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Of queues and commands that nobody asks for any more, and what a process left that died. */
static void prune(int dir)
{
	enum { KEPT = 16, LOOKED_AT = 256 };
	struct found files[LOOKED_AT] = {0};
	size_t count = 0;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; list && count < LOOKED_AT && (e = readdir(list));) {
		struct stat st;
		if (e->d_name[0] == '.' || strlen(e->d_name) >= NAME_SIZE ||
			fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		memcpy(files[count].name, e->d_name, strlen(e->d_name));
		files[count++].time = st.st_mtim;
	}
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	qsort(files, count, sizeof(*files), newest_first);
	for (size_t i = KEPT; i < count; i++)
		unlinkat(dir, files[i].name, 0);
}

int cache_save(const struct snap *snap, int64_t began, int dir, const struct spools *spools,
	struct err *err)
{
	struct need need = snap->need;
	need.parts = snap->asked;
	struct cache_identity identity = cache_identity(spools, &need, snap->keep_reason_text);
	char name[NAME_SIZE], fresh[NAME_SIZE + 16];

	/* What it takes on disk is a little less than in memory. */
	if (!has_room(dir, (size_t)snap->rows * ROW_BYTES))
		return err_set(err, ERR_IO, 0, "its disk is nearly full");
	prune(dir);
	name_of(spools, &need, snap->keep_reason_text, name);
	snprintf(fresh, sizeof(fresh), "%s.%d", name, (int)getpid());
	unlinkat(dir, fresh, 0); /* of a process of that number that died */
	int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "it cannot be made");
	int answer = cache_write(snap, began, &identity, fd);
	if (answer == 0)
		answer = renameat(dir, fresh, dir, name);
	if (answer != 0)
		err_sys(err, "it cannot be written");
	close(fd);
	if (answer != 0)
		unlinkat(dir, fresh, 0);
	return answer;
}
