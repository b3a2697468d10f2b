/* Suspects into findings: an id, names, words, a filter, what stays, what to do. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/base/xalloc.h"
#include "core/verdict/remedy.h"
#include "core/verdict/study.h"

/* ---- who ---- */

struct named {
	uint32_t id;
	uint32_t messages;
};

static int by_messages(const void *a, const void *b, void *arg)
{
	const struct named *x = a, *y = b;
	const struct intern *strings = arg;
	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return slice_cmp(intern_get(strings, x->id), intern_get(strings, y->id));
}

/* The values that id_of gives for its rows, most messages first. */
static void add_values(struct study *study, const struct suspect *suspect, struct names *names,
	enum who_kind kind, uint32_t (*id_of)(struct study *study, uint32_t row))
{
	struct memo places = {0};
	uint32_t count = 0, cap = 64;
	struct named *named = xcalloc(cap, sizeof(*named));

	for (uint32_t i = 0; i < suspect->crime.count; i++) {
		uint32_t id = id_of(study, suspect->crime.at[i]);
		if (id == INTERN_UNKNOWN)
			continue;
		uint32_t *place = memo_at(&places, id);
		if (!*place) {
			if (count == cap) {
				cap *= 2;
				named = xrealloc(named, cap, sizeof(*named));
			}
			named[count++] = (struct named){.id = id};
			*place = count;
		}
		named[*place - 1].messages++;
	}
	if (count)
		qsort_r(named, count, sizeof(*named), by_messages, &study->snap->strings);
	for (uint32_t i = 0; i < count; i++)
		name_add(names, kind, intern_get(&study->snap->strings, named[i].id),
			named[i].messages);
	free(named);
	memo_free(&places);
}

static uint32_t account_id(struct study *study, uint32_t row)
{
	uint32_t account = snap_col(study->snap, COL_ACCOUNT, row);
	return account ? account : snap_col(study->snap, COL_LOST_LOGIN, row);
}

/* Networks of strangers: one's own are not to be blocked. */
static uint32_t strange_net_id(struct study *study, uint32_t row)
{
	if (lookup_trusted(&study->lookup, snap_col(study->snap, COL_CLIENT_IP, row)))
		return INTERN_UNKNOWN;
	return field_net_id(study->env, row);
}

static uint32_t any_net_id(struct study *study, uint32_t row)
{
	return field_net_id(study->env, row);
}

static uint32_t client_id(struct study *study, uint32_t row)
{
	return field_client_id(study->env, row);
}

static uint32_t script_id(struct study *study, uint32_t row)
{
	return snap_col(study->snap, COL_SCRIPT, row);
}

static uint32_t uid_id(struct study *study, uint32_t row)
{
	uint32_t uid = snap_col(study->snap, COL_UID, row);
	char text[16];
	if (!uid)
		return INTERN_UNKNOWN;
	int len = snprintf(text, sizeof(text), "%" PRIu32, uid - 1);
	return intern_add(&study->snap->strings, slice_of(text, (size_t)len));
}

static uint32_t null_rcpt_id(struct study *study, uint32_t row)
{
	uint32_t count, first = snap_rcpts(study->snap, row, &count);
	return count && snap_has_addresses(study->snap, row)
		? snap_rcpt(study->snap, RCPT_ADDRESS, first)
		: INTERN_UNKNOWN;
}

static uint32_t spool_id(struct study *study, uint32_t row)
{
	return study->env->words.spool[study->snap->small[row].spool];
}

static bool is_inbound(const struct study *study, const struct suspect *suspect)
{
	enum origin origin = (enum origin)study->snap->small[suspect->crime.at[0]].origin;
	return origin == ORIGIN_INBOUND || origin == ORIGIN_FORWARD;
}

static void name_party(struct study *study, struct suspect *suspect)
{
	switch (suspect->party ? suspect->party->origin : ORIGIN_DSN) {
	case ORIGIN_ACCOUNT:
		add_values(study, suspect, &suspect->who, WHO_ACCOUNT, account_id);
		break;
	case ORIGIN_LOCAL:
		add_values(study, suspect, &suspect->who, WHO_UID, uid_id);
		add_values(study, suspect, &suspect->who, WHO_SCRIPT, script_id);
		break;
	case ORIGIN_LAN:
	case ORIGIN_LOOPBACK:
		add_values(study, suspect, &suspect->who,
			suspect->class == CLASS_OPEN_RELAY ? WHO_NET : WHO_IP,
			suspect->class == CLASS_OPEN_RELAY ? any_net_id : client_id);
		break;
	case ORIGIN_RELAY:
		add_values(study, suspect, &suspect->who, WHO_NET, any_net_id);
		break;
	default:
		if (suspect->class == CLASS_OPEN_RELAY)
			add_values(study, suspect, &suspect->who, WHO_NET, any_net_id);
		else if (suspect->class == CLASS_BACKSCATTER && is_inbound(study, suspect))
			add_values(study, suspect, &suspect->who, WHO_RCPT, null_rcpt_id);
		else
			add_values(study, suspect, &suspect->who, WHO_SPOOL, spool_id);
	}
}

/* "strangers at 41 addresses": of all of it, also of what was found to belong to it later. */
static struct slice relay_title(struct study *study, const struct suspect *suspect)
{
	uint32_t clients = 0;

	seen_begin(&study->seen);
	for (uint32_t i = 0; i < suspect->crime.count; i++)
		clients += seen_add(&study->seen, client_id(study, suspect->crime.at[i]));
	if (!clients)
		return SLICE("strangers");
	return study_text(
		study, "strangers at %" PRIu32 " address%s", clients, clients == 1 ? "" : "es");
}

static struct slice title_of(struct study *study, const struct suspect *suspect)
{
	size_t same = 0;

	if (slice_known(suspect->title))
		return suspect->title;
	for (size_t i = 0; i < suspect->who.count; i++)
		same += suspect->who.list[i].kind == suspect->who.list[0].kind;
	if (suspect->class == CLASS_OPEN_RELAY)
		return relay_title(study, suspect);
	if (suspect->class == CLASS_BACKSCATTER && !is_inbound(study, suspect))
		return SLICE("bounces to strangers");
	if (suspect->class == CLASS_BACKSCATTER)
		return study_text(study, "bounces to %.*s%s", SLICE_ARG(suspect->who.list[0].value),
			same > 1 ? " and others" : "");
	if (suspect->class == CLASS_UNDETERMINED && suspect->party->origin == ORIGIN_UNKNOWN)
		return SLICE("mail whose way in is not known");
	if (suspect->class == CLASS_UNDETERMINED)
		return SLICE("mail for a domain that may be yours");
	struct slice first = party_name(study, suspect->party);
	return same > 1 ? study_text(study, "%.*s and %zu more", SLICE_ARG(first), same - 1)
			: first;
}

/* ---- ids ---- */

static int by_value(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static uint32_t hash_bytes(uint32_t hash, struct slice bytes)
{
	for (size_t i = 0; i <= bytes.len; i++)
		hash = (hash ^ (i < bytes.len ? (unsigned char)bytes.ptr[i] : 0)) * 16777619u;
	return hash;
}

/*
 * From the class and the first kind of who, all of that kind. A relay is the server's, whoever
 * uses it now.
 */
static uint32_t hash_of(struct study *study, const struct suspect *suspect)
{
	struct slice values[LIMIT_WHO];
	size_t count = 0;
	uint32_t hash = hash_bytes(2166136261u, slice_cstr(finding_class_name(suspect->class)));

	if (suspect->class == CLASS_OPEN_RELAY)
		return hash_bytes(hash, slice_cstr(study->snap->spools[0]->name));
	for (size_t i = 0; i < suspect->who.count; i++)
		if (suspect->who.list[i].kind == suspect->who.list[0].kind)
			values[count++] = suspect->who.list[i].value;
	if (count)
		qsort(values, count, sizeof(*values), by_value);
	for (size_t i = 0; i < count; i++)
		hash = hash_bytes(hash, values[i]);
	for (size_t i = 0; i < suspect->who.count; i++)
		if (suspect->who.list[i].kind == WHO_SCRIPT)
			hash = hash_bytes(hash, suspect->who.list[i].value);
	/* Two of one sort about one spool. */
	return suspect->class == CLASS_BACKSCATTER || suspect->class == CLASS_UNDETERMINED
		? hash_bytes(hash, suspect->title)
		: hash;
}

static void set_ids(struct verdict *verdict, const uint32_t *hashes)
{
	for (size_t i = 0; i < verdict->count; i++) {
		struct finding *finding = &verdict->findings[i];
		bool twice = false;
		for (size_t k = 0; k < verdict->count; k++)
			twice |= k != i && verdict->findings[k].class == finding->class &&
				(hashes[k] & 0xffff) == (hashes[i] & 0xffff);
		snprintf(finding->id, sizeof(finding->id),
			twice ? "%s-%08" PRIx32 : "%s-%04" PRIx32,
			finding_class_letters(finding->class),
			twice ? hashes[i] : hashes[i] & 0xffff);
	}
}

/* ---- the finding ---- */

static void *keep(struct study *study, const void *from, size_t size)
{
	void *kept = arena_alloc(study->arena, size + 1);
	if (size)
		memcpy(kept, from, size);
	return kept;
}

static void set_examples(struct study *study, struct suspect *suspect)
{
	(void)study;
	for (size_t i = 0; i < suspect->nevidence; i++) {
		struct evidence *evidence = &suspect->evidence[i];
		for (uint32_t k = 0; k < EVIDENCE_EXAMPLES && k < suspect->crime.count; k++)
			evidence->examples[evidence->nexamples++] =
				suspect->crime
					.at[(uint64_t)k * suspect->crime.count / EVIDENCE_EXAMPLES];
	}
}

/* 0: what it is, where that decides; 1: what else speaks for it; 2: what speaks against it. */
static unsigned part_of(const struct finding *finding, const struct evidence *evidence)
{
	if (evidence->rule->family == FAMILY_COUNTER)
		return 2;
	return finding->weighed || evidence->rule->family != FAMILY_QUEUE;
}

static void set_evidence(struct study *study, struct suspect *suspect, struct finding *finding)
{
	size_t count = suspect->nevidence, ends[3], taken = 0;
	struct evidence *all = arena_alloc(study->arena, (count + 1) * sizeof(*all));

	set_examples(study, suspect);
	for (unsigned part = 0; part < 3; part++) {
		for (size_t i = 0; i < count; i++)
			if (part_of(finding, &suspect->evidence[i]) == part)
				all[taken++] = suspect->evidence[i];
		ends[part] = taken;
	}
	finding->evidence = all;
	finding->nevidence = ends[1];
	finding->counter = all + ends[1];
	finding->ncounter = count - ends[1];
}

static void set_rows(struct study *study, const struct suspect *suspect, struct finding *finding)
{
	const struct snap *snap = study->snap;

	finding->rows = bitset_new(snap->rows);
	finding->first = finding->last = WIDE_UNKNOWN;
	for (uint32_t i = 0; i < suspect->crime.count; i++) {
		uint32_t row = suspect->crime.at[i];
		int64_t size = snap_wide(snap, WIDE_SIZE, row);
		int64_t at = snap_wide(snap, WIDE_ARRIVAL, row);
		bitset_set(&finding->rows, row);
		finding->recipients += snap_col(snap, COL_NRCPT, row);
		if (size > 0 && __builtin_add_overflow(finding->bytes, size, &finding->bytes))
			finding->bytes = INT64_MAX;
		if (at == WIDE_UNKNOWN)
			continue;
		finding->first = finding->first == WIDE_UNKNOWN ? at : finding->first;
		finding->last = at;
	}
	finding->messages = suspect->crime.count;
}

static void set_bounces(struct study *study, const struct suspect *suspect, struct finding *finding)
{
	const struct snap *snap = study->snap;
	struct bitset senders = bitset_new(study->sender_ids);
	bool abuse = finding_class_is_abuse(suspect->class) &&
		suspect->class != CLASS_BACKSCATTER && suspect->class != CLASS_MAIL_LOOP &&
		suspect->class != CLASS_RECIPIENT_FLOOD;

	finding->bounces = bitset_new(snap->rows);
	for (uint32_t i = 0; abuse && i < suspect->crime.count; i++) {
		uint32_t sender = snap_col(snap, COL_SENDER, suspect->crime.at[i]);
		if (sender > INTERN_EMPTY && sender < study->sender_ids)
			bitset_set(&senders, sender);
	}
	for (uint32_t row = 0; abuse && row < snap->rows; row++)
		if (!bitset_has(&finding->rows, row) && is_bounce_to(study, row, &senders)) {
			bitset_set(&finding->bounces, row);
			finding->nbounces++;
		}
	bitset_free(&senders);
}

static void set_stays(struct study *study, const struct suspect *suspect, struct finding *finding)
{
	struct buf filter = {0}, count = {0};

	if (!suspect->nusual || !suspect->party)
		return;
	buf_addc(&filter, '(');
	party_filter(study, suspect->party, &filter);
	for (size_t i = 0; i < suspect->nmembers; i++) {
		buf_add(&filter, SLICE(" or "));
		party_filter(study, suspect->members[i].party, &filter);
	}
	buf_add(&filter, SLICE(") and not ("));
	buf_add(&filter, suspect->filter);
	buf_addc(&filter, ')');
	finding->nstays = suspect->nusual;
	finding->stays_filter = arena_copy(study->arena, buf_slice(&filter));
	units_count(&count, suspect->nusual);
	finding->stays = study_text(study,
		suspect->nusual == 1 ? "%.*s more message of %.*s looks usual, and stays"
				     : "%.*s more messages of %.*s look usual, and stay",
		SLICE_ARG(buf_slice(&count)), SLICE_ARG(finding->title));
	buf_free(&filter);
	buf_free(&count);
}

static uint32_t make(struct study *study, struct suspect *suspect, struct finding *finding)
{
	*finding = (struct finding){.class = suspect->class,
		.level = suspect->level,
		.score = suspect->score,
		.weighed = !suspect->structural && suspect->class != CLASS_RUNAWAY_SENDER &&
			suspect->class != CLASS_BULK_MAIL};
	if (!suspect->who.count)
		name_party(study, suspect);
	if (!suspect->who.count)
		add_values(study, suspect, &suspect->who, WHO_SPOOL, spool_id);
	if (finding_class_is_abuse(suspect->class))
		add_values(study, suspect, &suspect->from, WHO_NET, strange_net_id);
	finding->title = suspect->title = title_of(study, suspect);
	finding->filter = suspect->filter;
	finding->who = keep(study, suspect->who.list, suspect->who.count * sizeof(*finding->who));
	finding->nwho = suspect->who.count;
	finding->nwho_all = suspect->who.all;
	finding->from =
		keep(study, suspect->from.list, suspect->from.count * sizeof(*finding->from));
	finding->nfrom = suspect->from.count;
	finding->nfrom_all = suspect->from.all;
	finding->notes = keep(study, suspect->notes, suspect->nnotes * sizeof(*finding->notes));
	finding->nnotes = suspect->nnotes;
	set_evidence(study, suspect, finding);
	set_rows(study, suspect, finding);
	set_bounces(study, suspect, finding);
	set_stays(study, suspect, finding);
	return hash_of(study, suspect);
}

/* Abuse first, surest first, most messages first; then by name. */
static int by_weight(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;
	bool abuse = finding_class_is_abuse(x->class), other = finding_class_is_abuse(y->class);

	if (x->gone != y->gone)
		return x->gone ? 1 : -1;
	if (abuse != other)
		return abuse ? -1 : 1;
	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	if (x->crime.count != y->crime.count)
		return x->crime.count > y->crime.count ? -1 : 1;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return slice_cmp(x->filter, y->filter);
}

void findings_make(struct study *study)
{
	struct verdict *verdict = study->verdict;
	uint32_t hashes[LIMIT_FINDINGS];
	size_t count = 0;

	if (study->nsuspects)
		qsort(study->suspects, study->nsuspects, sizeof(*study->suspects), by_weight);
	while (count < study->nsuspects && count < LIMIT_FINDINGS && !study->suspects[count].gone)
		count++;
	verdict->findings = arena_alloc(study->arena, (count + 1) * sizeof(*verdict->findings));
	for (size_t i = 0; i < count; i++)
		hashes[i] = make(study, &study->suspects[i], &verdict->findings[i]);
	verdict->count = count;
	set_ids(verdict, hashes);
	for (size_t i = 0; i < count; i++)
		remedy_make(&verdict->findings[i], study->env, study->arena);
}
