/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the unit tests of kms share: logs in memory, and everything a reader told about them. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/filetime.h"
#include "common/base/vec.h"
#include "kms/log.h"
#include "tests/unit/cmocka_all.h"

#define CMID "01eb9985-230c-49ad-a8c2-c24914da4739"
#define WINDOWS_10 "73111121-5638-40f6-bc11-f1d7b0d64300"
#define INFO "0x0,25,pc1.example.com," CMID ",2026/8/4 15:46,1,2,41065," WINDOWS_10

struct told_event {
	struct log_event event;
	char name[128];
	char computer[128];
	char message[256];
};

struct told {
	VEC(struct told_event) events;
	VEC(uint64_t) damages; /* offsets */
	const char *format;
	int result;
	struct err err;
};

static inline void told_event(void *context, const struct log_event *event)
{
	struct told *told = context;
	struct told_event *one = vec_add(&told->events);

	one->event = *event;
	snprintf(one->computer, sizeof(one->computer), "%.*s", (int)event->computer.len, event->computer.data);
	snprintf(one->message, sizeof(one->message), "%.*s", (int)event->message.len,
		 event->message.data ? event->message.data : "");
	if (event->problem == REQUEST_GOOD)
		snprintf(one->name, sizeof(one->name), "%.*s", (int)event->request.name.len, event->request.name.data);
}

static inline void told_damage(void *context, uint64_t offset, const char *text UNUSED)
{
	struct told *told = context;

	*vec_add(&told->damages) = offset;
}

static inline void told_release(struct told *told)
{
	vec_release(&told->events);
	vec_release(&told->damages);
}

static inline struct told read_log(const void *data, size_t len)
{
	struct told told = { 0 };
	struct log_sink sink = { .event = told_event, .damage = told_damage };

	sink.context = &told;
	told.result = log_read_bytes(bytes_of(data, len), &sink, &told.format, &told.err);
	return told;
}

static inline struct told read_text(const char *text)
{
	return read_log(text, strlen(text));
}

static inline uint64_t at_time(const char *text)
{
	uint64_t time = 0;

	if (!filetime_parse(text, &time))
		fail_msg("%s", text);
	return time;
}
