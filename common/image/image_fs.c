/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_fs_private.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/filetime.h"
#include "common/base/utf16.h"
#include "common/base/vec.h"
#include "common/image/wim_unix.h"

#define NAME_BYTES_MAX 1023 /* the kernel takes no longer ones; 255 units of Windows are 765 bytes at most */

/* ---- opening ---- */

static int check_names(const struct image_fs *fs, struct err *err)
{
	for (uint32_t i = 1; i < fs->order.n; i++)
		if (strlen(fs->order.items[i].node->name) > NAME_BYTES_MAX)
			return err_set(err, ERR_LIMIT, "the image holds a name of more than %d bytes (\"%.40s...\")",
				       NAME_BYTES_MAX, fs->order.items[i].node->name);
	return 0;
}

static void count_links(struct image_fs *fs)
{
	fs->n_links = xcalloc(fs->order.n, sizeof(*fs->n_links));
	for (uint32_t i = 0; i < fs->order.n; i++)
		fs->n_links[fs->order.items[i].link]++;
}

static void count_totals(struct image_fs *fs)
{
	fs->totals.entries = fs->order.n;
	for (uint32_t i = 0; i < fs->order.n; i++) {
		struct fs_data data = fs_data_of(fs, fs->order.items[i].node, 0);

		if (data.blob && fs->order.items[i].link == i)
			fs->totals.bytes += data.blob->size;
	}
}

struct image_fs *image_fs_open(struct image_file *file, unsigned index, struct wim_tree *tree,
			       const struct image_fs_options *options, struct err *err)
{
	struct image_fs *fs = xcalloc(1, sizeof(*fs));

	fs->file = file;
	fs->options = *options;
	fs->link_root = xstrdup(options->link_root ? options->link_root : "");
	fs->tree = tree ? tree : image_load_tree(file->reader, file, index, err);
	pthread_mutex_init(&fs->links_lock, NULL);
	pthread_mutex_init(&fs->readers_lock, NULL);
	pthread_mutex_init(&fs->checks_lock, NULL);
	if (!fs->tree) {
		image_fs_closep(&fs);
		return NULL;
	}
	wim_order_make(fs->tree, &fs->order);
	fs->security = wim_tree_security_table(fs->tree);
	fs->links = xcalloc(fs->order.n, sizeof(*fs->links));
	count_links(fs);
	count_totals(fs);
	if (fs->file->blobs.has_solid)
		fs->solid = solid_cache_new(file, options->scratch ? options->scratch : "/var/tmp", options->cache_bytes);
	fs->ahead = fs_ahead_new(fs);
	if (check_names(fs, err) < 0)
		image_fs_closep(&fs);
	return fs;
}

void image_fs_closep(struct image_fs **pointer)
{
	struct image_fs *fs = *pointer;

	if (!fs)
		return;
	fs_ahead_freep(&fs->ahead);
	for (uint32_t i = 0; fs->links && i < fs->order.n; i++)
		free(fs->links[i]);
	free(fs->links);
	free(fs->n_links);
	free(fs->security);
	for (size_t i = 0; i < fs->readers.len; i++)
		wim_reader_freep(&fs->readers.items[i]);
	vec_release(&fs->readers);
	for (size_t i = 0; i < FS_CHECKS; i++)
		wim_hash_freep(&fs->checks[i].hash);
	solid_cache_freep(&fs->solid);
	wim_order_release(&fs->order);
	image_free_treep(&fs->tree);
	image_file_closep(&fs->file);
	pthread_mutex_destroy(&fs->links_lock);
	pthread_mutex_destroy(&fs->readers_lock);
	pthread_mutex_destroy(&fs->checks_lock);
	free(fs->link_root);
	free(fs);
	*pointer = NULL;
}

void image_fs_totals(const struct image_fs *fs, struct image_fs_totals *ret)
{
	*ret = fs->totals;
}

/* ---- entries ---- */

const struct wim_node *fs_node(const struct image_fs *fs, uint64_t id, uint32_t *number, unsigned *stream)
{
	uint64_t entry = (id & ((1ULL << STREAM_SHIFT) - 1)) - 1;
	uint64_t which = id >> STREAM_SHIFT;

	if (entry >= fs->order.n || which > fs->order.items[entry].node->n_streams)
		return NULL;
	*number = (uint32_t)entry;
	*stream = (unsigned)which;
	return fs->order.items[entry].node;
}

static uint64_t id_of(const struct image_fs *fs, uint32_t number)
{
	return fs->order.items[number].link + 1ULL;
}

struct fs_data fs_find_data(const struct image_fs *fs, const uint8_t *hash)
{
	struct fs_data data = { 0 };

	if (!hash || wim_hash_is_zero(hash))
		return data;
	data.blob = wim_blobs_find(&fs->file->blobs, hash);
	data.missing = !data.blob || !data.blob->here;
	return data;
}

struct fs_data fs_data_of(const struct image_fs *fs, const struct wim_node *node, unsigned stream)
{
	const char *name;

	if (stream)
		return fs_find_data(fs, wim_node_stream(node, stream, &name));
	if (wim_node_is_dir(node))
		return (struct fs_data){ 0 };
	return fs_find_data(fs, wim_node_data_hash(node));
}

void fs_tell_damaged(const struct image_fs *fs, uint32_t number, const char *why)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (!fs->options.damaged)
		return;
	wim_node_path(fs->order.items[number].node, &path);
	fs->options.damaged(fs->options.context, strbuf_text(&path), why);
}

/* A named stream of an entry by "NAME" in any case; 0 when there is none. */
static unsigned find_stream(const struct wim_node *node, const char *name)
{
	for (unsigned i = 0; *name && i < node->n_streams; i++)
		if (text_equal_nocase(node->streams[i].name, name))
			return i + 1;
	return 0;
}

static int lookup_stream(const struct image_fs *fs, uint32_t dir, const char *name, uint64_t *ret)
{
	const char *colon = strchr(name, ':');
	uint32_t number = colon ? wim_order_find(&fs->order, dir, name, (size_t)(colon - name)) : UINT32_MAX;
	unsigned stream = number == UINT32_MAX ? 0 : find_stream(fs->order.items[number].node, colon + 1);

	if (!stream)
		return -ENOENT;
	*ret = id_of(fs, number) | (uint64_t)stream << STREAM_SHIFT;
	return 0;
}

int image_fs_lookup(const struct image_fs *fs, uint64_t dir, const char *name, uint64_t *ret)
{
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, dir, &number, &stream);
	uint32_t found;

	if (!node || stream || !wim_node_is_dir(node))
		return -ENOTDIR;
	found = wim_order_find(&fs->order, number, name, strlen(name));
	if (found == UINT32_MAX && fs->options.ignore_case && !wim_node_is_link(node)) {
		const struct wim_node *child = wim_node_child(node, name, strlen(name));

		if (child)
			found = wim_order_find(&fs->order, number, child->name, strlen(child->name));
	}
	if (found == UINT32_MAX)
		return fs->options.streams == IMAGE_FS_STREAMS_WINDOWS ? lookup_stream(fs, number, name, ret) : -ENOENT;
	*ret = id_of(fs, found);
	return 0;
}

uint64_t image_fs_parent(const struct image_fs *fs, uint64_t id)
{
	uint32_t number;
	unsigned stream;

	return fs_node(fs, id, &number, &stream) ? fs->order.items[number].parent + 1ULL : IMAGE_FS_ROOT;
}

int image_fs_child(const struct image_fs *fs, uint64_t dir, uint64_t i, const char **ret_name, uint64_t *ret)
{
	uint32_t number;
	unsigned stream;

	if (!fs_node(fs, dir, &number, &stream) || stream)
		return -ENOTDIR;
	if (i >= fs->order.items[number].n)
		return -ENOENT;
	*ret_name = fs->order.items[fs->order.items[number].first + i].node->name;
	*ret = id_of(fs, fs->order.items[number].first + (uint32_t)i);
	return 0;
}

/* ---- attributes ---- */

static void set_type(const struct image_fs *fs, const struct wim_node *node, unsigned stream, struct stat *ret)
{
	mode_t mode = 0777 & ~fs->options.umask;

	if (stream)
		ret->st_mode = S_IFREG | mode;
	else if (wim_node_is_link(node))
		ret->st_mode = S_IFLNK | 0777;
	else if (wim_node_is_dir(node))
		ret->st_mode = S_IFDIR | mode;
	else
		ret->st_mode = S_IFREG | mode;
	ret->st_uid = fs->options.uid;
	ret->st_gid = fs->options.gid;
}

/* Of a file that is kept as a plain one, Linux may know that it is a device, a socket or a pipe. */
static void set_unix_data(const struct wim_node *node, struct stat *ret)
{
	struct wim_unix_data data;
	mode_t mode;

	if (!wim_node_unix_data(node, &data))
		return;
	ret->st_uid = data.uid;
	ret->st_gid = data.gid;
	mode = data.mode;
	if (S_ISREG(ret->st_mode) && !S_ISDIR(mode) && !S_ISLNK(mode)) {
		ret->st_mode = (mode & S_IFMT ? mode & S_IFMT : S_IFREG) | (mode & 07777);
		ret->st_rdev = data.rdev;
	} else {
		ret->st_mode = (ret->st_mode & S_IFMT) | (mode & 07777);
	}
}

int image_fs_stat(const struct image_fs *fs, uint64_t id, struct stat *ret)
{
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, id, &number, &stream);
	struct fs_data data;

	if (!node)
		return -ENOENT;
	*ret = (struct stat){ .st_ino = id, .st_nlink = stream ? 1 : fs->n_links[number], .st_blksize = 4096 };
	set_type(fs, node, stream, ret);
	if (fs->options.unix_data && !stream)
		set_unix_data(node, ret);
	data = fs_data_of(fs, node, stream);
	if (data.blob && S_ISREG(ret->st_mode))
		ret->st_size = (off_t)data.blob->size;
	/* an empty file would not be read, and nobody would hear that its data is not here */
	if (data.missing && S_ISREG(ret->st_mode) && !ret->st_size)
		ret->st_size = 1;
	if (S_ISLNK(ret->st_mode)) {
		const char *target;

		ret->st_size = image_fs_readlink(fs, id, &target) == 0 ? (off_t)strlen(target) : 0;
	}
	ret->st_blocks = (ret->st_size + 511) / 512;
	ret->st_atim = filetime_to_timespec(load_le64(node->raw + DENTRY_ACCESSED));
	ret->st_mtim = filetime_to_timespec(load_le64(node->raw + DENTRY_WRITTEN));
	ret->st_ctim = ret->st_mtim;
	return 0;
}

/* ---- links ---- */

static int make_link(const struct image_fs *fs, const struct wim_node *node, uint32_t number, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct fs_data found = fs_find_data(fs, wim_node_reparse_hash(node));
	bool fixed = wim_node_is_fixed(node);
	struct err err = { 0 };

	if (!found.blob || found.missing || found.blob->size > WIM_REPARSE_MAX)
		err_set(&err, ERR_NOT_FOUND, "the target of the link is not in the WIM");
	else if (fs_load(fs, found.blob, &data) < 0)
		err_set(&err, ERR_FORMAT, "the target of the link is damaged");
	else if (wim_link_target(load_le32(node->raw + DENTRY_REPARSE_TAG), bytes_of(data.data, data.len), fixed,
				 fs->link_root, ret, &err) == 0)
		return 0;
	fs_tell_damaged(fs, number, err.text);
	return -EIO;
}

int image_fs_readlink(const struct image_fs *fs, uint64_t id, const char **ret)
{
	struct image_fs *cached = (struct image_fs *)(uintptr_t)fs; /* the texts of links are made when first wanted */
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, id, &number, &stream);
	int done = 0;

	if (!node || stream || !wim_node_is_link(node))
		return -EINVAL;
	pthread_mutex_lock(&cached->links_lock);
	if (!fs->links[number]) {
		done = make_link(fs, node, number, &text);
		if (done == 0)
			cached->links[number] = strbuf_detach(&text);
	}
	*ret = fs->links[number];
	pthread_mutex_unlock(&cached->links_lock);
	return done;
}
