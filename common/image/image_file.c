/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_private.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/utf16.h"

static int load_xml(struct image_file *file, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct wim_resource res;

	if (wim_resource_from_reshdr(&file->header, file->file_bytes, &file->header.xml, "XML data", &res, err) < 0)
		return -1;
	if (wim_reader_load(file->reader, &res, WIM_XML_MAX, &raw, err) < 0)
		return err_context(err, "XML data");
	return wim_xml_parse(bytes_of(strbuf_text(&raw), raw.len), &file->xml, err);
}

static int load(struct image_file *file, struct err *err)
{
	if (file_size(file->fd, &file->file_bytes, err) < 0 ||
	    wim_header_read(file->fd, file->file_bytes, &file->header, err) < 0)
		return -1;
	if ((file->header.flags & WIM_FLAG_WRITE_IN_PROGRESS) && file->header.blob_table.offset == 0) {
		err_set(err, ERR_TRUNCATED, "the WIM was not written to its end");
		return err_hint(err, "the program that made it was interrupted; make it again");
	}
	file->reader = wim_reader_new(file->fd);
	if (wim_blobs_load(file->reader, file->fd, file->file_bytes, &file->header, &file->blobs, err) < 0 ||
	    load_xml(file, err) < 0)
		return -1;
	if (file->xml.n != file->header.image_count)
		return err_set(err, ERR_FORMAT, "the header says %u images, the XML data describes %zu",
			       file->header.image_count, file->xml.n);
	file->trees = xcalloc(file->header.image_count + 1u, sizeof(struct wim_tree *));
	return 0;
}

struct image_file *image_file_open_fd(int fd, struct err *err)
{
	struct image_file *file = xcalloc(1, sizeof(*file));

	file->fd = fd;
	if (load(file, err) < 0)
		image_file_closep(&file);
	return file;
}

struct image_file *image_file_open(const char *path, struct err *err)
{
	int fd = file_open_read(path, err);

	if (fd >= 0)
		return image_file_open_fd(fd, err);
	image_hint_target(path, err);
	return NULL;
}

void image_file_closep(struct image_file **file)
{
	struct image_file *f = *file;

	if (!f)
		return;
	for (unsigned i = 0; f->trees && i < f->header.image_count; i++)
		image_free_treep(&f->trees[i]);
	free(f->trees);
	wim_reader_freep(&f->reader);
	wim_blobs_release(&f->blobs);
	wim_xml_release(&f->xml);
	for (size_t i = 1; i < f->n_parts; i++)
		close(f->parts[i].fd);
	free(f->parts);
	close(f->fd);
	free(f);
	*file = NULL;
}

int image_read_list(struct image_file *file, unsigned index, struct err *err)
{
	return image_tree(file, index, err) ? 0 : -1;
}

const uint8_t *image_metadata_hash(const struct image_file *file, unsigned index)
{
	return index && index <= file->blobs.n_metadata ? file->blobs.metadata[index - 1].hash : NULL;
}

void image_file_info(const struct image_file *file, struct image_file_info *ret)
{
	const struct wim_header *header = &file->header;

	*ret = (struct image_file_info){
		.file_bytes = file->file_bytes,
		.total_bytes = file->xml.total_bytes,
		.guid = header->guid,
		.image_count = header->image_count,
		.boot_index = header->boot_index,
		.part = header->part,
		.parts = header->parts,
		.compression = wim_compression_name(header->compression),
		.chunk_size = header->chunk_size,
		.has_integrity = header->integrity.offset != 0,
		.solid = file->blobs.has_solid,
		.read_only = header->flags & WIM_FLAG_READONLY,
		.write_in_progress = header->flags & WIM_FLAG_WRITE_IN_PROGRESS,
		.pipable = header->pipable,
	};
}

static int check_index(const struct image_file *file, unsigned index, struct err *err)
{
	if (index >= 1 && index <= file->header.image_count)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "there is no image %u; the WIM has %u", index, file->header.image_count);
}

int image_info(struct image_file *file, unsigned index, struct image_info *ret, struct err *err)
{
	static const struct image_info unknown = {
		.name = "", .description = "", .display_name = "", .flags = "",
		.edition = "", .arch = "", .version = "", .languages = "", .default_language = "", .product_name = "", .installation_type = "", .hal = "",
		.product_type = "", .product_suite = "", .system_root = "",
	};
	const struct image_info *info;

	if (check_index(file, index, err) < 0)
		return -1;
	info = wim_xml_image(&file->xml, index);
	*ret = info ? *info : unknown;
	ret->index = index;
	return 0;
}

const char *image_xml(const struct image_file *file)
{
	return strbuf_text(&file->xml.text);
}

/* 'there are 1 "Home", 2 "Pro"' */
static void list_images(const struct image_file *file, struct strbuf *ret)
{
	const unsigned most = 12;

	for (unsigned i = 1; i <= MIN(file->header.image_count, most); i++) {
		const struct image_info *info = wim_xml_image(&file->xml, i);
		const char *name = info ? info->name : "";

		strbuf_addf(ret, "%s%u \"", i > 1 ? ", " : "", i);
		text_show(name, strlen(name), ret);
		strbuf_addc(ret, '"');
	}
	if (file->header.image_count > most)
		strbuf_addf(ret, ", and %u more", file->header.image_count - most);
}

static int no_image(const struct image_file *file, enum err_kind kind, struct err *err, const char *what)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

	list_images(file, &list);
	return err_set(err, kind, "%s; the WIM has %s", what, list.len ? list.data : "no images");
}

/* How many images have this name; *ret is the first of them. */
static unsigned find_by_name(const struct image_file *file, const char *name, bool exact, unsigned *ret)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= file->header.image_count; i++) {
		const struct image_info *info = wim_xml_image(&file->xml, i);

		if (!info || !(exact ? strcmp(info->name, name) == 0 : text_equal_nocase(info->name, name)))
			continue;
		if (n++ == 0)
			*ret = i;
	}
	return n;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0' && strlen(text) < 9;
}

void image_set_exact_names(bool exact)
{
	wim_set_exact_names(exact);
}

int image_select(struct image_file *file, const char *name_or_index, unsigned *ret, struct err *err)
{
	unsigned n, found = 0;

	if (!name_or_index || (!*name_or_index && !wim_has_exact_names())) {
		if (file->header.image_count != 1)
			return no_image(file, ERR_USAGE, err, "an image must be named");
		*ret = 1;
		return 0;
	}
	if (is_number(name_or_index)) {
		unsigned long index = strtoul(name_or_index, NULL, 10);

		if (index >= 1 && index <= file->header.image_count) {
			*ret = (unsigned)index;
			return 0;
		}
	}
	n = find_by_name(file, name_or_index, true, &found);
	if (!n && !wim_has_exact_names())
		n = find_by_name(file, name_or_index, false, &found);
	if (n == 1) {
		*ret = found;
		return 0;
	}

	CLEANUP(freep) char *what = xasprintf(n ? "several images are named \"%s\": choose by number" : "there is no image \"%s\"",
					      name_or_index);

	return no_image(file, n ? ERR_REFUSED : ERR_NOT_FOUND, err, what);
}

/* Names of images may hold ":" and "/", too: what is in front of the first ":" that ends the path of a file is the WIM. */
static const char *find_colon(const char *target)
{
	const char *last = strrchr(target, ':');

	for (const char *colon = strchr(target, ':'); colon; colon = strchr(colon + 1, ':')) {
		CLEANUP(freep) char *path = xstrndup(target, (size_t)(colon - target));

		if (colon != target && path_exists(path) && !path_is_dir(path))
			return colon;
	}
	return last && last != target && !strchr(last, '/') ? last : NULL;
}

void image_split_target(const char *target, char **path, char **image)
{
	const char *colon = path_exists(target) ? NULL : find_colon(target);

	*path = colon ? xstrndup(target, (size_t)(colon - target)) : xstrdup(target);
	*image = colon ? xstrdup(colon + 1) : NULL;
}

int image_hint_target(const char *path, struct err *err)
{
	CLEANUP(freep) char *wim = NULL;
	CLEANUP(freep) char *image = NULL;

	image_split_target(path, &wim, &image);
	return image && path_exists(wim) ? err_hint(err, "the image is named by itself: %s %s", wim, image) : -1;
}

void image_free_treep(struct wim_tree **tree)
{
	if (!*tree)
		return;
	wim_tree_release(*tree);
	free(*tree);
	*tree = NULL;
}

static int add_metadata(void *context, const void *data, size_t len)
{
	strbuf_add(context, data, len);
	return 0;
}

static int read_metadata(struct wim_reader *reader, const struct wim_blob *blob, struct strbuf *ret, struct err *err)
{
	if (wim_resource_check_table(&blob->res, WIM_METADATA_MAX, err) < 0)
		return -1;
	strbuf_reserve(ret, (size_t)blob->size);
	return image_stream_blob(reader, blob, add_metadata, ret, err);
}

struct wim_tree *image_load_tree(struct wim_reader *reader, const struct image_file *file, unsigned index,
				 struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct wim_tree *tree;

	if (check_index(file, index, err) < 0)
		return NULL;
	if (index > file->blobs.n_metadata) {
		err_set(err, ERR_UNSUPPORTED, "the list of files is in the first part of the split WIM");
		return NULL;
	}
	tree = xcalloc(1, sizeof(*tree));
	if (read_metadata(reader, &file->blobs.metadata[index - 1], &data, err) < 0 ||
	    wim_tree_parse(&data, tree, err) < 0) {
		err_context(err, "metadata of image %u", index);
		image_free_treep(&tree);
	}
	return tree;
}

const struct wim_tree *image_tree(struct image_file *file, unsigned index, struct err *err)
{
	if (check_index(file, index, err) < 0)
		return NULL;
	if (!file->trees[index - 1])
		file->trees[index - 1] = image_load_tree(file->reader, file, index, err);
	return file->trees[index - 1];
}
