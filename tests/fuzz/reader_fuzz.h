/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One reader on one input: in one go, and in two spans that meet somewhere in the middle. Both must tell the
 * same, or reading would depend on the number of threads.
 */
#pragma once

#include <stdlib.h>

#include "common/base/strbuf.h"
#include "kms/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void mix(uint64_t *sum, uint64_t value)
{
	*sum = (*sum ^ value) * 0x100000001b3ULL;
}

static inline void mix_text(uint64_t *sum, struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		mix(sum, (uint8_t)text.data[i]);
}

/* All that it says; of its message a reader may hand on no more than the Info line. */
static inline void mix_request(uint64_t *sum, const struct kms_request *request)
{
	mix_text(sum, request->name);
	mix_text(sum, (struct text){ (const char *)request->cmid.bytes, sizeof(request->cmid.bytes) });
	mix_text(sum, (struct text){ (const char *)request->product.bytes, sizeof(request->product.bytes) });
	mix(sum, request->has_client_time ? request->client_time : 1);
	mix(sum, (uint64_t)request->hresult << 32 | request->needed);
	mix(sum, (uint64_t)request->vm << 32 | request->status);
	mix(sum, request->minutes);
}

static inline void fuzz_event(void *context, const struct log_event *event)
{
	uint64_t *sum = context;

	mix(sum, event->id);
	mix(sum, event->has_time ? event->time : 1);
	mix(sum, event->has_record ? event->record : 1);
	mix(sum, event->offset);
	mix(sum, event->line);
	mix(sum, event->problem);
	mix_text(sum, event->computer);
	mix_text(sum, event->provider);
	if (event->problem == REQUEST_GOOD)
		mix_request(sum, &event->request);
	else
		mix_text(sum, event->message);
}

static inline void fuzz_damage(void *context, uint64_t offset, const char *text)
{
	mix(context, offset + strlen(text));
}

static inline int fuzz_reader(const struct reader *reader, struct bytes log)
{
	uint64_t whole = 0, parts = 0;
	struct log_sink to_whole = { .context = &whole, .event = fuzz_event, .damage = fuzz_damage };
	struct log_sink to_parts = { .context = &parts, .event = fuzz_event, .damage = fuzz_damage };
	struct log_span one = { .stop = log.len, .last = true, .line = 1 };
	struct log_span two = { .stop = log.len / 2, .last = true, .line = 1 };
	void *learned;

	if (!reader->is(log))
		return 0;
	learned = reader->learn ? reader->learn(log, 0) : NULL;
	reader->read(learned, log, &one, &to_whole);
	reader->read(learned, log, &two, &to_parts);
	if (two.at < log.len) {
		two.stop = log.len;
		reader->read(learned, log, &two, &to_parts);
	}
	if (reader->seek && log.len > 1)
		(void)reader->seek(learned, log, log.len / 2 ? log.len / 2 : 1, log.len);
	if (whole != parts || one.n_items != two.n_items || one.n_known != two.n_known)
		abort();
	free(learned);
	return 0;
}
