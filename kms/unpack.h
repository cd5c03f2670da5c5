/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes plain UTF-8 of packed or UTF-16 bytes. When the bytes are neither, ret
 * stays empty and *ret_view is the input, less a byte order mark.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"

bool bytes_are_gzip(struct bytes b);
bool bytes_are_zstd(struct bytes b);
int zstd_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct err *err);
int gzip_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct err *err);
int text_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct bytes *ret_view, struct err *err);
