/* The configuration file: what it sets, which errors it has, who may write it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/spoolsweep/config.h"
#include "core/queue/test_tree.h"

static struct tree tree;
static char path[600];

static int make(void **state)
{
	(void)state;
	tree_make(&tree, "config");
	snprintf(path, sizeof(path), "%s/conf", tree.path);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static int read_text(struct config *config, struct slice text, struct err *err)
{
	unlinkat(tree.fd, "conf", 0);
	tree_file(&tree, "conf", text, 0644);
	return config_read(config, path, err);
}

static void sets_what_it_says(void **state)
{
	struct config config;
	struct err err;
	(void)state;

	assert_int_equal(read_text(&config,
				 SLICE("# a comment\n; another\n\n[site]\n"
				       "local-domains = example.com, .example.com ; and more\n"
				       "  example.net\n"
				       "trusted-networks = 192.0.2.0/24\n"
				       "[thresholds]\nclient_ips = 15\nclient_ips.strong=30\r\n"
				       "[phrases]\n3 = wire transfer\n\tiban\n"
				       "[phrases X-Mailer]\n-1.5 = ^Our\n"),
				 &err),
		0);
	assert_string_equal(config.local_domains, "example.com, .example.com,example.net");
	assert_string_equal(config.trusted_networks, "192.0.2.0/24");
	assert_true(config.rules.table[RULE_CLIENT_IPS].threshold == 15);
	assert_true(config.rules.table[RULE_CLIENT_IPS].strong == 30);
	assert_true(config.rules.table[RULE_RATE].threshold == rule_table[RULE_RATE].threshold);
	assert_true(phrases_any(config.phrases));
	assert_string_equal(config.path, path);
	config_free(&config);
}

static void names_file_and_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} cases[] = {
		{"x = y\n", 1, "there is no section above it"},
		{"\n[sites]\nx = y\n", 3, "there is no section [sites]"},
		{"[site]\ndomains = y\n", 2, "[site] has local-domains"},
		{"[site]\n\n\ntrusted-networks = 192.0.2.0/24, no\n", 4, "'no' is no network"},
		{"[thresholds]\nclient_ip = 3\n", 2, "there is no threshold 'client_ip'"},
		{"[thresholds]\nclient_ips = many\n", 2, "'many' is no number"},
		{"[phrases]\n3 = (\n", 2, ""},
		{"[phrases]\nmuch = x\n", 2, "WEIGHT = REGEX"},
		{"[phrases a:b]\n1 = x\n", 2, "header"},
		{"[site]\nnonsense\n", 2, "neither [SECTION] nor NAME = VALUE"},
		{"[site\nlocal-domains = a\n", 1, "neither [SECTION] nor NAME = VALUE"},
		/* The first of two, whoever finds it. */
		{"[site]\nnonsense\nlocal = a\n", 2, "neither"},
		{"[site]\nlocal = a\nnonsense\n", 2, "[site] has"},
		{"[a-name-that-ini-h-would-cut-off-without-saying-a-word-of-it]\nx = y\n", 2,
			"a name has"},
	};
	struct config config;
	char front[700];
	struct err err;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_text(&config, slice_cstr(cases[i].text), &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		snprintf(front, sizeof(front), "%s, line %d: ", path, cases[i].line);
		assert_true(slice_starts(slice_cstr(err.text), slice_cstr(front)));
		assert_non_null(strstr(err.text, cases[i].says));
		config_free(&config);
	}
}

static void passes_no_odd_byte_over(void **state)
{
	struct buf text = {0};
	struct config config;
	struct err err;
	(void)state;

	assert_int_equal(read_text(&config, SLICE("[site]\nlocal-domains = a\0b\n"), &err), -1);
	assert_non_null(strstr(err.text, "line 2: there is a zero byte"));
	config_free(&config);
	buf_add(&text, SLICE("[site]\nlocal-domains = "));
	buf_pad(&text, 'a', 1000);
	assert_int_equal(read_text(&config, buf_slice(&text), &err), -1);
	assert_non_null(strstr(err.text, "line 2: longer than"));
	config_free(&config);
	buf_pad(&text, '\n', LIMIT_CONFIG);
	assert_int_equal(read_text(&config, buf_slice(&text), &err), -1);
	assert_non_null(strstr(err.text, "more than"));
	config_free(&config);
	buf_free(&text);
}

static void none_is_no_error_but_where_it_is_named(void **state)
{
	struct config config;
	struct err err;
	(void)state;

	assert_int_equal(config_read(&config, "", &err), 0);
	assert_null(config.path);
	config_free(&config);
	unlinkat(tree.fd, "conf", 0);
	assert_int_equal(setenv("SPOOLSWEEP_CONFIG", path, 1), 0);
	assert_int_equal(config_read(&config, NULL, &err), 0);
	assert_null(config.path);
	config_free(&config);
	assert_int_equal(config_read(&config, path, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	config_free(&config);
	assert_int_equal(config_read(&config, tree.path, &err), -1);
	assert_non_null(strstr(err.text, "no plain file"));
	config_free(&config);
}

static void root_reads_no_file_of_others(void **state)
{
	struct config config;
	struct err err;
	(void)state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(read_text(&config, SLICE("[site]\n"), &err), 0);
	config_free(&config);
	assert_int_equal(fchmodat(tree.fd, "conf", 0666, 0), 0);
	assert_int_equal(config_read(&config, path, &err), -1);
	assert_int_equal(err.code, ERR_PERMISSION);
	config_free(&config);
	assert_int_equal(fchmodat(tree.fd, "conf", 0644, 0), 0);
	assert_int_equal(fchownat(tree.fd, "conf", 65534, 65534, 0), 0);
	assert_int_equal(config_read(&config, path, &err), -1);
	assert_int_equal(err.code, ERR_PERMISSION);
	config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_what_it_says),
		cmocka_unit_test(names_file_and_line),
		cmocka_unit_test(passes_no_odd_byte_over),
		cmocka_unit_test(none_is_no_error_but_where_it_is_named),
		cmocka_unit_test(root_reads_no_file_of_others),
	};
	return cmocka_run_group_tests(tests, make, clean);
}
