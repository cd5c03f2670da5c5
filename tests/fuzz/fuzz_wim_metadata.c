/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A metadata resource without compression and checksum around it, so that the fuzzer reaches every field. */
#include "common/image/wim_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const struct wim_tree *tree, size_t *sum)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node)) {
		const uint8_t *hash = wim_node_data_hash(node);

		strbuf_clear(&path);
		wim_node_path(node, &path);
		*sum += path.len + node->n_streams + (hash ? hash[0] : 0);
		if (node->parent && wim_node_child(node->parent, node->name, strlen(node->name)) != node)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
	CLEANUP(wim_tree_release) struct wim_tree tree = { 0 };
	size_t sum = 0;

	strbuf_add(&copy, data, size);
	if (wim_tree_parse(&copy, &tree, NULL) < 0)
		return 0;
	touch(&tree, &sum);
	wim_tree_serialise(&tree, &again);

	/* what we write we can read */
	struct wim_tree second = { 0 };

	if (wim_tree_parse(&again, &second, NULL) < 0 || second.n_nodes != tree.n_nodes)
		__builtin_trap();
	wim_tree_release(&second);
	return 0;
}
