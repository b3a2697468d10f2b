/*
 * replay: runs a fuzz target over stored inputs where libFuzzer is not at hand.
 *
 *   x_fuzz FILE|FOLDER...
 *
 * Folders are read with all that is below them. Ends with 1 when a file could not
 * be read, or when there was none: a test of nothing must not pass.
 */
#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static uint8_t *read_all(FILE *file, size_t *size)
{
	uint8_t *data = NULL;
	size_t cap = 0, got = 1;

	for (*size = 0; got; *size += got) {
		if (*size == cap) {
			cap = cap ? cap * 2 : 4096;
			uint8_t *more = realloc(data, cap);
			if (!more) {
				free(data);
				return NULL;
			}
			data = more;
		}
		got = fread(data + *size, 1, cap - *size, file);
	}
	if (ferror(file)) {
		free(data);
		return NULL;
	}
	/* Exactly as long as the input, so that a sanitizer sees the first byte too many. */
	uint8_t *exact = realloc(data, *size ? *size : 1);
	return exact ? exact : data;
}

static int replay(const char *path)
{
	size_t size;
	FILE *file = fopen(path, "rb");
	uint8_t *data = file ? read_all(file, &size) : NULL;
	int sys = errno;

	if (file)
		fclose(file);
	if (!data) {
		fprintf(stderr, "cannot read %s: %s\n", path, strerror(sys));
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	size_t replayed = 0, failures = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
		return 1;
	}
	FTS *walk = fts_open(argv + 1, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!walk) {
		fprintf(stderr, "cannot look for inputs: %s\n", strerror(errno));
		return 1;
	}
	for (FTSENT *entry; (entry = fts_read(walk));) {
		if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_info == FTS_F && replay(entry->fts_path) == 0) {
			replayed++;
			continue;
		}
		failures++;
		if (entry->fts_info != FTS_F)
			fprintf(stderr, "cannot read %s: %s\n", entry->fts_path,
				entry->fts_errno ? strerror(entry->fts_errno) : "not a file");
	}
	fts_close(walk);
	printf("%zu inputs replayed, %zu not readable\n", replayed, failures);
	if (!replayed)
		fprintf(stderr, "nothing was tested: no input was found\n");
	return failures || !replayed;
}
