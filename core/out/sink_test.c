#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/out/sink.h"

/* A sink into memory. */
struct memory {
	char *text;
	size_t len;
	FILE *file;
	struct sink *sink;
};

static struct sink *open_memory(struct memory *memory, enum sink_style style)
{
	*memory = (struct memory){0};
	memory->file = open_memstream(&memory->text, &memory->len);
	assert_non_null(memory->file);
	memory->sink = sink_json(memory->file, style, false);
	return memory->sink;
}

static void close_memory(struct memory *memory, const char *expected)
{
	struct err err;
	assert_int_equal(sink_flush(memory->sink, &err), 0);
	if (expected)
		assert_string_equal(memory->text, expected);
	sink_free(memory->sink);
	fclose(memory->file);
	free(memory->text);
}

static void lines_look_like_postqueue(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	(void)state;
	for (int i = 0; i < 2; i++) {
		sink_object(sink, NULL);
		sink_text(sink, "queue_name", SLICE("deferred"));
		sink_text(sink, "queue_id", SLICE("4Xyz1234zBkl"));
		sink_int(sink, "arrival_time", 1795316820 + i);
		sink_bool(sink, "forced_expire", false);
		sink_text(sink, "sender", SLICE(""));
		sink_text(sink, "account", (struct slice){0});
		sink_array(sink, "recipients");
		sink_object(sink, NULL);
		sink_text(sink, "address", SLICE("bob@example.com"));
		sink_end(sink);
		sink_end(sink);
		sink_end(sink);
	}
	close_memory(&memory,
		"{\"queue_name\": \"deferred\", \"queue_id\": \"4Xyz1234zBkl\", "
		"\"arrival_time\": 1795316820, \"forced_expire\": false, \"sender\": \"\", "
		"\"account\": null, \"recipients\": [{\"address\": \"bob@example.com\"}]}\n"
		"{\"queue_name\": \"deferred\", \"queue_id\": \"4Xyz1234zBkl\", "
		"\"arrival_time\": 1795316821, \"forced_expire\": false, \"sender\": \"\", "
		"\"account\": null, \"recipients\": [{\"address\": \"bob@example.com\"}]}\n");
}

static void ascii_is_ascii(void **state)
{
	char *text = NULL;
	size_t len = 0;
	struct err err;
	FILE *file = open_memstream(&text, &len);
	struct sink *sink = sink_json(file, SINK_LINES, true);
	(void)state;

	sink_object(sink, NULL);
	sink_text(sink, "subject", SLICE("\xc3\x9b \xf0\x9f\x90\x9f"));
	sink_end(sink);
	assert_int_equal(sink_flush(sink, &err), 0);
	assert_string_equal(text, "{\"subject\": \"\\u00DB \\uD83D\\uDC1F\"}\n");
	sink_free(sink);
	fclose(file);
	free(text);
}

static void pretty_is_indented(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_PRETTY);
	(void)state;
	sink_object(sink, NULL);
	sink_text(sink, "schema", SLICE("spoolsweep.report/1"));
	sink_array(sink, "spools");
	sink_int(sink, NULL, 1);
	sink_null(sink, NULL);
	sink_end(sink);
	sink_object(sink, "totals");
	sink_end(sink);
	sink_end(sink);
	close_memory(&memory,
		"{\n  \"schema\": \"spoolsweep.report/1\",\n  \"spools\": [\n    1,\n    null\n  "
		"],\n"
		"  \"totals\": {}\n}\n");
}

static void members_keep_their_order(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	char expected[4000], name[32];
	size_t len = 0;
	(void)state;
	sink_object(sink, NULL);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%u", i * 37 % 100);
		sink_int(sink, name, i);
		len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s\"%s\": %u",
			i ? ", " : "{", name, i);
	}
	sink_end(sink);
	snprintf(expected + len, sizeof(expected) - len, "}\n");
	close_memory(&memory, expected);
}

static void numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "0.0"}, {-0.0, "0.0"}, {1, "1.0"}, {0.5, "0.5"},
		{60112.0 / 100412, "0.5987"}, {0.5988, "0.5988"}, {1.0 / 3, "0.3333"},
		{2.0 / 3, "0.6667"}, {0.99999, "1.0"}, {3.0 / 100412, "2.988e-5"}, {-0.25, "-0.25"},
		{12345.678949, "12345.6789"}, {2310.04, "2310.04"}, {1e10, "10000000000.0"},
		{1e300, "1e300"}, {-0.00000000000001, "-1e-14"}, {NAN, "null"}, {INFINITY, "null"},
		{-INFINITY, "null"}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct memory memory;
		char expected[64];
		sink_real(open_memory(&memory, SINK_LINES), NULL, cases[i].value);
		snprintf(expected, sizeof(expected), "%s\n", cases[i].text);
		close_memory(&memory, expected);
	}
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	sink_int(sink, NULL, INT64_MIN);
	sink_int(sink, NULL, INT64_MAX);
	sink_bool(sink, NULL, true);
	close_memory(&memory, "-9223372036854775808\n9223372036854775807\ntrue\n");
}

static void hostile_text_stays_json(void **state)
{
	static const struct {
		struct slice in;
		const char *out;
	} cases[] = {
		{{"\"\\\b\f\n\r\t/", 8}, "\"\\\"\\\\\\b\\f\\n\\r\\t/\"\n"},
		{{"a\0b\x1b", 4}, "\"a\\u0000b\\u001B\"\n"},
		{{"\xff\xc0\x80", 3}, "\"???\"\n"},
		{{"\xed\xa0\x80", 3}, "\"???\"\n"},
		{{"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80", 9},
			"\"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80\"\n"},
		{{"\x7f\xc2\x9b\xe2\x80\xae", 6}, "\"\\u007F\\u009B\\u202E\"\n"},
		{{"\xef\xbf\xbe\xf3\xa0\x80\xa0", 7}, "\"\\uFFFE\\uDB40\\uDC20\"\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct memory memory;
		sink_text(open_memory(&memory, SINK_LINES), NULL, cases[i].in);
		close_memory(&memory, cases[i].out);
	}
}

static void every_code_point_reads_back(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	struct buf all = {0};
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c += c < 0x3000 || c >= 0xfff00 ? 1 : 13) {
		if (c < 0x80)
			buf_addc(&all, (char)c);
		else if (c < 0x800)
			buf_printf(&all, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
		else if (c < 0xd800 || (c > 0xdfff && c < 0x10000))
			buf_printf(&all, "%c%c%c", 0xe0 | c >> 12, 0x80 | (c >> 6 & 0x3f),
				0x80 | (c & 0x3f));
		else if (c >= 0x10000)
			buf_printf(&all, "%c%c%c%c", 0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f),
				0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
	}
	sink_text(sink, NULL, buf_slice(&all));
	struct err err;
	assert_int_equal(sink_flush(sink, &err), 0);
	json_t *back = json_loadb(memory.text, memory.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_true(json_is_string(back));
	assert_true(slice_eq(
		slice_of(json_string_value(back), json_string_length(back)), buf_slice(&all)));
	json_decref(back);
	close_memory(&memory, NULL);
	buf_free(&all);
}

static void many_large_objects_are_written(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	char name[32];
	size_t lines = 0;
	(void)state;
	for (int i = 0; i < 2000; i++) {
		sink_object(sink, NULL);
		for (int m = 0; m < 45; m++) {
			snprintf(name, sizeof(name), "member_%d", m);
			sink_text(sink, name, SLICE("a value of some length"));
		}
		sink_end(sink);
	}
	struct err err;
	assert_int_equal(sink_flush(sink, &err), 0);
	for (const char *at = memory.text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 2000);
	close_memory(&memory, NULL);
}

/* A list of a million messages is not kept until its end. */
static void an_array_is_written_as_it_comes(void **state)
{
	FILE *file = tmpfile();
	(void)state;
	assert_non_null(file);
	struct sink *sink = sink_json(file, SINK_PRETTY, false);
	sink_object(sink, NULL);
	sink_array(sink, "items");
	for (int i = 0; i < 100 * 1000; i++)
		sink_int(sink, NULL, i);
	assert_in_range(ftell(file), 900 * 1000, 1200 * 1000);
	sink_free(sink);
	fclose(file);
}

static void a_full_disk_is_told(void **state)
{
	struct err err;
	FILE *full = fopen("/dev/full", "w");
	(void)state;
	if (!full)
		skip();
	struct sink *sink = sink_json(full, SINK_LINES, false);
	for (int i = 0; i < 5000; i++)
		sink_text(sink, NULL, SLICE("more than a buffer holds"));
	for (int again = 0; again < 2; again++) {
		err = (struct err){0};
		assert_int_equal(sink_flush(sink, &err), -1);
		assert_int_equal(err.code, ERR_IO);
		assert_int_equal(err.sys, ENOSPC);
		assert_non_null(strstr(err.text, "No space left"));
	}
	sink_free(sink);
	fclose(full);
}

static void freed_while_open(void **state)
{
	struct memory memory;
	struct sink *sink = open_memory(&memory, SINK_LINES);
	(void)state;
	sink_object(sink, NULL);
	sink_array(sink, "rows");
	sink_object(sink, NULL);
	sink_text(sink, "a", SLICE("b"));
	close_memory(&memory, ""); /* nothing half-written, nothing leaked */
	sink_free(NULL);
}

static void end_without_begin(struct sink *sink)
{
	sink_end(sink);
}

static void member_without_name(struct sink *sink)
{
	sink_object(sink, NULL);
	sink_int(sink, NULL, 1);
}

static void element_with_name(struct sink *sink)
{
	sink_array(sink, NULL);
	sink_int(sink, "a", 1);
}

static void outermost_with_name(struct sink *sink)
{
	sink_object(sink, "a");
}

static void misuse_asserts(void **state)
{
	static void (*const misuses[])(struct sink *) = {
		end_without_begin, member_without_name, element_with_name, outermost_with_name};
	(void)state;
	for (size_t i = 0; i < sizeof(misuses) / sizeof(*misuses); i++) {
		int status;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			setrlimit(RLIMIT_CORE, &(struct rlimit){0});
			signal(SIGABRT, SIG_DFL);
			fclose(stderr);
			misuses[i](sink_json(stdout, SINK_LINES, false));
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_look_like_postqueue),
		cmocka_unit_test(ascii_is_ascii),
		cmocka_unit_test(pretty_is_indented),
		cmocka_unit_test(members_keep_their_order),
		cmocka_unit_test(numbers),
		cmocka_unit_test(hostile_text_stays_json),
		cmocka_unit_test(every_code_point_reads_back),
		cmocka_unit_test(many_large_objects_are_written),
		cmocka_unit_test(an_array_is_written_as_it_comes),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(freed_while_open),
		cmocka_unit_test(misuse_asserts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
