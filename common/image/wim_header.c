/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_header.h"

#include <inttypes.h>

#include "common/base/file.h"

enum header_field {
	HDR_MAGIC = 0x00,
	HDR_SIZE = 0x08,
	HDR_VERSION = 0x0c,
	HDR_FLAGS = 0x10,
	HDR_CHUNK_SIZE = 0x14,
	HDR_GUID = 0x18,
	HDR_PART = 0x28,
	HDR_PARTS = 0x2a,
	HDR_IMAGE_COUNT = 0x2c,
	HDR_BLOB_TABLE = 0x30,
	HDR_XML = 0x48,
	HDR_BOOT_METADATA = 0x60,
	HDR_BOOT_INDEX = 0x78,
	HDR_INTEGRITY = 0x7c,
};

#define MAGIC_LEN 8
#define VERSION_DEFAULT 0x10d00
#define VERSION_SOLID 0xe00
#define CHUNK_SIZE_MAX (1u << 26) /* of resources that are not solid; those of libwim end at 2 MiB for LZX */
#define CHUNK_SIZE_MIN (1u << 12)

static const char magic_wim[MAGIC_LEN] = "MSWIM\0\0";
static const char magic_pipable[MAGIC_LEN] = "WLPWM\0\0";

void wim_reshdr_load(const uint8_t *raw, struct wim_reshdr *ret)
{
	uint64_t first = load_le64(raw);

	ret->stored = first & 0x00ffffffffffffffULL;
	ret->flags = (uint8_t)(first >> 56);
	ret->offset = load_le64(raw + 8);
	ret->size = load_le64(raw + 16);
}

void wim_reshdr_store(const struct wim_reshdr *hdr, uint8_t *raw)
{
	store_le64(raw, hdr->stored | (uint64_t)hdr->flags << 56);
	store_le64(raw + 8, hdr->offset);
	store_le64(raw + 16, hdr->size);
}

int wim_reshdr_check(const struct wim_reshdr *hdr, uint64_t file_bytes, const char *what, struct err *err)
{
	if (hdr->offset > file_bytes || hdr->stored > file_bytes - hdr->offset)
		return err_set(err, ERR_TRUNCATED,
			       "%s (%" PRIu64 " bytes at offset 0x%" PRIx64 ") is not inside the file of %" PRIu64
			       " bytes",
			       what, hdr->stored, hdr->offset, file_bytes);
	if (!(hdr->flags & (WIM_RES_COMPRESSED | WIM_RES_SOLID)) && hdr->stored != hdr->size)
		return err_set(err, ERR_FORMAT, "%s is not compressed, yet has two sizes: %" PRIu64 " and %" PRIu64,
			       what, hdr->stored, hdr->size);
	return 0;
}

static int parse_compression(struct wim_header *hdr, struct err *err)
{
	if (!(hdr->flags & WIM_FLAG_COMPRESSION)) {
		hdr->compression = WIM_NONE;
		return 0;
	}
	if (hdr->flags & WIM_FLAG_LZX)
		hdr->compression = WIM_LZX;
	else if (hdr->flags & (WIM_FLAG_XPRESS | WIM_FLAG_XPRESS_2))
		hdr->compression = WIM_XPRESS;
	else if (hdr->flags & WIM_FLAG_LZMS)
		hdr->compression = WIM_LZMS;
	else
		return err_at(err, ERR_UNSUPPORTED, HDR_FLAGS, "unknown compression (flags 0x%08x)", hdr->flags);

	if (hdr->chunk_size < CHUNK_SIZE_MIN || hdr->chunk_size > CHUNK_SIZE_MAX ||
	    (hdr->chunk_size & (hdr->chunk_size - 1)))
		return err_at(err, ERR_FORMAT, HDR_CHUNK_SIZE, "chunk size %u is no power of two between %u and %u",
			      hdr->chunk_size, CHUNK_SIZE_MIN, CHUNK_SIZE_MAX);
	return 0;
}

static int check_numbers(const struct wim_header *hdr, struct err *err)
{
	uint32_t size = load_le32(hdr->raw + HDR_SIZE);
	uint32_t version = load_le32(hdr->raw + HDR_VERSION);

	if (size != WIM_HEADER_LEN)
		return err_at(err, ERR_FORMAT, HDR_SIZE, "header size is %u, not %u", size, WIM_HEADER_LEN);
	if (version != VERSION_DEFAULT && version != VERSION_SOLID)
		return err_at(err, ERR_UNSUPPORTED, HDR_VERSION, "WIM version 0x%x is not known", version);
	if (hdr->part == 0 || hdr->part > hdr->parts)
		return err_at(err, ERR_FORMAT, HDR_PART, "part %u of %u", hdr->part, hdr->parts);
	if (hdr->image_count > WIM_IMAGES_MAX)
		return err_at(err, ERR_LIMIT, HDR_IMAGE_COUNT, "%u images; at most %u are read", hdr->image_count,
			      WIM_IMAGES_MAX);
	return 0;
}

static int check_resources(const struct wim_header *hdr, uint64_t file_bytes, struct err *err)
{
	if (wim_reshdr_check(&hdr->blob_table, file_bytes, "blob table", err) < 0 ||
	    wim_reshdr_check(&hdr->xml, file_bytes, "XML data", err) < 0)
		return -1;
	if (hdr->integrity.offset)
		return wim_reshdr_check(&hdr->integrity, file_bytes, "integrity table", err);
	return 0;
}

int wim_header_parse(struct bytes raw, uint64_t file_bytes, struct wim_header *ret, struct err *err)
{
	struct wim_header hdr = { 0 };

	if (raw.len < MAGIC_LEN ||
	    (!bytes_equal(raw, 0, magic_wim, MAGIC_LEN) && !bytes_equal(raw, 0, magic_pipable, MAGIC_LEN)))
		return err_set(err, ERR_FORMAT, "not a WIM file (it does not begin with MSWIM)");
	if (raw.len < WIM_HEADER_LEN)
		return err_set(err, ERR_TRUNCATED, "the file ends inside the WIM header (%" PRIu64 " bytes)",
			       file_bytes);

	memcpy(hdr.raw, raw.data, WIM_HEADER_LEN);
	hdr.pipable = bytes_equal(raw, 0, magic_pipable, MAGIC_LEN);
	hdr.flags = bytes_le32(raw, HDR_FLAGS);
	hdr.chunk_size = bytes_le32(raw, HDR_CHUNK_SIZE);
	memcpy(hdr.guid.bytes, raw.data + HDR_GUID, sizeof(hdr.guid.bytes));
	hdr.part = bytes_le16(raw, HDR_PART);
	hdr.parts = bytes_le16(raw, HDR_PARTS);
	hdr.image_count = bytes_le32(raw, HDR_IMAGE_COUNT);
	hdr.boot_index = bytes_le32(raw, HDR_BOOT_INDEX);
	wim_reshdr_load(raw.data + HDR_BLOB_TABLE, &hdr.blob_table);
	wim_reshdr_load(raw.data + HDR_XML, &hdr.xml);
	wim_reshdr_load(raw.data + HDR_BOOT_METADATA, &hdr.boot_metadata);
	wim_reshdr_load(raw.data + HDR_INTEGRITY, &hdr.integrity);

	if (check_numbers(&hdr, err) < 0 || parse_compression(&hdr, err) < 0 ||
	    check_resources(&hdr, file_bytes, err) < 0)
		return -1;
	*ret = hdr;
	return 0;
}

int wim_header_read(int fd, uint64_t file_bytes, struct wim_header *ret, struct err *err)
{
	uint8_t raw[WIM_HEADER_LEN];
	size_t len = (size_t)MIN(file_bytes, (uint64_t)WIM_HEADER_LEN);

	if (file_bytes == 0)
		return err_set(err, ERR_FORMAT, "the file is empty");
	if (file_pread(fd, raw, len, 0, err) < 0)
		return -1;
	/* The header at the start of a pipable WIM cannot know where its tables are; a copy at the end does. */
	if (len == WIM_HEADER_LEN && memcmp(raw, magic_pipable, MAGIC_LEN) == 0) {
		if (file_pread(fd, raw, len, file_bytes - WIM_HEADER_LEN, err) < 0)
			return -1;
		if (memcmp(raw, magic_pipable, MAGIC_LEN) != 0)
			return err_set(err, ERR_TRUNCATED, "pipable WIM without the header at its end");
	}
	return wim_header_parse(bytes_of(raw, len), file_bytes, ret, err);
}

void wim_header_init(struct wim_header *ret, enum wim_compression compression, uint32_t chunk_size)
{
	static const uint32_t flags[] = {
		[WIM_NONE] = 0,
		[WIM_XPRESS] = WIM_FLAG_COMPRESSION | WIM_FLAG_XPRESS,
		[WIM_LZX] = WIM_FLAG_COMPRESSION | WIM_FLAG_LZX,
		[WIM_LZMS] = WIM_FLAG_COMPRESSION | WIM_FLAG_LZMS,
	};

	*ret = (struct wim_header){
		.flags = flags[compression],
		.compression = compression,
		.chunk_size = compression == WIM_NONE ? 0 : chunk_size,
		.part = 1,
		.parts = 1,
	};
	memcpy(ret->raw, magic_wim, MAGIC_LEN);
	store_le32(ret->raw + HDR_SIZE, WIM_HEADER_LEN);
	store_le32(ret->raw + HDR_VERSION, compression == WIM_LZMS ? VERSION_SOLID : VERSION_DEFAULT);
	store_le32(ret->raw + HDR_CHUNK_SIZE, ret->chunk_size);
	wim_header_store(ret);
}

void wim_header_set_solid(struct wim_header *hdr)
{
	store_le32(hdr->raw + HDR_VERSION, VERSION_SOLID);
}

void wim_header_set_pipable(struct wim_header *hdr)
{
	hdr->pipable = true;
	memcpy(hdr->raw + HDR_MAGIC, magic_pipable, MAGIC_LEN);
}

void wim_header_store(struct wim_header *hdr)
{
	memcpy(hdr->raw + HDR_GUID, hdr->guid.bytes, sizeof(hdr->guid.bytes));
	store_le16(hdr->raw + HDR_PART, hdr->part);
	store_le16(hdr->raw + HDR_PARTS, hdr->parts);
	store_le32(hdr->raw + HDR_IMAGE_COUNT, hdr->image_count);
	store_le32(hdr->raw + HDR_FLAGS, hdr->flags);
	store_le32(hdr->raw + HDR_BOOT_INDEX, hdr->boot_index);
	wim_reshdr_store(&hdr->blob_table, hdr->raw + HDR_BLOB_TABLE);
	wim_reshdr_store(&hdr->xml, hdr->raw + HDR_XML);
	wim_reshdr_store(&hdr->boot_metadata, hdr->raw + HDR_BOOT_METADATA);
	wim_reshdr_store(&hdr->integrity, hdr->raw + HDR_INTEGRITY);
}

const char *wim_compression_name(enum wim_compression compression)
{
	static const char *const names[] = {
		[WIM_NONE] = "none",
		[WIM_XPRESS] = "XPRESS",
		[WIM_LZX] = "LZX",
		[WIM_LZMS] = "LZMS",
	};

	return names[compression];
}
