/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every reader of logs hands on. A reader walks one file and calls the
 * sink for each event it meets and for each damaged part it stepped over; it
 * keeps nothing. Texts of an event are lent for the length of the call.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "kms/kms_request.h"

enum kms_event_id {
	EVENT_CLIENT_REQUEST = 12288,
	EVENT_CLIENT_ANSWER = 12289,
	EVENT_REQUEST = 12290,
	EVENT_HOST_FAILED = 12291,
	EVENT_DNS_FAILED = 12293,
	EVENT_DNS_DONE = 12294,
	EVENT_REARMED = 12306,
	EVENT_LOG_CLEARED = 104,
};

struct log_event {
	uint32_t id;          /* 0: a bare Info line, or not known */
	bool has_time;
	uint64_t time;        /* FILETIME in UTC, whole seconds: when the host wrote it */
	bool has_record;
	uint64_t record;      /* EventRecordID */
	bool recovered;       /* found behind damage */
	bool assumed_host;    /* the log does not tell computer; a summary has the one that was assumed */
	struct text provider; /* "" when the format does not tell; the same below */
	struct text source;   /* EventSourceName */
	struct text channel;
	struct text computer; /* the host */
	struct text message;  /* the first string, of a request at least its Info line; code and domain of 12293; user, domain and log of 104 */
	size_t binary_len;
	enum request_problem problem; /* REQUEST_GOOD: request is set */
	struct kms_request request;
	uint64_t offset;      /* where it begins in the file */
	uint32_t line;        /* from 1; 0 in binary formats */
	/* Of what one thread reads, good requests with the same number differ in time, record, message, request, offset
	 * and line alone; 0: nothing is known. */
	uint64_t shape;
};

struct log_batch;

/* Is what it says wanted later, too? */
static inline bool log_event_keeps_message(const struct log_event *event)
{
	return event->problem != REQUEST_GOOD && (event->id == EVENT_DNS_FAILED || event->id == EVENT_LOG_CLEARED);
}

struct log_sink {
	void *context;
	void (*event)(void *context, const struct log_event *event);
	void (*damage)(void *context, uint64_t offset, const char *text);
	/* May be NULL. Else what comes in batches (log_batch.h) is told as such, and not event by event. */
	void (*batch)(void *context, const struct log_batch *batch);
};
