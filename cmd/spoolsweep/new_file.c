/* A file that the user names: made while it still may be where he wants it, never over something. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/spoolsweep/command.h"

int make_file(struct app *app, const char *path)
{
	struct err err;

	app->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (app->file >= 0)
		return EXIT_DONE;
	err_sys(&err,
		errno == EEXIST ? "%s is there already and is not overwritten"
				: "%s cannot be made",
		path);
	complain(&err);
	return err.code == ERR_PERMISSION ? EXIT_PERMISSION : EXIT_IO;
}

void drop_file(struct app *app, const char *path)
{
	if (app->file >= 0 && unlink(path) != 0)
		warn_text("%s was made and is not complete: remove it", path);
}
