#include "core/verdict/remedy_facts.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/marks.h"

enum {
	SEVERAL = 3, /* people: one is a machine's owner, two may be */
	RARE = 2     /* messages with a subject that no campaign has */
};

/* Whose mail a machine hands in besides the campaign. */
struct machines {
	const struct finding *finding;
	const struct snap *snap;
	uint8_t *place;     /* by client: in finding->who, + 1; 0 not looked up */
	uint32_t *subjects; /* by subject key: messages of the finding */
	uint32_t people[LIMIT_WHO][SEVERAL];
};

/* nwho for none of them. */
static size_t find_machine(const struct finding *finding, struct slice client)
{
	struct ip_net net;
	struct ip ip;
	size_t i = 0;

	if (!ip_parse(client, &ip))
		return finding->nwho;
	while (i < finding->nwho &&
		!(finding->who[i].kind == WHO_IP && ip_net_parse(finding->who[i].value, &net) &&
			ip_in_net(&ip, &net)))
		i++;
	return i;
}

static size_t machine_of(struct machines *machines, uint32_t row)
{
	uint32_t client = snap_col(machines->snap, COL_CLIENT_IP, row);
	struct slice text = intern_get(&machines->snap->strings, client);

	if (client <= INTERN_EMPTY)
		return machines->finding->nwho;
	if (!machines->place[client])
		machines->place[client] = (uint8_t)(find_machine(machines->finding, text) + 1);
	return machines->place[client] - 1U;
}

/* Whether that makes several, with those of before. */
static bool add_person(uint32_t people[SEVERAL], uint32_t person)
{
	for (unsigned i = 0; i < SEVERAL; i++) {
		if (people[i] == person)
			return false;
		if (people[i])
			continue;
		people[i] = person;
		return i + 1 == SEVERAL;
	}
	return true;
}

/*
 * Whether this message makes the machine one of many people: other mail without a login, or of
 * several. Where all of its mail is the finding's, senders of the site count whose subjects are
 * their own: names made up for a campaign come with the campaign's.
 */
static bool is_of_many(struct machines *machines, uint32_t row, uint32_t people[SEVERAL])
{
	const struct snap *snap = machines->snap;
	uint32_t sender = snap_col(snap, COL_SENDER, row);
	uint32_t login = snap_col(snap, COL_ACCOUNT, row);

	if (bitset_has(&machines->finding->rows, row))
		return sender > INTERN_EMPTY &&
			machines->subjects[snap_col(snap, COL_SUBJECT_KEY, row)] <= RARE &&
			site_is_local(&snap->spools[snap->small[row].spool]->site,
				intern_get(&snap->strings, sender)) &&
			add_person(people, sender);
	login = login ? login : snap_col(snap, COL_LOST_LOGIN, row);
	return login <= INTERN_EMPTY || add_person(people, login);
}

void remedy_find_shared(const struct finding *finding, const struct snap *snap, bool *shared)
{
	struct machines machines = {.finding = finding,
		.snap = snap,
		.place = xcalloc(snap->strings.count, sizeof(*machines.place)),
		.subjects = xcalloc(snap->strings.count, sizeof(*machines.subjects))};

	for (size_t row = bitset_next(&finding->rows, 0); row != SIZE_MAX;
		row = bitset_next(&finding->rows, row + 1))
		machines.subjects[snap_col(snap, COL_SUBJECT_KEY, (uint32_t)row)]++;
	for (uint32_t row = 0; row < snap->rows; row++) {
		size_t i = machine_of(&machines, row);
		if (i < finding->nwho && !shared[i])
			shared[i] = is_of_many(&machines, row, machines.people[i]);
	}
	free(machines.place);
	free(machines.subjects);
}

static bool is_of_user(const struct finding *finding, uint32_t uid)
{
	int64_t number;

	for (size_t i = 0; i < finding->nwho; i++)
		if (finding->who[i].kind == WHO_UID &&
			slice_to_i64(finding->who[i].value, &number) && number == uid)
			return true;
	return false;
}

bool remedy_user_has_more(const struct finding *finding, const struct snap *snap)
{
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t uid = snap_col(snap, COL_UID, row); /* + 1 */
		if (uid && !bitset_has(&finding->rows, row) && is_of_user(finding, uid - 1))
			return true;
	}
	return false;
}

enum bounces remedy_bounces(const struct finding *finding, const struct snap *snap)
{
	uint32_t replies = 0;

	for (size_t i = 0; i < finding->nwho; i++)
		if (finding->who[i].kind == WHO_RCPT)
			return BOUNCES_THEIRS;
	for (size_t row = bitset_next(&finding->rows, 0); row != SIZE_MAX;
		row = bitset_next(&finding->rows, row + 1)) {
		uint32_t marks = snap_col(snap, COL_MARKS, (uint32_t)row);
		replies += (marks & MARK_AUTO) && !(marks & MARK_REPORT);
	}
	return replies > finding->messages / 2 ? BOUNCES_REPLIES : BOUNCES_OURS;
}

static bool is_for_bounces(struct slice address)
{
	static const char *const words[] = {
		"bounce", "owner-", "-owner@", "-request@", "postmaster@", "mailer-daemon@"};

	for (; address.len; address = slice_from(address, 1))
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (slice_starts_fold(address, slice_cstr(words[i])))
				return true;
	return false;
}

bool remedy_rcpt_is_for_bounces(const struct finding *finding)
{
	for (size_t i = 0; i < finding->nwho; i++)
		if (finding->who[i].kind == WHO_RCPT && is_for_bounces(finding->who[i].value))
			return true;
	return false;
}
