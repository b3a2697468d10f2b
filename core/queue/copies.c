/* snap_link_copies: whose mail is it that came back from a content filter without its login? */
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/queue/snap.h"

enum { NOBODY = 0, SEVERAL = UINT32_MAX };

/* A key of two string ids and the account seen with it: open addressing, as intern. */
struct owners {
	struct owner {
		uint64_t key;     /* 0 is free */
		uint32_t account; /* NOBODY, a string id, or SEVERAL */
	} * slots;
	size_t mask;
};

static struct owner *owner_slot(const struct owners *owners, uint64_t key)
{
	size_t at = (size_t)seeded_hash(&key, sizeof(key)) & owners->mask;
	while (owners->slots[at].key && owners->slots[at].key != key)
		at = (at + 1) & owners->mask;
	return &owners->slots[at];
}

static void owner_ask(struct owners *owners, uint64_t key)
{
	if (key)
		owner_slot(owners, key)->key = key;
}

/* Only of keys that a copy asks about: they are few, and the table stays in the cache. */
static void owner_note(struct owners *owners, uint64_t key, uint32_t account)
{
	struct owner *slot = key ? owner_slot(owners, key) : NULL;
	if (!slot || !slot->key)
		return;
	if (slot->account == NOBODY)
		slot->account = account;
	else if (slot->account != account)
		slot->account = SEVERAL;
}

static uint64_t pair(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

/* A client that only a Received field names could have been made up to get at somebody's mail. */
static uint32_t sure_client(const struct snap *snap, uint32_t row)
{
	bool sure = snap->small[row].client_source != SOURCE_RECEIVED;
	return sure ? snap_col(snap, COL_CLIENT_IP, row) : INTERN_UNKNOWN;
}

/*
 * Two keys: queue id with client, and client with sender. The client is part of
 * the first because short queue ids are used again: a filter that hands on the
 * id (XFORWARD IDENT) hands on the address as well.
 */
static uint64_t id_key(const struct snap *snap, uint32_t row, uint32_t id)
{
	uint32_t ip = sure_client(snap, row);
	return id && ip ? pair(id, ip) : 0;
}

/* The id that its copies name; only an id that is named is a string of the index. */
static uint64_t own_key(const struct snap *snap, uint32_t row)
{
	return id_key(snap, row, intern_find(&snap->strings, snap_text(snap, COL_QUEUE_ID, row)));
}

static uint64_t log_key(const struct snap *snap, uint32_t row)
{
	return id_key(snap, row, snap_col(snap, COL_LOG_ID, row));
}

static uint64_t client_key(const struct snap *snap, uint32_t row)
{
	uint32_t ip = sure_client(snap, row);
	uint32_t sender = snap_col(snap, COL_SENDER, row);
	bool whole = snap->need.parts & NEED_SENDERS;
	/* The null sender is shared by everybody, so it says nothing; nor does a domain. */
	return ip && whole && sender > INTERN_EMPTY ? pair(ip, sender) : 0;
}

static uint32_t find_account(const struct owners *owners, uint64_t key)
{
	uint32_t account = key ? owner_slot(owners, key)->account : NOBODY;
	return account == SEVERAL ? NOBODY : account;
}

bool snap_is_copy(const struct snap *snap, uint32_t row)
{
	return (snap->small[row].flags & SNAP_REINJECTED) && !snap_col(snap, COL_ACCOUNT, row);
}

static struct owners ask_copies(const struct snap *snap)
{
	size_t copies = 0, slots = 64;

	for (uint32_t row = 0; row < snap->rows; row++)
		copies += snap_is_copy(snap, row);
	while (slots < copies * 4) /* two keys each, and room to miss quickly */
		slots *= 2;
	struct owners owners = {xcalloc(slots, sizeof(*owners.slots)), slots - 1};
	for (uint32_t row = 0; row < snap->rows; row++) {
		if (!snap_is_copy(snap, row))
			continue;
		owner_ask(&owners, log_key(snap, row));
		owner_ask(&owners, client_key(snap, row));
	}
	return owners;
}

static void note_accounts(struct owners *owners, const struct snap *snap)
{
	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t account = snap_col(snap, COL_ACCOUNT, row);
		if (!account)
			continue;
		owner_note(owners, own_key(snap, row), account);
		owner_note(owners, client_key(snap, row), account);
	}
}

static uint32_t *lost_logins(struct snap *snap)
{
	if (!snap->cols[COL_LOST_LOGIN])
		snap->cols[COL_LOST_LOGIN] = xcalloc(snap->cap, sizeof(uint32_t));
	return snap->cols[COL_LOST_LOGIN];
}

void snap_set_lost_login(struct snap *snap, uint32_t row, struct slice account)
{
	lost_logins(snap)[row] = intern_add_fold(&snap->strings, account);
}

uint32_t snap_link_copies(struct snap *snap)
{
	uint32_t linked = 0, row = 0;

	while (row < snap->rows && !snap_is_copy(snap, row))
		row++;
	if (row == snap->rows || !snap->cols[COL_ACCOUNT])
		return 0;
	struct owners owners = ask_copies(snap);
	note_accounts(&owners, snap);
	uint32_t *lost = lost_logins(snap);
	for (; row < snap->rows; row++) {
		if (!snap_is_copy(snap, row))
			continue;
		uint32_t account = find_account(&owners, log_key(snap, row));
		if (!account)
			account = find_account(&owners, client_key(snap, row));
		lost[row] = account;
		linked += account != NOBODY;
	}
	free(owners.slots);
	return linked;
}
