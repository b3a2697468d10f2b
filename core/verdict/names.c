/* The words for classes, levels and who. */
#include "core/verdict/verdict.h"

static const struct {
	const char *name;
	const char *letters;
	const char *title;
	bool abuse;
} classes[FINDING_CLASSES] = {
	[CLASS_STOLEN_ACCOUNT] = {"stolen-account", "SA", "STOLEN ACCOUNT", true},
	[CLASS_OPEN_RELAY] = {"open-relay", "OR", "OPEN RELAY", true},
	[CLASS_INFECTED_HOST] = {"infected-host", "IH", "INFECTED HOST", true},
	[CLASS_HACKED_SCRIPT] = {"hacked-script", "HS", "HACKED SCRIPT", true},
	[CLASS_BACKSCATTER] = {"backscatter", "BS", "BACKSCATTER", true},
	[CLASS_BULK_MAIL] = {"bulk-mail", "BM", "BULK MAIL", false},
	[CLASS_DESTINATION_DOWN] = {"destination-down", "DD", "DESTINATION DOWN", false},
	[CLASS_SERVER_BLOCKLISTED] = {"server-blocklisted", "BL", "SERVER BLOCKLISTED", false},
	[CLASS_OWN_NETWORK_DOWN] = {"own-network-down", "ND", "OWN NETWORK DOWN", false},
	[CLASS_MAIL_LOOP] = {"mail-loop", "ML", "MAIL LOOP", true},
	[CLASS_RECIPIENT_FLOOD] = {"recipient-flood", "RF", "RECIPIENT FLOOD", true},
	[CLASS_RUNAWAY_SENDER] = {"runaway-sender", "RS", "RUNAWAY SENDER", true},
	[CLASS_FORWARDED_SPAM] = {"forwarded-spam", "FS", "FORWARDED SPAM", false},
	[CLASS_UNDETERMINED] = {"undetermined", "UN", "UNDETERMINED", false},
};

const char *finding_class_name(enum finding_class class)
{
	return classes[class].name;
}

const char *finding_class_letters(enum finding_class class)
{
	return classes[class].letters;
}

const char *finding_class_title(enum finding_class class)
{
	return classes[class].title;
}

bool finding_class_is_abuse(enum finding_class class)
{
	return classes[class].abuse;
}

const char *level_name(enum level level)
{
	static const char *const names[LEVELS] = {
		[LEVEL_NOTE] = "note",
		[LEVEL_SUSPECT] = "suspect",
		[LEVEL_PROBABLE] = "probable",
		[LEVEL_CONFIRMED] = "confirmed",
	};
	return names[level];
}

bool level_parse(struct slice name, enum level *level)
{
	for (unsigned i = 0; i < LEVELS; i++) {
		*level = (enum level)i;
		if (slice_eq_fold(name, slice_cstr(level_name(*level))))
			return true;
	}
	return false;
}

const char *who_field(enum who_kind kind)
{
	static const char *const names[WHO_KINDS] = {
		[WHO_ACCOUNT] = "account",
		[WHO_IP] = "client_ip",
		[WHO_NET] = "client_net",
		[WHO_UID] = "uid",
		[WHO_SCRIPT] = "script",
		[WHO_SENDER] = "envelope_sender",
		[WHO_RCPT] = "rcpt",
		[WHO_DOMAIN] = "rcpt_domain",
		[WHO_SPOOL] = "spool",
	};
	return names[kind];
}
