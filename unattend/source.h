/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The characters of an answer file and how they were stored.
 *
 * source_decode turns the bytes of a file into UTF-8 (lone surrogates as WTF-8)
 * and remembers encoding and byte order mark; source_encode turns edited text
 * back, so that what was not edited gives the bytes it came from. All other
 * modules count in bytes of source.text; source_file_offset tells where such an
 * offset is in the file.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/strbuf.h"

#define SOURCE_MAX_BYTES (16u * 1024 * 1024) /* real files stay below 1 MB */

enum source_encoding {
	SOURCE_UTF8,
	SOURCE_UTF16LE,
	SOURCE_UTF16BE,
	SOURCE_LATIN1, /* one byte a character: bytes that are no UTF-8 */
};

struct source {
	struct strbuf text;
	enum source_encoding encoding;
	bool bom;
	bool damaged;      /* lone surrogate or odd length: encoding back may differ */
	size_t damaged_at; /* in text */
};

/* Takes raw over (it is empty afterwards). */
void source_decode(struct strbuf *raw, struct source *ret);
void source_release(struct source *source);

/* Appends text in the encoding of source, with its byte order mark. */
int source_encode(const struct source *source, const char *text, size_t len, struct strbuf *ret, struct err *err);

uint64_t source_file_offset(const struct source *source, size_t at);
const char *source_encoding_name(enum source_encoding encoding);
