#include "cmd/forge/people.h"

#include <stdio.h>

#include "cmd/forge/words.h"

/* What a number is mixed with, so that the facts about it do not hang together. */
enum salt { SALT_FIRST = 1, SALT_LAST, SALT_DOMAIN, SALT_HOME, SALT_HOST, SALT_SPARE, SALT_PORT };

static const char *const providers[] = {"zmail.test", "hotpost.test", "yoohoo.test", "gmy.test",
	"freemail.test", "webpost.test", "inbox.test", "postbox.test", "fastpost.test",
	"olmail.test"};
enum { PROVIDERS = sizeof(providers) / sizeof(*providers) };

static const char *const dead_domains[] = {"amber-motors.test", "old-school-press.test",
	"closed-clinic.test", "lake-hotel.test", "moved-away.test", "stone-freight.test",
	"east-optics.test", "former-client.test", "quiet-farm.test", "wild-events.test",
	"bankrupt-builders.test", "dark-solar.test"};

static const char *const missing_domains[] = {
	"zmial.test", "hotpots.test", "frremail.test", "north-energy-gmbh.test", "webpsot.test"};

const struct lan_host people_lan_hosts[] = {
	{"10.0.4.11", "erp1.corp.example", "orders@shop.example", "Shop Orders"},
	{"10.0.4.12", "crm1.corp.example", "crm@corp.example", "Customer Care"},
	{"10.0.4.13", "tickets.corp.example", "support@corp.example", "Support Desk"},
	{"10.0.4.14", "monitor.corp.example", "monitor@corp.example", "Monitoring"},
	{"10.0.4.30", "scan-floor2.corp.example", "scanner@corp.example", "Scanner Floor 2"},
	{"10.0.4.40", "shop-web.corp.example", "shop@shop.example", "Web Shop"},
};
const unsigned people_lan_host_count = sizeof(people_lan_hosts) / sizeof(*people_lan_hosts);

const struct lan_host people_list_server = {
	"10.0.3.9", SITE_LIST_DOMAIN, "postmaster@" SITE_LIST_DOMAIN, "List Master"};
const struct lan_host people_webmail = {
	"10.0.3.20", "webmail.corp.example", "postmaster@corp.example", "Webmail"};

const struct local_user people_local_users[] = {
	{0, "root", "root@mx1.corp.example", NULL, 30},
	{33, "www-data", "www-data@mx1.corp.example", "33:class-phpmailer.php", 25},
	{33, "www-data", "wordpress@shop.example", "33:wp-mail.php", 15},
	{34, "backup", "backup@mx1.corp.example", NULL, 10},
	{110, "nagios", "nagios@mx1.corp.example", NULL, 10},
	{1017, "web17", "web17@shop.example", "1017:contact.php", 10},
};
const unsigned people_local_user_count = sizeof(people_local_users) / sizeof(*people_local_users);

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	return arena_copy(arena, slice_of(text, len));
}

static struct slice full_name(struct arena *arena, const char *first, const char *last)
{
	return arena_printf(arena, "%c%s %c%s", first[0] - 32, first + 1, last[0] - 32, last + 1);
}

static const char *first_name(uint64_t n)
{
	return words_pick(&words_first_names, rng_mix(n, SALT_FIRST) >> 8);
}

static const char *last_name(uint64_t n)
{
	return words_pick(&words_last_names, rng_mix(n, SALT_LAST) >> 8);
}

struct person people_login(struct arena *arena, unsigned n)
{
	if (n == SITE_VICTIM)
		return (struct person){SLICE("Bob Stone"), SLICE("bob@example.com")};
	const char *first = words_pick(&words_first_names, n * 7 + 3);
	const char *last = words_pick(&words_last_names, n * 11 + n / 80 + 5);
	const char *domain = n % 10 == 3 ? "example.com"
		: n % 10 >= 8            ? "shop.example"
					 : "corp.example";
	return (struct person){full_name(arena, first, last),
		arena_printf(arena, "%s.%s@%s", first, last, domain)};
}

struct person people_contact(struct arena *arena, unsigned n)
{
	const char *first = first_name(n), *last = last_name(n);
	uint64_t company = rng_mix(n % 400, SALT_DOMAIN);
	struct slice domain = arena_printf(arena, "%s-%s.test", words_pick(&words_company, company),
		words_pick(&words_trade, company >> 20));
	struct person person = {.name = full_name(arena, first, last)};
	if (n % 997 == 5) /* legal, and a trap for those who split at blanks */
		person.address = arena_printf(arena, "%s %s@%.*s", first, last, SLICE_ARG(domain));
	else if (n % 5 == 0)
		person.address =
			arena_printf(arena, "%c.%s%u@%.*s", first[0], last, n, SLICE_ARG(domain));
	else
		person.address = arena_printf(
			arena, "%s.%s%u@%.*s", first, last, n / 400, SLICE_ARG(domain));
	return person;
}

struct person people_stranger(struct arena *arena, uint64_t n)
{
	const char *first = first_name(n), *last = last_name(n);
	uint64_t spare = rng_mix(n, SALT_SPARE);
	const char *domain = providers[rng_mix(n, SALT_DOMAIN) % PROVIDERS];
	static const char *const joints[] = {".", "", "_"};
	return (struct person){full_name(arena, first, last),
		arena_printf(arena, "%s%s%s%u@%s", first, joints[(spare >> 32) % 3], last,
			(unsigned)(spare % 9000), domain)};
}

struct person people_forged(struct arena *arena, unsigned n)
{
	const char *first = first_name(n), *last = last_name(n);
	uint64_t company = rng_mix(n % 311, SALT_SPARE);
	return (struct person){full_name(arena, first, last),
		arena_printf(arena, "%s.%s%u@%s-%s.test", first, last, n,
			words_pick(&words_company, company),
			words_pick(&words_trade, company >> 20))};
}

struct person people_unreachable(struct arena *arena, uint64_t n, bool in_dns)
{
	const char *first = first_name(n), *last = last_name(n);
	const char *domain = in_dns ? dead_domains[rng_mix(n, SALT_DOMAIN) % 12]
				    : missing_domains[rng_mix(n, SALT_DOMAIN) % 5];
	return (struct person){full_name(arena, first, last),
		arena_printf(arena, "%s.%s@%s", first, last, domain)};
}

/* From a home or an office outside; 1 in 8 over IPv6. */
static void outside_address(struct arena *arena, uint64_t n, struct fake_client *client)
{
	uint64_t home = rng_mix(n, SALT_HOME);
	if (home % 8 == 0)
		client->address = arena_printf(arena, "2001:db8:%x:%x::%x",
			(unsigned)(home >> 8 & 0xff) + 256, (unsigned)(home >> 16 & 0xfff) + 1,
			(unsigned)(home >> 32 & 0xff) + 16);
	else
		client->address = arena_printf(arena, "%s.%u",
			home & 8 ? "198.51.100" : "203.0.113", (unsigned)(home >> 8) % 199 + 30);
	client->name = home & 16
		? SLICE("unknown")
		: arena_printf(arena, "dsl-%04x.access.test", (unsigned)(home >> 16) & 0xffff);
}

struct fake_client people_login_client(struct arena *arena, unsigned n, uint64_t choice)
{
	struct fake_client client = {.port = 32768 + (unsigned)(rng_mix(choice, SALT_PORT) % 28000),
		.server_port = 587,
		.tls = true};
	client.helo = arena_printf(arena, "[192.168.%u.%u]", n % 3, 20 + n);
	/* Two of three sit in the office, behind two addresses for all. */
	if (n % 3) {
		client.address = n % 2 ? SLICE("192.0.2.130") : SLICE("192.0.2.131");
		client.name = SLICE("office.corp.example");
	}
	unsigned places = n % 20 == 9 ? 3 : n % 7 == 4 ? 2 : 1;
	unsigned place = (unsigned)(choice >> 8) % places;
	if (n % 3 == 0 || place > 0)
		outside_address(arena, n * 4 + place, &client);
	return client;
}

struct mail_host people_mail_host(struct arena *arena, struct slice address)
{
	size_t at = slice_rindex(address, '@');
	struct slice domain = at == SIZE_MAX ? address : slice_from(address, at + 1);
	uint64_t hash = domain.len;
	for (size_t i = 0; i < domain.len; i++)
		hash = rng_mix(hash ^ (unsigned char)domain.ptr[i], SALT_HOST);

	struct mail_host host = {0};
	for (unsigned i = 0; i < PROVIDERS; i++)
		if (slice_eq(domain, slice_cstr(providers[i])))
			host.provider = i + 1;
	host.name = arena_printf(arena, "%s.%.*s",
		host.provider      ? "mx-in"
			: hash % 3 ? "mail"
				   : "mx",
		SLICE_ARG(domain));
	if (hash % 12 == 0)
		host.address =
			arena_printf(arena, "2001:db8:%x::25", (unsigned)(hash >> 8 & 0xff) + 1);
	else
		host.address = arena_printf(arena, "%s.%u", hash & 16 ? "198.51.100" : "203.0.113",
			(unsigned)(hash >> 8) % 28 + 1);
	return host;
}
