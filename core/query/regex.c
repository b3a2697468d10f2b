#include "core/query/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/base/limits.h"
#include "core/base/xalloc.h"

enum {
	/* Where JIT code keeps its way back: a few KiB do for mail, a page is the least. */
	JIT_STACK_FIRST = 32 * 1024,
	JIT_STACK_MOST = 1024 * 1024,
	/* The same for the interpreter, in KiB. */
	HEAP_MOST = 8 * 1024,
	SHOWN = 100, /* bytes of a pattern that an error repeats */
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	char *pattern; /* for errors, cut */
};

static void *there(void *ptr)
{
	if (!ptr)
		abort(); /* out of memory: PCRE2 has no other reason */
	return ptr;
}

static pcre2_code *compile(struct slice pattern, bool fold, size_t *at, struct err *err)
{
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
		(fold ? PCRE2_CASELESS : 0);
	PCRE2_UCHAR text[120];
	int code;
	PCRE2_SIZE offset;

	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &code, &offset, NULL);
	if (compiled)
		return compiled;
	pcre2_get_error_message(code, text, sizeof(text));
	*at = offset < pattern.len ? offset : pattern.len;
	err_set(err, ERR_USAGE, 0, "the regular expression is not valid: %s", (const char *)text);
	return NULL;
}

struct regex *regex_new(struct slice pattern, bool fold, size_t *at, struct err *err)
{
	pcre2_code *code = compile(pattern, fold, at, err);
	if (!code)
		return NULL;

	struct regex *regex = xcalloc(1, sizeof(*regex));
	regex->code = code;
	regex->match = there(pcre2_match_data_create(1, NULL));
	regex->context = there(pcre2_match_context_create(NULL));
	regex->pattern = xasprintf("%.*s", SLICE_ARG(slice_upto(pattern, SHOWN)));
	pcre2_set_match_limit(regex->context, LIMIT_REGEX_MATCH);
	pcre2_set_depth_limit(regex->context, LIMIT_REGEX_MATCH);
	pcre2_set_heap_limit(regex->context, HEAP_MOST);
	/* Where the machine or its policy has no JIT, the interpreter does the same, slower. */
	if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0) {
		regex->stack = there(pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL));
		pcre2_jit_stack_assign(regex->context, NULL, regex->stack);
	}
	return regex;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_jit_stack_free(regex->stack);
	pcre2_match_context_free(regex->context);
	pcre2_match_data_free(regex->match);
	pcre2_code_free(regex->code);
	free(regex->pattern);
	free(regex);
}

int regex_match(struct regex *regex, struct slice subject, struct err *err)
{
	/* Valid UTF-8 or not is PCRE2's to find out, so no check is left out here. */
	int n = pcre2_match(regex->code, (PCRE2_SPTR)(subject.len ? subject.ptr : ""), subject.len,
		0, 0, regex->match, regex->context);
	if (n >= 0)
		return 1;
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;

	PCRE2_UCHAR text[120];
	pcre2_get_error_message(n, text, sizeof(text));
	return err_set(err, ERR_LIMIT, 0,
		"the regular expression \"%s\" takes too much work (%s): write one without "
		"repeats inside of repeats, as (a+)+ has",
		regex->pattern, (const char *)text);
}
