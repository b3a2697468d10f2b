#include "core/mail/flow.h"

#include "core/base/escape.h"

void flow_break(struct flow *flow, unsigned breaks)
{
	if (flow->breaks < breaks)
		flow->breaks = breaks;
}

void flow_pay(struct flow *flow)
{
	bool breaks = flow->breaks && !flow->for_matching;

	if (flow->out->len > flow->begin && (flow->breaks || flow->blank))
		buf_pad(flow->out, breaks ? '\n' : ' ', breaks ? flow->breaks : 1);
	flow->breaks = 0;
	flow->blank = false;
}

static bool is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x34f || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static bool is_white(uint32_t c)
{
	return c <= ' ' || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
		c == 0x2029 || c == 0x202f || c == 0x3000;
}

/* Whether the character is to be appended now; what is owed before it has come out then. */
static bool comes_out(struct flow *flow, uint32_t code_point)
{
	if (is_white(code_point)) {
		flow->blank = true;
		return false;
	}
	if (flow->for_matching && is_invisible(code_point))
		return false;
	flow_pay(flow);
	return true;
}

void flow_code_point(struct flow *flow, uint32_t code_point)
{
	if (comes_out(flow, code_point))
		utf8_encode(flow->out, code_point);
}

typedef signed char sixteen __attribute__((vector_size(16)));

/* How many of sixteen bytes come before the first that is marked with all its bits. */
static size_t before_first(sixteen marked)
{
	uint64_t halves[2];
	memcpy(halves, &marked, sizeof(halves));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return halves[0]    ? (size_t)__builtin_ctzll(halves[0]) / 8
		: halves[1] ? 8 + (size_t)__builtin_ctzll(halves[1]) / 8
			    : 16;
#else
	return halves[0]    ? (size_t)__builtin_clzll(halves[0]) / 8
		: halves[1] ? 8 + (size_t)__builtin_clzll(halves[1]) / 8
			    : 16;
#endif
}

/*
 * Length of a run at the start of s that comes out as it is: printable ASCII in which
 * no blank follows another, and none is the last. Sixteen bytes at a time, since this is
 * what nearly all text is.
 */
static size_t plain_run(struct slice s)
{
	size_t n = 0, clean = 16;

	while (clean == 16 && s.len - n > 16) {
		sixteen bytes, next;
		memcpy(&bytes, s.ptr + n, sizeof(bytes));
		memcpy(&next, s.ptr + n + 1, sizeof(next));
		/* Signed: what is no ASCII is below the blank as well. */
		clean = before_first((bytes < ' ') | ((bytes == ' ') & (next == ' ')));
		n += clean;
	}
	return n && s.ptr[n - 1] == ' ' ? n - 1 : n;
}

void flow_text(struct flow *flow, struct slice text)
{
	while (text.len) {
		uint32_t code_point = (uint8_t)*text.ptr;
		size_t n = code_point > ' ' ? plain_run(text) : 0;
		if (n) {
			flow_pay(flow);
			buf_add(flow->out, slice_upto(text, n));
		} else if (code_point <= ' ') {
			flow->blank = true;
			n = 1;
		} else {
			bool valid = (n = utf8_decode(text, &code_point)) > 0;
			n = valid ? n : 1;
			if (comes_out(flow, valid ? code_point : 0xfffd))
				buf_add(flow->out, slice_upto(text, n));
		}
		text = slice_from(text, n);
	}
}
