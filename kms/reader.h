/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads any log there is a reader for, recognised by what is in it, not by its
 * name: .evtx, rows with tabs or commas, lines of wevtutil and PowerShell, XML,
 * JSON. Packed (gzip, zstd) and UTF-16 files are unpacked into memory first, within
 * READER_UNPACKED_MAX; everything else is mapped.
 */
#pragma once

#include "kms/log_event.h"

#define READER_UNPACKED_MAX (512ULL << 20) /* a full log is 20 MiB; as XML some 60 MiB */

struct reader {
	const char *name; /* "evtx" */
	bool (*is)(struct bytes file);
	/* Fails only when the file holds nothing that could be read. */
	int (*read)(struct bytes file, const struct log_sink *sink, struct err *err);
};

/* "-" is standard input. ret_name is set to the name of the reader; may be NULL. */
int log_read(const char *path, const struct log_sink *sink, const char **ret_name, struct err *err);

/* The same for bytes in memory. */
int log_read_bytes(struct bytes file, const struct log_sink *sink, const char **ret_name, struct err *err);

extern const struct reader reader_evtx;
extern const struct reader reader_xml;
extern const struct reader reader_json;
extern const struct reader reader_rows;
extern const struct reader reader_lines;
