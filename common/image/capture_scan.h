/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder of the host as the tree of an image, and the files whose contents go with it. What is kept of each entry
 * is what libwim keeps: times, hard links, symbolic links, with unix_data also owner, mode, device and extended
 * attributes. Entries are in the order of their names, whatever the order of the folder is.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "common/image/capture_config.h"
#include "common/image/wim_metadata.h"

struct capture_rules {
	const struct capture_config *config; /* NULL: nothing is left out */
	bool unix_data;
	bool dereference;    /* store what links point to */
	bool fix_links;      /* absolute links into the source become relative to the image */
	bool steady;         /* creation and access times are the time of the last change */
	uint64_t latest;     /* times after this become this; 0: none */
	/* Tells of an entry that is left out (why NULL: by the configuration), or of a link that is changed. May be NULL. */
	void (*note)(void *context, const char *path, const char *why);
	void *context;
};

struct capture_file {
	char *host_path;
	char *data; /* of a symbolic link: the reparse data; NULL: host_path is read */
	uint64_t size;
	struct wim_node *node; /* the first of its hard links */
	uint32_t n_links;      /* entries of the tree that have these contents */
};

struct capture_scan {
	struct wim_tree tree;
	VEC(struct capture_file) files; /* none is empty */
	uint64_t dirs;
	uint64_t entries; /* that are no folder */
	uint64_t bytes;   /* of all entries */
	uint64_t hard_link_bytes;
	uint64_t excluded;
	uint64_t newest; /* change of an entry */
};

/* Appends the tagged items that hold owner, mode, device and extended attributes of a file. */
int capture_unix_data(const char *path, const struct stat *st, struct strbuf *ret, struct err *err);

/* Takes a file less room on its disk than it is long? */
bool capture_has_holes(const struct stat *st);

int capture_scan(const char *source, const struct capture_rules *rules, struct capture_scan *ret, struct err *err);
void capture_scan_release(struct capture_scan *scan);
