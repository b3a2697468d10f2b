#include "core/verdict/remedy_facts.h"

#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/marks.h"

enum { SEVERAL_LOGINS = 3 }; /* one is its owner's, two may be */

/* Which of finding->who a client is; nwho for none. */
static size_t find_host(const struct finding *finding, struct slice client)
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

/* Whether that makes several, with those of before. */
static bool add_login(uint32_t logins[SEVERAL_LOGINS], uint32_t login)
{
	for (unsigned i = 0; i < SEVERAL_LOGINS; i++) {
		if (logins[i] == login)
			return false;
		if (logins[i])
			continue;
		logins[i] = login;
		return i + 1 == SEVERAL_LOGINS;
	}
	return true;
}

void remedy_find_shared(const struct finding *finding, const struct snap *snap, bool *shared)
{
	uint32_t logins[LIMIT_WHO][SEVERAL_LOGINS] = {{0}};
	uint8_t *host = xcalloc(snap->strings.count, 1); /* by client: its place + 1 */

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t client = snap_col(snap, COL_CLIENT_IP, row);
		uint32_t login = snap_col(snap, COL_ACCOUNT, row);
		if (client <= INTERN_EMPTY || bitset_has(&finding->rows, row))
			continue;
		if (!host[client])
			host[client] = (uint8_t)(1 +
				find_host(finding, intern_get(&snap->strings, client)));
		size_t i = host[client] - 1U;
		login = login ? login : snap_col(snap, COL_LOST_LOGIN, row);
		if (i < finding->nwho)
			shared[i] |= login <= INTERN_EMPTY || add_login(logins[i], login);
	}
	free(host);
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
