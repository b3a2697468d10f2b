/* The mail of testdata/mail, taken apart in a real sandbox; and answers that a liar would give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/escape.h"
#include "core/base/xalloc.h"
#include "core/mail/view_wire.h"

enum { LONGEST = 64 * 1024 * 1024, TEXT_SHOWN = 300, PARTS_SHOWN = 12 };

/* ---- a view as lines, for a golden file ---- */

static void add(struct buf *out, const char *name, struct slice text)
{
	if (!slice_known(text))
		return;
	buf_printf(out, "%s", name);
	escape_text(out, slice_upto(text, TEXT_SHOWN), ESCAPE_UTF8);
	if (text.len > TEXT_SHOWN)
		buf_printf(out, "... (%zu bytes)", text.len);
}

static void print_part(struct buf *out, const struct view_part *part)
{
	add(out, "part ", part->number);
	add(out, " ", part->type);
	add(out, ", really ", part->real_type);
	add(out, ", charset ", part->charset);
	add(out, ", ", part->encoding);
	add(out, ", disposition ", part->disposition);
	add(out, ", file ", part->filename);
	buf_printf(out, ", %lld bytes", (long long)part->bytes);
	add(out, "\n  sha256 ", part->sha256);
	add(out, "\n  text ", part->text);
	if (part->text_cut)
		buf_add(out, SLICE(", cut"));
	for (unsigned i = 0; i < 32; i++)
		if (part->warnings & 1u << i)
			buf_printf(out, "\n  warning %s",
				mime_warning_name((enum mime_warning)(1u << i)));
	buf_addc(out, '\n');
}

static void print_view(struct buf *out, const struct view *view)
{
	for (uint32_t i = 0; i < view->nheaders && i < PARTS_SHOWN; i++) {
		add(out, "header ", view->headers[i].name);
		add(out, ": ", view->headers[i].value);
		buf_addc(out, '\n');
	}
	if (view->nheaders > PARTS_SHOWN)
		buf_printf(out, "%u headers\n", view->nheaders);
	if (view->headers_cut)
		buf_add(out, SLICE("headers cut\n"));
	for (uint32_t i = 0; i < view->nparts; i++)
		if (i < PARTS_SHOWN || i + 1 == view->nparts)
			print_part(out, &view->parts[i]);
	if (view->nparts > PARTS_SHOWN)
		buf_printf(out, "%u parts\n", view->nparts);
}

/* ---- the cases ---- */

static void read_stream(FILE *file, struct buf *out)
{
	size_t got;
	assert_non_null(file);
	while ((got = fread(buf_room(out, 65536), 1, 65536, file)) > 0)
		out->len += got;
	assert_false(ferror(file));
}

static void read_path(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("cannot open %s", path);
	read_stream(file, out);
	fclose(file);
}

/* As it is, or as its script writes it. */
static void read_message(const char *folder, struct buf *message)
{
	char *path = xasprintf("%s/message", folder), *make = xasprintf("%s/make", folder);

	if (access(make, F_OK) == 0) {
		char *command = xasprintf("sh %s", make);
		FILE *stream = popen(command, "re");
		read_stream(stream, message);
		assert_int_equal(pclose(stream), 0);
		free(command);
	} else {
		read_path(path, message);
	}
	free(path);
	free(make);
}

static bool same_as_golden(const char *folder, struct slice seen)
{
	char *path = xasprintf("%s/view", folder);
	struct buf golden = {0};

	if (getenv("UPDATE")) {
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		fwrite(seen.ptr, 1, seen.len, file);
		fclose(file);
	}
	read_path(path, &golden);
	bool same = slice_eq(buf_slice(&golden), seen);
	if (!same)
		print_error("%s: wanted\n%s---- got\n%.*s----\n", folder, buf_str(&golden),
			SLICE_ARG(seen));
	buf_free(&golden);
	free(path);
	return same;
}

static bool view_case(struct viewer *viewer, const char *folder)
{
	struct buf message = {0}, answer = {0}, seen = {0};
	struct arena arena = {0};
	struct view view;
	struct err err = {0};

	read_message(folder, &message);
	enum sandbox_end end =
		viewer_ask(viewer, VIEW_ALL, SLICE(""), buf_slice(&message), &answer, &err);
	if (end == SANDBOX_ANSWERED && view_read(&arena, buf_slice(&answer), &view))
		print_view(&seen, &view);
	else
		buf_printf(&seen, "no view: %d %s\n", (int)end, err.text);
	bool same = same_as_golden(folder, buf_slice(&seen));
	buf_free(&message);
	buf_free(&answer);
	buf_free(&seen);
	arena_free(&arena);
	return same;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* All by one child: none of them is too much for it. */
static void mail_is_seen_as_what_it_is(void **state)
{
	struct dirent **cases;
	struct viewer viewer;
	struct err err = {0};
	int wrong = 0;
	(void)state;

	if (viewer_start(&viewer, LONGEST, &err) != 0)
		fail_msg("%s", err.text);
	pid_t child = viewer.sandbox.child;
	int count = scandir("testdata/mail", &cases, is_case, by_name);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char *folder = xasprintf("testdata/mail/%s", cases[i]->d_name);
		wrong += !view_case(&viewer, folder);
		free(folder);
		free(cases[i]);
	}
	free(cases);
	assert_int_equal(viewer.sandbox.child, child);
	viewer_stop(&viewer);
	assert_int_equal(wrong, 0);
}

static const char letter[] = "Content-Type: multipart/mixed; boundary=b\n\n"
			     "--b\nContent-Type: text/html; charset=iso-8859-1\n\n<p>K\xf6ln</p>\n"
			     "--b\nContent-Transfer-Encoding: base64\n\nAAECAw==\n--b--\n";

static void assert_part(struct viewer *viewer, enum view_want want, struct slice number,
	const char *wanted, size_t len)
{
	struct buf answer = {0};
	struct err err;

	assert_int_equal(viewer_ask(viewer, want, number, slice_cstr(letter), &answer, &err),
		SANDBOX_ANSWERED);
	assert_int_equal(answer.len, len);
	assert_memory_equal(buf_str(&answer), wanted, len);
	buf_free(&answer);
}

static void a_part_alone_is_had_as_bytes_and_as_text(void **state)
{
	struct viewer viewer;
	struct err err;
	(void)state;

	assert_int_equal(viewer_start(&viewer, 1000, &err), 0);
	assert_part(&viewer, VIEW_BYTES, SLICE("1"), "<p>K\xf6ln</p>", 11);
	assert_part(&viewer, VIEW_TEXT, SLICE("1"), "K\xc3\xb6ln", 5);
	assert_part(&viewer, VIEW_BYTES, SLICE("2"), "\0\1\2\3", 4);
	assert_part(&viewer, VIEW_BYTES, SLICE("3"), "", 0);
	assert_part(&viewer, VIEW_BYTES, SLICE(""), "", 0);
	viewer_stop(&viewer);
}

/* ---- a child that lies ---- */

static const struct view_header header = {.name = {"N", 1}, .value = {"V", 1}};
static const struct view_part part = {
	.number = {"1.2", 3}, .depth = 2, .type = {"text/plain", 10}, .bytes = 7, .text = {"T", 1}};

static bool reads(const struct buf *answer)
{
	struct arena arena = {0};
	struct view view;
	bool read = view_read(&arena, buf_slice(answer), &view);
	assert_int_equal(read, view.nparts > 0);
	arena_free(&arena);
	return read;
}

static void put_view(struct buf *out, const struct view_part *one)
{
	view_put_header(out, &header);
	view_put_headers_end(out, false);
	view_put_part(out, one);
	view_put_end(out);
}

static void a_view_comes_back_as_it_was(void **state)
{
	struct arena arena = {0};
	struct buf answer = {0};
	struct view view;
	(void)state;

	put_view(&answer, &part);
	assert_true(view_read(&arena, buf_slice(&answer), &view));
	assert_int_equal(view.nheaders, 1);
	assert_true(slice_eq(view.headers[0].value, header.value));
	assert_int_equal(view.nparts, 1);
	assert_true(slice_eq(view.parts[0].number, part.number));
	assert_int_equal(view.parts[0].depth, 2);
	assert_int_equal(view.parts[0].bytes, 7);
	assert_true(slice_eq(view.parts[0].text, part.text));
	assert_false(slice_known(view.parts[0].sha256));
	assert_ptr_equal(view_find(&view, SLICE("1.2")), &view.parts[0]);
	assert_null(view_find(&view, SLICE("1")));
	assert_null(view_find(&view, SLICE("")));
	arena_free(&arena);
	buf_free(&answer);
}

static void what_is_cut_or_goes_on_is_no_view(void **state)
{
	struct buf answer = {0};
	(void)state;

	put_view(&answer, &part);
	assert_true(reads(&answer));
	for (size_t whole = answer.len; answer.len;) {
		answer.len--;
		assert_true(answer.len < whole && !reads(&answer));
	}
	put_view(&answer, &part);
	buf_addc(&answer, '\0');
	assert_false(reads(&answer));
	buf_free(&answer);
}

static void what_cannot_be_is_no_view(void **state)
{
	struct view_part bad[8];
	struct buf answer = {0};
	(void)state;

	for (size_t i = 0; i < 8; i++)
		bad[i] = part;
	bad[0].number = SLICE("1;x");
	bad[1].number = (struct slice){0};
	bad[2].depth = LIMIT_MIME_DEPTH + 1;
	bad[3].type = (struct slice){0};
	bad[4].bytes = -1;
	for (size_t i = 0; i < 5; i++) {
		buf_reset(&answer);
		put_view(&answer, &bad[i]);
		assert_false(reads(&answer));
	}
	/* Without a part; with more headers or parts than there can be; with lengths that lie. */
	buf_reset(&answer);
	view_put_headers_end(&answer, false);
	view_put_end(&answer);
	assert_false(reads(&answer));
	buf_reset(&answer);
	for (int i = 0; i <= LIMIT_VIEW_HEADERS; i++)
		view_put_header(&answer, &header);
	view_put_headers_end(&answer, false);
	view_put_part(&answer, &part);
	view_put_end(&answer);
	assert_false(reads(&answer));
	buf_reset(&answer);
	view_put_headers_end(&answer, false);
	for (int i = 0; i <= LIMIT_MIME_PARTS; i++)
		view_put_part(&answer, &part);
	view_put_end(&answer);
	assert_false(reads(&answer));
	static const int64_t lengths[] = {-2, -1, 0, 1, 2, 1 << 20, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		buf_reset(&answer);
		wire_put_number(&answer, WIRE_MORE);
		wire_put_number(&answer, lengths[i]);
		assert_false(reads(&answer));
	}
	buf_free(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_is_seen_as_what_it_is),
		cmocka_unit_test(a_part_alone_is_had_as_bytes_and_as_text),
		cmocka_unit_test(a_view_comes_back_as_it_was),
		cmocka_unit_test(what_is_cut_or_goes_on_is_no_view),
		cmocka_unit_test(what_cannot_be_is_no_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
