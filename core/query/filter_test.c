#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/escape.h"
#include "core/query/filter.h"
#include "core/query/test_snap.h"

/* Each filter and the messages of test_snap.h that it selects. */
static const struct {
	const char *text;
	const char *rows;
} selections[] = {
	/* Nothing asked. */
	{"", "ABCDEF"},
	{" \t\r\n\v\f", "ABCDEF"},

	/* Names compare in any case. */
	{"account=bob@example.com", "A"},
	{"account = BOB@EXAMPLE.COM", "A"},
	{"account eq Bob@example.com", "A"},
	{"ACCOUNT Eq bob@example.com", "A"},
	{"account=bob", ""},
	{"account!=bob@example.com", "CE"},
	{"account ne bob@example.com", "CE"},
	{"account=\"\"", "E"},
	{"account!=\"\"", "AC"},
	{"account is unknown", "BDF"},
	{"account is not unknown", "ACE"},
	{"account IS Not UNKNOWN", "ACE"},
	{"account in (alice, BOB@example.com, nobody)", "AC"},
	{"account in (alice)", "C"},
	{"account not in (alice)", "AE"},
	{"account~^BOB@", "A"},
	{"account ~ \"^bob@.*[.]com$\"", "A"},
	{"account !~ ^bob", "CE"},
	{"account ~ \"\"", "ACE"},
	{"lost_login=bob@example.com", "F"},
	{"lost_login is unknown", "ABCDE"},
	{"auth_method=plain", "A"},
	{"client_name=HOST.example.net", "A"},
	{"helo=laptop", "A"},
	{"helo ~ \"a\\x00b\"", "E"},
	{"protocol in (smtp, lmtp)", "B"},
	{"format=postfix", "ABCDF"},
	{"format=OTHER", "E"},

	/* The null sender is known and empty; a sender may be no address at all. */
	{"sender=\"\"", "B"},
	{"envelope_sender=\"\"", "B"},
	{"sender!=\"\"", "ACDEF"},
	{"sender=bob@EXAMPLE.com", "AF"},
	{"sender is unknown", ""},
	{"sender ~ @", "ACEF"},
	{"sender ~ ^.*@evil[.]test$", ""}, /* a newline and a stray byte are in the way */
	{"sender ~ @evil[.]test$", "E"},
	{"sender_domain=example.com", "ACF"},
	{"sender_domain=\"\"", "B"},
	{"sender_domain is unknown", "D"},
	{"sender_domain != example.com", "BE"},
	{"sender in (\"\", www-data)", "BD"},

	/* Text compares to the letter. */
	{"id=4A1", "A"},
	{"id=4a1", ""},
	{"queue_id in (4A1, 4B2, 4B2, e5, E5)", "ABE"},
	{"queue=deferred", "AD"},
	{"queue_name!=deferred", "BCF"},
	{"spool=mx", "ABCDF"},
	{"spool=MX", ""},
	{"spool ~ ^mx", "ABCDEF"},
	{"subject=hello", "C"},
	{"subject=Hello", ""},
	{"subject ~ hello", "C"},
	{"subject ~ Hello", ""},
	{"subject ~ \"(?i)HELLO\"", "C"},
	{"subject=\"Invoice 4711\"", "A"},
	{"subject ~ \"\\d{4}\"", "A"},
	{"subject ~ \\d{4}", "A"},
	{"subject=\"say \\\"hi\\\" \\\\ there\"", "D"},
	{"subject=\"say \\\"hi\\\" \\ there\"", "D"}, /* a lone backslash is one */
	{"subject=\"\"", "E"},
	{"subject is unknown", "F"},
	{"header_from ~ \"^Bob <\"", "A"},
	{"message_id=\"<1@example.com>\"", "A"},
	{"script=/srv/www/Mail.php", "D"},
	{"script ~ [.]php$", "D"},
	{"header:x-mailer ~ Thunder", "A"},
	{"HEADER:X-MAILER=\"Thunder 1.0\"", "A"},
	{"header:X-Mailer is unknown", "BCDEF"},
	{"header:List-Id is unknown", "ABCDEF"},

	/* Words. */
	{"state=deferred", "AD"},
	{"state=DEFERRED", "AD"},
	{"state!=deferred", "BCF"},
	{"state in (held, active)", "BC"},
	{"state is unknown", "E"},
	{"state ~ ^de", "AD"},
	{"account_source=queue", "A"},
	{"account_source in (received, log)", "CE"},
	{"account_source is unknown", "BDF"},

	/* The origin says "unknown" as a word, and it is no answer to anything else. */
	{"origin=account", "ACE"},
	{"origin=unknown", "BF"},
	{"origin is unknown", "BF"},
	{"origin is not unknown", "ACDE"},
	{"origin!=unknown", "ACDE"},
	{"origin!=account", "D"},
	{"not origin=account", "D"},
	{"origin in (local, unknown)", "BDF"},
	{"origin not in (local, unknown)", "ACE"},
	{"origin ~ .", "ACDE"},
	{"origin !~ ^acc", "D"},

	/* Addresses and networks. */
	{"client_ip=192.0.2.7", "AF"},
	{"ip=192.0.2.7", "AF"},
	{"ip!=192.0.2.7", "BC"},
	{"ip=2001:DB8:1:2:0:0:0:9", "B"},
	{"ip=[2001:db8:1:2::9]", "B"},
	{"ip=::ffff:192.0.2.7", "AF"},
	{"ip in 192.0.2.0/24", "AF"},
	{"ip in 192.0.2.7", "AF"},
	{"ip in 192.0.2.99/24", "AF"},
	{"ip not in 192.0.2.0/24", "BC"},
	{"ip in 2001:db8::/32", "B"},
	{"ip in 0.0.0.0/0", "ACF"},
	{"ip in ::/0", "B"},
	{"ip in (192.0.2.0/28, 2001:db8::/32)", "ABF"},
	{"ip in (192.0.2.1, 192.0.2.8)", ""},
	{"ip ~ ^192", "AF"},
	{"ip ~ address", "E"},
	{"ip is unknown", "D"},
	{"client_net=192.0.2.0/24", "AF"},
	{"net=192.0.2.200/24", "AF"},
	{"net!=192.0.2.0/24", "BC"},
	{"net=2001:db8:1::/48", "B"},
	{"net in 192.0.0.0/16", "AF"},
	{"net in 2001:db8::/32", "B"},
	{"net in (192.0.2.0/24, 198.51.0.0/16)", "ACF"},
	{"net not in 192.0.0.0/8", "BC"},
	{"net is unknown", "DE"},
	{"net ~ /48$", "B"},

	/* Numbers, sizes, times. */
	{"uid=33", "D"},
	{"uid != 0", "D"},
	{"uid is unknown", "ABCEF"},
	{"nrcpt=0", "D"},
	{"nrcpt > 1", "C"},
	{"nrcpt >= 1", "ABCEF"},
	{"nrcpt lt 1", "D"},
	{"nrcpt in (0, 2, 2)", "CD"},
	{"nrcpt not in (0, 2)", "ABEF"},
	{"nrcpt > -5", "ABCDEF"},
	{"attempts=0", "B"},
	{"attempts > 0", "A"},
	{"size=10k", "AF"},
	{"size=10K", "AF"},
	{"size > 4.5M", "C"},
	{"message_size le 500", "BE"},
	{"size ge 10240", "ACF"},
	{"size lt 1G", "ABCEF"},
	{"size is unknown", "D"},
	{"age > 1h", "AC"},
	{"age >= 2h", "AC"},
	{"age > 2h", "C"},
	{"age < 90", "BE"},
	{"age < 0s", "E"},
	{"age=1800", "F"},
	{"age > 1d12h", "C"},
	{"age is unknown", "D"},
	{"not age > 1h", "BEF"},
	{"arrival < 2027-01-13", "C"},
	{"arrival=2027-01-15T06:00:00Z", "A"},
	{"arrival_time = 2027-01-15T08:00:00+02:00", "A"},
	{"arrival=\"2027-01-15 06:00\"", "A"},
	{"arrival=1799992800", "A"},
	{"arrival > -1h", "BEF"},
	{"arrival > +30m", "E"},
	{"arrival < -99999w", ""},
	{"arrival in (1799992800, 2027-01-15T07:30:00Z)", "AF"},
	{"next_retry < +10m", ""},
	{"next_retry <= +10m", "A"},
	{"next_retry is unknown", "BCDEF"},

	/* Any of many, or all and at least one; cancelled recipients are gone. */
	{"rcpt=yves@example.org", "A"},
	{"rcpt=XAVER@mail.test", "AF"},
	{"rcpt ~ cancelled", ""},
	{"rcpt_domain=example.org", "AC"},
	{"rcpt_domain!=example.org", "ABEF"},
	{"not rcpt_domain=example.org", "BDEF"},
	{"all rcpt_domain=example.org", "C"},
	{"all rcpt_domain != example.org", "BEF"},
	{"not all rcpt_domain=example.org", "ABDEF"},
	{"all rcpt_domain in (example.org, mail.test)", "ACF"},
	{"ALL rcpt_domain not in (example.org, mail.test)", "BE"},
	{"all rcpt ~ ^[ab]@", "C"},
	{"rcpt=\"\"", "E"},
	{"rcpt_domain=\"\"", "E"},
	{"rcpt is unknown", ""},
	{"rcpt is not unknown", "ABCEF"},
	{"not rcpt is not unknown", "D"},
	{"all account=alice", "C"},

	/* Reasons match as logged and as counted; recipients without one are unknown. */
	{"reason ~ abc123", "A"},
	{"reason ~ \"later ID$\"", "A"},
	{"reason=\"451 4.7.1 try later ID\"", "A"},
	{"reason=\"451 4.7.1 try later abc123\"", "A"},
	{"reason !~ ID", "C"}, /* A's other recipient has none */
	{"reason !~ abc123", "C"},
	{"all reason !~ addr", ""},
	{"all reason ~ a@Example", ""},
	{"all reason ~ unknown", "C"},
	{"not reason ~ unknown", "D"},
	{"reason is unknown", "ABEF"},
	{"reason is not unknown", "AC"},
	{"all reason is unknown", "BEF"},
	{"reason_class=unknown-user", "C"},
	{"reason_class in (greylist, unknown-user)", "AC"},
	{"reason_class is unknown", "ABEF"},

	/* Warnings: a set that is always known. */
	{"warnings=truncated", "D"},
	{"warnings=no-time and warnings=truncated", "D"},
	{"not warnings=truncated", "ABCEF"},
	{"warnings is not unknown", "D"},
	{"not warnings is not unknown", "ABCEF"},
	{"all warnings in (truncated, no-time)", "D"},
	{"all warnings=truncated", ""},
	{"warnings=size", ""},

	/* Joining, in three-valued logic. */
	{"account=alice or sender=\"\"", "BC"},
	{"account=alice OR sender=\"\"", "BC"},
	{"sender_domain=example.com and size=10k", "AF"},
	{"account=alice or sender_domain=example.com and size=10k", "ACF"},
	{"(account=alice or sender_domain=example.com) and size=10k", "AF"},
	{"not (account=alice or account=bob@example.com)", "E"},
	{"not not account=alice", "C"},
	{"not not not account=alice", "AE"},
	{"not (not (account=alice))", "C"},
	{"account=alice and not account=alice", ""},
	{"account=alice or not account=alice", "ACE"},
	{"account=alice or account is unknown", "BCDF"},
	{"account=alice and nrcpt=99", ""},
	{"not (account=alice and nrcpt=99)", "ABCDEF"}, /* unknown and false is false */
	{"account=alice or nrcpt < 99", "ABCDEF"},      /* unknown or true is true */
	{"not (account=alice or nrcpt=99)", "AE"},
	{"((((size=500))))", "B"},

	/* A value that looks like a key word is a value. */
	{"subject=and", ""},
	{"subject in (not, or, unknown, in)", ""},
	{"subject = is or subject = hello", "C"},
	{"account!=and", "ACE"},
};

/* What cannot be, as three lines: what is wrong, the filter, where. */
static const struct {
	const char *text;
	const char *message;
	unsigned column;
} faults[] = {
	{"acount=bob", "unknown field \"acount\": did you mean account?", 0},
	{"age > 1h and (foo=1)",
		"unknown field \"foo\": a condition is FIELD OPERATOR VALUE, such as "
		"account=bob@example.com",
		14},
	{"bob@example.com",
		"unknown field \"bob@example.com\": a condition is FIELD OPERATOR VALUE, such as "
		"account=bob@example.com",
		0},
	{"from=bob",
		"there is no field \"from\": write sender for the envelope sender, or header_from "
		"for the From: header",
		0},
	{"FROM ~ x",
		"there is no field \"from\": write sender for the envelope sender, or header_from "
		"for the From: header",
		0},
	{"text ~ viagra", "there is no field \"text\": write body, or subject", 0},
	{"campaign=x", "this version has no field \"campaign\" yet", 0},
	{"header:=x",
		"\"header:\" names no header: write the name behind the colon, such as "
		"header:X-Mailer",
		0},
	{"header=x", "which header? write header:NAME, such as header:X-Mailer", 0},
	{"header:a:b=x",
		"\"header:a:b\" names no header: write the name behind the colon, such as "
		"header:X-Mailer",
		0},
	{"\"account\"=bob", "here a field name belongs, without quotes", 0},
	{"=bob", "here a condition is missing, such as account=bob@example.com", 0},
	{"not", "here a condition is missing, such as account=bob@example.com", 3},
	{"()", "here a condition is missing, such as account=bob@example.com", 1},
	{"age>1 and", "here a condition is missing, such as account=bob@example.com", 9},
	{"age>1 and or age>2", "here a condition is missing, such as account=bob@example.com", 10},
	{"age>1 or && age>2", "here a condition is missing, such as account=bob@example.com", 9},
	{"account", "after account comes one of = != ~ !~ < <= > >= in is", 7},
	{"account bob", "after account comes one of = != ~ !~ < <= > >= in is", 8},
	{"ip (192.0.2.1)", "after client_ip comes one of = != ~ !~ < <= > >= in is", 3},
	{"account=", "here a value for account is missing; the empty one is \"\"", 8},
	{"account= )", "here a value for account is missing; the empty one is \"\"", 9},
	{"account==bob", "two operators in a row: write one of = != ~ !~ < <= > >=", 8},
	{"account=~bob", "two operators in a row: write one of = != ~ !~ < <= > >=", 8},
	{"account !bob", "\"!\" alone is no operator: write not, != or !~", 8},
	{"account=bob!", "\"!\" alone is no operator: write not, != or !~", 11},
	{"account not ~ x", "\"not\" stands in front of a condition, or as account not in (a, b)",
		12},
	{"account is null",
		"after \"is\" comes unknown or not unknown; for a value write account = VALUE", 11},
	{"account is not",
		"after \"is\" comes unknown or not unknown; for a value write account = VALUE", 14},
	{"account in bob", "after \"in\" comes a list: account in (a, b)", 11},
	{"account in", "after \"in\" comes a list: account in (a, b)", 10},
	{"account in ()", "here a value for account is missing; the empty one is \"\"", 12},
	{"account in (a,)", "here a value for account is missing; the empty one is \"\"", 14},
	{"account in (a b)", "a list goes on with \",\" or ends with \")\"", 14},
	{"account in (a, b", "a list goes on with \",\" or ends with \")\"", 16},
	{"ip in", "here a value for client_ip is missing; the empty one is \"\"", 5},

	/* Quotes and parentheses. */
	{"subject=\"abc", "this quote is never closed", 8},
	{"subject=\"abc\\\"", "this quote is never closed", 8},
	{"subject in (a, \"b", "this quote is never closed", 15},
	{"not \"", "this quote is never closed", 4},
	{"age is \"", "this quote is never closed", 7},
	{"(age>1", "this \"(\" is never closed", 0},
	{"age>1 and (age>2 or (age>3)", "this \"(\" is never closed", 10},
	{"age>1)", "there is no \"(\" for this \")\"", 5},
	{"subject ~ (?i)x", "here a value for subject is missing; the empty one is \"\"", 10},
	{"subject=hello world",
		"and/or is missing before \"world\"; a value with white space goes in quotes", 14},
	{"subject=a\"b\"",
		"and/or is missing before \"b\"; a value with white space goes in quotes", 9},
	{"subject=a,b",
		"here \"and\" or \"or\" belongs; a value with any of ( ) , = < > ~ ! goes in "
		"quotes",
		9},
	{"subject=a=b",
		"here \"and\" or \"or\" belongs; a value with any of ( ) , = < > ~ ! goes in "
		"quotes",
		9},
	{"age>1 && age>2", "\"&&\" is written and", 6},
	{"age>1 || age>2", "\"||\" is written or", 6},
	{"(age>1 || age>2)", "\"||\" is written or", 7},

	/* Types. */
	{"account < b", "account is text, which has no order: write = != ~ !~ or in (a, b)", 8},
	{"subject ge b", "subject is text, which has no order: write = != ~ !~ or in (a, b)", 8},
	{"state>held", "state is a word, which has no order: write = != ~ !~ or in (a, b)", 5},
	{"ip<192.0.2.1",
		"client_ip is an address, which has no order: write = != ~ !~ or in 192.0.2.0/24",
		2},
	{"nrcpt ~ 3",
		"nrcpt is a number, which has no text to match: write = != < <= > >= or in (1, 2)",
		6},
	{"size !~ 3",
		"message_size is a size, which has no text to match: write = != < <= > >= or in "
		"(1, 2)",
		5},
	{"arrival ~ 2027",
		"arrival_time is a time, which has no text to match: write = != < <= > >= or in "
		"(1, 2)",
		8},
	{"age !~ 3",
		"age is a time span, which has no text to match: write = != < <= > >= or in (1, 2)",
		4},
	{"size=500and(size=500)",
		"message_size takes a size such as 512, 10k, 5M or 1.5G, not \"500and\"", 5},
	{"nrcpt=many", "nrcpt takes a whole number, not \"many\"", 6},
	{"nrcpt in (1, x)", "nrcpt takes a whole number, not \"x\"", 13},
	{"nrcpt=99999999999999999999", "nrcpt takes a whole number, not \"99999999999999999999\"",
		6},
	{"size>5d", "message_size takes a size such as 512, 10k, 5M or 1.5G, not \"5d\"", 5},
	{"size>-1", "message_size takes a size such as 512, 10k, 5M or 1.5G, not \"-1\"", 5},
	{"age>5M", "age takes a time span such as 90s, 15m, 4h, 2d or 1d12h, not \"5M\"", 4},
	{"arrival>10k",
		"arrival_time takes a time such as 2026-11-22, 2026-11-22T03:07, epoch seconds or "
		"-2h (two hours ago), not \"10k\"",
		8},
	{"arrival>-7200",
		"arrival_time takes a time such as 2026-11-22, 2026-11-22T03:07, epoch seconds or "
		"-2h (two hours ago), not \"-7200\"",
		8},
	{"arrival>2h",
		"is that 2h ago or from now? write -2h or +2h; for how old a message is, write age",
		8},
	{"arrival=-2h", "\"-2h\" is a single second: write arrival_time > -2h, or < <= >=", 8},
	{"next_retry in (+1h)",
		"\"+1h\" is a single second: write next_retry > +1h, or < <= >=", 15},
	{"ip=localhost",
		"client_ip takes an address such as 192.0.2.1 or 2001:db8::1, not \"localhost\"",
		3},
	{"ip=10.0.0.0/8", "10.0.0.0/8 is a network: write client_ip in 10.0.0.0/8", 3},
	{"ip in 10.0.0.0/33",
		"client_ip takes an address such as 192.0.2.1 or 2001:db8::1, not \"10.0.0.0/33\"",
		6},
	{"net=10.0.0.0/8",
		"client_net is a /24 and never equal to 10.0.0.0/8: write client_net in 10.0.0.0/8",
		4},
	{"net=192.0.2.7",
		"client_net is a /24 and so never inside of 192.0.2.7: write client_ip in "
		"192.0.2.7",
		4},
	{"net in 2001:db8::/64",
		"client_net is a /48 and so never inside of 2001:db8::/64: write client_ip in "
		"2001:db8::/64",
		7},
	{"net=x", "client_net takes a network such as 192.0.2.0/24 or 2001:db8:1::/48, not \"x\"",
		4},
	{"state=defered",
		"state cannot be \"defered\": it is one of submitted, incoming, active, deferred, "
		"held, bad, corrupt",
		6},
	{"state=unknown", "what is not known is no word: write state is unknown", 6},
	{"origin in (lan, moon)",
		"origin cannot be \"moon\": it is one of account, local, lan, relay, inbound, "
		"loopback, dsn, forward, unknown",
		16},
	{"account_source=rumour",
		"account_source cannot be \"rumour\": it is one of queue, received, log", 15},

	/* Patterns: the caret goes where the pattern fails. */
	{"subject ~ a[b",
		"the regular expression is not valid: missing terminating ] for "
		"character class",
		13},
	{"subject ~ \"a(b\"", "the regular expression is not valid: missing closing parenthesis",
		14},
	{"subject ~ \"\\\\\\\"(\"",
		"the regular expression is not valid: missing closing parenthesis", 16},
	{"age>1 and subject !~ *x",
		"the regular expression is not valid: quantifier does not follow a repeatable item",
		21},

	/* Hostile text stays on its line; what cannot be shown does not shift the caret. */
	{"subject=\"\x1b[2J\" x=1",
		"and/or is missing before \"x\"; a value with white space goes in quotes", 18},
	{"\xc3\xa9t\xc3\xa9=1",
		"unknown field \"\xc3\xa9t\xc3\xa9\": a condition is FIELD OPERATOR VALUE, such as "
		"account=bob@example.com",
		0},
	{"subject=\xc3\xa9t\xc3\xa9 x=1",
		"and/or is missing before \"x\"; a value with white space goes in quotes", 12},
	{"state=\"a\nb\"",
		"state cannot be \"a\\x0Ab\": it is one of submitted, incoming, active, deferred, "
		"held, bad, corrupt",
		6},
};

static struct test_snap snap;

static int set_up(void **state)
{
	(void)state;
	test_snap_fill(&snap);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_snap_free(&snap);
	return 0;
}

static struct filter *parse(struct slice text, struct err *err)
{
	struct need need = snap.need;
	*err = (struct err){0};
	return filter_parse(text, &need, err);
}

/* Fails with the filter in the message. */
static void select_rows(struct slice text, char letters[27])
{
	struct err err;
	struct filter *filter = parse(text, &err);
	if (!filter)
		fail_msg("%.*s\n%s", SLICE_ARG(text), err.text);
	struct bitset rows = bitset_new(snap.snap.rows);
	assert_int_equal(filter_run(filter, &snap.env, &rows, &err), 0);
	test_letters(&rows, letters);
	bitset_free(&rows);
	filter_free(filter);
}

static void test_selections(void **state)
{
	char letters[27];
	(void)state;
	for (size_t i = 0; i < sizeof(selections) / sizeof(*selections); i++) {
		select_rows(slice_cstr(selections[i].text), letters);
		if (strcmp(letters, selections[i].rows) != 0)
			fail_msg("%s\nselects %s, not %s", selections[i].text, letters,
				selections[i].rows);
	}
}

/* What filter_print says selects the same and prints the same again. */
static void test_print_round_trip(void **state)
{
	char letters[27];
	(void)state;
	for (size_t i = 0; i < sizeof(selections) / sizeof(*selections); i++) {
		struct err err;
		struct buf once = {0}, twice = {0};
		struct filter *filter = parse(slice_cstr(selections[i].text), &err);
		filter_print(filter, &once);
		filter_free(filter);
		filter = parse(buf_slice(&once), &err);
		if (!filter)
			fail_msg("%s\n%s", buf_str(&once), err.text);
		filter_print(filter, &twice);
		assert_string_equal(buf_str(&once), buf_str(&twice));
		select_rows(buf_slice(&once), letters);
		assert_string_equal(letters, selections[i].rows);
		filter_free(filter);
		buf_free(&once);
		buf_free(&twice);
	}
}

static void test_print(void **state)
{
	static const struct {
		const char *text;
		const char *print;
	} cases[] = {
		{"", ""},
		{"account=Bob", "account = bob"},
		{"id=a or queue=b and not size>1024",
			"queue_id = a or (queue_name = b and not message_size > 1k)"},
		{"(id=a or (id=b or id=c)) or id=d",
			"queue_id = a or queue_id = b or queue_id = c or queue_id = d"},
		{"not (id=a and id=b)", "not (queue_id = a and queue_id = b)"},
		{"not not (id=a and id=b) and id=c",
			"queue_id = a and queue_id = b and queue_id = c"},
		{"subject=\"a\\\\b \\\"c\\\"\"", "subject = \"a\\\\b \\\"c\\\"\""},
		{"sender=\"\"", "envelope_sender = \"\""},
		{"id in (b, a, b)", "queue_id in (a, b)"},
		{"ip in (192.0.2.9/24, 2001:DB8::0001)",
			"client_ip in (192.0.2.0/24, 2001:db8::1)"},
		{"ip in 192.0.2.7/32", "client_ip = 192.0.2.7"},
		{"size in (2048, 1G, 5, 0)", "message_size in (0, 5, 2k, 1G)"},
		{"age > 694861", "age > 1w1d1h1m1s"},
		{"age > 0", "age > 0s"},
		{"arrival > 2026-11-22", "arrival_time > 2026-11-22T00:00:00Z"},
		{"arrival > -90m", "arrival_time > -1h30m"},
		{"arrival < 999999999999", "arrival_time < 999999999999"},
		{"next_retry<+1d", "next_retry < +1d"},
		{"all account=x", "account = x"},
		{"all rcpt=x", "all rcpt = x"},
		{"state=HELD", "state = held"},
		{"header:X-Mailer is not unknown", "header:X-Mailer is not unknown"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err;
		struct buf out = {0};
		struct filter *filter = parse(slice_cstr(cases[i].text), &err);
		assert_non_null(filter);
		filter_print(filter, &out);
		assert_string_equal(buf_str(&out), cases[i].print);
		buf_free(&out);
		filter_free(filter);
	}
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct err err;
		struct buf expected = {0};
		struct slice text = slice_cstr(faults[i].text);
		if (parse(text, &err))
			fail_msg("%s\nis taken", faults[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		buf_printf(&expected, "%s\n  ", faults[i].message);
		escape_text(&expected, text, ESCAPE_UTF8);
		buf_printf(&expected, "\n  %*s^", (int)faults[i].column, "");
		assert_string_equal(err.text, buf_str(&expected));
		buf_free(&expected);
	}
}

/* Of a long filter the error shows what is around the fault, and all three lines fit. */
static void test_long_fault(void **state)
{
	struct err err;
	struct buf text = {0};
	(void)state;

	for (int i = 0; i < 100; i++)
		buf_printf(&text, "nrcpt=%d or ", i);
	buf_add(&text, SLICE("oops=1"));
	for (int i = 0; i < 100; i++)
		buf_printf(&text, " or nrcpt=%d", i);
	assert_null(parse(buf_slice(&text), &err));
	assert_string_equal(err.text,
		"unknown field \"oops\": a condition is FIELD OPERATOR VALUE, such as "
		"account=bob@example.com\n"
		"  ...nrcpt=97 or nrcpt=98 or nrcpt=99 or oops=1 or nrcpt=0 or nrcpt=1 or nrcp...\n"
		"                                         ^");

	/* A character is not cut in two, on either side. */
	for (int blanks = 1; blanks <= 2; blanks++) {
		buf_reset(&text);
		buf_add(&text, SLICE("subject=\""));
		for (int i = 0; i < 60; i++)
			buf_add(&text, SLICE("\xc3\xa9"));
		buf_addc(&text, '"');
		buf_pad(&text, ' ', (size_t)blanks);
		buf_add(&text, SLICE("x"));
		buf_pad(&text, '=', (size_t)blanks);
		buf_addc(&text, '"');
		for (int i = 0; i < 60; i++)
			buf_add(&text, SLICE("\xc3\xa9"));
		buf_addc(&text, '"');
		assert_null(parse(buf_slice(&text), &err));
		assert_null(strchr(err.text, '\\'));
	}

	/* Characters that are shown as eight columns each. */
	buf_reset(&text);
	buf_add(&text, SLICE("subject=\""));
	for (int i = 0; i < 200; i++)
		buf_add(&text, SLICE("\xe2\x80\x8b"));
	buf_add(&text, SLICE("\" \xe2\x80\x8b\xe2\x80\x8b=1"));
	assert_null(parse(buf_slice(&text), &err));
	const char *second = strchr(err.text, '\n');
	assert_non_null(second);
	assert_true(strlen(second) < 400);
	assert_int_equal(err.text[strlen(err.text) - 1], '^');
	buf_free(&text);
}

static void add_repeated(struct buf *text, const char *piece, int count)
{
	for (int i = 0; i < count; i++)
		buf_add(text, slice_cstr(piece));
}

static bool is_accepted(struct buf *text)
{
	struct err err;
	struct filter *filter = parse(buf_slice(text), &err);
	filter_free(filter);
	return filter != NULL;
}

static void test_depth(void **state)
{
	char letters[27];
	(void)state;
	for (int depth = LIMIT_FILTER_DEPTH; depth <= LIMIT_FILTER_DEPTH + 1; depth++) {
		struct buf text = {0};
		add_repeated(&text, "(", depth);
		buf_add(&text, SLICE("nrcpt=2"));
		add_repeated(&text, ")", depth);
		assert_int_equal(is_accepted(&text), depth <= LIMIT_FILTER_DEPTH);
		buf_free(&text);
	}
	/* As deep with something at every level, and its print can still be read. */
	struct buf text = {0}, print = {0};
	struct err err;
	add_repeated(&text, "id=x or not (id=y and (", LIMIT_FILTER_DEPTH / 2);
	buf_add(&text, SLICE("nrcpt=2"));
	add_repeated(&text, "))", LIMIT_FILTER_DEPTH / 2);
	struct filter *filter = parse(buf_slice(&text), &err);
	assert_non_null(filter);
	filter_print(filter, &print);
	assert_true(is_accepted(&print));
	select_rows(buf_slice(&text), letters);
	assert_string_equal(letters, "ABCDEF");
	filter_free(filter);

	/* "and" within "or" nests without parentheses: one level for the innermost, not two. */
	static const struct {
		const char *innermost;
		bool accepted;
	} cases[] = {
		{"nrcpt=2", true}, {"nrcpt=2 or id=x", true}, {"nrcpt=2 or id=x and id=y", false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&text);
		add_repeated(&text, "id=x or (id=y and (", LIMIT_FILTER_DEPTH / 2);
		buf_add(&text, slice_cstr(cases[i].innermost));
		add_repeated(&text, "))", LIMIT_FILTER_DEPTH / 2);
		filter = parse(buf_slice(&text), &err);
		assert_int_equal(filter != NULL, cases[i].accepted);
		if (filter) {
			buf_reset(&print);
			filter_print(filter, &print);
			assert_true(is_accepted(&print));
		} else {
			assert_non_null(strstr(err.text, "nested deeper than 200"));
		}
		filter_free(filter);
	}
	buf_free(&text);
	buf_free(&print);
}

static void test_length(void **state)
{
	struct buf text = {0};
	(void)state;

	buf_add(&text, SLICE("id=x"));
	buf_pad(&text, ' ', LIMIT_FILTER - text.len);
	assert_true(is_accepted(&text));
	buf_addc(&text, ' ');
	assert_false(is_accepted(&text));

	/* As many conditions and values as fit, and a "not" does not cost stack. */
	buf_reset(&text);
	add_repeated(&text, "not ", LIMIT_FILTER / 4 - 10);
	buf_add(&text, SLICE("nrcpt=2"));
	assert_true(is_accepted(&text));
	buf_reset(&text);
	buf_add(&text, SLICE("id=4A1"));
	add_repeated(&text, " or id=x", LIMIT_FILTER / 8 - 1);
	assert_true(is_accepted(&text));
	buf_reset(&text);
	buf_add(&text, SLICE("id in (4A1"));
	for (int i = 0; i < 9000; i++)
		buf_printf(&text, ",%d", i * 7919 % 9000);
	buf_addc(&text, ')');
	char letters[27];
	select_rows(buf_slice(&text), letters);
	assert_string_equal(letters, "A");
	buf_free(&text);
}

static void test_bytes(void **state)
{
	struct err err;
	char letters[27];
	(void)state;

	/* NUL is a byte like another, in a word and in quotes. */
	select_rows(SLICE("helo=a\0b"), letters);
	assert_string_equal(letters, "E");
	select_rows(SLICE("helo=\"a\0b\""), letters);
	assert_string_equal(letters, "E");
	select_rows(SLICE("sender=\"x\xff\x1b[31m\n@evil.test\""), letters);
	assert_string_equal(letters, "E");
	assert_null(parse(SLICE("acc\0ount=b"), &err));
	assert_null(parse(SLICE("\xff\xfe"), &err));
	assert_non_null(strstr(err.text, "\\xFF\\xFE"));
}

/* What an action must not trust: a login or client that only a Received line names. */
static void test_trusted_only(void **state)
{
	static const struct {
		const char *text;
		const char *rows;
	} cases[] = {
		{"account=alice", ""},
		{"account!=bob@example.com", "E"},
		{"not account=bob@example.com", "E"},
		{"account is unknown", "BDF"},
		{"account is not unknown", "AE"},
		{"account=bob@example.com or account=alice", "A"},
		{"ip in 0.0.0.0/0", "AF"},
		{"net=198.51.100.0/24", ""},
		{"not ip=192.0.2.7", "B"},
		{"origin=account", "AE"},
		{"account_source=received", "C"},
		{"sender=alice@example.com", "C"},
	};
	char letters[27];
	(void)state;

	snap.env.trusted_only = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		select_rows(slice_cstr(cases[i].text), letters);
		if (strcmp(letters, cases[i].rows) != 0)
			fail_msg("%s\nselects %s, not %s", cases[i].text, letters, cases[i].rows);
	}
	snap.env.trusted_only = false;
}

static void test_needs(void **state)
{
	static const struct {
		const char *text;
		unsigned parts;
		bool reason_text;
	} cases[] = {
		{"", 0, false},
		{"account=x and size>1k", 0, false},
		{"rcpt=x", NEED_RCPTS | NEED_ADDRESSES, false},
		{"reason ~ x", NEED_REASONS | NEED_WORDS, true},
		{"not reason=x", NEED_REASONS | NEED_WORDS, true},
		{"reason is unknown", NEED_REASONS | NEED_WORDS, false},
		{"reason_class=network", NEED_REASONS, false},
		{"subject ~ x or rcpt_domain=x", NEED_HEADERS | NEED_SUBJECT | NEED_RCPTS, false},
		{"uid=33", NEED_SUBMITTER, false},
		{"origin=lan", NEED_RCPTS | NEED_SUBMITTER, false},
		{"header:List-Id is unknown", NEED_HEADERS | NEED_EXTRA, false},
		{"sender=x", NEED_SENDERS, false},
		{"sender_domain=x", 0, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct need need = {0};
		struct err err;
		struct filter *filter = filter_parse(slice_cstr(cases[i].text), &need, &err);
		assert_non_null(filter);
		assert_int_equal(need.parts, cases[i].parts);
		assert_int_equal(filter_wants_reason_text(filter), cases[i].reason_text);
		filter_free(filter);
	}
}

static void test_needs_headers(void **state)
{
	struct need need = {0};
	struct err err;
	(void)state;

	struct filter *filter =
		filter_parse(SLICE("header:A=1 or header:b=2 or HEADER:a=3 or header:C is unknown"),
			&need, &err);
	assert_non_null(filter);
	assert_int_equal(need.nheaders, 3);
	assert_true(slice_eq(need.headers[0], SLICE("A")));
	assert_true(slice_eq(need.headers[1], SLICE("b")));
	assert_true(slice_eq(need.headers[2], SLICE("C")));
	filter_free(filter);

	assert_null(filter_parse(SLICE("header:d=1 or header:e=1 or header:f=1 or header:g=1 or "
				       "header:h=1 or header:a=1 or header:i=1"),
		&need, &err));
	assert_non_null(strstr(err.text, "8 different header:NAME fields"));
}

/* The reason as logged matches only where it was kept. */
static void test_reason_text_not_kept(void **state)
{
	struct test_snap other;
	struct err err;
	char letters[27];
	(void)state;

	test_snap_init(&other);
	other.snap.keep_reason_text = false;
	test_add_a(&other);
	test_snap_done(&other);
	struct bitset rows = bitset_new(1);
	struct filter *filter = parse(SLICE("reason ~ ID"), &err);
	assert_int_equal(filter_run(filter, &other.env, &rows, &err), 0);
	test_letters(&rows, letters);
	assert_string_equal(letters, "A");
	filter_free(filter);
	filter = parse(SLICE("reason ~ abc123"), &err);
	assert_int_equal(filter_run(filter, &other.env, &rows, &err), 0);
	test_letters(&rows, letters);
	assert_string_equal(letters, "");
	filter_free(filter);
	bitset_free(&rows);
	test_snap_free(&other);
}

/* A network in an address's place is no address. */
static void test_address_that_is_none(void **state)
{
	struct test_snap other;
	struct err err;
	(void)state;

	test_snap_init(&other);
	struct record record = test_record();
	record.client_ip = SLICE("192.0.2.0/24");
	snap_add(&other.snap, 0, &record);
	test_snap_done(&other);
	struct bitset rows = bitset_new(1);
	struct filter *filter =
		parse(SLICE("ip in 192.0.2.0/24 or ip=192.0.2.0 or not ip=192.0.2.0"), &err);
	assert_int_equal(filter_run(filter, &other.env, &rows, &err), 0);
	assert_int_equal(bitset_count(&rows), 0);
	filter_free(filter);
	bitset_free(&rows);
	test_snap_free(&other);
}

/* Half an answer is none: the command fails, and the rows are left alone. */
static void test_regex_limit(void **state)
{
	struct test_snap other;
	struct err err;
	struct buf subject = {0};
	(void)state;

	test_snap_init(&other);
	struct record record = test_record();
	buf_pad(&subject, 'a', 200);
	buf_addc(&subject, '!');
	record.subject = buf_slice(&subject);
	snap_add(&other.snap, 0, &record);
	test_snap_done(&other);

	static const char *const texts[] = {
		"subject ~ \"^(a+)+$\"",
		"not subject ~ \"^(a+)+$\"",
		"nrcpt=0 and not (nrcpt=1 or subject !~ \"^(a+)+$\")",
		"nrcpt=1 or nrcpt=2 or subject ~ \"^(a+)+$\" or nrcpt=0",
	};
	struct bitset rows = bitset_new(1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct filter *filter = parse(slice_cstr(texts[i]), &err);
		assert_non_null(filter);
		assert_int_equal(filter_run(filter, &other.env, &rows, &err), -1);
		assert_int_equal(err.code, ERR_LIMIT);
		assert_int_equal(bitset_count(&rows), 0);
		filter_free(filter);
	}
	bitset_free(&rows);
	buf_free(&subject);
	test_snap_free(&other);
}

static void test_empty_snap(void **state)
{
	struct test_snap other;
	struct err err;
	(void)state;

	test_snap_init(&other);
	test_snap_done(&other);
	struct bitset rows = bitset_new(0);
	struct filter *filter = parse(SLICE("not account=x or rcpt ~ y and size>1"), &err);
	assert_int_equal(filter_run(filter, &other.env, &rows, &err), 0);
	assert_int_equal(bitset_count(&rows), 0);
	filter_free(filter);
	bitset_free(&rows);
	test_snap_free(&other);
	filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selections),
		cmocka_unit_test(test_print_round_trip),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_long_fault),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_trusted_only),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_needs_headers),
		cmocka_unit_test(test_reason_text_not_kept),
		cmocka_unit_test(test_address_that_is_none),
		cmocka_unit_test(test_regex_limit),
		cmocka_unit_test(test_empty_snap),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
