#include "core/base/limits.h"
#include "core/mail/marks.h"

/* What a reply or a forward puts before its colon, in the languages that people's programs speak. */
static const char prefixes[] = "re fwd fw aw wg antwort sv vs vb vl tr réf rv res enc r i rif antw "
			       "odp pd ynt ilt ha на На НА απ ΑΠ σχετ ответ Ответ "
			       "回复 回覆 答复 转发 轉寄 返信 転送 답장 전달";

static bool is_prefix(struct slice word)
{
	struct slice each, rest = slice_cstr(prefixes);

	while (slice_word(&rest, " ", &each))
		if (slice_eq_fold(word, each))
			return true;
	return false;
}

/* "Re[2]": the word before its count. */
static struct slice before_count(struct slice text)
{
	struct slice word;
	slice_word(&text, " [(", &word);
	text = slice_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.ptr[i]) && !memchr("[]()", text.ptr[i], 4))
			return (struct slice){0};
	return word;
}

/* The first colon, as wide as Chinese programs write it too: what is before and behind it. */
static bool cut_colon(struct slice text, struct slice *head, struct slice *tail)
{
	enum { PREFIX_MOST = 24 };
	static const struct slice wide = {"\xef\xbc\x9a", 3};
	size_t at = slice_find(slice_upto(text, PREFIX_MOST), wide), width = wide.len;

	if (at == SIZE_MAX) {
		at = slice_index(slice_upto(text, PREFIX_MOST), ':');
		width = 1;
	}
	if (at == SIZE_MAX)
		return false;
	*head = slice_upto(text, at);
	*tail = slice_from(text, at + width);
	return true;
}

static struct slice without_prefixes(struct slice text)
{
	struct slice head, tail;

	text = slice_trim(text);
	while (cut_colon(text, &head, &tail) && is_prefix(before_count(head)))
		text = slice_trim(tail);
	return text;
}

/* Controls as well: they are nothing to see. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool next_word(struct slice *rest, struct slice *word)
{
	size_t begin = 0, end;

	while (begin < rest->len && is_blank(rest->ptr[begin]))
		begin++;
	for (end = begin; end < rest->len && !is_blank(rest->ptr[end]);)
		end++;
	*word = slice_upto(slice_from(*rest, begin), end - begin);
	*rest = slice_from(*rest, end);
	return word->len > 0;
}

/*
 * What a sender adds so that no two subjects are equal: "kx83hq20vz". Not "invoice2024", which
 * goes from letters to digits once. What is neither changes nothing: "a1b2-c3d4".
 */
static bool looks_random(struct slice word)
{
	enum { RANDOM_LENGTH = 8, RANDOM_CHANGES = 2 };
	size_t length = 0, changes = 0;
	bool digit = false;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (!ascii_is_alnum(c))
			continue;
		changes += length && ascii_is_digit(c) != digit;
		digit = ascii_is_digit(c);
		length++;
	}
	return length >= RANDOM_LENGTH && changes >= RANDOM_CHANGES;
}

static void add_word(struct buf *out, struct slice word)
{
	bool digits = false;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (!ascii_is_digit(c))
			buf_addc(out, ascii_lower(c));
		else if (!digits)
			buf_addc(out, '#');
		digits = ascii_is_digit(c);
	}
}

/* A word with what surrounds it: "(anna)," is anna. */
static struct slice bare(struct slice word)
{
	while (word.len && !ascii_is_alnum(word.ptr[0]))
		word = slice_from(word, 1);
	while (word.len && !ascii_is_alnum(word.ptr[word.len - 1]))
		word.len--;
	return word;
}

/* The recipient, or a part of his name: spam calls each by his own. */
static bool names_rcpt(struct slice word, struct slice rcpt)
{
	enum { SHORTEST = 3 };
	struct slice user = slice_upto(rcpt, slice_rindex(rcpt, '@')), part;

	word = bare(word);
	if (word.len < SHORTEST)
		return false;
	if (slice_eq_fold(word, rcpt) || slice_eq_fold(word, user))
		return true;
	while (slice_word(&user, ".-_+=0123456789", &part))
		if (slice_eq_fold(word, part))
			return true;
	return false;
}

void subject_shape(struct buf *out, struct slice decoded, struct slice rcpt)
{
	struct slice word, rest = without_prefixes(slice_upto(decoded, LIMIT_HEADER_VALUE));
	size_t start = out->len;

	while (out->len - start < SUBJECT_SHAPE && next_word(&rest, &word)) {
		if (out->len > start)
			buf_addc(out, ' ');
		if (looks_random(word) || names_rcpt(word, rcpt))
			buf_addc(out, '*');
		else
			add_word(out, word);
	}
	buf_cut(out, start, SUBJECT_SHAPE);
}
