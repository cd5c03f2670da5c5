/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two BinXML template bodies of a classic event: System with its twenty
 * substitutions, and EventData with its three. Names are written where they are
 * used first and referred to afterwards.
 */
#pragma once

#include "common/base/strbuf.h"
#include "tests/support/evtx_builder.h"

#define BINXML_NAMES_MAX 40

struct binxml_name {
	const char *text;
	uint32_t at; /* in the chunk, of the "next" field in front of the name */
	uint16_t hash;
};

struct binxml_names {
	struct binxml_name items[BINXML_NAMES_MAX];
	size_t n;
};

/* Appends the body, which will lie at offset base of its chunk. */
void binxml_system(struct strbuf *ret, uint32_t base, struct binxml_names *names, const struct evtx_source *source,
		   const char *computer);
void binxml_event_data(struct strbuf *ret, uint32_t base, struct binxml_names *names);
