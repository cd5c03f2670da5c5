/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single entries: contents, times, named streams, links. */
#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/image_fs.h"
#include "common/image/layer_private.h"

#define USER "user."
#define NAMES_MAX 65536 /* of Linux, for the list and for a value */
#define NOT_FIXED_FLAG 1u
#define DENTRY_REPARSE_FLAGS 0x5e

/* ---- where it came from ---- */

struct wim_node *layer_origin(const struct layer *layer, const char *host_path)
{
	char text[16];
	ssize_t n = lgetxattr(host_path, layer->options->origin, text, sizeof(text) - 1);
	char *end;
	unsigned long number;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	number = strtoul(text, &end, 10);
	return *end == '\0' && number < layer->order.n ? layer->order.items[number].node : NULL;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct wim_node *x = ((const struct layer_number *)a)->node;
	const struct wim_node *y = ((const struct layer_number *)b)->node;

	return (x > y) - (x < y);
}

void layer_number_base(struct layer *layer)
{
	wim_order_make(layer->edit->tree, &layer->order);
	layer->numbers = xcalloc(layer->order.n, sizeof(*layer->numbers));
	layer->shared = xcalloc(layer->order.n, sizeof(*layer->shared));
	for (uint32_t i = 0; i < layer->order.n; i++) {
		layer->numbers[i] = (struct layer_number){ .node = layer->order.items[i].node, .number = i };
		if (layer->order.items[i].link != i)
			layer->shared[layer->order.items[i].link] = true;
	}
	qsort(layer->numbers, layer->order.n, sizeof(*layer->numbers), compare_numbers);
}

uint32_t layer_file_number(const struct layer *layer, const struct wim_node *node)
{
	const struct layer_number key = { .node = node };
	const struct layer_number *found =
		bsearch(&key, layer->numbers, layer->order.n, sizeof(key), compare_numbers);

	return found ? layer->order.items[found->number].link : UINT32_MAX;
}

/* ---- contents ---- */

static void add_blob(struct layer *layer, const char *host_path, const uint8_t *hash, uint64_t size)
{
	struct new_blob blob = { .size = size, .host_path = xstrdup(host_path) };

	memcpy(blob.hash, hash, sizeof(blob.hash));
	edit_add_blob(layer->edit, &blob);
}

static void note_change(struct layer *layer)
{
	layer->stats.changed++;
	layer->edit->changed = true;
}

/* File systems of Linux keep times from 1901 to 2446 at least; one outside becomes the nearest they have. */
static bool same_time(uint64_t in_image, uint64_t on_host)
{
	static const uint64_t first = 94972608000000000; /* 1902 */
	static const uint64_t last = 266670528000000000; /* 2446 */

	return in_image == on_host || (in_image < first && on_host < first) || (in_image > last && on_host > last);
}

int layer_set_data(struct layer *layer, struct wim_node *node, const char *host_path, const struct stat *st,
		   struct err *err)
{
	uint64_t written = filetime_from_timespec(st->st_mtim);
	uint8_t hash[WIM_HASH_LEN];
	const uint8_t *old = wim_node_data_hash(node);
	uint64_t size = 0;

	if (wim_node_attributes(node) & WIM_ATTR_ENCRYPTED)
		return err_set(err, ERR_UNSUPPORTED, "is encrypted by Windows (EFS) and cannot be changed");
	if (edit_hash_host_file(host_path, hash, &size, err) < 0)
		return -1;
	/* a reparse point without data is seen as an empty file: only what was written there makes it a plain one */
	if (!old && size)
		return err_set(err, ERR_UNSUPPORTED, "is a reparse point of a kind whose data cannot be changed");
	if (!old || (memcmp(old, hash, sizeof(hash)) == 0 && same_time(load_le64(node->raw + DENTRY_WRITTEN), written)))
		return 0;
	edit_replace_data(node, hash, written);
	add_blob(layer, host_path, hash, size);
	note_change(layer);
	return 0;
}

/* ---- named streams ---- */

static void set_stream_of_all(struct layer *layer, struct wim_node *node, const char *name, const uint8_t *hash)
{
	struct wim_node *link = node;

	do {
		wim_node_set_stream(layer->edit->tree, link, name, hash);
		link = link->link_next;
	} while (link != node);
	note_change(layer);
}

static bool has_name(const char *names, size_t len, const char *stream)
{
	for (size_t at = 0; at < len; at += strlen(names + at) + 1)
		if (strncmp(names + at, USER, strlen(USER)) == 0 && strcmp(names + at + strlen(USER), stream) == 0)
			return true;
	return false;
}

/* The first stream that was shown with the file and is not among the names any more; NULL when there is none. */
static const char *find_removed(const struct layer *layer, const struct wim_node *node, const char *names, size_t len)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < node->n_streams; i++) {
		const char *stream = node->streams[i].name;
		const char *name;

		if (!*stream)
			continue;
		sum += edit_blob_size(layer->edit, wim_node_stream(node, i + 1, &name)) + strlen(stream);
		if (sum > IMAGE_FS_LAYER_STREAMS_MAX)
			return NULL;
		if (!has_name(names, len, stream))
			return stream;
	}
	return NULL;
}

static const uint8_t *stream_hash(const struct wim_node *node, const char *stream)
{
	const char *name;

	for (unsigned i = 1; i <= node->n_streams; i++)
		if (strcmp(node->streams[i - 1].name, stream) == 0)
			return wim_node_stream(node, i, &name);
	return NULL;
}

static int set_stream(struct layer *layer, struct wim_node *node, const char *host_path, const char *name,
		      struct err *err)
{
	CLEANUP(freep) char *value = xmalloc(NAMES_MAX);
	const char *stream = name + strlen(USER);
	ssize_t n = lgetxattr(host_path, name, value, NAMES_MAX);
	const uint8_t *old = stream_hash(node, stream);
	struct new_blob blob = { 0 };

	if (n < 0)
		return err_errno(err, errno, "attribute %s", name);
	if (wim_name_check(stream, strlen(stream), err) < 0)
		return err_context(err, "attribute %s", name);
	if (n)
		wim_sha1(value, (size_t)n, blob.hash);
	if (old && memcmp(old, blob.hash, sizeof(blob.hash)) == 0)
		return 0;
	set_stream_of_all(layer, node, stream, blob.hash);
	if (n) {
		blob.size = (uint64_t)n;
		blob.data = xmemdup(value, (size_t)n);
		edit_add_blob(layer->edit, &blob);
	}
	return 0;
}

/* fuse-overlayfs keeps its own notes among the attributes of users. */
static bool is_stream(const struct layer *layer, const char *name)
{
	return strncmp(name, USER, strlen(USER)) == 0 && strcmp(name, layer->options->origin) != 0 &&
	       strncmp(name, "user.fuseoverlayfs.", 19) != 0 &&
	       strncmp(name, "user.overlay.", 13) != 0;
}

static int set_streams(struct layer *layer, struct wim_node *node, const char *host_path, struct err *err)
{
	CLEANUP(freep) char *names = xmalloc(NAMES_MAX);
	ssize_t len = llistxattr(host_path, names, NAMES_MAX);

	if (!layer->options->has_streams || !layer->options->keeps_xattrs)
		return 0;
	if (len < 0)
		return err_errno(err, errno, "its extended attributes");
	for (const char *gone; (gone = find_removed(layer, node, names, (size_t)len));) {
		CLEANUP(freep) char *stream = xstrdup(gone);

		set_stream_of_all(layer, node, stream, NULL);
	}
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1)
		if (is_stream(layer, names + at) && set_stream(layer, node, host_path, names + at, err) < 0)
			return -1;
	return 0;
}

/* ---- times, owners ---- */

static void set_unix_data(struct layer *layer, struct wim_node *node, const struct stat *st)
{
	uint8_t data[WIM_UNIX_DATA_LEN];
	struct bytes old;

	store_le32(data, st->st_uid);
	store_le32(data + 4, st->st_gid);
	store_le32(data + 8, st->st_mode);
	store_le32(data + 12, (uint32_t)st->st_rdev);
	if (wim_node_find_tag(node, WIM_TAG_UNIX_DATA, &old) && bytes_equal(old, 0, data, sizeof(data)))
		return;
	wim_node_set_tag(layer->edit->tree, node, WIM_TAG_UNIX_DATA, data, sizeof(data));
	note_change(layer);
}

int layer_set_rest(struct layer *layer, struct wim_node *node, const char *host_path, const struct stat *st,
		   struct err *err)
{
	uint64_t written = filetime_from_timespec(st->st_mtim);

	if (!same_time(load_le64(node->raw + DENTRY_WRITTEN), written)) {
		store_le64(node->raw + DENTRY_WRITTEN, written);
		note_change(layer);
	}
	if (layer->options->unix_data)
		set_unix_data(layer, node, st);
	return set_streams(layer, node, host_path, err);
}

/* ---- symbolic links ---- */

static int add_piece(void *context, const void *data, size_t len)
{
	strbuf_add(context, data, len);
	return 0;
}

void layer_link_text(const struct layer *layer, const struct wim_node *node, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	const struct image_file *file = layer->edit->file;
	bool fixed = !(load_le16(node->raw + DENTRY_REPARSE_FLAGS) & NOT_FIXED_FLAG);
	const struct wim_blob *blob = NULL;

	for (unsigned i = 0; !blob && i <= node->n_streams; i++) {
		const char *name;
		const uint8_t *hash = wim_node_stream(node, i, &name);

		if (!*name && !wim_hash_is_zero(hash))
			blob = wim_blobs_find(&file->blobs, hash);
	}
	if (blob && blob->size <= WIM_REPARSE_MAX &&
	    image_stream_blob(file->reader, blob, add_piece, &data, NULL) == 0)
		(void)wim_link_target(load_le32(node->raw + DENTRY_REPARSE_TAG), bytes_of(data.data, data.len), fixed,
				      layer->options->mountpoint, ret, NULL);
}

/* "/mnt/image/Windows" under the mount point /mnt/image is C:\Windows. NULL when it leads elsewhere. */
static const char *inside(const struct layer *layer, const char *target)
{
	size_t len = strlen(layer->options->mountpoint);

	if (strncmp(target, layer->options->mountpoint, len) != 0)
		return NULL;
	return target[len] == '/' ? target + len : target[len] ? NULL : "/";
}

int layer_set_link(struct layer *layer, struct wim_node *node, const char *target, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	const char *in_image = inside(layer, target);
	struct new_blob blob = { 0 };

	if (wim_link_build(in_image ? in_image : target, &data, err) < 0)
		return -1;
	if (*target == '/' && !in_image)
		store_le16(node->raw + DENTRY_REPARSE_FLAGS, NOT_FIXED_FLAG);
	wim_sha1(data.data, data.len, blob.hash);
	memcpy(node->raw + DENTRY_HASH, blob.hash, sizeof(blob.hash));
	blob.size = data.len;
	blob.data = xmemdup(data.data, data.len);
	edit_add_blob(layer->edit, &blob);
	*vec_add(&layer->links) = (struct layer_link){ .node = node, .target = xstrdup(in_image ? in_image : target) };
	note_change(layer);
	return 0;
}

/* Where a link leads inside of the image; NULL when nowhere, or through another link. */
static const struct wim_node *follow(const struct layer *layer, const struct layer_link *link)
{
	const struct wim_node *node = *link->target == '/' ? layer->edit->tree->root : link->node->parent;
	const char *part;
	size_t len;

	for (const char *rest = image_path_part(link->target, &part, &len); node && len;
	     rest = image_path_part(rest, &part, &len)) {
		if (len == 1 && part[0] == '.')
			continue;
		if (len == 2 && part[0] == '.' && part[1] == '.')
			node = node->parent ? node->parent : node;
		else
			node = wim_node_child(node, part, len);
	}
	return node;
}

void layer_finish_links(struct layer *layer)
{
	for (size_t i = 0; i < layer->links.len; i++) {
		struct wim_node *node = layer->links.items[i].node;
		const struct wim_node *to = follow(layer, &layer->links.items[i]);

		if (to && wim_node_is_dir(to))
			store_le32(node->raw + DENTRY_ATTRIBUTES, wim_node_attributes(node) | WIM_ATTR_DIRECTORY);
	}
}
