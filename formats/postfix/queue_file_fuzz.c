/*
 * Any bytes as a Postfix queue file: envelope, content and header fields.
 *
 * The image is read in memory, and again from a file in pieces of a few bytes:
 * both must say the same, and what was handed out early must still be right at
 * the end. Then the disk fails half-way.
 *
 * Fuzzing also edits as a milter does, because bytes changed at random seldom make a
 * pointer that leads to a record.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/mail/headers.h"
#include "core/queue/record.h"
#include "formats/postfix/content.h"
#include "formats/postfix/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
/* libFuzzer's own; not there where files are only replayed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

enum { CONTENT_LIMIT = 10000, SMALL_PIECE = 16, LARGE_PIECE = 400 };

struct parsed {
	struct arena arena;
	struct window window;
	struct record record;
	struct envelope envelope;
	uint32_t content_warnings;
	uint32_t header_warnings;
	struct buf content;
	struct buf headers;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void parse(struct parsed *p, bool submitted)
{
	static const struct need everything = {
		.parts = NEED_RCPTS | NEED_SESSION | NEED_HEADERS | NEED_ATTRIBUTES};

	p->record = record_unknown();
	p->record.queue_id = SLICE("ABCDE1234");
	envelope_read(&p->window, submitted, &everything, &p->arena, &p->record, &p->envelope);
	p->content_warnings =
		content_read(&p->window, &p->envelope, false, CONTENT_LIMIT, &p->content);
	p->header_warnings =
		content_read(&p->window, &p->envelope, true, CONTENT_LIMIT, &p->headers);
}

static void parsed_free(struct parsed *p)
{
	window_close(&p->window);
	arena_free(&p->arena);
	buf_free(&p->content);
	buf_free(&p->headers);
}

/* What holds for any file, and for this one as its bytes are. */
static void check(const struct parsed *p, struct slice image)
{
	const struct record *record = &p->record;

	require(p->envelope.complete || record->warnings);
	require(record->nrcpts <= LIMIT_RECIPIENTS);
	require(record->arrival >= -1 && record->arrival <= LIMIT_TIME);
	require(record->created >= -1 && record->created <= LIMIT_TIME);
	require(record->size >= -1 && record->size <= (int64_t)image.len);
	for (uint32_t i = 0; i < record->nrcpts; i++) {
		const struct rcpt *rcpt = &record->rcpts[i];
		require(rcpt->offset + 2 + rcpt->address.len <= image.len);
		require(image.ptr[rcpt->offset] == "RD/"[rcpt->state]);
		require(slice_known(rcpt->address));
	}
	require(p->content.len <= image.len && p->content.len <= CONTENT_LIMIT);
	require(slice_starts(buf_slice(&p->content), buf_slice(&p->headers)));
}

static void check_headers(struct parsed *p)
{
	struct slice block = buf_slice(&p->headers);
	struct header_field field;

	for (size_t left = block.len; headers_next(&block, &field); left = block.len) {
		require(block.len < left && field.name.len > 0);
		struct slice line = headers_unfold(&p->arena, field.value);
		require(line.len <= field.value.len && slice_index(line, '\n') == SIZE_MAX);
	}
}

static void require_same(struct slice a, struct slice b)
{
	require(slice_known(a) == slice_known(b) && slice_eq(a, b));
}

static void compare(const struct parsed *a, const struct parsed *b)
{
	const struct record *x = &a->record, *y = &b->record;

	require(x->warnings == y->warnings);
	require(a->envelope.complete == b->envelope.complete);
	require(a->envelope.data_offset == b->envelope.data_offset);
	require(x->arrival == y->arrival && x->created == y->created && x->size == y->size);
	require(x->made_here == y->made_here && x->probe == y->probe);
	require(x->account_source == y->account_source);
	require_same(x->sender, y->sender);
	require_same(x->account, y->account);
	require_same(x->auth_method, y->auth_method);
	require_same(x->client_ip, y->client_ip);
	require_same(x->client_name, y->client_name);
	require_same(x->helo, y->helo);
	require_same(x->protocol, y->protocol);
	require_same(x->peer_ip, y->peer_ip);
	require_same(x->log_id, y->log_id);
	require_same(x->message_id, y->message_id);
	require(x->nrcpts == y->nrcpts);
	for (uint32_t i = 0; i < x->nrcpts; i++) {
		require_same(x->rcpts[i].address, y->rcpts[i].address);
		require_same(x->rcpts[i].original, y->rcpts[i].original);
		require_same(x->rcpts[i].orcpt, y->rcpts[i].orcpt);
		require(x->rcpts[i].offset == y->rcpts[i].offset);
		require(x->rcpts[i].state == y->rcpts[i].state);
		require(x->rcpts[i].notify == y->rcpts[i].notify);
	}
	require(x->nattributes == y->nattributes);
	for (uint32_t i = 0; i < x->nattributes; i++) {
		require_same(x->attributes[i].name, y->attributes[i].name);
		require_same(x->attributes[i].value, y->attributes[i].value);
	}
	require(a->content_warnings == b->content_warnings);
	require(a->header_warnings == b->header_warnings);
	require_same(buf_slice(&a->content), buf_slice(&b->content));
	require_same(buf_slice(&a->headers), buf_slice(&b->headers));
}

/*
 * The image as a file of which the first few bytes were read, and later ones come
 * in pieces. Not always the smallest, in which a loop would mean a read each round.
 */
static void open_pieces(struct parsed *p, int fd, struct slice image)
{
	size_t piece = SMALL_PIECE + image.len % LARGE_PIECE;
	require(window_open(&p->window, fd) == 0);
	p->window.first_len = image.len < piece ? image.len : piece;
	p->window.piece = piece;
}

static int file_of(struct slice image)
{
	static int fd = -1;
	if (fd < 0)
		fd = memfd_create("queue file", MFD_CLOEXEC);
	require(ftruncate(fd, 0) == 0);
	require(pwrite(fd, image.ptr, image.len, 0) == (ssize_t)image.len);
	return fd;
}

static int unreadable_file(void)
{
	static int fd = -1;
	if (fd < 0)
		fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static void read_in_pieces(const struct parsed *whole, struct slice image, bool submitted)
{
	struct parsed p = {0};
	int fd = file_of(image);

	open_pieces(&p, fd, image);
	parse(&p, submitted);
	compare(whole, &p);
	parsed_free(&p);

	p = (struct parsed){0};
	open_pieces(&p, fd, image);
	p.window.fd = unreadable_file();
	parse(&p, submitted);
	check(&p, image);
	require(!p.window.sys || ((p.record.warnings | p.content_warnings) & WARN_UNREADABLE));
	parsed_free(&p);

	require(window_open(&p.window, unreadable_file()) != 0);
}

/* A loop would be a read each round: some are enough, or the fuzzer does nothing else. */
static bool is_slow(const struct parsed *whole, struct slice image)
{
	uint32_t warnings = whole->record.warnings | whole->content_warnings;
	return (warnings & WARN_TOO_MANY) || ((warnings & WARN_BAD_POINTER) && image.len % 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice image = slice_of(data, size);
	struct parsed whole = {0};
	bool submitted = size && data[0] != 'C';

	window_memory(&whole.window, image);
	parse(&whole, submitted);
	check(&whole, image);
	check_headers(&whole);
	if (!is_slow(&whole, image))
		read_in_pieces(&whole, image, submitted);
	parsed_free(&whole);
	return 0;
}

enum { POINTER = 17, MOST_STARTS = 512 };

/* Where the records begin, as they lie in the file. */
static size_t record_starts(const uint8_t *data, size_t size, size_t starts[MOST_STARTS])
{
	size_t n = 0, at = 0;

	while (n < MOST_STARTS && at < size) {
		size_t length = 0, head = 1;
		starts[n++] = at;
		for (unsigned shift = 0; at + head < size && shift < 28; shift += 7) {
			length |= (size_t)(data[at + head] & 0x7f) << shift;
			if (!(data[at + head++] & 0x80))
				break;
		}
		if (length > size - at || head > size - at - length)
			break;
		at += head + length;
	}
	return n;
}

/* As Postfix writes one: over the begin of a record, whatever that leaves behind it. */
static void set_pointer(uint8_t *at, size_t target)
{
	char text[POINTER + 1];
	snprintf(text, sizeof(text), "p\x0f%15zu", target);
	memcpy(at, text, POINTER);
}

/*
 * Puts a pointer over one record: to another record, or to a copy of that one at the end of
 * the file, which leads back. 0 when the file has no room for it.
 */
static size_t edit(uint8_t *data, size_t size, size_t room, unsigned *seed)
{
	size_t starts[MOST_STARTS + 1];
	size_t n = record_starts(data, size, starts);

	if (n < 2)
		return 0;
	starts[n] = size;
	size_t at = starts[(size_t)rand_r(seed) % n], other = (size_t)rand_r(seed) % n;
	size_t length = starts[other + 1] - starts[other];
	if (size - at < POINTER)
		return 0;
	if (rand_r(seed) % 2 || room < size || room - size < length + POINTER) {
		set_pointer(data + at, starts[other]);
		return size;
	}
	memcpy(data + size, data + starts[other], length);
	set_pointer(data + size + length, starts[(size_t)rand_r(seed) % n]);
	set_pointer(data + at, size);
	return size + length + POINTER;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	size_t edited = rand_r(&seed) % 4 ? 0 : edit(data, size, room, &seed);
	return edited ? edited : LLVMFuzzerMutate(data, size, room);
}
