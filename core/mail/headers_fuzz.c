/* Any bytes as a header block: fields, unfolding, Received, script, and addresses. */
#include <stdlib.h>

#include "core/mail/address.h"
#include "core/mail/headers.h"
#include "core/mail/received.h"
#include "core/mail/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void require_inside(struct slice part, struct slice whole)
{
	if (slice_known(part))
		require(part.ptr >= whole.ptr && part.len <= whole.len &&
			(size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

static void check_received(struct slice value)
{
	struct received received;
	bool known = received_parse(value, &received);
	const struct slice parts[] = {received.by, received.id, received.helo, received.client_name,
		received.client_ip, received.protocol, received.auth_user};
	require(known == slice_known(received.by));
	require(received.uid >= -1 && received.uid <= UINT32_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		require_inside(parts[i], value);
}

static void check_address(struct slice address)
{
	struct buf quoted = {0}, raw = {0};
	address_quote(&quoted, address);
	address_unquote(&raw, buf_slice(&quoted));
	require(slice_eq(buf_slice(&raw), address));
	buf_reset(&raw);
	address_unquote(&raw, address);
	require(raw.len <= address.len);
	buf_free(&quoted);
	buf_free(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct slice block = slice_of(data, size), rest = block;
	struct header_field field;

	while (headers_next(&rest, &field)) {
		require(field.name.len > 0);
		require_inside(field.name, block);
		require_inside(field.value, block);
		struct slice value = headers_unfold(&arena, field.value);
		require(slice_index(value, '\n') == SIZE_MAX && value.len <= field.value.len);
		check_received(value);
		check_address(value);
	}
	script_from_headers(&arena, block);
	arena_free(&arena);
	return 0;
}
