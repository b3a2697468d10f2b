#include "core/out/sink.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/escape.h"
#include "core/base/xalloc.h"

enum { DEEPEST = 32 };

struct sink {
	FILE *out;
	size_t flags;          /* of jansson */
	json_t *open[DEEPEST]; /* outermost first; that one is ours and owns the others */
	unsigned depth;
	struct buf text; /* scratch */
	int sys;         /* errno of what failed first, or 0 */
};

struct sink *sink_json(FILE *out, enum sink_style style, bool ascii)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));
	sink->out = out;
	/* 15 digits are what a double holds for certain; sink_real rounds before. */
	sink->flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
	if (style == SINK_PRETTY)
		sink->flags |= JSON_INDENT(2);
	if (ascii)
		sink->flags |= JSON_ENSURE_ASCII;
	return sink;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->depth)
		json_decref(sink->open[0]);
	buf_free(&sink->text);
	free(sink);
}

static void keep_failure(struct sink *sink, int sys)
{
	if (!sink->sys)
		sink->sys = sys;
}

/* jansson's pieces of output end between code points, as escape_json needs it. */
static int collect(const char *text, size_t len, void *ctx)
{
	escape_json(ctx, slice_of(text, len));
	return 0;
}

static void write_out(struct sink *sink, json_t *value)
{
	buf_reset(&sink->text);
	if (json_dump_callback(value, collect, &sink->text, sink->flags) != 0)
		keep_failure(sink, ENOMEM);
	json_decref(value);
	buf_addc(&sink->text, '\n');
	errno = 0;
	if (!sink->sys && fwrite(sink->text.ptr, 1, sink->text.len, sink->out) != sink->text.len)
		keep_failure(sink, errno ? errno : EIO);
}

/* Hands the value over to the innermost open one. False when there is none. */
static bool put_inside(struct sink *sink, const char *name, json_t *value)
{
	if (!sink->depth) {
		assert(!name);
		return false;
	}
	json_t *parent = sink->open[sink->depth - 1];
	assert(json_is_object(parent) == (name != NULL));
	int r = name ? json_object_set_new_nocheck(parent, name, value)
		     : json_array_append_new(parent, value);
	if (r != 0)
		keep_failure(sink, ENOMEM);
	return true;
}

static void put(struct sink *sink, const char *name, json_t *value)
{
	if (!put_inside(sink, name, value))
		write_out(sink, value);
}

static void open_value(struct sink *sink, const char *name, json_t *value)
{
	assert(sink->depth < DEEPEST);
	put_inside(sink, name, value);
	sink->open[sink->depth++] = value;
}

void sink_object(struct sink *sink, const char *name)
{
	open_value(sink, name, json_object());
}

void sink_array(struct sink *sink, const char *name)
{
	open_value(sink, name, json_array());
}

void sink_end(struct sink *sink)
{
	assert(sink->depth);
	if (--sink->depth == 0)
		write_out(sink, sink->open[0]);
}

void sink_text(struct sink *sink, const char *name, struct slice value)
{
	if (!slice_known(value)) {
		sink_null(sink, name);
		return;
	}
	buf_reset(&sink->text);
	escape_utf8(&sink->text, value);
	put(sink, name, json_stringn_nocheck(buf_str(&sink->text), sink->text.len));
}

void sink_int(struct sink *sink, const char *name, int64_t value)
{
	put(sink, name, json_integer(value));
}

/* To 4 decimals, and to 4 digits where those begin behind the point. */
static double rounded(double value)
{
	char text[32];
	if (fabs(value) >= 1e11)
		return value;
	snprintf(text, sizeof(text), fabs(value) < 1 ? "%.4g" : "%.4f", value);
	return strtod(text, NULL);
}

void sink_real(struct sink *sink, const char *name, double value)
{
	if (isfinite(value))
		put(sink, name, json_real(rounded(value) + 0.0)); /* + 0.0: no "-0.0" */
	else
		sink_null(sink, name);
}

void sink_bool(struct sink *sink, const char *name, bool value)
{
	put(sink, name, json_boolean(value));
}

void sink_null(struct sink *sink, const char *name)
{
	put(sink, name, json_null());
}

int sink_flush(struct sink *sink, struct err *err)
{
	errno = 0;
	if ((fflush(sink->out) != 0 || ferror(sink->out)) && !sink->sys)
		sink->sys = errno ? errno : EIO;
	if (!sink->sys)
		return 0;
	return err_set(err, ERR_IO, sink->sys, "cannot write the output");
}
