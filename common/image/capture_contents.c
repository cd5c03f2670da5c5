/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/capture_contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/capture_prefetch.h"

#define WHOLE_MAX (4u << 20) /* a file of at most this is in memory when its hash is known */
#define PIECE (1u << 18)

struct reading {
	struct capture_contents *c;
	struct wim_writer *writer;
	struct wim_hash *hash;
	uint8_t *whole;
	bool *same_size; /* another file, or a content of the base, has the size of this one */
};

void capture_contents_release(struct capture_contents *c)
{
	vec_release(&c->blobs);
	free(c->slots);
	c->slots = NULL;
	c->n_slots = 0;
	arena_release(&c->arena);
}

/* ---- contents that are known ---- */

static size_t slot_of(const struct capture_contents *c, const uint8_t *hash)
{
	size_t slot = (size_t)load_le64(hash) & (c->n_slots - 1);

	while (c->slots[slot] && memcmp(c->blobs.items[c->slots[slot] - 1]->hash, hash, WIM_HASH_LEN) != 0)
		slot = (slot + 1) & (c->n_slots - 1);
	return slot;
}

static void grow_slots(struct capture_contents *c)
{
	c->n_slots = c->n_slots ? c->n_slots * 2 : 1024;
	free(c->slots);
	c->slots = xcalloc(c->n_slots, sizeof(*c->slots));
	for (size_t i = 0; i < c->blobs.len; i++)
		c->slots[slot_of(c, c->blobs.items[i]->hash)] = (uint32_t)i + 1;
}

static void insert_blob(struct capture_contents *c, struct capture_blob *blob, const uint8_t *hash,
			const struct capture_file *file)
{
	if (c->blobs.len * 2 >= c->n_slots)
		grow_slots(c);
	memcpy(blob->hash, hash, WIM_HASH_LEN);
	blob->refcnt = file->n_links;
	blob->size = file->size;
	*vec_add(&c->blobs) = blob;
	c->slots[slot_of(c, hash)] = (uint32_t)c->blobs.len;
}

static struct capture_blob *add_blob(struct capture_contents *c, const uint8_t *hash, const struct capture_file *file)
{
	struct capture_blob *blob = arena_alloc(&c->arena, sizeof(*blob));

	insert_blob(c, blob, hash, file);
	return blob;
}

static bool is_elsewhere(const struct capture_contents *c, const uint8_t *hash)
{
	for (size_t i = 0; i < c->n_others; i++)
		if (wim_blobs_find(&c->others[i]->blobs, hash))
			return true;
	return false;
}

/* Counts the use of contents that need not be written; false when they are new. */
static bool use_known(struct capture_contents *c, const uint8_t *hash, const struct capture_file *file)
{
	const struct wim_blob *old = c->base ? wim_blobs_find(&c->base->blobs, hash) : NULL;

	if (old) {
		c->base_counts[old - c->base->blobs.items] += file->n_links;
		return true;
	}
	if (c->n_slots && c->slots[slot_of(c, hash)]) {
		c->blobs.items[c->slots[slot_of(c, hash)] - 1]->refcnt += file->n_links;
		return true;
	}
	if (is_elsewhere(c, hash)) {
		add_blob(c, hash, file)->external = true;
		return true;
	}
	return false;
}

/* All hard links have the hash; that of a symbolic link is in its stream entry already. */
static void set_hash(const struct capture_file *file, const uint8_t *hash)
{
	struct wim_node *node = file->node;

	if (file->data)
		return;
	do {
		memcpy(node->raw + DENTRY_HASH, hash, WIM_HASH_LEN);
		node = node->link_next;
	} while (node != file->node);
}

static void tell(struct capture_contents *c, uint64_t bytes)
{
	c->done += bytes;
	if (c->progress)
		c->progress(c->context, c->done, c->scan->bytes);
}

/* ---- reading ---- */

static int open_host(const struct capture_file *file, struct err *err)
{
	int fd = open(file->host_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		err_errno(err, errno, "%s", file->host_path);
	return fd;
}

static int changed(const struct capture_file *file, struct err *err)
{
	err_set(err, ERR_BUSY, "%s: changed while it was read", file->host_path);
	return err_hint(err, "capture a snapshot of the volume, or when nobody writes there");
}

/* Exactly as many bytes as the folder said it has. */
static int read_whole(const struct capture_file *file, uint8_t *data, struct err *err)
{
	CLEANUP(close_fdp) int fd = open_host(file, err);
	size_t len = 0;

	while (fd >= 0) {
		ssize_t n = read(fd, data + len, (size_t)file->size - len + 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", file->host_path);
		if (n == 0)
			return len == file->size ? 0 : changed(file, err);
		len += (size_t)n;
		if (len > file->size)
			return changed(file, err);
	}
	return -1;
}

struct stream {
	const struct capture_file *file;
	struct wim_hash *hash; /* gets the contents on their way */
};

static int feed_host(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct stream *stream = context;
	CLEANUP(close_fdp) int fd = open_host(stream->file, err);
	CLEANUP(freep) uint8_t *piece = xmalloc(PIECE);
	uint64_t len = 0;

	if (fd < 0)
		return -1;
	wim_hash_begin(stream->hash);
	for (;;) {
		ssize_t n = read(fd, piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "%s", stream->file->host_path);
		if (n == 0)
			return len == stream->file->size ? 0 : changed(stream->file, err);
		len += (uint64_t)n;
		if (len > stream->file->size)
			return changed(stream->file, err);
		wim_hash_update(stream->hash, piece, (size_t)n);
		if (sink && sink(sink_context, piece, (size_t)n) != 0)
			return err_context(err, "%s", stream->file->host_path);
	}
}

/* ---- one file ---- */

static int write_bytes(struct reading *r, const struct capture_file *file, const uint8_t *data, struct err *err)
{
	const struct bytes bytes = bytes_of(data, (size_t)file->size);
	const struct wim_source source = wim_source_of(&bytes);
	uint8_t hash[WIM_HASH_LEN];

	wim_sha1(data, (size_t)file->size, hash);
	set_hash(file, hash);
	if (use_known(r->c, hash, file))
		return 0;
	r->c->stored++;
	return wim_writer_queue(r->writer, &source, 0, &add_blob(r->c, hash, file)->at, err);
}

static int write_stream(struct reading *r, const struct capture_file *file, bool check_first, struct err *err)
{
	struct stream stream = { .file = file, .hash = r->hash };
	const struct wim_source source = { .size = file->size, .context = &stream, .feed = feed_host };
	uint8_t first[WIM_HASH_LEN], hash[WIM_HASH_LEN];
	struct capture_blob *blob;

	if (check_first) {
		if (feed_host(&stream, NULL, NULL, err) < 0)
			return -1;
		wim_hash_final(r->hash, first);
		if (use_known(r->c, first, file)) {
			set_hash(file, first);
			return 0;
		}
	}
	/* the row is made when the hash is known, and the place may be written before that */
	blob = arena_alloc(&r->c->arena, sizeof(*blob));
	if (wim_writer_queue(r->writer, &source, 0, &blob->at, err) < 0)
		return -1;
	wim_hash_final(r->hash, hash);
	if (check_first && memcmp(first, hash, WIM_HASH_LEN) != 0)
		return changed(file, err);
	set_hash(file, hash);
	r->c->stored++;
	insert_blob(r->c, blob, hash, file);
	return 0;
}

static bool same_times(const struct wim_node *a, const struct wim_node *b)
{
	return memcmp(a->raw + DENTRY_WRITTEN, b->raw + DENTRY_WRITTEN, 8) == 0;
}

/* The blob of a file that the image before had under this path, with this size and time of change; NULL: read it. */
static const struct wim_blob *find_before(const struct capture_contents *c, const struct capture_file *file)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const struct wim_node *old;
	const struct wim_blob *blob;
	const uint8_t *hash;

	if (!c->before_tree || file->data)
		return NULL;
	wim_node_path(file->node, &path);
	old = image_lookup(c->before_tree, strbuf_text(&path), NULL);
	if (!old || wim_node_is_dir(old) || wim_node_is_reparse(old) || !same_times(old, file->node))
		return NULL;
	hash = wim_node_data_hash(old);
	blob = hash && !wim_hash_is_zero(hash) ? wim_blobs_find(&c->before->blobs, hash) : NULL;
	return blob && blob->size == file->size && blob->here ? blob : NULL;
}

struct before_source {
	struct wim_reader *reader;
	const struct wim_blob *blob;
};

static int feed_before(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct before_source *source = context;

	return image_stream_blob(source->reader, source->blob, sink, sink_context, err);
}

/* From the WIM before, when that is not the one that is appended to. */
static int write_before(struct reading *r, const struct capture_file *file, const struct wim_blob *blob,
			struct err *err)
{
	struct capture_contents *c = r->c;
	struct before_source context = { .reader = c->before_reader, .blob = blob };
	const struct wim_source source = { .size = blob->size, .context = &context, .feed = feed_before };

	c->unread += file->size;
	set_hash(file, blob->hash);
	if (use_known(c, blob->hash, file))
		return 0;
	c->stored++;
	return wim_writer_queue(r->writer, &source, 0, &add_blob(c, blob->hash, file)->at, err);
}

static int write_file(struct reading *r, size_t index, struct err *err)
{
	const struct capture_file *file = &r->c->scan->files.items[index];
	const struct wim_blob *before;

	if (file->data)
		return write_bytes(r, file, (const uint8_t *)file->data, err);
	before = find_before(r->c, file);
	if (before)
		return write_before(r, file, before, err);
	if (file->size > WHOLE_MAX)
		return write_stream(r, file, r->same_size[index], err);
	if (read_whole(file, r->whole, err) < 0)
		return -1;
	return write_bytes(r, file, r->whole, err);
}

/* ---- all files ---- */

static int compare_sizes(const void *a, const void *b)
{
	uint64_t size_a = *(const uint64_t *)a, size_b = *(const uint64_t *)b;

	return (size_a > size_b) - (size_a < size_b);
}

/* The sizes of all large contents, sorted: one that is there twice is that of two. */
static void mark_same_sizes(struct reading *r)
{
	struct capture_contents *c = r->c;
	VEC(uint64_t) sizes = { 0 };

	for (size_t i = 0; i < c->scan->files.len; i++)
		if (c->scan->files.items[i].size > WHOLE_MAX)
			*vec_add(&sizes) = c->scan->files.items[i].size;
	for (size_t i = 0; c->base && i < c->base->blobs.n; i++)
		if (c->base->blobs.items[i].size > WHOLE_MAX)
			*vec_add(&sizes) = c->base->blobs.items[i].size;
	for (size_t k = 0; k < c->n_others; k++)
		for (size_t i = 0; i < c->others[k]->blobs.n; i++)
			if (c->others[k]->blobs.items[i].size > WHOLE_MAX)
				*vec_add(&sizes) = c->others[k]->blobs.items[i].size;
	if (sizes.len)
		qsort(sizes.items, sizes.len, sizeof(uint64_t), compare_sizes);
	for (size_t i = 0; i < c->scan->files.len; i++) {
		const uint64_t *hit = sizes.len ? bsearch(&c->scan->files.items[i].size, sizes.items, sizes.len,
							  sizeof(uint64_t), compare_sizes) : NULL;

		r->same_size[i] = hit && ((hit > sizes.items && hit[-1] == *hit) ||
					  (hit + 1 < sizes.items + sizes.len && hit[1] == *hit));
	}
	vec_release(&sizes);
}

int capture_contents_write(struct capture_contents *c, struct wim_writer *writer, struct err *err)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	CLEANUP(freep) uint8_t *whole = xmalloc(WHOLE_MAX + 1);
	CLEANUP(freep) bool *same_size = xcalloc(c->scan->files.len + 1, sizeof(*same_size));
	CLEANUP(capture_prefetch_freep) struct capture_prefetch *ahead = NULL;
	struct reading r = { .c = c, .writer = writer, .hash = hash, .whole = whole, .same_size = same_size };

	mark_same_sizes(&r);
	ahead = capture_prefetch_new(c->scan);
	for (size_t i = 0; i < c->scan->files.len; i++) {
		capture_prefetch_at(ahead, i);
		if (write_file(&r, i, err) < 0)
			return -1;
		tell(c, c->scan->files.items[i].size * c->scan->files.items[i].n_links);
	}
	return 0;
}
