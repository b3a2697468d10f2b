/*
 * A milter that edits: what it changes leaves pointers and a heap in the queue file.
 *
 *   milter SOCKET, as libmilter names it: unix:/lab/milter.socket
 *
 * A message asks for its edits itself, one X-Milter field each; they are made at its
 * end, in their order. Words are separated by blanks, %XX in a word is that byte, and
 * a word that is not there is empty:
 *
 *   X-Milter: insert-header 0 X-Top at%20the%20top
 *
 * Built on libmilter, the library of real milters. What cannot be done refuses the
 * message for now (451), so that no test takes it for done.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libmilter/mfapi.h>

enum { WORDS = 3, CHUNK = 60000 };

/* One edit that the message asked for: its name and the words behind it, in `text`. */
struct wish {
	struct wish *next;
	char *name;
	char *words[WORDS];
	char text[];
};

/* The wishes of the message under way, the first one first. */
struct session {
	struct wish *first;
	struct wish **end;
};

static int set_sender(SMFICTX *ctx, char **words)
{
	return smfi_chgfrom(ctx, words[0], *words[1] ? words[1] : NULL);
}

static int add_rcpt(SMFICTX *ctx, char **words)
{
	return *words[1] ? smfi_addrcpt_par(ctx, words[0], words[1]) : smfi_addrcpt(ctx, words[0]);
}

static int delete_rcpt(SMFICTX *ctx, char **words)
{
	return smfi_delrcpt(ctx, words[0]);
}

static int add_header(SMFICTX *ctx, char **words)
{
	return smfi_addheader(ctx, words[0], words[1]);
}

static int insert_header(SMFICTX *ctx, char **words)
{
	return smfi_insheader(ctx, atoi(words[0]), words[1], words[2]);
}

static int change_header(SMFICTX *ctx, char **words)
{
	return smfi_chgheader(ctx, words[1], atoi(words[0]), words[2]);
}

static int delete_header(SMFICTX *ctx, char **words)
{
	return smfi_chgheader(ctx, words[1], atoi(words[0]), NULL);
}

/* The text so many times over; the first call replaces the body, each further one adds to it. */
static int set_body(SMFICTX *ctx, char **words)
{
	size_t times = strtoul(words[0], NULL, 10), len = strlen(words[1]), filled = 0;
	unsigned char *chunk = malloc(CHUNK + len);
	int done = chunk ? MI_SUCCESS : MI_FAILURE;

	for (size_t i = 0; i < times && done == MI_SUCCESS; i++) {
		memcpy(chunk + filled, words[1], len);
		filled += len;
		if (filled < CHUNK)
			continue;
		done = smfi_replacebody(ctx, chunk, (int)filled);
		filled = 0;
	}
	if (done == MI_SUCCESS && (filled || !times))
		done = smfi_replacebody(ctx, chunk, (int)filled);
	free(chunk);
	return done;
}

static int quarantine(SMFICTX *ctx, char **words)
{
	return smfi_quarantine(ctx, words[0]);
}

static const struct edit {
	const char *name;
	int (*make)(SMFICTX *ctx, char **words);
} edits[] = {
	{"sender", set_sender},           /* ADDRESS [ARGUMENTS] */
	{"add-rcpt", add_rcpt},           /* ADDRESS [ARGUMENTS] */
	{"delete-rcpt", delete_rcpt},     /* ADDRESS */
	{"add-header", add_header},       /* NAME VALUE */
	{"insert-header", insert_header}, /* PLACE NAME VALUE */
	{"change-header", change_header}, /* WHICH NAME VALUE */
	{"delete-header", delete_header}, /* WHICH NAME */
	{"body", set_body},               /* TIMES TEXT */
	{"quarantine", quarantine},       /* REASON */
};

static bool make(SMFICTX *ctx, struct wish *wish)
{
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++)
		if (strcmp(edits[i].name, wish->name) == 0)
			return edits[i].make(ctx, wish->words) == MI_SUCCESS;
	return false;
}

/* Puts the bytes in place of the %XX. */
static char *decoded(char *word)
{
	char *to = word;

	for (const char *from = word; *from; to++) {
		char hex[3] = {0};
		if (*from == '%' && isxdigit((unsigned char)from[1]) &&
			isxdigit((unsigned char)from[2])) {
			memcpy(hex, from + 1, 2);
			*to = (char)strtoul(hex, NULL, 16);
			from += 3;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return word;
}

/* NULL when there is no memory, or more words than any edit takes. */
static struct wish *parse(const char *text)
{
	struct wish *wish = calloc(1, sizeof(*wish) + strlen(text) + 1);
	static char nothing[] = "";
	char *rest = NULL;

	if (!wish)
		return NULL;
	strcpy(wish->text, text);
	char *word = strtok_r(wish->text, " \t\r\n", &rest);
	wish->name = word ? word : nothing;
	for (unsigned i = 0; i < WORDS; i++) {
		word = word ? strtok_r(NULL, " \t\r\n", &rest) : NULL;
		wish->words[i] = word ? decoded(word) : nothing;
	}
	return wish;
}

static void forget(struct session *session)
{
	while (session->first) {
		struct wish *wish = session->first;
		session->first = wish->next;
		free(wish);
	}
	session->end = &session->first;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
	struct session *session = calloc(1, sizeof(*session));
	(void)name;
	(void)address;

	if (!session)
		return SMFIS_TEMPFAIL;
	forget(session);
	smfi_setpriv(ctx, session);
	return SMFIS_CONTINUE;
}

static sfsistat on_sender(SMFICTX *ctx, char **words)
{
	(void)words;
	forget(smfi_getpriv(ctx));
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = smfi_getpriv(ctx);
	struct wish *wish;

	if (strcasecmp(name, "X-Milter") != 0)
		return SMFIS_CONTINUE;
	if (!(wish = parse(value)))
		return SMFIS_TEMPFAIL;
	*session->end = wish;
	session->end = &wish->next;
	return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	for (struct wish *wish = session->first; wish; wish = wish->next) {
		if (make(ctx, wish))
			continue;
		fprintf(stderr, "milter: cannot do %s %s\n", wish->name, wish->words[0]);
		return SMFIS_TEMPFAIL;
	}
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session)
		forget(session);
	free(session);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	struct smfiDesc filter = {
		.xxfi_name = "lab",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_CHGFROM | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT |
			SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_QUARANTINE,
		.xxfi_connect = on_connect,
		.xxfi_envfrom = on_sender,
		.xxfi_header = on_header,
		.xxfi_eom = on_end,
		.xxfi_close = on_close,
	};

	if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS ||
		smfi_register(filter) != MI_SUCCESS) {
		fprintf(stderr, "usage: milter SOCKET\n");
		return 2;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
