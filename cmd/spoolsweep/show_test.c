#include "core/queue/test_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cmd/spoolsweep/command.h"
#include "core/base/test_no_filter.h"
#include "core/base/xalloc.h"
#include "formats/registry.h"

#define ID "B0000000001"

/* "spoolsweep -s QUEUE show ID ...", its output into `out`. */
static int show(const char *queue, const char *option, FILE *out)
{
	struct app app = {
		.command = &command_show,
		.spools.formats = formats,
		.filter_text = "",
		.now = 1795327200,
		.file = -1,
		.ids_file = -1,
	};
	char *argv[] = {(char[]){"spoolsweep"}, (char[]){"-s"}, xstrdup(queue), (char[]){ID},
		xstrdup(option), NULL};
	struct err err;

	if (dup2(fileno(out), STDOUT_FILENO) < 0 || dup2(fileno(out), STDERR_FILENO) < 0)
		return -1;
	if (options_parse(&app.options, option[0] ? 5 : 4, argv, &err) != 0)
		return -1;
	output_init(&app.output, WHEN_NEVER);
	app.operands = app.options.words;
	app.noperands = app.options.nwords;
	return command_show.run(&app);
}

/* Where no child can be protected there is none, and the rest is shown. */
static int show_without_filter(const char *queue, const char *option, struct buf *seen)
{
	FILE *out = tmpfile();
	int status;

	assert_non_null(out);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		forbid_filters();
		int code = show(queue, option, out);
		fflush(NULL);
		_exit(code);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	rewind(out);
	buf_reset(seen);
	seen->len = fread(buf_room(seen, 65536), 1, 65536, out);
	fclose(out);
	return WEXITSTATUS(status);
}

static bool says(struct buf *seen, const char *words)
{
	return strstr(buf_str(seen), words) != NULL;
}

static void without_a_sandbox_the_envelope_is_shown(void **state)
{
	struct buf seen = {0};
	struct tree tree;
	(void)state;

	tree_make(&tree, "show");
	char *queue = xasprintf("%s/q", tree.path);
	char *command = xasprintf(
		"sh testdata/cli/letter.sh %s " ID " <testdata/mail/type-lies/message", queue);
	assert_int_equal(system(command), 0);

	assert_int_equal(show_without_filter(queue, "", &seen), EXIT_DONE);
	assert_true(says(&seen, "sender         bob@example.com"));
	assert_true(says(&seen, "warning        mail is taken apart in a sandbox only"));
	assert_true(says(&seen, "headers, not decoded"));
	assert_true(says(&seen, "show " ID " --raw"));
	assert_false(says(&seen, "sha256"));

	assert_int_equal(show_without_filter(queue, "--json", &seen), EXIT_DONE);
	assert_true(says(&seen, "\"undecoded\": \"no-sandbox\""));
	assert_true(says(&seen, "\"parts\": null"));
	assert_true(says(&seen, "\"name\": \"Content-Type\""));

	assert_int_equal(show_without_filter(queue, "--part=1", &seen), EXIT_IO);
	assert_true(says(&seen, "sandbox"));
	assert_false(says(&seen, "not a document"));
	free(command);
	free(queue);
	tree_remove(&tree);
	buf_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_sandbox_the_envelope_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
