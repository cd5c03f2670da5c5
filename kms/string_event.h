/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the UTF-16 texts of a record, as .evtx and .evt files have them, to an event.
 * What an event lends is good until the next one.
 */
#pragma once

#include "common/base/strbuf.h"
#include "kms/evtx.h"
#include "kms/log_event.h"

enum text_slot { SLOT_PROVIDER, SLOT_SOURCE, SLOT_CHANNEL, SLOT_COMPUTER, SLOT_COUNT };

/* Texts of a template are the same bytes for record after record: they are turned into UTF-8 once. */
struct cached_text {
	const uint8_t *from;
	size_t len;
	struct strbuf text;
};

/* All zero is ready for use. */
struct string_event {
	struct cached_text slots[SLOT_COUNT];
	struct strbuf strings;
};

/* Provider, source, channel, computer, strings and size of the binary data; event->id is set already. */
void string_event_fill(struct string_event *s, const struct evtx_fields *fields, struct log_event *event);
void string_event_release(struct string_event *s);
