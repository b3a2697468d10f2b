#include "core/mail/param.h"

enum { MOST_PIECES = 64 }; /* of one value, name*0 to name*63: 64 lines of 78 */

/* One parameter as it is written. */
struct raw {
	struct slice name;
	struct slice value; /* without its quotes */
	bool quoted;
	bool open; /* a quote without end */
};

struct piece {
	struct slice value;
	bool quoted;
	bool encoded; /* holds %XX */
};

/* The forms in which a parameter can be written, each with what was found of it. */
struct found {
	struct piece plain;               /* name=value */
	struct piece extended;            /* name*=charset'lang'value */
	struct piece pieces[MOST_PIECES]; /* name*0=..., name*1*=... */
	unsigned npieces;                 /* highest + 1 */
	unsigned odd;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of a comment at the start of s, with those inside it; all of s when it has no end. */
static size_t comment_length(struct slice s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '(')
			depth++;
		else if (s.ptr[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.len;
}

/* Behind blanks and comments. */
static struct slice skip_space(struct slice s)
{
	while (s.len && (ascii_is_space(*s.ptr) || *s.ptr == '('))
		s = slice_from(s, *s.ptr == '(' ? comment_length(s) : 1);
	return s;
}

struct slice param_word(struct slice *value)
{
	struct slice rest = skip_space(*value);
	size_t n = 0;
	while (n < rest.len && !ascii_is_space(rest.ptr[n]) && !strchr(";,(\"", rest.ptr[n]))
		n++;
	*value = slice_from(rest, n);
	return slice_upto(rest, n);
}

/* Length of a quoted string with its quotes. */
static size_t quoted_length(struct slice s, bool *open)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			return i + 1;
	}
	*open = true;
	return s.len;
}

/* A value without quotes may hold blanks; a comment behind a blank is none of it. */
static size_t bare_length(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] != ';' &&
		!(s.ptr[n] == '(' && n > 0 && is_blank(s.ptr[n - 1])))
		n++;
	return n;
}

static struct slice take_value(struct slice *rest, struct raw *raw)
{
	*rest = skip_space(*rest);
	raw->quoted = rest->len && *rest->ptr == '"';
	raw->open = false;
	size_t n = raw->quoted ? quoted_length(*rest, &raw->open) : bare_length(*rest);
	struct slice value = slice_upto(*rest, n);
	*rest = slice_from(*rest, n);
	if (raw->quoted)
		return slice_of(value.ptr + 1, n - (raw->open ? 1 : 2));
	return slice_trim(value);
}

/* Takes the next parameter off *rest; false at the end. */
static bool next_raw(struct slice *rest, struct raw *raw)
{
	for (;;) {
		size_t semicolon = slice_index(*rest, ';');
		if (semicolon == SIZE_MAX)
			return false;
		*rest = skip_space(slice_from(*rest, semicolon + 1));
		size_t n = 0;
		while (n < rest->len && rest->ptr[n] != '=' && rest->ptr[n] != ';')
			n++;
		if (n == rest->len || rest->ptr[n] == ';') {
			*rest = slice_from(*rest, n);
			continue; /* no value: no parameter */
		}
		raw->name = slice_trim(slice_upto(*rest, n));
		*rest = slice_from(*rest, n + 1);
		raw->value = take_value(rest, raw);
		return true;
	}
}

static void keep(struct found *found, struct piece *place, const struct raw *raw, bool encoded)
{
	if (raw->open)
		found->odd |= PARAM_BROKEN;
	if (slice_known(place->value))
		found->odd |= PARAM_TWICE;
	else
		*place = (struct piece){raw->value, raw->quoted, encoded};
}

/* Puts it where it belongs when its name is `name`, `name*`, `name*N` or `name*N*`. */
static void sort_in(struct found *found, const struct raw *raw, struct slice name)
{
	if (!slice_starts_fold(raw->name, name))
		return;
	struct slice suffix = slice_from(raw->name, name.len);
	if (!suffix.len) {
		keep(found, &found->plain, raw, false);
		return;
	}
	if (*suffix.ptr != '*')
		return;
	if (suffix.len == 1) {
		keep(found, &found->extended, raw, true);
		return;
	}
	bool encoded = suffix.ptr[suffix.len - 1] == '*';
	int64_t number;
	struct slice digits = slice_of(suffix.ptr + 1, suffix.len - 1 - encoded);
	if (!slice_to_i64(digits, &number) || number < 0 || number >= MOST_PIECES) {
		found->odd |= PARAM_BROKEN;
		return;
	}
	while (found->npieces <= number)
		found->pieces[found->npieces++] = (struct piece){0};
	keep(found, &found->pieces[number], raw, encoded);
}

/* Adds the bytes that a piece stands for at *to, no more than it is long. */
static void add_piece(char **to, const struct piece *piece, struct param *param)
{
	struct slice s = piece->value;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (piece->quoted && c == '\\' && i + 1 < s.len) {
			c = s.ptr[++i];
		} else if (piece->encoded && c == '%') {
			int byte = i + 2 < s.len ? ascii_hex_byte(s.ptr + i + 1) : -1;
			if (byte < 0) {
				param->odd |= PARAM_BROKEN;
			} else {
				c = (char)byte;
				i += 2;
			}
		}
		*(*to)++ = c;
	}
}

/* Takes charset'language' off the front of the first piece. */
static void take_charset(struct piece *first, struct param *param)
{
	struct slice charset, language, rest;

	if (slice_cut(first->value, '\'', &charset, &rest) &&
		slice_cut(rest, '\'', &language, &rest)) {
		param->charset = charset;
		first->value = rest;
	} else {
		param->charset = SLICE("");
		param->odd |= PARAM_BROKEN;
	}
}

static void join(struct arena *arena, struct piece *pieces, unsigned count, struct param *param)
{
	size_t most = 0;

	if (pieces[0].encoded)
		take_charset(&pieces[0], param);
	for (unsigned i = 0; i < count && slice_known(pieces[i].value); i++)
		most += pieces[i].value.len;
	char *value = arena_alloc(arena, most + 1), *to = value;
	for (unsigned i = 0; i < count; i++) {
		if (!slice_known(pieces[i].value)) {
			param->odd |= PARAM_BROKEN;
			break;
		}
		add_piece(&to, &pieces[i], param);
	}
	param->value = slice_of(value, (size_t)(to - value));
}

struct param param_get(struct arena *arena, struct slice params, struct slice name)
{
	struct param param = {0};
	struct found found;
	struct raw raw;

	/* The pieces are cleared as they come: nearly no value has any. */
	found.plain = found.extended = (struct piece){0};
	found.npieces = found.odd = 0;
	while (next_raw(&params, &raw))
		sort_in(&found, &raw, name);
	param.odd = found.odd;
	if (slice_known(found.extended.value))
		join(arena, &found.extended, 1, &param);
	else if (found.npieces && slice_known(found.pieces[0].value))
		join(arena, found.pieces, found.npieces, &param);
	else if (slice_known(found.plain.value))
		join(arena, &found.plain, 1, &param);
	return param;
}
