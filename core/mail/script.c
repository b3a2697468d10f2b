#include "core/mail/script.h"

#include "core/base/limits.h"
#include "core/mail/headers.h"

/* What stands before `word`, which is not the first. */
static struct slice before(struct slice value, const char *word)
{
	struct slice each, rest = value;
	while (slice_word(&rest, " \t", &each))
		if (each.ptr != value.ptr && slice_eq(each, slice_cstr(word)))
			return slice_upto(value, (size_t)(each.ptr - value.ptr));
	return value;
}

/* "example.com/forum/mail.php for 192.0.2.1, 192.0.2.7": who asked for the page is cut off. */
static struct slice before_visitor(struct slice value)
{
	return before(value, "for");
}

/* "/srv/www/form.php REMOTE_ADDR: 192.0.2.1" */
static struct slice before_remote(struct slice value)
{
	return before(value, "REMOTE_ADDR:");
}

/* "1000:form.php", also "33:index.php(2) : eval()'d code" */
static struct slice behind_uid(struct slice value)
{
	size_t digits = 0;
	while (digits < value.len && ascii_is_digit(value.ptr[digits]))
		digits++;
	if (digits && digits < value.len && value.ptr[digits] == ':')
		return slice_from(value, digits + 1);
	return value;
}

/* The fields that name a script; the first row tells most. */
static const struct {
	const char *name;
	struct slice (*script)(struct slice value);
} fields[] = {
	{"X-PHP-Script", before_visitor},
	{"X-PHP-Filename", before_remote},
	{"X-PHP-Originating-Script", behind_uid},
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* The row for that name among the first `count`, or count. */
static size_t field_row(struct slice name, size_t count)
{
	size_t row = 0;
	while (row < count && !slice_eq_fold(name, slice_cstr(fields[row].name)))
		row++;
	return row;
}

struct slice script_from_headers(struct arena *arena, struct slice block)
{
	struct slice found = {0};
	size_t best = FIELDS;
	struct header_field field;

	while (best > 0 && headers_next(&block, &field)) {
		size_t row = field_row(field.name, best);
		if (row == best)
			continue;
		struct slice value = fields[row].script(headers_unfold(arena, field.value));
		value = slice_trim(slice_upto(value, LIMIT_HEADER_VALUE));
		if (value.len) {
			found = value;
			best = row;
		}
	}
	return found;
}
