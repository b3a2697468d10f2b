/*
 * verdicts: whether what spoolsweep says of a queue is true, on recipes whose truth is known.
 * Not installed; `make verdicts` runs it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "cmd/verdicts/show.h"
#include "cmd/verdicts/sweep.h"
#include "cmd/verdicts/tally.h"

static const char help[] =
	"verdicts [DIR]: judges the verdicts on the recipes in DIR (testdata/verdicts)\n"
	"  --scenario NAME   only those whose name begins so\n"
	"  --family NAME     only those in that folder\n"
	"  --scale X         only that size: 0.1, 1 or 10\n"
	"  --seed N          only that seed\n"
	"  --quick           one seed and one size of each\n"
	"  --files           one run of each as files too: the findings must be the same\n"
	"  --jobs N          processes at a time\n"
	"  --sweeps          only the sweeps: one number varied, and where the level changes\n"
	"  --verbose NAME    one run (--scale 1 --seed 1) with all findings and the truth\n"
	"Exit status: 0 all goals are met, 1 one is missed, 2 usage, 3 a run failed or differs as "
	"files.\n";

struct settings {
	struct wanted wanted;
	const char *verbose;
	bool sweeps; /* only these */
};

static int parse(struct settings *settings, int argc, char **argv)
{
	static const struct option longs[] = {{"scenario", 1, NULL, 's'}, {"family", 1, NULL, 'f'},
		{"scale", 1, NULL, 'x'}, {"seed", 1, NULL, 'n'}, {"quick", 0, NULL, 'q'},
		{"files", 0, NULL, 'F'}, {"jobs", 1, NULL, 'j'}, {"verbose", 1, NULL, 'v'},
		{"sweeps", 0, NULL, 'w'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct wanted *wanted = &settings->wanted;
	for (int which; (which = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		switch (which) {
		case 's':
			wanted->scenario = optarg;
			break;
		case 'f':
			wanted->family = optarg;
			break;
		case 'x':
			wanted->size = (unsigned)(strtod(optarg, NULL) * 1000 + 0.5);
			break;
		case 'n':
			wanted->seed = strtoul(optarg, NULL, 10);
			break;
		case 'q':
			wanted->quick = true;
			break;
		case 'F':
			wanted->files = true;
			break;
		case 'j':
			wanted->jobs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			settings->sweeps = true;
			break;
		case 'v':
			settings->verbose = wanted->scenario = optarg;
			break;
		default:
			fputs(help, which == 'h' ? stdout : stderr);
			return which == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		wanted->dir = argv[optind];
	return -1;
}

static int print(struct buf *out, int status)
{
	bool lost = fwrite(buf_str(out), 1, out->len, stdout) != out->len || fflush(stdout);
	buf_free(out);
	return lost ? 74 : status;
}

static int show_all(const struct job *jobs, size_t count)
{
	struct buf out = {0};
	struct run run;
	struct err err;
	int status = 0;
	for (size_t i = 0; i < count && !status; i++) {
		if (jobs[i].options.play.mode != PLAY_ALL)
			continue;
		if (run_make(&run, &jobs[i].options, &err)) {
			fprintf(stderr, "verdicts: %s\n", err.text);
			status = 74;
		} else {
			show_run(&run, &out);
		}
		run_free(&run);
	}
	return print(&out, status);
}

static int judge_all(const struct job *jobs, size_t count, unsigned processes)
{
	struct buf out = {0};
	struct err err;
	struct score *scores = set_run(jobs, count, processes, &err);
	if (!scores) {
		fprintf(stderr, "verdicts: %s\n", err.text);
		return 74;
	}
	int status = tally_print(jobs, scores, count, &out);
	munmap(scores, count * sizeof(*scores));
	return print(&out, status);
}

static int run_sweeps(const char *dir)
{
	struct buf out = {0};
	struct err err;
	int turning = sweep_all(dir, &out, &err);
	if (turning < 0) {
		fprintf(stderr, "verdicts: %s\n", err.text);
		buf_free(&out);
		return 74;
	}
	return print(&out, turning > 0);
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.wanted = {.dir = "testdata/verdicts", .jobs = (unsigned)get_nprocs()}};
	struct set set;
	struct err err;
	int status = parse(&settings, argc, argv);
	if (status >= 0)
		return status;
	if (settings.verbose) {
		settings.wanted.size = settings.wanted.size ? settings.wanted.size : 1000;
		settings.wanted.seed = settings.wanted.seed ? settings.wanted.seed : 1;
	}
	if (settings.sweeps)
		return run_sweeps(settings.wanted.dir);
	if (set_read(&set, settings.wanted.dir, &err)) {
		fprintf(stderr, "verdicts: %s\n", err.text);
		return 2;
	}
	size_t count;
	struct job *jobs = set_jobs(&set, &settings.wanted, &count);
	if (!count) {
		fputs("verdicts: no such scenario\n", stderr);
		status = 2;
	} else {
		status = settings.verbose ? show_all(jobs, count)
					  : judge_all(jobs, count, settings.wanted.jobs);
	}
	free(jobs);
	set_free(&set);
	bool whole = !settings.verbose && !settings.wanted.scenario && !settings.wanted.family &&
		!settings.wanted.size && !settings.wanted.seed && !settings.wanted.quick;
	if (whole && status <= 1) {
		int sweeps = run_sweeps(settings.wanted.dir);
		status = sweeps > status ? sweeps : status;
	}
	return status;
}
