/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/wim_show.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/image/wim_blobs.h"
#include "common/image/wim_hash.h"
#include "common/image/wim_resource.h"

#define XML_MAX (64u << 20) /* image.h refuses more before we come here */
#define HEADER_SIZE_FIELD 8
#define VERSION_FIELD 12

struct flag_name {
	uint32_t flag;
	const char *name;
};

static const struct flag_name header_flags[] = {
	{ 0x1, "WIM_HDR_FLAG_RESERVED" },
	{ WIM_FLAG_COMPRESSION, "WIM_HDR_FLAG_COMPRESSION" },
	{ WIM_FLAG_READONLY, "WIM_HDR_FLAG_READONLY" },
	{ WIM_FLAG_SPANNED, "WIM_HDR_FLAG_SPANNED" },
	{ WIM_FLAG_RESOURCE_ONLY, "WIM_HDR_FLAG_RESOURCE_ONLY" },
	{ WIM_FLAG_METADATA_ONLY, "WIM_HDR_FLAG_METADATA_ONLY" },
	{ WIM_FLAG_WRITE_IN_PROGRESS, "WIM_HDR_FLAG_WRITE_IN_PROGRESS" },
	{ WIM_FLAG_RP_FIX, "WIM_HDR_FLAG_RP_FIX" },
	{ 0x10000, "WIM_HDR_FLAG_COMPRESS_RESERVED" },
	{ WIM_FLAG_XPRESS, "WIM_HDR_FLAG_COMPRESS_XPRESS" },
	{ WIM_FLAG_LZX, "WIM_HDR_FLAG_COMPRESS_LZX" },
	{ WIM_FLAG_LZMS, "WIM_HDR_FLAG_COMPRESS_LZMS" },
	{ WIM_FLAG_XPRESS_2, "WIM_HDR_FLAG_COMPRESS_XPRESS_2" },
};

static const struct flag_name resource_flags[] = {
	{ WIM_RES_COMPRESSED, "WIM_RESHDR_FLAG_COMPRESSED" },
	{ WIM_RES_METADATA, "WIM_RESHDR_FLAG_METADATA" },
	{ WIM_RES_FREE, "WIM_RESHDR_FLAG_FREE" },
	{ WIM_RES_SPANNED, "WIM_RESHDR_FLAG_SPANNED" },
	{ WIM_RES_SOLID, "WIM_RESHDR_FLAG_SOLID" },
};

void wim_show_hex(const uint8_t *data, size_t len, FILE *out)
{
	fputs("0x", out);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", data[i]);
}

void wim_show_text(const char *text, FILE *out)
{
	struct strbuf shown = STRBUF_INIT;

	text_show(text, strlen(text), &shown);
	fputs(strbuf_text(&shown), out);
	strbuf_release(&shown);
}

int wim_show_load_header(const char *path, struct wim_header *ret, uint64_t *ret_file_bytes, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);

	if (fd < 0 || file_size(fd, ret_file_bytes, err) < 0 || wim_header_read(fd, *ret_file_bytes, ret, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static void show_field(FILE *out, const char *what, const char *field, const char *prefix, uint64_t value)
{
	char label[64];

	snprintf(label, sizeof(label), "%s %s", what, field);
	if (*prefix)
		fprintf(out, "%-28s= %s%" PRIx64 "\n", label, prefix, value);
	else
		fprintf(out, "%-28s= %" PRIu64 "\n", label, value);
}

static void show_reshdr(FILE *out, const char *what, const struct wim_reshdr *hdr, const char *size_field)
{
	show_field(out, what, "Size", "", hdr->stored);
	show_field(out, what, "Flags", "0x", hdr->flags);
	show_field(out, what, "Offset", "", hdr->offset);
	show_field(out, what, size_field, "", hdr->size);
}

static void json_reshdr(struct json *j, const char *key, const struct wim_reshdr *hdr)
{
	json_begin_object(j, key);
	json_uint(j, "offset", hdr->offset);
	json_uint(j, "stored", hdr->stored);
	json_uint(j, "size", hdr->size);
	json_uint(j, "flags", hdr->flags);
	json_end_object(j);
}

static void json_header(struct json *j, const struct wim_header *header)
{
	json_begin_object(j, "header");
	json_uint(j, "version", load_le32(header->raw + VERSION_FIELD));
	json_uint(j, "flags", header->flags);
	json_begin_array(j, "flag_names");
	for (size_t i = 0; i < ARRAY_SIZE(header_flags); i++)
		if (header->flags & header_flags[i].flag)
			json_text(j, NULL, header_flags[i].name);
	json_end_array(j);
	json_reshdr(j, "blob_table", &header->blob_table);
	json_reshdr(j, "xml", &header->xml);
	json_reshdr(j, "boot_metadata", &header->boot_metadata);
	json_reshdr(j, "integrity", &header->integrity);
	json_end_object(j);
}

void wim_show_header(const struct wim_header *header, FILE *out, struct json *json)
{
	json_header(json, header);
	fprintf(out, "Magic Characters            = %s\n", header->pipable ? "WLPWM\\0\\0\\0" : "MSWIM\\0\\0\\0");
	fprintf(out, "Header Size                 = %u\n", load_le32(header->raw + HEADER_SIZE_FIELD));
	fprintf(out, "Version                     = 0x%x\n", load_le32(header->raw + VERSION_FIELD));
	fprintf(out, "Flags                       = 0x%x\n", header->flags);
	for (size_t i = 0; i < ARRAY_SIZE(header_flags); i++)
		if (header->flags & header_flags[i].flag)
			fprintf(out, "    %s is set\n", header_flags[i].name);
	fprintf(out, "Chunk Size                  = %u\n", header->chunk_size);
	fputs("GUID                        = ", out);
	for (size_t i = 0; i < sizeof(header->guid.bytes); i++)
		fprintf(out, "%02x", header->guid.bytes[i]);
	fprintf(out, "\nPart Number                 = %u\n", header->part);
	fprintf(out, "Total Parts                 = %u\n", header->parts);
	fprintf(out, "Image Count                 = %u\n", header->image_count);
	show_reshdr(out, "Blob Table", &header->blob_table, "Original_size");
	show_reshdr(out, "XML Data", &header->xml, "Original Size");
	show_reshdr(out, "Boot Metadata", &header->boot_metadata, "Original Size");
	fprintf(out, "Boot Index                  = %u\n", header->boot_index);
	show_reshdr(out, "Integrity", &header->integrity, "Original_size");
}

static void json_blob(struct json *j, const struct wim_blob *blob, const struct wim_reshdr *hdr)
{
	char text[WIM_HASH_TEXT_LEN + 1];

	json_begin_object(j, NULL);
	json_text(j, "sha1", wim_hash_format(blob->hash, text));
	json_uint(j, "size", blob->size);
	json_uint(j, "part", blob->part);
	json_uint(j, "references", blob->refcnt);
	json_uint(j, "flags", hdr->flags);
	if (blob->res.solid) {
		json_uint(j, "solid_resource", blob->res.offset);
		json_uint(j, "solid_offset", blob->at);
	} else {
		json_uint(j, "stored", hdr->stored);
		json_uint(j, "offset", hdr->offset);
	}
	json_end_object(j);
}

static void load_row(const struct wim_blobs *blobs, const struct wim_blob *blob, struct wim_reshdr *ret)
{
	wim_reshdr_load((const uint8_t *)blobs->table.data + (size_t)blob->row * WIM_BLOB_ROW_LEN + ROW_RESHDR, ret);
}

void wim_show_blob(const struct wim_blobs *blobs, const struct wim_blob *blob, FILE *out)
{
	struct wim_reshdr hdr;

	load_row(blobs, blob, &hdr);
	fputs("Hash              = ", out);
	wim_show_hex(blob->hash, sizeof(blob->hash), out);
	fprintf(out, "\nUncompressed size = %" PRIu64 " bytes\n", blob->size);
	if (blob->res.solid) {
		fprintf(out, "Solid resource    = %" PRIu64 " => %" PRIu64 " bytes @ offset %" PRIu64 "\n",
			blob->res.size, blob->res.stored, blob->res.offset);
		fprintf(out, "Solid offset      = %" PRIu64 " bytes\n", blob->at);
	} else {
		fprintf(out, "Compressed size   = %" PRIu64 " bytes\n", hdr.stored);
		fprintf(out, "Offset in WIM     = %" PRIu64 " bytes\n", hdr.offset);
	}
	fprintf(out, "Part Number       = %u\n", blob->part);
	fprintf(out, "Reference Count   = %u\n", blob->refcnt);
	fputs("Flags             = ", out);
	for (size_t i = 0; i < ARRAY_SIZE(resource_flags); i++)
		if (hdr.flags & resource_flags[i].flag)
			fprintf(out, "%s  ", resource_flags[i].name);
	fputs("\n\n", out);
}

static void show_blob(const struct wim_blobs *blobs, const struct wim_blob *blob, FILE *out, struct json *json)
{
	struct wim_reshdr hdr;

	if (!json) {
		wim_show_blob(blobs, blob, out);
		return;
	}
	load_row(blobs, blob, &hdr);
	json_blob(json, blob, &hdr);
}

static int show_table(int fd, FILE *out, struct json *json, struct err *err)
{
	CLEANUP(wim_reader_freep) struct wim_reader *reader = wim_reader_new(fd);
	CLEANUP(wim_blobs_release) struct wim_blobs blobs = { 0 };
	struct wim_header header;
	uint64_t file_bytes;

	if (file_size(fd, &file_bytes, err) < 0 || wim_header_read(fd, file_bytes, &header, err) < 0 ||
	    wim_blobs_load(reader, fd, file_bytes, &header, &blobs, err) < 0)
		return -1;
	json_begin_array(json, "blobs");
	for (size_t i = 0; i < blobs.n_metadata; i++)
		show_blob(&blobs, &blobs.metadata[i], out, json);
	for (size_t i = 0; i < blobs.n; i++)
		show_blob(&blobs, &blobs.items[i], out, json);
	json_end_array(json);
	return 0;
}

int wim_show_blobs(const char *path, FILE *out, struct json *json, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);

	if (fd < 0 || show_table(fd, out, json, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static int load_xml(int fd, struct strbuf *ret, struct err *err)
{
	CLEANUP(wim_reader_freep) struct wim_reader *reader = wim_reader_new(fd);
	struct wim_resource res;
	struct wim_header header;
	uint64_t file_bytes;

	if (file_size(fd, &file_bytes, err) < 0 || wim_header_read(fd, file_bytes, &header, err) < 0 ||
	    wim_resource_from_reshdr(&header, file_bytes, &header.xml, "XML data", &res, err) < 0)
		return -1;
	return wim_reader_load(reader, &res, XML_MAX, ret, err);
}

int wim_show_save_xml(const char *path, const char *to, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;

	if (fd < 0 || load_xml(fd, &xml, err) < 0)
		return err_context(err, "%s", path);
	if (path_same_file(path, to))
		return err_set(err, ERR_REFUSED, "%s: is the WIM itself: its XML goes into another file", to);
	if (atomic_file_replace(to, strbuf_text(&xml), xml.len, err) < 0)
		return err_context(err, "%s", to);
	return 0;
}

int wim_show_print_xml(const char *path, FILE *out, struct err *err)
{
	CLEANUP(close_fdp) int fd = file_open_read(path, err);
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;

	if (fd < 0 || load_xml(fd, &xml, err) < 0)
		return err_context(err, "%s", path);
	fwrite(strbuf_text(&xml), 1, xml.len, out);
	return 0;
}

int wim_show_data(void *out, const void *data, size_t len)
{
	return fwrite(data, 1, len, out) == len ? 0 : 1;
}
