/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_order.h"

#include <stdlib.h>

#include "common/base/vec.h"
#include "common/image/wim_link.h"

bool wim_node_is_link(const struct wim_node *node)
{
	return wim_node_is_reparse(node) && wim_tag_is_link(load_le32(node->raw + DENTRY_REPARSE_TAG));
}

static int compare_exact(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, MIN(a_len, b_len));

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_items(const void *a, const void *b)
{
	const char *name_a = ((const struct wim_order_item *)a)->node->name;
	const char *name_b = ((const struct wim_order_item *)b)->node->name;

	return compare_exact(name_a, strlen(name_a), name_b, strlen(name_b));
}

static void add_children(struct wim_order *order, uint32_t dir)
{
	const struct wim_node *folder = order->items[dir].node;
	uint32_t first = order->n;

	order->items[dir].first = first;
	if (!wim_node_is_dir(folder) || wim_node_is_link(folder))
		return;
	for (struct wim_node *node = folder->first; node; node = node->next)
		order->items[order->n++] = (struct wim_order_item){ .node = node, .parent = dir };
	order->items[dir].n = order->n - first;
	qsort(order->items + first, order->n - first, sizeof(*order->items), compare_items);
}

struct link_name {
	uint64_t group;
	uint32_t number;
};

static int compare_links(const void *a, const void *b)
{
	const struct link_name *x = a;
	const struct link_name *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void join_links(struct wim_order *order)
{
	VEC(struct link_name) names = { 0 };

	for (uint32_t i = 0; i < order->n; i++) {
		const struct wim_node *node = order->items[i].node;

		order->items[i].link = i;
		if (node->link_next != node)
			*vec_add(&names) = (struct link_name){ .group = wim_node_link_group(node), .number = i };
	}
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), compare_links);
	for (size_t i = 1; i < names.len; i++)
		if (names.items[i].group == names.items[i - 1].group)
			order->items[names.items[i].number].link = order->items[names.items[i - 1].number].link;
	vec_release(&names);
}

void wim_order_make(const struct wim_tree *tree, struct wim_order *ret)
{
	struct wim_order order = { .items = xreallocarray(NULL, tree->n_nodes + 1, sizeof(*order.items)), .n = 1 };

	order.items[0] = (struct wim_order_item){ .node = tree->root };
	for (uint32_t i = 0; i < order.n; i++)
		add_children(&order, i);
	join_links(&order);
	*ret = order;
}

void wim_order_release(struct wim_order *order)
{
	free(order->items);
	*order = (struct wim_order){ 0 };
}

uint32_t wim_order_find(const struct wim_order *order, uint32_t dir, const char *name, size_t len)
{
	uint32_t low = order->items[dir].first;
	uint32_t high = low + order->items[dir].n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *other = order->items[middle].node->name;
		int found = compare_exact(other, strlen(other), name, len);

		if (found == 0)
			return middle;
		if (found < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}
