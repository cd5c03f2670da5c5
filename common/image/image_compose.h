/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WIMs made of other WIMs: export, delete, optimize, join, split. What is stored in a way that fits is copied as it
 * is; nothing that is there is written over: a new file appears under its name when it is complete, and an image is
 * added to an existing one behind its end, under the undo journal.
 */
#pragma once

#include "common/image/image.h"
#include "common/image/wim_header.h"

/* How contents are compressed. All zero: as in the source, copied where it can be. */
struct image_packing {
	bool given;
	enum wim_compression compression;
	uint32_t chunk_size; /* 0: the usual one */
	unsigned level;      /* 0: libwim's default */
	bool solid;
	uint32_t solid_chunk_size;
	enum wim_compression solid_compression; /* WIM_NONE: LZMS */
	unsigned solid_level;
	bool pipable;     /* to be read from a pipe, with nothing solid */
	bool not_pipable; /* neither: as the file is that is written anew; a new one is not */
};

struct image_work {
	unsigned threads;  /* 0: one for each processor */
	bool check;        /* write an integrity table */
	bool no_check;     /* write none although there was one */
	bool check_source; /* compare sources with their integrity tables first */
	const char *const *refs; /* globs of further parts of the source */
	size_t n_refs;
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct image_done {
	unsigned images;  /* that were exported, deleted, or are in the new file */
	unsigned parts;     /* of a split */
	unsigned replaced;  /* parts of the set that was there, behind the last new one: removed */
	unsigned too_large; /* of them: larger than wanted, since one content is */
	uint64_t copied;  /* bytes that were copied as they were stored */
	uint64_t packed;  /* bytes of contents that were compressed anew */
	uint64_t before;  /* length of the source */
	uint64_t bytes;   /* length of the result, or of all parts */
};

struct image_export {
	const char *source;
	const char *image; /* name, index or "all" */
	const char *target;      /* "-" for standard output: pipable */
	const char *name;        /* NULL: as it is; "" for none */
	const char *description; /* the same */
	bool no_names;
	bool no_descriptions;
	bool boot;    /* what is exported boots; of all: the image that boots in the source */
	bool rebuild; /* an existing target is written anew */
	bool recompress; /* nothing is copied as it is stored */
	bool wimboot; /* the images are marked for WIMBoot */
	bool solid_as_source; /* a new target without a given compression is solid when the source is, whatever its name; otherwise one called .esd */
	struct image_packing packing;
};

int image_export(const struct image_export *request, const struct image_work *work, struct image_done *ret,
		 struct err *err);

/* image: name, index or "all". soft: only the tables are written anew, the contents stay. */
int image_delete(const char *wim, const char *image, bool soft, const struct image_work *work, struct image_done *ret,
		 struct err *err);

struct image_optimize {
	const char *wim;
	bool recompress;
	bool no_solid;
	struct image_packing packing; /* given: implies recompress */
};

int image_optimize(const struct image_optimize *request, const struct image_work *work, struct image_done *ret,
		   struct err *err);

int image_join(const char *target, const char *const *parts, size_t n, bool replace, const struct image_work *work,
	       struct image_done *ret, struct err *err);

struct image_split {
	const char *source;
	const char *first; /* the name of the first part; the others get 2, 3 ... before its extension */
	uint64_t part_bytes;
	bool force; /* parts that are there are replaced */
	struct image_packing packing; /* of contents of solid resources, which no part can have */
};

/* A content larger than a part makes its part larger; on a FAT file system it is refused. */
int image_split(const struct image_split *request, const struct image_work *work, struct image_done *ret,
		struct err *err);

/* The chunk size that Microsoft's tools read, the smallest and the largest that libwim knows. */
uint32_t image_usual_chunk_size(enum wim_compression compression, bool solid);
uint32_t image_min_chunk_size(enum wim_compression compression);
uint32_t image_max_chunk_size(enum wim_compression compression);
