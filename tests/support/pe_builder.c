/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/pe_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

#define PE_AT 0x80
#define OPTIONAL_LEN 240 /* PE32+ with 16 directories */
#define RSRC_FILE 0x200
#define RSRC_VA 0x1000
#define RSRC_DATA 0x58 /* behind three directories of one entry and one data entry */
#define RT_VERSION 16
#define ENGLISH 0x409

bool pe_version_parse(const char *text, struct pe_version *ret)
{
	struct pe_version version = { { 0 } };
	size_t n = 0;

	for (; n < ARRAY_SIZE(version.part); n++) {
		char *end;
		unsigned long number = strtoul(text, &end, 10);

		if (end == text || number > UINT16_MAX)
			return false;
		version.part[n] = (uint16_t)number;
		text = end;
		if (*text != '.')
			break;
		text++;
	}
	if (*text != '\0' || n < 1)
		return false;
	*ret = version;
	return true;
}

static void add16(struct strbuf *b, unsigned v)
{
	uint8_t raw[2];

	store_le16(raw, (uint16_t)v);
	strbuf_add(b, raw, sizeof raw);
}

static void add32(struct strbuf *b, uint32_t v)
{
	uint8_t raw[4];

	store_le32(raw, v);
	strbuf_add(b, raw, sizeof raw);
}

static void add_ascii_as_utf16(struct strbuf *b, const char *text)
{
	do
		add16(b, (unsigned char)*text);
	while (*text++);
}

static void pad(struct strbuf *b, size_t from, size_t to)
{
	strbuf_add_fill(b, '\0', (size_t)round_up(b->len - from, to) - (b->len - from));
}

/* A block of the resource: length (set by block_end), value length, type, key, padding. */
static size_t block_begin(struct strbuf *b, unsigned value_len, unsigned type, const char *key)
{
	size_t at;

	pad(b, 0, 4);
	at = b->len;
	add16(b, 0);
	add16(b, value_len);
	add16(b, type);
	add_ascii_as_utf16(b, key);
	pad(b, 0, 4);
	return at;
}

static void block_end(struct strbuf *b, size_t at)
{
	store_le16((uint8_t *)b->data + at, (uint16_t)(b->len - at));
}

static void add_string(struct strbuf *b, const char *key, const char *text)
{
	size_t at = block_begin(b, (unsigned)strlen(text) + 1, 1, key);

	add_ascii_as_utf16(b, text);
	block_end(b, at);
}

static void add_fixed(struct strbuf *b, const struct pe_version *v, uint32_t flags)
{
	add32(b, 0xfeef04bd);
	add32(b, 0x10000);
	for (unsigned i = 0; i < 2; i++) { /* file, then product */
		add32(b, (uint32_t)v->part[0] << 16 | v->part[1]);
		add32(b, (uint32_t)v->part[2] << 16 | v->part[3]);
	}
	add32(b, 0x3f);
	add32(b, flags);
	add32(b, 0x40004); /* Windows NT */
	add32(b, 2);       /* library */
	add32(b, 0);
	add32(b, 0);
	add32(b, 0);
}

static void format_version(const struct pe_version *v, char ret[32])
{
	snprintf(ret, 32, "%u.%u.%u.%u", v->part[0], v->part[1], v->part[2], v->part[3]);
}

static void add_strings(struct strbuf *b, const struct pe_version *v, const struct pe_options *o)
{
	char text[32];
	size_t info = block_begin(b, 0, 1, "StringFileInfo");
	size_t table = block_begin(b, 0, 1, "040904B0");

	format_version(v, text);
	add_string(b, "CompanyName", "Example Corporation");
	add_string(b, "FileDescription", o->name);
	add_string(b, "FileVersion", o->text ? o->text : text);
	add_string(b, "OriginalFilename", o->name);
	add_string(b, "ProductVersion", text);
	block_end(b, table);
	block_end(b, info);
}

static void add_translation(struct strbuf *b)
{
	size_t info = block_begin(b, 0, 1, "VarFileInfo");
	size_t var = block_begin(b, 4, 0, "Translation");

	add16(b, ENGLISH);
	add16(b, 0x4b0);
	block_end(b, var);
	block_end(b, info);
}

static void build_version(struct strbuf *b, const struct pe_version *v, const struct pe_options *o)
{
	size_t root = block_begin(b, 52, 0, "VS_VERSION_INFO");

	add_fixed(b, v, o->flags);
	add_strings(b, v, o);
	add_translation(b);
	block_end(b, root);
}

/* A directory with one entry of that id; where has its high bit set for a directory. */
static void add_directory(struct strbuf *b, uint32_t id, uint32_t where)
{
	add32(b, 0);
	add32(b, 0);
	add32(b, 0);
	add16(b, 0);
	add16(b, 1);
	add32(b, id);
	add32(b, where);
}

static void add_resources(struct strbuf *b, const struct strbuf *version)
{
	add_directory(b, RT_VERSION, 0x80000018);
	add_directory(b, 1, 0x80000030);
	add_directory(b, ENGLISH, 0x48);
	add32(b, RSRC_VA + RSRC_DATA);
	add32(b, (uint32_t)version->len);
	add32(b, 0);
	add32(b, 0);
	strbuf_add(b, version->data, version->len);
}

/* Behind the optional header's magic the two kinds differ in where things are. */
static void put_optional(uint8_t *opt, bool wide, uint32_t rsrc_len, uint32_t rsrc_raw)
{
	uint8_t *directories = opt + (wide ? 108 : 92);

	store_le16(opt, wide ? 0x20b : 0x10b);
	store_le32(opt + 8, rsrc_raw);
	if (wide)
		store_le64(opt + 24, 0x180000000);
	else
		store_le32(opt + 28, 0x10000000);
	store_le32(opt + 32, 0x1000);
	store_le32(opt + 36, 0x200);
	store_le16(opt + 40, 10);
	store_le16(opt + 48, 10);
	store_le32(opt + 56, RSRC_VA + (uint32_t)round_up(rsrc_len, 0x1000));
	store_le32(opt + 60, RSRC_FILE);
	store_le16(opt + 68, 3);
	store_le32(directories, 16);
	store_le32(directories + 4 + 2 * 8, rsrc_len ? RSRC_VA : 0);
	store_le32(directories + 4 + 2 * 8 + 4, rsrc_len);
}

static void put_headers(uint8_t *h, enum pe_machine machine, uint32_t rsrc_len, uint32_t rsrc_raw)
{
	bool wide = machine != PE_MACHINE_X86;
	unsigned optional_len = wide ? OPTIONAL_LEN : OPTIONAL_LEN - 16;
	uint8_t *coff = h + PE_AT + 4, *section = coff + 20 + optional_len;

	memcpy(h, "MZ", 2);
	store_le32(h + 0x3c, PE_AT);
	memcpy(h + PE_AT, "PE\0\0", 4);
	store_le16(coff, (uint16_t)machine);
	store_le16(coff + 2, 1);
	store_le32(coff + 4, 0x5de00000);
	store_le16(coff + 16, (uint16_t)optional_len);
	store_le16(coff + 18, wide ? 0x2022 : 0x2102); /* executable, library, large addresses or 32 bit */
	put_optional(coff + 20, wide, rsrc_len, rsrc_raw);
	memcpy(section, ".rsrc", 5);
	store_le32(section + 8, rsrc_len);
	store_le32(section + 12, RSRC_VA);
	store_le32(section + 16, rsrc_raw);
	store_le32(section + 20, RSRC_FILE);
	store_le32(section + 36, 0x40000040); /* initialised data, readable */
}

/* ---- NE: 16-bit, keys in single bytes, no type field ------------------------------ */

static size_t ne_begin(struct strbuf *b, unsigned value_len, const char *key)
{
	size_t at;

	pad(b, 0, 4);
	at = b->len;
	add16(b, 0);
	add16(b, value_len);
	strbuf_add(b, key, strlen(key) + 1);
	pad(b, 0, 4);
	return at;
}

static void ne_string(struct strbuf *b, const char *key, const char *text)
{
	size_t at = ne_begin(b, (unsigned)strlen(text) + 1, key);

	strbuf_add(b, text, strlen(text) + 1);
	block_end(b, at);
}

static void ne_version(struct strbuf *b, const struct pe_version *v, const struct pe_options *o)
{
	size_t root = ne_begin(b, 52, "VS_VERSION_INFO"), info, table;
	char text[32];

	format_version(v, text);
	add_fixed(b, v, o->flags);
	info = ne_begin(b, 0, "StringFileInfo");
	table = ne_begin(b, 0, "040904E4");
	ne_string(b, "FileVersion", o->text ? o->text : text);
	ne_string(b, "OriginalFilename", o->name);
	block_end(b, table);
	block_end(b, info);
	block_end(b, root);
}

static void build_ne(const struct pe_version *version, const struct pe_options *options, struct strbuf *ret)
{
	enum { NE_AT = 0x80, TABLE = 0x40, SHIFT = 4 };
	uint8_t headers[RSRC_FILE] = { 0 };
	uint8_t *ne = headers + NE_AT, *table = ne + TABLE;
	struct strbuf info = STRBUF_INIT;

	ne_version(&info, version, options);
	pad(&info, 0, 1 << SHIFT);
	memcpy(headers, "MZ", 2);
	store_le32(headers + 0x3c, NE_AT);
	memcpy(ne, "NE", 2);
	store_le16(ne + 0x0c, 0x8000); /* library */
	store_le16(ne + 0x24, TABLE);
	ne[0x36] = 2; /* for Windows */
	store_le16(table, SHIFT);
	store_le16(table + 2, 0x8000 | RT_VERSION);
	store_le16(table + 4, 1);
	store_le16(table + 10, RSRC_FILE >> SHIFT);
	store_le16(table + 12, (uint16_t)(info.len >> SHIFT));
	store_le16(table + 14, 0x1c30);
	store_le16(table + 16, 0x8001);
	strbuf_add(ret, headers, sizeof headers);
	strbuf_add(ret, info.data, info.len);
	strbuf_release(&info);
}

bool pe_machine_parse(const char *text, enum pe_machine *ret)
{
	static const struct {
		const char *name;
		enum pe_machine machine;
	} rows[] = {
		{ "16-bit", PE_MACHINE_16 }, { "x86", PE_MACHINE_X86 }, { "amd64", PE_MACHINE_AMD64 },
		{ "arm64", PE_MACHINE_ARM64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, text) == 0) {
			*ret = rows[i].machine;
			return true;
		}
	return false;
}

void pe_build_as(const struct pe_version *version, const struct pe_options *options, struct strbuf *ret)
{
	uint8_t headers[RSRC_FILE] = { 0 };
	struct strbuf info = STRBUF_INIT, rsrc = STRBUF_INIT;
	size_t used;

	if (options->machine == PE_MACHINE_16) {
		build_ne(version, options, ret);
		return;
	}
	build_version(&info, version, options);
	if (!options->no_version)
		add_resources(&rsrc, &info);
	used = rsrc.len;
	pad(&rsrc, 0, 0x200);
	put_headers(headers, options->machine, (uint32_t)used, (uint32_t)rsrc.len);
	strbuf_add(ret, headers, sizeof headers);
	strbuf_add(ret, strbuf_text(&rsrc), rsrc.len);
	strbuf_release(&info);
	strbuf_release(&rsrc);
}

void pe_build(const struct pe_version *version, const char *name, struct strbuf *ret)
{
	const struct pe_options options = { .machine = PE_MACHINE_AMD64, .name = name };

	pe_build_as(version, &options, ret);
}
