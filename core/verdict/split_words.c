/* What separates the crime from the rest of a party's mail, as a filter. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/query/filter.h"
#include "core/verdict/split.h"

enum { LISTED = 60, LISTED_CELLS = 20 };

enum kind { BY_CLIENT, BY_SENDER };
enum { KIND_CRIME = 1, KIND_USUAL = 2 };

static int by_text(const void *a, const void *b, void *arg)
{
	const struct intern *strings = arg;
	return slice_cmp(intern_get(strings, *(const uint32_t *)a),
		intern_get(strings, *(const uint32_t *)b));
}

/* "client_ip=a", "client_ip in (a, b)" */
static void add_list(const struct cells *cells, const char *field, const uint32_t *ids,
	uint32_t count, struct buf *out)
{
	const struct intern *strings = &cells->study->snap->strings;

	buf_printf(out, count == 1 ? "%s=" : "%s in (", field);
	for (uint32_t i = 0; i < count; i++) {
		buf_add(out, i ? SLICE(", ") : SLICE(""));
		filter_add_value(out, intern_get(strings, ids[i]));
	}
	buf_add(out, count == 1 ? SLICE("") : SLICE(")"));
}

static void add_content(const struct cells *cells, struct buf *out)
{
	bool both = cells->by_size && cells->nkeys;

	buf_add(out, both ? SLICE("(") : SLICE(""));
	if (cells->nkeys)
		add_list(cells, "subject_shape", cells->keys, cells->nkeys, out);
	buf_add(out, both ? SLICE(" or ") : SLICE(""));
	if (cells->by_size)
		buf_printf(out, "(message_size>=%" PRIu32 " and message_size<=%" PRIu32 ")",
			cells->m->mode_low, cells->m->mode_high);
	buf_add(out, both ? SLICE(")") : SLICE(""));
}

/*
 * Separates the cells with that content by one value. The shorter of what is to be taken and
 * what is to be left; false where a value is in both, or there are too many.
 */
static bool add_values(const struct cells *cells, enum kind by, bool campaign, struct buf *out)
{
	uint32_t lists[2][LISTED], counts[2] = {0};
	struct memo *kinds = &cells->study->spare[0];
	bool clean = true, unnamed[2] = {false};

	for (uint32_t i = 0; i < cells->count && clean; i++) {
		const struct cell *cell = &cells->list[i];
		if (cells->alike && cell->campaign != campaign)
			continue;
		bool many = by == BY_SENDER && !cell->sender && cell->foreign;
		unnamed[cell->crime] |= many;
		uint32_t value = by == BY_CLIENT ? cell->client : cell->sender;
		uint32_t *kind = memo_at(kinds, value), one = cell->crime ? KIND_CRIME : KIND_USUAL;
		if (!*kind && counts[cell->crime] < LISTED)
			lists[cell->crime][counts[cell->crime]] = value;
		counts[cell->crime] += !*kind;
		*kind |= one;
		clean = *kind == one && (value != INTERN_UNKNOWN || many);
	}
	for (uint32_t i = 0; i < cells->count; i++)
		*memo_at(kinds, by == BY_CLIENT ? cells->list[i].client : cells->list[i].sender) =
			0;
	bool leave = unnamed[1] || (counts[0] <= counts[1] && !unnamed[0]);
	uint32_t *list = lists[!leave], count = counts[!leave];
	if (!clean || unnamed[!leave] || count == 0 || count > LISTED)
		return false;
	qsort_r(list, count, sizeof(*list), by_text, &cells->study->snap->strings);
	buf_add(out, leave ? SLICE("not ") : SLICE(""));
	add_list(cells, by == BY_CLIENT ? "client_ip" : "envelope_sender", list, count, out);
	return true;
}

/* Which of crime (1) and usual (2) there are with that content. */
static unsigned kinds_with(const struct cells *cells, bool campaign)
{
	unsigned kinds = 0;
	for (uint32_t i = 0; i < cells->count; i++)
		if (cells->list[i].campaign == campaign)
			kinds |= cells->list[i].crime ? KIND_CRIME : KIND_USUAL;
	return kinds;
}

static bool add_either(const struct cells *cells, bool campaign, struct buf *out)
{
	return add_values(cells, BY_CLIENT, campaign, out) ||
		add_values(cells, BY_SENDER, campaign, out);
}

/* By content, and by place or name among what is, or is not, of that content. */
static bool add_by_content(const struct cells *cells, struct buf *out)
{
	unsigned with = kinds_with(cells, true), without = kinds_with(cells, false);
	size_t begin = out->len;
	bool done = false;

	if (with == KIND_CRIME) {
		bool more = without & KIND_CRIME;
		buf_add(out, more ? SLICE("(") : SLICE(""));
		add_content(cells, out);
		buf_add(out, more ? SLICE(" or ") : SLICE(""));
		done = !more || add_either(cells, false, out);
		buf_add(out, more ? SLICE(")") : SLICE(""));
	} else if (without == KIND_USUAL || !without) {
		add_content(cells, out);
		buf_add(out, SLICE(" and "));
		done = add_either(cells, true, out);
	}
	if (!done)
		out->len = begin;
	return done;
}

static int by_cell(const void *a, const void *b, void *arg)
{
	const struct cell *x = a, *y = b;
	int order = by_text(&x->client, &y->client, arg);
	order = order ? order : by_text(&x->sender, &y->sender, arg);
	return order ? order : x->campaign - y->campaign;
}

static void add_cell(const struct cells *cells, const struct cell *cell, struct buf *out)
{
	const struct intern *strings = &cells->study->snap->strings;

	buf_add(out, SLICE("not ("));
	if (cell->client) {
		buf_add(out, SLICE("client_ip="));
		filter_add_value(out, intern_get(strings, cell->client));
		buf_add(out, SLICE(" and "));
	}
	buf_add(out, SLICE("envelope_sender="));
	filter_add_value(out, intern_get(strings, cell->sender));
	if (cells->alike) {
		buf_add(out, cell->campaign ? SLICE(" and ") : SLICE(" and not "));
		add_content(cells, out);
	}
	buf_addc(out, ')');
}

/* All cells that are usual, one by one. */
static bool add_cells(const struct cells *cells, struct buf *out)
{
	struct cell usual[LISTED_CELLS];
	uint32_t count = 0;

	for (uint32_t i = 0; i < cells->count; i++) {
		if (cells->list[i].crime)
			continue;
		if (count == LISTED_CELLS || !cells->list[i].sender)
			return false;
		usual[count++] = cells->list[i];
	}
	qsort_r(usual, count, sizeof(*usual), by_cell, &cells->study->snap->strings);
	for (uint32_t i = 0; i < count; i++) {
		buf_add(out, i ? SLICE(" and ") : SLICE(""));
		add_cell(cells, &usual[i], out);
	}
	return count > 0;
}

bool split_words(const struct cells *cells, struct buf *out)
{
	struct cells plain = *cells;

	plain.alike = false;
	return add_values(&plain, BY_CLIENT, false, out) ||
		add_values(&plain, BY_SENDER, false, out) ||
		(cells->alike && add_by_content(cells, out)) || add_cells(cells, out);
}
