/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .evtx files; checksums are reported, not demanded, so the fuzzer gets past them. */
#include "kms/evtx.h"
#include "kms/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *context, const struct log_event *event)
{
	*(size_t *)context += event->message.len + event->computer.len;
}

static void on_damage(void *context, uint64_t offset, const char *text)
{
	*(size_t *)context += offset + strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;
	struct log_sink sink = { .context = &sum, .event = on_event, .damage = on_damage };
	struct err err = { 0 };

	if (evtx_is(bytes_of(data, size)))
		(void)log_read_bytes(bytes_of(data, size), &sink, NULL, &err);
	return 0;
}
