#include "core/query/field.h"

/* Names that people try first, and names of the contract that are not built yet. */
static const struct hint {
	const char *name;
	const char *text;
} hints[] = {
	{"from",
		"there is no field \"from\": write sender for the envelope sender, or "
		"header_from for the From: header"},
	{"to", "there is no field \"to\": write rcpt for the envelope recipients, or header:To"},
	{"recipient", "there is no field \"recipient\": write rcpt"},
	{"recipients", "there is no field \"recipients\": write rcpt, or nrcpt for how many"},
	{"user", "there is no field \"user\": write account, or uid for a local user"},
	{"login", "there is no field \"login\": write account"},
	{"sasl_username", "there is no field \"sasl_username\": write account"},
	{"domain", "there is no field \"domain\": write sender_domain or rcpt_domain"},
	{"status", "there is no field \"status\": write state, or reason_class"},
	{"date", "there is no field \"date\": write arrival_time or age"},
	{"time", "there is no field \"time\": write arrival_time or age"},
	{"text", "there is no field \"text\": write body, or subject"},
	{"content", "there is no field \"content\": write body, or attachment"},
	{"attachments", "there is no field \"attachments\": write attachment"},
	{"campaign", "this version has no field \"campaign\" yet"},
	{"header", "which header? write header:NAME, such as header:X-Mailer"},
};

enum {
	LONGEST_NAME = 24, /* of fields and what can be a slip of one */
	MOST_SLIPS = 2,
	SHOWN = 60, /* bytes of a wrong name that an error repeats */
};

static bool is_named(const struct field *field, struct slice name)
{
	return slice_eq_fold(name, slice_cstr(field->name)) ||
		(field->alias && slice_eq_fold(name, slice_cstr(field->alias)));
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, added, dropped or swapped with the next to get from a to b. */
static unsigned slips(struct slice a, struct slice b)
{
	unsigned d[LONGEST_NAME + 1][LONGEST_NAME + 1];

	if (a.len > LONGEST_NAME || b.len > LONGEST_NAME)
		return LONGEST_NAME;
	for (unsigned i = 0; i <= a.len; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= b.len; j++)
		d[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		for (unsigned j = 1; j <= b.len; j++) {
			char x = ascii_lower(a.ptr[i - 1]), y = ascii_lower(b.ptr[j - 1]);
			d[i][j] = least(
				least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ascii_lower(b.ptr[j - 2]) &&
				y == ascii_lower(a.ptr[i - 2]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a.len][b.len];
}

/* The name that was most likely meant; NULL when none is near. */
static const char *nearest(struct slice name)
{
	const char *best = NULL;
	unsigned best_slips = name.len < 5 ? 1 : MOST_SLIPS; /* "id" is near to anything short */

	for (const struct field *field = field_table; field->name; field++) {
		const char *names[] = {field->name, field->alias};
		for (int i = 0; i < 2 && names[i]; i++) {
			unsigned n = slips(name, slice_cstr(names[i]));
			if (n < best_slips || (n == best_slips && !best)) {
				best = names[i];
				best_slips = n;
			}
		}
	}
	return best;
}

static int unknown_name(struct slice name, struct err *err)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (slice_eq_fold(name, slice_cstr(hints[i].name)))
			return err_set(err, ERR_USAGE, 0, "%s", hints[i].text);
	const char *meant = nearest(name);
	struct slice shown = slice_upto(name, SHOWN);
	if (meant)
		return err_set(err, ERR_USAGE, 0, "unknown field \"%.*s\": did you mean %s?",
			SLICE_ARG(shown), meant);
	return err_set(err, ERR_USAGE, 0,
		"unknown field \"%.*s\": a condition is FIELD OPERATOR VALUE, such as "
		"account=bob@example.com",
		SLICE_ARG(shown));
}

static bool is_header_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == ':')
			return false;
	return name.len > 0;
}

/* Gives the header a place among need.headers; the same name shares one. */
static int find_header(struct slice name, struct need *need, unsigned *param, struct err *err)
{
	if (!is_header_name(name))
		return err_set(err, ERR_USAGE, 0,
			"\"header:%.*s\" names no header: write the name behind the colon, such as "
			"header:X-Mailer",
			SLICE_ARG(slice_upto(name, SHOWN)));
	for (*param = 0; *param < need->nheaders; ++*param)
		if (slice_eq_fold(need->headers[*param], name))
			return 0;
	if (need->nheaders == LIMIT_EXTRA_HEADERS)
		return err_set(err, ERR_USAGE, 0,
			"one command can ask for %d different header:NAME fields, and this is one "
			"more",
			LIMIT_EXTRA_HEADERS);
	need->headers[need->nheaders++] = name;
	return 0;
}

int field_find(struct slice name, struct need *need, struct field_ref *ref, struct err *err)
{
	struct slice base, param;
	bool has_param =
		slice_cut(name, ':', &base, &param) && slice_eq_fold(base, SLICE("header"));

	for (const struct field *field = field_table; field->name; field++) {
		bool takes_param = field->flags & FIELD_PARAM;
		if (takes_param ? !has_param : !is_named(field, name))
			continue;
		*ref = (struct field_ref){.field = field};
		if (takes_param && find_header(param, need, &ref->param, err) != 0)
			return -1;
		need->parts |= field->need;
		return 0;
	}
	return unknown_name(name, err);
}
