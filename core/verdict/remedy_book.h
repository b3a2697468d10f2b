/*
 * remedy_book: how a step against an incident is taken. Tables only, for who adds a step or an MTA.
 *
 * Which steps a class of finding takes, and in which order, is a table in remedy.c. How an MTA
 * takes a step stands in its own folder (formats/NAME/remedies.c); what is the same for all of
 * them in remedy_common.c here. An MTA that has no page for a step leaves it out.
 *
 * A line is for a shell of the mail server. In it stand for
 *
 *   {login}         a value of the finding: the line is written once for each
 *   {login...}      all values in one line, with a blank between them
 *   {client4,...}   the same with commas
 *   {id}            the finding's id
 *   {config}        the folder of the MTA's configuration
 *   {-c}            "-c FOLDER " when that is not the usual one, else nothing
 *   {spool}         the queue's folder; of a copy of a queue: the usual one
 *
 * A value is a word of its own, quoted where it has to be: no quotes around {...}, but for what
 * never needs any (remedy_value_is_plain, and the last four). A line whose values are none is
 * left out, and with it the other lines when no line of the step that names a value is left.
 */
#ifndef CORE_VERDICT_REMEDY_BOOK_H
#define CORE_VERDICT_REMEDY_BOOK_H

enum remedy_step {
	STEP_END, /* of a class's steps; none is called so */
	/* for every MTA alike: remedy_common.c */
	STEP_MAKE_SURE,     /* before anybody is locked out on a suspicion */
	STEP_PURGE,         /* what may be purged by its id */
	STEP_PURGE_BOUNCES, /* {bounces} */
	STEP_LOOK,          /* what may not */
	STEP_HOLD,          /* until it is clear */
	STEP_END_SESSIONS,  /* of a login, where passwords and mailboxes are */
	STEP_BLOCK_PACKETS, /* {client}: the packet filter */
	STEP_NEW_PASSWORD,  /* before the login is unlocked */
	STEP_DISABLE_SCRIPT,
	STEP_FIND_SCRIPT,     /* of which no path is known */
	STEP_FIND_SITE,       /* that the script belongs to, and how they came in */
	STEP_SEARCH_USER,     /* {uid}: what else it runs */
	STEP_FIND_HOST,       /* in our own network, if all of its mail is the finding's */
	STEP_LOOK_BEHIND,     /* {shared_host}: a host that others' mail comes through too */
	STEP_FIND_REPEAT,     /* what sends the same again and again */
	STEP_FILTER_BOUNCES,  /* of mail never sent here, to addresses that exist */
	STEP_STOP_REPLIES,    /* automatic ones */
	STEP_ASK_OWNER,       /* of a mailing */
	STEP_FIND_CAUSE,      /* why others refuse us */
	STEP_DELIST,          /* once the cause is gone */
	STEP_WAIT,            /* for a destination */
	STEP_CHECK_NETWORK,   /* ours */
	STEP_RETRY,           /* {domain} is back */
	STEP_RETRY_ALL,       /* we are */
	STEP_FILTER_FORWARDS, /* {rcpt}: spam before it is sent on */
	/* by the MTA */
	STEP_LOCK_LOGIN,      /* {login}: no more mail of it */
	STEP_DROP_SESSIONS,   /* that are open: they go by the old rules */
	STEP_BLOCK_CLIENTS,   /* {client}: its mail */
	STEP_STOP_USER,       /* {uid}: no more mail of it */
	STEP_CLOSE_RELAY,     /* no more mail of strangers to strangers */
	STEP_KNOW_RECIPIENTS, /* refuse who is not there, not bounce */
	STEP_PAUSE_RECIPIENT, /* {rcpt}: mail to it waits at its senders */
	STEP_PAUSE_DOMAIN,    /* {domain}: no more attempts for a while */
	STEP_BREAK_LOOP,
	STEP_THROTTLE,
	REMEDY_STEPS,
};

/* What {...} may name (remedy_values.c). */
enum remedy_value {
	VALUE_LOGIN,         /* {login} */
	VALUE_SYSTEM_USER,   /* {system_user}: a login that a user of the machine may have */
	VALUE_WINDOWS_USER,  /* {windows_user}: a login without its domain */
	VALUE_CLIENT,        /* {client}: addresses and networks, as all up to {client_mask} */
	VALUE_CLIENT4,       /* {client4}: 198.51.100.7, 203.0.113.0/24 */
	VALUE_CLIENT6,       /* {client6}: 2001:db8:1:2::/64 */
	VALUE_CLIENT_PREFIX, /* {client_prefix}: 203.0.113, IPv6:2001:db8:1:2 */
	VALUE_CLIENT_MASK,   /* {client_mask}: "203.0.113.0 255.255.255.0"; IPv4 only */
	VALUE_HOST,          /* {host}: a machine of ours, its address */
	VALUE_SHARED_HOST,   /* {shared_host}: one that sends other mail too */
	VALUE_UID,           /* {uid} */
	VALUE_SCRIPT,        /* {script}: a path */
	VALUE_SCRIPT_NAME,   /* {script_name}: a name without one */
	VALUE_LIBRARY,       /* {library}: such a name that many honest sites have */
	VALUE_RCPT,          /* {rcpt} */
	VALUE_DOMAIN,        /* {domain} */
	VALUE_FILTER,        /* {filter}: that selects the finding's messages */
	VALUE_BOUNCES,       /* {bounces}: the finding's id for those it caused, if there are any */
	VALUE_EXAMPLE,       /* {example}: the queue ids of a few of its messages */
	VALUE_FIRST,         /* {first}: when its first message came, for date(1) */
	REMEDY_VALUES,
};

enum { REMEDY_LINES = 10 };

/* How a step is taken. */
struct remedy_page {
	enum remedy_step step;
	const char *text; /* one line: what to do; NULL ends a table */
	const char *lines[REMEDY_LINES + 1];
};

/* How one MTA takes its steps. */
struct remedy_book {
	const char *config, *spool; /* the usual folders of its configuration and its queue */
	const struct remedy_page *pages;
};

/* Of every MTA (remedy_common.c). */
extern const struct remedy_page remedy_common[];

#endif
