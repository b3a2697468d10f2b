#include "formats/postfix/envelope.h"

#include "formats/postfix/records.h"

enum { FIRST_RCPTS = 4, FIRST_ATTRIBUTES = 32, SIZE_FIELDS = 2, MICROSECONDS = 1000000 };

/* Of trace_flags: a probe of verify(8), and of a user with `sendmail -bv`. */
enum { TRACE_MTA_VERIFY = 1 << 8, TRACE_USER_VERIFY = 1 << 9 };

/* Attributes that are kept as text. The bare client names are the SMTP peer. */
enum attribute_id {
	LOG_IDENT,
	SASL_METHOD,
	SASL_USERNAME,
	LOG_CLIENT_NAME,
	LOG_CLIENT_ADDRESS,
	LOG_HELO_NAME,
	LOG_PROTOCOL_NAME,
	CLIENT_NAME,
	CLIENT_ADDRESS,
	HELO_NAME,
	PROTOCOL_NAME,
	MESSAGE_ID,
	ATTRIBUTES,
};

static const struct known_attribute {
	struct slice name;
	unsigned parts; /* of a need, one of which asks for it; 0: always kept */
} known_attributes[ATTRIBUTES] = {
	[LOG_IDENT] = {SLICE("log_ident"), 0},
	[SASL_METHOD] = {SLICE("sasl_method"), NEED_SESSION},
	[SASL_USERNAME] = {SLICE("sasl_username"), 0},
	[LOG_CLIENT_NAME] = {SLICE("log_client_name"), NEED_SESSION},
	[LOG_CLIENT_ADDRESS] = {SLICE("log_client_address"), 0},
	[LOG_HELO_NAME] = {SLICE("log_helo_name"), NEED_SESSION | NEED_MARKS},
	[LOG_PROTOCOL_NAME] = {SLICE("log_protocol_name"), NEED_SESSION},
	[CLIENT_NAME] = {SLICE("client_name"), NEED_SESSION},
	[CLIENT_ADDRESS] = {SLICE("client_address"), 0},
	[HELO_NAME] = {SLICE("helo_name"), NEED_SESSION | NEED_MARKS},
	[PROTOCOL_NAME] = {SLICE("protocol_name"), NEED_SESSION},
	[MESSAGE_ID] = {SLICE("message_id"), NEED_HEADERS | NEED_MARKS},
};

struct reader {
	struct arena *arena;
	struct record *record;
	struct envelope *envelope;
	uint64_t file_size;
	uint64_t bytes; /* of records so far, bounded by LIMIT_ENVELOPE */
	unsigned parts; /* of the need: nothing else is worth a copy */
	uint32_t rcpt_cap;
	uint32_t attribute_cap;
	struct slice values[ATTRIBUTES]; /* the first of each counts */
	/* Prefixes that belong to the next recipient. */
	struct slice original;
	struct slice orcpt;
	uint8_t notify;
};

/* Doubles an array that lives in the arena; the old one stays there until the batch ends. */
static void *grow(struct arena *arena, void *items, uint32_t used, uint32_t *cap, uint32_t first,
	size_t width)
{
	*cap = *cap ? *cap * 2 : first;
	void *bigger = arena_alloc(arena, *cap * width);
	if (used)
		memcpy(bigger, items, used * width);
	return bigger;
}

/* A record is there only until the next one is read. */
static struct slice keep(struct reader *reader, struct slice value)
{
	return arena_copy(reader->arena, value);
}

static void add_attribute(struct reader *reader, struct slice name, struct slice value)
{
	struct record *record = reader->record;
	if (!(reader->parts & NEED_ATTRIBUTES))
		return;
	if (record->nattributes == reader->attribute_cap)
		record->attributes = grow(reader->arena, record->attributes, record->nattributes,
			&reader->attribute_cap, FIRST_ATTRIBUTES, sizeof(*record->attributes));
	record->attributes[record->nattributes++] =
		(struct attribute){keep(reader, name), keep(reader, value)};
}

/* What is said of recipients is worth a copy only where their addresses are. */
static struct slice keep_of_rcpt(struct reader *reader, struct slice value)
{
	bool wanted = reader->parts & (NEED_RCPTS | NEED_REASONS);
	return wanted ? keep(reader, value) : (struct slice){0};
}

static void add_rcpt(struct reader *reader, const struct record_view *view, enum rcpt_state state)
{
	struct record *record = reader->record;
	if (record->nrcpts == LIMIT_RECIPIENTS) {
		record->warnings |= WARN_TOO_MANY;
		return;
	}
	if (record->nrcpts == reader->rcpt_cap)
		record->rcpts = grow(reader->arena, record->rcpts, record->nrcpts,
			&reader->rcpt_cap, FIRST_RCPTS, sizeof(*record->rcpts));
	bool same = slice_eq(reader->original, view->data);
	record->rcpts[record->nrcpts++] = (struct rcpt){
		.address = keep_of_rcpt(reader, view->data),
		.original = reader->original.len && !same ? reader->original : (struct slice){0},
		.orcpt = reader->orcpt,
		.offset = view->offset,
		.state = (uint8_t)state,
		.notify = reader->notify,
	};
	reader->original = reader->orcpt = (struct slice){0};
	reader->notify = 0;
}

/* False for an attribute of no use here. The first of each counts. */
static bool keep_known(struct reader *reader, struct slice name, struct slice value)
{
	for (unsigned i = 0; i < ATTRIBUTES; i++) {
		const struct known_attribute *known = &known_attributes[i];
		if (!slice_eq(name, known->name))
			continue;
		bool wanted = !known->parts || (reader->parts & known->parts);
		if (wanted && !slice_known(reader->values[i]))
			reader->values[i] = keep(reader, value);
		return true;
	}
	return false;
}

static bool is_time(int64_t seconds)
{
	return seconds >= 0 && seconds <= LIMIT_TIME;
}

static void read_attribute(struct reader *reader, struct slice data)
{
	struct record *record = reader->record;
	struct slice name, value;
	int64_t n;

	if (!slice_cut(data, '=', &name, &value)) {
		record->warnings |= WARN_BAD_RECORD;
		return;
	}
	name = slice_trim(name);
	value = slice_trim(value);
	add_attribute(reader, name, value);
	if (keep_known(reader, name, value))
		return;
	if (slice_eq(name, SLICE("dsn_orig_rcpt"))) {
		reader->orcpt = keep_of_rcpt(reader, value);
	} else if (slice_eq(name, SLICE("create_time"))) {
		if (slice_to_i64(value, &n) && is_time(n))
			record->created = n;
	} else if (slice_eq(name, SLICE("notify_flags"))) {
		if (slice_to_i64(value, &n))
			reader->notify = (uint8_t)(n & 0xf);
	} else if (slice_eq(name, SLICE("log_message_origin"))) {
		record->made_here = slice_eq(value, SLICE("local"));
	} else if (slice_eq(name, SLICE("trace_flags"))) {
		if (slice_to_i64(value, &n))
			record->probe = n & (TRACE_MTA_VERIFY | TRACE_USER_VERIFY);
	}
}

/* The next number of a record of numbers, blanks before it; false when there is none. */
static bool next_number(struct slice *rest, int64_t *value)
{
	size_t begin = 0, end;

	while (begin < rest->len && rest->ptr[begin] == ' ')
		begin++;
	for (end = begin; end < rest->len && rest->ptr[end] != ' ';)
		end++;
	struct slice word = slice_of(rest->ptr + begin, end - begin);
	*rest = slice_from(*rest, end);
	return slice_to_i64(word, value);
}

static void read_time(struct reader *reader, struct slice data)
{
	int64_t n;
	if (reader->record->arrival >= 0 || !next_number(&data, &n) || !is_time(n))
		return;
	reader->record->arrival = n;
	if (next_number(&data, &n) && n >= 0 && n < MICROSECONDS)
		reader->record->usec = (int32_t)n;
}

/*
 * Data size, data offset, and up to four more numbers that are of no use here.
 * Zeros: not finished. Negative: a preliminary one of sendmail(1) 3.11.
 */
static void read_size(struct reader *reader, struct slice data)
{
	int64_t fields[SIZE_FIELDS] = {0};
	unsigned n = 0;

	while (n < SIZE_FIELDS && next_number(&data, &fields[n]))
		n++;
	if (n < 2 || fields[0] <= 0 || fields[1] <= 0)
		return;
	reader->envelope->finished = true;
	reader->envelope->data_size = (uint64_t)fields[0];
	reader->envelope->data_offset = (uint64_t)fields[1];
	/* Sums of sizes cannot overflow where each message is smaller than its file. */
	if ((uint64_t)fields[0] < reader->file_size)
		reader->record->size = fields[0];
}

static void read_sender(struct reader *reader, struct slice data)
{
	if (slice_known(reader->record->sender))
		reader->record->warnings |= WARN_BAD_RECORD;
	else
		reader->record->sender = keep(reader, data);
}

/* One record of the envelope or of the extracted segment. False at the end record. */
static bool read_record(struct reader *reader, const struct record_view *view)
{
	switch (view->type) {
	case 'C':
		read_size(reader, view->data);
		break;
	case 'T':
		read_time(reader, view->data);
		break;
	case 'S':
		read_sender(reader, view->data);
		break;
	case 'A':
		read_attribute(reader, view->data);
		break;
	case 'O':
		reader->original = keep_of_rcpt(reader, view->data);
		break;
	case 'R':
		add_rcpt(reader, view, RCPT_PENDING);
		break;
	case 'D':
		add_rcpt(reader, view, RCPT_DONE);
		break;
	case '/':
		add_rcpt(reader, view, RCPT_CANCELLED);
		break;
	case 'F':
		add_attribute(reader, SLICE("sender_fullname"), view->data);
		break;
	case 'L':
		reader->record->filter = keep(reader, view->data); /* the last one counts */
		add_attribute(reader, SLICE("content_filter"), view->data);
		break;
	case '>':
		reader->record->redirect = keep(reader, view->data);
		add_attribute(reader, SLICE("redirect_to"), view->data);
		break;
	case 'V':
		add_attribute(reader, SLICE("verp_delimiters"), view->data);
		break;
	case 'W':
		add_attribute(reader, SLICE("warning_time"), slice_trim(view->data));
		break;
	/* Written by some version and of no use here; the last ones never reach a disk. */
	case 'K':
	case 'I':
	case 'r':
	case 'e':
	case 'P':
	case 'w':
	case 'c':
	case '<':
	case 'i':
	case 'o':
	case 'n':
		break;
	case 'E':
		return false;
	default:
		reader->record->warnings |= WARN_BAD_RECORD;
	}
	return true;
}

/*
 * Passes over the content, which begins here, to the X record; by the size record
 * where there is one.
 */
static bool skip_content(struct records *records, struct envelope *envelope, struct record *record)
{
	struct record_view view;

	if (envelope->data_offset && envelope->data_offset != records->at)
		record->warnings |= WARN_SIZE;
	envelope->data_offset = records->at;
	if (envelope->finished) {
		uint64_t end;
		if (!__builtin_add_overflow(envelope->data_offset, envelope->data_size, &end) &&
			end >= envelope->data_offset && end < records->window->size) {
			struct records ahead = *records;
			ahead.at = end;
			if (records_next(&ahead, &view) && view.type == 'X') {
				*records = ahead;
				return true;
			}
		}
		record->warnings |= WARN_SIZE;
	}
	records->unlimited = true;
	bool found = false;
	while (!found && records_next(records, &view)) {
		found = view.type == 'X';
		if (!found && !strchr("LNw", view.type)) {
			record->warnings |= WARN_BAD_RECORD;
			break;
		}
	}
	records->unlimited = false;
	records->count = 0;
	return found;
}

static struct slice canonical_ip(struct reader *reader, struct slice text)
{
	struct ip ip;
	char room[IP_TEXT_MAX];

	if (!slice_known(text) || !ip_parse(text, &ip))
		return (struct slice){0};
	if (ip.family == 4 && ascii_is_digit(text.ptr[0]) && slice_index(text, ':') == SIZE_MAX)
		return text; /* dotted decimal is canonical as it stands */
	return arena_copy(reader->arena, ip_text(&ip, room));
}

static struct slice unless(struct slice value, struct slice nothing)
{
	if (slice_eq_fold(value, nothing))
		value = (struct slice){0};
	return value;
}

/*
 * log_* is the client as it first came to this site, the bare names are the SMTP
 * peer of this queue file. Before Postfix 2.3 the bare names held the former.
 */
static void settle(struct reader *reader)
{
	const struct slice *values = reader->values;
	struct record *record = reader->record;
	bool logged = slice_known(values[LOG_CLIENT_ADDRESS]);

	record->peer_ip = canonical_ip(reader, values[CLIENT_ADDRESS]);
	record->client_ip = record->peer_ip;
	if (logged && !slice_eq(values[LOG_CLIENT_ADDRESS], values[CLIENT_ADDRESS]))
		record->client_ip = canonical_ip(reader, values[LOG_CLIENT_ADDRESS]);
	record->client_name =
		unless(values[logged ? LOG_CLIENT_NAME : CLIENT_NAME], SLICE("unknown"));
	record->helo = values[logged ? LOG_HELO_NAME : HELO_NAME];
	record->protocol = values[logged ? LOG_PROTOCOL_NAME : PROTOCOL_NAME];
	if (slice_known(record->client_ip))
		record->client_source = SOURCE_QUEUE;
	record->account = values[SASL_USERNAME];
	record->auth_method = values[SASL_METHOD];
	if (slice_known(record->account))
		record->account_source = SOURCE_QUEUE;
	record->message_id = values[MESSAGE_ID];
	record->first_id = values[LOG_IDENT];
	if (!slice_eq(values[LOG_IDENT], record->queue_id))
		record->log_id = values[LOG_IDENT];
}

void envelope_read(struct window *window, bool submitted, const struct need *need,
	struct arena *arena, struct record *record, struct envelope *envelope)
{
	struct reader reader = {
		.arena = arena,
		.record = record,
		.envelope = envelope,
		.file_size = window->size,
		.parts = need->parts,
	};
	struct records records;
	struct record_view view;
	bool content = false;

	*envelope = (struct envelope){0};
	records_start(&records, window, 0);
	while (records_next(&records, &view)) {
		reader.bytes += view.data.len;
		if (reader.bytes > LIMIT_ENVELOPE) {
			record->warnings |= WARN_TOO_MANY;
			break;
		}
		if (view.type == 'M' && content) {
			/* A loop of pointers: every round would pass over all of the content. */
			record->warnings |= WARN_BAD_RECORD;
			break;
		}
		if (view.type == 'M') {
			content = true;
			if (!skip_content(&records, envelope, record))
				break;
		} else if (!read_record(&reader, &view)) {
			envelope->complete = true;
			break;
		}
	}
	record->warnings |= records.warnings;
	/* Also when it was the look for the end of the content that failed. */
	if (window->sys)
		record->warnings |= WARN_UNREADABLE;
	if (envelope->complete && !slice_known(record->sender))
		record->warnings |= WARN_NO_SENDER;
	if (envelope->complete && !submitted && !envelope->finished)
		record->warnings |= WARN_SIZE;
	settle(&reader);
}
