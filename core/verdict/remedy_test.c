#include "core/verdict/remedy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/shell.h"
#include "core/mail/marks.h"
#include "core/query/test_snap.h"
#include "core/verdict/remedy_lines.h"
#include "formats/exchange/remedies.h"
#include "formats/postfix/postfix.h"
#include "formats/sendmail/remedies.h"

/* A queue with messages of some clients, and a finding about those of the first `mine`. */
struct scene {
	struct test_snap test;
	struct arena arena;
	struct who who[4];
	struct evidence evidence;
	struct finding finding;
};

static void begin(struct scene *scene, const struct remedy_book *book, enum finding_class class)
{
	*scene = (struct scene){0};
	test_snap_init(&scene->test);
	snap_free(&scene->test.snap);
	scene->test.need.parts |= NEED_MARKS;
	snap_init(&scene->test.snap, scene->test.spools, 2, &scene->test.need);
	scene->test.formats[0].remedies = book;
	scene->test.spool[0].path = "/var/spool/mail-queue";
	scene->finding = (struct finding){
		.id = "XX-1234", .class = class, .level = LEVEL_CONFIRMED, .who = scene->who};
	scene->finding.first = WIDE_UNKNOWN;
}

static void add_who(struct scene *scene, enum who_kind kind, const char *value)
{
	scene->who[scene->finding.nwho++] = (struct who){.kind = kind, .value = slice_cstr(value)};
}

static void add_mail(struct scene *scene, const char *client, const char *account)
{
	struct record mail = test_record();
	mail.queue_id = SLICE("4A1");
	mail.client_ip = slice_cstr(client);
	mail.client_source = SOURCE_QUEUE;
	mail.account = slice_cstr(account);
	mail.account_source = SOURCE_QUEUE;
	snap_add(&scene->test.snap, 0, &mail);
}

static void add_from(
	struct scene *scene, const char *client, const char *sender, const char *subject)
{
	struct record mail = test_record();
	mail.queue_id = SLICE("4A1");
	mail.client_ip = slice_cstr(client);
	mail.client_source = SOURCE_QUEUE;
	mail.sender = slice_cstr(sender);
	mail.subject_key = slice_cstr(subject);
	snap_add(&scene->test.snap, 0, &mail);
}

static void add_local(struct scene *scene, int64_t uid, const char *queue_id, uint32_t marks)
{
	struct record mail = test_record();
	mail.queue_id = slice_cstr(queue_id);
	mail.uid = uid;
	mail.marks = marks;
	snap_add(&scene->test.snap, 0, &mail);
}

/* The first `mine` messages are the finding's. */
static void make(struct scene *scene, size_t mine)
{
	test_snap_done(&scene->test);
	scene->finding.rows = bitset_new(scene->test.snap.rows);
	for (size_t row = 0; row < mine; row++)
		bitset_set(&scene->finding.rows, row);
	scene->finding.messages = (uint32_t)mine;
	scene->evidence.nexamples = mine < EVIDENCE_EXAMPLES ? (unsigned)mine : EVIDENCE_EXAMPLES;
	for (uint32_t i = 0; i < scene->evidence.nexamples; i++)
		scene->evidence.examples[i] = i;
	scene->finding.evidence = &scene->evidence;
	scene->finding.nevidence = 1;
	remedy_make(&scene->finding, &scene->test.env, &scene->arena);
}

static void end(struct scene *scene)
{
	bitset_free(&scene->finding.rows);
	test_snap_free(&scene->test);
	arena_free(&scene->arena);
}

static const struct remedy *find_step(const struct scene *scene, const char *words)
{
	for (size_t i = 0; i < scene->finding.nremedy; i++)
		if (slice_find(scene->finding.remedy[i].text, slice_cstr(words)) != SIZE_MAX)
			return &scene->finding.remedy[i];
	return NULL;
}

static bool has_words(const struct scene *scene, const char *words)
{
	for (size_t i = 0; i < scene->finding.nremedy; i++)
		for (size_t j = 0; j < scene->finding.remedy[i].ncommands; j++)
			if (slice_find(scene->finding.remedy[i].commands[j], slice_cstr(words)) !=
				SIZE_MAX)
				return true;
	return false;
}

static void expect_line(const struct scene *scene, const char *line)
{
	for (size_t i = 0; i < scene->finding.nremedy; i++)
		for (size_t j = 0; j < scene->finding.remedy[i].ncommands; j++)
			if (slice_eq(scene->finding.remedy[i].commands[j], slice_cstr(line)))
				return;
	for (size_t i = 0; i < scene->finding.nremedy; i++)
		for (size_t j = 0; j < scene->finding.remedy[i].ncommands; j++)
			print_message("%.*s\n", SLICE_ARG(scene->finding.remedy[i].commands[j]));
	fail_msg("there is no line %s", line);
}

static void test_stolen_account_on_postfix(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	scene.test.spool[0].config_path = "/etc/postfix";
	add_who(&scene, WHO_ACCOUNT, "bob@example.com");
	add_who(&scene, WHO_ACCOUNT, "carol");
	add_mail(&scene, "198.51.100.7", "bob@example.com");
	make(&scene, 1);
	expect_line(&scene,
		"printf '%s REJECT this login is locked\\n' bob@example.com carol "
		">>/etc/postfix/locked_logins");
	expect_line(&scene,
		"postconf -e \"smtpd_data_restrictions=check_sasl_access "
		"texthash:/etc/postfix/locked_logins, $(postconf -h smtpd_data_restrictions)\"");
	expect_line(&scene, "pkill -x -P $(cat /var/spool/mail-queue/pid/master.pid) smtpd");
	expect_line(&scene, "doveadm kick bob@example.com");
	expect_line(&scene, "doveadm kick carol");
	expect_line(&scene, "passwd -l carol");
	assert_false(has_words(&scene, "passwd -l bob"));
	expect_line(&scene, "nft add element inet spoolsweep banned4 '{ 198.51.100.7 }'");
	assert_false(has_words(&scene, "element inet spoolsweep banned6"));
	expect_line(&scene, "printf '%s REJECT\\n' 198.51.100.7 >>/etc/postfix/banned_clients");
	expect_line(&scene, "spoolsweep purge finding=XX-1234");
	assert_false(has_words(&scene, "-bounces"));
	/* The login is locked first. */
	assert_non_null(strstr(scene.finding.remedy[0].text.ptr, "lock the login"));
	end(&scene);
}

static void test_its_bounces_are_offered(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, NULL, CLASS_STOLEN_ACCOUNT);
	scene.finding.nbounces = 3;
	make(&scene, 0);
	expect_line(&scene, "spoolsweep purge 'finding in (XX-1234,XX-1234-bounces)'");
	end(&scene);
}

/* The lines are for the server that it is a copy from. */
static void test_copy_of_a_queue(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "bob");
	make(&scene, 0);
	expect_line(&scene, "pkill -x -P $(cat /var/spool/postfix/pid/master.pid) smtpd");
	expect_line(&scene, "postfix reload");
	end(&scene);
}

static void test_an_instance_is_named(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	scene.test.spool[0].config_path = "/etc/postfix-out";
	add_who(&scene, WHO_ACCOUNT, "bob");
	make(&scene, 0);
	expect_line(&scene, "postfix -c /etc/postfix-out reload");
	assert_true(has_words(&scene, "postconf -c /etc/postfix-out -h smtpd_data_restrictions"));
	assert_true(has_words(&scene, ">>/etc/postfix-out/locked_logins"));
	end(&scene);

	/* A folder whose name would be misread: by hand, and that is said. */
	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	scene.test.spool[0].config_path = "/etc/$(reboot)";
	add_who(&scene, WHO_ACCOUNT, "bob");
	make(&scene, 0);
	assert_false(has_words(&scene, "reboot"));
	assert_false(has_words(&scene, "postconf"));
	assert_non_null(find_step(&scene, "by hand: a folder's name"));
	expect_line(&scene, "doveadm kick bob");
	end(&scene);
}

/* Logins that would end a word, a line or a table's key, or that name more than one. */
static void test_hostile_logins(void **state)
{
	(void)state;
	static const char *const bad[] = {"frank smith", "a\nreboot", "a\rb", "\x1b[2Jx", "*",
		"b?b", "[a-z]*", "-a", "--help", "#x", "\"q\"", "a\"b", "a\\b\\c", "a\\", "\\a",
		"j\xc3\xbcrgen", "", "a\x7f", "=x", "@all", "'", "a,b", "a:b", "a;b", "`id`",
		"a(b)", "a<b"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
		add_who(&scene, WHO_ACCOUNT, bad[i]);
		make(&scene, 0);
		const struct remedy *lock = find_step(&scene, "lock the login");
		assert_non_null(lock);
		assert_int_equal(lock->ncommands, 0);
		assert_non_null(strstr(lock->text.ptr, "1 by hand"));
		assert_false(has_words(&scene, "doveadm"));
		end(&scene);

		/* Beside a good one the good one's lines are there. */
		begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
		add_who(&scene, WHO_ACCOUNT, bad[i]);
		add_who(&scene, WHO_ACCOUNT, "good@example.com");
		make(&scene, 0);
		expect_line(&scene,
			"printf '%s REJECT this login is locked\\n' good@example.com "
			">>/etc/postfix/locked_logins");
		assert_non_null(find_step(&scene, "1 by hand"));
		end(&scene);
	}
}

static void test_strange_logins_are_quoted(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "o'neil@example.org");
	add_who(&scene, WHO_ACCOUNT, "a$b&c");
	add_who(&scene, WHO_ACCOUNT, "CORP\\bob");
	make(&scene, 0);
	expect_line(&scene,
		"printf '%s REJECT this login is locked\\n' 'o'\\''neil@example.org' 'a$b&c' "
		"'CORP\\bob' "
		">>/etc/postfix/locked_logins");
	expect_line(&scene, "doveadm kick 'a$b&c'");
	end(&scene);
}

static void test_networks(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "bob");
	add_mail(&scene, "198.51.100.1", "bob"); /* three of one network */
	add_mail(&scene, "198.51.100.2", "bob");
	add_mail(&scene, "198.51.100.3", "bob");
	add_mail(&scene, "203.0.113.1", "bob"); /* of another, where carol is too */
	add_mail(&scene, "203.0.113.2", "bob");
	add_mail(&scene, "203.0.113.3", "bob");
	add_mail(&scene, "203.0.113.3", "bob");
	add_mail(&scene, "192.0.2.9", "bob"); /* where dave's mail comes from */
	add_mail(&scene, "10.1.2.3", "bob");  /* private, loopback */
	add_mail(&scene, "127.0.0.1", "bob");
	add_mail(&scene, "2001:db8:1:2::9", "bob"); /* one /64, and three of one /48 */
	add_mail(&scene, "2001:db8:1:2::a", "bob");
	add_mail(&scene, "2001:db8:9:1::1", "bob");
	add_mail(&scene, "2001:db8:9:2::1", "bob");
	add_mail(&scene, "2001:db8:9:3::1", "bob");
	size_t mine = scene.test.snap.rows;
	add_mail(&scene, "203.0.113.200", "carol");
	add_mail(&scene, "192.0.2.9", "dave");
	add_mail(&scene, "198.51.100.9", NULL); /* somebody's mail to us: no login */
	make(&scene, mine);
	expect_line(&scene,
		"nft add element inet spoolsweep banned4 '{ 198.51.100.0/24, 203.0.113.3, "
		"203.0.113.1, 203.0.113.2 }'");
	expect_line(&scene,
		"nft add element inet spoolsweep banned6 '{ 2001:db8:9::/48, 2001:db8:1:2::/64 }'");
	assert_non_null(find_step(&scene, "(1 left out: other logins use it)"));
	end(&scene);
}

static void test_a_hundred_networks_and_no_more(void **state)
{
	(void)state;
	struct scene scene;
	char client[32];

	begin(&scene, &postfix_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "bob");
	for (int i = 0; i < 130; i++) {
		snprintf(client, sizeof(client), "198.18.%d.7", i);
		add_mail(&scene, client, "bob");
	}
	add_mail(&scene, "198.18.129.7", "bob");
	make(&scene, scene.test.snap.rows);
	const struct remedy *block =
		find_step(&scene, "(30 more, of few messages, are not listed)");
	assert_non_null(block);
	assert_int_equal(block->ncommands, 7 + 5); /* twenty a line */
	assert_non_null(strstr(block->commands[7].ptr, "'{ 198.18.129.7, "));
	end(&scene);
}

static void test_infected_host(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_INFECTED_HOST);
	add_who(&scene, WHO_IP, "10.0.4.23");
	add_mail(&scene, "10.0.4.23", NULL);
	make(&scene, 1);
	expect_line(&scene, "nft add element inet spoolsweep banned4 '{ 10.0.4.23 }'");
	expect_line(&scene, "ip neigh show 10.0.4.23");
	end(&scene);

	/* Never the server itself. */
	begin(&scene, &postfix_remedies, CLASS_INFECTED_HOST);
	add_who(&scene, WHO_IP, "127.0.0.1");
	make(&scene, 0);
	assert_false(has_words(&scene, "127.0.0.1"));
	assert_false(has_words(&scene, "nft"));
	end(&scene);
}

static void test_hacked_script(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_HACKED_SCRIPT);
	add_who(&scene, WHO_UID, "33");
	add_who(&scene, WHO_SCRIPT, "/srv/www/my site/it's.php");
	make(&scene, 0);
	expect_line(&scene, "chmod 000 -- '/srv/www/my site/it'\\''s.php'");
	expect_line(&scene,
		"postconf -e \"authorized_submit_users=!$(getent passwd 33 | cut -d: -f1), "
		"$(postconf -h authorized_submit_users)\"");
	expect_line(&scene, "ps -o pid,lstart,args -u 33");
	assert_false(has_words(&scene, "find /"));
	end(&scene);

	begin(&scene, &postfix_remedies, CLASS_HACKED_SCRIPT);
	add_who(&scene, WHO_SCRIPT, "example.com/forum/m1.php");
	add_who(&scene, WHO_SCRIPT, "x7.php(2) : eval()'d code");
	make(&scene, 0);
	assert_true(has_words(&scene, "-name m1.php -exec"));
	assert_true(has_words(&scene, "-name x7.php -exec"));
	assert_false(has_words(&scene, "chmod"));
	end(&scene);
}

/* A host of ours that other mail comes through stands for many: it is looked behind. */
static void test_no_ban_of_a_gateway(void **state)
{
	(void)state;
	static const enum finding_class classes[] = {CLASS_INFECTED_HOST, CLASS_RUNAWAY_SENDER};

	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, classes[i]);
		add_who(&scene, WHO_IP, "10.0.4.23");
		add_mail(&scene, "10.0.4.23", NULL);
		add_mail(&scene, "10.0.4.23", NULL);
		make(&scene, 1);
		assert_false(has_words(&scene, "nft"));
		assert_false(has_words(&scene, "banned_clients"));
		assert_false(has_words(&scene, "pkill"));
		assert_null(find_step(&scene, "off the network"));
		expect_line(&scene, i ? "spoolsweep show 4A1" : "spoolsweep show 4A1 --headers");
		assert_true((find_step(&scene, "do not block this one") != NULL) == !i);
		end(&scene);
	}

	/* Its owner's own login makes no gateway of a machine; those of several people do. */
	struct scene scene;
	static const char *const logins[] = {"ann", "ann", "ben", "cem"};
	for (size_t count = 2; count <= 4; count++) {
		begin(&scene, &postfix_remedies, CLASS_INFECTED_HOST);
		add_who(&scene, WHO_IP, "10.0.4.23");
		add_mail(&scene, "10.0.4.23", NULL);
		for (size_t i = 0; i < count; i++)
			add_mail(&scene, "10.0.4.23", logins[i]);
		make(&scene, 1);
		assert_true(has_words(&scene, "nft") == (count < 4));
		end(&scene);
	}

	/* Of two that are infected, one has mail of its own. */
	begin(&scene, &postfix_remedies, CLASS_INFECTED_HOST);
	add_who(&scene, WHO_IP, "10.0.4.23");
	add_who(&scene, WHO_IP, "10.0.4.24");
	add_mail(&scene, "10.0.4.23", NULL);
	add_mail(&scene, "10.0.4.24", NULL);
	add_mail(&scene, "10.0.4.24", NULL);
	make(&scene, 2);
	expect_line(&scene, "nft add element inet spoolsweep banned4 '{ 10.0.4.23 }'");
	expect_line(&scene, "ip neigh show 10.0.4.23");
	assert_false(has_words(&scene, "ip neigh show 10.0.4.24"));
	expect_line(&scene, "getent hosts 10.0.4.24");
	end(&scene);
}

/* Even where nothing could tell the owners' mail from the campaign's, people show. */
static void test_people_behind_a_gateway(void **state)
{
	(void)state;
	static const struct {
		const char *senders[3], *subjects[3];
		bool ban;
	} cases[] = {
		{{"ann@example.com", "ben@example.com", "cem@example.com"}, {"one", "two", "three"},
			false},
		/* One person; strangers; names made up for the campaign. */
		{{"ann@example.com", "ann@example.com", "ann@example.com"}, {"one", "two", "three"},
			true},
		{{"ann@example.org", "ben@example.org", "cem@example.org"}, {"one", "two", "three"},
			true},
		{{"ann@example.com", "ben@example.com", "cem@example.com"},
			{"offer", "offer", "offer"}, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene scene;
		struct site *site = &scene.test.spool[0].site;
		begin(&scene, &postfix_remedies, CLASS_INFECTED_HOST);
		site_add_local(site, &scene.arena, SLICE("example.com"));
		site_seal(site);
		add_who(&scene, WHO_IP, "10.0.4.23");
		for (int k = 0; k < 5; k++)
			add_from(&scene, "10.0.4.23", "x@example.net", "offer");
		for (size_t k = 0; k < 3; k++)
			add_from(&scene, "10.0.4.23", cases[i].senders[k], cases[i].subjects[k]);
		make(&scene, 8);
		assert_true(has_words(&scene, "nft") == cases[i].ban);
		site_free(site);
		end(&scene);
	}
}

/* A machine whose alerts run wild is not cut off. */
static void test_runaway_host(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &postfix_remedies, CLASS_RUNAWAY_SENDER);
	add_who(&scene, WHO_IP, "10.0.4.14");
	add_mail(&scene, "10.0.4.14", NULL);
	make(&scene, 1);
	assert_non_null(find_step(&scene, "find what says the same"));
	assert_false(has_words(&scene, "10.0.4.14"));
	end(&scene);
}

/* The name of a mailer that all sites have tells nobody's mail from another's. */
static void test_library_is_no_culprit(void **state)
{
	(void)state;
	static const char *const names[] = {"class-phpmailer.php", "33:class-phpmailer.php",
		"/srv/www/shop/wp-includes/class-phpmailer.php", "index.php(7) : eval()'d code"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_HACKED_SCRIPT);
		add_who(&scene, WHO_UID, "33");
		add_who(&scene, WHO_SCRIPT, names[i]);
		add_local(&scene, 33, "4A1", 0);
		add_local(&scene, 33, "4B2", 0);
		scene.finding.first = TEST_NOW;
		make(&scene, 1);
		assert_false(has_words(&scene, "chmod"));
		assert_false(has_words(&scene, "ls -l"));
		assert_null(find_step(&scene, "chmod"));
		assert_false(has_words(&scene, "authorized_submit_users"));
		assert_non_null(
			find_step(&scene, "(the first message came 2027-01-15 08:00:00 UTC)"));
		expect_line(&scene, "date -d 2027-01-15T08:00:00Z");
		expect_line(&scene, "spoolsweep show 4A1 --headers");
		assert_true(has_words(&scene, "hp -print"));
		end(&scene);
	}
}

/* Other scripts of the user have mail in the queue: it is not shut out. */
static void test_a_shared_user_may_submit(void **state)
{
	(void)state;
	for (int64_t other = 33; other <= 34; other++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_HACKED_SCRIPT);
		add_who(&scene, WHO_UID, "33");
		add_local(&scene, 33, "4A1", 0);
		add_local(&scene, other, "4B2", 0);
		make(&scene, 1);
		assert_true(has_words(&scene, "authorized_submit_users") == (other == 34));
		end(&scene);
	}
}

/* What stops bounces hangs on whose they are, and on whether the addresses exist. */
static void test_three_kinds_of_bounces(void **state)
{
	(void)state;
	static const struct {
		uint32_t marks;
		bool incoming;
		const char *words;
	} kinds[] = {
		{MARK_AUTO | MARK_REPORT, false, "refuse unknown users"},
		{0, false, "refuse unknown users"},
		{MARK_AUTO, false, "let the program that answers"},
		{MARK_AUTO | MARK_REPORT, true, "BATV"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_BACKSCATTER);
		if (kinds[i].incoming)
			add_who(&scene, WHO_RCPT, "list-bounces@example.com");
		else
			add_who(&scene, WHO_SPOOL, "mx");
		add_local(&scene, -1, "4A1", kinds[i].marks);
		make(&scene, 1);
		assert_non_null(find_step(&scene, kinds[i].words));
		assert_int_equal(scene.finding.nremedy, 2); /* and the purge */
		assert_false(has_words(&scene, "DEFER"));
		end(&scene);
	}
}

/* A flooded address may wait, but not one that a list or the server hears of failures by. */
static void test_no_pause_for_bounces(void **state)
{
	(void)state;
	static const char *const addresses[] = {"user@example.com", "news-Bounces@example.com",
		"owner-news@example.com", "postmaster@example.com"};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_RECIPIENT_FLOOD);
		add_who(&scene, WHO_RCPT, addresses[i]);
		make(&scene, 0);
		assert_true(has_words(&scene, "DEFER") == !i);
		end(&scene);
	}
}

/* The path is what mail claims: nobody is to paste a chmod of the system's own files. */
static void test_no_chmod_of_what_is_no_script(void **state)
{
	(void)state;
	static const char *const bad[] = {"/etc/passwd", "/usr/sbin/sshd", "/", "/bin/sh\n.php",
		"/srv/../etc/x.php", "/srv/\x1b[2J.php", "*.php", "?.php", "$(id).php", "-delete",
		"/srv/www/j\xc3\xbcrgen.php"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scene scene;
		begin(&scene, &postfix_remedies, CLASS_HACKED_SCRIPT);
		add_who(&scene, WHO_SCRIPT, bad[i]);
		make(&scene, 0);
		assert_false(has_words(&scene, "chmod"));
		assert_false(has_words(&scene, "*"));
		assert_false(has_words(&scene, "$("));
		assert_false(has_words(&scene, "-name -"));
		end(&scene);
	}
}

static void test_nothing_is_purged_on_a_suspicion(void **state)
{
	(void)state;
	for (int class = 0; class < FINDING_CLASSES; class ++) {
		for (int level = 0; level < LEVELS; level++) {
			struct scene scene;
			bool may = finding_class_is_abuse((enum finding_class) class) &&
				level >= LEVEL_PROBABLE;
			begin(&scene, &postfix_remedies, (enum finding_class) class);
			scene.finding.level = (enum level)level;
			add_local(&scene, 33, "4A1", 0);
			make(&scene, 1);
			assert_true(has_words(&scene, "spoolsweep purge") == may);
			assert_true(scene.finding.nremedy > 0);
			if (finding_class_is_abuse((enum finding_class) class) && !may)
				assert_non_null(strstr(
					scene.finding.remedy[0].text.ptr, "make sure first"));
			end(&scene);
		}
	}
}

/* Nobody is locked out; it is held by its filter: by its id, honest mail would not be taken. */
static void test_a_suspicion_is_asked_about_and_held(void **state)
{
	(void)state;
	struct scene scene;

	for (int class = 0; class < FINDING_CLASSES; class ++) {
		if (!finding_class_is_abuse((enum finding_class) class))
			continue;
		begin(&scene, &postfix_remedies, (enum finding_class) class);
		scene.finding.level = LEVEL_SUSPECT;
		scene.finding.filter = SLICE("account=o'neil and subject ~ \"x y\"");
		add_who(&scene, WHO_ACCOUNT, "o'neil");
		add_mail(&scene, "198.51.100.7", "o'neil");
		make(&scene, 1);
		assert_int_equal(scene.finding.nremedy, 2);
		assert_int_equal(scene.finding.remedy[0].ncommands, 2);
		expect_line(&scene, "spoolsweep list finding=XX-1234 --limit 20");
		expect_line(&scene, "spoolsweep show 4A1");
		assert_int_equal(scene.finding.remedy[1].ncommands, 1);
		expect_line(&scene, "spoolsweep hold 'account=o'\\''neil and subject ~ \"x y\"'");
		end(&scene);
	}

	begin(&scene, &postfix_remedies, CLASS_BULK_MAIL);
	scene.finding.filter = SLICE("subject=\"j\xc3\xbcrgen\"");
	make(&scene, 0);
	assert_false(has_words(&scene, "hold"));
	assert_non_null(find_step(&scene, "hold it meanwhile"));
	end(&scene);
}

static void test_other_mtas(void **state)
{
	(void)state;
	struct scene scene;

	begin(&scene, &sendmail_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "bob");
	add_mail(&scene, "198.51.100.7", "bob");
	add_mail(&scene, "2001:db8:0:2::9", "bob");
	make(&scene, 2);
	expect_line(&scene,
		"printf 'Connect:%s REJECT\\n' 198.51.100.7 IPv6:2001:db8:0:2 >>/etc/mail/access");
	expect_line(&scene, "makemap hash /etc/mail/access </etc/mail/access");
	expect_line(&scene, "passwd -l bob");
	end(&scene);

	begin(&scene, &exchange_remedies, CLASS_STOLEN_ACCOUNT);
	add_who(&scene, WHO_ACCOUNT, "CORP\\bob");
	for (int i = 1; i < 4; i++) {
		char client[] = "198.51.100.0";
		client[sizeof(client) - 2] = (char)('0' + i);
		add_mail(&scene, client, "CORP\\bob");
	}
	add_mail(&scene, "203.0.113.7", "CORP\\bob");
	make(&scene, 4);
	expect_line(&scene, "net user bob /active:no /domain");
	expect_line(&scene, "198.51.100.0 255.255.255.0");
	expect_line(&scene, "203.0.113.7");
	assert_false(has_words(&scene, "nft"));
	assert_false(has_words(&scene, "doveadm"));
	end(&scene);
}

/* ---- the tables themselves ---- */

/* Whether place `at` of a line lies between quotes of that kind. */
static bool within(const char *line, size_t at, char quote)
{
	bool inside = false;
	for (size_t i = 0; i < at; i++)
		inside ^= line[i] == quote;
	return inside;
}

static void check_line(const char *line)
{
	struct remedy_place place;
	int kind = -1;

	assert_true(shell_can_paste(slice_cstr(line)));
	for (size_t at = 0; line[at]; at++) {
		size_t used = remedy_place_read(slice_cstr(line + at), &place);
		if (!used) {
			/* {word} that is nothing: a name with a slip in it. */
			if (line[at] == '{' && ascii_is_alpha(line[at + 1]) &&
				strncmp(line + at, "{id}", 4) != 0 &&
				strncmp(line + at, "{config}", 8) != 0 &&
				strncmp(line + at, "{spool}", 7) != 0)
				fail_msg("%s: what is %s", line, line + at);
			continue;
		}
		if (kind >= 0 && kind != (int)place.kind)
			fail_msg("%s: two kinds of values in one line", line);
		kind = (int)place.kind;
		bool plain = remedy_value_is_plain(place.kind);
		if (!plain && (within(line, at, '\'') || within(line, at, '"')))
			fail_msg("%s: a value within quotes", line);
	}
}

static void check_table(const struct remedy_page *table)
{
	bool seen[REMEDY_STEPS] = {false};

	for (; table->text; table++) {
		assert_false(seen[table->step]);
		seen[table->step] = true;
		assert_true(shell_can_paste(slice_cstr(table->text)));
		for (size_t i = 0; table->lines[i]; i++)
			check_line(table->lines[i]);
	}
}

static void test_tables(void **state)
{
	(void)state;
	check_table(remedy_common);
	check_table(postfix_remedies.pages);
	check_table(sendmail_remedies.pages);
	check_table(exchange_remedies.pages);
}

/* What a shell makes of the lines, but runs none of it. */
static void test_a_shell_reads_all_lines(void **state)
{
	(void)state;
	static const struct remedy_book *const books[] = {&postfix_remedies, &sendmail_remedies};

	for (size_t book = 0; book < 2; book++) {
		FILE *shell = popen("sh -n", "w");
		assert_non_null(shell);
		for (int class = 0; class < FINDING_CLASSES; class ++) {
			static const struct who all[] = {
				{.kind = WHO_ACCOUNT, .value = SLICE("o'neil&x")},
				{.kind = WHO_IP, .value = SLICE("10.0.4.23")},
				{.kind = WHO_UID, .value = SLICE("33")},
				{.kind = WHO_SCRIPT, .value = SLICE("/srv/w w/$(x)';.php")},
				{.kind = WHO_SCRIPT, .value = SLICE("mail.php")},
				{.kind = WHO_RCPT, .value = SLICE("o'neil#1@example.com")},
				{.kind = WHO_DOMAIN, .value = SLICE("example.com")},
			};
			struct scene scene;
			begin(&scene, books[book], (enum finding_class) class);
			scene.finding.who = (struct who *)all;
			scene.finding.nwho = sizeof(all) / sizeof(all[0]);
			add_mail(&scene, "198.51.100.7", "x");
			add_mail(&scene, "2001:db8::7", "x");
			make(&scene, 2);
			for (size_t i = 0; i < scene.finding.nremedy; i++)
				for (size_t j = 0; j < scene.finding.remedy[i].ncommands; j++)
					fprintf(shell, "%.*s\n",
						SLICE_ARG(scene.finding.remedy[i].commands[j]));
			end(&scene);
		}
		assert_int_equal(pclose(shell), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stolen_account_on_postfix),
		cmocka_unit_test(test_its_bounces_are_offered),
		cmocka_unit_test(test_copy_of_a_queue),
		cmocka_unit_test(test_an_instance_is_named),
		cmocka_unit_test(test_hostile_logins),
		cmocka_unit_test(test_strange_logins_are_quoted),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_a_hundred_networks_and_no_more),
		cmocka_unit_test(test_infected_host),
		cmocka_unit_test(test_hacked_script),
		cmocka_unit_test(test_no_ban_of_a_gateway),
		cmocka_unit_test(test_people_behind_a_gateway),
		cmocka_unit_test(test_runaway_host),
		cmocka_unit_test(test_library_is_no_culprit),
		cmocka_unit_test(test_a_shared_user_may_submit),
		cmocka_unit_test(test_three_kinds_of_bounces),
		cmocka_unit_test(test_no_pause_for_bounces),
		cmocka_unit_test(test_no_chmod_of_what_is_no_script),
		cmocka_unit_test(test_nothing_is_purged_on_a_suspicion),
		cmocka_unit_test(test_a_suspicion_is_asked_about_and_held),
		cmocka_unit_test(test_other_mtas),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_a_shell_reads_all_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
