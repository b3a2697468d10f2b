/* Who handed each message in: the rows of one login, one host, one program together. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/study.h"

/* A copy behind a content filter is of the login that it lost. */
static uint32_t login_of(const struct snap *snap, uint32_t row)
{
	uint32_t account = snap_col(snap, COL_ACCOUNT, row);
	return account ? account : snap_col(snap, COL_LOST_LOGIN, row);
}

static struct party party_of(struct study *study, uint32_t row)
{
	const struct snap *snap = study->snap;
	struct party party = {.origin = (enum origin)snap->small[row].origin};

	if (login_of(snap, row)) {
		party.origin = ORIGIN_ACCOUNT;
		party.id = login_of(snap, row);
	} else if (party.origin == ORIGIN_LAN) {
		party.id = field_client_id(study->env, row);
	} else if (party.origin == ORIGIN_LOCAL) {
		party.uid = snap_col(snap, COL_UID, row);
		party.script = snap_col(snap, COL_SCRIPT, row);
	}
	return party;
}

static uint64_t key_of(const struct party *party)
{
	uint64_t what = party->origin == ORIGIN_LOCAL
		? (uint64_t)(party->uid & 0xfffffff) << 32 | party->script
		: party->id;
	return (uint64_t)party->origin << 60 | what;
}

static int by_size(const void *a, const void *b, void *arg)
{
	const struct party *x = a, *y = b;
	struct study *study = arg;
	const struct intern *strings = &study->snap->strings;

	if (x->rows.count != y->rows.count)
		return x->rows.count > y->rows.count ? -1 : 1;
	if (x->origin != y->origin)
		return x->origin < y->origin ? -1 : 1;
	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	int order = slice_cmp(intern_get(strings, x->id), intern_get(strings, y->id));
	return order ? order
		     : slice_cmp(intern_get(strings, x->script), intern_get(strings, y->script));
}

void parties_make(struct study *study)
{
	const struct snap *snap = study->snap;
	uint32_t *places = xcalloc(snap->rows + 1, sizeof(*places));
	struct keymap map = {0};
	size_t cap = 0;

	for (uint32_t row = 0; row < snap->rows; row++) {
		struct party party = party_of(study, row);
		study->copies |= snap_col(snap, COL_LOST_LOGIN, row) != INTERN_UNKNOWN;
		uint32_t place = places[row] = keymap_add(&map, key_of(&party));
		if (place == study->nparties) {
			if (study->nparties == cap) {
				cap = cap ? cap * 2 : 64;
				study->parties =
					xrealloc(study->parties, cap, sizeof(*study->parties));
			}
			study->parties[study->nparties++] = party;
		}
		study->parties[place].rows.count++;
	}
	study->rows = xcalloc(snap->rows + 1, sizeof(*study->rows));
	uint32_t *next = study->rows;
	for (size_t i = 0; i < study->nparties; i++) {
		study->parties[i].rows.at = next;
		next += study->parties[i].rows.count;
		study->parties[i].rows.count = 0;
	}
	for (uint32_t row = 0; row < snap->rows; row++) {
		struct rows *rows = &study->parties[places[row]].rows;
		rows->at[rows->count++] = row;
	}
	for (size_t i = 0; i < study->nparties; i++)
		qsort_r(study->parties[i].rows.at, study->parties[i].rows.count, sizeof(uint32_t),
			by_arrival, (void *)snap);
	if (study->nparties)
		qsort_r(study->parties, study->nparties, sizeof(*study->parties), by_size, study);
	keymap_free(&map);
	free(places);
}

struct slice party_name(struct study *study, const struct party *party)
{
	const struct intern *strings = &study->snap->strings;
	struct slice script = intern_get(strings, party->script);

	switch (party->origin) {
	case ORIGIN_ACCOUNT:
		if (!party->id)
			return SLICE("a login that a content filter lost");
		return intern_get(strings, party->id);
	case ORIGIN_LAN:
		return intern_get(strings, party->id);
	case ORIGIN_LOOPBACK:
		return SLICE("127.0.0.1");
	case ORIGIN_LOCAL:
		if (!party->uid)
			return script.len ? script : SLICE("a local program");
		return study_text(study, "uid %" PRIu32 "%s%.*s", party->uid - 1,
			script.len ? " " : "", SLICE_ARG(script));
	default:
		return slice_cstr(origin_name(party->origin));
	}
}

static void add_filter(struct study *study, const struct party *party, struct buf *out)
{
	const struct intern *strings = &study->snap->strings;
	bool copies = false;

	switch (party->origin) {
	case ORIGIN_ACCOUNT:
		if (!party->id) {
			buf_add(out, SLICE("origin=account and account is unknown"));
			break;
		}
		for (uint32_t i = 0; i < party->rows.count; i++)
			copies |= !snap_col(study->snap, COL_ACCOUNT, party->rows.at[i]);
		buf_add(out, copies ? SLICE("(account=") : SLICE("account="));
		filter_add_value(out, intern_get(strings, party->id));
		if (copies) {
			buf_add(out, SLICE(" or lost_login="));
			filter_add_value(out, intern_get(strings, party->id));
			buf_addc(out, ')');
		}
		return;
	case ORIGIN_LAN:
		buf_add(out, SLICE("origin=lan and "));
		/* A group of IPv6 clients is their /64. */
		buf_add(out,
			slice_index(intern_get(strings, party->id), '/') == SIZE_MAX
				? SLICE("client_ip=")
				: SLICE("client_ip in "));
		buf_add(out, intern_get(strings, party->id));
		break;
	case ORIGIN_LOCAL:
		buf_add(out, SLICE("origin=local and "));
		if (party->uid)
			buf_printf(out, "uid=%" PRIu32, party->uid - 1);
		else
			buf_add(out, SLICE("uid is unknown"));
		if (party->script) {
			buf_add(out, SLICE(" and script="));
			filter_add_value(out, intern_get(strings, party->script));
		} else {
			buf_add(out, SLICE(" and script is unknown"));
		}
		break;
	default:
		buf_printf(out, "origin=%s", origin_name(party->origin));
	}
}

void party_filter(struct study *study, const struct party *party, struct buf *out)
{
	add_filter(study, party, out);
	/* Such a copy is its login's. */
	if (study->copies && (party->origin != ORIGIN_ACCOUNT || !party->id))
		buf_add(out, SLICE(" and lost_login is unknown"));
}
