/*
 * image: queue files put together in memory, for the tests of this folder.
 *
 * image_finish fills in the size record the way cleanup(8) does. Only tests
 * include this.
 */
#ifndef FORMATS_POSTFIX_IMAGE_H
#define FORMATS_POSTFIX_IMAGE_H

#include <stdio.h>

#include "core/base/buf.h"

struct image {
	struct buf bytes;
	size_t content;   /* offset behind the M record */
	size_t extracted; /* offset of the X record */
};

static inline void image_record(struct image *image, char type, struct slice data)
{
	size_t left = data.len;
	buf_addc(&image->bytes, type);
	do {
		buf_addc(&image->bytes, (char)((left & 0x7f) | (left > 0x7f ? 0x80 : 0)));
		left >>= 7;
	} while (left);
	buf_add(&image->bytes, data);
	if (type == 'M')
		image->content = image->bytes.len;
	if (type == 'X')
		image->extracted = image->bytes.len - 2;
}

static inline void image_add(struct image *image, char type, const char *data)
{
	image_record(image, type, slice_cstr(data));
}

/* A pointer record of the usual width; image_point sets its target later. */
static inline size_t image_pointer(struct image *image, size_t target)
{
	char text[24];
	size_t at = image->bytes.len;
	snprintf(text, sizeof(text), "%15zu", target);
	image_add(image, 'p', text);
	return at;
}

static inline void image_point(struct image *image, size_t pointer, size_t target)
{
	char text[24];
	snprintf(text, sizeof(text), "%15zu", target);
	memcpy(image->bytes.ptr + pointer + 2, text, 15);
}

/* The first record: `fields` numbers of 15 columns, zero until image_finish. */
static inline void image_size(struct image *image, unsigned fields)
{
	char text[6 * 16 + 1] = "";
	for (unsigned i = 0; i < fields; i++)
		snprintf(text + i * 16, sizeof(text) - i * 16, "%15d ", 0);
	text[fields * 16 - 1] = '\0';
	image_add(image, 'C', text);
}

static inline void image_finish(struct image *image)
{
	char text[40];
	snprintf(text, sizeof(text), "%15zu %15zu", image->extracted - image->content,
		image->content);
	memcpy(image->bytes.ptr + 2, text, 31);
}

/* The usual beginning, up to and with the sender. */
static inline void image_begin(struct image *image, const char *sender)
{
	image_size(image, 6);
	image_add(image, 'T', "1700000000 123456");
	image_add(image, 'A', "create_time=1700000001");
	image_add(image, 'A', "log_ident=ABCDE1234");
	image_add(image, 'A', "rewrite_context=remote");
	image_add(image, 'S', sender);
}

static inline void image_content(struct image *image, const char *subject)
{
	struct buf line = {0};
	image_add(image, 'M', "");
	buf_printf(&line, "Subject: %s", subject);
	image_record(image, 'N', buf_slice(&line));
	image_add(image, 'N', "");
	image_add(image, 'N', "Hello.");
	image_add(image, 'X', "");
	buf_free(&line);
}

/* A whole message with one recipient. */
static inline void image_message(struct image *image, const char *sender, const char *rcpt)
{
	image_begin(image, sender);
	image_add(image, 'R', rcpt);
	image_content(image, "hi");
	image_add(image, 'E', "");
	image_finish(image);
}

static inline void image_free(struct image *image)
{
	buf_free(&image->bytes);
}

#endif
