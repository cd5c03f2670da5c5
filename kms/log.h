/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A log, whatever its format, recognised by what is in it and not by its name:
 * .evtx and .evt, rows with tabs or commas, lines of wevtutil and PowerShell, XML,
 * JSON, summaries; packed with gzip or zstd, in UTF-8 or UTF-16. Files are mapped;
 * what has to be unpacked, or comes out of a pipe, is read through a window.
 *
 *	struct log *log = log_open(path, err);
 *	log_read_all(log, sink, err);
 *
 * A mapped log has parts of LOG_PART bytes that can be read at the same time, each
 * from where log_part_guess thinks that its first event begins. The guess is right
 * when the part before ends there; log_queue checks that, in order.
 */
#pragma once

#include "kms/reader.h"

#define LOG_PART ((size_t)512 << 10) /* whole chunks of an .evtx file */

struct log;

/* "-" is standard input. */
struct log *log_open(const char *path, struct err *err);
struct log *log_open_bytes(struct bytes bytes, struct err *err);
void log_freep(struct log **log);

const char *log_format(const struct log *log); /* name of the reader */

int log_read_all(struct log *log, const struct log_sink *sink, struct err *err);

/* 1: it must be read with log_read_all. */
size_t log_parts(const struct log *log);

/* Where part i begins and ends, as if events did not cross. */
size_t log_part_begin(const struct log *log, size_t i);

/* Where the first event of part i seems to begin; false when nowhere in it. */
bool log_part_guess(const struct log *log, size_t i, size_t *ret);

/* Reads from span->at on the events that begin in part i. */
void log_read_part(const struct log *log, size_t i, const struct log_sink *sink, struct log_span *span);

/* The memory of the parts [first, end) can be had again from the file. */
void log_parts_done(const struct log *log, size_t first, size_t end);

/* After all parts: -1 when there was nothing in it that could be an event. */
int log_verdict(const struct log *log, const struct log_span *sum, struct err *err);

/* Opens, reads and closes. ret_format may be NULL. */
int log_read(const char *path, const struct log_sink *sink, const char **ret_format, struct err *err);
int log_read_bytes(struct bytes bytes, const struct log_sink *sink, const char **ret_format, struct err *err);
