/*
 * Conditions on content, decided by the threads that read messages. Each has regexes of its
 * own, since one keeps its match memory.
 */
#include <pthread.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/mail/text.h"
#include "core/mail/transfer.h"
#include "core/mail/type_teller.h"
#include "core/query/filter_set.h"

enum about { BODY, ATTACHMENT };

struct filter_content {
	struct inspector inspector; /* first member: what readers are given is this */
	unsigned count;
	struct question {
		const struct cond *cond;
		enum about about;
	} questions[LIMIT_QUESTIONS]; /* by cond->question */
	bool about[ATTACHMENT + 1];   /* what is asked about */
	bool telling;                 /* the teller is started */
	struct type_teller teller;
	pthread_mutex_t lock; /* of the two below it */
	bool failed;
	struct err err; /* the first */
};

/* The work of one thread. */
struct look {
	struct filter_content *content;
	struct arena arena;
	struct text_work text_work;
	struct buf text;
	bool more_text; /* than that */
	bool more_parts;
	struct buf decoded;
	struct buf type;
	struct slice *types; /* of the attachments; unknown where nothing can be told */
	size_t ntypes;
	struct regex *regexes[LIMIT_QUESTIONS]; /* by question */
};

static void *begin(const struct inspector *inspector)
{
	struct look *look = xcalloc(1, sizeof(*look));
	struct err err;
	size_t at;

	look->content = (struct filter_content *)inspector;
	for (unsigned i = 0; i < look->content->count; i++) {
		const struct cond *cond = look->content->questions[i].cond;
		if (cond->regex)
			look->regexes[i] = regex_new(
				cond->texts[0], cond->ref.field->type == FIELD_NAME, &at, &err);
	}
	return look;
}

static void end(void *work)
{
	struct look *look = work;

	for (unsigned i = 0; i < look->content->count; i++)
		regex_free(look->regexes[i]);
	text_work_free(&look->text_work);
	buf_free(&look->text);
	buf_free(&look->decoded);
	buf_free(&look->type);
	arena_free(&look->arena);
	free(look);
}

static void fail(struct filter_content *content, const struct err *err)
{
	pthread_mutex_lock(&content->lock);
	if (!content->failed)
		content->err = *err;
	content->failed = true;
	pthread_mutex_unlock(&content->lock);
}

static enum answer answer_of(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static enum answer answer_not(enum answer answer)
{
	return answer == ANSWER_YES ? ANSWER_NO : answer == ANSWER_NO ? ANSWER_YES : answer;
}

/* A condition, not yet negated, about a value that is known. */
static enum answer ask_value(struct look *look, const struct cond *cond, struct slice value)
{
	struct err err;

	if (cond->op == COND_UNKNOWN)
		return ANSWER_NO;
	if (cond->op == COND_IN)
		return answer_of(filter_set_has_text(cond, value));
	int found = regex_match(look->regexes[cond->question], value, &err);
	if (found < 0) {
		fail(look->content, &err);
		return ANSWER_UNKNOWN;
	}
	return answer_of(found > 0);
}

/* What there is of a text that was cut may hold what is asked for; that it does not, nobody knows. */
static enum answer ask_body(struct look *look, const struct cond *cond)
{
	enum answer answer = ask_value(look, cond, buf_slice(&look->text));

	if (look->more_text && cond->op != COND_UNKNOWN &&
		(answer == ANSWER_NO || cond->op == COND_IN))
		return ANSWER_UNKNOWN;
	return answer;
}

/* Any of them, or all and at least one; as filter_run decides about slots. */
static enum answer ask_attachments(struct look *look, const struct cond *cond)
{
	enum answer decisive = cond->all ? ANSWER_NO : ANSWER_YES;
	bool unknown = look->more_parts;

	for (size_t i = 0; i < look->ntypes; i++) {
		enum answer one = ANSWER_UNKNOWN;
		if (slice_known(look->types[i]))
			one = ask_value(look, cond, look->types[i]);
		else if (cond->op == COND_UNKNOWN)
			one = ANSWER_YES;
		if (cond->negate)
			one = answer_not(one);
		if (one == decisive)
			return decisive;
		unknown |= one == ANSWER_UNKNOWN;
	}
	if (unknown)
		return ANSWER_UNKNOWN;
	return look->ntypes ? answer_not(decisive) : ANSWER_NO;
}

static enum answer ask(
	struct look *look, const struct question *question, const struct content *content)
{
	const struct cond *cond = question->cond;
	enum answer answer;

	if (!slice_known(content->text))
		answer = cond->op == COND_UNKNOWN ? ANSWER_YES : ANSWER_UNKNOWN;
	else if (question->about == ATTACHMENT)
		return ask_attachments(look, cond);
	else
		answer = ask_body(look, cond);
	return cond->negate ? answer_not(answer) : answer;
}

static struct slice type_of(struct look *look, const struct mime_part *part)
{
	buf_reset(&look->decoded);
	buf_reset(&look->type);
	transfer_decode(part->encoding, part->body, TYPE_TELLER_LOOK, &look->decoded);
	if (!type_teller_ask(&look->content->teller, buf_slice(&look->decoded), &look->type))
		return (struct slice){0};
	return arena_copy(&look->arena, buf_slice(&look->type));
}

static void find_types(struct look *look, const struct mime *mime)
{
	look->types = arena_alloc(&look->arena, mime->count * sizeof(*look->types));
	for (uint32_t i = 0; i < mime->count; i++)
		if (text_is_attachment(&mime->parts[i]))
			look->types[look->ntypes++] = type_of(look, &mime->parts[i]);
}

static void open_message(struct look *look, struct slice text)
{
	struct mime mime;

	mime_parse(&look->arena, text, &mime);
	look->more_parts |= mime.warnings & (MIME_TOO_DEEP | MIME_TOO_MANY);
	look->more_text = look->more_parts;
	if (look->content->about[BODY])
		look->more_text |= text_of_message(&look->text_work, &mime, &look->text) & MIME_CUT;
	if (look->content->about[ATTACHMENT])
		find_types(look, &mime);
}

static uint32_t answer(void *work, const struct content *content)
{
	struct look *look = work;
	uint32_t answers = 0;

	buf_reset(&look->text);
	look->more_parts = content->cut;
	look->ntypes = 0;
	if (slice_known(content->text))
		open_message(look, content->text);
	for (unsigned i = 0; i < look->content->count; i++)
		answers |= answer_put(ask(look, &look->content->questions[i], content), i);
	arena_reset(&look->arena);
	return answers;
}

/* ---- the filter's side ---- */

static bool is_question(const struct cond *cond)
{
	return cond->ref.field->flags & FIELD_CONTENT;
}

static struct filter_content *content_new(const struct filter *filter)
{
	struct filter_content *content = xcalloc(1, sizeof(*content));

	content->inspector = (struct inspector){begin, end, answer};
	content->count = filter->questions;
	for (const struct cond *cond = filter->conds; cond; cond = cond->next) {
		if (!is_question(cond))
			continue;
		bool body = slice_eq(slice_cstr(cond->ref.field->name), SLICE("body"));
		enum about about = body ? BODY : ATTACHMENT;
		content->questions[cond->question] = (struct question){cond, about};
		content->about[about] = true;
	}
	pthread_mutex_init(&content->lock, NULL);
	return content;
}

const struct inspector *filter_inspector(struct filter *filter)
{
	if (filter->questions && !filter->content)
		filter->content = content_new(filter);
	return filter->content ? &filter->content->inspector : NULL;
}

int filter_prepare(struct filter *filter, struct err *err)
{
	struct filter_content *content = filter_inspector(filter) ? filter->content : NULL;

	if (!content || !content->about[ATTACHMENT] || content->telling)
		return 0;
	if (type_teller_start(&content->teller, err) != 0)
		return -1;
	content->telling = true;
	return 0;
}

bool filter_is_content_only(const struct filter *filter)
{
	for (const struct cond *cond = filter->conds; cond; cond = cond->next)
		if (!is_question(cond))
			return false;
	return filter->questions > 0;
}

const struct err *filter_content_failed(const struct filter *filter)
{
	return filter->content && filter->content->failed ? &filter->content->err : NULL;
}

void filter_content_free(struct filter *filter)
{
	if (!filter->content)
		return;
	if (filter->content->telling)
		type_teller_stop(&filter->content->teller);
	pthread_mutex_destroy(&filter->content->lock);
	free(filter->content);
}
