/* Local users by name. Only /etc/passwd is asked: a directory service may not answer just now. */
#include <pwd.h>
#include <stdio.h>

#include "cmd/spoolsweep/command.h"

/* The numbers in an offline copy are those of another machine. */
static bool all_are_ours(const struct app *app)
{
	const struct spools *queues = app->queues.count ? &app->queues : &app->spools;

	for (size_t i = 0; i < queues->count; i++)
		if (!queues->list[i]->config_path)
			return false;
	return true;
}

static void add_name(struct buf *out, int64_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	if (!file)
		return;
	while ((entry = fgetpwent(file)))
		if (entry->pw_uid == uid) {
			buf_add(out, SLICE(" ("));
			buf_add(out, slice_cstr(entry->pw_name));
			buf_addc(out, ')');
			break;
		}
	fclose(file);
}

void add_user(const struct app *app, struct buf *out, int64_t uid)
{
	buf_printf(out, "%lld", (long long)uid);
	if (all_are_ours(app))
		add_name(out, uid);
}
