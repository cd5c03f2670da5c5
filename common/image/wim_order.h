/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers for the entries of an image: the root is 0, then folder by folder, the
 * entries of one folder together and in the order of their bytes. The same
 * metadata gives the same numbers, in every program that reads it.
 */
#pragma once

#include "common/image/wim_metadata.h"

struct wim_order_item {
	struct wim_node *node;
	uint32_t first;    /* of its entries */
	uint32_t n;        /* how many */
	uint32_t parent;
	uint32_t link;     /* the lowest number of the hard links to the same file; its own when there are none */
};

struct wim_order {
	struct wim_order_item *items;
	uint32_t n;
};

/* Entries below links are left out: nobody can get there. */
void wim_order_make(const struct wim_tree *tree, struct wim_order *ret);
void wim_order_release(struct wim_order *order);

/* The entry of a folder with exactly that name; UINT32_MAX when there is none. */
uint32_t wim_order_find(const struct wim_order *order, uint32_t dir, const char *name, size_t len);

/* A link to another place: a symbolic link or a junction. */
bool wim_node_is_link(const struct wim_node *node);
