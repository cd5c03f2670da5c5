/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes plain UTF-8 of UTF-16 bytes. When the bytes are UTF-8 already, ret stays
 * empty and *ret_view is the input, less a byte order mark.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/strbuf.h"

int text_unpack(struct bytes b, uint64_t max, struct strbuf *ret, struct bytes *ret_view, struct err *err);
