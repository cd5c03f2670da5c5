/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of comma-separated values, as RFC 4180 and spreadsheets read them. */
#pragma once

#include "common/base/strbuf.h"

/*
 * Appends one cell; a comma goes in front unless a row begins here. Text from outside that a
 * spreadsheet would take for a formula (it begins with = + - @ or a tab) gets an apostrophe in front.
 */
void csv_add(struct strbuf *out, const char *text);
void csv_add_len(struct strbuf *out, const char *text, size_t len);
void csv_addf(struct strbuf *out, const char *fmt, ...) PRINTF_LIKE(2, 3); /* numbers and the like */
void csv_end_row(struct strbuf *out);
