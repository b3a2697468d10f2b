/* Any bytes as a reason: one clean line comes out, and it has a class. */
#include <stdlib.h>

#include "core/queue/reason.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = {0}, twice = {0};
	struct slice text = slice_of(data, size);

	reason_normalise(&once, text);
	require(once.len <= 3 * size);
	for (size_t i = 0; i < once.len; i++) {
		require((unsigned char)once.ptr[i] >= ' ' && once.ptr[i] != 0x7f);
		require(once.ptr[i] != ' ' ||
			(i > 0 && i + 1 < once.len && once.ptr[i - 1] != ' '));
	}
	enum reason_class class = reason_classify(text);
	require(class < REASON_CLASSES && (class == REASON_UNKNOWN) == !once.len);

	/* What is counted is looked at again when it is classified. */
	reason_normalise(&twice, buf_slice(&once));
	require(!once.len == !twice.len && twice.len <= 3 * once.len);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
