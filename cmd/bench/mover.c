/*
 * mover: the least that moving mail out of a queue can cost, to measure against.
 *
 * Reads paths from standard input, one a line, relative to the folder FROM, and
 * renames each to the same path below TO, whose folders are there already. No check,
 * no lock, no journal; one thread, as renames between folders wait for one lock of
 * the file system anyway.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0, moved = 0;

	if (argc != 3)
		errx(2, "usage: mover FROM TO <paths");
	int from = open_folder(argv[1]), to = open_folder(argv[2]);
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (renameat2(from, line, to, line, RENAME_NOREPLACE) != 0)
			err(1, "%s", line);
		moved++;
	}
	free(line);
	printf("%zu files\n", moved);
	return 0;
}
