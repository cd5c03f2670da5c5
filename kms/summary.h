/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A summary of logs (.kmsd, docs/formats/kmsd.md): the set of their events, each
 * some thirty bytes. The union of sets does not care for order, grouping or
 * repetition, so summaries can be made and merged anywhere, in any order, more
 * than once; the same events give the same bytes. An event is known by host,
 * record number and time, or by all it says where the log has no numbers.
 *
 *	struct summary *summary = summary_new(host);
 *	summary_logs(summary, &files, jobs, err);
 *	summary_write(summary, &bytes);
 *
 * reader_kmsd reads it like any log.
 */
#pragma once

#include "common/base/strbuf.h"
#include "kms/log_files.h"
#include "kms/reader.h"

#define KMSD_MAGIC "\x89KMSD\r\n\x1a"
#define KMSD_MAGIC_LEN 8
#define KMSD_VERSION 1
#define KMSD_HEADER_LEN 48
#define KMSD_TEXT_MAX 1024 /* bytes of one text; names in DNS have 255 */
#define KMSD_COPIES_MAX 255 /* of one event without a number in one log */

/* Offsets in the header; numbers are little-endian. */
enum {
	KMSD_AT_VERSION = 8,  /* u32 */
	KMSD_AT_CRC = 12,     /* u32, CRC-32 of the body */
	KMSD_AT_BODY = 16,    /* u64, bytes behind the header */
	KMSD_AT_TEXTS = 24,   /* u64, number of texts */
	KMSD_AT_EVENTS = 32,  /* u64 */
	KMSD_AT_DAMAGES = 40, /* u64 */
};

/* Bits of an event's flags. */
enum {
	KMSD_HAS_RECORD = 1,
	KMSD_HAS_TIME = 2,
	KMSD_HAS_CMID = 4,
	KMSD_HAS_CLIENT_TIME = 8,
	KMSD_ASSUMED_HOST = 16,
	KMSD_VIRTUAL = 32,
	KMSD_PROBLEM_SHIFT = 6, /* two bits: enum request_problem */
	KMSD_FLAGS_MAX = 255,
};

struct summary;

/* host is for logs that do not tell theirs; NULL: their path. */
struct summary *summary_new(const char *host);
void summary_freep(struct summary **summary);

/* The files must stay as long as the summary. only_summaries refuses other logs. */
int summary_logs(struct summary *summary, struct log_files *files, uint64_t jobs, bool only_summaries,
		 struct err *err);
int summary_log_bytes(struct summary *summary, const char *name, struct bytes bytes, struct err *err);

/* Appends the file; nothing may be added after that. */
void summary_write(struct summary *summary, struct strbuf *ret);

size_t summary_events(const struct summary *summary); /* after summary_write: different ones */

extern const struct reader reader_kmsd;
