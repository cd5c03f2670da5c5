/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What knows one format of logs. A reader learns what it needs to know from the
 * beginning of a log, then reads spans of it: one after the other, or several at
 * the same time, when seek tells where events seem to begin. log.h puts the spans
 * together and checks that they meet.
 */
#pragma once

#include "kms/log_event.h"

#define READER_LEARN_MAX (1U << 20)  /* of a log, from which readers learn */
#define READER_EVENT_MAX (1U << 20)  /* bytes of one event; readers step over what is longer */
#define READER_WHOLE_MAX (512ULL << 20) /* a log that is not read in spans */

/* The carry of a span in front of which others were not read. */
#define LOG_CARRY_UNKNOWN UINT64_MAX

/* The events that begin in [at, stop). */
struct log_span {
	size_t at;        /* moves to where the first event behind stop begins, or to the end */
	size_t stop;
	bool last;        /* the log ends where the bytes end */
	uint32_t line;    /* of at, from 1; moves along */
	uint64_t carry;   /* what the reader leaves for the span that follows; 0 at the start of the log */
	uint64_t n_items; /* counts what may be events */
	uint64_t n_known; /* and those of them that are */
};

struct reader {
	const char *name; /* "evtx" */
	bool (*is)(struct bytes start);
	/* The whole log at once; then the others below are not there. Fails only when it holds nothing that could be read. */
	int (*read_all)(struct bytes log, const struct log_sink *sink, struct err *err);
	/* Free the result with free(); begin is where the text begins. May be absent. */
	void *(*learn)(struct bytes start, size_t begin);
	/* Where in [from, to) of all bytes an event seems to begin; to when nowhere. Absent: spans are read in turn. */
	size_t (*seek)(const void *learned, struct bytes log, size_t from, size_t to);
	/* Bytes that follow stop are there to finish an event in, READER_EVENT_MAX of them unless the log ends. */
	void (*read)(const void *learned, struct bytes log, struct log_span *span, const struct log_sink *sink);
	/* No known event in all of it, and this many items: is it such a log nevertheless? */
	bool (*may_be_empty)(const void *learned, uint64_t n_items);
	const char *what; /* "the XML of an event log" */
};

extern const struct reader reader_evtx;
extern const struct reader reader_evt;
extern const struct reader reader_clixml;
extern const struct reader reader_xml;
extern const struct reader reader_json;
extern const struct reader reader_rows;
extern const struct reader reader_lines;
