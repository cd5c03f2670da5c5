/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_metadata.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/utf16.h"
#include "common/base/vec.h"
#include "common/image/wim_hash.h"

#define SECURITY_HEADER_LEN 8
#define UNIT 8 /* entries begin at multiples of eight bytes */

struct parser {
	struct bytes data;
	struct wim_tree *tree;
	uint8_t *used; /* a bit for each eight bytes */
	VEC(struct wim_node *) dirs;
	VEC(struct wim_node *) links;
	struct strbuf text;
};

static void parser_release(struct parser *parser)
{
	free(parser->used);
	vec_release(&parser->dirs);
	vec_release(&parser->links);
	strbuf_release(&parser->text);
}

static int claim(struct parser *parser, uint64_t at, uint64_t len, struct err *err)
{
	for (uint64_t unit = at / UNIT; unit < (at + len) / UNIT; unit++) {
		uint8_t bit = (uint8_t)(1u << (unit % 8));

		if (parser->used[unit / 8] & bit)
			return err_at(err, ERR_FORMAT, at, "directory entries overlap or form a cycle");
		parser->used[unit / 8] |= bit;
	}
	return 0;
}

static int bad_name(struct err *err, const char *why)
{
	return err_set(err, ERR_FORMAT, "name of a directory entry %s", why);
}

static int check_name(const char *name, size_t len, struct err *err)
{
	if (memchr(name, '\0', len) || memchr(name, '/', len))
		return bad_name(err, "holds a NUL or a slash");
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bad_name(err, "is '.' or '..'");
	return 0;
}

/* The text at [at, at + len) of raw, which the caller has checked. */
static const char *read_name(struct arena *arena, const uint8_t *raw, uint32_t at, uint32_t len, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (len == 0)
		return "";
	if (len % 2) {
		bad_name(err, "has an odd number of bytes");
		return NULL;
	}
	utf16le_to_text(bytes_of(raw + at, len), &text);
	if (check_name(strbuf_text(&text), text.len, err) < 0)
		return NULL;
	return arena_text(arena, text.data, text.len);
}

static uint32_t names_len(uint16_t name_len, uint16_t short_len)
{
	return (name_len ? name_len + 2u : 0) + (short_len ? short_len + 2u : 0);
}

static int index_names(struct arena *arena, struct wim_node *node, struct err *err)
{
	uint16_t name_len = load_le16(node->raw + DENTRY_NAME_LEN);
	uint16_t short_len = load_le16(node->raw + DENTRY_SHORT_LEN);
	uint32_t short_at = DENTRY_FIXED_LEN + (name_len ? name_len + 2u : 0);

	if (DENTRY_FIXED_LEN + names_len(name_len, short_len) > node->entry_len)
		return bad_name(err, "does not fit the entry");
	node->name = read_name(arena, node->raw, DENTRY_FIXED_LEN, name_len, err);
	if (!node->name)
		return -1;
	node->short_name = read_name(arena, node->raw, short_at, short_len, err);
	return node->short_name ? 0 : -1;
}

static int index_streams(struct arena *arena, struct wim_node *node, struct err *err)
{
	uint32_t at = node->entry_len;

	node->n_streams = load_le16(node->raw + DENTRY_STREAMS);
	node->streams = arena_alloc(arena, node->n_streams * sizeof(*node->streams));
	for (unsigned i = 0; i < node->n_streams; i++) {
		node->streams[i].at = at;
		node->streams[i].name = read_name(arena, node->raw, at + STREAM_FIXED_LEN,
						  load_le16(node->raw + at + STREAM_NAME_LEN), err);
		if (!node->streams[i].name)
			return -1;
		at += (uint32_t)round_up(load_le64(node->raw + at + STREAM_LENGTH), UNIT);
	}
	return 0;
}

int wim_node_index(struct arena *arena, struct wim_node *node, struct err *err)
{
	return index_names(arena, node, err) < 0 ? -1 : index_streams(arena, node, err);
}

/* Rounds a length up to eight; false when it cannot be in data. */
static bool padded_length(uint64_t length, uint64_t room, uint64_t *ret)
{
	if (length > room)
		return false;
	*ret = round_up(length, UNIT);
	return *ret <= room;
}

/* The length of an entry with its streams, whose sizes are checked here. */
static int measure(struct parser *parser, uint64_t at, uint32_t *ret_entry, uint32_t *ret_all, struct err *err)
{
	struct bytes rest = bytes_from(parser->data, at);
	uint64_t entry_len;

	if (rest.len < DENTRY_FIXED_LEN || !padded_length(bytes_le64(rest, DENTRY_LENGTH), rest.len, &entry_len) ||
	    entry_len < DENTRY_FIXED_LEN)
		return err_at(err, ERR_FORMAT, at, "length of a directory entry does not fit the metadata");

	uint64_t end = entry_len;

	for (unsigned i = 0; i < bytes_le16(rest, DENTRY_STREAMS); i++) {
		struct bytes stream = bytes_from(rest, end);
		uint64_t len;

		if (stream.len < STREAM_FIXED_LEN || !padded_length(bytes_le64(stream, 0), stream.len, &len) ||
		    len < STREAM_FIXED_LEN + (uint64_t)bytes_le16(stream, STREAM_NAME_LEN))
			return err_at(err, ERR_FORMAT, at, "length of a stream entry does not fit the metadata");
		end += len;
	}
	*ret_entry = (uint32_t)entry_len;
	*ret_all = (uint32_t)end;
	return 0;
}

static struct wim_node *read_node(struct parser *parser, uint64_t at, struct wim_node *parent, struct err *err)
{
	struct wim_node *node = arena_alloc(&parser->tree->arena, sizeof(*node));

	if (measure(parser, at, &node->entry_len, &node->raw_len, err) < 0 ||
	    claim(parser, at, node->raw_len, err) < 0)
		return NULL;
	node->raw = (uint8_t *)parser->tree->data.data + at;
	wim_node_unlink(node);
	node->parent = parent;
	if (parent)
		node->depth = (uint16_t)(parent->depth + 1);
	if (wim_node_index(&parser->tree->arena, node, err) < 0)
		return NULL;
	if (node->depth > WIM_DEPTH_MAX) {
		err_at(err, ERR_LIMIT, at, "folders are nested more than %d deep", WIM_DEPTH_MAX);
		return NULL;
	}
	parser->tree->n_nodes++;
	if (wim_node_is_dir(node) && load_le64(node->raw + DENTRY_SUBDIR))
		*vec_add(&parser->dirs) = node;
	if (wim_node_link_group(node))
		*vec_add(&parser->links) = node;
	return node;
}

static void append_child(struct wim_node *dir, struct wim_node *node)
{
	node->prev = dir->last;
	if (dir->last)
		dir->last->next = node;
	else
		dir->first = node;
	dir->last = node;
	dir->n_children++;
}

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = text_compare_nocase(a, a_len, b, b_len);

	if (order)
		return order;
	order = memcmp(a, b, MIN(a_len, b_len));
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

static int compare_nodes(const void *a, const void *b)
{
	const char *name_a = (*(struct wim_node *const *)a)->name;
	const char *name_b = (*(struct wim_node *const *)b)->name;

	return compare_names(name_a, strlen(name_a), name_b, strlen(name_b));
}

static int sort_children(struct wim_node *dir, struct err *err)
{
	uint32_t i = 0;
	bool sorted = true;

	dir->cap = dir->n_children;
	dir->sorted = xreallocarray(NULL, dir->cap + 1u, sizeof(struct wim_node *));
	for (struct wim_node *node = dir->first; node; node = node->next) {
		dir->sorted[i] = node;
		if (i && sorted)
			sorted = compare_nodes(&dir->sorted[i - 1], &dir->sorted[i]) <= 0;
		i++;
	}
	if (!sorted)
		qsort(dir->sorted, dir->n_children, sizeof(*dir->sorted), compare_nodes);
	for (i = 1; i < dir->n_children; i++)
		if (strcmp(dir->sorted[i - 1]->name, dir->sorted[i]->name) == 0)
			return err_set(err, ERR_FORMAT, "two entries have the same name \"%s\"", dir->sorted[i]->name);
	return 0;
}

static int read_children(struct parser *parser, struct wim_node *dir, struct err *err)
{
	uint64_t at = load_le64(dir->raw + DENTRY_SUBDIR);

	if (at % UNIT)
		return err_at(err, ERR_FORMAT, at, "entries of a folder do not begin at a multiple of eight");
	for (;;) {
		if (!bytes_holds(parser->data, at, UNIT))
			return err_at(err, ERR_FORMAT, at, "entries of a folder are outside the metadata");
		if (bytes_le64(parser->data, (size_t)at) <= UNIT)
			break;

		struct wim_node *node = read_node(parser, at, dir, err);

		if (!node)
			return -1;
		if (!*node->name)
			return err_at(err, ERR_FORMAT, at, "directory entry without a name");
		append_child(dir, node);
		at += node->raw_len;
	}
	/* the eight bytes that end a folder */
	if (claim(parser, at, UNIT, err) < 0)
		return -1;
	return sort_children(dir, err);
}

static int compare_links(const void *a, const void *b)
{
	const struct wim_node *node_a = *(struct wim_node *const *)a;
	const struct wim_node *node_b = *(struct wim_node *const *)b;
	uint64_t group_a = wim_node_link_group(node_a);
	uint64_t group_b = wim_node_link_group(node_b);

	if (group_a != group_b)
		return group_a < group_b ? -1 : 1;
	return (node_a->raw > node_b->raw) - (node_a->raw < node_b->raw);
}

static void join_links(struct parser *parser)
{
	struct wim_node **links = parser->links.items;
	size_t n = parser->links.len;

	if (n)
		qsort(links, n, sizeof(*links), compare_links);
	for (size_t i = 1; i < n; i++) {
		if (wim_node_link_group(links[i]) != wim_node_link_group(links[i - 1]))
			continue;
		wim_node_link(links[i - 1], links[i]);
	}
}

static int read_security(struct parser *parser, struct err *err)
{
	struct bytes data = parser->data;

	if (data.len < SECURITY_HEADER_LEN)
		return err_set(err, ERR_TRUNCATED, "metadata of %zu bytes", data.len);

	uint64_t total = MAX(bytes_le32(data, 0), (uint32_t)SECURITY_HEADER_LEN);
	uint64_t n = bytes_le32(data, 4);
	uint64_t sum = SECURITY_HEADER_LEN + n * 8;

	if (sum > total || !padded_length(total, data.len, &total))
		return err_at(err, ERR_FORMAT, 0, "security descriptors do not fit the metadata");
	for (uint64_t i = 0; i < n; i++) {
		uint64_t len = bytes_le64(data, (size_t)(SECURITY_HEADER_LEN + i * 8));

		if (len > total - sum)
			return err_at(err, ERR_FORMAT, 0, "security descriptor %" PRIu64 " does not fit the metadata",
				      i);
		sum += len;
	}
	parser->tree->n_security = (uint32_t)n;
	parser->tree->root_at = (uint32_t)total;
	return claim(parser, 0, total, err);
}

static int read_tree(struct parser *parser, struct err *err)
{
	struct wim_tree *tree = parser->tree;

	if (read_security(parser, err) < 0)
		return -1;
	tree->root = read_node(parser, tree->root_at, NULL, err);
	if (!tree->root)
		return -1;
	if (!wim_node_is_dir(tree->root))
		return err_at(err, ERR_FORMAT, tree->root_at, "the root is no folder");
	for (size_t i = 0; i < parser->dirs.len; i++) {
		struct wim_node *dir = parser->dirs.items[i];

		if (read_children(parser, dir, err) == 0)
			continue;
		strbuf_clear(&parser->text);
		wim_node_path(dir, &parser->text);
		return err_context(err, "folder %.300s/", strbuf_text(&parser->text));
	}
	join_links(parser);
	return 0;
}

int wim_tree_parse(struct strbuf *data, struct wim_tree *ret, struct err *err)
{
	struct wim_tree tree = { .data = *data };
	CLEANUP(parser_release) struct parser parser = { .tree = &tree };

	*data = (struct strbuf)STRBUF_INIT;
	parser.data = bytes_of(strbuf_text(&tree.data), tree.data.len);
	parser.used = try_alloc(tree.data.len / (UNIT * 8) + 2, err);
	if (!parser.used || read_tree(&parser, err) < 0) {
		/* folders read so far own their sorted arrays */
		wim_tree_release(&tree);
		return -1;
	}
	*ret = tree;
	return 0;
}

void wim_tree_release(struct wim_tree *tree)
{
	for (struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node))
		free(node->sorted);
	strbuf_release(&tree->data);
	arena_release(&tree->arena);
	*tree = (struct wim_tree){ 0 };
}

bool wim_tree_security(const struct wim_tree *tree, int32_t id, struct bytes *ret)
{
	struct bytes data = bytes_of(tree->data.data, tree->data.len);
	uint64_t at = SECURITY_HEADER_LEN + tree->n_security * 8ULL;

	if (id < 0 || (uint32_t)id >= tree->n_security)
		return false;
	for (size_t i = 0; i < (size_t)id; i++)
		at += bytes_le64(data, SECURITY_HEADER_LEN + i * 8);
	return bytes_slice(data, at, bytes_le64(data, SECURITY_HEADER_LEN + (size_t)id * 8), ret);
}

struct bytes *wim_tree_security_table(const struct wim_tree *tree)
{
	struct bytes *table = xcalloc((size_t)tree->n_security + 1, sizeof(*table));
	struct bytes data = bytes_of(tree->data.data, tree->data.len);
	uint64_t at = SECURITY_HEADER_LEN + tree->n_security * 8ULL;

	for (size_t i = 0; i < tree->n_security; i++) {
		uint64_t len = bytes_le64(data, SECURITY_HEADER_LEN + i * 8);

		(void)bytes_slice(data, at, len, &table[i]);
		at += len;
	}
	return table;
}

void wim_node_link(struct wim_node *ring, struct wim_node *node)
{
	node->link_next = ring->link_next;
	node->link_prev = ring;
	ring->link_next->link_prev = node;
	ring->link_next = node;
	node->link_extra = true;
}

void wim_node_unlink(struct wim_node *node)
{
	if (node->link_next && node->link_next != node) {
		node->link_next->link_prev = node->link_prev;
		node->link_prev->link_next = node->link_next;
		if (!node->link_extra)
			node->link_next->link_extra = false;
	}
	node->link_next = node->link_prev = node;
	node->link_extra = false;
}

uint64_t wim_node_link_group(const struct wim_node *node)
{
	if (wim_node_attributes(node) & (WIM_ATTR_DIRECTORY | WIM_ATTR_REPARSE))
		return 0;
	return load_le64(node->raw + DENTRY_LINK_GROUP);
}

uint8_t *wim_node_stream(const struct wim_node *node, unsigned index, const char **name)
{
	if (index == 0) {
		*name = "";
		return node->raw + DENTRY_HASH;
	}
	*name = node->streams[index - 1].name;
	return node->raw + node->streams[index - 1].at + STREAM_HASH;
}

uint8_t *wim_node_data_hash(const struct wim_node *node)
{
	bool want_reparse = wim_node_is_reparse(node);
	uint8_t *empty = NULL;

	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		uint8_t *hash = wim_node_stream(node, i, &name);

		if (*name)
			continue;
		if (wim_hash_is_zero(hash))
			/* with stream entries, the unnamed data belongs into one of them */
			empty = hash;
		else if (want_reparse)
			want_reparse = false;
		else
			return hash;
	}
	return wim_node_is_reparse(node) ? NULL : empty;
}

const uint8_t *wim_node_reparse_hash(const struct wim_node *node)
{
	if (!wim_node_is_reparse(node))
		return NULL;
	for (unsigned i = 0; i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);

		if (!*name && !wim_hash_is_zero(hash))
			return hash;
	}
	return NULL;
}

static bool exact_names;

void wim_set_exact_names(bool exact)
{
	exact_names = exact;
}

bool wim_has_exact_names(void)
{
	return exact_names;
}

uint32_t wim_node_place(const struct wim_node *dir, const char *name, size_t len)
{
	uint32_t low = 0;
	uint32_t high = dir->n_children;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *other = dir->sorted[middle]->name;

		if (compare_names(other, strlen(other), name, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct wim_node *wim_node_child(const struct wim_node *dir, const char *name, size_t len)
{
	uint32_t place = wim_node_place(dir, name, len);

	if (place < dir->n_children) {
		const char *other = dir->sorted[place]->name;

		if (strlen(other) == len && memcmp(other, name, len) == 0)
			return dir->sorted[place];
	}
	if (exact_names)
		return NULL;
	/* equal but for the case: they lie together, the exact one would be at place */
	while (place > 0) {
		const char *other = dir->sorted[place - 1]->name;

		if (text_compare_nocase(other, strlen(other), name, len) != 0)
			break;
		place--;
	}
	if (place < dir->n_children) {
		const char *other = dir->sorted[place]->name;

		if (text_compare_nocase(other, strlen(other), name, len) == 0)
			return dir->sorted[place];
	}
	return NULL;
}

struct wim_node *wim_node_walk(const struct wim_node *top, const struct wim_node *node)
{
	if (node->first)
		return node->first;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

static void add_path_part(const struct wim_node *node, struct strbuf *ret, size_t at)
{
	size_t len = strlen(node->name);

	ret->data[at] = '/';
	memcpy(ret->data + at + 1, node->name, len);
}

void wim_node_path(const struct wim_node *node, struct strbuf *ret)
{
	size_t len = 0;

	for (const struct wim_node *n = node; n->parent; n = n->parent)
		len += 1 + strlen(n->name);
	strbuf_add_fill(ret, '/', len);

	size_t at = ret->len;

	for (const struct wim_node *n = node; n->parent; n = n->parent) {
		at -= 1 + strlen(n->name);
		add_path_part(n, ret, at);
	}
}

static void write_node(struct wim_node *node, size_t base, struct strbuf *ret)
{
	node->out_at = ret->len - base;
	strbuf_add(ret, node->raw, node->raw_len);
}

/* The entries of a folder follow one another, eight zero bytes end them. */
static void write_children(const struct wim_node *dir, size_t base, struct strbuf *ret)
{
	uint8_t place[8];

	if (!dir->first && load_le64(dir->raw + DENTRY_SUBDIR) == 0)
		return;
	store_le64(place, ret->len - base);
	memcpy(ret->data + base + dir->out_at + DENTRY_SUBDIR, place, sizeof(place));
	for (struct wim_node *node = dir->first; node; node = node->next)
		write_node(node, base, ret);
	strbuf_add_fill(ret, '\0', UNIT);
}

void wim_tree_serialise(const struct wim_tree *tree, struct strbuf *ret)
{
	size_t base = ret->len;

	strbuf_add(ret, tree->data.data, tree->root_at);
	write_node(tree->root, base, ret);
	strbuf_add_fill(ret, '\0', UNIT);
	for (const struct wim_node *node = tree->root; node; node = wim_node_walk(tree->root, node))
		if (wim_node_is_dir(node))
			write_children(node, base, ret);
}
