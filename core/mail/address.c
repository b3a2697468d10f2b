#include "core/mail/address.h"

struct slice address_domain(struct slice address)
{
	size_t at = slice_rindex(address, '@');
	if (at == SIZE_MAX)
		return slice_of(address.ptr, 0);
	return slice_from(address, at + 1);
}

/* Length of an old source route, "@relay1,@relay2:", which is never quoted. */
static size_t route_length(struct slice address)
{
	if (!address.len || address.ptr[0] != '@')
		return 0;
	size_t colon = slice_index(address, ':');
	return colon == SIZE_MAX ? 0 : colon + 1;
}

struct slice address_local(struct slice address)
{
	struct slice local = slice_upto(address, slice_rindex(address, '@'));
	return slice_from(local, route_length(local));
}

/* In the order in which Postfix takes them off (trivial-rewrite/resolve.c). */
bool address_next_host(struct slice *local, struct slice *host)
{
	struct slice part = *local;
	size_t at;

	if (part.len > 1 && part.ptr[0] == '"' && part.ptr[part.len - 1] == '"')
		part = slice_of(part.ptr + 1, part.len - 2);
	if ((at = slice_rindex(part, '@')) != SIZE_MAX) {
		*host = slice_from(part, at + 1);
		*local = address_local(part);
	} else if ((at = slice_index(part, '!')) != SIZE_MAX) {
		*host = slice_upto(part, at);
		*local = slice_from(part, at + 1);
	} else if ((at = slice_rindex(part, '%')) != SIZE_MAX) {
		*host = slice_from(part, at + 1);
		*local = slice_upto(part, at);
	}
	return at != SIZE_MAX && slice_index(*host, '.') != SIZE_MAX;
}

bool address_is_srs(struct slice address)
{
	struct slice each, rest = address_local(address);
	bool named =
		slice_starts_fold(rest, SLICE("SRS0")) || slice_starts_fold(rest, SLICE("SRS1"));
	unsigned parts = 0;

	if (!named || rest.len < 5 || !memchr("=+-", rest.ptr[4], 3))
		return false;
	for (rest = slice_from(rest, 5); slice_word(&rest, "=", &each);)
		parts++;
	return parts >= 4;
}

static bool is_atom_char(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f &&
		slice_index(SLICE("()<>@,;:\\\"[]"), c) == SIZE_MAX;
}

/* Atoms with single dots between them: the form that needs no quotes. */
static bool is_dot_string(struct slice local)
{
	if (!local.len || local.ptr[0] == '.' || local.ptr[local.len - 1] == '.')
		return false;
	for (size_t i = 0; i < local.len; i++) {
		if (!is_atom_char(local.ptr[i]))
			return false;
		if (local.ptr[i] == '.' && local.ptr[i + 1] == '.')
			return false;
	}
	return true;
}

static void add_quoted(struct buf *out, struct slice local)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < local.len; i++) {
		char c = local.ptr[i];
		if (c == '"' || c == '\\' || c == '\r')
			buf_addc(out, '\\');
		buf_addc(out, c);
	}
	buf_addc(out, '"');
}

void address_quote(struct buf *out, struct slice address)
{
	if (!address.len)
		return;
	size_t route = route_length(address);
	struct slice mailbox = slice_from(address, route);
	struct slice local = slice_upto(mailbox, slice_rindex(mailbox, '@'));
	if (is_dot_string(local)) {
		buf_add(out, address);
		return;
	}
	buf_add(out, slice_upto(address, route));
	add_quoted(out, local);
	buf_add(out, slice_from(mailbox, local.len));
}

/* Offset of the last '@' that is neither quoted nor escaped; the length if there is none. */
static size_t bare_at(struct slice mailbox)
{
	size_t found = mailbox.len;
	bool quoted = false;
	for (size_t i = 0; i < mailbox.len; i++) {
		char c = mailbox.ptr[i];
		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '@' && !quoted)
			found = i;
	}
	return found;
}

void address_unquote(struct buf *out, struct slice address)
{
	if (!address.len)
		return;
	size_t route = route_length(address);
	struct slice mailbox = slice_from(address, route);
	size_t local = bare_at(mailbox);

	buf_add(out, slice_upto(address, route));
	for (size_t i = 0; i < local; i++) {
		char c = mailbox.ptr[i];
		if (c == '"')
			continue;
		if (c == '\\' && ++i == local)
			break;
		buf_addc(out, mailbox.ptr[i]);
	}
	buf_add(out, slice_from(mailbox, local));
}
