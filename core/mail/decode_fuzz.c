/* Any bytes as a header value: valid UTF-8 comes out, and not too much of it. */
#include <stdlib.h>

#include <glib.h>

#include "core/mail/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = {0};
	struct slice value = slice_of(data, size);
	decode_header(&out, value);
	if (out.len > DECODE_GROWTH * size)
		abort();
	/* A NUL is a control like any other here; GLib sees an end in it. */
	for (size_t i = 0; i < out.len; i++)
		if (!out.ptr[i])
			out.ptr[i] = ' ';
	if (out.len && !g_utf8_validate(out.ptr, (gssize)out.len, NULL))
		abort();
	buf_free(&out);
	return 0;
}
