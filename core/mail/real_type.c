#include "core/mail/real_type.h"

#include <magic.h>

/* libmagic looks no further in any case that matters here. */
enum { LOOK = 1024 * 1024 };

void real_type_open(struct real_type *real_type)
{
	/* Nothing that would unpack, and no programs taken apart. */
	magic_t magic = magic_open(
		MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF | MAGIC_ERROR);

	if (magic && magic_load(magic, NULL) != 0) {
		magic_close(magic);
		magic = NULL;
	}
	real_type->magic = magic;
}

void real_type_close(struct real_type *real_type)
{
	if (real_type->magic)
		magic_close(real_type->magic);
	real_type->magic = NULL;
}

struct slice real_type_of(const struct real_type *real_type, struct slice bytes)
{
	if (!real_type->magic || !bytes.len)
		return (struct slice){0};
	bytes = slice_upto(bytes, LOOK);
	struct slice type = slice_cstr(magic_buffer(real_type->magic, bytes.ptr, bytes.len));
	/* It has other words for an error; a type always has a slash. */
	if (slice_index(type, '/') == SIZE_MAX)
		type = (struct slice){0};
	return type;
}

/* ---- what may go by what name ---- */

/* Types that are many formats to libmagic, or whose format is another's. */
static const struct {
	const char *declared; /* a prefix */
	const char *real;     /* another */
} allowed[] = {
	/* Whoever names these two promises nothing. */
	{"application/octet-stream", ""}, {"application/x-octet-stream", ""},
	{"application/binary", ""}, {"application/x-download", ""},
	{"application/force-download", ""}, {"image/jpg", "image/jpeg"},
	{"image/pjpeg", "image/jpeg"}, {"image/x-png", "image/png"},
	{"image/x-ms-bmp", "image/bmp"}, {"image/bmp", "image/x-ms-bmp"},
	{"image/x-icon", "image/vnd.microsoft.icon"}, {"image/svg+xml", "text/"},
	{"application/x-pdf", "application/pdf"}, {"application/x-zip", "application/zip"},
	{"application/x-gzip", "application/gzip"}, {"application/x-rar", "application/x-rar"},
	{"application/vnd.rar", "application/x-rar"}, {"application/vnd.", "application/zip"},
	{"application/vnd.ms-", "application/vnd."}, {"application/vnd.ms-", "application/msword"},
	{"application/vnd.ms-", "application/x-ole-storage"},
	{"application/vnd.ms-", "application/cdfv2"},
	{"application/vnd.ms-tnef", "application/ms-tnef"},
	{"application/ms-tnef", "application/vnd.ms-tnef"},
	{"application/msword", "application/vnd."},
	{"application/msword", "application/x-ole-storage"},
	{"application/msword", "application/cdfv2"}, {"application/msword", "text/rtf"},
	{"application/msexcel", "application/vnd."}, {"application/rtf", "text/rtf"},
	{"application/java-archive", "application/zip"},
	{"application/epub+zip", "application/zip"},
	{"application/x-msdownload", "application/x-dosexec"},
	{"application/x-msdownload", "application/vnd.microsoft.portable-executable"},
	{"application/x-msdos-program", "application/x-dosexec"},
	{"application/x-executable", "application/"}, {"audio/", "video/"},
	{"audio/", "application/ogg"}, {"video/", "audio/"}, {"video/", "application/ogg"},
	{"audio/", "audio/"}, {"video/", "video/"}, {"text/rtf", "text/rtf"}, {"text/", "text/"},
	{"text/", "application/json"}, {"text/", "application/xml"}, {"text/", "application/csv"},
	{"text/", "application/javascript"}, {"text/", "message/"}, {"message/", "text/"},
	{"message/", "message/"}, {"multipart/", "text/"}, /* one whose parts could not be told */
};

/* Formats that are never plain text; of all else in application/ text may be the form. */
static bool is_binary(struct slice declared)
{
	static const char *const names[] = {"image/", "audio/", "video/", "font/",
		"application/pdf", "application/zip", "application/msword",
		"application/vnd.openxmlformats", "application/vnd.oasis", "application/gzip",
		"application/x-7z", "application/x-rar", "application/vnd.rar"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_starts_fold(declared, slice_cstr(names[i])))
			return true;
	return false;
}

bool real_type_fits(struct slice declared, struct slice real)
{
	if (!slice_known(real) || slice_eq_fold(declared, real) ||
		slice_eq(real, SLICE("application/octet-stream")))
		return true;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (slice_starts_fold(declared, slice_cstr(allowed[i].declared)) &&
			slice_starts_fold(real, slice_cstr(allowed[i].real)))
			return true;
	return slice_starts_fold(declared, SLICE("application/")) &&
		slice_starts_fold(real, SLICE("text/")) && !is_binary(declared);
}
