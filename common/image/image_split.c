/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/tempfiles.h"
#include "common/image/compose_files.h"
#include "common/image/split_set.h"
#include "common/image/wim_writer.h"

#define FAT_MAGIC 0x4d44
#define FAT_FILE_MAX UINT32_MAX

struct splitter {
	const struct image_split *request;
	struct wim_compose c;
	struct compose_files files;
	VEC(struct atomic_file *) parts;
};

static void splitter_release(struct splitter *s)
{
	for (size_t i = 0; i < s->parts.len; i++)
		atomic_file_closep(&s->parts.items[i]);
	vec_release(&s->parts);
	wim_compose_release(&s->c);
	compose_files_release(&s->files);
}

/* Every part stays open until its header can say how many there are. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int next_part(void *context, unsigned number, struct err *err)
{
	struct splitter *s = context;
	CLEANUP(freep) char *name = split_part_name(s->request->first, number);
	struct atomic_file *file;

	if (!s->request->force && path_exists(name)) {
		err_set(err, ERR_REFUSED, "exists already");
		err_hint(err, "--force replaces it");
		return err_context(err, "%s", name);
	}
	file = atomic_file_open(name, err);
	if (!file)
		return err_context(err, "%s", name);
	*vec_add(&s->parts) = file;
	atomic_file_lock(file);
	return atomic_file_fd(file);
}

static bool is_on_fat(const char *path)
{
	CLEANUP(freep) char *folder = path_folder(path);
	struct statfs fs;

	return statfs(folder, &fs) == 0 && fs.f_type == FAT_MAGIC;
}

/* The largest content decides how large a part can become. */
static uint64_t largest_stored(const struct image_file *file)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < file->blobs.n; i++)
		if (!file->blobs.items[i].res.solid)
			largest = MAX(largest, file->blobs.items[i].res.stored);
	return largest;
}

static int check_fat(const struct splitter *s, struct err *err)
{
	if (!is_on_fat(s->request->first))
		return 0;
	if (s->request->part_bytes > FAT_FILE_MAX) {
		err_set(err, ERR_USAGE, "%s: is on a FAT file system, which holds files of at most 4 GiB less a byte",
			s->request->first);
		return err_hint(err, "give a part size of at most 4095");
	}
	if (largest_stored(s->files.items.items[0]) > s->request->part_bytes)
		return err_set(err, ERR_REFUSED,
			       "%s: a file of the image takes %" PRIu64 " bytes, more than a part; FAT may not hold it",
			       s->request->first, largest_stored(s->files.items.items[0]));
	return 0;
}

static int prepare(struct splitter *s, const struct image_work *work, struct err *err)
{
	struct image_file *file = compose_files_open_source(&s->files, s->request->source, work, err);
	struct image_packing packing = s->request->packing;
	struct wim_compose *c = &s->c;

	if (!file || check_fat(s, err) < 0)
		return -1;
	if (!packing.given && file->blobs.has_solid) {
		packing.given = true;
		packing.compression = WIM_LZX;
	}
	if (compose_choose_packing(c, &packing, file, work, err) < 0)
		return -1;
	c->options.check = work->check || (file->header.integrity.offset && !work->no_check);
	c->options.progress = work->progress;
	c->options.context = work->context;
	c->options.flags = file->header.flags & WIM_FLAG_RP_FIX;
	c->options.boot_index = file->header.boot_index;
	c->options.allow_missing = true;
	c->keep_total = true;
	strbuf_add(&c->xml, file->xml.text.data, file->xml.text.len);
	if (wim_xml_drop_images(&c->xml, err) < 0)
		return -1;
	wim_compose_add_input(c, file);
	for (unsigned i = 1; i <= file->header.image_count; i++)
		if (compose_add_image(c, 0, i, err) < 0)
			return -1;
	return compose_check_space(s->request->first, wim_compose_least_bytes(c), err);
}

static unsigned count_too_large(const struct splitter *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->parts.len; i++) {
		uint64_t bytes = 0;

		n += file_size(atomic_file_fd(s->parts.items[i]), &bytes, NULL) == 0 && bytes > s->request->part_bytes;
	}
	return n;
}

/* ---- names ---- */

static bool replaces_parts(const struct splitter *s, const struct wim_header *first)
{
	for (unsigned i = 1; i <= first->parts; i++) {
		CLEANUP(freep) char *name = split_part_name(s->request->first, i);

		if (path_exists(name))
			return true;
	}
	return split_last_stale(s->request->first, first) > 0;
}

static int check_stale(const struct splitter *s, const struct wim_header *first, struct err *err)
{
	CLEANUP(freep) char *name = split_part_name(s->request->first, first->parts + 1);

	if (s->request->force || !split_last_stale(s->request->first, first))
		return 0;
	err_set(err, ERR_REFUSED, "%s: a part of another split WIM follows the last new one", name);
	return err_hint(err, "--force replaces that set");
}

static int write_through(const struct splitter *s, struct err *err)
{
	for (size_t i = 0; i < s->parts.len; i++)
		if (file_fsync(atomic_file_fd(s->parts.items[i]), err) < 0)
			return -1;
	return 0;
}

static void unstage_parts(struct splitter *s)
{
	for (size_t i = 1; i < s->parts.len; i++)
		if (s->parts.items[i])
			atomic_file_unstage(s->parts.items[i]);
}

/* Where parts are replaced: the new ones lie beside the old ones until the first takes its name. */
static int replace_set(struct splitter *s, int fd, const struct wim_header *first, struct image_done *done, struct err *err)
{
	struct image_recovery completed = { 0 };
	int result = 0;

	for (size_t i = 1; i < s->parts.len && result == 0; i++)
		result = atomic_file_stage(s->parts.items[i], err);
	if (result == 0)
		result = file_fsync_folder_of(s->request->first, err);
	if (result < 0 || atomic_file_commit(&s->parts.items[0], err) < 0) {
		unstage_parts(s);
		return err_context(err, "%s", s->request->first);
	}
	result = split_complete(s->request->first, fd, first, &completed, err);
	done->replaced = completed.removed_stale;
	if (result > 0)
		return 0;
	if (result == 0)
		err_set(err, ERR_BUSY, "a new part was taken away meanwhile");
	err_hint(err, "wimtool recover %s goes on with it", s->request->first);
	return err_context(err, "%s: the new parts could not take the place of the old ones", s->request->first);
}

static int take_names(struct splitter *s, struct err *err)
{
	for (size_t i = 0; i < s->parts.len; i++) {
		if (atomic_file_commit(&s->parts.items[i], err) < 0) {
			CLEANUP(freep) char *name = split_part_name(s->request->first, (unsigned)i + 1);

			return err_context(err, "%s", name);
		}
	}
	return 0;
}

static int name_set(struct splitter *s, int fd, const struct wim_header *first, struct err *err)
{
	unsigned undone = 0;

	if (take_names(s, err) < 0) {
		(void)split_remove(s->request->first, first, &undone, NULL);
		return -1;
	}
	return split_mark(fd, first->parts, false, err);
}

/* The first part is marked as being written until all have their names: recover knows by it what a kill left. */
static int commit(struct splitter *s, struct image_done *done, struct err *err)
{
	CLEANUP(close_fdp) int fd = dup(atomic_file_fd(s->parts.items[0]));
	struct wim_header first;
	uint64_t bytes;
	bool replaces;
	int result;

	if (fd < 0)
		return err_errno(err, errno, "%s", s->request->first);
	if (file_size(fd, &bytes, err) < 0 || wim_header_read(fd, bytes, &first, err) < 0 || check_stale(s, &first, err) < 0)
		return -1;
	replaces = replaces_parts(s, &first);
	if (first.parts == 1 && !split_last_stale(s->request->first, &first))
		return take_names(s, err);
	if (write_through(s, err) < 0 || split_mark(fd, first.parts, true, err) < 0)
		return -1;
	tempfiles_hold_signals();
	result = replaces ? replace_set(s, fd, &first, done, err) : name_set(s, fd, &first, err);
	tempfiles_release_signals();
	return result;
}

int image_split_recover(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err)
{
	int complete = split_complete(path, fd, first, ret, err);

	ret->completed_split = complete > 0;
	return complete ? MIN(complete, 0) : split_remove(path, first, &ret->removed_parts, err);
}

int image_split(const struct image_split *request, const struct image_work *work, struct image_done *ret,
		struct err *err)
{
	CLEANUP(splitter_release) struct splitter s = { .request = request };
	const struct wim_compose_parts parts = { .part_bytes = request->part_bytes, .next = next_part, .context = &s };

	*ret = (struct image_done){ 0 };
	allow_many_files();
	if (prepare(&s, work, err) < 0 || wim_compose_write_parts(&s.c, &parts, &ret->parts, err) < 0)
		return s.files.items.len ? err_context(err, "%s", request->source) : -1;
	ret->too_large = count_too_large(&s);
	if (commit(&s, ret, err) < 0)
		return -1;
	ret->images = (unsigned)s.c.images.len;
	ret->copied = s.c.copied;
	ret->packed = s.c.packed;
	ret->bytes = s.c.bytes;
	ret->before = s.files.items.items[0]->file_bytes;
	return 0;
}
