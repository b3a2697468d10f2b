/* A run through files: the queue is written, opened and scanned. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/forge/play_files.h"
#include "cmd/verdicts/run.h"
#include "core/queue/scan.h"
#include "formats/registry.h"

enum { NOBODY = 65534 };

struct written {
	struct run *run;
	struct intern ids; /* queue ids */
	uint32_t *numbers; /* by id in it: the number of the message, + 1 */
	uint32_t cap;
};

static void note(void *ctx, const struct played *played, struct slice id)
{
	struct written *written = ctx;
	run_add_fact(written->run, played);
	uint32_t at = intern_add(&written->ids, id);
	if (at >= written->cap) {
		uint32_t cap = at * 2 + 1024;
		written->numbers = xrealloc(written->numbers, cap, sizeof(uint32_t));
		memset(written->numbers + written->cap, 0, (cap - written->cap) * sizeof(uint32_t));
		written->cap = cap;
	}
	written->numbers[at] = written->run->nfacts;
}

/* The truth, in the order of the rows. */
static int sort_facts(struct written *written, struct err *err)
{
	struct run *run = written->run;
	struct fact *facts = xcalloc(run->snap.rows + 1, sizeof(*facts));
	for (uint32_t row = 0; row < run->snap.rows; row++) {
		uint32_t at = intern_add(&written->ids, snap_text(&run->snap, COL_QUEUE_ID, row));
		if (at >= written->cap || !written->numbers[at]) {
			free(facts);
			return err_set(err, ERR_DAMAGED, 0, "a message that nobody wrote");
		}
		facts[row] = run->facts[written->numbers[at] - 1];
	}
	bool all = run->snap.rows == run->nfacts;
	free(run->facts);
	run->facts = facts;
	return all ? 0 : err_set(err, ERR_DAMAGED, 0, "not all messages were found again");
}

/* Takes the index out of the scan, with a spool of our own that it can outlive. */
static void keep(struct run *run, struct scan *scan, struct spool *from)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));
	*spool = (struct spool){.format = from->format,
		.path = xstrdup("rows"),
		.name = xstrdup("rows"),
		.fd = -1,
		.lifetime = -1,
		.bounce_lifetime = -1};
	run_set_site(run, &spool->site, &spool->arena);
	run->spool = spool;
	run->spools[0] = spool;
	run->snap = scan->snap;
	run->snap.spools = run->spools;
	memset(&scan->snap, 0, sizeof(scan->snap));
}

static int scan_folder(struct run *run, const char *path, struct err *err)
{
	const struct need need = {.parts = VERDICT_NEED | NEED_ADDRESSES};
	const struct scan_options options = {.jobs = 1};
	struct spools spools = {.formats = formats};
	struct scan scan = {0};
	int failed = spools_open(&spools, path, true, err);
	if (!failed) {
		struct spool *spool = spools.list[0];
		site_free(&spool->site);
		run_set_site(run, &spool->site, &spool->arena);
		failed = scan_run(&scan, &spools, &need, &options, err);
		if (!failed)
			keep(run, &scan, spool);
		scan_free(&scan);
	}
	spools_close(&spools);
	return failed;
}

/* Removes a folder and what is in it: our own, below the temporary one. */
static void remove_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0))
			remove_folder(dirfd(folder), entry->d_name);
	}
	if (folder)
		closedir(folder);
	unlinkat(parent, name, AT_REMOVEDIR);
}

int run_files(struct run *run, struct err *err)
{
	/* Where making and removing ten thousand files costs nothing, if there is such a place. */
	const char *tmp = getenv("TMPDIR");
	char path[512];
	if (!tmp)
		tmp = access("/dev/shm", W_OK | X_OK) ? "/tmp" : "/dev/shm";
	snprintf(path, sizeof(path), "%s/verdicts.XXXXXX", tmp);
	if (!mkdtemp(path))
		return err_sys(err, "%s: cannot make the folder", path);
	struct written written = {.run = run};
	intern_init(&written.ids);
	/* Root's own tree would have root as the owner of the queue, whose mail is nobody's. */
	bool root = geteuid() == 0;
	const struct play_files files = {.writer = writer_at(0),
		.note = note,
		.ctx = &written,
		.chown = root,
		.uid = root ? NOBODY : geteuid(),
		.gid = root ? NOBODY : getegid()};
	int failed = play_files(&run->options->play, &run->stage, path, &files, err);
	if (!failed)
		failed = scan_folder(run, path, err);
	if (!failed)
		failed = sort_facts(&written, err);
	remove_folder(AT_FDCWD, path);
	intern_free(&written.ids);
	free(written.numbers);
	return failed;
}
