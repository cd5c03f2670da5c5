/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/source.h"

#include "common/base/utf16.h"

static const char utf8_bom[] = "\xef\xbb\xbf";

static void swap_units(char *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		char first = data[i];

		data[i] = data[i + 1];
		data[i + 1] = first;
	}
}

/* '<', '[' or ';' as first unit: an answer file of either kind begins so. */
static bool is_opening(uint8_t c)
{
	return c == '<' || c == '[' || c == ';';
}

static enum source_encoding detect(struct bytes b, size_t *ret_bom_len)
{
	*ret_bom_len = 0;
	if (bytes_equal(b, 0, utf8_bom, 3)) {
		*ret_bom_len = 3;
		return SOURCE_UTF8;
	}
	if (b.len < 2)
		return SOURCE_UTF8;
	if (bytes_equal(b, 0, "\xff\xfe", 2) || bytes_equal(b, 0, "\xfe\xff", 2)) {
		*ret_bom_len = 2;
		return b.data[0] == 0xff ? SOURCE_UTF16LE : SOURCE_UTF16BE;
	}
	if (is_opening(b.data[0]) && b.data[1] == 0)
		return SOURCE_UTF16LE;
	if (b.data[0] == 0 && is_opening(b.data[1]))
		return SOURCE_UTF16BE;
	return SOURCE_UTF8;
}

static bool is_surrogate_at(const char *text, size_t len, size_t at)
{
	return at + 2 < len && (uint8_t)text[at] == 0xed && (uint8_t)text[at + 1] >= 0xa0;
}

static void mark_damage(struct source *ret, size_t at)
{
	if (ret->damaged)
		return;
	ret->damaged = true;
	ret->damaged_at = at;
}

static void decode_utf16(struct strbuf *raw, size_t bom_len, struct source *ret)
{
	if (ret->encoding == SOURCE_UTF16BE)
		swap_units(raw->data + bom_len, raw->len - bom_len);
	utf16le_to_text(bytes_of(raw->data + bom_len, raw->len - bom_len), &ret->text);
	for (size_t i = 0; i < ret->text.len; i++)
		if (is_surrogate_at(ret->text.data, ret->text.len, i)) {
			mark_damage(ret, i);
			break;
		}
	if ((raw->len - bom_len) % 2)
		mark_damage(ret, ret->text.len);
}

static void decode_latin1(const struct strbuf *raw, struct source *ret)
{
	ret->encoding = SOURCE_LATIN1;
	for (size_t i = 0; i < raw->len; i++)
		strbuf_add_codepoint(&ret->text, (uint8_t)raw->data[i]);
}

void source_decode(struct strbuf *raw, struct source *ret)
{
	struct bytes b = bytes_of(raw->data, raw->len);
	size_t bom_len;

	*ret = (struct source){ .encoding = detect(b, &bom_len) };
	ret->bom = bom_len > 0;
	if (ret->encoding != SOURCE_UTF8) {
		decode_utf16(raw, bom_len, ret);
	} else if (bom_len) {
		strbuf_add(&ret->text, raw->data + bom_len, raw->len - bom_len);
		if (!text_is_utf8(ret->text.data, ret->text.len))
			mark_damage(ret, 0);
	} else if (!text_is_utf8(strbuf_text(raw), raw->len)) {
		decode_latin1(raw, ret);
	} else {
		ret->text = *raw;
		*raw = (struct strbuf)STRBUF_INIT;
	}
	strbuf_reserve(&ret->text, 1);
	strbuf_release(raw);
}

void source_release(struct source *source)
{
	strbuf_release(&source->text);
}

/* UTF-8 of code points up to U+00FF, one byte each. */
static int encode_latin1(const char *text, size_t len, struct strbuf *ret, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (c >= 0xc4 || (c >= 0x80 && i + 1 >= len))
			return err_set(err, ERR_UNSUPPORTED, "a character does not fit the encoding of the file");
		if (c >= 0x80)
			c = (uint8_t)((c & 0x03) << 6 | ((uint8_t)text[++i] & 0x3f));
		strbuf_addc(ret, (char)c);
	}
	return 0;
}

int source_encode(const struct source *source, const char *text, size_t len, struct strbuf *ret, struct err *err)
{
	size_t start = ret->len;

	switch (source->encoding) {
	case SOURCE_LATIN1:
		return encode_latin1(text, len, ret, err);
	case SOURCE_UTF8:
		if (source->bom)
			strbuf_add(ret, utf8_bom, 3);
		strbuf_add(ret, text, len);
		return 0;
	case SOURCE_UTF16LE:
	case SOURCE_UTF16BE:
		break;
	}
	if (source->damaged)
		return err_set(err, ERR_FORMAT, "the file is not valid UTF-16");
	if (source->bom)
		strbuf_add(ret, "\xff\xfe", 2);
	if (text_to_utf16le(text, len, ret, err) < 0)
		return -1;
	if (source->encoding == SOURCE_UTF16BE)
		swap_units(ret->data + start, ret->len - start);
	return 0;
}

uint64_t source_file_offset(const struct source *source, size_t at)
{
	uint64_t units = 0;

	if (source->encoding == SOURCE_UTF8)
		return at + (source->bom ? 3u : 0u);
	for (size_t i = 0; i < at && i < source->text.len; i++) {
		uint8_t c = (uint8_t)source->text.data[i];

		if ((c & 0xc0) != 0x80)
			units += source->encoding != SOURCE_LATIN1 && c >= 0xf0 ? 2 : 1;
	}
	if (source->encoding == SOURCE_LATIN1)
		return units;
	return units * 2 + (source->bom ? 2u : 0u);
}

const char *source_encoding_name(enum source_encoding encoding)
{
	static const char *const names[] = {
		[SOURCE_UTF8] = "UTF-8",
		[SOURCE_UTF16LE] = "UTF-16LE",
		[SOURCE_UTF16BE] = "UTF-16BE",
		[SOURCE_LATIN1] = "8-bit",
	};

	return names[encoding];
}
