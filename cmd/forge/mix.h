/*
 * mix: all messages of a tree, background and incident, in an order in which
 * neither kind nor age follow the order of the files. Streams: memory does not
 * grow with the number of messages.
 */
#ifndef CMD_FORGE_MIX_H
#define CMD_FORGE_MIX_H

#include "cmd/forge/incident.h"

struct mix_result {
	uint64_t queues[FAKE_QUEUES];
	uint64_t recipients; /* pending, outside of corrupt files */
	uint64_t bytes;      /* of content */
	struct incident_truth truth;
};

/*
 * Gives exactly options->messages messages to the writer. -1 with *err filled
 * when it could not write. The caller frees result->truth either way.
 */
int mix_write(const struct mix_options *options, const struct tree_options *tree_options,
	const struct writer *writer, struct tree *tree, struct mix_result *result, struct err *err);

#endif
