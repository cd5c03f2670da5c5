/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_node_edit.h"

#include <stdlib.h>

#include "common/base/utf16.h"

#define NAME_UNITS_MAX 255 /* of one name on NTFS */

int wim_name_check(const char *name, size_t len, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (len == 0 || (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
		return err_set(err, ERR_USAGE, "\"%.*s\" cannot be the name of a file", (int)len, name);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || strchr("<>:\"/\\|?*", name[i]))
			return err_set(err, ERR_USAGE,
				       "\"%.*s\" holds a character that Windows does not allow in names",
				       (int)MIN(len, (size_t)255), name);
	if (text_to_utf16le(name, len, &units, err) < 0)
		return err_context(err, "name");
	if (units.len / 2 > NAME_UNITS_MAX)
		return err_set(err, ERR_USAGE, "\"%.60s...\" is longer than %d characters", name, NAME_UNITS_MAX);
	return 0;
}

/* The fixed part, the two names, then zeros up to a multiple of eight. */
static void build_entry(struct strbuf *raw, const uint8_t *fixed, const struct strbuf *name, const uint8_t *short_name,
			uint16_t short_len)
{
	strbuf_add(raw, fixed, DENTRY_FIXED_LEN);
	store_le16((uint8_t *)raw->data + DENTRY_NAME_LEN, (uint16_t)name->len);
	store_le16((uint8_t *)raw->data + DENTRY_SHORT_LEN, short_len);
	strbuf_add(raw, name->data, name->len);
	strbuf_add_fill(raw, '\0', 2);
	if (short_len) {
		strbuf_add(raw, short_name, short_len);
		strbuf_add_fill(raw, '\0', 2);
	}
	strbuf_add_fill(raw, '\0', (size_t)round_up(raw->len, 8) - raw->len);
}

static int set_raw(struct wim_tree *tree, struct wim_node *node, const struct strbuf *raw, size_t entry_len,
		   struct err *err)
{
	node->raw = arena_alloc(&tree->arena, raw->len);
	memcpy(node->raw, raw->data, raw->len);
	node->raw_len = (uint32_t)raw->len;
	node->entry_len = (uint32_t)entry_len;
	store_le64(node->raw + DENTRY_LENGTH, entry_len);
	return wim_node_index(&tree->arena, node, err);
}

struct wim_node *wim_node_new(struct wim_tree *tree, const char *name, size_t len, const struct wim_new_node *what)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct wim_node *node = arena_alloc(&tree->arena, sizeof(*node));
	uint8_t fixed[DENTRY_FIXED_LEN] = { 0 };

	store_le32(fixed + DENTRY_ATTRIBUTES, what->attributes);
	store_le32(fixed + DENTRY_SECURITY, (uint32_t)what->security_id);
	store_le64(fixed + DENTRY_CREATED, what->created);
	store_le64(fixed + DENTRY_ACCESSED, what->accessed);
	store_le64(fixed + DENTRY_WRITTEN, what->written);
	if (what->hash)
		memcpy(fixed + DENTRY_HASH, what->hash, WIM_HASH_LEN);
	if (what->attributes & WIM_ATTR_REPARSE)
		store_le32(fixed + DENTRY_REPARSE_TAG, what->reparse_tag);
	/* so that a folder gets its own (empty) list of entries */
	if ((what->attributes & (WIM_ATTR_DIRECTORY | WIM_ATTR_REPARSE)) == WIM_ATTR_DIRECTORY)
		store_le64(fixed + DENTRY_SUBDIR, 8);
	(void)text_to_utf16le(name, len, &units, NULL);
	build_entry(&raw, fixed, &units, NULL, 0);
	wim_node_unlink(node);
	(void)set_raw(tree, node, &raw, raw.len, NULL);
	return node;
}

static void set_depth(struct wim_node *top)
{
	for (struct wim_node *node = top; node; node = wim_node_walk(top, node))
		node->depth = (uint16_t)(node->parent->depth + 1);
}

static size_t count_below(const struct wim_node *top)
{
	size_t n = 0;

	for (const struct wim_node *node = top; node; node = wim_node_walk(top, node))
		n++;
	return n;
}

static void insert_after(struct wim_node *dir, struct wim_node *before, struct wim_node *node)
{
	node->prev = before;
	node->next = before ? before->next : dir->first;
	if (node->next)
		node->next->prev = node;
	else
		dir->last = node;
	if (before)
		before->next = node;
	else
		dir->first = node;
}

void wim_node_attach(struct wim_tree *tree, struct wim_node *dir, struct wim_node *node)
{
	uint32_t place = wim_node_place(dir, node->name, strlen(node->name));

	if (dir->n_children >= dir->cap) {
		dir->cap = dir->n_children ? dir->n_children * 2 : 8;
		dir->sorted = xreallocarray(dir->sorted, dir->cap, sizeof(struct wim_node *));
	}
	memmove(dir->sorted + place + 1, dir->sorted + place, (dir->n_children - place) * sizeof(*dir->sorted));
	dir->sorted[place] = node;
	dir->n_children++;
	node->parent = dir;
	insert_after(dir, place ? dir->sorted[place - 1] : NULL, node);
	set_depth(node);
	tree->n_nodes += count_below(node);
}

void wim_node_detach(struct wim_tree *tree, struct wim_node *node)
{
	struct wim_node *dir = node->parent;
	uint32_t place = wim_node_place(dir, node->name, strlen(node->name));

	memmove(dir->sorted + place, dir->sorted + place + 1, (dir->n_children - place - 1) * sizeof(*dir->sorted));
	dir->n_children--;
	if (node->prev)
		node->prev->next = node->next;
	else
		dir->first = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		dir->last = node->prev;
	node->parent = node->prev = node->next = NULL;
	tree->n_nodes -= count_below(node);
}

int wim_node_rename(struct wim_tree *tree, struct wim_node *node, const char *name, size_t len, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	bool keep_short = text_compare_nocase(node->name, strlen(node->name), name, len) == 0;
	uint16_t name_len = load_le16(node->raw + DENTRY_NAME_LEN);
	uint16_t short_len = load_le16(node->raw + DENTRY_SHORT_LEN);
	uint32_t short_at = DENTRY_FIXED_LEN + (name_len ? name_len + 2u : 0);
	uint32_t tagged_at = (uint32_t)round_up(short_at + (short_len ? short_len + 2u : 0), 8);

	if (text_to_utf16le(name, len, &units, err) < 0)
		return -1;
	build_entry(&raw, node->raw, &units, node->raw + short_at, keep_short ? short_len : 0);
	if (tagged_at < node->entry_len)
		strbuf_add(&raw, node->raw + tagged_at, node->entry_len - tagged_at);

	size_t entry_len = raw.len;

	strbuf_add(&raw, node->raw + node->entry_len, node->raw_len - node->entry_len);
	return set_raw(tree, node, &raw, entry_len, err);
}
