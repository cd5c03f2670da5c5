/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A WIM that is put together from the images of others: which images, which
 * contents they need and from which file each comes, and then the writing.
 * Contents that fit the new WIM as they are stored are copied, the others are
 * decoded and compressed again.
 *
 *	struct wim_compose c = { .options = ... };
 *	wim_compose_add_input(&c, file);                        files stay open until the end
 *	wim_compose_add_image(&c, 0, 1, &element, err);         for each image
 *	wim_compose_write(&c, fd, err);  or  wim_compose_write_parts / wim_compose_append
 *	wim_compose_release(&c);
 */
#pragma once

#include "common/base/vec.h"
#include "common/image/image_private.h"
#include "common/image/wim_pack.h"

/* Solid resources: contents of many files compressed together. */
enum wim_compose_solid {
	COMPOSE_SOLID_NONE, /* none are made */
	COMPOSE_SOLID_KEEP, /* those that are there stay, what else is copied stays as it is */
	COMPOSE_SOLID_ALL,  /* all contents go into solid resources */
};

struct wim_compose_options {
	struct wim_packing packing; /* WIM_NONE: stored */
	struct wim_packing solid_packing;
	enum wim_compose_solid solid;
	bool recompress;    /* nothing is copied as it is stored */
	bool check;         /* write an integrity table */
	bool pipable;       /* in the order in which a pipe is read; nothing is solid */
	bool allow_missing; /* contents that no input has are in another file (a WIM that builds on another one) */
	uint32_t flags;     /* that the header gets: WIM_FLAG_RP_FIX */
	struct guid guid;   /* zero: a random one */
	unsigned boot_index;
	/* Now and then, in bytes of contents. May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct compose_input {
	struct image_file *file;
	uint32_t *counts; /* how often each of its blobs is used */
	const char **names; /* of a file that has it; NULL when no order by name is wanted */
};

struct compose_image {
	unsigned input;
	unsigned index;    /* in its file, from 1 */
	struct strbuf xml; /* the <IMAGE> element; its INDEX is set when it is written */
	struct wim_reshdr at;
};

struct compose_blob {
	const struct image_file *file;
	const struct wim_blob *blob;
	uint32_t refcnt;
	size_t solid;          /* number from 1 of the new solid resource it lies in; 0: none */
	uint64_t solid_offset; /* in its contents */
	const char *name;      /* of a file that has it, for the order in a solid resource; may be NULL */
	struct wim_reshdr at;
	uint16_t part;
};

struct compose_solid {
	const struct image_file *file; /* NULL: it is made anew */
	struct wim_resource from;
	struct wim_reshdr at;
	uint64_t size;
};

struct wim_compose {
	struct wim_compose_options options;
	VEC(struct compose_input) inputs;
	VEC(struct compose_image) images;
	struct strbuf xml; /* what the XML begins as, without the new images; empty: only <WIM> */
	bool keep_total;   /* TOTALBYTES stays as it is */
	struct arena names;

	/* while it is written */
	VEC(struct compose_blob) blobs;
	VEC(struct compose_solid) solids;
	uint64_t copied;   /* bytes that were copied as they were stored */
	uint64_t packed;   /* bytes of contents that were compressed anew */
	uint64_t done, total;
	uint64_t bytes;    /* length of the finished file, or of all parts */
};

void wim_compose_release(struct wim_compose *c);

/* file stays the caller's. Returns its number. */
unsigned wim_compose_add_input(struct wim_compose *c, struct image_file *file);

/* Takes element over. ERR_NOT_FOUND when contents are in none of the inputs. */
int wim_compose_add_image(struct wim_compose *c, unsigned input, unsigned index, struct strbuf *element,
			  struct err *err);

/* Bytes that the new file takes at least: what is copied, and for solid contents no more than they take now. */
uint64_t wim_compose_least_bytes(const struct wim_compose *c);

/* Into an empty file. */
int wim_compose_write(struct wim_compose *c, int fd, struct err *err);

/*
 * Into parts of at most part_bytes (one content larger than that makes its part larger). next gives the empty file of
 * each part, from 1 on; all stay open until the end. *ret_parts is how many there are.
 */
struct wim_compose_parts {
	uint64_t part_bytes;
	int (*next)(void *context, unsigned number, struct err *err);
	void *context;
};
int wim_compose_write_parts(struct wim_compose *c, const struct wim_compose_parts *parts, unsigned *ret_parts,
			    struct err *err);

/* Adds the images to input 0, which is open for writing and locked, behind its end, under the undo journal of path. */
int wim_compose_append(struct wim_compose *c, const char *path, struct err *err);

/* For the parts above: does blob go into the file as it is stored, chunk by chunk where the layout is another one? */
bool wim_compose_copies(const struct wim_compose *c, const struct image_file *file, const struct wim_resource *res);

/* Finds contents: which input, and its blob. */
bool wim_compose_find(const struct wim_compose *c, const uint8_t hash[WIM_HASH_LEN], unsigned *ret_input,
		      const struct wim_blob **ret);
