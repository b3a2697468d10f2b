#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/queue/record.h"
#include "formats/postfix/image.h"
#include "formats/postfix/records.h"

/* The types of all records that can be read, from offset 0, and the warnings. */
struct walked {
	char types[64];
	size_t count;
	uint32_t warnings;
};

static struct walked walk(struct slice bytes)
{
	struct walked walked = {0};
	struct arena arena = {0};
	struct window window;
	struct records records;
	struct record_view view;

	/* A copy of just that size, so that a sanitizer sees one byte too far. */
	char *exact = arena_alloc(&arena, bytes.len);
	if (bytes.len)
		memcpy(exact, bytes.ptr, bytes.len);
	window_memory(&window, slice_of(exact, bytes.len));
	records_start(&records, &window, 0);
	while (records_next(&records, &view)) {
		if (walked.count < sizeof(walked.types) - 1)
			walked.types[walked.count] = view.type;
		walked.count++;
	}
	walked.warnings = records.warnings;
	arena_free(&arena);
	return walked;
}

static void reads_every_width_of_length(void **state)
{
	/* The largest length of one, two and three bytes, and the next ones. */
	static const size_t lengths[] = {
		0, 1, 126, 127, 128, 129, 16383, 16384, 16385, 65535, 65536};
	(void)state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct image image = {0};
		struct buf data = {0};
		struct window window;
		struct records records;
		struct record_view view;

		buf_pad(&data, 'x', lengths[i]);
		image_add(&image, 'T', "before");
		image_record(&image, 'N', buf_slice(&data));
		image_add(&image, 'E', "");
		window_memory(&window, buf_slice(&image.bytes));
		records_start(&records, &window, 0);
		assert_true(records_next(&records, &view));
		assert_true(records_next(&records, &view));
		assert_int_equal(view.type, 'N');
		assert_int_equal(view.offset, 8);
		assert_int_equal(view.data.len, lengths[i]);
		assert_true(slice_eq(view.data, buf_slice(&data)));
		assert_true(records_next(&records, &view));
		assert_int_equal(view.type, 'E');
		assert_int_equal(records.warnings, 0);
		assert_false(records_next(&records, &view));
		assert_int_equal(records.warnings, WARN_TRUNCATED);
		buf_free(&data);
		image_free(&image);
	}
}

/* Of a long value only the beginning is read: its end must be there all the same. */
static void misses_the_end_of_a_long_value(void **state)
{
	struct image image = {0};
	struct buf data = {0};
	(void)state;

	buf_pad(&data, 'x', LIMIT_VALUE + 100);
	image_record(&image, 'N', buf_slice(&data));
	assert_int_equal(walk(buf_slice(&image.bytes)).count, 1);
	for (unsigned less = 1; less <= 100; less++) {
		struct walked walked = walk(slice_of(image.bytes.ptr, image.bytes.len - less));
		assert_int_equal(walked.count, 0);
		assert_int_equal(walked.warnings, WARN_TRUNCATED);
	}
	buf_free(&data);
	image_free(&image);
}

static void stops_at_what_cannot_be(void **state)
{
	static const struct {
		const char *what;
		struct slice bytes;
		const char *types; /* read before the end */
		uint32_t warnings;
	} cases[] = {
		{"nothing", SLICE(""), "", WARN_TRUNCATED},
		{"a type alone", SLICE("T"), "", WARN_TRUNCATED},
		{"a length cut short", SLICE("T\x80"), "", WARN_TRUNCATED},
		{"data cut short", SLICE("T\3ab"), "", WARN_TRUNCATED},
		{"no data at all", SLICE("T\1"), "", WARN_TRUNCATED},
		{"four bytes of length", SLICE("T\x81\x80\x80\0aE\0"), "TE", WARN_TRUNCATED},
		{"five bytes of length", SLICE("T\x81\x80\x80\x80\0a"), "", WARN_BAD_RECORD},
		{"five bytes of length, cut", SLICE("T\x81\x80\x80\x80"), "", WARN_BAD_RECORD},
		{"the longest length",
			SLICE("T\xff\xff\xff\x7f"
			      "a"),
			"", WARN_TRUNCATED},
		{"type 0", SLICE("E\0\0\0E\0"), "E", WARN_BAD_RECORD},
		{"type 0 with data", SLICE("\0\1a"), "", WARN_BAD_RECORD},
		{"a type of eight bits",
			SLICE("\xff\0"
			      "E\0"),
			"\xff"
			"E",
			WARN_TRUNCATED},
		{"a pointer of 0",
			SLICE("p\1"
			      "0E\0"),
			"E", WARN_TRUNCATED},
		{"a pointer of spaces and 0", SLICE("p\3  0E\0"), "E", WARN_TRUNCATED},
		{"a pointer without digits", SLICE("p\0E\0"), "", WARN_BAD_POINTER},
		{"a pointer of spaces", SLICE("p\2  E\0"), "", WARN_BAD_POINTER},
		{"a pointer with a sign", SLICE("p\2-4E\0"), "", WARN_BAD_POINTER},
		{"a pointer to the last byte",
			SLICE("p\1"
			      "4E\0"),
			"", WARN_TRUNCATED},
		{"a pointer behind the end",
			SLICE("p\1"
			      "5E\0"),
			"", WARN_BAD_POINTER},
		{"a pointer of 19 digits",
			SLICE("p\x13"
			      "9223372036854775807E\0"),
			"", WARN_BAD_POINTER},
		{"a pointer of 20 digits",
			SLICE("p\x14"
			      "18446744073709551616E\0"),
			"", WARN_BAD_POINTER},
		{"a pointer with a NUL",
			SLICE("p\2"
			      "3\0E\0"),
			"", WARN_BAD_POINTER},
		{"a pointer into its own data", SLICE("p\3  1E\0"), "", WARN_TRUNCATED},
		{"a pointer to itself",
			SLICE("E\0p\1"
			      "2"),
			"E", WARN_BAD_POINTER},
		{"a pointer forward",
			SLICE("p\1"
			      "6???E\0"),
			"E", WARN_TRUNCATED},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct walked walked = walk(cases[i].bytes);
		if (strcmp(walked.types, cases[i].types) != 0 ||
			walked.warnings != cases[i].warnings)
			fail_msg("%s: types \"%s\", warnings %#x", cases[i].what, walked.types,
				walked.warnings);
	}
}

/* LIMIT_POINTERS jumps back are followed, one more is not. */
static void follows_as_many_pointers_as_postfix(void **state)
{
	struct image image = {0};
	(void)state;

	image_add(&image, 'N', "again");
	image_pointer(&image, 0);
	struct walked walked = walk(buf_slice(&image.bytes));
	/* A target of 0 is a dummy: the file ends there. */
	assert_int_equal(walked.count, 1);

	buf_reset(&image.bytes);
	image_add(&image, 'w', "");
	size_t again = image.bytes.len;
	image_add(&image, 'N', "again");
	image_pointer(&image, again);
	walked = walk(buf_slice(&image.bytes));
	assert_int_equal(walked.count, 1 + LIMIT_POINTERS + 1);
	assert_int_equal(walked.warnings, WARN_BAD_POINTER);
	image_free(&image);
}

/* Pointers may be many when they lead forward: each is one record, and they end. */
static void follows_a_long_chain_forward(void **state)
{
	struct image image = {0};
	(void)state;

	for (unsigned i = 0; i < LIMIT_POINTERS + 100; i++)
		image_pointer(&image, image.bytes.len + 17);
	image_add(&image, 'E', "");
	struct walked walked = walk(buf_slice(&image.bytes));
	assert_string_equal(walked.types, "E");
	assert_int_equal(walked.warnings, WARN_TRUNCATED);
	image_free(&image);
}

static void bounds_the_records(void **state)
{
	struct image image = {0};
	(void)state;

	for (unsigned i = 0; i < LIMIT_RECORDS + 10; i++)
		buf_add(&image.bytes, SLICE("w\0"));
	struct walked walked = walk(buf_slice(&image.bytes));
	assert_int_equal(walked.count, LIMIT_RECORDS);
	assert_int_equal(walked.warnings, WARN_TOO_MANY);
	image_free(&image);
}

/* A file in memory that is opened as any other. */
static int file_of(struct slice bytes)
{
	int fd = memfd_create("queue file", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
	return fd;
}

/* Behind the first piece and back, record by record. */
static void reads_on_in_pieces(void **state)
{
	struct image image = {0};
	struct window window;
	struct records records;
	struct record_view view;
	uint64_t last = 0;
	(void)state;

	image_add(&image, 'S', "first@example.com");
	for (unsigned i = 0; i < 40; i++) {
		struct buf line = {0};
		buf_pad(&line, (char)('a' + i % 26), 5000);
		image_record(&image, 'N', buf_slice(&line));
		buf_free(&line);
	}
	int fd = file_of(buf_slice(&image.bytes));
	assert_int_equal(window_open(&window, fd), 0);
	assert_int_equal(window.size, image.bytes.len);
	records_start(&records, &window, 0);
	assert_true(records_next(&records, &view));
	assert_true(slice_eq(view.data, SLICE("first@example.com")));
	for (unsigned i = 0; i < 40; i++) {
		assert_true(records_next(&records, &view));
		assert_int_equal(view.data.len, 5000);
		for (size_t n = 0; n < view.data.len; n++)
			assert_int_equal(view.data.ptr[n], 'a' + i % 26);
		last = view.offset;
	}
	assert_false(records_next(&records, &view));
	records_start(&records, &window, 0);
	assert_true(records_next(&records, &view));
	assert_true(slice_eq(view.data, SLICE("first@example.com")));
	records_start(&records, &window, last);
	assert_true(records_next(&records, &view));
	assert_int_equal(view.data.ptr[4999], 'a' + 39 % 26);
	window_close(&window);
	close(fd);
	image_free(&image);
}

static void says_what_stopped_it(void **state)
{
	struct image image = {0};
	struct window window;
	struct records records;
	struct record_view view;
	(void)state;

	for (unsigned i = 0; i < 3000; i++)
		image_add(&image, 'N', "line");
	int fd = file_of(buf_slice(&image.bytes));
	/* What memory happens to hold must not be taken for records. */
	for (size_t i = 0; i < sizeof(window.room); i++)
		window.room[i] = i % 2 ? '\0' : 'N';

	/* The file became shorter behind the first piece. */
	assert_int_equal(window_open(&window, fd), 0);
	window.size += 100;
	records_start(&records, &window, 0);
	while (records_next(&records, &view))
		;
	assert_int_equal(records.warnings, WARN_TRUNCATED);
	assert_int_equal(records.at, image.bytes.len);
	window_close(&window);

	/* The disk fails behind the first piece. */
	assert_int_equal(window_open(&window, fd), 0);
	window.fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	records_start(&records, &window, 0);
	while (records_next(&records, &view))
		;
	assert_int_equal(records.warnings, WARN_UNREADABLE);
	assert_int_equal(window.sys, EISDIR);
	int folder = window.fd;
	window_close(&window);
	assert_int_equal(window_open(&window, folder), -1);
	assert_int_equal(errno, EISDIR);
	close(folder);
	close(fd);
	image_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_width_of_length),
		cmocka_unit_test(misses_the_end_of_a_long_value),
		cmocka_unit_test(stops_at_what_cannot_be),
		cmocka_unit_test(follows_as_many_pointers_as_postfix),
		cmocka_unit_test(follows_a_long_chain_forward),
		cmocka_unit_test(bounds_the_records),
		cmocka_unit_test(reads_on_in_pieces),
		cmocka_unit_test(says_what_stopped_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
