#include "core/base/userns.h"

#include <fcntl.h>
#include <unistd.h>

static struct slice read_small(const char *path, char *room, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, room, size);

	if (fd >= 0)
		close(fd);
	return slice_of(room, got > 0 ? (size_t)got : 0);
}

bool userns_is_whole(struct slice uid_map)
{
	static const int64_t whole[] = {0, 0, UINT32_MAX};
	struct slice word;
	int64_t number;

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (!slice_word(&uid_map, " \t\n", &word) || !slice_to_i64(word, &number) ||
			number != whole[i])
			return false;
	return true;
}

bool userns_hides(uid_t owner)
{
	char room[4096];
	int64_t overflow = 65534;
	struct slice text = read_small("/proc/sys/kernel/overflowuid", room, sizeof(room));

	if (text.len)
		slice_to_i64(slice_trim(text), &overflow);
	if (owner != overflow)
		return false;
	text = read_small("/proc/self/uid_map", room, sizeof(room));
	return text.len && !userns_is_whole(text);
}
