/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of an image written into a folder of the host, on several threads.
 *
 * First all folders are made, then files as their contents come by (blob_read.h), each with its hard links, times and,
 * on request, the owner, mode and extended attributes that it had on Linux. Symbolic links are made when all
 * files are there, so that nothing is ever written through one; the times of folders come last. Every path is
 * resolved below the target and without following links, whoever else works there meanwhile (base/beneath.h).
 *
 * What a folder of Linux cannot hold is counted: named streams, and the reparse data of what is no link.
 */
#pragma once

#include "common/image/image_private.h"

/* An entry of the tree and where it goes: a path below the target, "" for the target itself. */
struct image_apply_root {
	const struct wim_node *node;
	const char *path;
	bool alone; /* without what is below it */
};

struct image_apply {
	struct image_file *file;
	int target; /* an open folder */
	const struct image_apply_root *roots;
	size_t n_roots;
	const char *link_root; /* before absolute links that are relative to the image; "" leaves them so */
	unsigned threads;      /* 0: one for each processor */
	bool replace;          /* files that are there are replaced; otherwise they are an error */
	bool count;            /* the target was empty: afterwards each folder must hold as many names as in the image */
	bool unix_data;
	bool strict_acls;      /* an entry with a security descriptor, which the target cannot hold, is an error */
	bool recover_data;     /* damaged files are written as far as they can be read, and counted */
	/* Called by the calling thread with the bytes done and of all; non-zero: ERR_CANCELLED. */
	int (*progress)(void *context, uint64_t done, uint64_t total);
	/* Something that was left out or is damaged; calls do not overlap. May be NULL. */
	void (*warn)(void *context, const char *text);
	void *context;
};

struct image_applied {
	uint64_t dirs;
	uint64_t files;            /* names, hard links included */
	uint64_t links;            /* symbolic links and junctions */
	uint64_t bytes;            /* of all names */
	uint64_t streams_left_out; /* named streams */
	uint64_t reparse_left_out; /* reparse points that are no links: written without their reparse data */
	uint64_t damaged;          /* files, with recover_data */
	uint64_t owners_left_out;  /* entries whose owner, mode or extended attributes could not be set */
	uint64_t special_left_out; /* devices that only root may make */
};

/* The request and the target stay open and unchanged until the plan is freed. */
struct image_apply_plan *image_apply_plan(const struct image_apply *request, struct err *err);
void image_apply_plan_freep(struct image_apply_plan **plan);

/* What will be written. bytes_needed: contents on the disk, hard links once, sparse files not. */
void image_apply_counts(const struct image_apply_plan *plan, struct image_applied *ret, uint64_t *bytes_needed);

/* Writes, once. On an error the target keeps what was written until then. */
int image_apply_run(struct image_apply_plan *plan, struct image_applied *ret, struct err *err);
