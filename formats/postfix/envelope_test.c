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
#include "formats/postfix/envelope.h"
#include "formats/postfix/image.h"

struct parsed {
	struct image image;
	struct arena arena;
	struct window window;
	struct record record;
	struct envelope envelope;
};

static const struct need everything = {
	.parts = NEED_RCPTS | NEED_SESSION | NEED_HEADERS | NEED_ATTRIBUTES};

static void parse_bytes(struct parsed *parsed, size_t length, bool submitted)
{
	parsed->record = record_unknown();
	parsed->record.queue_id = SLICE("ABCDE1234");
	window_memory(&parsed->window, slice_of(parsed->image.bytes.ptr, length));
	envelope_read(&parsed->window, submitted, &everything, &parsed->arena, &parsed->record,
		&parsed->envelope);
}

static void parse(struct parsed *parsed)
{
	parse_bytes(parsed, parsed->image.bytes.len, false);
}

static void done(struct parsed *parsed)
{
	image_free(&parsed->image);
	arena_free(&parsed->arena);
}

static void assert_slice(struct slice s, const char *text)
{
	assert_true(slice_known(s));
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.ptr, text, s.len);
}

static void assert_rcpt(
	const struct record *record, uint32_t i, const char *address, enum rcpt_state state)
{
	assert_true(i < record->nrcpts);
	assert_slice(record->rcpts[i].address, address);
	assert_int_equal(record->rcpts[i].state, state);
}

static void reads_a_plain_message(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "sender@example.com");
	image_add(&p.image, 'A', "sasl_method=PLAIN");
	image_add(&p.image, 'A', "sasl_username=bob@example.com");
	image_add(&p.image, 'A', "log_client_name=bot.example.net");
	image_add(&p.image, 'A', "log_client_address=203.0.113.7");
	image_add(&p.image, 'A', "log_helo_name=friend");
	image_add(&p.image, 'A', "log_protocol_name=ESMTP");
	image_add(&p.image, 'A', "client_address=203.0.113.7");
	image_add(&p.image, 'A', "notify_flags=2");
	image_add(&p.image, 'A', "dsn_orig_rcpt=rfc822;first@example.org");
	image_add(&p.image, 'O', "alias@example.org");
	image_add(&p.image, 'R', "first@example.org");
	image_add(&p.image, 'O', "second@example.org");
	image_add(&p.image, 'D', "second@example.org");
	image_add(&p.image, '/', "third@example.org");
	image_add(&p.image, 'p', "              0");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.warnings, 0);
	assert_true(p.envelope.complete && p.envelope.finished);
	assert_int_equal(p.record.arrival, 1700000000);
	assert_int_equal(p.record.created, 1700000001);
	assert_int_equal(p.record.size, p.image.extracted - p.image.content);
	assert_slice(p.record.sender, "sender@example.com");
	assert_slice(p.record.account, "bob@example.com");
	assert_int_equal(p.record.account_source, SOURCE_QUEUE);
	assert_slice(p.record.auth_method, "PLAIN");
	assert_slice(p.record.client_ip, "203.0.113.7");
	assert_slice(p.record.client_name, "bot.example.net");
	assert_slice(p.record.helo, "friend");
	assert_slice(p.record.protocol, "ESMTP");
	assert_false(slice_known(p.record.log_id)); /* its own id */
	assert_int_equal(p.record.nrcpts, 3);
	assert_rcpt(&p.record, 0, "first@example.org", RCPT_PENDING);
	assert_slice(p.record.rcpts[0].original, "alias@example.org");
	assert_slice(p.record.rcpts[0].orcpt, "rfc822;first@example.org");
	assert_int_equal(p.record.rcpts[0].notify, 2);
	assert_rcpt(&p.record, 1, "second@example.org", RCPT_DONE);
	assert_false(slice_known(p.record.rcpts[1].original)); /* the same address */
	assert_int_equal(p.record.rcpts[1].notify, 0);
	assert_rcpt(&p.record, 2, "third@example.org", RCPT_CANCELLED);
	done(&p);
}

static void reads_recipients_behind_the_content(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "");
	image_add(&p.image, 'R', "before@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'A', "message_id=<1@example.com>");
	image_add(&p.image, 'R', "after@example.org");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.warnings, 0);
	assert_slice(p.record.sender, "");
	assert_int_equal(p.record.nrcpts, 2);
	assert_rcpt(&p.record, 1, "after@example.org", RCPT_PENDING);
	done(&p);
}

/* As cleanup(8) leaves a file after a milter changed the sender and added a recipient. */
static void follows_pointers_into_the_heap(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "old@example.com");
	size_t sender = p.image.bytes.len - 2 - strlen("old@example.com");
	image_add(&p.image, 'A', "log_client_address=IPv6:2001:DB8:0::1");
	image_add(&p.image, 'R', "one@example.org");
	size_t more = image_pointer(&p.image, 0);
	size_t message = p.image.bytes.len;
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	size_t heap = p.image.bytes.len;
	image_add(&p.image, 'S', "new@example.com");
	image_pointer(&p.image, sender + 2 + 15);
	size_t heap2 = p.image.bytes.len;
	image_add(&p.image, 'O', "two@example.org");
	image_add(&p.image, 'R', "two@example.org");
	image_pointer(&p.image, message);
	/* The old sender is 15 bytes long: a pointer takes its place to the byte. */
	p.image.bytes.ptr[sender] = 'p';
	image_point(&p.image, sender, heap);
	image_point(&p.image, more, heap2);
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.warnings, 0);
	assert_slice(p.record.sender, "new@example.com");
	assert_slice(p.record.client_ip, "2001:db8::1");
	assert_int_equal(p.record.nrcpts, 2);
	assert_rcpt(&p.record, 1, "two@example.org", RCPT_PENDING);
	assert_true(p.record.rcpts[1].offset > p.record.rcpts[0].offset);
	done(&p);
}

static void tells_a_filters_copy(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_size(&p.image, 6);
	image_add(&p.image, 'T', "1700000000 1");
	image_add(&p.image, 'A', "log_ident=4X3vqF3RdBz5Yqn");
	image_add(&p.image, 'S', "bob@example.com");
	image_add(&p.image, 'A', "log_client_address=203.0.113.7");
	image_add(&p.image, 'A', "client_address=127.0.0.1");
	image_add(&p.image, 'R', "one@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_slice(p.record.log_id, "4X3vqF3RdBz5Yqn");
	assert_slice(p.record.client_ip, "203.0.113.7");
	assert_slice(p.record.peer_ip, "127.0.0.1");
	assert_false(slice_known(p.record.account));
	assert_int_equal(p.record.account_source, SOURCE_NONE);
	done(&p);
}

static void reads_every_width_of_the_size_record(void **state)
{
	(void)state;
	for (unsigned fields = 3; fields <= 6; fields++) {
		struct parsed p = {0};
		image_size(&p.image, fields);
		image_add(&p.image, 'T', "1700000000");
		image_add(&p.image, 'S', "a@example.com");
		image_add(&p.image, 'R', "b@example.org");
		image_content(&p.image, "hi");
		image_add(&p.image, 'E', "");
		image_finish(&p.image);
		parse(&p);
		assert_int_equal(p.record.warnings, 0);
		assert_true(p.envelope.finished);
		assert_int_equal(p.record.arrival, 1700000000);
		assert_int_equal(p.record.nrcpts, 1);
		done(&p);
	}
}

static void reads_a_submission_without_size(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_add(&p.image, 'T', "1700000000 5");
	image_add(&p.image, 'F', "Alice");
	image_add(&p.image, 'S', "alice");
	image_add(&p.image, 'R', "b@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'R', "c@example.org"); /* sendmail -t */
	image_add(&p.image, 'E', "");
	parse_bytes(&p, p.image.bytes.len, true);
	assert_int_equal(p.record.warnings, 0);
	assert_true(p.envelope.complete);
	assert_int_equal(p.record.nrcpts, 2);
	done(&p);
}

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

/* Attributes behind the usual beginning, and what becomes of them. */
static void parse_attributes(struct parsed *p, const char *const *attributes)
{
	image_begin(&p->image, "a@example.com");
	for (size_t i = 0; attributes[i]; i++)
		image_add(&p->image, 'A', attributes[i]);
	image_add(&p->image, 'R', "b@example.org");
	image_content(&p->image, "hi");
	image_add(&p->image, 'E', "");
	image_finish(&p->image);
	parse(p);
}

static void gives_client_addresses_one_form(void **state)
{
	static const struct {
		const char *written;
		const char *address; /* NULL: unknown */
	} cases[] = {
		{"log_client_address=203.0.113.7", "203.0.113.7"},
		{"log_client_address = 203.0.113.7 ", "203.0.113.7"},
		{"log_client_address=[203.0.113.7]", "203.0.113.7"},
		{"log_client_address=::ffff:203.0.113.7", "203.0.113.7"},
		{"log_client_address=0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"},
		{"log_client_address=IPv6:2001:DB8:0:0::1", "2001:db8::1"},
		{"log_client_address=2001:db8:0::1", "2001:db8::1"},
		{"log_client_address=unknown", NULL},
		{"log_client_address=203.0.113.7.", NULL},
		{"log_client_address=203.0.113.07", NULL},
		{"log_client_address=203.0.113", NULL},
		{"log_client_address=\033[31m", NULL},
		{"log_client_address=", NULL},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct parsed p = {0};
		parse_attributes(&p, (const char *const[]){cases[i].written, NULL});
		struct slice wanted = slice_cstr(cases[i].address);
		if (slice_known(wanted) != slice_known(p.record.client_ip) ||
			!slice_eq(wanted, p.record.client_ip))
			fail_msg("%s: got %.*s", cases[i].written, SLICE_ARG(p.record.client_ip));
		assert_int_equal(
			p.record.client_source, cases[i].address ? SOURCE_QUEUE : SOURCE_NONE);
		assert_int_equal(p.record.warnings, 0);
		done(&p);
	}
}

static void takes_the_first_of_each_attribute(void **state)
{
	struct parsed p = {0};
	(void)state;

	parse_attributes(&p,
		(const char *const[]){"sasl_username = bob=x@example.com ",
			"sasl_username=eve@example.com", "sasl_method=", "log_client_name=UNKNOWN",
			"log_message_origin=local", "create_time=1700000005", "create_time=-1",
			"create_time=253402300800", "=", "x=", NULL});
	assert_int_equal(p.record.warnings, 0);
	assert_slice(p.record.account, "bob=x@example.com");
	assert_slice(p.record.auth_method, "");
	assert_false(slice_known(p.record.client_name));
	assert_true(p.record.made_here);
	assert_int_equal(p.record.created, 1700000005);
	assert_int_equal(p.record.nattributes, 13);
	assert_slice(p.record.attributes[3].name, "sasl_username");
	assert_slice(p.record.attributes[4].value, "eve@example.com");
	assert_slice(p.record.attributes[11].name, "");
	done(&p);
}

/* Before Postfix 2.3 the bare names were the client's. */
static void reads_old_client_attributes(void **state)
{
	struct parsed p = {0};
	(void)state;

	parse_attributes(&p,
		(const char *const[]){"client_address=203.0.113.7", "client_name=bot.example.net",
			"helo_name=friend", "protocol_name=SMTP", NULL});
	assert_slice(p.record.client_ip, "203.0.113.7");
	assert_slice(p.record.peer_ip, "203.0.113.7");
	assert_slice(p.record.client_name, "bot.example.net");
	assert_slice(p.record.helo, "friend");
	assert_slice(p.record.protocol, "SMTP");
	done(&p);
}

static void binds_prefixes_to_the_next_recipient(void **state)
{
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'A', "notify_flags=255");
	image_add(&p.image, 'A', "dsn_orig_rcpt=rfc822;one@example.org");
	image_add(&p.image, 'O', "first");
	image_add(&p.image, 'O', "one@example.org");
	image_add(&p.image, 'w', "");
	image_add(&p.image, '/', "1@example.org");
	image_add(&p.image, 'R', "2@example.org");
	image_add(&p.image, 'A', "notify_flags=x");
	image_add(&p.image, 'O', "");
	image_add(&p.image, 'R', "3@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	parse(&p);
	assert_int_equal(p.record.nrcpts, 3);
	assert_slice(p.record.rcpts[0].original, "one@example.org");
	assert_slice(p.record.rcpts[0].orcpt, "rfc822;one@example.org");
	assert_int_equal(p.record.rcpts[0].notify, 15);
	for (unsigned i = 1; i < 3; i++) {
		assert_false(slice_known(p.record.rcpts[i].original));
		assert_false(slice_known(p.record.rcpts[i].orcpt));
		assert_int_equal(p.record.rcpts[i].notify, 0);
	}
	done(&p);
}

static void reads_times_or_none(void **state)
{
	static const struct {
		const char *text;
		int64_t arrival;
		int32_t usec;
	} cases[] = {
		{"1700000000 123456", 1700000000, 123456},
		{"1700000000 999999 7", 1700000000, 999999},
		{"1700000000 1000000", 1700000000, -1},
		{"1700000000 -1", 1700000000, -1},
		{"1700000000 x", 1700000000, -1},
		{"  1700000000", 1700000000, -1},
		{"0 0", 0, 0},
		{"253402300799 0", 253402300799, 0}, /* the end of the year 9999 */
		{"253402300800 0", -1, -1},
		{"9223372036854775807 0", -1, -1},
		{"9223372036854775808 0", -1, -1},
		{"-1 0", -1, -1},
		{"17x 0", -1, -1},
		{" ", -1, -1},
		{"", -1, -1},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct parsed p = {0};
		image_size(&p.image, 6);
		image_add(&p.image, 'T', cases[i].text);
		image_add(&p.image, 'S', "a@example.com");
		image_content(&p.image, "hi");
		image_add(&p.image, 'E', "");
		image_finish(&p.image);
		parse(&p);
		if (p.record.arrival != cases[i].arrival)
			fail_msg("\"%s\" is %lld", cases[i].text, (long long)p.record.arrival);
		if (p.record.usec != cases[i].usec)
			fail_msg("\"%s\": %d us", cases[i].text, p.record.usec);
		done(&p);
	}
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

/* Of a list with many recipients, long behind the first piece: all values stay what they were. */
static void keeps_values_of_all_pieces(void **state)
{
	struct parsed p = {0};
	char address[64];
	(void)state;

	image_begin(&p.image, "sender@example.com");
	image_add(&p.image, 'A', "sasl_username=first");
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "rcpt%u@example.org", i);
		image_add(&p.image, 'O', "list@example.com");
		image_add(&p.image, 'R', address);
	}
	image_add(&p.image, 'A', "client_address=192.0.2.1");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	int fd = memfd_create("queue file", MFD_CLOEXEC);
	struct slice bytes = buf_slice(&p.image.bytes);
	assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
	assert_int_equal(window_open(&p.window, fd), 0);
	p.window.piece = 3000;
	p.record = record_unknown();
	envelope_read(&p.window, false, &everything, &p.arena, &p.record, &p.envelope);
	window_close(&p.window);
	memset(p.window.room, 'x', sizeof(p.window.room));
	assert_int_equal(p.record.warnings, 0);
	assert_slice(p.record.sender, "sender@example.com");
	assert_slice(p.record.account, "first");
	assert_slice(p.record.client_ip, "192.0.2.1");
	assert_int_equal(p.record.nrcpts, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "rcpt%u@example.org", i);
		assert_rcpt(&p.record, i, address, RCPT_PENDING);
		assert_slice(p.record.rcpts[i].original, "list@example.com");
	}
	close(fd);
	done(&p);
}

/* What nobody asked for takes no memory; how many recipients there are is always told. */
static void keeps_only_what_is_asked_for(void **state)
{
	static const struct need nothing = {0};
	struct parsed p = {0};
	(void)state;

	image_begin(&p.image, "a@example.com");
	image_add(&p.image, 'A', "client_name=mail.example.net");
	image_add(&p.image, 'A', "client_address=192.0.2.1");
	image_add(&p.image, 'O', "list@example.com");
	image_add(&p.image, 'R', "b@example.org");
	image_add(&p.image, 'D', "c@example.org");
	image_content(&p.image, "hi");
	image_add(&p.image, 'E', "");
	image_finish(&p.image);
	p.record = record_unknown();
	window_memory(&p.window, buf_slice(&p.image.bytes));
	envelope_read(&p.window, false, &nothing, &p.arena, &p.record, &p.envelope);
	assert_int_equal(p.record.warnings, 0);
	assert_slice(p.record.client_ip, "192.0.2.1");
	assert_false(slice_known(p.record.client_name));
	assert_int_equal(p.record.nrcpts, 2);
	assert_false(slice_known(p.record.rcpts[0].address));
	assert_false(slice_known(p.record.rcpts[0].original));
	assert_int_equal(p.record.rcpts[1].state, RCPT_DONE);
	assert_int_equal(p.record.nattributes, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_plain_message),
		cmocka_unit_test(reads_recipients_behind_the_content),
		cmocka_unit_test(follows_pointers_into_the_heap),
		cmocka_unit_test(tells_a_filters_copy),
		cmocka_unit_test(reads_every_width_of_the_size_record),
		cmocka_unit_test(reads_a_submission_without_size),
		cmocka_unit_test(survives_truncation_at_every_byte),
		cmocka_unit_test(gives_client_addresses_one_form),
		cmocka_unit_test(takes_the_first_of_each_attribute),
		cmocka_unit_test(reads_old_client_attributes),
		cmocka_unit_test(binds_prefixes_to_the_next_recipient),
		cmocka_unit_test(reads_times_or_none),
		cmocka_unit_test(does_not_trust_the_size_record),
		cmocka_unit_test(names_what_is_odd),
		cmocka_unit_test(keeps_what_comes_before_the_damage),
		cmocka_unit_test(bounds_the_recipients),
		cmocka_unit_test(bounds_the_records),
		cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(joins_lines_and_stops_behind_the_headers),
		cmocka_unit_test(reads_edited_content),
		cmocka_unit_test(content_loops_end),
		cmocka_unit_test(says_that_the_disk_failed),
		cmocka_unit_test(keeps_values_of_all_pieces),
		cmocka_unit_test(keeps_only_what_is_asked_for),
		cmocka_unit_test(bounds_the_bytes_of_an_envelope),
		cmocka_unit_test(content_is_no_longer_than_its_file),
		cmocka_unit_test(content_needs_a_place_in_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
