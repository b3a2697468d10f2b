#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/postfix/test_envelope.h"

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

static void tells_probes_from_mail(void **state)
{
	static const struct {
		const char *flags;
		bool probe;
	} cases[] = {
		{"trace_flags=256", true},
		{"trace_flags=512", true},
		{"trace_flags=1024", false}, /* sendmail -v: delivered all the same */
		{"trace_flags=0", false},
		{"trace_flags=many", false},
		{"rewrite_context=local", false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct parsed p = {0};
		parse_attributes(&p, (const char *const[]){cases[i].flags, NULL});
		if (p.record.probe != cases[i].probe)
			fail_msg("%s", cases[i].flags);
		done(&p);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_plain_message),
		cmocka_unit_test(reads_recipients_behind_the_content),
		cmocka_unit_test(follows_pointers_into_the_heap),
		cmocka_unit_test(tells_a_filters_copy),
		cmocka_unit_test(reads_every_width_of_the_size_record),
		cmocka_unit_test(reads_a_submission_without_size),
		cmocka_unit_test(gives_client_addresses_one_form),
		cmocka_unit_test(takes_the_first_of_each_attribute),
		cmocka_unit_test(tells_probes_from_mail),
		cmocka_unit_test(reads_old_client_attributes),
		cmocka_unit_test(binds_prefixes_to_the_next_recipient),
		cmocka_unit_test(reads_times_or_none),
		cmocka_unit_test(keeps_values_of_all_pieces),
		cmocka_unit_test(keeps_only_what_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
