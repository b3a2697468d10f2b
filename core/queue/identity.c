#include "core/queue/identity.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What is hashed says how it was found: a handle is never taken for a time. */
enum { BY_HANDLE = 1, BY_BIRTH = 2 };

static void put_number(uint8_t *bytes, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t known(const uint8_t *bytes, size_t len)
{
	uint64_t hash = XXH3_64bits(bytes, len);
	return hash ? hash : 1;
}

uint64_t identity_by_handle(int fd)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	uint8_t bytes[2 * 8 + MAX_HANDLE_SZ];
	int mount;

	if (name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH) != 0 ||
		handle.head.handle_bytes > MAX_HANDLE_SZ)
		return 0;
	put_number(bytes, BY_HANDLE);
	put_number(bytes + 8, (uint64_t)handle.head.handle_type);
	memcpy(bytes + 16, handle.head.f_handle, handle.head.handle_bytes);
	return known(bytes, 16 + handle.head.handle_bytes);
}

uint64_t identity_by_birth(int fd)
{
	struct statx stx;
	uint8_t bytes[4 * 8];

	if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &stx) != 0 ||
		!(stx.stx_mask & STATX_BTIME) || !(stx.stx_mask & STATX_INO))
		return 0;
	put_number(bytes, BY_BIRTH);
	put_number(bytes + 8, stx.stx_ino);
	put_number(bytes + 16, (uint64_t)stx.stx_btime.tv_sec);
	put_number(bytes + 24, stx.stx_btime.tv_nsec);
	return known(bytes, sizeof(bytes));
}

uint64_t identity_of(int fd)
{
	uint64_t identity = identity_by_handle(fd);
	return identity ? identity : identity_by_birth(fd);
}
