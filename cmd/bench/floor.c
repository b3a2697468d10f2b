/*
 * floor: the least that reading a Postfix queue can cost, to measure against.
 *
 * Lists the folders that hold messages, opens every file in the order of the
 * inodes of its folder, reads 8 KiB and closes it, with the open flags and the
 * number of threads that spoolsweep has. With -l also the defer log of every
 * message; with -w whole files. Nothing is looked at: no parsing, no counting, no output but the sum.
 *
 * Knows just enough to do that: short queue ids, one level of hash folders.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 16, MOST_THREADS = 64, CHUNK = 64 };
enum { READ_SIZE = 8192, WHOLE_SIZE = 65536, NAME_SIZE = 24, GROWTH = 4096 };

struct file {
	ino_t inode;
	int folder; /* open */
	char name[NAME_SIZE];
};

struct floor {
	int root;
	bool logs;
	bool whole;
	struct file *files;
	size_t count;
	size_t next; /* atomic: the first file nobody took yet */
	size_t read; /* atomic: files and logs that were there */
};

static int by_inode(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static void add(struct floor *floor, int folder, const struct dirent *entry)
{
	if (strlen(entry->d_name) >= NAME_SIZE)
		return;
	if (floor->count % GROWTH == 0)
		floor->files = realloc(floor->files, (floor->count + GROWTH) * sizeof(struct file));
	if (!floor->files)
		err(1, "no memory");
	struct file *file = &floor->files[floor->count++];
	*file = (struct file){.inode = entry->d_ino, .folder = folder};
	memcpy(file->name, entry->d_name, strlen(entry->d_name));
}

/* Its descriptor stays open: the files are opened relative to it. */
static void list(struct floor *floor, int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(dup(fd));
	size_t first = floor->count;
	char hashes[256] = "", *hash = hashes;

	if (!dir && errno != ENOENT)
		err(1, "%s", name);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (entry->d_type == DT_REG)
			add(floor, fd, entry);
		else if (entry->d_name[0] != '.' && !entry->d_name[1])
			*hash++ = entry->d_name[0];
	}
	if (dir)
		closedir(dir);
	if (floor->count > first)
		qsort(floor->files + first, floor->count - first, sizeof(*floor->files), by_inode);
	for (hash = hashes; *hash; hash++)
		list(floor, fd, (char[]){*hash, '\0'});
}

static bool read_file(const struct floor *floor, int folder, const char *name)
{
	char data[WHOLE_SIZE];
	size_t size = floor->whole ? WHOLE_SIZE : READ_SIZE;
	ssize_t got;
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = openat(folder, name, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(folder, name, flags);
	if (fd < 0)
		return false;
	do
		got = read(fd, data, size);
	while (floor->whole && got == (ssize_t)size);
	if (got < 0)
		err(1, "%s", name);
	close(fd);
	return true;
}

static void *reader(void *arg)
{
	struct floor *floor = arg;
	char log[NAME_SIZE + 16];
	size_t at, done = 0;
	while ((at = __atomic_fetch_add(&floor->next, CHUNK, __ATOMIC_RELAXED)) < floor->count) {
		for (size_t end = at + CHUNK; at < end && at < floor->count; at++) {
			const struct file *file = &floor->files[at];
			done += read_file(floor, file->folder, file->name);
			if (!floor->logs)
				continue;
			snprintf(log, sizeof(log), "defer/%c/%s", file->name[0], file->name);
			done += read_file(floor, floor->root, log);
		}
	}
	__atomic_add_fetch(&floor->read, done, __ATOMIC_RELAXED);
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const queues[] = {
		"maildrop", "incoming", "active", "deferred", "hold", "corrupt"};
	struct floor floor = {0};
	pthread_t threads[MOST_THREADS];
	struct timespec begin, end;
	int nthreads = THREADS, option;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while ((option = getopt(argc, argv, "j:lw")) != -1) {
		if (option == 'j')
			nthreads = atoi(optarg);
		else if (option == 'l')
			floor.logs = true;
		else if (option == 'w')
			floor.whole = true;
	}
	if (optind + 1 != argc || nthreads < 1 || nthreads > MOST_THREADS)
		errx(2, "usage: floor [-j THREADS] [-l] [-w] DIR");
	floor.root = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (floor.root < 0)
		err(1, "%s", argv[optind]);
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++)
		list(&floor, floor.root, queues[i]);
	for (int i = 0; i < nthreads; i++)
		if (pthread_create(&threads[i], NULL, reader, &floor) != 0)
			errx(1, "cannot start a thread");
	for (int i = 0; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%zu files in %.3f s\n", floor.read,
		difftime(end.tv_sec, begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	free(floor.files);
	return 0;
}
