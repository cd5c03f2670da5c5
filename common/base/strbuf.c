/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_TEXT 100 /* most formatted texts are shorter: made in one go */

void strbuf_release(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf)STRBUF_INIT;
}

void strbuf_clear(struct strbuf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void strbuf_reserve(struct strbuf *buf, size_t more)
{
	size_t need = buf->len + more + 1;

	if (need <= buf->cap)
		return;
	buf->cap = MAX(need, MAX(buf->cap + buf->cap / 2, 64));
	buf->data = xrealloc(buf->data, buf->cap);
	alloc_in_huge_pages(buf->data, buf->cap);
	buf->data[buf->len] = '\0';
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
	strbuf_reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void strbuf_adds(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_addc(struct strbuf *buf, char c)
{
	strbuf_reserve(buf, 1);
	buf->data[buf->len++] = c;
	buf->data[buf->len] = '\0';
}

void strbuf_add_fill(struct strbuf *buf, char c, size_t count)
{
	strbuf_reserve(buf, count);
	memset(buf->data + buf->len, c, count);
	buf->len += count;
	buf->data[buf->len] = '\0';
}

void strbuf_addv(struct strbuf *buf, const char *fmt, va_list args)
{
	va_list again;
	int len;

	strbuf_reserve(buf, USUAL_TEXT);
	va_copy(again, args);
	len = vsnprintf(buf->data + buf->len, buf->cap - buf->len, fmt, again);
	va_end(again);
	if (len < 0) {
		buf->data[buf->len] = '\0';
		return;
	}
	if ((size_t)len >= buf->cap - buf->len) {
		strbuf_reserve(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
	}
	buf->len += (size_t)len;
}

void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_addv(buf, fmt, args);
	va_end(args);
}

void strbuf_add_codepoint(struct strbuf *buf, uint32_t c)
{
	char out[4];
	size_t len;

	if (c < 0x80) {
		out[0] = (char)c;
		len = 1;
	} else if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		len = 2;
	} else if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		len = 3;
	} else {
		out[0] = (char)(0xf0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 0x3f));
		out[2] = (char)(0x80 | (c >> 6 & 0x3f));
		out[3] = (char)(0x80 | (c & 0x3f));
		len = 4;
	}
	strbuf_add(buf, out, len);
}

bool strbuf_drop_end(struct strbuf *buf, const char *end)
{
	size_t len = strlen(end);

	if (!buf->data || buf->len < len || memcmp(buf->data + buf->len - len, end, len) != 0)
		return false;
	buf->len -= len;
	buf->data[buf->len] = '\0';
	return true;
}

const char *strbuf_text(const struct strbuf *buf)
{
	return buf->data ? buf->data : "";
}

char *strbuf_detach(struct strbuf *buf)
{
	char *text = buf->data ? buf->data : xstrdup("");

	*buf = (struct strbuf)STRBUF_INIT;
	return text;
}

void strbuf_wipe(struct strbuf *buf)
{
	if (buf->data)
		explicit_bzero(buf->data, buf->cap);
	strbuf_release(buf);
}
