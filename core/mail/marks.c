#include "core/mail/marks.h"

#include "core/mail/address.h"
#include "core/mail/headers.h"

static bool is_auto(struct slice value)
{
	return !slice_eq_fold(slice_upto(value, 2), SLICE("no")) ||
		(value.len > 2 && ascii_is_alnum(value.ptr[2]));
}

static bool is_bulk(struct slice value)
{
	return slice_eq_fold(value, SLICE("bulk")) || slice_eq_fold(value, SLICE("list")) ||
		slice_eq_fold(value, SLICE("junk"));
}

static bool is_report(struct slice value)
{
	return slice_starts_fold(value, SLICE("multipart/report"));
}

static bool is_there(struct slice value)
{
	return value.len > 0;
}

/* Names in lower case; one that ends in '-' stands for all that begin so. */
static const struct known {
	struct slice name;
	uint32_t mark;
	bool (*counts)(struct slice value);
} fields[] = {
	{SLICE("list-id"), MARK_LIST_ID, is_there},
	{SLICE("list-unsubscribe"), MARK_UNSUBSCRIBE, is_there},
	{SLICE("list-unsubscribe-post"), MARK_UNSUBSCRIBE, is_there},
	{SLICE("feedback-id"), MARK_UNSUBSCRIBE, is_there},
	{SLICE("precedence"), MARK_BULK, is_bulk},
	{SLICE("auto-submitted"), MARK_AUTO, is_auto},
	{SLICE("x-autoreply"), MARK_AUTO, is_there},
	{SLICE("x-auto-response-suppress"), MARK_AUTO, is_there},
	{SLICE("content-type"), MARK_REPORT, is_report},
	{SLICE("x-failed-recipients"), MARK_REPORT, is_there},
	{SLICE("resent-"), MARK_RESENT, is_there},
	{SLICE("x-forwarded-"), MARK_RESENT, is_there},
	{SLICE("delivered-to"), MARK_RESENT, is_there},
	{SLICE("in-reply-to"), MARK_REPLY, is_there},
	{SLICE("references"), MARK_REPLY, is_there},
	{SLICE("user-agent"), MARK_MAILER, is_there},
	{SLICE("x-mailer"), MARK_MAILER, is_there},
};

static bool is_named(struct slice name, struct slice known)
{
	bool begins = known.ptr[known.len - 1] == '-';
	return (begins ? name.len > known.len : name.len == known.len) &&
		slice_starts_fold(name, known);
}

static uint32_t mark_of(const struct header_field *field)
{
	char first = ascii_lower(field->name.ptr[0]);

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].name.ptr[0] == first && is_named(field->name, fields[i].name))
			return fields[i].counts(field->value) ? fields[i].mark : 0;
	return 0;
}

/* Behind a quoted string or a comment that begins at `at`; one that never ends ends here. */
static size_t skip_quoted(struct slice value, size_t at)
{
	char open = value.ptr[at], close = open == '(' ? ')' : open;
	unsigned depth = 1;

	for (at++; depth && at < value.len; at++) {
		char c = value.ptr[at];
		if (c == '\\')
			at++;
		else if (c == close)
			depth--;
		else if (c == open)
			depth++;
	}
	return at < value.len ? at : value.len;
}

/* The address of the first mailbox: what is in angle brackets, or all that is no comment. */
static struct slice first_address(struct slice value)
{
	size_t begin = 0, at = 0;

	while (at < value.len && value.ptr[at] != ',' && value.ptr[at] != '>') {
		char c = value.ptr[at];
		bool complete = c == '(' && memchr(value.ptr + begin, '@', at - begin);
		if (complete)
			break;
		at = c == '"' || c == '(' ? skip_quoted(value, at) : at + 1;
		if (c == '<' || c == '(')
			begin = at;
	}
	return slice_of(value.ptr + begin, at - begin);
}

static struct slice domain_of(struct slice address)
{
	struct slice domain, rest = address_domain(address);
	slice_word(&rest, " \t\r\n>", &domain);
	return domain;
}

static struct slice domain_of_field(struct slice value)
{
	return domain_of(slice_known(value) ? first_address(value) : value);
}

static bool is_below(struct slice domain, struct slice above)
{
	return domain.len > above.len && slice_ends_fold(domain, above) &&
		domain.ptr[domain.len - above.len - 1] == '.';
}

/* Bounces of a list go to bounce.example.com: that is no other domain than example.com. */
static bool differ(struct slice a, struct slice b)
{
	return a.len && b.len && !slice_eq_fold(a, b) && !is_below(a, b) && !is_below(b, a);
}

/* Message-ID: <> is none. */
static bool is_message_id(struct slice value)
{
	return value.len > 0 && !slice_eq(value, SLICE("<>"));
}

static void keep_first(struct slice *place, struct slice value)
{
	if (!slice_known(*place))
		*place = value;
}

uint32_t marks_of(struct slice block, struct slice sender, struct marked *marked)
{
	uint32_t marks = MARK_READ, hops = 0;
	struct slice from = {0}, reply_to = {0};
	struct header_field field;

	*marked = (struct marked){0};
	while (headers_next(&block, &field)) {
		struct slice name = field.name;
		if (is_named(name, SLICE("received")))
			hops++;
		else if (is_named(name, SLICE("subject")))
			keep_first(&marked->subject, field.value);
		else if (is_named(name, SLICE("message-id")))
			keep_first(&marked->message_id, field.value);
		else if (is_named(name, SLICE("from")))
			keep_first(&from, field.value);
		else if (is_named(name, SLICE("reply-to")))
			keep_first(&reply_to, field.value);
		else
			marks |= mark_of(&field);
	}
	marked->from_domain = domain_of_field(from);
	if (!is_message_id(marked->message_id))
		marks |= MARK_NO_MESSAGE_ID;
	if (differ(marked->from_domain, domain_of(sender)))
		marks |= MARK_FROM_DIFFERS;
	if (differ(domain_of_field(reply_to), marked->from_domain))
		marks |= MARK_REPLY_TO_DIFFERS;
	return marks | (hops < MARK_HOPS_MOST ? hops : MARK_HOPS_MOST) << MARK_HOPS_SHIFT;
}
