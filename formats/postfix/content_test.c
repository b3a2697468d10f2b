#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/postfix/content.h"
#include "formats/postfix/test_envelope.h"

static void joins_lines_and_stops_behind_the_headers(void **state)
{
	struct parsed p = {0};
	struct buf text = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'R', "b@example.org");
	image_add(&p.image, 'M', "");
	image_add(&p.image, 'N', "Subject: short");
	image_add(&p.image, 'w', "padding");
	image_add(&p.image, 'L', "X-Long: one ");
	image_add(&p.image, 'L', "two ");
	image_add(&p.image, 'N', "three");
	image_add(&p.image, 'N', "");
	image_add(&p.image, 'N', "Body.");
	image_add(&p.image, 'L', "no end");
	image_add(&p.image, 'X', "");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(content_read(&p.window, &p.envelope, true, 1000, &text), 0);
	assert_string_equal(buf_str(&text), "Subject: short\nX-Long: one two three\n\n");
	buf_reset(&text);
	assert_int_equal(content_read(&p.window, &p.envelope, false, 1000, &text), 0);
	assert_string_equal(
		buf_str(&text), "Subject: short\nX-Long: one two three\n\nBody.\nno end");
	buf_reset(&text);
	assert_int_equal(content_read(&p.window, &p.envelope, false, 20, &text), WARN_TOO_MANY);
	assert_true(text.len <= 20);
	buf_free(&text);
	done(&p);
}

/* A message of `lines` lines, the longest of which are stored in pieces of 16 KiB. */
static void long_message(struct parsed *p, unsigned lines, struct buf *expected)
{
	image_begin(&p->image, "a@example.com");
	image_add(&p->image, 'R', "b@example.org");
	image_add(&p->image, 'M', "");
	for (unsigned i = 0; i < lines; i++) {
		struct buf line = {0};
		buf_printf(&line, "%u", i);
		buf_pad(&line, 'x', i % 50 == 7 ? 20000 : i % 200);
		image_add(&p->image, i % 3 ? 'N' : 'L', buf_str(&line));
		buf_add(expected, buf_slice(&line));
		if (i % 3)
			buf_addc(expected, '\n');
		buf_free(&line);
	}
	image_add(&p->image, 'X', "");
	image_add(&p->image, 'E', "");
	image_finish(&p->image);
}

static void gives_the_whole_for_questions(void **state)
{
	struct parsed p = {0};
	struct buf expected = {0};
	struct arena arena = {0};
	(void)state;

	long_message(&p, 300, &expected);
	parse(&p);
	struct content content = content_whole(&p.window, &p.envelope, &arena);
	assert_false(content.cut);
	assert_int_equal(content.text.len, expected.len);
	assert_memory_equal(content.text.ptr, expected.ptr, expected.len);
	/* It is the newest in the arena: given back, its place is taken again. */
	arena_trim(&arena, content.text.ptr, content.text.len, 0);
	assert_ptr_equal(arena_alloc(&arena, 100), content.text.ptr);
	buf_free(&expected);
	arena_free(&arena);
	done(&p);
}

static void gives_nothing_of_what_is_damaged(void **state)
{
	struct parsed p = {0};
	struct buf unused = {0};
	struct arena arena = {0};
	(void)state;

	long_message(&p, 30, &unused);
	p.image.bytes.len -= 40; /* the end of the content, and what is behind it */
	parse(&p);
	struct content content = content_whole(&p.window, &p.envelope, &arena);
	assert_false(slice_known(content.text));
	buf_free(&unused);
	arena_free(&arena);
	done(&p);
}

/* A deleted header is a pointer to the one behind it; a new body lies in the heap. */
static void reads_edited_content(void **state)
{
	struct parsed p = {0};
	struct buf text = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'R', "b@example.org");
	image_add(&p.image, 'M', "");
	size_t gone = p.image.bytes.len;
	image_add(&p.image, 'N', "X-Gone: 12345678901234567890");
	size_t next = p.image.bytes.len;
	image_add(&p.image, 'N', "Subject: kept");
	image_add(&p.image, 'N', "");
	size_t body = image_pointer(&p.image, 0);
	image_add(&p.image, 'N', "Old body.");
	image_add(&p.image, 'X', "");
	size_t extracted = p.image.extracted;
	image_add(&p.image, 'E', "");
	size_t heap = p.image.bytes.len;
	image_add(&p.image, 'N', "New body.");
	image_pointer(&p.image, extracted);
	p.image.bytes.ptr[gone] = 'p';
	p.image.bytes.ptr[gone + 1] = 15;
	image_point(&p.image, gone, next);
	image_point(&p.image, body, heap);
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.warnings, 0);
	assert_int_equal(content_read(&p.window, &p.envelope, false, 1000, &text), 0);
	assert_string_equal(buf_str(&text), "Subject: kept\n\nNew body.\n");
	buf_free(&text);
	done(&p);
}

/* A pointer that leads back inside the content must not go round for ever. */
static void content_loops_end(void **state)
{
	struct parsed p = {0};
	struct buf text = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'M', "");
	size_t start = p.image.bytes.len;
	image_add(&p.image, 'N', "again");
	image_pointer(&p.image, start);
	image_add(&p.image, 'X', "");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_true(content_read(&p.window, &p.envelope, false, 1 << 30, &text) != 0);
	assert_true(text.len < 100000);
	buf_free(&text);
	done(&p);
}

/* A loop over long lines would multiply a small file into a large message. */
static void content_is_no_longer_than_its_file(void **state)
{
	struct parsed p = {0};
	struct buf text = {0}, line = {0};
	(void)state;

	buf_pad(&line, 'x', 60000);
	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'M', "");
	size_t start = p.image.bytes.len;
	image_record(&p.image, 'N', buf_slice(&line));
	image_pointer(&p.image, start);
	image_add(&p.image, 'X', "");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(
		content_read(&p.window, &p.envelope, false, SIZE_MAX, &text), WARN_BAD_POINTER);
	assert_true(text.len >= line.len);
	assert_true(text.len <= p.image.bytes.len);
	buf_free(&line);
	buf_free(&text);
	done(&p);
}

static void content_needs_a_place_in_the_file(void **state)
{
	static const uint64_t offsets[] = {0, 1 << 20, UINT64_MAX};
	struct parsed p = {0};
	struct buf text = {0};
	(void)state;

	image_message(&p.image, "a@example.com", "b@example.org");
	parse(&p);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		p.envelope.data_offset = offsets[i];
		assert_int_equal(
			content_read(&p.window, &p.envelope, false, 1000, &text), WARN_TRUNCATED);
	}
	p.envelope.data_offset = 97; /* the T record: no content */
	assert_int_equal(content_read(&p.window, &p.envelope, false, 1000, &text), WARN_BAD_RECORD);
	assert_int_equal(text.len, 0);
	buf_free(&text);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_lines_and_stops_behind_the_headers),
		cmocka_unit_test(gives_the_whole_for_questions),
		cmocka_unit_test(gives_nothing_of_what_is_damaged),
		cmocka_unit_test(reads_edited_content),
		cmocka_unit_test(content_loops_end),
		cmocka_unit_test(content_is_no_longer_than_its_file),
		cmocka_unit_test(content_needs_a_place_in_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
