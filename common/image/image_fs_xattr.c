/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes: named streams as user.NAME; what else Windows keeps of a file under the names that
 * ntfs-3g gives it. The latter are not listed, so that programs which copy attributes do not stumble over them.
 */
#include <errno.h>
#include <inttypes.h>

#include "common/image/image_fs_private.h"

#define USER "user."
#define VALUE_MAX 65536 /* of Linux */

static int add_security(const struct image_fs *fs, const struct wim_node *node, struct strbuf *ret)
{
	uint32_t id = load_le32(node->raw + DENTRY_SECURITY);

	if (id >= fs->tree->n_security)
		return -ENODATA;
	strbuf_add(ret, fs->security[id].data, fs->security[id].len);
	return 0;
}

static int add_attributes(const struct image_fs *fs UNUSED, const struct wim_node *node, struct strbuf *ret)
{
	strbuf_add(ret, node->raw + DENTRY_ATTRIBUTES, 4);
	return 0;
}

static int add_short_name(const struct image_fs *fs UNUSED, const struct wim_node *node, struct strbuf *ret)
{
	strbuf_adds(ret, node->short_name);
	return *node->short_name ? 0 : -ENODATA;
}

static int add_created(const struct image_fs *fs UNUSED, const struct wim_node *node, struct strbuf *ret)
{
	strbuf_add(ret, node->raw + DENTRY_CREATED, 8);
	return 0;
}

/* Created, written, accessed, changed; a WIM has no time of the last change of metadata. */
static int add_times(const struct image_fs *fs UNUSED, const struct wim_node *node, struct strbuf *ret)
{
	strbuf_add(ret, node->raw + DENTRY_CREATED, 8);
	strbuf_add(ret, node->raw + DENTRY_WRITTEN, 8);
	strbuf_add(ret, node->raw + DENTRY_ACCESSED, 8);
	strbuf_add(ret, node->raw + DENTRY_WRITTEN, 8);
	return 0;
}

/* The whole buffer, as Windows gives it. */
static int add_reparse(const struct image_fs *fs, const struct wim_node *node, struct strbuf *ret)
{
	struct fs_data data = fs_find_data(fs, wim_node_reparse_hash(node));
	uint8_t head[8] = { 0 };

	if (!wim_node_is_reparse(node))
		return -ENODATA;
	if (data.missing || (data.blob && data.blob->size > WIM_REPARSE_MAX))
		return -EIO;
	store_le32(head, load_le32(node->raw + DENTRY_REPARSE_TAG));
	store_le16(head + 4, data.blob ? (uint16_t)data.blob->size : 0);
	strbuf_add(ret, head, sizeof(head));
	return data.blob ? fs_load(fs, data.blob, ret) : 0;
}

static const struct {
	const char *name;
	int (*add)(const struct image_fs *fs, const struct wim_node *node, struct strbuf *ret);
} facts[] = {
	{ "system.ntfs_acl", add_security },
	{ "system.ntfs_attrib", add_attributes },
	{ "system.ntfs_dos_name", add_short_name },
	{ "system.ntfs_crtime", add_created },
	{ "system.ntfs_times", add_times },
	{ "system.ntfs_reparse_data", add_reparse },
};

static uint64_t stream_size(const struct image_fs *fs, const struct wim_node *node, unsigned stream)
{
	struct fs_data data = fs_data_of(fs, node, stream);

	return data.blob ? data.blob->size : 0;
}

static int add_stream(const struct image_fs *fs, const struct wim_node *node, const char *name, struct strbuf *ret)
{
	for (unsigned i = 1; i <= node->n_streams; i++) {
		struct fs_data data;

		if (!*name || strcmp(node->streams[i - 1].name, name) != 0)
			continue;
		data = fs_data_of(fs, node, i);
		if (data.missing)
			return -EIO;
		if (data.blob && data.blob->size > VALUE_MAX)
			return -E2BIG;
		return data.blob ? fs_load(fs, data.blob, ret) : 0;
	}
	return -ENODATA;
}

int image_fs_get_xattr(const struct image_fs *fs, uint64_t id, const char *name, struct strbuf *ret)
{
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, id, &number, &stream);

	if (!node)
		return -ENOENT;
	if (stream)
		return -ENODATA;
	if (fs->options.origin && strcmp(name, fs->options.origin) == 0) {
		strbuf_addf(ret, "%" PRIu32, number);
		return 0;
	}
	if (fs->options.streams == IMAGE_FS_STREAMS_XATTR && strncmp(name, USER, strlen(USER)) == 0)
		return add_stream(fs, node, name + strlen(USER), ret);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (strcmp(name, facts[i].name) == 0)
			return facts[i].add(fs, node, ret);
	return -ENODATA;
}

/* Linux gives user.* of files and folders alone; what is listed and not there would keep an overlay from copying. */
static bool may_hold_user(const struct image_fs *fs, uint64_t id)
{
	struct stat st;

	return image_fs_stat(fs, id, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

int image_fs_list_xattrs(const struct image_fs *fs, uint64_t id, struct strbuf *ret)
{
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, id, &number, &stream);
	bool holds_user;
	uint64_t sum = 0;

	if (!node)
		return -ENOENT;
	if (stream)
		return 0;
	holds_user = may_hold_user(fs, id);
	if (fs->options.origin && (holds_user || strncmp(fs->options.origin, USER, strlen(USER)) != 0))
		strbuf_add(ret, fs->options.origin, strlen(fs->options.origin) + 1);
	for (unsigned i = 1; holds_user && fs->options.streams == IMAGE_FS_STREAMS_XATTR && i <= node->n_streams; i++) {
		const char *stream_name = node->streams[i - 1].name;
		uint64_t size = stream_size(fs, node, i);

		if (!*stream_name || size > VALUE_MAX)
			continue;
		sum += size + strlen(stream_name);
		if (fs->options.origin && sum > IMAGE_FS_LAYER_STREAMS_MAX)
			break;
		strbuf_adds(ret, USER);
		strbuf_add(ret, stream_name, strlen(stream_name) + 1);
	}
	return 0;
}
