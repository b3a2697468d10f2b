/* What is said of following: what came, how it ended, and the line to paste. */
#include <stdio.h>
#include <time.h>

#include "cmd/spoolsweep/follow.h"
#include "core/base/clock.h"
#include "core/base/units.h"

enum { USUAL_MINUTES = 15, USUAL_SECONDS = USUAL_MINUTES * 60, LATELY_MS = 60 * 1000 };

/* ---- a line to paste ---- */

/* The command line once more, with a --follow and a --max of its own. */
static void put_again(const struct app *app, const char *follow, uint64_t max, struct buf *out)
{
	struct buf line = {0};

	buf_add(&line, SLICE("spoolsweep"));
	for (int i = 1; i < app->options.argc; i++) {
		const char *word = app->options.argv[i];
		struct slice name = slice_cstr(word), value;
		bool has_value = slice_cut(name, '=', &name, &value);
		if (slice_eq(name, SLICE("--max")) || slice_eq(name, SLICE("--follow"))) {
			i += !has_value;
			continue;
		}
		buf_addc(&line, ' ');
		add_argument(&line, word);
	}
	buf_printf(&line, " --follow %s --max %llu", follow, (unsigned long long)max);
	put(app, out, buf_slice(&line));
	buf_free(&line);
}

/* Room for twice as many as come in that time at this rate, as a round number. */
static uint64_t room_for(uint64_t arrived, int64_t in_ms, int64_t seconds)
{
	uint64_t need = arrived * 2 +
		2 * arrived * (uint64_t)seconds * 1000 / (uint64_t)(in_ms > 1000 ? in_ms : 1000);
	uint64_t round = 100;

	while (round * 10 <= need)
		round *= 10;
	return (need / round + 1) * round;
}

/* ---- while it goes on ---- */

void follow_show_rest(const struct act *act)
{
	const struct follow *follow = act->follow;
	struct buf words = {0};

	if (!act->app->output.live)
		return;
	buf_add(&words, SLICE("following for "));
	units_age(&words, (follow->until - clock_now_ms() + 999) / 1000);
	buf_add(&words, SLICE(" more, "));
	units_count(&words, follow_done(act));
	buf_printf(&words, " %s so far; Ctrl-C ends it", act_done_word(&act->plan.head));
	progress_words(act->app, buf_str(&words));
	buf_free(&words);
}

int follow_tell_too_many(const struct act *act, uint32_t fresh)
{
	const struct app *app = act->app;
	const struct follow *follow = act->follow;
	uint64_t all = (uint64_t)follow->planned + fresh;
	struct buf line = {0};

	put_again(app, app->options.follow, room_for(all, 0, 0), &line);
	warn_text("%u more arrived, and with the %u before that is more than --max %lld: %s not "
		  "touched, and following ends\nif all of it is meant: %s",
		fresh, follow->planned, (long long)app->options.max,
		fresh == 1 ? "it was" : "they were", buf_str(&line));
	buf_free(&line);
	return EXIT_REFUSED;
}

void follow_tell_begin(int64_t seconds)
{
	struct buf text = {0};

	units_time(&text, (int64_t)time(NULL) + seconds);
	warn_text("following what arrives until %s; Ctrl-C ends it", buf_str(&text));
	buf_free(&text);
}

static void put_figures(const struct act *act, struct buf *out)
{
	const struct follow *follow = act->follow;
	int64_t now = clock_now_ms();

	buf_add(out, SLICE("followed for "));
	units_age(out, (now - follow->begin) / 1000);
	buf_add(out, SLICE(": "));
	if (follow->last) {
		units_count(out, follow->planned - follow->first);
		buf_add(out, SLICE(" more arrived, the last of them "));
		units_age(out, (now - follow->last) / 1000);
		buf_add(out, SLICE(" ago\n"));
	} else {
		buf_add(out, SLICE("nothing more arrived\n"));
	}
	if (!act->plan.head.number)
		return;
	buf_printf(out, "run %u in all: ", act->plan.head.number);
	units_count(out, follow_done(act));
	buf_add(out, SLICE(" of "));
	units_count(out, follow->planned);
	buf_printf(out, " messages %s\n", act_done_word(&act->plan.head));
}

void follow_tell_end(struct act *act)
{
	struct follow *follow = act->follow;
	struct buf out = {0};

	follow->counts[OUTCOME_REFUSED] = follow_count_refused(follow);
	put_figures(act, &out);
	act_put_outcomes(&out, follow->counts, follow->counts[OUTCOME_NONE]);
	act_put_way_back(act, follow_done(act), &out);
	print_buf(&out);
}

void follow_tell_open_source(const struct act *act, int64_t seconds)
{
	const struct follow *follow = act->follow;
	int64_t now = clock_now_ms();
	struct buf line = {0};

	if (!follow->last || now - follow->last > LATELY_MS)
		return;
	put_again(act->app, act->app->options.follow,
		room_for(follow->planned - follow->first, now - follow->planned_at, seconds),
		&line);
	warn_text("it still arrives: close the source; to follow on: %s", buf_str(&line));
	buf_free(&line);
}

void follow_tell_more(const struct act *act, uint32_t fresh)
{
	enum op op = act->plan.head.op;
	const char *match = fresh == 1 ? "matches" : "match";
	int64_t passed = clock_now_ms() - act->follow->planned_at;
	struct buf line = {0};

	if (!op_takes_out(op)) {
		warn_text("%u more %s by now: run this again", fresh, match);
		return;
	}
	put_again(act->app, "15m", room_for(fresh, passed, USUAL_SECONDS), &line);
	warn_text("%u more %s by now: close the source first, then run this again\n"
		  "to take what still arrives for %d minutes: %s",
		fresh, match, USUAL_MINUTES, buf_str(&line));
	buf_free(&line);
}
