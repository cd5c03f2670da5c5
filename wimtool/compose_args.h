/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What export, delete, optimize, join and split have in common on the command line. */
#pragma once

#include "common/cli/progress.h"
#include "common/image/image_compose.h"

struct compose_args {
	uint64_t threads;
	bool check;
	bool include_integrity; /* the same */
	bool no_check;
	struct cli_list refs;
};

#define COMPOSE_OPTIONS(st)                                                                                      \
	OPT_FLAG(st, work.check, 0, "check", "check the integrity table of what is read, write one"),           \
	OPT_FLAG(st, work.include_integrity, 0, "include-integrity", "the same"),                                \
	OPT_FLAG(st, work.no_check, 0, "nocheck", "write no integrity table"),                                   \
	OPT_NUMBER(st, work.threads, 0, "threads", "N", "compress with N threads (default: one a core)")

#define COMPOSE_REF_OPTION(st)                                                                                   \
	OPT_LIST(st, work.refs, 0, "ref", "GLOB", "take contents from further parts, too (may be given several times)")

struct pack_args {
	const char *compress;
	uint64_t chunk_size;
	bool solid;
	const char *solid_compress;
	uint64_t solid_chunk_size;
	bool pipable;
	bool not_pipable;
};

#define PIPABLE_OPTIONS(st)                                                                                      \
	OPT_FLAG(st, pack.pipable, 0, "pipable", "write a WIM that can be applied from a pipe"),                 \
	OPT_FLAG(st, pack.not_pipable, 0, "not-pipable", "write a usual WIM, also of a pipable one")

#define PACK_OPTIONS(st)                                                                                         \
	OPT_TEXT(st, pack.compress, 0, "compress", "TYPE[:LEVEL]", COMPRESS_TYPES),                              \
	OPT_NUMBER(st, pack.chunk_size, 0, "chunk-size", "SIZE",                                                 \
		   "compress in pieces of SIZE (Windows reads only the usual ones: 32K, LZMS 128K)"),            \
	OPT_FLAG(st, pack.solid, 0, "solid", "compress many files together: smaller, slow to read"),             \
	OPT_TEXT(st, pack.solid_compress, 0, "solid-compress", "TYPE[:LEVEL]", "compression of what is solid (lzms)"), \
	OPT_NUMBER(st, pack.solid_chunk_size, 0, "solid-chunk-size", "SIZE", "the same for what is solid (64M)")

#define WIMBOOT_CHUNK 4096 /* what Windows 8.1 reads its files from */

#define COMPRESS_TYPES \
	"none, fast (xpress), lzx (level 20), max (lzx, level 50), lzms, recovery (solid lzms)"

/* Checks what was given; warns of a chunk size that Microsoft's tools do not read. */
int pack_parse(const struct cli *cli, const struct pack_args *args, struct image_packing *ret, struct err *err);

/* An operation with its bar: begin, work, end. */
struct compose_run {
	struct cli *cli;
	struct progress bar;
	struct image_work work;
};

int compose_begin(struct compose_run *run, struct cli *cli, const struct compose_args *args, const char *label,
		  struct err *err);
void compose_end(struct compose_run *run);

/* "WIM: what happened: N bytes copied, M compressed anew; it has K bytes", and the result of --json. */
void compose_show(struct cli *cli, const char *wim, const char *what, const struct image_done *done);
