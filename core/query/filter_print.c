#include "core/base/units.h"
#include "core/query/filter_ast.h"
#include "core/query/filter_lex.h"

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!lex_is_bare(text.ptr[i]) || text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return false;
	return text.len > 0;
}

void filter_add_value(struct buf *out, struct slice value)
{
	if (is_plain(value)) {
		buf_add(out, value);
		return;
	}
	buf_addc(out, '"');
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '"' || value.ptr[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, value.ptr[i]);
	}
	buf_addc(out, '"');
}

/* Exactly, in the largest unit that divides it. */
static void print_size(int64_t bytes, struct buf *out)
{
	static const char units[] = "kMG";
	int at = -1;
	while (bytes && at < 2 && bytes % 1024 == 0) {
		bytes /= 1024;
		at++;
	}
	buf_printf(out, "%lld", (long long)bytes);
	if (at >= 0)
		buf_addc(out, units[at]);
}

/* "1d12h"; never negative. */
static void print_duration(int64_t seconds, struct buf *out)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

	if (seconds == 0)
		buf_add(out, SLICE("0s"));
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (seconds / units[i].seconds)
			buf_printf(out, "%lld%c", (long long)(seconds / units[i].seconds),
				units[i].unit);
		seconds %= units[i].seconds;
	}
}

static void print_time(const struct cond *cond, int64_t value, struct buf *out)
{
	static const int64_t year_10000 = INT64_C(253402300800);

	if (cond->relative) {
		buf_addc(out, value < 0 ? '-' : '+');
		print_duration(value < 0 ? -value : value, out);
	} else if (value < year_10000) {
		units_rfc3339(out, value);
	} else {
		buf_printf(out, "%lld", (long long)value);
	}
}

static void print_number(const struct cond *cond, int64_t value, struct buf *out)
{
	switch (cond->ref.field->type) {
	case FIELD_SIZE:
		print_size(value, out);
		break;
	case FIELD_TIME:
		print_time(cond, value, out);
		break;
	case FIELD_DURATION:
		print_duration(value, out);
		break;
	default:
		buf_printf(out, "%lld", (long long)value);
	}
}

static bool is_one_address(const struct ip_net *net)
{
	return net->bits == (net->base.family == 4 ? 32 : 128);
}

static void print_net(const struct ip_net *net, struct buf *out)
{
	ip_format(out, &net->base);
	if (!is_one_address(net))
		buf_printf(out, "/%d", net->bits);
}

static void print_value(const struct cond *cond, size_t i, struct buf *out)
{
	if (cond->nets)
		print_net(&cond->nets[i], out);
	else if (cond->texts)
		filter_add_value(out, cond->texts[i]);
	else
		print_number(cond, cond->numbers[i], out);
}

/* The values of "equal to" and "in", which are one operator inside. */
static void print_in(const struct cond *cond, struct buf *out)
{
	if (cond->count == 1 && (!cond->nets || is_one_address(cond->nets))) {
		buf_add(out, cond->negate ? SLICE("!= ") : SLICE("= "));
		print_value(cond, 0, out);
		return;
	}
	buf_add(out, cond->negate ? SLICE("not in ") : SLICE("in "));
	if (cond->count == 1) {
		print_value(cond, 0, out);
		return;
	}
	for (size_t i = 0; i < cond->count; i++) {
		buf_add(out, i ? SLICE(", ") : SLICE("("));
		print_value(cond, i, out);
	}
	buf_addc(out, ')');
}

static void print_cond(const struct cond *cond, struct buf *out)
{
	static const char *const order[] = {
		[COND_LT] = "< ", [COND_LE] = "<= ", [COND_GT] = "> ", [COND_GE] = ">= "};

	buf_printf(out, "%s%s", cond->all ? "all " : "", cond->ref.field->name);
	buf_add(out, cond->param);
	buf_addc(out, ' ');
	switch (cond->op) {
	case COND_IN:
		print_in(cond, out);
		break;
	case COND_MATCH:
		buf_add(out, cond->negate ? SLICE("!~ ") : SLICE("~ "));
		filter_add_value(out, cond->texts[0]);
		break;
	case COND_UNKNOWN:
		buf_add(out, cond->negate ? SLICE("is not unknown") : SLICE("is unknown"));
		break;
	default:
		buf_add(out, slice_cstr(order[cond->op]));
		print_value(cond, 0, out);
	}
}

static void print_node(const struct node *node, bool outermost, struct buf *out)
{
	if (node->kind == NODE_COND) {
		print_cond(node->cond, out);
		return;
	}
	if (node->kind == NODE_NOT) {
		buf_add(out, SLICE("not "));
		print_node(node->first, false, out);
		return;
	}
	if (!outermost)
		buf_addc(out, '(');
	for (const struct node *next = node->first; next; next = next->next) {
		if (next != node->first)
			buf_add(out, node->kind == NODE_AND ? SLICE(" and ") : SLICE(" or "));
		print_node(next, false, out);
	}
	if (!outermost)
		buf_addc(out, ')');
}

void filter_print(const struct filter *filter, struct buf *out)
{
	if (filter->root)
		print_node(filter->root, true, out);
}
