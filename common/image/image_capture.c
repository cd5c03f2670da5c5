/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/image_capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/capture_contents.h"
#include "common/image/compose_files.h"
#include "common/image/image_set.h"
#include "common/image/wim_append.h"
#include "common/image/wim_journal.h"
#include "common/image/wim_rows.h"
#include "common/image/wim_tables.h"
#include "common/report/xml_text.h"

struct capture {
	const struct image_capture *request;
	const struct image_work *work;
	struct capture_rules rules;
	struct capture_scan scan;
	struct capture_contents contents;
	struct compose_files files;
	char *path;              /* of the WIM that is appended to, with links resolved */
	struct image_file *base; /* the same, open; NULL for a new one */
	uint32_t *base_counts;
	struct wim_packing packing;
	struct wim_writer *writer;
	struct strbuf xml; /* all of it */
	struct strbuf rows;
	struct wim_reshdr metadata;
	bool check;
};

static void release_written(struct capture *c)
{
	wim_writer_freep(&c->writer);
	capture_contents_release(&c->contents);
	capture_scan_release(&c->scan);
	strbuf_release(&c->rows);
}

static void capture_release(struct capture *c)
{
	release_written(c);
	wim_reader_freep(&c->contents.before_reader);
	compose_files_release(&c->files);
	free(c->base_counts);
	strbuf_release(&c->xml);
	free(c->path);
}

/* ---- what is there already ---- */

static int open_base(struct capture *c, struct err *err)
{
	CLEANUP(close_fdp) int fd = -1;
	bool did;

	c->path = realpath(c->request->target, NULL);
	if (!c->path)
		return err_errno(err, errno, "cannot be opened");
	fd = image_open_locked(c->path, err);
	if (fd < 0 || wim_journal_replay(c->path, fd, &did, err) < 0)
		return -1;
	c->base = image_file_open_fd(dup(fd), err); /* both share one lock */
	if (!c->base)
		return -1;
	*vec_add(&c->files.items) = c->base;
	c->base_counts = xcalloc(c->base->blobs.n + 1, sizeof(*c->base_counts));
	/* new files may use what is in it */
	for (size_t i = 0; i < c->base->blobs.n; i++)
		if (c->base->blobs.items[i].here && wim_resource_check_size(&c->base->blobs.items[i].res, err) < 0)
			return -1;
	return image_check_can_change(c->base, err);
}

static int open_before(struct capture *c, struct err *err)
{
	const struct image_capture *r = c->request;
	unsigned index = 0;

	if (!r->update_from)
		return 0;
	c->contents.before = compose_files_open(&c->files, r->update_from, c->work, err);
	if (!c->contents.before)
		return -1;
	if (image_select(c->contents.before, r->update_image, &index, err) < 0)
		return err_context(err, "%s", r->update_from);
	c->contents.before_tree = image_tree(c->contents.before, index, err);
	c->contents.before_reader = wim_reader_new(c->contents.before->fd);
	return c->contents.before_tree ? 0 : err_context(err, "%s", r->update_from);
}

static int open_others(struct capture *c, struct err *err)
{
	size_t first = c->files.items.len;

	for (size_t i = 0; i < c->request->n_bases; i++)
		if (!compose_files_open(&c->files, c->request->bases[i], c->work, err))
			return -1;
	c->contents.others = c->files.items.items + first;
	c->contents.n_others = c->request->n_bases;
	return 0;
}

static bool name_is_taken(const struct image_file *base, const char *name)
{
	for (unsigned i = 1; base && *name && i <= base->header.image_count; i++) {
		const struct image_info *info = wim_xml_image(&base->xml, i);

		if (info && strcmp(info->name, name) == 0)
			return true;
	}
	return false;
}

static int prepare(struct capture *c, struct err *err)
{
	const struct image_capture *r = c->request;
	static const struct wim_header none = { .compression = WIM_NONE };
	const struct image_packing as_base = { .level = r->packing.level };
	struct wim_compose choice = { .keep_total = false };
	struct image_file like = { .header = none };

	if (r->append && open_base(c, err) < 0)
		return err_context(err, "%s", r->target);
	c->rules = r->rules;
	if (c->base && r->links_as_wim && c->base->header.image_count)
		c->rules.fix_links = c->base->header.flags & WIM_FLAG_RP_FIX;
	if (name_is_taken(c->base, r->name)) {
		err_set(err, ERR_REFUSED, "%s: an image named \"%s\" is in it already", r->target, r->name);
		return err_hint(err, "choose another name");
	}
	if (open_before(c, err) < 0 || open_others(c, err) < 0)
		return -1;
	if (compose_choose_packing(&choice, c->base ? &as_base : &r->packing, c->base ? c->base : &like, c->work,
				   err) < 0)
		return -1;
	c->packing = choice.options.packing;
	c->check = c->work->check || (c->base && c->base->header.integrity.offset && !c->work->no_check);
	c->contents.scan = &c->scan;
	c->contents.base = c->base;
	c->contents.base_counts = c->base_counts;
	c->contents.packing = &c->packing;
	c->contents.progress = c->work->progress;
	c->contents.context = c->work->context;
	return 0;
}

/* ---- XML ---- */

static int set_text(struct strbuf *element, const char *name, const char *value, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	xml_add_text(&text, value);
	return wim_xml_set_in_image(element, name, strbuf_text(&text), err);
}

static int set_number(struct strbuf *element, const char *name, uint64_t value, struct err *err)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return wim_xml_set_in_image(element, name, digits, err);
}

static int set_time(struct strbuf *element, const char *name, uint64_t time, struct err *err)
{
	CLEANUP(freep) char *high = xasprintf("%s/HIGHPART", name);
	CLEANUP(freep) char *low = xasprintf("%s/LOWPART", name);
	char digits[16];

	snprintf(digits, sizeof(digits), "0x%08" PRIX32, (uint32_t)(time >> 32));
	if (wim_xml_set_in_image(element, high, digits, err) < 0)
		return -1;
	snprintf(digits, sizeof(digits), "0x%08" PRIX32, (uint32_t)time);
	return wim_xml_set_in_image(element, low, digits, err);
}

static uint64_t clock_of(const struct capture *c)
{
	uint64_t epoch;

	if (!c->request->reproducible || filetime_epoch(&epoch) > 0)
		return filetime_now();
	return c->request->rules.latest ? MIN(c->scan.newest, c->request->rules.latest) : c->scan.newest;
}

static int set_properties(const struct capture *c, struct strbuf *element, struct err *err)
{
	for (size_t i = 0; i < c->request->n_properties; i++) {
		const char *item = c->request->properties[i];
		const char *equals = strchr(item, '=');
		CLEANUP(freep) char *name = xstrndup(item, equals ? (size_t)(equals - item) : strlen(item));
		const struct image_property property = { .name = name, .value = equals ? equals + 1 : "" };

		if (image_property_check(&property, err) < 0 || set_text(element, name, property.value, err) < 0)
			return -1;
	}
	return 0;
}

static void add_inside(struct strbuf *element, const char *text)
{
	static const char end[] = "</IMAGE>";

	(void)strbuf_drop_end(element, end); /* it is there: the element is our own */
	strbuf_adds(element, text);
	strbuf_adds(element, end);
}

static int make_element(const struct capture *c, struct strbuf *element, struct err *err)
{
	const struct image_capture *r = c->request;
	CLEANUP(freep) char *found = NULL;
	uint64_t now = clock_of(c);

	strbuf_adds(element, "<IMAGE INDEX=\"1\"></IMAGE>");
	if (set_text(element, "NAME", r->name, err) < 0 ||
	    set_number(element, "DIRCOUNT", c->scan.dirs, err) < 0 ||
	    set_number(element, "FILECOUNT", c->scan.entries, err) < 0 ||
	    set_number(element, "TOTALBYTES", c->scan.bytes, err) < 0 ||
	    set_number(element, "HARDLINKBYTES", c->scan.hard_link_bytes, err) < 0 ||
	    set_time(element, "CREATIONTIME", now, err) < 0 || set_time(element, "LASTMODIFICATIONTIME", now, err) < 0)
		return -1;
	if (r->describe)
		r->describe(r->source, &c->scan, &found);
	if (found)
		add_inside(element, found);
	if ((r->description && set_text(element, "DESCRIPTION", r->description, err) < 0) ||
	    (r->flags && set_text(element, "FLAGS", r->flags, err) < 0))
		return -1;
	return set_properties(c, element, err);
}

static int make_xml(struct capture *c, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf element = STRBUF_INIT;
	unsigned index = c->base ? c->base->header.image_count + 1 : 1;

	if (c->base)
		strbuf_add(&c->xml, c->base->xml.text.data, c->base->xml.text.len);
	else
		strbuf_adds(&c->xml, "<WIM></WIM>");
	if (make_element(c, &element, err) < 0)
		return -1;
	return wim_xml_add_image(&c->xml, strbuf_text(&element), index, err);
}

/* ---- writing ---- */

static int put_metadata(struct capture *c, uint8_t hash[WIM_HASH_LEN], struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;
	struct bytes bytes;
	struct wim_source source;

	wim_tree_serialise(&c->scan.tree, &data);
	if (data.len > WIM_METADATA_MAX)
		return err_set(err, ERR_LIMIT, "the list of files would take more than %u bytes", WIM_METADATA_MAX);
	bytes = bytes_of(data.data, data.len);
	source = wim_source_of(&bytes);
	wim_sha1(data.data, data.len, hash);
	return wim_writer_put(c->writer, &source, WIM_RES_METADATA, &c->metadata, err);
}

static void make_rows(struct capture *c, const uint8_t *metadata_hash)
{
	if (c->base) {
		strbuf_add(&c->rows, c->base->blobs.table.data, c->base->blobs.table.len);
		for (size_t i = 0; i < c->base->blobs.n; i++) {
			uint8_t *raw = wim_row_at(&c->rows, c->base->blobs.items[i].row) + ROW_REFCNT;

			store_le32(raw, load_le32(raw) + c->base_counts[i]);
		}
	}
	for (size_t i = 0; i < c->contents.blobs.len; i++) {
		const struct capture_blob *blob = c->contents.blobs.items[i];

		if (!blob->external)
			wim_rows_add(&c->rows, &blob->at, blob->refcnt, blob->hash);
	}
	wim_rows_add(&c->rows, &c->metadata, 1, metadata_hash);
}

/* Of the rows (places, counts, SHA-1s of all that is in the file) and the XML: the same WIM has the same. */
static void guid_of_contents(const struct capture *c, struct guid *ret)
{
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha256();
	uint8_t sum[SHA256_LEN];

	wim_hash_begin(hash);
	wim_hash_update(hash, c->rows.data, c->rows.len);
	wim_hash_update(hash, c->xml.data, c->xml.len);
	wim_hash_final(hash, sum);
	memcpy(ret->bytes, sum, sizeof(ret->bytes));
	ret->bytes[7] = (uint8_t)((ret->bytes[7] & 0x0f) | 0x80); /* version 8: of its maker's own rules (RFC 9562) */
	ret->bytes[8] = (uint8_t)((ret->bytes[8] & 0x3f) | 0x80);
}

static int write_all(struct capture *c, int fd, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	const struct image_capture *r = c->request;
	uint8_t metadata_hash[WIM_HASH_LEN];
	struct wim_tables tables = { .fd = fd, .rows = &c->rows, .xml = &c->xml, .check = c->check, .old = c->base };

	if (c->base)
		tables.encoding = c->base->xml.encoding;
	if (capture_contents_write(&c->contents, c->writer, err) < 0 || put_metadata(c, metadata_hash, err) < 0)
		return -1;
	make_rows(c, metadata_hash);
	if (make_xml(c, err) < 0)
		return -1;
	header->image_count++;
	if (c->rules.fix_links)
		header->flags |= WIM_FLAG_RP_FIX;
	if (r->boot) {
		header->boot_index = header->image_count;
		header->boot_metadata = c->metadata;
	}
	return wim_tables_write(&tables, wim_writer_at(c->writer), header, ret_end, err);
}

static int write_new(struct capture *c, int fd, struct err *err)
{
	const struct image_capture *r = c->request;
	struct wim_header header;
	uint64_t end = 0;

	wim_header_init(&header, c->packing.compression, c->packing.chunk_size);
	if (c->rules.fix_links)
		header.flags |= WIM_FLAG_RP_FIX;
	c->writer = wim_writer_new_packing(fd, WIM_HEADER_LEN, &c->packing, err);
	/* the first bytes tell recover whose file it is, until the last step */
	if (!c->writer || wim_write_at(fd, header.raw, sizeof(header.raw), 0, err) < 0 ||
	    write_all(c, fd, &header, &end, err) < 0)
		return -1;
	if (r->reproducible)
		guid_of_contents(c, &header.guid);
	else if (guid_random(&header.guid, err) < 0)
		return -1;
	wim_header_store(&header);
	if (ftruncate(fd, (off_t)end) < 0)
		return err_errno(err, errno, "setting the length of the WIM");
	return wim_write_at(fd, header.raw, WIM_HEADER_LEN, 0, err);
}

/* What was written is read by the eyes that others see it with. */
static int read_back(int fd, struct err *err)
{
	CLEANUP(image_file_closep) struct image_file *file = image_file_open_fd(dup(fd), err);

	if (!file || !image_tree(file, file->header.image_count, err))
		return err_context(err, "reading back what was written");
	return 0;
}

static int capture_new(struct capture *c, uint64_t *ret_bytes, struct err *err)
{
	CLEANUP(atomic_file_closep) struct atomic_file *out = atomic_file_open(c->request->target, err);
	int fd;

	if (!out)
		return -1;
	fd = atomic_file_fd(out);
	if (!c->request->replace)
		atomic_file_only_new(out);
	atomic_file_lock(out);
	if (write_new(c, fd, err) < 0)
		return -1;
	release_written(c); /* what is read back takes as much memory again */
	if (read_back(fd, err) < 0 || file_size(fd, ret_bytes, err) < 0)
		return -1;
	return atomic_file_commit(&out, err);
}

static int write_behind(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	struct capture *c = context;

	return write_all(c, c->base->fd, header, ret_end, err);
}

static int capture_append(struct capture *c, uint64_t *ret_bytes, struct err *err)
{
	const struct wim_append append = { .path = c->path, .fd = c->base->fd, .old = &c->base->header,
					   .old_bytes = c->base->file_bytes, .write = write_behind, .context = c };

	c->writer = wim_writer_new_packing(c->base->fd, c->base->file_bytes, &c->packing, err);
	if (!c->writer || wim_append_run(&append, err) < 0)
		return -1;
	return file_size(c->base->fd, ret_bytes, err);
}

static int check_target(const struct image_capture *r, struct err *err)
{
	if (r->append)
		return 0;
	if (path_is_dir(r->target))
		return err_set(err, ERR_REFUSED, "is a directory, the name of a WIM file is wanted");
	if (r->replace || !path_exists(r->target))
		return 0;
	err_set(err, ERR_REFUSED, "exists already");
	return err_hint(err, "--append adds the image to it, --force replaces it");
}

int image_capture(const struct image_capture *request, const struct image_work *work, struct image_captured *ret,
		  struct err *err)
{
	CLEANUP(capture_release) struct capture c = { .request = request, .work = work };
	uint64_t bytes = 0;

	if (check_target(request, err) < 0)
		return err_context(err, "%s", request->target);
	if (prepare(&c, err) < 0)
		return -1;
	if (capture_scan(request->source, &c.rules, &c.scan, err) < 0)
		return -1;
	if ((c.base ? capture_append(&c, &bytes, err) : capture_new(&c, &bytes, err)) < 0)
		return err_context(err, "%s", request->target);
	*ret = (struct image_captured){
		.index = c.base ? c.base->header.image_count + 1 : 1,
		.dirs = c.scan.dirs,
		.files = c.scan.entries,
		.bytes = c.scan.bytes,
		.excluded = c.scan.excluded,
		.stored = c.contents.stored,
		.unread = c.contents.unread,
		.wim_bytes = bytes,
	};
	return 0;
}
