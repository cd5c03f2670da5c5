/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 208 bytes at the start of a WIM (at the end of a pipable one), checked
 * against the length of the file, and the resource headers in it. A header
 * keeps its bytes so that a changed one differs only in what was changed.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/guid.h"

#define WIM_HEADER_LEN 208
#define WIM_RESHDR_LEN 24
#define WIM_HASH_LEN 20
#define WIM_IMAGES_MAX 10000 /* far more than any product ships; each needs its metadata resource anyway */

enum wim_header_flag {
	WIM_FLAG_COMPRESSION = 0x2,
	WIM_FLAG_READONLY = 0x4,
	WIM_FLAG_SPANNED = 0x8,
	WIM_FLAG_RESOURCE_ONLY = 0x10,
	WIM_FLAG_METADATA_ONLY = 0x20,
	WIM_FLAG_WRITE_IN_PROGRESS = 0x40,
	WIM_FLAG_RP_FIX = 0x80,
	WIM_FLAG_XPRESS = 0x20000,
	WIM_FLAG_LZX = 0x40000,
	WIM_FLAG_LZMS = 0x80000,
	WIM_FLAG_XPRESS_2 = 0x200000,
};

enum wim_resource_flag {
	WIM_RES_FREE = 0x1,
	WIM_RES_METADATA = 0x2,
	WIM_RES_COMPRESSED = 0x4,
	WIM_RES_SPANNED = 0x8,
	WIM_RES_SOLID = 0x10,
};

/* The numbers are those of libwim and of the header of a solid resource. */
enum wim_compression {
	WIM_NONE = 0,
	WIM_XPRESS = 1,
	WIM_LZX = 2,
	WIM_LZMS = 3,
};

struct wim_reshdr {
	uint64_t offset;
	uint64_t stored; /* bytes in the file */
	uint64_t size;   /* bytes of contents */
	uint8_t flags;
};

struct wim_header {
	uint8_t raw[WIM_HEADER_LEN];
	bool pipable;
	uint32_t flags;
	enum wim_compression compression;
	uint32_t chunk_size;
	struct guid guid;
	uint16_t part;
	uint16_t parts;
	uint32_t image_count;
	uint32_t boot_index;
	struct wim_reshdr blob_table;
	struct wim_reshdr xml;
	struct wim_reshdr boot_metadata;
	struct wim_reshdr integrity;
};

void wim_reshdr_load(const uint8_t *raw, struct wim_reshdr *ret);
void wim_reshdr_store(const struct wim_reshdr *hdr, uint8_t *raw);

/* ERR_TRUNCATED when the resource is not wholly inside the file; what names it ("XML data"). */
int wim_reshdr_check(const struct wim_reshdr *hdr, uint64_t file_bytes, const char *what, struct err *err);

/* Parses and checks 208 bytes of a file of file_bytes. */
int wim_header_parse(struct bytes raw, uint64_t file_bytes, struct wim_header *ret, struct err *err);

/* Reads the header of an open file, from its end when the WIM is pipable. */
int wim_header_read(int fd, uint64_t file_bytes, struct wim_header *ret, struct err *err);

/* A header of a new file: no images yet, part 1 of 1, raw filled but for what wim_header_store writes. */
void wim_header_init(struct wim_header *ret, enum wim_compression compression, uint32_t chunk_size);

/* The version that files with solid resources have, and those with LZMS from the start. */
void wim_header_set_solid(struct wim_header *header);

/* The mark of a WIM that can be read from a pipe. */
void wim_header_set_pipable(struct wim_header *header);

/* Writes the fields back into raw; magic, version and chunk size stay. */
void wim_header_store(struct wim_header *header);

const char *wim_compression_name(enum wim_compression compression);
