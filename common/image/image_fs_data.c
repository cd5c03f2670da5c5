/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: each thread that reads borrows a reader; solid resources go through their cache. */
#include <errno.h>
#include <stdlib.h>

#include "common/base/vec.h"
#include "common/image/image_fs_private.h"

#define SMALL_MAX 65536 /* streams and reparse data that are loaded as a whole */

/* ---- readers ---- */

static struct wim_reader *borrow_reader(struct image_fs *fs)
{
	struct wim_reader *reader = NULL;

	pthread_mutex_lock(&fs->readers_lock);
	if (fs->readers.len)
		reader = fs->readers.items[--fs->readers.len];
	pthread_mutex_unlock(&fs->readers_lock);
	return reader ? reader : image_reader_new(fs->file);
}

static void return_reader(struct image_fs *fs, struct wim_reader *reader)
{
	pthread_mutex_lock(&fs->readers_lock);
	*vec_add(&fs->readers) = reader;
	pthread_mutex_unlock(&fs->readers_lock);
}

static int take_piece(void *context, const void *data, size_t len)
{
	uint8_t **to = context;

	memcpy(*to, data, len);
	*to += len;
	return 0;
}

static int read_range(const struct image_fs *fs, const struct wim_blob *blob, uint64_t offset, size_t len, void *ret,
		      struct err *err)
{
	struct image_fs *shared = (struct image_fs *)(uintptr_t)fs; /* readers and the cache have their own locks */
	uint8_t *to = ret;
	struct wim_reader *reader;
	int done;

	if (blob->res.solid && fs->solid)
		return solid_cache_read(fs->solid, &blob->res, blob->at + offset, len, ret, err);
	reader = borrow_reader(shared);
	done = wim_reader_stream(reader, &blob->res, blob->at + offset, len, take_piece, &to, err);
	return_reader(shared, reader);
	return done;
}

int fs_load(const struct image_fs *fs, const struct wim_blob *blob, struct strbuf *ret)
{
	size_t size = (size_t)blob->size;
	size_t at = ret->len;
	uint8_t sum[WIM_HASH_LEN];

	if (blob->size > SMALL_MAX)
		return -E2BIG;
	strbuf_add_fill(ret, '\0', size);
	if (read_range(fs, blob, 0, size, ret->data + at, NULL) < 0)
		return -EIO;
	wim_sha1(ret->data + at, size, sum);
	return memcmp(sum, blob->hash, sizeof(sum)) == 0 ? 0 : -EIO;
}

/* ---- reading, with the SHA-1 where it is cheap ---- */

static bool whole_is_right(const struct wim_blob *blob, const void *data)
{
	uint8_t sum[WIM_HASH_LEN];

	wim_sha1(data, (size_t)blob->size, sum);
	return memcmp(sum, blob->hash, sizeof(sum)) == 0;
}

/* The check that these bytes go on with; a new one when they are the first. */
static struct fs_check *find_check(struct image_fs *fs, const struct wim_blob *blob, uint64_t offset)
{
	struct fs_check *check = &fs->checks[((uint32_t)(blob - fs->file->blobs.items)) % FS_CHECKS];

	if (offset == 0) {
		if (!check->hash)
			check->hash = wim_hash_new_sha1();
		wim_hash_begin(check->hash);
		check->blob = blob;
		check->next = 0;
	}
	return check->blob == blob && check->next == offset ? check : NULL;
}

/* False when the bytes are the last ones of contents that are not what their name says. */
static bool next_is_right(struct image_fs *fs, const struct wim_blob *blob, uint64_t offset, const void *data,
			  size_t len)
{
	uint8_t sum[WIM_HASH_LEN];
	struct fs_check *check;
	bool right = true;

	pthread_mutex_lock(&fs->checks_lock);
	check = find_check(fs, blob, offset);
	if (check) {
		wim_hash_update(check->hash, data, len);
		check->next += len;
	}
	if (check && check->next == blob->size) {
		wim_hash_final(check->hash, sum);
		right = memcmp(sum, blob->hash, sizeof(sum)) == 0;
		check->blob = NULL;
	}
	pthread_mutex_unlock(&fs->checks_lock);
	return right;
}

static int read_checked(const struct image_fs *fs, const struct wim_blob *blob, uint64_t offset, size_t len,
			void *data, struct err *err)
{
	struct image_fs *shared = (struct image_fs *)(uintptr_t)fs; /* checks have their lock */

	if (read_range(fs, blob, offset, len, data, err) < 0)
		return -1;
	if (len == blob->size ? whole_is_right(blob, data) : next_is_right(shared, blob, offset, data, len))
		return 0;
	return err_set(err, ERR_FORMAT, "the data is damaged (its SHA-1 is wrong)");
}

int fs_read_whole(const struct image_fs *fs, const struct wim_blob *blob, void *ret, struct err *err)
{
	return read_checked(fs, blob, 0, (size_t)blob->size, ret, err);
}

int image_fs_read(const struct image_fs *fs, uint64_t id, uint64_t offset, size_t len, void *data, size_t *ret)
{
	uint32_t number;
	unsigned stream;
	const struct wim_node *node = fs_node(fs, id, &number, &stream);
	struct fs_data found;
	struct err err = { 0 };

	*ret = 0;
	if (!node)
		return -ENOENT;
	if (!stream && wim_node_is_dir(node))
		return -EISDIR;
	found = fs_data_of(fs, node, stream);
	if (found.missing)
		err_set(&err, ERR_NOT_FOUND, "the data is not in this WIM (it may be in another part)");
	if (!found.missing && (!found.blob || offset >= found.blob->size))
		return 0;
	if (!found.missing) {
		len = (size_t)MIN((uint64_t)len, found.blob->size - offset);
		if (!stream && fs_ahead_read(fs->ahead, number, found.blob, offset, len, data)) {
			*ret = len;
			return 0;
		}
		if (fs->options.slow)
			fs->options.slow();
		if (read_checked(fs, found.blob, offset, len, data, &err) == 0) {
			*ret = len;
			return 0;
		}
	}
	fs_tell_damaged(fs, number, err.text);
	return -EIO;
}
