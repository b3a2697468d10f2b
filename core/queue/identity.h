/*
 * identity: which file it is, beyond its inode.
 *
 * An inode number is given out again at once when its file is gone. The file handle
 * that a file server would use has the generation of the inode in it; where the file
 * system makes no handles, the time at which the file was born does nearly as well.
 * Both survive a rename, and are the same in every process on this machine.
 */
#ifndef CORE_QUEUE_IDENTITY_H
#define CORE_QUEUE_IDENTITY_H

#include <stdint.h>

/* Of an open file. 0 when the file system tells neither; never 0 when it does. */
uint64_t identity_of(int fd);

/* The two ways by themselves, for tests and for those who want to know. */
uint64_t identity_by_handle(int fd);
uint64_t identity_by_birth(int fd);

#endif
