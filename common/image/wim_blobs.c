/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/vec.h"
#include "common/image/wim_hash.h"

#define SOLID_RUN_MAX 4096 /* one to three are usual; each blob is searched among them */

struct loader {
	const struct wim_part *part;
	struct bytes table;
	size_t n_rows;
	struct wim_blobs *blobs; /* solids and runs are added to it */
	VEC(struct wim_blob) items;
	VEC(struct wim_blob) metadata;
	size_t run_at;  /* the first of solids that belongs to the run that row is in */
	size_t run_end; /* first row behind that run */
};

static void loader_release(struct loader *loader)
{
	vec_release(&loader->items);
	vec_release(&loader->metadata);
}

static const uint8_t *row_at(const struct loader *loader, size_t row)
{
	return loader->table.data + row * WIM_BLOB_ROW_LEN;
}

static bool row_is_solid(const struct loader *loader, size_t row)
{
	return row_at(loader, row)[7] & WIM_RES_SOLID;
}

int wim_solid_open(struct wim_solid *solid, const struct wim_part *part, struct err *err)
{
	if (wim_resource_open_solid(part->fd, part->file_bytes, &solid->hdr, &solid->res, err) < 0)
		return -1;
	solid->res.source = part->source;
	solid->open = true;
	return 0;
}

/* A run of solid rows describes resources and the blobs in them; blobs are placed in the sum of their contents. */
static int open_solid_run(struct loader *loader, size_t row, struct err *err)
{
	const struct wim_header *header = &loader->part->header;
	struct wim_blobs *blobs = loader->blobs;

	loader->run_at = blobs->solids.len;
	blobs->n_runs++;
	blobs->has_solid = true;
	for (; row < loader->n_rows && row_is_solid(loader, row); row++) {
		struct wim_solid solid = { .run = blobs->n_runs - 1,
					   .part = load_le16(row_at(loader, row) + ROW_PART) };

		wim_reshdr_load(row_at(loader, row), &solid.hdr);
		if (solid.hdr.size != WIM_SOLID_SIZE_MARK || (solid.part != header->part && header->parts == 1))
			continue;
		if (blobs->solids.len - loader->run_at == SOLID_RUN_MAX)
			return err_set(err, ERR_LIMIT, "more than %d solid resources in a row", SOLID_RUN_MAX);
		if (solid.part == header->part && wim_solid_open(&solid, loader->part, err) < 0)
			return -1;
		*vec_add(&blobs->solids) = solid;
	}
	loader->run_end = row;
	return 0;
}

bool wim_solid_place(const struct wim_solid *const *solids, size_t n, struct wim_blob *blob)
{
	uint64_t at = blob->at;

	for (size_t i = 0; i < n && solids[i]->open; i++) {
		const struct wim_resource *res = &solids[i]->res;

		if (at < res->size || (at == res->size && blob->size == 0)) {
			if (blob->size > res->size - at)
				return false;
			blob->res = *res;
			blob->at = at;
			blob->here = true;
			blob->unplaced = false;
			return true;
		}
		at -= res->size;
	}
	return false;
}

static int load_solid_blob(struct loader *loader, size_t row, const struct wim_reshdr *hdr, struct wim_blob *blob,
			   struct err *err)
{
	const struct wim_blobs *blobs = loader->blobs;
	const struct wim_solid *run[SOLID_RUN_MAX];
	size_t n = 0;

	if (row >= loader->run_end && open_solid_run(loader, row, err) < 0)
		return -1;
	blob->at = hdr->offset;
	blob->size = hdr->stored;
	blob->run = blobs->n_runs - 1;
	blob->unplaced = true;
	for (size_t i = loader->run_at; i < blobs->solids.len; i++)
		run[n++] = &blobs->solids.items[i];
	if (blob->part == loader->part->header.part && wim_solid_place(run, n, blob))
		return 0;
	/* in a resource of another part, perhaps */
	return loader->part->header.parts > 1 ? 0
					      : err_set(err, ERR_FORMAT, "is not inside any solid resource");
}

static int load_blob(struct loader *loader, size_t row, const struct wim_reshdr *hdr, struct wim_blob *blob,
		     struct err *err)
{
	const struct wim_header *header = &loader->part->header;

	if (hdr->flags & WIM_RES_SOLID && (blob->part == header->part || header->parts > 1))
		return load_solid_blob(loader, row, hdr, blob, err);
	if (blob->part != header->part) {
		blob->size = hdr->flags & WIM_RES_SOLID ? hdr->stored : hdr->size;
		return 0;
	}
	blob->here = true;
	blob->size = hdr->size;
	if (wim_resource_from_reshdr(header, loader->part->file_bytes, hdr, "resource", &blob->res, err) < 0)
		return -1;
	blob->res.source = loader->part->source;
	return 0;
}

static int load_row(struct loader *loader, size_t row, struct err *err)
{
	const uint8_t *raw = row_at(loader, row);
	struct wim_blob blob = { .row = (uint32_t)row, .part = load_le16(raw + ROW_PART),
				 .refcnt = load_le32(raw + ROW_REFCNT) };
	struct wim_reshdr hdr;

	wim_reshdr_load(raw, &hdr);
	memcpy(blob.hash, raw + ROW_HASH, WIM_HASH_LEN);
	if ((hdr.flags & WIM_RES_SOLID) && hdr.size == WIM_SOLID_SIZE_MARK)
		return row >= loader->run_end ? open_solid_run(loader, row, err) : 0;
	if (hdr.flags & WIM_RES_FREE)
		return 0;
	if (load_blob(loader, row, &hdr, &blob, err) < 0)
		return -1;
	if (!(hdr.flags & WIM_RES_METADATA)) {
		if (!wim_hash_is_zero(blob.hash))
			*vec_add(&loader->items) = blob;
		return 0;
	}
	if (loader->part->source > 0)
		return 0;
	if (!blob.here || (hdr.flags & WIM_RES_SOLID))
		return err_set(err, ERR_UNSUPPORTED, "metadata resource in another part or in a solid resource");
	if (loader->metadata.len == loader->part->header.image_count)
		return err_set(err, ERR_FORMAT, "more metadata resources than the %u images of the header",
			       loader->part->header.image_count);
	*vec_add(&loader->metadata) = blob;
	return 0;
}

static int load_rows(struct loader *loader, struct err *err)
{
	const struct wim_header *header = &loader->part->header;

	for (size_t row = 0; row < loader->n_rows; row++)
		if (load_row(loader, row, err) < 0)
			return err_context(err, "blob table: row %zu", row);
	/* only the first part of a split WIM has the metadata */
	if (loader->metadata.len != header->image_count && header->part == 1 && loader->part->source == 0)
		return err_set(err, ERR_FORMAT, "the header says %u images, the blob table has %zu",
			       header->image_count, loader->metadata.len);
	return 0;
}

static int compare_by_hash(const void *a, const void *b, void *items)
{
	uint32_t ia = *(const uint32_t *)a;
	uint32_t ib = *(const uint32_t *)b;
	const struct wim_blob *blobs = items;
	int order = memcmp(blobs[ia].hash, blobs[ib].hash, WIM_HASH_LEN);

	return order ? order : (ia > ib) - (ia < ib);
}

/* Among the first n of by_hash: the first whose hash is not smaller. */
static size_t place_by_hash(const struct wim_blobs *blobs, size_t n, const uint8_t *hash)
{
	size_t low = 0;
	size_t high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(blobs->items[blobs->by_hash[middle]].hash, hash, WIM_HASH_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The new ones are sorted by themselves and moved to their places: of a thousand parts each brings a few. */
void wim_blobs_index(struct wim_blobs *blobs, size_t first)
{
	size_t n = blobs->n - first;
	CLEANUP(freep) uint32_t *fresh = xcalloc(n + 1, sizeof(*fresh));

	blobs->by_hash = xreallocarray(blobs->by_hash, blobs->n + 1, sizeof(*blobs->by_hash));
	for (size_t i = 0; i < n; i++)
		fresh[i] = (uint32_t)(first + i);
	if (n)
		qsort_r(fresh, n, sizeof(*fresh), compare_by_hash, blobs->items);
	for (size_t end = first; n; n--) {
		size_t place = place_by_hash(blobs, end, blobs->items[fresh[n - 1]].hash);

		memmove(blobs->by_hash + place + n, blobs->by_hash + place, (end - place) * sizeof(*blobs->by_hash));
		blobs->by_hash[place + n - 1] = fresh[n - 1];
		end = place;
	}
}

static int load_table(struct wim_reader *reader, const struct wim_part *part, struct strbuf *ret, struct err *err)
{
	struct wim_resource res;

	if (wim_resource_from_reshdr(&part->header, part->file_bytes, &part->header.blob_table, "blob table", &res,
				     err) < 0)
		return -1;
	res.source = part->source;
	if (res.size % WIM_BLOB_ROW_LEN)
		return err_set(err, ERR_FORMAT, "blob table of %" PRIu64 " bytes has a broken row", res.size);
	if (wim_reader_load(reader, &res, WIM_BLOB_TABLE_MAX, ret, err) < 0)
		return err_context(err, "blob table");
	return 0;
}

int wim_blobs_read_table(struct wim_reader *reader, const struct wim_part *part, struct wim_blobs *blobs,
			 struct wim_blob_table *ret, struct err *err)
{
	CLEANUP(loader_release) struct loader loader = { .part = part, .blobs = blobs };
	CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;

	if (load_table(reader, part, &rows, err) < 0)
		return -1;
	loader.table = bytes_of(rows.data, rows.len);
	loader.n_rows = rows.len / WIM_BLOB_ROW_LEN;
	if (load_rows(&loader, err) < 0)
		return -1;
	*ret = (struct wim_blob_table){
		.rows = rows,
		.items = loader.items.items,
		.n = loader.items.len,
		.metadata = loader.metadata.items,
		.n_metadata = loader.metadata.len,
	};
	rows = (struct strbuf)STRBUF_INIT;
	loader.items.items = NULL;
	loader.metadata.items = NULL;
	return 0;
}

int wim_blobs_load(struct wim_reader *reader, int fd, uint64_t file_bytes, const struct wim_header *header,
		   struct wim_blobs *ret, struct err *err)
{
	struct wim_part part = { .fd = fd, .file_bytes = file_bytes, .header = *header };
	CLEANUP(wim_blobs_release) struct wim_blobs blobs = { 0 };
	struct wim_blob_table table;

	if (wim_blobs_read_table(reader, &part, &blobs, &table, err) < 0)
		return -1;
	blobs.table = table.rows;
	blobs.items = table.items;
	blobs.n = table.n;
	blobs.metadata = table.metadata;
	blobs.n_metadata = table.n_metadata;
	wim_blobs_index(&blobs, 0);
	*ret = blobs;
	blobs = (struct wim_blobs){ 0 };
	return 0;
}

void wim_blobs_release(struct wim_blobs *blobs)
{
	strbuf_release(&blobs->table);
	vec_release(&blobs->solids);
	free(blobs->items);
	free(blobs->by_hash);
	free(blobs->metadata);
	*blobs = (struct wim_blobs){ 0 };
}

const struct wim_blob *wim_blobs_find(const struct wim_blobs *blobs, const uint8_t hash[WIM_HASH_LEN])
{
	size_t low = place_by_hash(blobs, blobs->n, hash);

	if (low == blobs->n || memcmp(blobs->items[blobs->by_hash[low]].hash, hash, WIM_HASH_LEN) != 0)
		return NULL;
	return &blobs->items[blobs->by_hash[low]];
}
