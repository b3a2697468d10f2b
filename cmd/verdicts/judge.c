#include "cmd/verdicts/judge.h"

/* How many rows of a finding are what. */
struct shares {
	uint32_t rows, honest;
	uint32_t of[RECIPE_INCIDENTS + 1];
};

static struct shares shares_of(const struct run *run, const struct bitset *rows)
{
	struct shares shares = {0};
	for (size_t row = rows->words ? bitset_next(rows, 0) : SIZE_MAX; row != SIZE_MAX;
		row = bitset_next(rows, row + 1)) {
		const struct fact *fact = &run->facts[row];
		shares.rows++;
		shares.of[fact->incident]++;
		shares.honest += fact->truth == TRUTH_LEGIT || fact->truth == TRUTH_PART;
	}
	return shares;
}

enum level judge_least(const struct run *run, const struct expectation *expected)
{
	const struct play_options *play = &run->options->play;
	enum level least = expected->least;
	if (play->scale < 1000 && expected->least_small < least)
		least = expected->least_small;
	if (run->options->blind && expected->least_blind < least)
		least = expected->least_blind;
	/* With nothing to compare with, a little less sure is right too. */
	if (play->mode == PLAY_ONLY && least > LEVEL_NOTE)
		least--;
	return least;
}

static unsigned accepted(const struct run *run, const struct expectation *expected)
{
	return expected->accept | (run->options->blind ? expected->accept_blind : 0);
}

/* What a finding of that class has to name, for the admin to do the right thing. */
static bool names_the_right_kind(enum finding_class class, enum who_kind kind)
{
	switch (class) {
	case CLASS_STOLEN_ACCOUNT:
		return kind == WHO_ACCOUNT;
	case CLASS_OPEN_RELAY:
		return kind == WHO_IP || kind == WHO_NET || kind == WHO_SPOOL;
	case CLASS_INFECTED_HOST:
		return kind == WHO_IP || kind == WHO_NET;
	case CLASS_HACKED_SCRIPT:
		return kind == WHO_SCRIPT || kind == WHO_UID;
	case CLASS_DESTINATION_DOWN:
		return kind == WHO_DOMAIN;
	case CLASS_RECIPIENT_FLOOD:
		return kind == WHO_RCPT || kind == WHO_DOMAIN;
	default:
		return true;
	}
}

/* Whether at least one message of the incident is really of that account, address ... */
static bool has_part_in(struct run *run, const struct who *who, unsigned incident)
{
	if (who->kind == WHO_SPOOL)
		return true;
	struct buf text = {0};
	buf_printf(&text, "%s=\"", who_field(who->kind));
	for (size_t i = 0; i < who->value.len; i++) {
		if (who->value.ptr[i] == '"' || who->value.ptr[i] == '\\')
			buf_addc(&text, '\\');
		buf_addc(&text, who->value.ptr[i]);
	}
	buf_addc(&text, '"');
	struct bitset rows = run_select(run, buf_slice(&text));
	bool part = shares_of(run, &rows).of[incident] > 0;
	bitset_free(&rows);
	buf_free(&text);
	return part;
}

unsigned judge_finding(struct run *run, const struct finding *finding, const char **why)
{
	const struct recipe *recipe = run->stage.recipe;
	struct shares shares = shares_of(run, &finding->rows);
	const char *unused = NULL;
	why = why ? why : &unused;
	unsigned incident = 1;
	for (unsigned i = 2; i <= recipe->incidents; i++)
		if (shares.of[i] > shares.of[incident])
			incident = i;
	*why = "most of it is no incident's";
	if (!recipe->incidents || shares.of[incident] * 2 < shares.rows || !shares.of[incident])
		return 0;
	*why = "another class";
	if (!(accepted(run, &recipe->expected[incident]) >> finding->class & 1))
		return 0;
	*why = "names somebody else";
	bool named = false;
	for (size_t i = 0; i < finding->nwho; i++) {
		if (!has_part_in(run, &finding->who[i], incident))
			return 0;
		named |= names_the_right_kind(finding->class, finding->who[i].kind);
	}
	*why = "does not name who";
	if (!named)
		return 0;
	*why = "too sure";
	if (finding->level > recipe->expected[incident].most)
		return 0;
	*why = "right";
	return incident;
}

static bool is_sure(const struct finding *finding)
{
	return finding->level >= LEVEL_PROBABLE;
}

static void judge_findings(struct run *run, struct score *score, unsigned *best)
{
	const struct recipe *recipe = run->stage.recipe;
	for (size_t i = 0; i < run->verdict.count; i++) {
		const struct finding *f = &run->verdict.findings[i];
		struct shares shares = shares_of(run, &f->rows);
		unsigned incident = judge_finding(run, f, NULL);
		/* One above the lowest level, to tell it from none. */
		if (incident && f->level + 1 > best[incident])
			best[incident] = f->level + 1;
		struct bitset rows = run_select(run, f->filter);
		score->filters_wrong += !rows.words ||
			memcmp(rows.words, f->rows.words, (rows.bits / 64 + 1) * 8) != 0;
		bitset_free(&rows);
		if (!is_sure(f))
			continue;
		score->findings[f->class]++;
		score->right[f->class] += incident > 0;
		score->forbidden += recipe->forbid >> f->class & 1;
		if (!finding_class_is_abuse(f->class) || shares.honest * 2 < shares.rows)
			continue;
		score->innocent_confirmed += f->level == LEVEL_CONFIRMED;
		score->innocent_probable += f->level == LEVEL_PROBABLE;
	}
}

/* Whether anything was said at all about an incident. */
static bool is_mentioned(const struct run *run, unsigned incident)
{
	for (size_t i = 0; i < run->verdict.count; i++) {
		struct shares shares = shares_of(run, &run->verdict.findings[i].rows);
		if (is_sure(&run->verdict.findings[i]) && shares.of[incident] * 2 >= shares.rows)
			return true;
	}
	return false;
}

static void judge_incident(
	const struct run *run, unsigned incident, unsigned best, struct score *score)
{
	const struct expectation *expected = &run->stage.recipe->expected[incident];
	bool found = best > judge_least(run, expected);
	bool silent = !best && !is_mentioned(run, incident);
	if (expected->none && silent)
		found = true;
	score->incidents[expected->class]++;
	score->found[expected->class] += found;
	score->abstained[expected->class] += !found && silent;
	if (expected->clear) {
		score->clear++;
		score->clear_found += found;
	} else {
		score->ambiguous++;
		score->inside += found;
	}
}

/* Whether its messages have to be selected: only where nobody could see it otherwise. */
static bool must_be_selected(const struct run *run, unsigned incident)
{
	const struct expectation *expected = &run->stage.recipe->expected[incident];
	if (expected->none || judge_least(run, expected) < LEVEL_PROBABLE)
		return false;
	for (unsigned class = 0; class < FINDING_CLASSES; class ++)
		if (accepted(run, expected) >> class & 1 &&
			!finding_class_is_abuse((enum finding_class) class))
			return false;
	return true;
}

static void judge_messages(const struct run *run, struct score *score)
{
	bool must[RECIPE_INCIDENTS + 1] = {false};
	for (unsigned i = 1; i <= run->stage.recipe->incidents; i++)
		must[i] = must_be_selected(run, i);
	for (uint32_t row = 0; row < run->snap.rows; row++) {
		const struct fact *fact = &run->facts[row];
		bool selected = false, bounce = false;
		for (size_t i = 0; i < run->verdict.count; i++) {
			const struct finding *f = &run->verdict.findings[i];
			if (!is_sure(f) || !finding_class_is_abuse(f->class))
				continue;
			selected |= bitset_has(&f->rows, row);
			bounce |= f->bounces.words && bitset_has(&f->bounces, row);
		}
		bool honest = fact->truth == TRUTH_LEGIT || fact->truth == TRUTH_PART;
		score->innocent += honest;
		score->wrong += honest && selected;
		score->wrong_bounces += honest && bounce && !selected;
		bool abuse = fact->truth == TRUTH_ABUSE && must[fact->incident];
		score->abusive += abuse;
		score->missed += abuse && !selected;
	}
}

void judge_run(struct run *run, struct score *score)
{
	const struct recipe *recipe = run->stage.recipe;
	unsigned best[RECIPE_INCIDENTS + 1] = {0};
	judge_findings(run, score, best);
	if (run->options->play.mode != PLAY_WITHOUT)
		for (unsigned i = 1; i <= recipe->incidents; i++)
			judge_incident(run, i, best[i], score);
	judge_messages(run, score);
	score->seconds = run->seconds;
	score->done = true;
}
