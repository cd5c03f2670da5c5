/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths, folders and contents of one image. */
#include "common/image/blob_read.h"

#include <ctype.h>
#include <inttypes.h>

#define LARGE_BLOB (1u << 20) /* several threads are worth their start */

const char *image_path_start(const char *path)
{
	if (isalpha((unsigned char)path[0]) && path[1] == ':' && (path[2] == '\0' || path[2] == '/' || path[2] == '\\'))
		return path + 2;
	return path;
}

const char *image_path_part(const char *path, const char **part, size_t *len)
{
	path += strspn(path, "/\\");
	*part = path;
	*len = strcspn(path, "/\\");
	return path + *len;
}

struct wim_node *image_lookup(const struct wim_tree *tree, const char *path, struct err *err)
{
	struct wim_node *node = tree->root;
	const char *part;
	size_t len;

	for (const char *rest = image_path_part(image_path_start(path), &part, &len); len;
	     rest = image_path_part(rest, &part, &len)) {
		struct wim_node *child = wim_node_child(node, part, len);

		if (!child) {
			bool last = !rest[strspn(rest, "/\\")];

			err_set(err, ERR_NOT_FOUND, "%s: not in the image (there is no %s \"%.*s\")", path,
				last ? "entry" : "folder", (int)MIN(len, (size_t)255), part);
			return NULL;
		}
		node = child;
	}
	return node;
}

static const struct wim_node *find(struct image_file *file, unsigned index, const char *path, struct err *err)
{
	const struct wim_tree *tree = image_tree(file, index, err);

	return tree ? image_lookup(tree, path, err) : NULL;
}

static unsigned count_named_streams(const struct wim_node *node)
{
	unsigned n = 0;

	for (unsigned i = 0; i < node->n_streams; i++)
		n += *node->streams[i].name != '\0';
	return n;
}

void image_fill_entry(const struct image_file *file, const struct wim_node *node, struct image_entry *ret)
{
	const uint8_t *hash = wim_node_data_hash(node);

	*ret = (struct image_entry){
		.name = node->name,
		.short_name = node->short_name,
		.attributes = wim_node_attributes(node),
		.reparse_tag = wim_node_is_reparse(node) ? load_le32(node->raw + DENTRY_REPARSE_TAG) : 0,
		.security_id = (int32_t)load_le32(node->raw + DENTRY_SECURITY),
		.created = load_le64(node->raw + DENTRY_CREATED),
		.written = load_le64(node->raw + DENTRY_WRITTEN),
		.accessed = load_le64(node->raw + DENTRY_ACCESSED),
		.link_group = node->link_next == node ? 0 : wim_node_link_group(node),
		.n_named_streams = count_named_streams(node),
		.is_dir = wim_node_is_dir(node),
	};
	if (!hash || wim_hash_is_zero(hash))
		return;

	const struct wim_blob *blob = wim_blobs_find(&file->blobs, hash);

	memcpy(ret->sha1, hash, sizeof(ret->sha1));
	ret->size = blob ? blob->size : 0;
}

int image_stat(struct image_file *file, unsigned index, const char *path, struct image_entry *ret, struct err *err)
{
	const struct wim_node *node = find(file, index, path, err);

	if (!node)
		return -1;
	image_fill_entry(file, node, ret);
	return 0;
}

int image_dir(struct image_file *file, unsigned index, const char *path, image_dir_fn fn, void *context,
	      struct err *err)
{
	const struct wim_node *dir = find(file, index, path, err);

	if (!dir)
		return -1;
	if (!wim_node_is_dir(dir))
		return err_set(err, ERR_USAGE, "%s: is no folder", path);
	for (const struct wim_node *node = dir->first; node; node = node->next) {
		struct image_entry entry;

		image_fill_entry(file, node, &entry);

		int stop = fn(context, &entry);

		if (stop)
			return stop;
	}
	return 0;
}

int image_walk(struct image_file *file, unsigned index, const char *path, image_walk_fn fn, void *context,
	       struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf full = STRBUF_INIT;
	const struct wim_node *top = find(file, index, path, err);

	if (!top)
		return -1;
	for (const struct wim_node *node = top; node; node = wim_node_walk(top, node)) {
		struct image_entry entry;

		strbuf_clear(&full);
		wim_node_path(node, &full);
		image_fill_entry(file, node, &entry);

		int stop = fn(context, full.len ? full.data : "/", &entry);

		if (stop)
			return stop;
	}
	return 0;
}

struct checked {
	wim_data_fn fn;
	void *context;
	struct wim_hash *hash;
};

static int pass_on(void *context, const void *data, size_t len)
{
	struct checked *checked = context;

	wim_hash_update(checked->hash, data, len);
	return checked->fn(checked->context, data, len);
}

int image_stream_blob(struct wim_reader *reader, const struct wim_blob *blob, wim_data_fn fn, void *context,
		      struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	struct checked checked = { .fn = fn, .context = context, .hash = hash };
	uint8_t sum[WIM_HASH_LEN];

	if (blob->unplaced)
		return err_set(err, ERR_NOT_FOUND, "the data is in a solid resource of another part of the split WIM");
	if (!blob->here)
		return err_set(err, ERR_NOT_FOUND, "the data is in part %u of the split WIM", blob->part);

	int stop = wim_reader_stream(reader, &blob->res, blob->at, blob->size, pass_on, &checked, err);

	if (stop)
		return stop;
	wim_hash_final(hash, sum);
	if (memcmp(sum, blob->hash, WIM_HASH_LEN) != 0)
		return err_set(err, ERR_FORMAT, "the data is damaged (its SHA-1 is wrong)");
	return 0;
}

static int find_data(struct image_file *file, const struct wim_node *node, const char *path,
		     const struct wim_blob **ret, struct err *err)
{
	const uint8_t *hash;

	if (wim_node_is_dir(node))
		return err_set(err, ERR_USAGE, "%s: is a folder", path);
	hash = wim_node_data_hash(node);
	if (!hash)
		return err_set(err, ERR_UNSUPPORTED, "%s: is a link or another reparse point (tag 0x%08x) without data",
			       path, load_le32(node->raw + DENTRY_REPARSE_TAG));
	*ret = NULL;
	if (wim_hash_is_zero(hash))
		return 0;
	*ret = wim_blobs_find(&file->blobs, hash);
	if (!*ret) {
		err_set(err, ERR_NOT_FOUND, "%s: the data is not in this WIM", path);
		return err_hint(err, "it may be in another part of a split WIM");
	}
	return 0;
}

int image_stream_node(struct image_file *file, const struct wim_node *node, const char *path, image_data_fn fn,
		      void *context, struct err *err)
{
	struct err own = { 0 };
	const struct wim_blob *blob = NULL;

	if (find_data(file, node, path, &blob, err) < 0)
		return -1;
	if (!blob)
		return 0;

	int stop = image_stream_blob(file->reader, blob, fn, context, &own);

	if (own.kind != ERR_NONE && err) {
		*err = own;
		err_context(err, "%s", path);
	}
	return stop;
}

int image_stream(struct image_file *file, unsigned index, const char *path, image_data_fn fn, void *context,
		 struct err *err)
{
	const struct wim_node *node = find(file, index, path, err);

	return node ? image_stream_node(file, node, path, fn, context, err) : -1;
}

static int add(void *context, const void *data, size_t len)
{
	strbuf_add(context, data, len);
	return 0;
}

static int add_piece(void *context, void *handle UNUSED, const void *data, size_t len, struct err *err UNUSED)
{
	return add(context, data, len);
}

static int fail_damaged(void *context UNUSED, size_t index UNUSED, void *handle UNUSED, const struct err *damage,
			struct err *err)
{
	if (!damage)
		return 0;
	if (err)
		*err = *damage;
	return -1;
}

/* What is worth it is decompressed on several threads. */
static int read_blob(struct image_file *file, const struct wim_blob *blob, struct strbuf *ret, struct err *err)
{
	const struct blob_sink sink = { .context = ret, .data = add_piece, .end = fail_damaged };

	strbuf_reserve(ret, (size_t)blob->size);
	if (blob->size < LARGE_BLOB)
		return image_stream_blob(file->reader, blob, add, ret, err);
	return blob_read(file, &blob, 1, &sink, &(struct blob_read_options){ 0 }, err);
}

int image_read(struct image_file *file, unsigned index, const char *path, uint64_t max, struct strbuf *ret,
	       struct err *err)
{
	const struct wim_node *node = find(file, index, path, err);
	const struct wim_blob *blob = NULL;
	size_t len = ret->len;

	if (!node || find_data(file, node, path, &blob, err) < 0)
		return -1;
	if (blob && blob->size > max)
		return err_set(err, ERR_LIMIT, "%s: %" PRIu64 " bytes; at most %" PRIu64 " are read", path, blob->size,
			       max);
	if (!blob || read_blob(file, blob, ret, err) == 0)
		return 0;
	ret->len = len;
	if (ret->data)
		ret->data[len] = '\0';
	return err_context(err, "%s", path);
}
