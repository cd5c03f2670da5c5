/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_blobs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/vec.h"
#include "common/image/wim_hash.h"

#define SOLID_RUN_MAX 4096 /* one to three are usual; each blob is searched among them */

struct loader {
	int fd;
	uint64_t file_bytes;
	const struct wim_header *header;
	struct bytes table;
	size_t n_rows;
	VEC(struct wim_blob) blobs;
	VEC(struct wim_blob) metadata;
	VEC(struct wim_resource) solid; /* of the run of solid rows that row is in */
	size_t run_end;                 /* first row behind that run */
	bool has_solid;
};

static void loader_release(struct loader *loader)
{
	vec_release(&loader->blobs);
	vec_release(&loader->metadata);
	vec_release(&loader->solid);
}

static const uint8_t *row_at(const struct loader *loader, size_t row)
{
	return loader->table.data + row * WIM_BLOB_ROW_LEN;
}

static bool row_is_solid(const struct loader *loader, size_t row)
{
	return row_at(loader, row)[7] & WIM_RES_SOLID;
}

/* A run of solid rows describes resources and the blobs in them; blobs are placed in the sum of their contents. */
static int open_solid_run(struct loader *loader, size_t row, struct err *err)
{
	uint64_t sum = 0;

	loader->solid.len = 0;
	loader->has_solid = true;
	for (; row < loader->n_rows && row_is_solid(loader, row); row++) {
		struct wim_reshdr hdr;
		struct wim_resource res;

		wim_reshdr_load(row_at(loader, row), &hdr);
		if (hdr.size != WIM_SOLID_SIZE_MARK)
			continue;
		if (load_le16(row_at(loader, row) + ROW_PART) != loader->header->part)
			continue;
		if (loader->solid.len == SOLID_RUN_MAX)
			return err_set(err, ERR_LIMIT, "more than %d solid resources in a row", SOLID_RUN_MAX);
		if (wim_resource_open_solid(loader->fd, loader->file_bytes, &hdr, &res, err) < 0)
			return -1;
		if (res.size > UINT64_MAX - sum)
			return err_set(err, ERR_FORMAT, "solid resources of impossible size");
		sum += res.size;
		*vec_add(&loader->solid) = res;
	}
	loader->run_end = row;
	return 0;
}

static int place_in_solid(struct loader *loader, const struct wim_reshdr *hdr, struct wim_blob *blob, struct err *err)
{
	uint64_t at = hdr->offset;

	for (size_t i = 0; i < loader->solid.len; i++) {
		const struct wim_resource *res = &loader->solid.items[i];

		if (at < res->size || (at == res->size && hdr->stored == 0)) {
			if (hdr->stored > res->size - at)
				break;
			blob->res = *res;
			blob->at = at;
			blob->size = hdr->stored;
			return 0;
		}
		at -= res->size;
	}
	return err_set(err, ERR_FORMAT, "is not inside any solid resource");
}

static int load_blob(struct loader *loader, size_t row, const struct wim_reshdr *hdr, struct wim_blob *blob,
		     struct err *err)
{
	if (blob->part != loader->header->part) {
		blob->size = hdr->flags & WIM_RES_SOLID ? hdr->stored : hdr->size;
		return 0;
	}
	blob->here = true;
	if (hdr->flags & WIM_RES_SOLID) {
		if (row >= loader->run_end && open_solid_run(loader, row, err) < 0)
			return -1;
		return place_in_solid(loader, hdr, blob, err);
	}
	blob->size = hdr->size;
	return wim_resource_from_reshdr(loader->header, loader->file_bytes, hdr, "resource", &blob->res, err);
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
			*vec_add(&loader->blobs) = blob;
		return 0;
	}
	if (!blob.here || (hdr.flags & WIM_RES_SOLID))
		return err_set(err, ERR_UNSUPPORTED, "metadata resource in another part or in a solid resource");
	if (loader->metadata.len == loader->header->image_count)
		return err_set(err, ERR_FORMAT, "more metadata resources than the %u images of the header",
			       loader->header->image_count);
	*vec_add(&loader->metadata) = blob;
	return 0;
}

static int load_rows(struct loader *loader, struct err *err)
{
	for (size_t row = 0; row < loader->n_rows; row++)
		if (load_row(loader, row, err) < 0)
			return err_context(err, "blob table: row %zu", row);
	/* only the first part of a split WIM has the metadata */
	if (loader->metadata.len != loader->header->image_count && loader->header->part == 1)
		return err_set(err, ERR_FORMAT, "the header says %u images, the blob table has %zu",
			       loader->header->image_count, loader->metadata.len);
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

static void index_by_hash(struct wim_blobs *blobs)
{
	blobs->by_hash = xreallocarray(NULL, blobs->n + 1, sizeof(*blobs->by_hash));
	for (size_t i = 0; i < blobs->n; i++)
		blobs->by_hash[i] = (uint32_t)i;
	if (blobs->n)
		qsort_r(blobs->by_hash, blobs->n, sizeof(*blobs->by_hash), compare_by_hash, blobs->items);
}

static int load_table(struct wim_reader *reader, uint64_t file_bytes, const struct wim_header *header,
		      struct strbuf *ret, struct err *err)
{
	struct wim_resource res;

	if (wim_resource_from_reshdr(header, file_bytes, &header->blob_table, "blob table", &res, err) < 0)
		return -1;
	if (res.size % WIM_BLOB_ROW_LEN)
		return err_set(err, ERR_FORMAT, "blob table of %" PRIu64 " bytes has a broken row", res.size);
	if (wim_reader_load(reader, &res, WIM_BLOB_TABLE_MAX, ret, err) < 0)
		return err_context(err, "blob table");
	return 0;
}

int wim_blobs_load(struct wim_reader *reader, int fd, uint64_t file_bytes, const struct wim_header *header,
		   struct wim_blobs *ret, struct err *err)
{
	CLEANUP(loader_release) struct loader loader = { .fd = fd, .file_bytes = file_bytes, .header = header };
	CLEANUP(strbuf_release) struct strbuf table = STRBUF_INIT;

	if (load_table(reader, file_bytes, header, &table, err) < 0)
		return -1;
	loader.table = bytes_of(table.data, table.len);
	loader.n_rows = table.len / WIM_BLOB_ROW_LEN;
	if (load_rows(&loader, err) < 0)
		return -1;
	*ret = (struct wim_blobs){
		.table = table,
		.items = loader.blobs.items,
		.n = loader.blobs.len,
		.metadata = loader.metadata.items,
		.n_metadata = loader.metadata.len,
		.has_solid = loader.has_solid,
	};
	table = (struct strbuf)STRBUF_INIT;
	loader.blobs.items = NULL;
	loader.metadata.items = NULL;
	index_by_hash(ret);
	return 0;
}

void wim_blobs_release(struct wim_blobs *blobs)
{
	strbuf_release(&blobs->table);
	free(blobs->items);
	free(blobs->by_hash);
	free(blobs->metadata);
	*blobs = (struct wim_blobs){ 0 };
}

const struct wim_blob *wim_blobs_find(const struct wim_blobs *blobs, const uint8_t hash[WIM_HASH_LEN])
{
	size_t low = 0;
	size_t high = blobs->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(blobs->items[blobs->by_hash[middle]].hash, hash, WIM_HASH_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == blobs->n || memcmp(blobs->items[blobs->by_hash[low]].hash, hash, WIM_HASH_LEN) != 0)
		return NULL;
	return &blobs->items[blobs->by_hash[low]];
}
