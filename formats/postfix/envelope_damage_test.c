/* Queue files that are cut off, lie, or were made to harm. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/postfix/content.h"
#include "formats/postfix/test_envelope.h"

/* Every prefix of a message is a row with a warning, and nothing is read past its end. */
static void survives_truncation_at_every_byte(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "sender@example.com");
	image_add(&p.image, 'A', "log_client_address=203.0.113.7");
	image_add(&p.image, 'R', "b@example.org");
	image_pointer(&p.image, 0);
	image_content(&p.image, "hi");
	image_add(&p.image, 'R', "c@example.org");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	for (size_t n = 0; n < p.image.bytes.len; n++) {
		/* A copy of just that size, so that a sanitizer sees one byte too far. */
		struct parsed cut = {0};
		buf_add(&cut.image.bytes, slice_of(p.image.bytes.ptr, n));
		char *exact = arena_alloc(&cut.arena, n);
		if (n)
			memcpy(exact, p.image.bytes.ptr, n);
		cut.record = record_unknown();
		cut.record.queue_id = SLICE("ABCDE1234");
		window_memory(&cut.window, slice_of(exact, n));
		envelope_read(
			&cut.window, false, &everything, &cut.arena, &cut.record, &cut.envelope);
		assert_false(cut.envelope.complete);
		assert_true(cut.record.warnings & (WARN_TRUNCATED | WARN_SIZE));
		done(&cut);
	}
	done(&p);
}

/* Puts the numbers that are right in the place of S, the data size, and O, its offset. */
static void fill_size_record(struct image *image, const char *fields)
{
	struct buf text = {0};

	for (const char *c = fields; *c; c++) {
		if (*c == 'S')
			buf_printf(&text, "%zu", image->extracted - image->content);
		else if (*c == 'O')
			buf_printf(&text, "%zu", image->content);
		else
			buf_addc(&text, *c);
	}
	memcpy(image->bytes.ptr + 2, text.ptr ? text.ptr : "", text.len);
	buf_free(&text);
}

/* Whatever the size record says, all that is there is read. */
static void does_not_trust_the_size_record(void **state)
{
	static const struct {
		const char *fields;
		bool finished;
		uint32_t warnings;
	} cases[] = {
		{"          S             O", true, 0},
		{"S O 1 0 0", true, 0},
		{"S O 1 0 0 0 7 8 9", true, 0},
		{"S O x", true, 0},
		{"S", false, WARN_SIZE},
		{"0 0", false, WARN_SIZE},
		{"-1 -1 -1 -1 -1 2", false, WARN_SIZE},
		{"x y", false, WARN_SIZE},
		{"", false, WARN_SIZE},
		{"99999999999999999999 1", false, WARN_SIZE},
		{"9223372036854775807 9223372036854775807", true, WARN_SIZE},
		{"9223372036854775807 O", true, WARN_SIZE},
		{"1 O", true, WARN_SIZE},
		{"999999 O", true, WARN_SIZE},
		{"S 1", true, WARN_SIZE},
		{"1 1", true, WARN_SIZE},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct parsed p = {0};
		struct buf content = {0}, room = {0};

		buf_pad(&room, ' ', 100);
		image_add(&p.image, 'C', buf_str(&room));
		image_add(&p.image, 'T', "1700000000 1");
		image_add(&p.image, 'S', "a@example.com");
		image_add(&p.image, 'R', "b@example.org");
		image_content(&p.image, "hi");
		image_add(&p.image, 'R', "c@example.org");
		image_add(&p.image, 'E', "");
		fill_size_record(&p.image, cases[i].fields);
		parse(&p);
		if (p.record.warnings != cases[i].warnings)
			fail_msg("\"%s\": warnings %#x", cases[i].fields, p.record.warnings);
		assert_int_equal(p.envelope.finished, cases[i].finished);
		assert_true(p.record.size < (int64_t)p.image.bytes.len);
		assert_true(p.envelope.complete);
		assert_int_equal(p.record.nrcpts, 2);
		assert_int_equal(content_read(&p.window, &p.envelope, false, 1000, &content), 0);
		assert_string_equal(buf_str(&content), "Subject: hi\n\nHello.\n");
		buf_free(&room);
		buf_free(&content);
		done(&p);
	}
}

struct odd {
	const char *what;
	void (*build)(struct image *image);
	uint32_t warning;
};

static void fifth_length_byte(struct image *image)
{
	image_begin(image, "a@example.com");
	buf_add(&image->bytes, SLICE("R\x80\x80\x80\x80\x01"));
	buf_pad(&image->bytes, 'x', 200);
}

static void length_past_the_end(struct image *image)
{
	image_begin(image, "a@example.com");
	buf_add(&image->bytes, SLICE("R\xff\xff\xff\x7f"));
}

static void type_zero(struct image *image)
{
	image_begin(image, "a@example.com");
	image_record(image, '\0', SLICE("x"));
	image_add(image, 'E', "");
}

static void unknown_type(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, '?', "x");
	image_add(image, 'E', "");
}

static void pointer_to_itself(struct image *image)
{
	image_begin(image, "a@example.com");
	image_pointer(image, image->bytes.len);
	image_add(image, 'E', "");
}

static void pointer_loop(struct image *image)
{
	image_begin(image, "a@example.com");
	size_t start = image->bytes.len;
	image_add(image, 'R', "b@example.org");
	image_pointer(image, start);
	image_add(image, 'E', "");
}

static void pointer_behind_the_end(struct image *image)
{
	image_begin(image, "a@example.com");
	image_pointer(image, 999999);
	image_add(image, 'E', "");
}

static void negative_pointer(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'p', "             -1");
	image_add(image, 'E', "");
}

static void pointer_of_words(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'p', "nowhere");
	image_add(image, 'E', "");
}

static void no_sender(struct image *image)
{
	image_size(image, 6);
	image_add(image, 'T', "1700000000 1");
	image_add(image, 'R', "b@example.org");
	image_content(image, "hi");
	image_add(image, 'E', "");
	image_finish(image);
}

static void second_sender(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'S', "other@example.com");
	image_add(image, 'E', "");
}

static void size_that_lies(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'R', "b@example.org");
	image_content(image, "hi");
	image_add(image, 'E', "");
	image->extracted += 3;
	image_finish(image);
}

static void envelope_type_in_content(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'M', "");
	image_add(image, 'N', "Subject: x");
	image_add(image, 'R', "smuggled@example.org");
	image_add(image, 'E', "");
}

static void attribute_without_value(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'A', "sasl_username");
	image_add(image, 'E', "");
}

static void second_message(struct image *image)
{
	image_begin(image, "a@example.com");
	image_content(image, "hi");
	image_content(image, "again");
	image_add(image, 'E', "");
}

/* Without a size record each round would walk over all of the content. */
static void message_loop(struct image *image)
{
	image_begin(image, "a@example.com");
	size_t start = image->bytes.len;
	image_add(image, 'M', "");
	for (unsigned i = 0; i < 100 * 1000; i++)
		image_add(image, 'N', "line");
	image_add(image, 'X', "");
	image_pointer(image, start);
	image_add(image, 'E', "");
}

static void finished_message_loop(struct image *image)
{
	message_loop(image);
	image_finish(image);
}

static void no_end_of_content(struct image *image)
{
	image_begin(image, "a@example.com");
	image_add(image, 'M', "");
	image_add(image, 'N', "Subject: x");
}

static void names_what_is_odd(void **state)
{
	(void)state;
	static const struct odd cases[] = {
		{"a fifth length byte", fifth_length_byte, WARN_BAD_RECORD},
		{"a length past the end", length_past_the_end, WARN_TRUNCATED},
		{"type 0", type_zero, WARN_BAD_RECORD},
		{"an unknown type", unknown_type, WARN_BAD_RECORD},
		{"a pointer to itself", pointer_to_itself, WARN_BAD_POINTER},
		{"a loop of pointers", pointer_loop, WARN_BAD_POINTER},
		{"a pointer behind the end", pointer_behind_the_end, WARN_BAD_POINTER},
		{"a negative pointer", negative_pointer, WARN_BAD_POINTER},
		{"a pointer of words", pointer_of_words, WARN_BAD_POINTER},
		{"no sender", no_sender, WARN_NO_SENDER},
		{"two senders", second_sender, WARN_BAD_RECORD},
		{"a size that lies", size_that_lies, WARN_SIZE},
		{"an envelope record in the content", envelope_type_in_content, WARN_BAD_RECORD},
		{"an attribute without value", attribute_without_value, WARN_BAD_RECORD},
		{"two messages", second_message, WARN_BAD_RECORD},
		{"a loop over the message", message_loop, WARN_BAD_RECORD},
		{"a loop over a finished message", finished_message_loop, WARN_BAD_RECORD},
		{"content without an end", no_end_of_content, WARN_TRUNCATED},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct parsed p = {0};
		cases[i].build(&p.image);
		parse(&p);
		if (!(p.record.warnings & cases[i].warning))
			fail_msg("%s: warnings %#x", cases[i].what, p.record.warnings);
		done(&p);
	}
}

static void keeps_what_comes_before_the_damage(void **state)
{
	struct parsed p = {0};
	(void)state;

	fifth_length_byte(&p.image);
	parse(&p);
	assert_slice(p.record.sender, "a@example.com");
	assert_int_equal(p.record.arrival, 1700000000);
	done(&p);
}

static void bounds_the_recipients(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	for (unsigned i = 0; i < LIMIT_RECIPIENTS + 5; i++)
		image_add(&p.image, 'R', "b@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.nrcpts, LIMIT_RECIPIENTS);
	assert_true(p.record.warnings & WARN_TOO_MANY);
	done(&p);
}

static void bounds_the_records(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'R', "b@example.org");
	for (unsigned i = 0; i < LIMIT_RECORDS; i++)
		image_add(&p.image, 'A', "x=");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.warnings, WARN_TOO_MANY);
	assert_int_equal(p.record.nrcpts, 1);
	assert_false(p.envelope.complete);
	done(&p);
}

/* A loop of pointers around one long value: an end comes before the memory does. */
static void bounds_the_bytes_of_an_envelope(void **state)
{
	struct parsed p = {0};
	struct buf name = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	size_t loop = p.image.bytes.len;
	buf_pad(&name, 'x', 60000);
	image_record(&p.image, 'R', buf_slice(&name));
	image_pointer(&p.image, loop);
	parse(&p);
	assert_int_equal(p.record.warnings, WARN_TOO_MANY);
	assert_in_range(p.record.nrcpts, LIMIT_ENVELOPE / 60000 - 1, LIMIT_ENVELOPE / 60000);
	buf_free(&name);
	done(&p);
}

static void cuts_long_values(void **state)
{
	struct parsed p = {0};
	struct buf sender = {0};
	(void)state;

	buf_pad(&sender, 'a', LIMIT_VALUE + 100);
	image_size(&p.image, 6);
	image_record(&p.image, 'S', buf_slice(&sender));
	image_add(&p.image, 'E', "");
	parse(&p);
	assert_int_equal(p.record.sender.len, LIMIT_VALUE);
	assert_true(p.record.warnings & WARN_LONG_VALUE);
	assert_true(p.envelope.complete);
	buf_free(&sender);
	done(&p);
}

/* The end of the content cannot be looked up, and before it is what is no content. */
static void says_that_the_disk_failed(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'M', "");
	image_add(&p.image, 'R', "smuggled@example.org");
	for (unsigned i = 0; i < 5000; i++)
		image_add(&p.image, 'N', "line");
	image_add(&p.image, 'X', "");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	int fd = memfd_create("queue file", MFD_CLOEXEC);
	struct slice bytes = buf_slice(&p.image.bytes);
	assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
	assert_int_equal(window_open(&p.window, fd), 0);
	close(fd);
	p.window.fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p.record = record_unknown();
	envelope_read(&p.window, false, &everything, &p.arena, &p.record, &p.envelope);
	assert_true(p.record.warnings & WARN_UNREADABLE);
	assert_int_equal(p.window.sys, EISDIR);
	close(p.window.fd);
	window_close(&p.window);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_truncation_at_every_byte),
		cmocka_unit_test(does_not_trust_the_size_record),
		cmocka_unit_test(names_what_is_odd),
		cmocka_unit_test(keeps_what_comes_before_the_damage),
		cmocka_unit_test(bounds_the_recipients),
		cmocka_unit_test(bounds_the_records),
		cmocka_unit_test(bounds_the_bytes_of_an_envelope),
		cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(says_that_the_disk_failed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
