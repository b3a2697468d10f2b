/*
 * limits: every bound on what a message, a log or a user may make us do, in one
 * place. A message past a bound is a row with a warning, never a failure of the
 * scan. The comment says what real mail stays below.
 */
#ifndef CORE_BASE_LIMITS_H
#define CORE_BASE_LIMITS_H

#include <stdint.h>

/* The end of the year 9999, the last time RFC 3339 can write; what is later is none. */
#define LIMIT_TIME INT64_C(253402300799)

enum {
	/* First read of a queue file. Covers the envelope and headers of nearly all mail. */
	LIMIT_FIRST_READ = 8 * 1024,
	/* Later reads, where the first did not reach. */
	LIMIT_NEXT_READ = 64 * 1024,
	/* Bytes of one envelope value. Postfix's own limit on a line is 2048. */
	LIMIT_VALUE = 64 * 1024,
	/* Recipients of one message. Postfix lists of 50,000 exist; 1,000 is its smtpd limit. */
	LIMIT_RECIPIENTS = 100 * 1000,
	/* Records of one envelope: recipients with their attributes. */
	LIMIT_RECORDS = 600 * 1000,
	/* Bytes of envelope kept for one message: what that many recipients take, and more. */
	LIMIT_ENVELOPE = 64 * 1024 * 1024,
	/* Jumps back by pointer records; Postfix's own limit is 10,000. */
	LIMIT_POINTERS = 10 * 1000,
	/* Bytes of header block that a scan reads; show reads up to LIMIT_SHOW_HEADERS. */
	LIMIT_SCAN_HEADERS = 64 * 1024,
	LIMIT_SHOW_HEADERS = 4 * 1024 * 1024,
	/* Multiparts within multiparts, and parts of one message. Real mail stays below 10 and 100. */
	LIMIT_MIME_DEPTH = 100,
	LIMIT_MIME_PARTS = 1000,
	/* Bytes of one message that are read for questions about its content; 10 MB is usual. */
	LIMIT_BODY_READ = 16 * 1024 * 1024,
	/* Questions about content in one filter: conditions on body and attachment. */
	LIMIT_QUESTIONS = 16,
	/* Bytes of decoded text of one message that a filter on its body looks at. */
	LIMIT_BODY_TEXT = 256 * 1024,
	/* Of one message that show takes apart: its bytes, its headers, its text as UTF-8. */
	LIMIT_VIEW_MESSAGE = 64 * 1024 * 1024,
	LIMIT_VIEW_HEADERS = 1000,
	LIMIT_VIEW_TEXT = 4 * 1024 * 1024,
	/* Header values kept in the index, in bytes. RFC 5322 lines end at 998. */
	LIMIT_HEADER_VALUE = 1000,
	/* Bytes of one defer or bounce log. */
	LIMIT_REASON_LOG = 16 * 1024 * 1024,
	/* Text of one reason; replies of several lines reach 2 KiB. */
	LIMIT_REASON = 4 * 1024,
	/* Depth of folders below a queue; Postfix never exceeds 3 in practice. */
	LIMIT_DEPTH = 12,
	/* Bytes of a FILTER argument and depth of its parentheses. */
	LIMIT_FILTER = 64 * 1024,
	LIMIT_FILTER_DEPTH = 200,
	/* PCRE2 match and depth limit for one subject string. */
	LIMIT_REGEX_MATCH = 200 * 1000,
	/*
	 * Memory that an index may take before it lets go of columns, where nobody says more: a
	 * report of a million messages that have nothing in common takes 200 MB.
	 */
	LIMIT_INDEX_BYTES = 512 * 1024 * 1024,
	/* header:NAME fields in one command. */
	LIMIT_EXTRA_HEADERS = 8,
	/* Names of files that could not be read, kept for the report; all are counted. */
	LIMIT_NAMED_FAILURES = 1000,
	/* Messages of one run, and bytes of one line of its journal: a value, all of it escaped. */
	LIMIT_JOURNAL_ITEMS = 16 * 1000 * 1000,
	LIMIT_JOURNAL_LINE = 4 * LIMIT_VALUE + 256,
	/* Bytes of a line of queue ids from a file: one id, and blanks around it. */
	LIMIT_ID_LINE = 1000,
	/* Findings of one verdict, and whom one of them names; more are counted. */
	LIMIT_FINDINGS = 100,
	LIMIT_WHO = 50,
	/* Phrases of the user's own, and bytes of the configuration file they stand in. */
	LIMIT_PHRASES = 200,
	LIMIT_CONFIG = 256 * 1024,
	/* Findings that a cron job remembers to have told. */
	LIMIT_TOLD = 1000,
	/* Queues that one command reads together (rows keep the number in 8 bits). */
	LIMIT_SPOOLS = 200,
};

#endif
