/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/compose_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/nameless.h"
#include "common/image/wim_integrity.h"

#define LZMS_CHUNK_USUAL (1u << 17)
#define SOLID_CHUNK_USUAL (1u << 26)
#define COPY_PIECE (1u << 18)

uint32_t image_usual_chunk_size(enum wim_compression compression, bool solid)
{
	if (solid)
		return compression == WIM_LZMS ? SOLID_CHUNK_USUAL : image_max_chunk_size(compression);
	return compression == WIM_LZMS ? LZMS_CHUNK_USUAL : 1u << 15;
}

uint32_t image_max_chunk_size(enum wim_compression compression)
{
	static const uint32_t sizes[] = { [WIM_NONE] = 1u << 26, [WIM_XPRESS] = 1u << 16, [WIM_LZX] = 1u << 21,
					  [WIM_LZMS] = 1u << 28 };

	return sizes[compression];
}

void compose_files_release(struct compose_files *files)
{
	for (size_t i = 0; i < files->items.len; i++)
		image_file_closep(&files->items.items[i]);
	vec_release(&files->items);
}

static int check_integrity(const struct image_file *file, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf table = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf now = STRBUF_INIT;
	struct strbuf *old = &table;

	if (!file->header.integrity.offset)
		return 0;
	if (wim_integrity_load(file->fd, file->file_bytes, &file->header, &table, err) < 0 ||
	    wim_integrity_build(file->fd, old, WIM_HEADER_LEN, wim_integrity_end(&file->header), &now, err) < 0)
		return -1;
	if (now.len != table.len || memcmp(now.data, table.data, now.len) != 0)
		return err_set(err, ERR_FORMAT, "differs from its integrity table");
	return 0;
}

static struct image_file *keep(struct compose_files *files, struct image_file *file, const struct image_work *work,
			       struct err *err)
{
	if (file)
		*vec_add(&files->items) = file;
	return file && work->check_source && check_integrity(file, err) < 0 ? NULL : file;
}

struct image_file *compose_files_open(struct compose_files *files, const char *path, const struct image_work *work,
				      struct err *err)
{
	struct image_file *file = keep(files, image_file_open(path, err), work, err);

	if (!file)
		err_context(err, "%s", path);
	return file;
}

struct image_file *compose_files_open_source(struct compose_files *files, const char *path,
					     const struct image_work *work, struct err *err)
{
	if (!work->n_refs)
		return compose_files_open(files, path, work, err);
	return keep(files, image_file_open_parts(path, work->refs, work->n_refs, err), work, err);
}

uint32_t image_min_chunk_size(enum wim_compression compression)
{
	return compression == WIM_LZX || compression == WIM_LZMS ? 1u << 15 : 1u << 12;
}

static int check_chunk_size(enum wim_compression compression, uint32_t size, struct err *err)
{
	uint32_t min = image_min_chunk_size(compression), max = image_max_chunk_size(compression);

	if (compression == WIM_NONE || (size >= min && size <= max && !(size & (size - 1))))
		return 0;
	return err_set(err, ERR_USAGE, "chunk size %u: %s takes powers of two from %u to %u", size,
		       wim_compression_name(compression), min, max);
}

int compose_choose_packing(struct wim_compose *c, const struct image_packing *wanted, const struct image_file *file,
			   const struct image_work *work, struct err *err)
{
	enum wim_compression type = wanted->given ? wanted->compression : file->header.compression;
	uint32_t chunk_size = wanted->chunk_size;
	enum wim_compression solid_type = wanted->solid_compression ? wanted->solid_compression : WIM_LZMS;
	uint32_t solid_chunk = wanted->solid_chunk_size;

	if (!chunk_size && !wanted->given)
		chunk_size = file->header.chunk_size;
	if (!chunk_size)
		chunk_size = image_usual_chunk_size(type, false);
	if (wanted->solid && !wanted->given) {
		type = WIM_LZMS;
		chunk_size = wanted->chunk_size ? wanted->chunk_size : image_usual_chunk_size(type, false);
	}
	c->options.packing = (struct wim_packing){ .compression = type, .chunk_size = chunk_size,
						   .level = wanted->level, .threads = work->threads };
	if (!wanted->level && type == WIM_LZX)
		c->options.packing.level = WIM_COMPRESSION_LEVEL;
	if (!solid_chunk)
		solid_chunk = image_usual_chunk_size(solid_type, true);
	c->options.solid_packing = (struct wim_packing){ .compression = solid_type, .chunk_size = solid_chunk,
							 .level = wanted->solid_level, .threads = work->threads };
	if (!wanted->solid_level && solid_type == WIM_LZX)
		c->options.solid_packing.level = WIM_COMPRESSION_LEVEL;
	if (!wanted->solid_level && solid_type == type)
		c->options.solid_packing.level = c->options.packing.level;
	if (check_chunk_size(type, chunk_size, err) < 0)
		return -1;
	return check_chunk_size(solid_type, solid_chunk, err);
}

int compose_add_image(struct wim_compose *c, unsigned input, unsigned index, struct err *err)
{
	const struct image_file *file = c->inputs.items[input].file;
	CLEANUP(strbuf_release) struct strbuf element = STRBUF_INIT;

	if (wim_xml_take_image(&file->xml, index, &element, err) < 0)
		return -1;
	return wim_compose_add_image(c, input, index, &element, err);
}

int compose_check_space(const char *path, uint64_t need, struct err *err)
{
	CLEANUP(freep) char *folder = path_folder(path);
	struct statvfs fs;
	uint64_t room;

	if (statvfs(folder, &fs) < 0)
		return err_errno(err, errno, "%s", folder);
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room < need)
		return err_set(err, ERR_NO_SPACE, "%s: at least %" PRIu64 " bytes are needed, %" PRIu64 " are free",
			       folder, need, room);
	return 0;
}

/* What was written is read by the eyes that others see it with. */
static int read_back(const struct wim_compose *c, int fd, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open_fd(dup(fd), err);

	if (!file)
		return err_context(err, "reading back what was written");
	if (file->header.image_count != c->images.len)
		return err_set(err, ERR_IO, "what was written reads back differently");
	return 0;
}

static void report(const struct wim_compose *c, struct image_done *ret)
{
	ret->images = (unsigned)c->images.len;
	ret->copied = c->copied;
	ret->packed = c->packed;
	ret->bytes = c->bytes;
}

static int copy_to_stdout(int fd, uint64_t len, struct err *err)
{
	CLEANUP(freep) uint8_t *piece = xmalloc(COPY_PIECE);

	for (uint64_t at = 0; at < len;) {
		size_t n = (size_t)MIN(len - at, (uint64_t)COPY_PIECE);

		if (file_pread(fd, piece, n, at, err) < 0 || file_write(STDOUT_FILENO, piece, n, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* Complete before its first byte goes into the pipe: whoever reads gets a whole WIM or nothing. */
static int write_stdout(struct wim_compose *c, struct image_done *ret, struct err *err)
{
	CLEANUP(close_fdp) int fd = nameless_file(err);

	if (fd >= 0 && wim_compose_write(c, fd, err) < 0) {
		compose_hint_damage(err);
		return err_context(err, "standard output");
	}
	if (fd < 0 || read_back(c, fd, err) < 0 || copy_to_stdout(fd, c->bytes, err) < 0)
		return err_context(err, "standard output");
	report(c, ret);
	return 0;
}

bool compose_wants_pipable(const struct image_packing *wanted, bool now)
{
	return wanted->pipable || (now && !wanted->not_pipable);
}

void compose_hint_damage(struct err *err)
{
	if (err && (err->kind == ERR_FORMAT || err->kind == ERR_TRUNCATED))
		err_hint(err, "what is read for it is damaged: wimtool verify names the files");
}

int compose_write_file(struct wim_compose *c, const char *path, struct image_done *ret, struct err *err)
{
	CLEANUP(atomic_file_closep) struct atomic_file *out = NULL;
	bool is_new = !path_exists(path);

	if (strcmp(path, "-") == 0)
		return write_stdout(c, ret, err);
	if (compose_check_space(path, wim_compose_least_bytes(c), err) < 0)
		return -1;
	out = atomic_file_open(path, err);
	if (!out)
		return err_context(err, "%s", path);
	if (is_new)
		atomic_file_only_new(out);
	atomic_file_lock(out);
	if (wim_compose_write(c, atomic_file_fd(out), err) < 0) {
		compose_hint_damage(err);
		return err_context(err, "%s", path);
	}
	if (read_back(c, atomic_file_fd(out), err) < 0 || atomic_file_commit(&out, err) < 0)
		return err_context(err, "%s", path);
	report(c, ret);
	return 0;
}
