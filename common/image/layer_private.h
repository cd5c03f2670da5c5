/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What image_layer.c and layer_node.c share. */
#pragma once

#include <sys/stat.h>

#include "common/image/edit_private.h"
#include "common/image/image_layer.h"
#include "common/image/wim_link.h"
#include "common/image/wim_order.h"

/* A file of the upper folder that has, or may get, several names in the image. */
struct layer_inode {
	dev_t device;
	ino_t inode;
	struct wim_node *node; /* one of its names in the tree; NULL when there is none */
};

/* An upper file that was copied from a base file with several names; what to do is known when all have been seen. */
struct layer_change {
	uint32_t file; /* the number that its names share */
	struct wim_node *node;
	bool in_place; /* the name is one that the file has in the base */
	char *host_path;
	struct stat st;
};

struct layer_link {
	struct wim_node *node;
	char *target;
};

struct layer_number {
	const struct wim_node *node;
	uint32_t number;
};

struct layer {
	struct image_edit *edit;
	const struct image_layer *options;
	struct wim_order order; /* of the base: entries name their origin by its numbers */
	struct layer_number *numbers; /* of the nodes of the base, sorted by node */
	bool *shared; /* files of the base with several names, by their number */
	VEC(struct layer_inode) inodes; /* sorted */
	VEC(struct layer_change) linked;
	VEC(struct layer_link) links;   /* new ones, to be looked at when all is there */
	struct image_layer_stats stats;
};

/* The base entry that a file of the upper folder was copied from; NULL when it is new. */
struct wim_node *layer_origin(const struct layer *layer, const char *host_path);

/* The number that all names of a file of the base share; UINT32_MAX for what is new. */
uint32_t layer_file_number(const struct layer *layer, const struct wim_node *node);

/* Numbers the base; to be called before anything is changed. */
void layer_number_base(struct layer *layer);

/* Gives a node the contents and time of an upper file, with all its hard links. */
int layer_set_data(struct layer *layer, struct wim_node *node, const char *host_path, const struct stat *st,
		   struct err *err);

/* Written time, unix data, streams. */
int layer_set_rest(struct layer *layer, struct wim_node *node, const char *host_path, const struct stat *st,
		   struct err *err);

/* The text that a link of the base was shown with; empty when it cannot be told. */
void layer_link_text(const struct layer *layer, const struct wim_node *node, struct strbuf *ret);

/* Makes a node a symbolic link with that target. */
int layer_set_link(struct layer *layer, struct wim_node *node, const char *target, struct err *err);

/* Links to folders get the attribute that Windows wants there. */
void layer_finish_links(struct layer *layer);
