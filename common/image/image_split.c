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
#include "common/image/image_recover.h"
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

/* install.swm, install2.swm, install3.swm, as Windows Setup looks for them. */
static char *part_name(const char *first, unsigned number)
{
	const char *name = path_name(first);
	const char *dot = strrchr(name, '.');
	size_t len = dot && dot != name ? (size_t)(dot - first) : strlen(first);

	if (number == 1)
		return xstrdup(first);
	return xasprintf("%.*s%u%s", (int)len, first, number, first + len);
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
	CLEANUP(freep) char *name = part_name(s->request->first, number);
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

static bool belongs_to(int fd, const struct wim_header *first, unsigned number)
{
	struct wim_header header;
	uint64_t bytes;

	return file_size(fd, &bytes, NULL) == 0 && wim_header_read(fd, bytes, &header, NULL) == 0 &&
	       header.part == number && header.parts == first->parts && guid_equal(&header.guid, &first->guid);
}

static bool has_part(const char *path, const struct wim_header *first, unsigned number)
{
	CLEANUP(freep) char *name = part_name(path, number);
	CLEANUP(close_fdp) int fd = file_open_read(name, NULL);

	return fd >= 0 && belongs_to(fd, first, number);
}

static unsigned count_parts(const char *path, const struct wim_header *first)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= first->parts; i++)
		n += has_part(path, first, i);
	return n;
}

/* The first part, whose mark tells what the others are, goes last. */
static int remove_parts(const char *path, const struct wim_header *first, unsigned *ret_removed, struct err *err)
{
	for (unsigned i = first->parts; i >= 1; i--) {
		CLEANUP(freep) char *name = part_name(path, i);

		if (!has_part(path, first, i))
			continue;
		wim_write_step("unlink");
		if (unlink(name) < 0)
			return err_errno(err, errno, "removing %s", name);
		(*ret_removed)++;
	}
	return file_fsync_folder_of(path, err);
}

int image_split_recover(const char *path, int fd, const struct wim_header *first, struct image_recovery *ret, struct err *err)
{
	if (count_parts(path, first) < first->parts)
		return remove_parts(path, first, &ret->removed_parts, err);
	ret->completed_split = true;
	return image_mark(fd, false, err);
}

static int take_names(struct splitter *s, struct err *err)
{
	for (size_t i = 0; i < s->parts.len; i++) {
		if (atomic_file_commit(&s->parts.items[i], err) < 0) {
			CLEANUP(freep) char *name = part_name(s->request->first, (unsigned)i + 1);

			return err_context(err, "%s", name);
		}
	}
	return 0;
}

/* The first part is marked as being written until all have their names: recover knows by it what a kill left. */
static int commit(struct splitter *s, struct err *err)
{
	CLEANUP(close_fdp) int first = dup(atomic_file_fd(s->parts.items[0]));
	struct image_recovery undone = { 0 };
	struct wim_header header;
	uint64_t bytes;
	int result;

	if (first < 0)
		return err_errno(err, errno, "%s", s->request->first);
	if (s->parts.len == 1)
		return take_names(s, err);
	if (image_mark(first, true, err) < 0)
		return -1;
	tempfiles_hold_signals();
	result = take_names(s, err);
	if (result == 0)
		result = image_mark(first, false, err);
	else if (file_size(first, &bytes, NULL) == 0 && wim_header_read(first, bytes, &header, NULL) == 0)
		(void)remove_parts(s->request->first, &header, &undone.removed_parts, NULL);
	tempfiles_release_signals();
	return result;
}

int image_split(const struct image_split *request, const struct image_work *work, struct image_done *ret,
		struct err *err)
{
	CLEANUP(splitter_release) struct splitter s = { .request = request };
	const struct wim_compose_parts parts = { .part_bytes = request->part_bytes, .next = next_part, .context = &s };

	*ret = (struct image_done){ 0 };
	allow_many_files();
	if (prepare(&s, work, err) < 0 || wim_compose_write_parts(&s.c, &parts, &ret->parts, err) < 0)
		return err_context(err, "%s", request->source);
	ret->too_large = count_too_large(&s);
	if (commit(&s, err) < 0)
		return -1;
	ret->images = (unsigned)s.c.images.len;
	ret->copied = s.c.copied;
	ret->packed = s.c.packed;
	ret->bytes = s.c.bytes;
	ret->before = s.files.items.items[0]->file_bytes;
	return 0;
}
