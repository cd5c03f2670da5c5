/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a blob table that is going to be written, in a strbuf. */
#pragma once

#include "common/image/wim_blobs.h"

/* Appends a row, for part 1. */
void wim_rows_add(struct strbuf *rows, const struct wim_reshdr *at, uint32_t refcnt, const uint8_t *hash);

void wim_row_store(uint8_t *raw, const struct wim_reshdr *at, uint32_t refcnt, const uint8_t *hash);
uint8_t *wim_row_at(const struct strbuf *rows, size_t row);

/*
 * Takes out the rows that are marked in drop. Rows of solid resources that follow one another belong together, so a
 * row that parts two such runs stays, with its count.
 */
void wim_rows_drop(struct strbuf *rows, const bool *drop);
