#include "core/mail/decode.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <stdio.h>

#include "core/base/intern.h"

/* GMime looks for the end of each encoded word anew, and copies charset names to the stack. */
enum { DECODE_MOST = 8 * 1024 };

static void drop_message(
	const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
	(void)domain, (void)level, (void)text, (void)data;
}

/* Only what the process needs once: GMime keeps its own state. */
static void init_gmime(void)
{
	/* For 8-bit bytes outside of encoded words; otherwise the locale would decide. */
	const char *charsets[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};

	g_mime_init();
	g_mime_parser_options_set_fallback_charsets(g_mime_parser_options_get_default(), charsets);
	g_log_set_handler("gmime", G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING, drop_message, NULL);
}

bool decode_needed(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] == '=' && i + 1 < s.len && s.ptr[i + 1] == '?') || s.ptr[i] & 0x80)
			return true;
	return false;
}

static void add_valid(struct buf *out, struct slice text)
{
	char *valid = g_utf8_make_valid(text.ptr, (gssize)text.len);
	buf_add(out, slice_cstr(valid));
	g_free(valid);
}

/*
 * GMime takes and returns C strings, so a NUL inside an encoded word would hide
 * all that follows. A mark that no sender can guess goes behind the text: the
 * answer is whole if the mark is at its end. False when it is not; what there
 * is before the NUL is appended.
 */
static bool decode_whole(struct buf *out, struct slice s)
{
	char mark[18];
	snprintf(mark, sizeof(mark), " %016llx", (unsigned long long)seeded_hash(s.ptr, s.len));

	struct buf text = {0};
	buf_add(&text, s);
	for (size_t i = 0; i < s.len; i++)
		if (!text.ptr[i])
			text.ptr[i] = '?';
	buf_add(&text, slice_cstr(mark));
	char *decoded = g_mime_utils_header_decode_text(NULL, buf_str(&text));
	struct slice answer = slice_cstr(decoded);
	bool whole = slice_ends_fold(answer, slice_cstr(mark));
	if (whole)
		answer.len -= strlen(mark);
	add_valid(out, answer);
	g_free(decoded);
	buf_free(&text);
	return whole;
}

/* For what holds NULs: they hide no more than the word they are in. */
static void decode_words(struct buf *out, struct slice s)
{
	struct slice word, rest = s;
	while (slice_word(&rest, " \t", &word)) {
		if (word.ptr != s.ptr)
			buf_addc(out, ' ');
		if (!decode_whole(out, word))
			buf_add(out, SLICE("\xef\xbf\xbd"));
	}
}

static void decode(struct buf *out, struct slice s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	size_t start = out->len;

	pthread_once(&once, init_gmime);
	pthread_mutex_lock(&turn);
	if (!decode_whole(out, s)) {
		out->len = start;
		decode_words(out, s);
	}
	pthread_mutex_unlock(&turn);
}

void decode_header(struct buf *out, struct slice s)
{
	size_t start = out->len;

	if (!decode_needed(s)) {
		buf_add(out, s);
		return;
	}
	struct slice head = slice_upto(s, DECODE_MOST);
	decode(out, head);
	add_valid(out, slice_from(s, head.len));
	buf_cut(out, start, s.len * DECODE_GROWTH);
}
