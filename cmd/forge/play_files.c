#include "cmd/forge/play_files.h"

#include "cmd/forge/fill.h"
#include "cmd/forge/postfix.h"

struct writing {
	const struct play_files *files;
	const struct tree_options *options;
	struct tree *tree;
	struct buf content, received, id;
};

static int write_message(void *ctx, const struct played *played, struct err *err)
{
	struct writing *writing = ctx;
	struct fake_message message = *played->message;
	struct postfix_birth birth = postfix_birth(&message);
	birth.inode = postfix_made_up_inode(message.number);
	postfix_name(writing->options, &birth, &writing->id);
	buf_reset(&writing->received);
	postfix_received(&writing->received, writing->options, &message, buf_slice(&writing->id));
	uint64_t head = fill_cost(buf_slice(&writing->received)) + fill_cost(played->head);
	struct rng rng = rng_start(message.number, UINT64_C(1) << 60);
	buf_reset(&writing->content);
	buf_add(&writing->content, played->head);
	fill_body(&writing->content, &rng, fill_left(played->size, head));
	message.content = buf_slice(&writing->content);
	if (writing->files->writer->add(writing->tree, &message, &writing->id, err))
		return -1;
	if (writing->files->note)
		writing->files->note(writing->files->ctx, played, buf_slice(&writing->id));
	return 0;
}

int play_files(const struct play_options *options, const struct stage *stage, const char *dir,
	const struct play_files *files, struct err *err)
{
	struct tree_options tree = stage->tree;
	struct stage mine = *stage;
	tree.dir = dir;
	tree.chown = files->chown;
	tree.uid = files->uid;
	tree.gid = files->gid;
	mine.tree = tree;
	struct writing writing = {.files = files, .options = &tree};
	const struct play_sink sink = {write_message, &writing};
	struct err second;
	writing.tree = files->writer->open(&tree, err);
	if (!writing.tree)
		return -1;
	int failed = play(options, &mine, &sink, err);
	if (files->writer->close(writing.tree, failed ? &second : err))
		failed = -1;
	buf_free(&writing.content);
	buf_free(&writing.received);
	buf_free(&writing.id);
	return failed;
}
