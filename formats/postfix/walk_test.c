#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "core/base/buf.h"
#include "core/queue/test_tree.h"
#include "formats/postfix/postfix.h"

/* Writes down what the walk tells: "folder/name", a line each, with "!" before a failure. */
struct notes {
	struct walk_sink sink; /* first member */
	struct buf text;
	unsigned most; /* stop behind that many calls; 0 never */
	unsigned calls;
	bool sorted; /* by inode, within each call */
	unsigned denied;
};

static bool note_units(
	struct walk_sink *sink, struct folder *folder, const struct unit *units, size_t count)
{
	struct notes *notes = (struct notes *)sink;
	for (size_t i = 0; i < count; i++) {
		buf_printf(&notes->text, "%s/%.*s\n", folder->path, SLICE_ARG(units[i].name));
		notes->sorted &= i == 0 || units[i - 1].inode <= units[i].inode;
		assert_int_equal(units[i].name.ptr[units[i].name.len], '\0');
	}
	return ++notes->calls != notes->most;
}

static void note_failure(
	struct walk_sink *sink, const struct spool *spool, struct slice path, const struct err *err)
{
	struct notes *notes = (struct notes *)sink;
	(void)spool;
	buf_printf(&notes->text, "!%.*s\n", SLICE_ARG(path));
	notes->denied += err->code == ERR_PERMISSION;
	assert_true(err->text[0]);
}

static struct notes walk(const struct tree *tree, int64_t since, unsigned most)
{
	struct postfix postfix = {0};
	struct spool spool = {.fd = tree->fd, .data = &postfix};
	struct notes notes = {{note_units, note_failure}, .most = most, .sorted = true};
	struct err err;
	assert_int_equal(postfix_walk(&spool, since, &notes.sink, &err), 0);
	hashset_free(&postfix.bounces);
	return notes;
}

static int by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* The lines of the notes in order of their bytes, each once unless `all`. */
static void sort_lines(struct buf *text, bool all)
{
	struct slice lines[200], rest = buf_slice(text);
	struct buf sorted = {0};
	size_t n = 0;

	while (rest.len) {
		assert_true(n < 200);
		slice_cut(rest, '\n', &lines[n++], &rest);
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++) {
		if (!all && i && slice_eq(lines[i - 1], lines[i]))
			continue;
		buf_add(&sorted, lines[i]);
		buf_addc(&sorted, '\n');
	}
	buf_free(text);
	*text = sorted;
}

static void assert_walk(const struct tree *tree, const char *lines)
{
	struct notes notes = walk(tree, 0, 0);
	sort_lines(&notes.text, false);
	assert_string_equal(buf_str(&notes.text), lines);
	assert_true(notes.sorted);
	buf_free(&notes.text);
}

static void add(const struct tree *tree, const char *path)
{
	tree_file(tree, path, SLICE("x"), 0700);
}

static void lists_all_queues_at_any_depth(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "maildrop/M1");
	add(&tree, "incoming/I1");
	add(&tree, "active/A1");
	add(&tree, "active/A2");
	add(&tree, "deferred/A/D1");
	add(&tree, "deferred/A/B/D2");
	add(&tree, "deferred/D3");
	add(&tree, "deferred/F/_/_/D4");
	add(&tree, "hold/H1");
	add(&tree, "corrupt/C1");
	/* Text about messages, and what is not Postfix's. */
	add(&tree, "defer/A/D1");
	add(&tree, "bounce/D1");
	add(&tree, "quarantine/Q1");
	add(&tree, "Q2");
	assert_walk(&tree,
		"active/A1\nactive/A2\ncorrupt/C1\ndeferred/A/B/D2\ndeferred/A/D1\n"
		"deferred/D3\ndeferred/F/_/_/D4\nhold/H1\nincoming/I1\nmaildrop/M1\n");
	tree_remove(&tree);
}

/* In a later walk a message on its way up is met at the end: those two are listed twice. */
static void looks_again_where_messages_go(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "incoming/I1");
	add(&tree, "active/A1");
	add(&tree, "deferred/D1");
	struct notes notes = walk(&tree, 0, 0);
	assert_string_equal(buf_str(&notes.text), "incoming/I1\nactive/A1\ndeferred/D1\n");
	buf_free(&notes.text);
	notes = walk(&tree, 1, 0);
	assert_string_equal(buf_str(&notes.text),
		"incoming/I1\nactive/A1\ndeferred/D1\nincoming/I1\nactive/A1\n");
	buf_free(&notes.text);
	tree_remove(&tree);
}

static void does_without_any_queue(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	assert_walk(&tree, "");
	tree_remove(&tree);
}

/* What is no message is a unit as well: the reader says what is wrong with it. */
static void lists_what_should_not_be_there(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	tree_folder(&tree, "deferred/long");
	add(&tree, "deferred/long/inside");
	tree_folder(&tree, "maildrop/A"); /* never hashed */
	add(&tree, "maildrop/A/inside");
	add(&tree, "deferred/x");
	add(&tree, "deferred/.hidden");
	assert_int_equal(symlinkat("/", tree.fd, "deferred/l"), 0);
	assert_int_equal(symlinkat("x", tree.fd, "deferred/link"), 0);
	assert_int_equal(symlinkat("nowhere", tree.fd, "deferred/dangling"), 0);
	assert_int_equal(mkfifoat(tree.fd, "deferred/f", 0600), 0);
	assert_int_equal(mkfifoat(tree.fd, "deferred/fifo", 0600), 0);
	assert_int_equal(mknodat(tree.fd, "deferred/socket", S_IFSOCK | 0600, 0), 0);
	assert_walk(&tree,
		"deferred/dangling\ndeferred/f\ndeferred/fifo\ndeferred/l\n"
		"deferred/link\ndeferred/long\ndeferred/socket\ndeferred/x\nmaildrop/A\n");
	tree_remove(&tree);
}

static void hands_on_any_name(void **state)
{
	struct tree tree;
	char longest[9 + 256] = "deferred/";
	(void)state;

	tree_make(&tree, "walk");
	tree_folder(&tree, "deferred");
	memset(longest + 9, 'A', 255);
	add(&tree, longest);
	add(&tree, "deferred/\033[31m\033]0;title\007");
	add(&tree, "deferred/new\nline");
	add(&tree, "deferred/\xff\xfe\xe2\x80\xae");
	add(&tree, "deferred/-rf *");
	struct notes notes = walk(&tree, 0, 0);
	static const char *const names[] = {"/\033[31m\033]0;title\007\n", "/new\nline\n",
		"/\xff\xfe\xe2\x80\xae\n", "/-rf *\n"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_non_null(strstr(buf_str(&notes.text), names[i]));
	assert_non_null(strstr(buf_str(&notes.text), longest));
	buf_free(&notes.text);

	/* A hash folder may have any name of one byte. */
	add(&tree, "deferred/\033/inside");
	add(&tree, "deferred/\xff/inside");
	notes = walk(&tree, 0, 0);
	assert_non_null(strstr(buf_str(&notes.text), "deferred/\033/inside\n"));
	assert_non_null(strstr(buf_str(&notes.text), "deferred/\xff/inside\n"));
	buf_free(&notes.text);
	tree_remove(&tree);
}

/* Below that depth a folder is one more thing that is no message. */
static void goes_so_deep_and_no_deeper(void **state)
{
	struct tree tree;
	char path[64] = "hold", line[80];
	(void)state;

	tree_make(&tree, "walk");
	for (unsigned i = 0; i <= LIMIT_DEPTH; i++)
		strcat(path, "/A");
	strcat(path, "/inside");
	add(&tree, path);
	path[strlen("hold") + 2 * LIMIT_DEPTH + 2] = '\0';
	snprintf(line, sizeof(line), "%s\n", path);
	assert_walk(&tree, line);
	tree_remove(&tree);
}

static void tells_what_cannot_be_listed(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "elsewhere/E1");
	add(&tree, "deferred/D1");
	add(&tree, "maildrop");
	assert_int_equal(symlinkat("elsewhere", tree.fd, "hold"), 0);
	assert_int_equal(symlinkat("nowhere", tree.fd, "corrupt"), 0);
	assert_int_equal(mkfifoat(tree.fd, "incoming", 0600), 0);
	assert_walk(&tree, "!corrupt\n!hold\n!incoming\n!maildrop\ndeferred/D1\n");
	tree_remove(&tree);
}

/* In a child that is nobody, since root may look everywhere. */
static void tells_what_may_not_be_listed(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "hold/H1");
	add(&tree, "deferred/A/D1");
	add(&tree, "deferred/B/D2");
	assert_int_equal(fchmodat(tree.fd, ".", 0755, 0), 0);
	assert_int_equal(fchmodat(tree.fd, "hold", 0, 0), 0);
	assert_int_equal(fchmodat(tree.fd, "deferred", 0755, 0), 0);
	assert_int_equal(fchmodat(tree.fd, "deferred/A", 0, 0), 0);
	assert_int_equal(fchmodat(tree.fd, "deferred/B", 0755, 0), 0);
	pid_t child = fork();
	if (child == 0) {
		if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		struct notes notes = walk(&tree, 0, 0);
		sort_lines(&notes.text, false);
		bool right =
			strcmp(buf_str(&notes.text), "!deferred/A\n!hold\ndeferred/B/D2\n") == 0;
		_exit(right && notes.denied == 2 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	tree_remove(&tree);
}

static void age(const struct tree *tree, const char *path, int64_t when)
{
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
	assert_int_equal(utimensat(tree->fd, path, times, 0), 0);
}

static void passes_over_what_has_not_changed(void **state)
{
	struct tree tree;
	int64_t now = 1700000000;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "active/A1");
	add(&tree, "deferred/D0");
	add(&tree, "deferred/A/D1");
	add(&tree, "deferred/B/D2");
	add(&tree, "deferred/C/D3");
	add(&tree, "deferred/D/D4");
	age(&tree, "active", now - 1000);
	age(&tree, "deferred/A", now - 1000);
	age(&tree, "deferred/B", now - 1); /* too near to be sure */
	age(&tree, "deferred/C", now);
	age(&tree, "deferred/D", now + 1000);
	/* It has folders below, where something may have changed. */
	age(&tree, "deferred", now - 1000);
	struct notes notes = walk(&tree, now, 0);
	sort_lines(&notes.text, true);
	assert_string_equal(
		buf_str(&notes.text), "deferred/B/D2\ndeferred/C/D3\ndeferred/D/D4\ndeferred/D0\n");
	buf_free(&notes.text);
	tree_remove(&tree);
}

static void stops_when_told(void **state)
{
	struct tree tree;
	(void)state;

	tree_make(&tree, "walk");
	add(&tree, "incoming/I1");
	add(&tree, "deferred/A/D1");
	add(&tree, "deferred/B/D2");
	add(&tree, "hold/H1");
	for (unsigned most = 1; most <= 4; most++) {
		struct notes notes = walk(&tree, 0, most);
		assert_int_equal(notes.calls, most);
		buf_free(&notes.text);
	}
	tree_remove(&tree);
}

static void lists_many(void **state)
{
	enum { MANY = 5000 };
	struct tree tree;
	char path[64];
	(void)state;

	tree_make(&tree, "walk");
	tree_folder(&tree, "deferred/A");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "deferred/A/%05X", i);
		int fd = openat(tree.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
		assert_true(fd >= 0);
		close(fd);
	}
	struct notes notes = walk(&tree, 0, 0);
	assert_true(notes.sorted);
	assert_int_equal(notes.text.len, MANY * strlen("deferred/A/00000\n"));
	buf_free(&notes.text);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_all_queues_at_any_depth),
		cmocka_unit_test(looks_again_where_messages_go),
		cmocka_unit_test(does_without_any_queue),
		cmocka_unit_test(lists_what_should_not_be_there),
		cmocka_unit_test(hands_on_any_name),
		cmocka_unit_test(goes_so_deep_and_no_deeper),
		cmocka_unit_test(tells_what_cannot_be_listed),
		cmocka_unit_test(tells_what_may_not_be_listed),
		cmocka_unit_test(passes_over_what_has_not_changed),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(lists_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
