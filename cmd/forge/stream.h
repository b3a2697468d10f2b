/*
 * stream: one message of a stream of a recipe. A message is a function of the seed, its stream and
 * its number in it: the order in which messages are made does not change them.
 */
#ifndef CMD_FORGE_STREAM_H
#define CMD_FORGE_STREAM_H

#include "cmd/forge/recipe.h"
#include "cmd/forge/scene.h"

/* What all messages of one run have in common. */
struct stage {
	const struct recipe *recipe;
	struct place place;
	uint64_t seed;
	struct mix_options options; /* for drafts: seed and now */
	struct tree_options tree;   /* host and address, for what our own server writes */
};

/* One message in the making. */
struct making {
	const struct stage *stage;
	const struct stream *stream;
	uint64_t number, count; /* in its stream */
	uint64_t group;         /* number / stream.group */
	uint64_t pool;          /* of the incident: its strangers, forged names, addressees */
	uint64_t salt;          /* of the stream */
	struct draft *draft;
	unsigned person;
	bool has_person;
	struct slice machine; /* of the site, or user of the server: by name; or empty */
	struct buf *text;     /* scratch */
};

/*
 * Makes message `number` of `count` into the draft, whose arena and rng are set: all of it,
 * where it lies by now too. letter.size is what the MTA shall say its size is.
 */
void stream_make(const struct stage *stage, const struct stream *stream, uint64_t number,
	uint64_t count, struct draft *draft, struct buf *text);

/* The parts of it, in the order in which they are made. */
void stream_who(struct making *making);    /* who, from where, saying HELO how */
void stream_rcpts(struct making *making);  /* to whom, and why it would wait */
void stream_names(struct making *making);  /* in whose name */
void stream_letter(struct making *making); /* subject, headers, size */

#endif
