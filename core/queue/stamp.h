/*
 * stamp: what the files of a message looked like, in 64 bits.
 *
 * A driver puts into it all that reading a message depends on besides the bytes in its
 * files: for these the files' inodes, times, sizes and modes stand. Two equal stamps, and
 * times of change that lie clearly before the first of them was made, mean that it would
 * be read the same again. The same in every process on one machine.
 */
#ifndef CORE_QUEUE_STAMP_H
#define CORE_QUEUE_STAMP_H

#include <stdint.h>
#include <sys/stat.h>

struct stamp {
	uint64_t words[32];
	unsigned count;
	int64_t changed; /* epoch seconds: the latest change of any of the files */
};

void stamp_number(struct stamp *stamp, uint64_t value);
/* A file, or that there is none: NULL. */
void stamp_file(struct stamp *stamp, const struct stat *st);
/* Never 0. */
uint64_t stamp_digest(const struct stamp *stamp);

#endif
