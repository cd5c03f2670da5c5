/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The append commit. Its order, and what is on the disk at each moment, is told in docs/formats/wim.md. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/filetime.h"
#include "common/image/blob_read.h"
#include "common/image/edit_refs.h"
#include "common/image/image_layer.h"
#include "common/image/wim_append.h"
#include "common/image/wim_integrity.h"
#include "common/image/wim_rows.h"
#include "common/image/wim_writer.h"
#include "common/report/xml_text.h"

struct commit {
	struct image_edit *edit;
	struct wim_header header; /* the new one */
	const struct strbuf *metadata; /* of the edit */
	struct strbuf integrity; /* the old table; empty when there is none */
	struct blob_changes changes;
	struct strbuf rows;   /* the blob table without the new blobs */
	VEC(const struct new_blob *) added;
	struct wim_writer *writer;
	VEC(struct wim_blob) written;
};

static void commit_release(struct commit *c)
{
	strbuf_release(&c->integrity);
	strbuf_release(&c->rows);
	blob_changes_release(&c->changes);
	vec_release(&c->added);
	wim_writer_freep(&c->writer);
	vec_release(&c->written);
}

/* ---- the blob table ---- */

/* A blob that the edited image no longer uses goes only when no other image uses it, whatever its count says. */
static int check_unused(struct commit *c, bool *drop, struct err *err)
{
	const struct wim_blobs *blobs = &c->edit->file->blobs;
	VEC(struct blob_use) uses = { 0 };

	for (size_t i = 0; i < c->changes.len; i++) {
		const struct wim_blob *blob = wim_blobs_find(blobs, c->changes.items[i].hash);

		if (blob && drop[blob->row])
			memcpy(vec_add(&uses)->hash, blob->hash, WIM_HASH_LEN);
	}

	int done = edit_count_elsewhere(c->edit, uses.items, uses.len, err);

	for (size_t i = 0; done == 0 && i < uses.len; i++) {
		const struct wim_blob *blob = wim_blobs_find(blobs, uses.items[i].hash);

		if (uses.items[i].count) {
			drop[blob->row] = false;
			store_le32(wim_row_at(&c->rows, blob->row) + ROW_REFCNT, uses.items[i].count);
		}
	}
	vec_release(&uses);
	return done;
}

static int change_refcounts(struct commit *c, bool *drop, struct err *err)
{
	for (size_t i = 0; i < c->changes.len; i++) {
		const struct blob_change *change = &c->changes.items[i];
		const struct wim_blob *blob = wim_blobs_find(&c->edit->file->blobs, change->hash);
		const struct new_blob *fresh = blob ? NULL : edit_find_blob(c->edit, change->hash);

		if (blob) {
			int64_t refcnt = (int64_t)blob->refcnt + change->by;

			drop[blob->row] = refcnt <= 0 && !c->edit->keep_base;
			store_le32(wim_row_at(&c->rows, blob->row) + ROW_REFCNT,
				   (uint32_t)MIN(MAX(refcnt, 0), UINT32_MAX));
		} else if (fresh && change->by > 0) {
			*vec_add(&c->added) = fresh;
		} else if (change->by > 0) {
			return err_set(err, ERR_NOT_FOUND, "contents that files of the image need are not in the WIM any more");
		}
	}
	return 0;
}

/* The metadata row is found again by its place in the old file, which no other row has. */
static int find_metadata_row(const struct commit *c, size_t *ret, struct err *err)
{
	const uint8_t *old = (const uint8_t *)c->edit->file->blobs.table.data +
			     (size_t)c->edit->file->blobs.metadata[c->edit->index - 1].row * WIM_BLOB_ROW_LEN;
	unsigned before = 0;
	size_t n = c->rows.len / WIM_BLOB_ROW_LEN;

	for (size_t row = 0; row < n; row++) {
		const uint8_t *raw = (const uint8_t *)c->rows.data + row * WIM_BLOB_ROW_LEN;

		if (!(raw[7] & WIM_RES_METADATA) || (raw[7] & (WIM_RES_SOLID | WIM_RES_FREE)))
			continue;
		if (++before == c->edit->index && memcmp(raw, old, WIM_BLOB_ROW_LEN) == 0) {
			*ret = row;
			return 0;
		}
	}
	return err_set(err, ERR_FORMAT, "blob table: the metadata of image %u is not where it was", c->edit->index);
}

static int prepare_rows(struct commit *c, struct err *err)
{
	const struct strbuf *table = &c->edit->file->blobs.table;
	CLEANUP(freep) bool *drop = xcalloc(table->len / WIM_BLOB_ROW_LEN + 1, sizeof(*drop));

	edit_count_changes(c->edit, &c->changes);
	strbuf_add(&c->rows, table->data, table->len);
	if (change_refcounts(c, drop, err) < 0 || check_unused(c, drop, err) < 0)
		return -1;
	wim_rows_drop(&c->rows, drop);
	return 0;
}

/* ---- the XML ---- */

static int set_number(struct strbuf *text, unsigned index, const char *name, uint64_t value, bool add, struct err *err)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return wim_xml_set(text, index, name, digits, add, err);
}

static int set_time(struct strbuf *text, unsigned index, uint64_t now, struct err *err)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "0x%08" PRIX32, (uint32_t)(now >> 32));
	if (wim_xml_set(text, index, "LASTMODIFICATIONTIME/HIGHPART", digits, true, err) < 0)
		return -1;
	snprintf(digits, sizeof(digits), "0x%08" PRIX32, (uint32_t)now);
	return wim_xml_set(text, index, "LASTMODIFICATIONTIME/LOWPART", digits, true, err);
}

static uint64_t bytes_added(const struct commit *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->changes.len; i++)
		sum += (uint64_t)c->changes.items[i].by * edit_blob_size(c->edit, c->changes.items[i].hash);
	return sum;
}

static int set_counts(struct commit *c, struct strbuf *text, unsigned index, const struct image_info *info,
		      struct err *err)
{
	struct tree_stats before = { 0 };
	struct tree_stats after;
	struct image_info old = { 0 };

	/* a further image is counted from nothing */
	if (!c->edit->new_name) {
		old = *info;
		before = c->edit->before.stats;
	}
	edit_tree_stats(c->edit, c->edit->tree, &after);
	if (set_number(text, index, "DIRCOUNT", old.dir_count + after.dirs - before.dirs, true, err) < 0 ||
	    set_number(text, index, "FILECOUNT", old.file_count + after.files - before.files, true, err) < 0 ||
	    set_number(text, index, "TOTALBYTES", old.total_bytes + bytes_added(c), true, err) < 0)
		return -1;
	return set_number(text, index, "HARDLINKBYTES",
			  old.hard_link_bytes + after.hard_link_bytes - before.hard_link_bytes, false, err);
}

/* A further image gets a copy of the element under its own name; *index becomes its index. */
static int copy_element(struct commit *c, struct strbuf *text, unsigned *index, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf element = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (!c->edit->new_name)
		return 0;
	xml_add_text(&name, c->edit->new_name);
	if (wim_xml_take_image(&c->edit->file->xml, *index, &element, err) < 0 ||
	    wim_xml_set_in_image(&element, "NAME", strbuf_text(&name), err) < 0)
		return -1;
	*index = c->header.image_count;
	return wim_xml_add_image(text, element.data, *index, err);
}

static int build_xml(struct commit *c, uint64_t xml_at, struct strbuf *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct wim_xml *old = &c->edit->file->xml;
	const struct image_info *info = wim_xml_image(old, c->edit->index);
	unsigned index = c->edit->index;

	if (!info)
		return err_set(err, ERR_FORMAT, "XML data: no element for image %u", index);
	strbuf_add(&text, old->text.data, old->text.len);
	if (copy_element(c, &text, &index, err) < 0 || set_counts(c, &text, index, info, err) < 0 ||
	    set_time(&text, index, filetime_now(), err) < 0 ||
	    set_number(&text, 0, "TOTALBYTES", xml_at, false, err) < 0)
		return -1;
	return wim_xml_encode(&text, old->encoding, ret, err);
}

/* ---- contents ---- */

struct host_source {
	struct wim_hash *hash;
	wim_data_fn sink;
	void *sink_context;
};

static int pass_host_piece(struct host_source *source, int fd, struct err *err)
{
	CLEANUP(freep) uint8_t *piece = xmalloc(1u << 18);

	for (;;) {
		ssize_t n = read(fd, piece, 1u << 18);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "reading");
		if (n == 0)
			return 0;
		wim_hash_update(source->hash, piece, (size_t)n);
		if (source->sink(source->sink_context, piece, (size_t)n) != 0)
			return -1;
	}
}

static int feed_host(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct new_blob *blob = context;
	CLEANUP(wim_hash_freep) struct wim_hash *hash = wim_hash_new_sha1();
	CLEANUP(close_fdp) int fd = file_open_read(blob->host_path, err);
	struct host_source source = { .hash = hash, .sink = sink, .sink_context = sink_context };
	uint8_t sum[WIM_HASH_LEN];

	if (fd < 0 || pass_host_piece(&source, fd, err) < 0)
		return err_context(err, "%s", blob->host_path);
	wim_hash_final(hash, sum);
	if (memcmp(sum, blob->hash, WIM_HASH_LEN) != 0)
		return err_set(err, ERR_BUSY, "%s: changed while it was read", blob->host_path);
	return 0;
}

/* Remembers what was written, for check_written. */
static int note_written(struct commit *c, const struct wim_reshdr *at, const uint8_t *hash, struct err *err)
{
	struct wim_blob *blob = vec_add(&c->written);

	*blob = (struct wim_blob){ .here = true, .size = at->size };
	memcpy(blob->hash, hash, WIM_HASH_LEN);
	return wim_resource_from_reshdr(&c->header, wim_writer_at(c->writer), at, "new data", &blob->res, err);
}

static int end_of_blob(void *context UNUSED, size_t index UNUSED, void *handle UNUSED, const struct err *damage,
		       struct err *err)
{
	if (!damage)
		return 0;
	if (err)
		*err = *damage;
	return -1;
}

/* Reads back what was written and checks its SHA-1, while the old header still rules. */
static int check_written(struct commit *c, struct err *err)
{
	CLEANUP(freep) const struct wim_blob **blobs = xcalloc(c->written.len + 1, sizeof(*blobs));
	const struct blob_sink sink = { .end = end_of_blob };

	for (size_t i = 0; i < c->written.len; i++)
		blobs[i] = &c->written.items[i];
	if (blob_read(c->edit->file, blobs, c->written.len, &sink, &(struct blob_read_options){ 0 }, err) < 0)
		return err_context(err, "reading back what was written");
	return 0;
}

static int queue_blob(struct commit *c, const struct new_blob *blob, struct wim_reshdr *ret, struct err *err)
{
	struct bytes data = bytes_of(blob->data, (size_t)blob->size);
	struct wim_source source = wim_source_of(&data);

	if (blob->host_path)
		source = (struct wim_source){
			.size = blob->size,
			.context = (void *)(uintptr_t)blob,
			.feed = feed_host,
		};
	return wim_writer_queue(c->writer, &source, 0, ret, err);
}

static uint32_t refcnt_of(const struct commit *c, const struct new_blob *blob)
{
	for (size_t low = 0, high = c->changes.len; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(c->changes.items[middle].hash, blob->hash, WIM_HASH_LEN);

		if (order == 0)
			return (uint32_t)c->changes.items[middle].by;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static int enter_metadata(struct commit *c, const struct wim_reshdr *at, struct err *err)
{
	const uint8_t *hash = c->edit->result_hash;
	size_t row = 0;

	if (note_written(c, at, hash, err) < 0)
		return -1;
	if (c->edit->new_name) {
		wim_rows_add(&c->rows, at, 1, hash);
		c->header.image_count++;
		return 0;
	}
	if (find_metadata_row(c, &row, err) < 0)
		return -1;
	wim_row_store(wim_row_at(&c->rows, row), at, 1, hash);
	if (c->header.boot_index == c->edit->index)
		c->header.boot_metadata = *at;
	return 0;
}

/* Chunks at the same place in the metadata as it was. */
static size_t packed_before(void *context, uint64_t chunk, const uint8_t *contents, size_t len, uint8_t *ret)
{
	struct commit *c = context;
	const struct wim_resource *old = &c->edit->file->blobs.metadata[c->edit->index - 1].res;
	uint8_t hash[WIM_HASH_LEN];
	const uint8_t *stored;
	size_t stored_len;

	if (chunk >= c->edit->before.chunks.len || !old->compressed)
		return 0;
	wim_sha1(contents, len, hash);
	if (memcmp(hash, c->edit->before.chunks.items[chunk].hash, sizeof(hash)) != 0 ||
	    wim_reader_stored_chunk(c->edit->file->reader, old, chunk, &stored, &stored_len, NULL) < 0 || stored_len >= len)
		return 0;
	memcpy(ret, stored, stored_len);
	return stored_len;
}

static int feed_metadata(void *context, wim_data_fn sink, void *sink_context, struct err *err UNUSED)
{
	const struct strbuf *metadata = ((struct commit *)context)->metadata;

	return sink(sink_context, metadata->data, metadata->len);
}

/* All through one queue, so that no processor waits for the end of one of them; places gets the metadata's last. */
static int write_resources(struct commit *c, struct wim_reshdr *places, struct err *err)
{
	const struct wim_source metadata = {
		.size = c->metadata->len, .context = c, .feed = feed_metadata, .packed = packed_before,
	};

	for (size_t i = 0; i < c->added.len; i++)
		if (queue_blob(c, c->added.items[i], &places[i], err) < 0)
			return -1;
	if (wim_writer_queue(c->writer, &metadata, WIM_RES_METADATA, &places[c->added.len], err) < 0)
		return -1;
	return wim_writer_flush(c->writer, err);
}

static int write_contents(struct commit *c, struct err *err)
{
	CLEANUP(freep) struct wim_reshdr *places = xcalloc(c->added.len + 1, sizeof(*places));

	if (write_resources(c, places, err) < 0)
		return -1;
	for (size_t i = 0; i < c->added.len; i++) {
		const struct new_blob *blob = c->added.items[i];

		if (note_written(c, &places[i], blob->hash, err) < 0)
			return -1;
		wim_rows_add(&c->rows, &places[i], refcnt_of(c, blob), blob->hash);
	}
	return enter_metadata(c, &places[c->added.len], err);
}

static int write_plain(struct commit *c, const struct strbuf *data, struct wim_reshdr *ret, struct err *err)
{
	struct bytes bytes = bytes_of(data->data, data->len);
	struct wim_source source = wim_source_of(&bytes);

	return wim_writer_put_plain(c->writer, &source, ret->flags & (uint8_t)~WIM_RES_COMPRESSED, ret, err);
}

static int write_tables(struct commit *c, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf integrity = STRBUF_INIT;
	uint64_t kept_end = wim_integrity_end(&c->header);
	int fd = c->edit->file->fd;

	if (write_plain(c, &c->rows, &c->header.blob_table, err) < 0 ||
	    build_xml(c, wim_writer_at(c->writer), &xml, err) < 0 || write_plain(c, &xml, &c->header.xml, err) < 0)
		return -1;
	if (!c->integrity.len && !c->edit->add_integrity)
		return 0;
	if (wim_integrity_build(fd, &c->integrity, kept_end, wim_integrity_end(&c->header), &integrity, err) < 0)
		return -1;
	return write_plain(c, &integrity, &c->header.integrity, err);
}

static int append_all(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	struct commit *c = context;

	if (write_contents(c, err) < 0 || write_tables(c, err) < 0 || check_written(c, err) < 0)
		return -1;
	if (c->edit->gate && c->edit->gate(c->edit->gate_context, err) < 0)
		return -1;
	*header = c->header;
	*ret_end = wim_writer_at(c->writer);
	return 0;
}

static int write_guarded(struct commit *c, struct err *err)
{
	const struct image_file *file = c->edit->file;
	const struct wim_append append = {
		.path = c->edit->path,
		.fd = file->fd,
		.old = &file->header,
		.old_bytes = file->file_bytes,
		.keep = c->edit->undo_path,
		.write = append_all,
		.context = c,
	};

	return wim_append_run(&append, err);
}

/* ---- before the first write ---- */

/* What will surely be written. How small compression makes contents is not known before: zeros become a thousandth. */
static uint64_t least_need(const struct commit *c)
{
	uint64_t contents = c->metadata->len;

	for (size_t i = 0; i < c->added.len; i++)
		contents += c->added.items[i]->size;
	if (c->header.compression != WIM_NONE)
		contents = 0;
	return contents + c->rows.len * 2 + c->edit->file->xml.text.len * 2 + c->integrity.len;
}

static int check_space(const struct commit *c, struct err *err)
{
	struct statvfs fs;
	uint64_t need = least_need(c);

	if (fstatvfs(c->edit->file->fd, &fs) < 0)
		return err_errno(err, errno, "asking for the free space");

	uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;

	if (free_bytes < need)
		return err_set(err, ERR_NO_SPACE,
			       "at least %" PRIu64 " bytes are needed beside the WIM, %" PRIu64 " are free", need,
			       free_bytes);
	return 0;
}

static int prepare(struct commit *c, struct err *err)
{
	struct wim_packing packing;
	const struct image_file *file = c->edit->file;

	c->header = file->header;
	if (prepare_rows(c, err) < 0)
		return -1;
	c->metadata = edit_result(c->edit);
	if (c->metadata->len > WIM_METADATA_MAX)
		return err_set(err, ERR_LIMIT, "the list of files would take more than %u bytes", WIM_METADATA_MAX);
	if (c->header.integrity.offset &&
	    wim_integrity_load(file->fd, file->file_bytes, &c->header, &c->integrity, err) < 0)
		return -1;
	packing = (struct wim_packing){ .compression = c->header.compression, .chunk_size = c->header.chunk_size,
					.level = WIM_COMPRESSION_LEVEL, .threads = c->edit->threads };
	c->writer = wim_writer_new_packing(file->fd, file->file_bytes, &packing, err);
	return c->writer ? check_space(c, err) : -1;
}

int image_edit_commit(struct image_edit *edit, struct image_commit_stats *ret, struct err *err)
{
	CLEANUP(commit_release) struct commit c = { .edit = edit };

	if (ret)
		*ret = (struct image_commit_stats){ 0 };
	if (edit_check_open(edit, err) < 0)
		return -1;
	if (edit->has_base)
		edit->changed = edit->new_name || !image_edit_is_done(edit);
	if (!edit->changed)
		return 0;
	if (prepare(&c, err) < 0 || write_guarded(&c, err) < 0)
		return -1;
	edit->committed = true;
	if (ret)
		*ret = (struct image_commit_stats){
			.blobs_added = c.added.len,
			.bytes_appended = wim_writer_at(c.writer) - edit->file->file_bytes,
		};
	return 0;
}
