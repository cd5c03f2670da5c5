/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_node_edit.h"

#include <stdlib.h>

#include "common/base/utf16.h"

#define NAME_UNITS_MAX 255 /* of one name on NTFS */
#define STREAM_UNNAMED_LEN 40

int wim_name_check(const char *name, size_t len, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (len == 0 || (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
		return err_set(err, ERR_USAGE, "\"%.*s\" cannot be the name of a file", (int)len, name);
	/* who wants names in their own case has those of Linux */
	for (size_t i = 0; i < len; i++)
		if (wim_has_exact_names() ? name[i] == '/' || name[i] == '\\'
					  : (unsigned char)name[i] < 0x20 || strchr("<>:\"/\\|?*", name[i]))
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
	if (name->len)
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

static void add_stream(struct strbuf *raw, const uint8_t *hash)
{
	uint8_t stream[STREAM_UNNAMED_LEN] = { 0 };

	store_le64(stream + STREAM_LENGTH, sizeof(stream));
	if (hash)
		memcpy(stream + STREAM_HASH, hash, WIM_HASH_LEN);
	strbuf_add(raw, stream, sizeof(stream));
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
	if (what->hash && !what->as_streams)
		memcpy(fixed + DENTRY_HASH, what->hash, WIM_HASH_LEN);
	if (what->attributes & WIM_ATTR_REPARSE) {
		store_le32(fixed + DENTRY_REPARSE_TAG, what->reparse_tag);
		store_le16(fixed + DENTRY_REPARSE_FLAGS, what->reparse_flags);
	}
	if (what->as_streams)
		store_le16(fixed + DENTRY_STREAMS, 2);
	/* so that a folder gets its own (empty) list of entries */
	if ((what->attributes & (WIM_ATTR_DIRECTORY | WIM_ATTR_REPARSE)) == WIM_ATTR_DIRECTORY)
		store_le64(fixed + DENTRY_SUBDIR, 8);
	(void)text_to_utf16le(name, len, &units, NULL);
	build_entry(&raw, fixed, &units, NULL, 0);
	if (what->tagged)
		strbuf_add(&raw, what->tagged->data, what->tagged->len);

	size_t entry_len = raw.len;

	if (what->as_streams) {
		add_stream(&raw, what->hash);
		add_stream(&raw, NULL);
	}
	wim_node_unlink(node);
	(void)set_raw(tree, node, &raw, entry_len, NULL);
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

struct wim_node *wim_node_clone(struct wim_tree *tree, const struct wim_node *from, const char *name, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct wim_node *node = arena_alloc(&tree->arena, sizeof(*node));

	strbuf_add(&raw, from->raw, from->raw_len);
	if (wim_node_is_dir(from) && !wim_node_is_reparse(from))
		store_le64((uint8_t *)raw.data + DENTRY_SUBDIR, 8);
	else if (!wim_node_is_reparse(from))
		store_le64((uint8_t *)raw.data + DENTRY_LINK_GROUP, 0);
	wim_node_unlink(node);
	(void)set_raw(tree, node, &raw, from->entry_len, NULL);
	(void)wim_node_rename(tree, node, name, len, NULL);
	return node;
}

/* ---- named streams ---- */

static void add_stream_entry(struct strbuf *raw, const char *name, const uint8_t *hash)
{
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;
	size_t begin = raw->len;
	uint8_t fixed[STREAM_FIXED_LEN] = { 0 };

	(void)text_to_utf16le(name, strlen(name), &units, NULL);
	store_le64(fixed + STREAM_LENGTH, STREAM_FIXED_LEN + units.len + (units.len ? 2 : 0));
	memcpy(fixed + STREAM_HASH, hash, 20);
	store_le16(fixed + STREAM_NAME_LEN, (uint16_t)units.len);
	strbuf_add(raw, fixed, sizeof(fixed));
	strbuf_add(raw, units.data, units.len);
	if (units.len)
		strbuf_add_fill(raw, '\0', 2);
	strbuf_add_fill(raw, '\0', (size_t)round_up(raw->len - begin, 8) - (raw->len - begin));
}

static bool has_unnamed_entry(const struct wim_node *node)
{
	for (unsigned i = 0; i < node->n_streams; i++)
		if (!*node->streams[i].name)
			return true;
	return false;
}

/* Where there are named streams, the unnamed data has a stream entry too, and the entry itself no hash. */
static void make_room_for_names(struct wim_node *node, struct strbuf *raw, uint16_t *n)
{
	uint8_t none[20] = { 0 };

	if (has_unnamed_entry(node))
		return;
	if (wim_node_is_reparse(node)) {
		add_stream_entry(raw, "", none);
	} else {
		add_stream_entry(raw, "", (const uint8_t *)raw->data + DENTRY_HASH);
		memset(raw->data + DENTRY_HASH, 0, sizeof(none));
	}
	(*n)++;
}

static uint32_t stream_end(const struct wim_node *node, unsigned i)
{
	return i + 1 < node->n_streams ? node->streams[i + 1].at : node->raw_len;
}

void wim_node_set_stream(struct wim_tree *tree, struct wim_node *node, const char *name, const uint8_t *hash)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	uint16_t n = node->n_streams;
	unsigned i = 0;

	while (i < node->n_streams && strcmp(node->streams[i].name, name) != 0)
		i++;
	if (i < node->n_streams && hash) {
		memcpy(node->raw + node->streams[i].at + STREAM_HASH, hash, 20);
		return;
	}
	strbuf_add(&raw, node->raw, node->raw_len);
	if (i < node->n_streams) {
		uint32_t end = stream_end(node, i);

		raw.len = node->streams[i].at;
		strbuf_add(&raw, node->raw + end, node->raw_len - end);
		n--;
	} else if (hash) {
		make_room_for_names(node, &raw, &n);
		add_stream_entry(&raw, name, hash);
		n++;
	}
	store_le16((uint8_t *)raw.data + DENTRY_STREAMS, n);
	(void)set_raw(tree, node, &raw, node->entry_len, NULL);
}

/* ---- tagged items ---- */

#define TAG_HEADER_LEN 8

static size_t tags_at(const struct wim_node *node)
{
	uint16_t name_len = load_le16(node->raw + DENTRY_NAME_LEN);
	uint16_t short_len = load_le16(node->raw + DENTRY_SHORT_LEN);

	return (size_t)round_up(DENTRY_FIXED_LEN + (name_len ? name_len + 2u : 0) + (short_len ? short_len + 2u : 0), 8);
}

bool wim_node_find_tag(const struct wim_node *node, uint32_t tag, struct bytes *ret)
{
	struct bytes raw = bytes_of(node->raw, node->entry_len);
	size_t at = tags_at(node);

	while (bytes_holds(raw, at, TAG_HEADER_LEN)) {
		uint32_t len = bytes_le32(raw, at + 4);

		if (bytes_le32(raw, at) == tag)
			return bytes_slice(raw, at + TAG_HEADER_LEN, len, ret);
		at += TAG_HEADER_LEN + (size_t)round_up(len, 8);
	}
	return false;
}

void wim_node_set_tag(struct wim_tree *tree, struct wim_node *node, uint32_t tag, const void *data, size_t len)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	uint8_t head[TAG_HEADER_LEN];
	struct bytes old;
	size_t entry_len;

	if (wim_node_find_tag(node, tag, &old) && old.len == len) {
		memcpy(node->raw + (old.data - node->raw), data, len);
		return;
	}
	store_le32(head, tag);
	store_le32(head + 4, (uint32_t)len);
	strbuf_add(&raw, node->raw, node->entry_len);
	strbuf_add_fill(&raw, '\0', (size_t)round_up(raw.len, 8) - raw.len);
	strbuf_add(&raw, head, sizeof(head));
	strbuf_add(&raw, data, len);
	strbuf_add_fill(&raw, '\0', (size_t)round_up(raw.len, 8) - raw.len);
	entry_len = raw.len;
	strbuf_add(&raw, node->raw + node->entry_len, node->raw_len - node->entry_len);
	(void)set_raw(tree, node, &raw, entry_len, NULL);
}
