/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/pe_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"

/* MZ header: where the newer header lies. */
#define MZ_LFANEW 0x3c
#define MZ_LEN 0x40

/* COFF header behind "PE\0\0" */
#define COFF_MACHINE 0
#define COFF_SECTIONS 2
#define COFF_TIMESTAMP 4
#define COFF_OPTIONAL_LEN 16
#define COFF_FLAGS 18
#define COFF_LEN 20
#define COFF_IS_DLL 0x2000u

/* optional header: magic, and the data directories of PE32 and PE32+ */
#define OPT_PE32 0x10b
#define OPT_PE64 0x20b
#define OPT_DIRECTORIES_32 92
#define OPT_DIRECTORIES_64 108
#define DIRECTORY_RESOURCE 2

/* section header */
#define SECTION_VIRTUAL_LEN 8
#define SECTION_ADDRESS 12
#define SECTION_RAW_LEN 16
#define SECTION_RAW_AT 20
#define SECTION_LEN 40
#define SECTIONS_MAX 1024 /* Windows takes 96 */

/* resource directory, its entries, and the leaf */
#define RSRC_DIR_NAMED 12
#define RSRC_DIR_IDS 14
#define RSRC_DIR_LEN 16
#define RSRC_ENTRY_LEN 8
#define RSRC_LEAF_LEN 16
#define RSRC_SUBDIR 0x80000000u
#define RSRC_ENTRIES_MAX 65536
#define RT_VERSION 16

/* VS_FIXEDFILEINFO */
#define FIXED_SIGNATURE 0xfeef04bdu
#define FIXED_FILE 8
#define FIXED_PRODUCT 16
#define FIXED_FLAGS_MASK 24
#define FIXED_FLAGS 28
#define FIXED_LEN 52

/* NE header: resource table and what it holds */
#define NE_RESOURCES 0x24
#define NE_FLAGS 0x0c
#define NE_LEN 0x40
#define NE_IS_DLL 0x8000u
#define NE_TYPE_LEN 8
#define NE_ENTRY_LEN 12
#define NE_RT_VERSION 0x8010u
#define NE_TYPES_MAX 4096

#define VERSION_BYTES_MAX 65535u /* its length is a 16-bit number */

static int cut_short(struct bytes b, const char *what, struct err *err)
{
	return err_at(err, ERR_TRUNCATED, b.offset + b.len, "%s crosses the end of the file", what);
}

/* ---- the version resource: blocks with a length, a key and a value ----------- */

struct block {
	char key[64];
	unsigned value_len; /* as it is in the file: bytes, or characters of text */
	bool is_text;
	struct bytes value; /* from the value to the end of the block */
	size_t len;         /* of the whole block, rounded up */
};

/* The key is UTF-16 in PE files, single bytes in NE files. Returns the bytes it takes with its NUL; 0: no end. */
static size_t take_key(struct bytes b, size_t at, bool wide, char *ret, size_t size)
{
	size_t unit = wide ? 2 : 1, n = 0;

	for (; bytes_holds(b, at + n * unit, unit); n++) {
		unsigned c = wide ? bytes_le16(b, at + n * unit) : bytes_u8(b, at + n * unit);

		if (n < size)
			ret[n] = (char)(c < 0x80 ? c : '?');
		if (!c) {
			ret[MIN(n, size - 1)] = '\0';
			return (n + 1) * unit;
		}
	}
	return 0;
}

/* A block at the start of b; false when its numbers do not fit. */
static bool take_block(struct bytes b, bool wide, struct block *ret)
{
	size_t header = wide ? 6 : 4, len, key_len, at;

	if (b.len < header)
		return false;
	len = bytes_le16(b, 0);
	if (len < header || !bytes_slice(b, 0, len, &b))
		return false;
	*ret = (struct block){
		.value_len = bytes_le16(b, 2),
		.is_text = wide && bytes_le16(b, 4) == 1,
		.len = (size_t)round_up(len, 4),
	};
	key_len = take_key(b, header, wide, ret->key, sizeof(ret->key));
	if (!key_len)
		return false;
	at = (size_t)round_up(header + key_len, 4);
	ret->value = bytes_from(b, at);
	return true;
}

static void load_fixed(struct bytes value, struct pe_info *ret)
{
	if (value.len < FIXED_LEN || bytes_le32(value, 0) != FIXED_SIGNATURE)
		return;
	ret->has_version = true;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t file = bytes_le32(value, FIXED_FILE + 4 * i);
		uint32_t product = bytes_le32(value, FIXED_PRODUCT + 4 * i);

		ret->file.part[2 * i] = (uint16_t)(file >> 16);
		ret->file.part[2 * i + 1] = (uint16_t)file;
		ret->product.part[2 * i] = (uint16_t)(product >> 16);
		ret->product.part[2 * i + 1] = (uint16_t)product;
	}
	ret->flags = bytes_le32(value, FIXED_FLAGS) & bytes_le32(value, FIXED_FLAGS_MASK);
}

static void add_string(struct pe_info *info, const struct block *block, bool wide)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct bytes value = block->value;

	if (info->strings.len >= PE_STRINGS_MAX)
		return;
	if (wide)
		utf16le_z_to_text(value, &text);
	else
		strbuf_add(&text, value.data, strnlen((const char *)value.data, MIN(value.len, block->value_len)));
	*vec_add(&info->strings) = (struct pe_string){
		.key = xstrdup(block->key),
		.value = xstrdup(strbuf_text(&text)),
	};
}

/* Calls for the blocks in b; deeper ones are string tables of StringFileInfo. */
static void load_blocks(struct bytes b, bool wide, unsigned depth, struct pe_info *ret)
{
	struct block block;

	while (take_block(b, wide, &block)) {
		if (depth == 2)
			add_string(ret, &block, wide);
		else if (depth == 1 && ret->strings.len == 0)
			load_blocks(block.value, wide, 2, ret);
		else if (depth == 0 && strcmp(block.key, "StringFileInfo") == 0)
			load_blocks(block.value, wide, 1, ret);
		b = bytes_from(b, block.len);
	}
}

static int load_version(struct bytes resource, bool wide, struct pe_info *ret, struct err *err)
{
	struct block root;
	struct bytes rest;

	if (!take_block(resource, wide, &root) || strcmp(root.key, "VS_VERSION_INFO") != 0)
		return err_at(err, ERR_FORMAT, resource.offset, "the version resource has no VS_VERSION_INFO");
	rest = root.value;
	if (root.value_len) {
		load_fixed(root.value, ret);
		rest = bytes_from(root.value, round_up(root.value_len, 4));
	}
	load_blocks(rest, wide, 0, ret);
	return 0;
}

/* ---- resources of PE files ----------------------------------------------------- */

struct sections {
	struct bytes file;
	struct bytes table;
	unsigned n;
};

/* The part of the file that holds len bytes at a virtual address. */
static bool at_address(const struct sections *s, uint32_t address, uint32_t len, struct bytes *ret)
{
	for (unsigned i = 0; i < s->n; i++) {
		size_t at = (size_t)i * SECTION_LEN;
		uint32_t start = bytes_le32(s->table, at + SECTION_ADDRESS);
		uint32_t raw_len = bytes_le32(s->table, at + SECTION_RAW_LEN);
		uint32_t raw_at = bytes_le32(s->table, at + SECTION_RAW_AT);

		if (address >= start && address - start <= raw_len && len <= raw_len - (address - start))
			return bytes_slice(s->file, (uint64_t)raw_at + (address - start), len, ret);
	}
	return false;
}

/* The rest of the section from a virtual address on. */
static bool from_address(const struct sections *s, uint32_t address, struct bytes *ret)
{
	for (unsigned i = 0; i < s->n; i++) {
		size_t at = (size_t)i * SECTION_LEN;
		uint32_t start = bytes_le32(s->table, at + SECTION_ADDRESS);
		uint32_t raw_len = bytes_le32(s->table, at + SECTION_RAW_LEN);
		uint32_t raw_at = bytes_le32(s->table, at + SECTION_RAW_AT);

		if (address < start || address - start >= raw_len || raw_at > s->file.len)
			continue;
		raw_len = (uint32_t)MIN((uint64_t)raw_len, s->file.len - raw_at);
		return address - start < raw_len &&
		       bytes_slice(s->file, (uint64_t)raw_at + (address - start), raw_len - (address - start), ret);
	}
	return false;
}

/* Entry of a directory: by id, or the first when id is 0. False when there is none or it does not fit. */
static bool find_entry(struct bytes rsrc, uint32_t dir_at, uint32_t id, uint32_t *ret)
{
	uint32_t named, n;

	if (!bytes_holds(rsrc, dir_at, RSRC_DIR_LEN))
		return false;
	named = bytes_le16(rsrc, dir_at + RSRC_DIR_NAMED);
	n = named + bytes_le16(rsrc, dir_at + RSRC_DIR_IDS);
	for (uint32_t i = id ? named : 0; i < n && i < RSRC_ENTRIES_MAX; i++) {
		uint64_t at = (uint64_t)dir_at + RSRC_DIR_LEN + (uint64_t)i * RSRC_ENTRY_LEN;

		if (!bytes_holds(rsrc, at, RSRC_ENTRY_LEN))
			return false;
		if (!id || bytes_le32(rsrc, (size_t)at) == id) {
			*ret = bytes_le32(rsrc, (size_t)at + 4);
			return true;
		}
	}
	return false;
}

/* Type, name and language: three directories, then the leaf. */
static int load_resources(const struct sections *s, struct bytes rsrc, struct pe_info *ret, struct err *err)
{
	uint32_t where = RSRC_SUBDIR, len;
	struct bytes data;

	for (unsigned depth = 0; depth < 3; depth++) {
		if (!(where & RSRC_SUBDIR))
			return err_at(err, ERR_FORMAT, rsrc.offset, "the resources do not have three levels");
		if (!find_entry(rsrc, where & ~RSRC_SUBDIR, depth == 0 ? RT_VERSION : 0, &where))
			return depth == 0 ? 0 : cut_short(rsrc, "resource directory", err);
	}
	if ((where & RSRC_SUBDIR) || !bytes_holds(rsrc, where, RSRC_LEAF_LEN))
		return cut_short(rsrc, "resource entry", err);
	len = bytes_le32(rsrc, where + 4);
	if (len > VERSION_BYTES_MAX || !at_address(s, bytes_le32(rsrc, where), len, &data))
		return err_at(err, ERR_FORMAT, rsrc.offset + where, "the version resource is not in the file");
	return load_version(data, true, ret, err);
}

/* The resource directory, when the optional header has one. */
static bool resource_address(struct bytes optional, bool wide, uint32_t *ret)
{
	size_t at = wide ? OPT_DIRECTORIES_64 : OPT_DIRECTORIES_32;

	if (!bytes_holds(optional, at, 4) || bytes_le32(optional, at) <= DIRECTORY_RESOURCE)
		return false;
	at += 4 + DIRECTORY_RESOURCE * 8;
	if (!bytes_holds(optional, at, 8))
		return false;
	*ret = bytes_le32(optional, at);
	return *ret != 0;
}

static int load_pe(struct bytes file, uint32_t at, struct pe_info *ret, struct err *err)
{
	struct sections sections = { .file = file };
	struct bytes coff, optional, rsrc = { 0 };
	uint32_t address;
	uint16_t magic;

	if (!bytes_slice(file, (uint64_t)at + 4, COFF_LEN, &coff) ||
	    !bytes_slice(file, (uint64_t)at + 4 + COFF_LEN, bytes_le16(coff, COFF_OPTIONAL_LEN), &optional))
		return cut_short(file, "PE header", err);
	magic = optional.len >= 2 ? bytes_le16(optional, 0) : 0;
	if (magic != OPT_PE32 && magic != OPT_PE64)
		return err_at(err, ERR_FORMAT, optional.offset, "neither PE32 nor PE32+ (0x%x)", magic);
	ret->kind = magic == OPT_PE64 ? PE_KIND_PE64 : PE_KIND_PE32;
	ret->machine = bytes_le16(coff, COFF_MACHINE);
	ret->timestamp = bytes_le32(coff, COFF_TIMESTAMP);
	ret->is_dll = bytes_le16(coff, COFF_FLAGS) & COFF_IS_DLL;
	sections.n = bytes_le16(coff, COFF_SECTIONS);
	if (sections.n > SECTIONS_MAX)
		return err_at(err, ERR_LIMIT, coff.offset, "%u sections", sections.n);
	if (!bytes_slice(file, optional.offset - file.offset + optional.len, (uint64_t)sections.n * SECTION_LEN,
			 &sections.table))
		return cut_short(file, "section table", err);
	if (!resource_address(optional, magic == OPT_PE64, &address))
		return 0;
	if (!from_address(&sections, address, &rsrc))
		return err_at(err, ERR_TRUNCATED, optional.offset, "the resources are not in the file");
	return load_resources(&sections, rsrc, ret, err);
}

/* ---- resources of NE files ----------------------------------------------------- */

static int load_ne_entry(struct bytes file, struct bytes table, size_t at, unsigned shift, struct pe_info *ret,
			 struct err *err)
{
	struct bytes data;

	if (!bytes_slice(file, (uint64_t)bytes_le16(table, at) << shift, (uint64_t)bytes_le16(table, at + 2) << shift,
			 &data))
		return cut_short(file, "version resource", err);
	return load_version(data, false, ret, err);
}

static int load_ne(struct bytes file, uint32_t at, struct pe_info *ret, struct err *err)
{
	struct bytes header, table;
	unsigned shift;
	size_t where = 2;

	if (!bytes_slice(file, at, NE_LEN, &header))
		return cut_short(file, "NE header", err);
	ret->kind = PE_KIND_NE;
	ret->is_dll = bytes_le16(header, NE_FLAGS) & NE_IS_DLL;
	table = bytes_from(file, (uint64_t)at + bytes_le16(header, NE_RESOURCES));
	if (table.len < 2)
		return 0;
	shift = bytes_le16(table, 0);
	if (shift > 15)
		return err_at(err, ERR_FORMAT, table.offset, "resources are aligned to 2^%u bytes", shift);
	for (unsigned i = 0; i < NE_TYPES_MAX && bytes_holds(table, where, NE_TYPE_LEN); i++) {
		unsigned type = bytes_le16(table, where), n = bytes_le16(table, where + 2);

		if (!type)
			break;
		if (!bytes_holds(table, where + NE_TYPE_LEN, (uint64_t)n * NE_ENTRY_LEN))
			return cut_short(table, "resource table", err);
		if (type == NE_RT_VERSION && n)
			return load_ne_entry(file, table, where + NE_TYPE_LEN, shift, ret, err);
		where += NE_TYPE_LEN + (size_t)n * NE_ENTRY_LEN;
	}
	return 0;
}

int pe_version_load(struct bytes file, struct pe_info *ret, struct err *err)
{
	uint32_t at;

	*ret = (struct pe_info){ .kind = PE_KIND_NE };
	if (!bytes_equal(file, 0, "MZ", 2))
		return err_set(err, ERR_FORMAT, "no program file of Windows: it does not begin with MZ");
	if (file.len < MZ_LEN)
		return cut_short(file, "MZ header", err);
	at = bytes_le32(file, MZ_LFANEW);
	if (bytes_equal(file, at, "PE\0\0", 4))
		return load_pe(file, at, ret, err);
	if (bytes_equal(file, at, "NE", 2))
		return load_ne(file, at, ret, err);
	return err_at(err, ERR_FORMAT, at, "no PE or NE header: a program of MS-DOS, or damaged");
}

void pe_info_release(struct pe_info *info)
{
	for (size_t i = 0; i < info->strings.len; i++) {
		free(info->strings.items[i].key);
		free(info->strings.items[i].value);
	}
	vec_release(&info->strings);
}

const char *pe_info_string(const struct pe_info *info, const char *key)
{
	for (size_t i = 0; i < info->strings.len; i++)
		if (strcmp(info->strings.items[i].key, key) == 0)
			return info->strings.items[i].value;
	return NULL;
}

const char *pe_info_arch(const struct pe_info *info, char ret[8])
{
	static const struct {
		uint16_t machine;
		const char *name;
	} rows[] = {
		{ 0x014c, "x86" }, { 0x8664, "amd64" }, { 0xaa64, "arm64" }, { 0x0200, "ia64" },
		{ 0x01c4, "arm" }, { 0x01c0, "arm" },   { 0x0184, "alpha" }, { 0x0166, "mips" },
		{ 0x01f0, "ppc" },
	};

	if (info->kind == PE_KIND_NE)
		return "16-bit";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].machine == info->machine)
			return rows[i].name;
	snprintf(ret, 8, "0x%04x", info->machine);
	return ret;
}
