/* Any bytes as a cache: refused, or rows that a scan can take over. The first byte says of what. */
#include <stdlib.h>

#include "core/queue/test_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned needs[] = {0, NEED_RCPTS, NEED_REASONS, NEED_RCPTS | NEED_REASONS,
		NEED_HEADERS | NEED_SUBJECT | NEED_EXTRA, NEED_STATUS | NEED_SESSION,
		NEED_RCPTS | NEED_MARKS};
	static const struct cache_identity identity;
	static const struct spool spool;
	const struct spool *const spools[] = {&spool};
	struct cache cache = {0};
	struct err err;

	if (!size)
		return 0;
	struct need need = {
		.parts = NEED_STAMP | needs[(data[0] & 0x7f) % (sizeof(needs) / sizeof(*needs))]};
	char *bytes = malloc(size);
	memcpy(bytes, data + 1, size - 1);
	cache_seal(bytes, size - 1, &identity);
	snap_init(&cache.snap, spools, 1, &need);
	cache.snap.keep_reason_text = data[0] & 0x80;
	if (cache_parse(&cache, &identity, slice_of(bytes, size - 1), &err) == 0)
		cache_touch(&cache, &need);
	cache_free(&cache);
	free(bytes);
	return 0;
}
