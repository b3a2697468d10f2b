/*
 * play: a recipe carried out. All of its messages, and with each what it really is, go to a sink
 * one by one, in an order in which neither stream nor age follow each other.
 */
#ifndef CMD_FORGE_PLAY_H
#define CMD_FORGE_PLAY_H

#include "cmd/forge/stream.h"

enum play_mode {
	PLAY_ALL,
	PLAY_WITHOUT, /* what was there before the incident: a negative control */
	PLAY_ONLY,    /* the incident alone: nothing to compare it with */
};

struct play_options {
	const struct recipe *recipe;
	uint64_t seed;
	unsigned scale; /* in thousandths: 100, 1000, 10000 */
	enum play_mode mode;
	/* For checks that the answer does not hang on what it must not hang on. */
	uint64_t order;      /* another order of the same messages */
	uint64_t naming;     /* the site's domains and people are called differently; 0: by seed */
	unsigned background; /* times as much ordinary mail; 0 is once */
	int64_t shift;       /* seconds later, all of it */
};

/* A message, and the truth about it. */
struct played {
	const struct fake_message *message;
	struct slice head; /* headers and the empty line */
	uint64_t size;     /* that the MTA shall tell */
	const struct stream *stream;
	uint64_t index; /* in its stream: with it, who it is in any run */
	const struct tree_options *tree;
};

struct play_sink {
	int (*take)(void *ctx, const struct played *played, struct err *err);
	void *ctx;
};

/* When it is played, and at what kind of server. */
int64_t play_now(const struct play_options *options);
void play_stage(const struct play_options *options, struct arena *arena, struct stage *stage);

/* -1 with *err from the sink, which ends it. */
int play(const struct play_options *options, const struct stage *stage,
	const struct play_sink *sink, struct err *err);

#endif
