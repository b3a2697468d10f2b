#include "core/mail/html_text.h"

#include "core/base/escape.h"
#include "core/mail/html_entity.h"

enum element_kind {
	INLINE,    /* all that are not listed */
	LINE,      /* stands on lines of its own */
	PARAGRAPH, /* with an empty line around it */
	CELL,      /* a blank lies between two of them */
	HIDDEN,    /* its content is no text */
	LINK,
	IMAGE,
	VERBATIM, /* line breaks count */
};

static const struct element {
	char name[12];
	enum element_kind kind;
} elements[] = {
	{"a", LINK},
	{"p", PARAGRAPH},
	{"br", LINE},
	{"td", CELL},
	{"th", CELL},
	{"tr", LINE},
	{"li", LINE},
	{"ul", LINE},
	{"ol", LINE},
	{"dl", LINE},
	{"dt", LINE},
	{"dd", LINE},
	{"hr", LINE},
	{"h1", PARAGRAPH},
	{"h2", PARAGRAPH},
	{"h3", PARAGRAPH},
	{"h4", PARAGRAPH},
	{"h5", PARAGRAPH},
	{"h6", PARAGRAPH},
	{"div", LINE},
	{"img", IMAGE},
	{"pre", VERBATIM},
	{"nav", LINE},
	{"area", LINK},
	{"form", LINE},
	{"main", LINE},
	{"body", LINE},
	{"head", LINE},
	{"table", LINE},
	{"style", HIDDEN},
	{"title", HIDDEN},
	{"aside", LINE},
	{"center", LINE},
	{"script", HIDDEN},
	{"header", LINE},
	{"footer", LINE},
	{"option", LINE},
	{"section", LINE},
	{"article", LINE},
	{"caption", LINE},
	{"textarea", VERBATIM},
	{"fieldset", LINE},
	{"blockquote", PARAGRAPH},
};

struct page {
	struct flow *flow;
	bool verbatim;     /* line ends count */
	struct slice link; /* the target of the link we are in; unknown outside */
	size_t link_begin; /* where its text begins in flow->out */
};

/* ---- text ---- */

static void add_lines(struct page *page, struct slice text)
{
	struct slice line;
	bool more = true;

	while (more && page->verbatim) {
		more = slice_cut(text, '\n', &line, &text);
		flow_text(page->flow, line);
		if (more)
			flow_break(page->flow,
				page->flow->breaks + 1 < 2 ? page->flow->breaks + 1 : 2);
	}
	flow_text(page->flow, text);
}

static void add_text(struct page *page, struct slice text)
{
	uint32_t code_point;

	while (text.len) {
		const char *entity = memchr(text.ptr, '&', text.len);
		size_t n = entity ? (size_t)(entity - text.ptr) : text.len;
		add_lines(page, slice_upto(text, n));
		text = slice_from(text, n);
		if (!text.len)
			return;
		n = html_entity(text, &code_point);
		if (n)
			flow_code_point(page->flow, code_point);
		else
			flow_text(page->flow, slice_upto(text, 1));
		text = slice_from(text, n ? n : 1);
	}
}

/* ---- links ---- */

/* The value of an attribute as it would be used: entities undone, no white space or controls. */
static void add_target(struct buf *out, struct slice value)
{
	while (value.len) {
		uint32_t code_point = (uint8_t)*value.ptr;
		size_t n = *value.ptr == '&' ? html_entity(value, &code_point) : 0;
		if (n && code_point > ' ')
			utf8_encode(out, code_point);
		else if (!n && code_point > ' ')
			buf_addc(out, *value.ptr);
		value = slice_from(value, n ? n : 1);
	}
}

/* The target stands behind the text of the link, unless it is the text. */
static void end_link(struct page *page)
{
	struct flow before = *page->flow;
	struct buf *out = before.out;
	struct slice link = slice_trim(page->link);
	size_t end = out->len;

	page->link = (struct slice){0};
	if (!link.len || *link.ptr == '#')
		return;
	flow_blank(page->flow);
	flow_pay(page->flow);
	buf_addc(out, '<');
	size_t target = out->len;
	add_target(out, link);
	struct slice text =
		slice_trim(slice_of(out->ptr + page->link_begin, end - page->link_begin));
	if (slice_eq(text, slice_of(out->ptr + target, out->len - target))) {
		out->len = end;
		*page->flow = before;
		return;
	}
	buf_addc(out, '>');
}

static void begin_link(struct page *page, struct slice target)
{
	end_link(page);
	page->link = target;
	page->link_begin = page->flow->out->len;
}

/* ---- tags ---- */

static size_t skip_space(struct slice s, size_t n)
{
	while (n < s.len && ascii_is_space(s.ptr[n]))
		n++;
	return n;
}

/* Takes an attribute off *rest; false behind the '>' of the tag. */
static bool next_attribute(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice s = *rest;
	size_t n = skip_space(s, 0), begin;

	while (n < s.len && s.ptr[n] == '/')
		n = skip_space(s, n + 1);
	if (n == s.len || s.ptr[n] == '>') {
		*rest = slice_from(s, n + 1);
		return false;
	}
	begin = n++;
	while (n < s.len && !ascii_is_space(s.ptr[n]) && !strchr("/>=", s.ptr[n]))
		n++;
	*name = slice_of(s.ptr + begin, n - begin);
	*value = (struct slice){0};
	n = skip_space(s, n);
	if (n < s.len && s.ptr[n] == '=') {
		n = skip_space(s, n + 1);
		char quote = n < s.len && (s.ptr[n] == '"' || s.ptr[n] == '\'') ? s.ptr[n] : 0;
		begin = quote ? ++n : n;
		while (n < s.len &&
			(quote ? s.ptr[n] != quote : !ascii_is_space(s.ptr[n]) && s.ptr[n] != '>'))
			n++;
		*value = slice_of(s.ptr + begin, n - begin);
		n += quote && n < s.len;
	}
	*rest = slice_from(s, n);
	return true;
}

static const struct element *find_element(struct slice name)
{
	char lower[sizeof(elements->name)] = "";

	if (name.len >= sizeof(lower))
		return NULL;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = ascii_lower(name.ptr[i]);
	for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++)
		if (memcmp(lower, elements[i].name, sizeof(lower)) == 0)
			return &elements[i];
	return NULL;
}

static struct slice behind(struct slice s, size_t at, size_t length)
{
	return slice_from(s, at == SIZE_MAX ? s.len : at + length);
}

/* A comment, a declaration, or what browsers take for one. */
static struct slice skip_declaration(struct slice html)
{
	if (slice_starts(html, SLICE("<!--")))
		return behind(
			slice_from(html, 2), slice_find(slice_from(html, 2), SLICE("-->")), 3);
	return behind(html, slice_index(html, '>'), 1);
}

/* To the end tag of an element whose content is no text. */
static struct slice skip_content(struct slice html, const char *name)
{
	size_t length = strlen(name);

	while (html.len) {
		size_t at = slice_find(html, SLICE("</"));
		html = behind(html, at, 0);
		if (slice_starts_fold(slice_from(html, 2), slice_of(name, length)))
			break;
		html = slice_from(html, 2);
	}
	return html;
}

static void apply(struct page *page, enum element_kind kind, bool closes, struct slice value)
{
	switch (kind) {
	case LINE:
		flow_break(page->flow, 1);
		break;
	case PARAGRAPH:
		flow_break(page->flow, 2);
		break;
	case CELL:
		flow_blank(page->flow);
		break;
	case LINK:
		if (closes)
			end_link(page);
		else
			begin_link(page, value);
		break;
	case IMAGE:
		add_text(page, value);
		break;
	case VERBATIM:
		page->verbatim = !closes;
		flow_break(page->flow, 1);
		break;
	case INLINE:
	case HIDDEN:
		break;
	}
}

/* A tag, whose '<' html begins with. Returns what is behind it. */
static struct slice take_tag(struct page *page, struct slice html)
{
	struct slice rest = slice_from(html, 1), name, value, wanted = {0};
	bool closes = rest.len && *rest.ptr == '/';

	rest = slice_from(rest, closes);
	if (!rest.len || !ascii_is_alpha(*rest.ptr)) {
		if (closes || (rest.len && (*rest.ptr == '!' || *rest.ptr == '?')))
			return skip_declaration(html);
		add_text(page, slice_upto(html, 1));
		return rest;
	}
	size_t n = 1;
	while (n < rest.len && ascii_is_alnum(rest.ptr[n]))
		n++;
	const struct element *element = find_element(slice_upto(rest, n));
	enum element_kind kind = element ? element->kind : INLINE;
	struct slice attribute = kind == LINK ? SLICE("href") : SLICE("alt");
	rest = slice_from(rest, n);
	while (next_attribute(&rest, &name, &value))
		if (!slice_known(wanted) && slice_eq_fold(name, attribute))
			wanted = value;
	apply(page, kind, closes, wanted);
	return kind == HIDDEN && !closes ? skip_content(rest, element->name) : rest;
}

void html_text(struct slice html, struct flow *flow)
{
	struct page page = {.flow = flow};

	while (html.len) {
		const char *tag = memchr(html.ptr, '<', html.len);
		size_t n = tag ? (size_t)(tag - html.ptr) : html.len;
		add_text(&page, slice_upto(html, n));
		html = slice_from(html, n);
		if (html.len)
			html = take_tag(&page, html);
	}
	end_link(&page);
}
