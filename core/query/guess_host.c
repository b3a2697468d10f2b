#include "core/query/guess_host.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

enum {
	/* A name that fewer than one in so many messages bear is an old one, or was brought in. */
	RARE = 10,
};

/* "co.uk", "com.au": a domain under which everybody has one. */
static bool is_public(struct slice name)
{
	static const char *const shared[] = {"ac", "co", "com", "edu", "go", "gob", "gov", "gv",
		"mil", "ne", "net", "or", "org", "sch"};
	size_t dot = slice_index(name, '.');

	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (name.len - dot == sizeof(".uk") - 1 &&
			slice_eq(slice_upto(name, dot), slice_cstr(shared[i])))
			return true;
	return false;
}

static uint32_t domain_of(struct snap *snap, uint32_t id)
{
	struct slice name = intern_get(&snap->strings, id);
	size_t dot = slice_index(name, '.');
	struct slice domain = slice_from(name, dot == SIZE_MAX ? name.len : dot + 1);

	if (!domain.len)
		return INTERN_UNKNOWN;
	bool whole = slice_index(domain, '.') == SIZE_MAX || is_public(domain);
	return whole ? id : intern_add(&snap->strings, domain);
}

void guess_host(
	struct snap *snap, unsigned spool, void (*found)(void *ctx, uint32_t domain), void *ctx)
{
	uint32_t all = 0, names = snap->strings.count;
	uint32_t *rows = xcalloc(names, sizeof(*rows));

	for (uint32_t row = 0; row < snap->rows; row++) {
		uint32_t name = snap_col(snap, COL_STAMPED_BY, row);
		bool told = name && snap->small[row].spool == spool;
		rows[name] += told;
		all += told;
	}
	for (uint32_t name = 0; name < names; name++) {
		bool usual = rows[name] && rows[name] >= all / RARE;
		uint32_t domain = usual ? domain_of(snap, name) : INTERN_UNKNOWN;
		if (domain)
			found(ctx, domain);
	}
	free(rows);
}
