/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64 as answer files and licences hold it: white space is skipped, the
 * padding may be missing.
 */
#pragma once

#include "common/base/strbuf.h"

/* Appends the bytes; false when text is no base64 (ret then holds a part). */
bool base64_decode(const char *text, size_t len, struct strbuf *ret);

/* Appends the text of the bytes, with padding. */
void base64_encode(const void *data, size_t len, struct strbuf *ret);
