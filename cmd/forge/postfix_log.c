#include "cmd/forge/postfix.h"

#include "cmd/forge/letter.h"

static void line(struct buf *out, const char *name, struct slice value)
{
	if (value.len)
		buf_printf(out, "%s=%.*s\n", name, SLICE_ARG(value));
}

static void address_line(struct buf *out, struct slice before, struct slice address)
{
	buf_add(out, before);
	letter_address(out, address);
	buf_addc(out, '\n');
}

void postfix_log_entry(struct buf *out, const struct fake_recipient *recipient, size_t offset)
{
	const struct fake_reason *why = &recipient->reason;
	buf_add(out, SLICE("\n<"));
	letter_address(out, recipient->address);
	buf_printf(out, ">: %.*s\n", SLICE_ARG(why->text));
	address_line(out, SLICE("recipient="), recipient->address);
	if (!slice_eq(recipient->address, recipient->original))
		address_line(out, SLICE("original_recipient="), recipient->original);
	buf_printf(out, "offset=%zu\n", offset);
	address_line(out, SLICE("dsn_orig_rcpt=rfc822;"), recipient->original);
	if (recipient->notify)
		buf_printf(out, "notify_flags=%u\n", recipient->notify);
	line(out, "status", why->status);
	line(out, "action", recipient->fate == FATE_BOUNCED ? SLICE("failed") : SLICE("delayed"));
	if (why->reply.len)
		line(out, "diag_type", SLICE("smtp"));
	line(out, "diag_text", why->reply);
	if (why->mta.len)
		line(out, "mta_type", SLICE("dns"));
	line(out, "mta_mname", why->mta);
	line(out, "reason", why->text);
	buf_addc(out, '\n');
}
