/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A WIM together with the files that hold the rest of its contents. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/names.h"
#include "common/image/image_private.h"

#define PARTS_MAX 1024 /* each keeps a file open */

static bool same_file(int a, int b)
{
	struct stat st_a, st_b;

	return fstat(a, &st_a) == 0 && fstat(b, &st_b) == 0 && st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

static bool is_open_already(const struct image_file *file, int fd)
{
	for (size_t i = 0; i < file->n_parts; i++)
		if (same_file(file->parts[i].fd, fd))
			return true;
	return false;
}

static void append_part(struct image_file *file, const struct wim_part *part)
{
	file->parts = xreallocarray(file->parts, file->n_parts + 1, sizeof(*file->parts));
	file->parts[file->n_parts++] = *part;
}

static int add_file(struct image_file *file, const char *path, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	struct wim_part part = { .source = (unsigned)file->n_parts };

	if (fd < 0)
		return -1;
	if (is_open_already(file, fd))
		return 0;
	if (file->n_parts == PARTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d parts", PARTS_MAX);
	if (file_size(fd, &part.file_bytes, err) < 0 || wim_header_read(fd, part.file_bytes, &part.header, err) < 0)
		return -1;
	part.fd = take_fd(&fd);
	wim_reader_add_file(file->reader, part.fd);
	append_part(file, &part);
	return 0;
}

static int add_matches(struct image_file *file, const char *pattern, struct err *err)
{
	CLEANUP(names_release) struct names found = { 0 };

	if (names_of_pattern(pattern, &found, err) < 0)
		return err_context(err, "--ref=%s", pattern);
	for (size_t i = 0; i < found.len; i++)
		if (add_file(file, found.items[i], err) < 0)
			return err_context(err, "%s", found.items[i]);
	return 0;
}

static int add_all(struct image_file *file, const char *path, const char *const *refs, size_t n_refs, struct err *err)
{
	struct wim_part first = { .fd = file->fd, .file_bytes = file->file_bytes, .header = file->header };

	append_part(file, &first);
	for (size_t i = 0; i < n_refs; i++)
		if (add_matches(file, refs[i], err) < 0)
			return -1;
	if (wim_blobs_add_parts(&file->blobs, file->reader, file->parts, file->n_parts, err) < 0)
		return err_context(err, "%s: parts", path);
	return 0;
}

struct image_file *image_file_open_parts(const char *path, const char *const *refs, size_t n_refs, struct err *err)
{
	struct image_file *file = image_file_open(path, err);

	if (!file)
		err_context(err, "%s", path);
	else if (n_refs && add_all(file, path, refs, n_refs, err) < 0)
		image_file_closep(&file);
	return file;
}

struct wim_reader *image_reader_new(const struct image_file *file)
{
	struct wim_reader *reader = wim_reader_new(file->fd);

	for (size_t i = 1; i < file->n_parts; i++)
		wim_reader_add_file(reader, file->parts[i].fd);
	return reader;
}

unsigned image_missing_part(const struct image_file *file, unsigned from)
{
	const struct wim_header *first = &file->header;
	CLEANUP(freep) bool *there = xcalloc((size_t)first->parts + 1, sizeof(*there));

	there[first->part] = true;
	for (size_t i = 1; i < file->n_parts; i++) {
		const struct wim_header *header = &file->parts[i].header;

		if (header->parts == first->parts && memcmp(&header->guid, &first->guid, sizeof(first->guid)) == 0)
			there[header->part] = true;
	}
	for (unsigned part = from; part <= first->parts; part++)
		if (!there[part])
			return part;
	return 0;
}

bool image_is_whole(const struct image_file *file)
{
	return image_missing_part(file, 1) == 0;
}
