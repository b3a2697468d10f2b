#include "core/out/sink.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/escape.h"
#include "core/base/xalloc.h"

enum {
	DEEPEST = 32,
	WRITTEN_AT_ONCE = 64 * 1024,
};

struct sink {
	FILE *out;
	size_t flags; /* of jansson, which writes the values themselves */
	bool pretty;
	struct level {    /* outermost first */
		char end; /* '}' or ']' */
		bool any; /* there is something inside */
	} open[DEEPEST];
	unsigned depth;
	struct buf text;   /* not yet written */
	struct buf string; /* scratch */
	int sys;           /* errno of what failed first, or 0 */
};

struct sink *sink_json(FILE *out, enum sink_style style, bool ascii)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));
	sink->out = out;
	/* 15 digits are what a double holds for certain; sink_real rounds before. */
	sink->flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
	sink->pretty = style == SINK_PRETTY;
	if (ascii)
		sink->flags |= JSON_ENSURE_ASCII;
	return sink;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	buf_free(&sink->text);
	buf_free(&sink->string);
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

static void write_out(struct sink *sink)
{
	errno = 0;
	if (!sink->sys && fwrite(sink->text.ptr, 1, sink->text.len, sink->out) != sink->text.len)
		keep_failure(sink, errno ? errno : EIO);
	buf_reset(&sink->text);
}

/* Takes the value. */
static void put_json(struct sink *sink, json_t *value)
{
	if (!value || json_dump_callback(value, collect, &sink->text, sink->flags) != 0)
		keep_failure(sink, ENOMEM);
	json_decref(value);
}

static void new_line(struct sink *sink)
{
	if (!sink->pretty)
		return;
	buf_addc(&sink->text, '\n');
	buf_pad(&sink->text, ' ', (size_t)sink->depth * 2);
}

/* What stands before a value. */
static void begin_value(struct sink *sink, const char *name)
{
	assert((sink->depth && sink->open[sink->depth - 1].end == '}') == (name != NULL));
	if (sink->depth) {
		struct level *level = &sink->open[sink->depth - 1];
		if (level->any)
			buf_add(&sink->text, sink->pretty ? SLICE(",") : SLICE(", "));
		level->any = true;
		new_line(sink);
	}
	if (name) {
		put_json(sink, json_string_nocheck(name));
		buf_add(&sink->text, SLICE(": "));
	}
}

static void end_value(struct sink *sink)
{
	if (!sink->depth)
		buf_addc(&sink->text, '\n');
	if (!sink->depth || sink->text.len >= WRITTEN_AT_ONCE)
		write_out(sink);
}

static void put(struct sink *sink, const char *name, json_t *value)
{
	begin_value(sink, name);
	put_json(sink, value);
	end_value(sink);
}

static void open_value(struct sink *sink, const char *name, const char *ends)
{
	assert(sink->depth < DEEPEST);
	begin_value(sink, name);
	buf_addc(&sink->text, ends[0]);
	sink->open[sink->depth++] = (struct level){.end = ends[1]};
}

void sink_object(struct sink *sink, const char *name)
{
	open_value(sink, name, "{}");
}

void sink_array(struct sink *sink, const char *name)
{
	open_value(sink, name, "[]");
}

void sink_end(struct sink *sink)
{
	assert(sink->depth);
	struct level level = sink->open[--sink->depth];
	if (level.any)
		new_line(sink);
	buf_addc(&sink->text, level.end);
	end_value(sink);
}

void sink_text(struct sink *sink, const char *name, struct slice value)
{
	if (!slice_known(value)) {
		sink_null(sink, name);
		return;
	}
	buf_reset(&sink->string);
	escape_utf8(&sink->string, value);
	put(sink, name, json_stringn_nocheck(buf_str(&sink->string), sink->string.len));
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
