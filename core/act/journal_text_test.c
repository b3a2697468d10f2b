/* The bytes of strangers: one field each, and the same when they are read back. */
#include "core/act/test_journal.h"

#include "core/act/journal_text.h"

#define B(literal)                                                                                 \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static const struct slice hostile[] = {
	{0},
	B(""),
	B("-"),
	B("--"),
	B("\\"),
	B("\\x2D"),
	B("\\u{202E}"),
	B("a\ndone\t0\t0\t-\nend\n"),
	B("\ngo\n"),
	B("tab\tcr\rnul\0esc\033[2Jdel\177"),
	B("\xc2\x9b"
	  "31m csi, \xe2\x80\xae bidi, \xe2\x80\x8b nothing, \xf3\xa0\x81\x81 tag"),
	B("not utf-8: \xff\xfe\xc3(\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80"),
	B("gr\xc3\xbc\xc3\x9f"
	  "e \xe2\x82\xac \xf0\x9f\x93\xa7"),
	B("\xf0\x9f"),
};

enum { HOSTILE = sizeof(hostile) / sizeof(*hostile) };

static void text_is_one_field_and_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct arena arena = {0};
		struct buf line = {0};
		struct journal_fields fields;
		struct slice back;
		buf_add(&line, SLICE("word"));
		journal_put_text(&line, hostile[i]);
		journal_put_text(&line, SLICE("next"));
		assert_true(journal_split(buf_slice(&line), &fields));
		assert_int_equal(fields.count, 3);
		assert_slice(fields.list[2], SLICE("next"));
		assert_true(journal_get_text(&arena, fields.list[1], &back));
		assert_slice(back, hostile[i]);
		for (size_t at = 0; at < line.len; at++)
			assert_true(line.ptr[at] == '\t' || (unsigned char)line.ptr[at] >= ' ');
		buf_free(&line);
		arena_free(&arena);
	}
}

static void every_byte_comes_back(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 0x10000; byte++) {
		const char two[2] = {(char)(byte >> 8), (char)byte};
		struct arena arena = {0};
		struct buf line = {0};
		struct slice back;
		journal_put_text(&line, slice_of(two, 2));
		assert_true(journal_get_text(&arena, slice_from(buf_slice(&line), 1), &back));
		assert_slice(back, slice_of(two, 2));
		buf_free(&line);
		arena_free(&arena);
	}
}

static void wrong_escapes_are_refused(void **state)
{
	static const char *const wrong[] = {"\\", "a\\", "\\n", "\\x", "\\x1", "\\xg0", "\\x0a",
		"\\u", "\\u{", "\\u{41", "\\u{}", "\\u{041}", "\\u{D800}", "\\u{110000}",
		"\\u{1000000}", "\\u0041"};
	struct arena arena = {0};
	struct slice back;
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (journal_get_text(&arena, slice_cstr(wrong[i]), &back))
			fail_msg("%s was taken", wrong[i]);
	arena_free(&arena);
}

static void a_stranger_forges_no_line(void **state)
{
	struct runs runs;
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		runs_make(&runs, 2);
		runs.head.filter = runs.head.reason = hostile[i];
		runs.head.command = runs.head.sudo_user = hostile[i];
		runs.spools[0].path = hostile[i];
		struct journal *journal =
			journal_create(&runs.fs.ops, runs.tree.fd, &runs.head, &runs.err);
		struct journal_item item = {.id = hostile[i].len ? hostile[i] : SLICE("id")};
		for (int n = 0; n < 2; n++)
			assert_int_equal(journal_item(journal, &item, &runs.err), 0);
		assert_int_equal(journal_go(journal, &runs.err), 0);
		assert_int_equal(
			journal_outcome(journal, 1, OUTCOME_REFUSED, "hold", hostile[i], &runs.err),
			0);
		assert_int_equal(journal_end(journal, &runs.err), 0);
		struct journal_log log = runs_read(&runs, 1);
		assert_slice(log.head.filter, hostile[i]);
		assert_slice(log.head.reason, hostile[i]);
		assert_slice(log.head.command, hostile[i]);
		assert_slice(log.head.sudo_user, hostile[i]);
		assert_slice(log.head.spools[0].path, hostile[i]);
		assert_slice(log.items[1].id, item.id);
		assert_int_equal(log.counts[OUTCOME_NONE], 1);
		assert_slice(journal_words(&log, 1), hostile[i]);
		journal_log_free(&log);
		runs_remove(&runs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_one_field_and_comes_back),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(wrong_escapes_are_refused),
		cmocka_unit_test(a_stranger_forges_no_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
