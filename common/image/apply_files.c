/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/apply_private.h"
#include "common/image/wim_link.h"

#define FILE_MODE 0644 /* as libwim makes them; less the umask */
#define HOLE 4096      /* zeros of a sparse file that are not written */
#define COPY_PIECE (1u << 20)

/* One blob on its way into its files. */
struct writing {
	struct image_apply_plan *plan;
	size_t index;
	uint64_t at;
	int fd;           /* of the first file, when open; it is made with the first data */
	bool wrote_all;   /* the data came at once: every file has it */
	bool has_files;
	bool has_links;
	struct strbuf link_data;
};

struct job {
	struct image_apply_plan *plan;
	uint64_t done;
	uint64_t total;
};

static struct apply_item *first_item(const struct writing *w)
{
	return &w->plan->items.items[w->plan->first_of_blob[w->index]];
}

static struct apply_item *next_item(const struct writing *w, const struct apply_item *item)
{
	return item->next_of_blob == NO_ITEM ? NULL : &w->plan->items.items[item->next_of_blob];
}

static struct apply_item *next_file(const struct writing *w, struct apply_item *item)
{
	while (item && item->kind != ITEM_FILE)
		item = next_item(w, item);
	return item;
}

/* ---- one file ---- */

static int make_file(const struct image_apply_plan *plan, const struct apply_item *item, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int fd;

	apply_path(plan, item, &path);
	fd = beneath_create(plan->request->target, path.data, FILE_MODE, plan->request->replace);
	return fd < 0 ? apply_failed(plan, item, "cannot make this file", err) : fd;
}

static bool is_sparse(const struct apply_item *item)
{
	return wim_node_attributes(item->node) & WIM_ATTR_SPARSE;
}

static bool is_hole(const uint8_t *data, size_t len)
{
	return data[0] == 0 && memcmp(data, data + 1, len - 1) == 0;
}

/* Zeros of a block are left out, also in pieces; the end is set when the file is finished. */
static int write_sparse(int fd, const uint8_t *data, size_t len, uint64_t at, struct err *err)
{
	while (len) {
		size_t n = MIN(len, (size_t)(HOLE - at % HOLE));

		if (!is_hole(data, n) && file_pwrite(fd, data, n, at, err) < 0)
			return -1;
		data += n;
		len -= n;
		at += n;
	}
	return 0;
}

static int write_piece(const struct image_apply_plan *plan, const struct apply_item *item, int fd, const void *data, size_t len,
		       uint64_t at, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int result = is_sparse(item) ? write_sparse(fd, data, len, at, err) : file_pwrite(fd, data, len, at, err);

	if (result == 0)
		return 0;
	apply_path(plan, item, &path);
	return err_context(err, "%.600s", path.data);
}

static int link_name(const struct image_apply_plan *plan, const struct apply_item *file, const struct apply_item *name, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf old_path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf new_path = STRBUF_INIT;
	const char *old_name, *new_name;
	CLEANUP(close_fdp) int old_dir = -1;
	CLEANUP(close_fdp) int new_dir = -1;
	int result;

	apply_path(plan, file, &old_path);
	apply_path(plan, name, &new_path);
	old_dir = beneath_open_parent(plan->request->target, old_path.data, &old_name);
	new_dir = beneath_open_parent(plan->request->target, new_path.data, &new_name);
	if (old_dir < 0 || new_dir < 0)
		return apply_failed(plan, name, "cannot make this hard link", err);
	result = linkat(old_dir, old_name, new_dir, new_name, 0);
	if (result < 0 && errno == EEXIST && plan->request->replace) {
		if (unlinkat(new_dir, new_name, 0) == 0)
			result = linkat(old_dir, old_name, new_dir, new_name, 0);
	}
	return result < 0 ? apply_failed(plan, name, "cannot make this hard link", err) : 0;
}

int apply_link_names(const struct image_apply_plan *plan, const struct apply_item *file, struct err *err)
{
	for (uint32_t i = file->next_name; i != NO_ITEM; i = plan->items.items[i].next_name)
		if (link_name(plan, file, &plan->items.items[i], err) < 0)
			return -1;
	return 0;
}

/* What was written is there. */
static int check_size(const struct image_apply_plan *plan, const struct apply_item *item, int fd, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	uint64_t want = item->blob ? item->blob->size : 0;
	struct stat st;

	if (fstat(fd, &st) == 0 && ((uint64_t)st.st_size == want || plan->request->recover_data))
		return 0;
	apply_path(plan, item, &path);
	return err_set(err, ERR_IO, "%.600s: has not the size that was written", path.data);
}

/* The file has its contents: end, times, names. fd is closed. */
static int finish_file(struct image_apply_plan *plan, const struct apply_item *item, int fd, struct err *err)
{
	CLEANUP(close_fdp) int file = fd;

	if (item->blob && is_sparse(item) && ftruncate(file, (off_t)item->blob->size) < 0)
		return apply_failed(plan, item, "setting its size", err);
	if (check_size(plan, item, file, err) < 0 || apply_metadata(plan, item, file, err) < 0)
		return -1;
	if (close(take_fd(&file)) < 0)
		return apply_failed(plan, item, "closing it", err);
	return apply_link_names(plan, item, err);
}

static void remove_file(const struct image_apply_plan *plan, const struct apply_item *item)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	apply_path(plan, item, &path);
	beneath_unlink(plan->request->target, path.data);
}

/* ---- all files of a blob ---- */

static int copy_contents(int from, int to, uint64_t size, struct err *err)
{
	CLEANUP(freep) uint8_t *piece = NULL;
	off_t in = 0, out = 0;

	while ((uint64_t)in < size) {
		ssize_t n = copy_file_range(from, &in, to, &out, (size_t)MIN(size - (uint64_t)in, (uint64_t)1 << 30), 0);

		if (n <= 0)
			break;
	}
	/* where the file system cannot: by hand */
	while ((uint64_t)out < size) {
		size_t n = (size_t)MIN(size - (uint64_t)out, (uint64_t)COPY_PIECE);

		if (!piece)
			piece = xmalloc(COPY_PIECE);
		if (file_pread(from, piece, n, (uint64_t)out, err) < 0 || file_pwrite(to, piece, n, (uint64_t)out, err) < 0)
			return -1;
		out += (off_t)n;
	}
	return 0;
}

/* Holes stay holes. */
static int copy_sparse(int from, int to, uint64_t size, struct err *err)
{
	CLEANUP(freep) uint8_t *piece = xmalloc(COPY_PIECE);

	for (uint64_t at = 0; at < size;) {
		off_t next = lseek(from, (off_t)at, SEEK_DATA);
		size_t n;

		if (next < 0)
			return errno == ENXIO ? 0 : err_errno(err, errno, "looking for data in what was written");
		at = (uint64_t)next;
		n = (size_t)MIN(size - MIN(at, size), (uint64_t)COPY_PIECE);
		if (file_pread(from, piece, n, at, err) < 0 || write_sparse(to, piece, n, at, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}

static int copy_to_others(struct writing *w, struct apply_item *first, struct err *err)
{
	struct apply_item *item = next_file(w, next_item(w, first));

	/* zeros at the end of a sparse one were not written, but belong to the others */
	if (item && is_sparse(first) && ftruncate(w->fd, (off_t)first->blob->size) < 0)
		return apply_failed(w->plan, first, "setting its size", err);
	for (; item; item = next_file(w, next_item(w, item))) {
		int fd = make_file(w->plan, item, err);

		if (fd < 0)
			return -1;
		if ((is_sparse(item) ? copy_sparse : copy_contents)(w->fd, fd, first->blob->size, err) < 0) {
			close(fd);
			return -1;
		}
		if (finish_file(w->plan, item, fd, err) < 0)
			return -1;
	}
	return 0;
}

/* Small contents come in one piece: each file is made, written and finished by itself. */
static int write_at_once(struct writing *w, const void *data, size_t len, struct err *err)
{
	for (struct apply_item *item = next_file(w, first_item(w)); item; item = next_file(w, next_item(w, item))) {
		int fd = make_file(w->plan, item, err);

		if (fd < 0)
			return -1;
		if (write_piece(w->plan, item, fd, data, len, 0, err) < 0) {
			close(fd);
			return -1;
		}
		if (finish_file(w->plan, item, fd, err) < 0)
			return -1;
	}
	w->wrote_all = true;
	return 0;
}

static int begin(void *context, size_t index, void **ret, struct err *err UNUSED)
{
	struct image_apply_plan *plan = context;
	struct writing *w = xcalloc(1, sizeof(*w));

	w->plan = plan;
	w->index = index;
	w->fd = -1;
	for (const struct apply_item *item = first_item(w); item; item = next_item(w, item)) {
		w->has_files |= item->kind == ITEM_FILE;
		w->has_links |= item->kind == ITEM_LINK;
	}
	*ret = w;
	return 0;
}

static int data(void *context UNUSED, void *handle, const void *piece, size_t len, struct err *err)
{
	struct writing *w = handle;
	struct apply_item *file = w->has_files ? next_file(w, first_item(w)) : NULL;
	uint64_t at = w->at;

	w->at += len;
	if (w->has_links)
		strbuf_add(&w->link_data, piece, len);
	if (!file)
		return 0;
	if (at == 0 && len == file->blob->size)
		return write_at_once(w, piece, len, err);
	if (w->fd < 0)
		w->fd = make_file(w->plan, file, err);
	return w->fd < 0 ? -1 : write_piece(w->plan, file, w->fd, piece, len, at, err);
}

static int keep_targets(struct writing *w, struct err *err)
{
	struct bytes link = bytes_of(strbuf_text(&w->link_data), w->link_data.len);

	for (struct apply_item *item = first_item(w); item; item = next_item(w, item)) {
		CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;

		if (item->kind != ITEM_LINK)
			continue;
		if (wim_link_target(load_le32(item->node->raw + DENTRY_REPARSE_TAG), link, wim_node_is_fixed(item->node),
				    w->plan->request->link_root, &target, err) < 0) {
			CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

			apply_path(w->plan, item, &path);
			return err_context(err, "%.600s", path.data);
		}
		item->link_target = xstrdup(target.data);
	}
	return 0;
}

static int complete(struct writing *w, struct err *err)
{
	struct apply_item *first = next_file(w, first_item(w));

	if (first && !w->wrote_all) {
		if (w->fd < 0 && write_at_once(w, "", 0, err) < 0)
			return -1;
		if (w->fd >= 0) {
			int fd = w->fd;

			if (copy_to_others(w, first, err) < 0)
				return -1;
			w->fd = -1;
			if (finish_file(w->plan, first, fd, err) < 0)
				return -1;
		}
	}
	return w->has_links ? keep_targets(w, err) : 0;
}

/* What came of damaged contents is removed; its names are links to it that go too. */
static void take_back(struct writing *w)
{
	struct image_apply_plan *plan = w->plan;

	if (w->fd >= 0)
		close(w->fd);
	if (w->fd >= 0 && !w->wrote_all)
		remove_file(plan, next_file(w, first_item(w)));
	w->fd = -1;
	if (!w->wrote_all)
		return;
	for (struct apply_item *item = next_file(w, first_item(w)); item; item = next_file(w, next_item(w, item))) {
		remove_file(plan, item);
		for (uint32_t i = item->next_name; i != NO_ITEM; i = plan->items.items[i].next_name)
			remove_file(plan, &plan->items.items[i]);
	}
}

static int damaged(struct writing *w, const struct err *damage, struct err *err)
{
	struct image_apply_plan *plan = w->plan;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (plan->request->recover_data && damage->kind != ERR_CANCELLED) {
		w->has_links = false; /* half a target is none */
		for (struct apply_item *item = first_item(w); item; item = next_item(w, item)) {
			pthread_mutex_lock(&plan->lock);
			plan->troubles.damaged++;
			pthread_mutex_unlock(&plan->lock);
			apply_warn(plan, item, "the contents are damaged; they are written as far as they can be read");
		}
		return complete(w, err);
	}
	take_back(w);
	if (damage->kind == ERR_CANCELLED)
		return 0;
	*err = *damage;
	apply_path(plan, first_item(w), &path);
	return err_context(err, "%.600s", path.data);
}

static int end(void *context UNUSED, size_t index UNUSED, void *handle, const struct err *damage, struct err *err)
{
	struct writing *w = handle;
	int result = damage ? damaged(w, damage, err) : complete(w, err);

	if (w->fd >= 0)
		close(w->fd);
	strbuf_release(&w->link_data);
	free(w);
	return result;
}

static int step(void *context, uint64_t done)
{
	struct job *job = context;
	const struct image_apply *request = job->plan->request;

	job->done += done;
	return request->progress ? request->progress(request->context, job->done, job->total) : 0;
}

static int make_empty_files(struct image_apply_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->items.len; i++) {
		const struct apply_item *item = &plan->items.items[i];
		int fd;

		if (item->kind != ITEM_FILE || item->blob)
			continue;
		fd = make_file(plan, item, err);
		if (fd < 0 || finish_file(plan, item, fd, err) < 0)
			return -1;
	}
	return 0;
}

int apply_files(struct image_apply_plan *plan, struct err *err)
{
	struct job job = { .plan = plan };
	struct blob_sink sink = { .context = plan, .begin = begin, .data = data, .end = end };
	struct blob_read_options options = { .threads = plan->request->threads, .fill_gaps = plan->request->recover_data,
					     .step = step, .step_context = &job };

	for (size_t i = 0; i < plan->n_blobs; i++)
		job.total += plan->blobs[i]->size;
	if (make_empty_files(plan, err) < 0)
		return -1;
	return blob_read(plan->request->file, plan->blobs, plan->n_blobs, &sink, &options, err);
}
