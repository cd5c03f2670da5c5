/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_tables.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/image/wim_integrity.h"
#include "common/image/wim_writer.h"

static int put(const struct wim_tables *t, const struct strbuf *data, uint8_t flags, uint64_t *at,
	       struct wim_reshdr *ret, struct err *err)
{
	if (wim_write_at(t->fd, strbuf_text(data), data->len, *at, err) < 0)
		return -1;
	*ret = (struct wim_reshdr){ .offset = *at, .stored = data->len, .size = data->len, .flags = flags };
	*at += data->len;
	return 0;
}

static int put_table(const struct wim_tables *t, const struct strbuf *data, uint64_t *at, struct wim_reshdr *ret,
		     struct err *err)
{
	uint8_t hash[WIM_HASH_LEN];

	if (t->pipable) {
		wim_sha1(strbuf_text(data), data->len, hash);
		if (wim_write_pipe_header(t->fd, *at, hash, data->len, WIM_RES_METADATA, err) < 0)
			return -1;
		*at += WIM_PIPE_HEADER_LEN;
	}
	return put(t, data, WIM_RES_METADATA, at, ret, err);
}

/* TOTALBYTES is what lies in front of the XML, as libwim has it. */
static int make_xml(const struct wim_tables *t, uint64_t at, struct strbuf *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(wim_xml_release) struct wim_xml check = { 0 };
	char digits[24];

	strbuf_add(&text, t->xml->data, t->xml->len);
	snprintf(digits, sizeof(digits), "%" PRIu64, at);
	if (!t->keep_total && wim_xml_set(&text, 0, "TOTALBYTES", digits, true, err) < 0)
		return -1;
	if (wim_xml_encode(&text, t->encoding, ret, err) < 0)
		return -1;
	return wim_xml_parse(bytes_of(ret->data, ret->len), &check, err);
}

static int put_integrity(const struct wim_tables *t, uint64_t *at, struct wim_header *header, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf table = STRBUF_INIT;
	uint64_t kept_end = 0;

	if (t->old && t->old->header.integrity.offset) {
		if (wim_integrity_load(t->old->fd, t->old->file_bytes, &t->old->header, &old, err) < 0)
			return -1;
		kept_end = wim_integrity_end(&t->old->header);
	}
	if (wim_integrity_build(t->fd, &old, kept_end, wim_integrity_end(header), &table, err) < 0)
		return -1;
	return put(t, &table, 0, at, &header->integrity, err);
}

int wim_tables_write(const struct wim_tables *t, uint64_t at, struct wim_header *header, uint64_t *ret_end,
		     struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;

	if (put_table(t, t->rows, &at, &header->blob_table, err) < 0 || make_xml(t, at, &xml, err) < 0 ||
	    put_table(t, &xml, &at, &header->xml, err) < 0)
		return -1;
	header->integrity = (struct wim_reshdr){ 0 };
	if (t->check && put_integrity(t, &at, header, err) < 0)
		return -1;
	*ret_end = at;
	return 0;
}

int wim_tables_write_first_xml(const struct wim_tables *t, uint64_t *at, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf xml = STRBUF_INIT;
	struct wim_reshdr unused;

	return wim_xml_encode(t->xml, t->encoding, &xml, err) < 0 ? -1 : put_table(t, &xml, at, &unused, err);
}
