/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing run of bytes that is always followed by a NUL, so that data can be
 * used as a C string. It may hold NULs; len counts. An all-zero strbuf is valid
 * and empty (its data is NULL until something is added; strbuf_text gives "").
 */
#pragma once

#include <stdarg.h>

#include "common/base/alloc.h"

struct strbuf {
	char *data;
	size_t len;
	size_t cap;
};

#define STRBUF_INIT { NULL, 0, 0 }

void strbuf_release(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf);
void strbuf_reserve(struct strbuf *buf, size_t more);
void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_adds(struct strbuf *buf, const char *text);
void strbuf_addc(struct strbuf *buf, char c);
void strbuf_add_fill(struct strbuf *buf, char c, size_t count);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_addv(struct strbuf *buf, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

/* Takes end away from the end of the text; false, and nothing is done, when the text does not end with it. */
bool strbuf_drop_end(struct strbuf *buf, const char *end);

/* Appends one code point as UTF-8; surrogates give their three-byte WTF-8 form. */
void strbuf_add_codepoint(struct strbuf *buf, uint32_t codepoint);

/* The text, never NULL; owned by buf. */
const char *strbuf_text(const struct strbuf *buf) RETURNS_NONNULL;

/* Hands the memory to the caller (free it) and leaves buf empty. */
char *strbuf_detach(struct strbuf *buf);

/* Overwrites the contents before they are given back: for secrets. */
void strbuf_wipe(struct strbuf *buf);
