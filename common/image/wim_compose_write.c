/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writing half of wim_compose: contents, metadata, tables, header. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/image/compose_plan.h"
#include "common/image/solid_ahead.h"
#include "common/image/wim_append.h"
#include "common/image/wim_compose.h"
#include "common/image/wim_rows.h"
#include "common/image/wim_tables.h"
#include "common/image/wim_writer.h"

#define PARTS_MAX 65535

struct part {
	int fd;
	uint64_t end;
	uint64_t n_blobs;
	struct wim_header header;
};

struct out {
	struct wim_compose *c;
	struct wim_writer *writer;
	struct wim_reader **readers; /* one for each input */
	struct solid_ahead *ahead;
	const struct wim_compose_parts *how; /* NULL: one file */
	VEC(struct part) parts;
	struct strbuf xml;      /* with the new images, TOTALBYTES not yet right */
	enum wim_xml_encoding encoding;
	struct strbuf rows;     /* of the file that is appended to */
	struct wim_header header;
};

static void out_release(struct out *o)
{
	wim_writer_freep(&o->writer);
	solid_ahead_freep(&o->ahead);
	for (size_t i = 0; o->readers && i < o->c->inputs.len; i++)
		wim_reader_freep(&o->readers[i]);
	free(o->readers);
	vec_release(&o->parts);
	strbuf_release(&o->xml);
	strbuf_release(&o->rows);
}

/* ---- contents ---- */

static void step(struct wim_compose *c, uint64_t bytes)
{
	c->done += bytes;
	if (c->options.progress)
		c->options.progress(c->options.context, c->done, c->total);
}

struct blob_source {
	struct wim_reader *reader;
	const struct wim_blob *blob;
};

static int feed_blob(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct blob_source *source = context;

	return image_stream_blob(source->reader, source->blob, sink, sink_context, err);
}

static struct wim_reader *reader_of(const struct out *o, const struct image_file *file)
{
	for (size_t i = 0; i < o->c->inputs.len; i++)
		if (o->c->inputs.items[i].file == file)
			return o->readers[i];
	return NULL;
}

/* The file, of those of a split WIM, that a resource lies in. */
static int fd_of(const struct image_file *file, const struct wim_resource *res)
{
	return file->n_parts ? file->parts[res->source].fd : file->fd;
}

static struct wim_reshdr reshdr_of(const struct wim_resource *res, uint8_t flags)
{
	return (struct wim_reshdr){
		.offset = res->offset,
		.stored = res->stored,
		.size = res->size,
		.flags = (uint8_t)(flags | (res->compressed ? WIM_RES_COMPRESSED : 0)),
	};
}

/* reader, of file, is where its chunks come from when they are laid out in another way here. */
static int put_copy(struct out *o, const struct image_file *file, struct wim_reader *reader, const struct wim_blob *blob,
		    uint8_t flags, struct wim_reshdr *ret, struct err *err)
{
	const struct wim_reshdr from = reshdr_of(&blob->res, flags);

	if (blob->res.compressed && blob->res.pipable != o->c->options.pipable)
		return wim_writer_queue_chunks(o->writer, reader, &blob->res, blob->hash, flags, ret, err);
	return wim_writer_queue_copy(o->writer, fd_of(file, &blob->res), &from, blob->hash, ret, err);
}

static int put_blob(struct out *o, struct compose_blob *blob, struct err *err)
{
	struct blob_source context = { .reader = reader_of(o, blob->file), .blob = blob->blob };
	const struct wim_source source = { .size = blob->blob->size, .hash = blob->blob->hash, .context = &context,
					   .feed = feed_blob };
	int done;

	if (wim_compose_copies(o->c, blob->file, &blob->blob->res)) {
		o->c->copied += blob->blob->res.stored;
		done = put_copy(o, blob->file, context.reader, blob->blob, 0, &blob->at, err);
	} else {
		o->c->packed += source.size;
		done = wim_writer_queue(o->writer, &source, 0, &blob->at, err);
	}
	step(o->c, source.size);
	return done;
}

/* The row of a solid resource has this size; its contents' true one is in the resource. */
static int put_solid_copy(struct out *o, struct compose_solid *solid, struct err *err)
{
	const struct wim_reshdr from = { .offset = solid->from.offset, .stored = solid->from.stored,
					 .size = WIM_SOLID_SIZE_MARK, .flags = WIM_RES_SOLID };

	o->c->copied += from.stored;
	return wim_writer_queue_copy(o->writer, fd_of(solid->file, &solid->from), &from, NULL, &solid->at, err);
}

struct solid_source {
	struct out *out;
	struct compose_blob **blobs;
	size_t n;
};

static int feed_solid(void *context, wim_data_fn sink, void *sink_context, struct err *err)
{
	const struct solid_source *source = context;

	for (size_t i = 0; i < source->n; i++) {
		const struct compose_blob *blob = source->blobs[i];
		int done = image_stream_blob(reader_of(source->out, blob->file), blob->blob, sink, sink_context, err);

		if (done)
			return done;
		step(source->out->c, blob->blob->size);
	}
	return 0;
}

/* All blobs that are nowhere yet become one solid resource. */
static int put_new_solid(struct out *o, struct compose_blob **blobs, size_t n, struct err *err)
{
	CLEANUP(wim_writer_freep) struct wim_writer *packer = NULL;
	struct wim_compose *c = o->c;
	struct solid_source context = { .out = o, .blobs = blobs, .n = n };
	struct wim_source source = { .context = &context, .feed = feed_solid };
	struct compose_solid *solid;

	/* copies that wait write into the list that grows here */
	if (wim_writer_flush(o->writer, err) < 0)
		return -1;
	solid = vec_add(&c->solids);
	for (size_t i = 0; i < n; i++) {
		blobs[i]->solid = c->solids.len;
		blobs[i]->solid_offset = source.size;
		source.size += blobs[i]->blob->size;
	}
	solid->size = source.size;
	c->packed += source.size;
	packer = wim_writer_new_packing(o->parts.items[0].fd, wim_writer_at(o->writer), &c->options.solid_packing, err);
	if (!packer || wim_writer_put_solid(packer, &source, &solid->at, err) < 0)
		return -1;
	wim_writer_move(o->writer, o->parts.items[0].fd, wim_writer_at(packer));
	return 0;
}

static void expect(struct out *o, const struct compose_blob *blob)
{
	const struct wim_resource *res = &blob->blob->res;

	if (res->solid)
		solid_ahead_expect(o->ahead, fd_of(blob->file, res), res, blob->blob->at, blob->blob->size);
}

/* In the order in which put_blobs and put_new_solid read them. */
static void expect_reading(struct out *o, struct compose_blob *const *later, size_t n_later)
{
	const struct wim_compose *c = o->c;

	for (size_t i = 0; i < c->blobs.len; i++)
		if (!c->blobs.items[i].solid && !compose_goes_into_new_solid(c, &c->blobs.items[i]))
			expect(o, &c->blobs.items[i]);
	for (size_t i = 0; i < n_later; i++)
		expect(o, later[i]);
}

static int put_blobs(struct out *o, struct err *err)
{
	struct wim_compose *c = o->c;
	CLEANUP(freep) struct compose_blob **later = xcalloc(c->blobs.len + 1, sizeof(struct compose_blob *));
	size_t n_later = compose_list_new_solid(c, later);
	size_t solids = 0;
	int done = 0;

	expect_reading(o, later, n_later);
	for (size_t i = 0; i < c->blobs.len && done == 0; i++) {
		struct compose_blob *blob = &c->blobs.items[i];

		if (blob->solid > solids)
			done = put_solid_copy(o, &c->solids.items[solids++], err);
		else if (!blob->solid && !compose_goes_into_new_solid(c, blob))
			done = put_blob(o, blob, err);
		if (blob->solid)
			step(c, blob->blob->size);
	}
	return done == 0 && n_later ? put_new_solid(o, later, n_later, err) : done;
}

static int put_metadata(struct out *o, struct err *err)
{
	struct wim_compose *c = o->c;

	for (size_t i = 0; i < c->images.len; i++) {
		struct compose_image *image = &c->images.items[i];
		const struct image_file *file = c->inputs.items[image->input].file;
		const struct wim_blob *blob = &file->blobs.metadata[image->index - 1];
		struct blob_source context = { .reader = o->readers[image->input], .blob = blob };
		const struct wim_source source = { .size = blob->size, .hash = blob->hash, .context = &context,
						   .feed = feed_blob };
		int done = wim_compose_copies(c, file, &blob->res) ?
			put_copy(o, file, context.reader, blob, WIM_RES_METADATA, &image->at, err) :
			wim_writer_queue(o->writer, &source, WIM_RES_METADATA, &image->at, err);

		if (done < 0)
			return err_context(err, "metadata of image %u", image->index);
	}
	return wim_writer_flush(o->writer, err);
}

/* ---- parts ---- */

static const uint8_t no_header[WIM_HEADER_LEN] = "MSWIM\0\0\0"; /* until the last step; recover knows our files by it */

static int begin_part(struct out *o, int fd, struct err *err)
{
	struct part *part = vec_add(&o->parts);

	part->fd = fd;
	part->header = o->header;
	return wim_write_at(fd, no_header, sizeof(no_header), 0, err);
}

/* What comes behind the contents of a part. */
static uint64_t tables_len(const struct out *o, const struct part *part)
{
	uint64_t rows = (part->n_blobs + (o->parts.len == 1 ? o->c->images.len : 0)) * WIM_BLOB_ROW_LEN;
	uint64_t sums = o->c->options.check ? (o->how->part_bytes >> 23) * WIM_HASH_LEN + 64 : 0;

	return rows + o->xml.len * 2 + 64 + sums;
}

static struct compose_blob *blob_of_reshdr(const struct out *o, struct wim_reshdr *at)
{
	struct compose_blob *blob = (struct compose_blob *)(void *)((char *)at - offsetof(struct compose_blob, at));

	return at->flags & WIM_RES_METADATA ? NULL : blob >= o->c->blobs.items &&
		blob < o->c->blobs.items + o->c->blobs.len ? blob : NULL;
}

/* A content that made its part too large is moved to the next one. */
static int note_written(void *context, struct wim_reshdr *at, struct err *err)
{
	struct out *o = context;
	struct part *part = &o->parts.items[o->parts.len - 1];
	struct compose_blob *blob = blob_of_reshdr(o, at);
	int fd;

	if (!blob)
		return 0;
	part->n_blobs++;
	blob->part = (uint16_t)o->parts.len;
	if (part->n_blobs == 1 || at->offset + at->stored + tables_len(o, part) <= o->how->part_bytes)
		return 0;
	part->n_blobs--;
	part->end = at->offset;
	if (o->parts.len == PARTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d parts", PARTS_MAX);
	fd = o->how->next(o->how->context, (unsigned)o->parts.len + 1, err);
	if (fd < 0)
		return -1;
	if (wim_writer_settle(o->writer, err) < 0 ||
	    wim_copy_range(part->fd, at->offset, fd, WIM_HEADER_LEN, at->stored, err) < 0 ||
	    begin_part(o, fd, err) < 0)
		return -1;
	at->offset = WIM_HEADER_LEN;
	blob->part = (uint16_t)o->parts.len;
	part = &o->parts.items[o->parts.len - 1];
	part->n_blobs = 1;
	wim_writer_move(o->writer, fd, WIM_HEADER_LEN + at->stored);
	return 0;
}

/* ---- tables ---- */

static void add_solid_rows(const struct wim_compose *c, struct strbuf *rows)
{
	static const uint8_t no_hash[WIM_HASH_LEN];
	CLEANUP(freep) uint64_t *begins = xcalloc(c->solids.len + 1, sizeof(*begins));

	/* one run: its blobs are placed in the sum of the contents of its resources */
	for (size_t i = 0; i < c->solids.len; i++) {
		wim_rows_add(rows, &c->solids.items[i].at, 1, no_hash);
		begins[i + 1] = begins[i] + c->solids.items[i].size;
	}
	for (size_t i = 0; i < c->blobs.len; i++) {
		const struct compose_blob *blob = &c->blobs.items[i];
		struct wim_reshdr at = { .stored = blob->blob->size, .flags = WIM_RES_SOLID };

		if (!blob->solid)
			continue;
		at.offset = begins[blob->solid - 1] + blob->solid_offset;
		wim_rows_add(rows, &at, blob->refcnt, blob->blob->hash);
	}
}

static void make_rows(const struct wim_compose *c, uint16_t part, struct strbuf *rows)
{
	for (size_t i = 0; i < c->blobs.len; i++) {
		const struct compose_blob *blob = &c->blobs.items[i];

		if (blob->solid || blob->part != part)
			continue;
		wim_rows_add(rows, &blob->at, blob->refcnt, blob->blob->hash);
		store_le16(wim_row_at(rows, rows->len / WIM_BLOB_ROW_LEN - 1) + ROW_PART, part);
	}
	for (size_t i = 0; part == 1 && i < c->images.len; i++) {
		const struct compose_image *image = &c->images.items[i];
		const struct image_file *file = c->inputs.items[image->input].file;

		wim_rows_add(rows, &image->at, 1, file->blobs.metadata[image->index - 1].hash);
	}
	if (part == 1)
		add_solid_rows(c, rows);
}

static struct wim_tables tables_of(const struct out *o, int fd, const struct strbuf *rows)
{
	return (struct wim_tables){
		.fd = fd,
		.rows = rows,
		.xml = &o->xml,
		.encoding = o->encoding,
		.keep_total = o->c->keep_total,
		.check = o->c->options.check,
		.pipable = o->c->options.pipable,
	};
}

static void set_boot(const struct wim_compose *c, unsigned first, struct wim_header *header)
{
	unsigned index = c->options.boot_index;

	if (index <= first || index - first > c->images.len)
		return;
	header->boot_index = index;
	header->boot_metadata = c->images.items[index - first - 1].at;
}

/* A pipable WIM has its header at its end; the one at its beginning does not know where the tables are. */
static int put_last_header(struct part *part, struct err *err)
{
	struct wim_header *header = &part->header;

	if (wim_write_at(part->fd, header->raw, WIM_HEADER_LEN, part->end, err) < 0)
		return -1;
	part->end += WIM_HEADER_LEN;
	header->blob_table = header->xml = header->boot_metadata = header->integrity = (struct wim_reshdr){ 0 };
	wim_header_store(header);
	return 0;
}

static int end_part(struct out *o, unsigned number, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
	struct part *part = &o->parts.items[number - 1];
	struct wim_header *header = &part->header;
	const struct wim_tables tables = tables_of(o, part->fd, &rows);

	make_rows(o->c, (uint16_t)number, &rows);
	if (wim_tables_write(&tables, part->end, header, &part->end, err) < 0)
		return -1;
	header->part = (uint16_t)number;
	header->parts = (uint16_t)o->parts.len;
	if (o->parts.len > 1)
		header->flags |= WIM_FLAG_SPANNED;
	header->boot_index = o->c->options.boot_index;
	if (number == 1)
		set_boot(o->c, 0, header);
	wim_header_store(header);
	if (header->pipable && put_last_header(part, err) < 0)
		return -1;
	wim_write_step("truncate");
	if (ftruncate(part->fd, (off_t)part->end) < 0)
		return err_errno(err, errno, "setting the length of the WIM");
	o->c->bytes += part->end;
	return wim_write_at(part->fd, header->raw, WIM_HEADER_LEN, 0, err);
}

/* ---- a new file ---- */

static int prepare_xml(struct out *o, unsigned first, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf images = STRBUF_INIT;
	struct wim_compose *c = o->c;

	strbuf_add(&o->xml, c->xml.data, c->xml.len);
	if (!c->xml.len)
		strbuf_adds(&o->xml, "<WIM></WIM>");
	for (size_t i = 0; i < c->images.len; i++)
		if (wim_xml_number_image(strbuf_text(&c->images.items[i].xml), first + (unsigned)i + 1, &images, err) < 0)
			return -1;
	return wim_xml_add_images(&o->xml, &images, err);
}

static int prepare(struct out *o, uint64_t at, int fd, struct err *err)
{
	struct wim_compose *c = o->c;

	o->readers = xcalloc(c->inputs.len + 1, sizeof(struct wim_reader *));
	o->ahead = solid_ahead_new(c->options.packing.threads ? c->options.packing.threads : wim_processors());
	for (size_t i = 0; i < c->inputs.len; i++) {
		o->readers[i] = image_reader_new(c->inputs.items[i].file);
		wim_reader_set_decoded(o->readers[i], solid_ahead_chunk, o->ahead);
	}
	o->writer = wim_writer_new_packing(fd, at, &c->options.packing, err);
	return o->writer ? 0 : -1;
}

static int prepare_new(struct out *o, int fd, struct err *err)
{
	struct wim_compose *c = o->c;

	for (size_t i = 0; i < c->inputs.len; i++)
		compose_plan_input(c, &c->inputs.items[i]);
	wim_header_init(&o->header, c->options.packing.compression, c->options.packing.chunk_size);
	if (c->options.pipable)
		wim_header_set_pipable(&o->header);
	o->header.flags |= c->options.flags;
	o->header.image_count = (uint32_t)c->images.len;
	o->header.guid = c->options.guid;
	if (guid_is_zero(&o->header.guid) && guid_random(&o->header.guid, err) < 0)
		return -1;
	if (prepare_xml(o, 0, err) < 0 || prepare(o, WIM_HEADER_LEN, fd, err) < 0)
		return -1;
	return begin_part(o, fd, err);
}

/* What a pipe brings first: what the images are called, then what they look like. */
static int put_piped(struct out *o, struct err *err)
{
	const struct wim_tables tables = tables_of(o, o->parts.items[0].fd, NULL);
	uint64_t at = wim_writer_at(o->writer);

	assert(o->c->options.solid == COMPOSE_SOLID_NONE);
	if (wim_tables_write_first_xml(&tables, &at, err) < 0)
		return -1;
	wim_writer_move(o->writer, tables.fd, at);
	wim_writer_set_pipable(o->writer);
	if (put_metadata(o, err) < 0 || put_blobs(o, err) < 0)
		return -1;
	return wim_writer_flush(o->writer, err);
}

static int put_contents(struct out *o, struct err *err)
{
	if (o->c->options.pipable)
		return put_piped(o, err);
	return put_blobs(o, err) < 0 ? -1 : put_metadata(o, err);
}

int wim_compose_write(struct wim_compose *c, int fd, struct err *err)
{
	CLEANUP(out_release) struct out o = { .c = c };

	if (prepare_new(&o, fd, err) < 0 || put_contents(&o, err) < 0)
		return -1;
	o.parts.items[0].end = wim_writer_at(o.writer);
	if (c->solids.len)
		wim_header_set_solid(&o.parts.items[0].header);
	return end_part(&o, 1, err);
}

int wim_compose_write_parts(struct wim_compose *c, const struct wim_compose_parts *parts, unsigned *ret_parts,
			    struct err *err)
{
	CLEANUP(out_release) struct out o = { .c = c, .how = parts };
	int fd = parts->next(parts->context, 1, err);

	assert(c->options.solid == COMPOSE_SOLID_NONE);
	if (fd < 0 || prepare_new(&o, fd, err) < 0)
		return -1;
	wim_writer_on_written(o.writer, note_written, &o);
	if (put_metadata(&o, err) < 0 || put_blobs(&o, err) < 0 || wim_writer_flush(o.writer, err) < 0)
		return -1;
	o.parts.items[o.parts.len - 1].end = wim_writer_at(o.writer);
	wim_writer_on_written(o.writer, NULL, NULL);
	for (unsigned i = 1; i <= o.parts.len; i++)
		if (end_part(&o, i, err) < 0)
			return err_context(err, "part %u", i);
	*ret_parts = (unsigned)o.parts.len;
	return 0;
}

/* ---- behind the end of a file ---- */

static void count_kept_rows(struct out *o)
{
	const struct compose_input *base = &o->c->inputs.items[0];
	const struct wim_blobs *blobs = &base->file->blobs;

	strbuf_add(&o->rows, blobs->table.data, blobs->table.len);
	for (size_t i = 0; i < blobs->n; i++) {
		uint8_t *raw = wim_row_at(&o->rows, blobs->items[i].row);

		if (base->counts[i])
			store_le32(raw + ROW_REFCNT, load_le32(raw + ROW_REFCNT) + base->counts[i]);
	}
}

static int write_behind(void *context, struct wim_header *header, uint64_t *ret_end, struct err *err)
{
	struct out *o = context;
	const struct image_file *base = o->c->inputs.items[0].file;
	struct wim_tables tables = tables_of(o, base->fd, &o->rows);

	tables.old = base;
	if (put_blobs(o, err) < 0 || put_metadata(o, err) < 0)
		return -1;
	make_rows(o->c, 1, &o->rows);
	*header = base->header;
	header->image_count += (uint32_t)o->c->images.len;
	header->flags |= o->c->options.flags;
	set_boot(o->c, base->header.image_count, header);
	if (o->c->solids.len)
		wim_header_set_solid(header);
	if (wim_tables_write(&tables, wim_writer_at(o->writer), header, ret_end, err) < 0)
		return -1;
	o->c->bytes = *ret_end;
	return 0;
}

int wim_compose_append(struct wim_compose *c, const char *path, struct err *err)
{
	struct image_file *base = c->inputs.items[0].file;
	CLEANUP(out_release) struct out o = { .c = c, .encoding = base->xml.encoding };
	struct part *part = vec_add(&o.parts);
	const struct wim_append append = {
		.path = path,
		.fd = base->fd,
		.old = &base->header,
		.old_bytes = base->file_bytes,
		.write = write_behind,
		.context = &o,
	};

	part->fd = base->fd;
	for (size_t i = 1; i < c->inputs.len; i++)
		compose_plan_input(c, &c->inputs.items[i]);
	count_kept_rows(&o);
	if (prepare_xml(&o, base->header.image_count, err) < 0 || prepare(&o, base->file_bytes, base->fd, err) < 0)
		return -1;
	return wim_append_run(&append, err);
}
