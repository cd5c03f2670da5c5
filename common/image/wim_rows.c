/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_rows.h"

void wim_row_store(uint8_t *raw, const struct wim_reshdr *at, uint32_t refcnt, const uint8_t *hash)
{
	wim_reshdr_store(at, raw + ROW_RESHDR);
	store_le16(raw + ROW_PART, 1);
	store_le32(raw + ROW_REFCNT, refcnt);
	memcpy(raw + ROW_HASH, hash, WIM_HASH_LEN);
}

void wim_rows_add(struct strbuf *rows, const struct wim_reshdr *at, uint32_t refcnt, const uint8_t *hash)
{
	uint8_t raw[WIM_BLOB_ROW_LEN];

	wim_row_store(raw, at, refcnt, hash);
	strbuf_add(rows, raw, sizeof(raw));
}

uint8_t *wim_row_at(const struct strbuf *rows, size_t row)
{
	return (uint8_t *)rows->data + row * WIM_BLOB_ROW_LEN;
}

static bool is_solid(const struct strbuf *rows, size_t row)
{
	return wim_row_at(rows, row)[7] & WIM_RES_SOLID;
}

void wim_rows_drop(struct strbuf *rows, const bool *drop)
{
	size_t n = rows->len / WIM_BLOB_ROW_LEN;
	size_t kept = 0;
	bool after_solid = false;

	for (size_t row = 0; row < n; row++) {
		bool solid = is_solid(rows, row);
		bool parts = after_solid && !solid && row + 1 < n && is_solid(rows, row + 1);

		if (drop[row] && !parts)
			continue;
		memmove(wim_row_at(rows, kept), wim_row_at(rows, row), WIM_BLOB_ROW_LEN);
		after_solid = solid;
		kept++;
	}
	rows->len = kept * WIM_BLOB_ROW_LEN;
}
