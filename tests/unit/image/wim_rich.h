/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gives a captured WIM what a file system of Linux cannot hold: security
 * descriptors, short names, named streams, a creation time of its own, a tagged item.
 * The entry is put together here byte by byte after the format, not by the code under test.
 */
#pragma once

#include "common/image/edit_private.h"
#include "tests/unit/image/wim_case.h"

#define RICH_PATH "/Windows/System32/config/SYSTEM"
#define RICH_CREATED 0x01c9000011223344ULL
#define RICH_ATTRIBUTES 0x26u /* hidden, system, archive */

/* owner and group, no access lists: 0x8000 self-relative, S-1-5-18 and S-1-5-32-544 */
static const uint8_t rich_sd_1[] = {
	1, 0, 0, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0,
};
static const uint8_t rich_sd_0[] = {
	1, 0, 0, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 19, 0, 0, 0,
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
};
static const uint8_t rich_tag[24] = { 0x77, 0x77, 0, 0, 16, 0, 0, 0, 'k', 'e', 'e', 'p', ' ', 't', 'h', 'e', 's',
				      'e', ' ', 'b', 'y', 't', 'e', 's' };

static UNUSED void rich_add_u64(struct strbuf *buf, uint64_t value)
{
	uint8_t raw[8];

	store_le64(raw, value);
	strbuf_add(buf, raw, sizeof(raw));
}

static UNUSED void rich_add_utf16(struct strbuf *buf, const char *ascii)
{
	for (; *ascii; ascii++) {
		strbuf_addc(buf, *ascii);
		strbuf_addc(buf, '\0');
	}
}

static UNUSED void rich_pad(struct strbuf *buf)
{
	while (buf->len % 8)
		strbuf_addc(buf, '\0');
}

static UNUSED void rich_add_stream(struct strbuf *buf, const char *name, const uint8_t hash[20])
{
	size_t begin = buf->len;

	rich_add_u64(buf, 0);
	rich_add_u64(buf, 0);
	strbuf_add(buf, hash, 20);
	strbuf_addc(buf, (char)(2 * strlen(name)));
	strbuf_addc(buf, '\0');
	if (*name) {
		rich_add_utf16(buf, name);
		strbuf_add_fill(buf, '\0', 2);
	}
	rich_pad(buf);
	store_le64((uint8_t *)buf->data + begin, buf->len - begin);
}

static UNUSED void rich_node(struct image_edit *edit, const char *path, const char *name, const char *short_name,
			     const uint8_t stream_hash[20])
{
	struct wim_node *node = image_lookup(edit->tree, path, NULL);
	struct strbuf raw = STRBUF_INIT;
	uint8_t data_hash[20];

	assert_non_null(node);
	memcpy(data_hash, node->raw + 0x40, 20);
	strbuf_add(&raw, node->raw, 0x66);
	store_le32((uint8_t *)raw.data + 0x08, RICH_ATTRIBUTES);
	store_le32((uint8_t *)raw.data + 0x0c, 1);
	store_le64((uint8_t *)raw.data + 0x28, RICH_CREATED);
	memset(raw.data + 0x40, 0, 20);
	store_le16((uint8_t *)raw.data + 0x60, 2);
	store_le16((uint8_t *)raw.data + 0x62, (uint16_t)(2 * strlen(short_name)));
	rich_add_utf16(&raw, name);
	strbuf_add_fill(&raw, '\0', 2);
	rich_add_utf16(&raw, short_name);
	strbuf_add_fill(&raw, '\0', 2);
	rich_pad(&raw);
	strbuf_add(&raw, rich_tag, sizeof(rich_tag));
	store_le64((uint8_t *)raw.data, raw.len);

	size_t entry_len = raw.len;

	rich_add_stream(&raw, "", data_hash);
	rich_add_stream(&raw, "Zone.Identifier", stream_hash);
	node->raw = arena_alloc(&edit->tree->arena, raw.len);
	memcpy(node->raw, raw.data, raw.len);
	node->raw_len = (uint32_t)raw.len;
	node->entry_len = (uint32_t)entry_len;
	ok(wim_node_index(&edit->tree->arena, node, &err));
	strbuf_release(&raw);
}

/* The two security descriptors as the metadata begins with them. */
static UNUSED void rich_security(struct strbuf *ret)
{
	rich_add_u64(ret, 0);
	store_le32((uint8_t *)ret->data, 24 + sizeof(rich_sd_0) + sizeof(rich_sd_1));
	store_le32((uint8_t *)ret->data + 4, 2);
	rich_add_u64(ret, sizeof(rich_sd_0));
	rich_add_u64(ret, sizeof(rich_sd_1));
	strbuf_add(ret, rich_sd_0, sizeof(rich_sd_0));
	strbuf_add(ret, rich_sd_1, sizeof(rich_sd_1));
	rich_pad(ret);
}

static UNUSED void capture_rich(const char *wim, const char *options)
{
	struct strbuf security = STRBUF_INIT;
	struct strbuf old;
	uint8_t stream_hash[20];

	capture(wim, options);

	struct image_edit *edit = open_edit(wim, NULL);

	rich_security(&security);
	old = edit->tree->data;
	edit->tree->data = security;
	edit->tree->root_at = (uint32_t)security.len;
	wim_sha1("1", 1, stream_hash);
	store_le32(edit->tree->root->raw + 0x0c, 0);
	store_le32(image_lookup(edit->tree, "/Windows/System32/config", NULL)->raw + 0x0c, 0);
	rich_node(edit, RICH_PATH, "SYSTEM", "SYS~1.HIV", stream_hash);
	edit->changed = true;
	ok(image_edit_commit(edit, NULL, &err));
	strbuf_release(&old);
	image_edit_closep(&edit);
}

/* What wimlib says of one entry, without what a replaced file may change. */
static UNUSED char *rich_facts(const char *wim, const char *path)
{
	return output_of("wimlib-imagex dir %s 1 --detailed --path='%s' | "
			 "grep -vE '^(Last Write|Hash|Uncompressed|Compressed|Offset|Reference|Solid|Part|Flags)'",
			 wim, path);
}
