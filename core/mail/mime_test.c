#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/test_slice.h"
#include "core/mail/mime.h"

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct mime parse(struct slice message)
{
	struct mime mime;
	mime_parse(&arena, message, &mime);
	return mime;
}

/* One line for each part: depth, number, type, its body in brackets where it is a leaf. */
static void assert_shape(struct slice message, const char *want)
{
	struct mime mime = parse(message);
	struct buf out = {0};

	for (uint32_t i = 0; i < mime.count; i++) {
		const struct mime_part *part = &mime.parts[i];
		buf_pad(&out, ' ', part->depth);
		mime_number(&mime, i, &out);
		buf_printf(&out, " %.*s", SLICE_ARG(part->type));
		if (!part->container)
			buf_printf(&out, " [%.*s]", SLICE_ARG(part->body));
		buf_addc(&out, '\n');
	}
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

/* Names of the warnings of all parts, each with a blank behind it. */
static void assert_odd(struct slice message, const char *want)
{
	struct mime mime = parse(message);
	struct buf out = {0};

	for (unsigned bit = 0; bit < 32; bit++)
		if (mime.warnings & 1u << bit)
			buf_printf(&out, "%s ", mime_warning_name((enum mime_warning)(1u << bit)));
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static void a_message_without_mime_is_text(void **state)
{
	(void)state;
	assert_shape(SLICE("Subject: a\n\nhello\n"), "1 text/plain [hello\n]\n");
	assert_shape(SLICE("Subject: a\r\n\r\nhello\r\n"), "1 text/plain [hello\r\n]\n");
	assert_shape(SLICE("\nhello\n"), "1 text/plain [hello\n]\n");
	assert_shape(SLICE("Subject: no body\n"), "1 text/plain []\n");
	assert_shape(SLICE(""), "1 text/plain []\n");
	assert_shape((struct slice){0}, "1 text/plain []\n");
	assert_odd(SLICE("Subject: a\n\n--\nhello\n--x\n"), "");
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void a_multipart_has_its_parts(void **state)
{
	(void)state;
	assert_shape(SLICE(MIXED "preamble\n"
				 "--b\nContent-Type: text/html\n\n<p>one\n\n"
				 "--b\n\ntwo\n"
				 "--b--\nepilogue\n"),
		" multipart/mixed\n 1 text/html [<p>one\n]\n 2 text/plain [two]\n");
	assert_shape(
		SLICE("Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\n"
		      "--b c\r\nContent-Type: TEXT/X\r\n\r\none\r\n--b c  \r\n\r\n--b c-- \r\n"),
		" multipart/mixed\n 1 text/x [one]\n 2 text/plain []\n");
	assert_odd(SLICE(MIXED "--b\n\none\n--b--"), "");
}

static void multiparts_nest(void **state)
{
	struct slice message =
		SLICE(MIXED "--b\nContent-Type: multipart/alternative; boundary=\"bb\"\n\n"
			    "--bb\n\none\n--bb\nContent-Type: text/html\n\ntwo\n--bb--\n\n"
			    "--b\nContent-Type: image/png\n\nthree\n--b--\n");
	(void)state;
	assert_shape(message,
		" multipart/mixed\n 1 multipart/alternative\n  1.1 text/plain [one]\n"
		"  1.2 text/html [two]\n 2 image/png [three]\n");
	assert_odd(message, "");
}

/* The only line break in front of a boundary is that of the headers, and not the part's. */
static void an_empty_part_lies_in_the_one_around_it(void **state)
{
	struct slice message =
		SLICE(MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n--b--\n");
	(void)state;
	assert_shape(message, " multipart/mixed\n 1 multipart/mixed\n  1.1 text/plain []\n");
	struct mime mime = parse(message);
	assert_ptr_equal(mime.parts[1].body.ptr + mime.parts[1].body.len, mime.parts[2].body.ptr);
}

/* The shorter boundary is inside: each of its lines could be a prefix of the other's. */
static void a_boundary_may_be_the_start_of_another(void **state)
{
	struct slice message = SLICE("Content-Type: multipart/mixed; boundary=bb\n\n"
				     "--bb\nContent-Type: multipart/mixed; boundary=b\n\n"
				     "--b\n\none\n--b--\n--bb\n\ntwo\n--bb--\n");
	(void)state;
	assert_shape(message,
		" multipart/mixed\n 1 multipart/mixed\n  1.1 text/plain [one]\n"
		" 2 text/plain [two]\n");
	assert_odd(message, "");
}

static void a_message_in_a_message_is_entered(void **state)
{
	struct slice plain = SLICE(MIXED "--b\nContent-Type: message/rfc822\n\n"
					 "Subject: inner\n\ntext\n--b--\n");
	struct slice multi = SLICE(MIXED
		"--b\n\none\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n"
		"Content-Type: multipart/mixed; boundary=i\n\n--i\n\nA\n--i\n\nB\n--i--\n--b--\n");
	(void)state;
	assert_shape(plain, " multipart/mixed\n 1 message/rfc822\n  1.1 text/plain [text]\n");
	assert_shape(multi,
		" multipart/mixed\n 1 text/plain [one]\n 2 message/rfc822\n"
		"   multipart/mixed\n   2.1 text/plain [A]\n   2.2 text/plain [B]\n");
	assert_shape(SLICE("Content-Type: message/rfc822\n\nContent-Type: text/x\n\ny"),
		"1 message/rfc822\n 1.1 text/x [y]\n");
}

static void in_a_digest_lie_messages(void **state)
{
	(void)state;
	assert_shape(
		SLICE("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n"
		      "--b\nContent-Type: text/plain\n\ntwo\n--b--\n"),
		" multipart/digest\n 1 message/rfc822\n  1.1 text/plain [one]\n"
		" 2 text/plain [two]\n");
}

static void parts_are_found_by_their_number(void **state)
{
	struct mime mime =
		parse(SLICE(MIXED "--b\n\n--b\nContent-Type: message/rfc822\n\n\nx\n--b--"));
	(void)state;
	assert_int_equal(mime.count, 4);
	assert_int_equal(mime_find(&mime, SLICE("1")), 1);
	assert_int_equal(mime_find(&mime, SLICE("2")), 2);
	assert_int_equal(mime_find(&mime, SLICE("2.1")), 3);
	assert_int_equal(mime_find(&mime, SLICE("")), MIME_NONE);
	assert_int_equal(mime_find(&mime, SLICE("2.")), MIME_NONE);
	assert_int_equal(mime_find(&mime, SLICE("3")), MIME_NONE);
}

static void what_is_odd_is_told(void **state)
{
	static const struct {
		struct slice message;
		const char *odd;
		const char *shape;
	} cases[] = {
		{SLICE(MIXED "--b\n\none\n"), "no-end ",
			" multipart/mixed\n 1 text/plain [one\n]\n"},
		{SLICE(MIXED "text\n"), "no-parts no-end ", "1 multipart/mixed [text\n]\n"},
		{SLICE("Content-Type: multipart/mixed\n\n--b\n\none\n"), "no-boundary ",
			"1 multipart/mixed [--b\n\none\n]\n"},
		{SLICE("Content-Type: multipart/mixed; boundary=\"\"\n\ntext"), "no-boundary ",
			"1 multipart/mixed [text]\n"},
		{SLICE(MIXED "--b\n\none\n--b--\n--b\n\nhidden\n"), "after-end ",
			" multipart/mixed\n 1 text/plain [one]\n"},
		{SLICE(MIXED "--b\n\none\n--bad\n\ntwo\n--b--"), "like-boundary ",
			" multipart/mixed\n 1 text/plain [one\n--bad\n\ntwo]\n"},
		{SLICE(MIXED "--b\nContent-Type: multipart/mixed; "
			     "boundary=b\n\n--b\n\none\n--b--\n--b--\n"),
			"same-boundary ",
			" multipart/mixed\n 1 multipart/mixed\n  1.1 text/plain [one]\n"},
		{SLICE(MIXED "--b\nContent-Type: text/html\nno header\n--b--"), "bad-header ",
			" multipart/mixed\n 1 text/html [no header]\n"},
		{SLICE(MIXED "--b\ntext at once\n--b--"), "bad-header ",
			" multipart/mixed\n 1 text/plain [text at once]\n"},
		{SLICE("Content-Type: text\n\nx"), "bad-type ", "1 text/plain [x]\n"},
		{SLICE("Content-Type: /html\n\nx"), "bad-type ", "1 text/plain [x]\n"},
		{SLICE("Content-Type: text/\n\nx"), "bad-type ", "1 text/plain [x]\n"},
		{SLICE("Content-Type:\n\nx"), "bad-type ", "1 text/plain [x]\n"},
		{SLICE("Content-Type: text/html; charset=\"x\n\nx"), "bad-parameter ",
			"1 text/html [x]\n"},
		{SLICE("Content-Type: text/html; charset=a; charset=b\n\nx"), "twice ",
			"1 text/html [x]\n"},
		{SLICE("Content-Type: text/html\nContent-Type: text/plain\n\nx"), "twice ",
			"1 text/html [x]\n"},
		{SLICE("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\neA=="),
			"encoded ", "1 message/rfc822 [eA==]\n"},
		{SLICE("Content-Transfer-Encoding: base64\n" MIXED "--b\n\none\n--b--"), "encoded ",
			" multipart/mixed\n 1 text/plain [one]\n"},
		{SLICE("Content-Transfer-Encoding: x-rot13\n\nx"), "bad-encoding ",
			"1 text/plain [x]\n"},
		{SLICE("Content-Transfer-Encoding: 8BIT (as it is)\n\nx"), "",
			"1 text/plain [x]\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_odd(cases[i].message, cases[i].odd);
		assert_shape(cases[i].message, cases[i].shape);
	}
}

static void a_long_boundary_is_told_and_works(void **state)
{
	struct slice message = SLICE(
		"Content-Type: multipart/mixed; boundary=\"" /* 71 bytes */
		"12345678901234567890123456789012345678901234567890123456789012345678901\"\n\n"
		"--12345678901234567890123456789012345678901234567890123456789012345678901\n\none\n"
		"--12345678901234567890123456789012345678901234567890123456789012345678901--\n");
	(void)state;
	assert_odd(message, "long-boundary ");
	assert_int_equal(parse(message).count, 2);
}

static void headers_that_a_boundary_cuts_off_are_read(void **state)
{
	struct slice message = SLICE(MIXED "--b\nContent-Type: text/html\n--b\n"
					   "Content-Type: message/rfc822\n--b\n"
					   "Content-Type: multipart/mixed;\n boundary=x\n--b--\n");
	(void)state;
	assert_shape(message,
		" multipart/mixed\n 1 text/html []\n 2 message/rfc822 []\n"
		" 3 multipart/mixed []\n");
	assert_slice(parse(message).parts[1].headers, "Content-Type: text/html\n");
}

static void the_facts_of_a_part_are_read(void **state)
{
	struct mime mime = parse(
		SLICE("Subject: x\nContent-Type: Text/HTML (the page); charset=\"ISO-8859-1\";\n"
		      "\tname=\"page.html\"\nContent-Disposition: INLINE\n"
		      "Content-Transfer-Encoding: Quoted-Printable\n\nbody\n"));
	const struct mime_part *part = mime.parts;
	(void)state;
	assert_slice(part->type, "text/html");
	assert_slice(part->charset, "ISO-8859-1");
	assert_slice(part->disposition, "inline");
	assert_slice(part->filename, "page.html");
	assert_slice(part->filename_charset, NULL);
	assert_int_equal(part->encoding, MIME_QUOTED_PRINTABLE);
	assert_int_equal(part->parent, MIME_NONE);
	assert_true(mime_is(part, SLICE("text/")));
	assert_false(mime_is(part, SLICE("image/")));
	assert_int_equal(slice_find(part->headers, SLICE("Subject: x\n")), 0);
	assert_true(slice_ends_fold(part->headers, SLICE("Printable\n")));

	mime = parse(SLICE("Content-Type: application/pdf; name=\"other\"\n"
			   "Content-Disposition: attachment; filename*0*=utf-8''%e2%82;\n"
			   " filename*1*=%ac; filename*2=\".pdf\"\n"
			   "Content-Transfer-Encoding: base64\n\n"));
	assert_slice(mime.parts->filename, "\xe2\x82\xac.pdf");
	assert_slice(mime.parts->filename_charset, "utf-8");
	assert_slice(mime.parts->disposition, "attachment");
	assert_slice(mime.parts->charset, NULL);
	assert_int_equal(mime.parts->encoding, MIME_BASE64);
}

/* n multiparts within each other, each of whose boundaries is its number. */
static struct mime nested(unsigned n, struct buf *text)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(text, "Content-Type: multipart/mixed; boundary=%u\n\n--%u\n", i, i);
	buf_printf(text, "\nthe core\n");
	return parse(buf_slice(text));
}

static void depth_has_a_bound(void **state)
{
	struct buf text = {0}, number = {0};
	(void)state;
	struct mime mime = nested(LIMIT_MIME_DEPTH, &text);
	assert_int_equal(mime.count, LIMIT_MIME_DEPTH + 1);
	assert_false(mime.warnings & MIME_TOO_DEEP);
	assert_slice(mime.parts[LIMIT_MIME_DEPTH].body, "the core\n");

	buf_reset(&text);
	mime = nested(LIMIT_MIME_DEPTH * 10, &text);
	assert_int_equal(mime.count, LIMIT_MIME_DEPTH + 1);
	const struct mime_part *last = &mime.parts[LIMIT_MIME_DEPTH];
	assert_true(last->warnings & MIME_TOO_DEEP);
	assert_false(last->container);
	assert_true(slice_ends_fold(last->body, SLICE("the core\n")));
	mime_number(&mime, LIMIT_MIME_DEPTH, &number);
	assert_int_equal(mime_find(&mime, buf_slice(&number)), LIMIT_MIME_DEPTH);
	buf_free(&text);
	buf_free(&number);
}

static void the_number_of_parts_has_a_bound(void **state)
{
	struct buf text = {0};
	(void)state;
	buf_add(&text, SLICE(MIXED));
	for (unsigned i = 1; i < LIMIT_MIME_PARTS; i++)
		buf_printf(&text, "--b\n\n%u\n", i);
	struct mime mime = parse(buf_slice(&text));
	assert_int_equal(mime.count, LIMIT_MIME_PARTS);
	assert_false(mime.warnings & MIME_TOO_MANY);
	assert_slice(mime.parts[LIMIT_MIME_PARTS - 1].body, "999\n");

	buf_printf(&text, "--b\n\nmore\n--b--\n");
	mime = parse(buf_slice(&text));
	assert_int_equal(mime.count, LIMIT_MIME_PARTS);
	assert_true(mime.parts[0].warnings & MIME_TOO_MANY);
	assert_slice(mime.parts[LIMIT_MIME_PARTS - 1].body, "999");

	/* The last that is allowed holds a message. */
	buf_reset(&text);
	buf_add(&text, SLICE(MIXED));
	for (unsigned i = 1; i < LIMIT_MIME_PARTS - 1; i++)
		buf_printf(&text, "--b\n\n");
	buf_printf(&text, "--b\nContent-Type: message/rfc822\n\nSubject: x\n\n");
	mime = parse(buf_slice(&text));
	assert_int_equal(mime.count, LIMIT_MIME_PARTS);
	assert_false(mime.parts[LIMIT_MIME_PARTS - 1].container);
	assert_true(mime.parts[LIMIT_MIME_PARTS - 1].warnings & MIME_TOO_MANY);
	buf_free(&text);
}

static void every_warning_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		enum mime_warning bit = (enum mime_warning)(1u << i);
		assert_int_equal(mime_warning_text(bit) != NULL, bit <= MIME_OTHER_TYPE && i < 31);
		assert_int_equal(mime_warning_name(bit) != NULL, mime_warning_text(bit) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_message_without_mime_is_text, free_arena),
		cmocka_unit_test_teardown(a_multipart_has_its_parts, free_arena),
		cmocka_unit_test_teardown(multiparts_nest, free_arena),
		cmocka_unit_test_teardown(an_empty_part_lies_in_the_one_around_it, free_arena),
		cmocka_unit_test_teardown(a_boundary_may_be_the_start_of_another, free_arena),
		cmocka_unit_test_teardown(a_message_in_a_message_is_entered, free_arena),
		cmocka_unit_test_teardown(in_a_digest_lie_messages, free_arena),
		cmocka_unit_test_teardown(parts_are_found_by_their_number, free_arena),
		cmocka_unit_test_teardown(what_is_odd_is_told, free_arena),
		cmocka_unit_test_teardown(a_long_boundary_is_told_and_works, free_arena),
		cmocka_unit_test_teardown(headers_that_a_boundary_cuts_off_are_read, free_arena),
		cmocka_unit_test_teardown(the_facts_of_a_part_are_read, free_arena),
		cmocka_unit_test_teardown(depth_has_a_bound, free_arena),
		cmocka_unit_test_teardown(the_number_of_parts_has_a_bound, free_arena),
		cmocka_unit_test(every_warning_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
