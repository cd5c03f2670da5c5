/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows the contents of a WIM: blob table, XML, integrity table. */
#pragma once

#include "common/image/image_private.h"

struct wim_tables {
	int fd;
	const struct strbuf *rows;
	const struct strbuf *xml;         /* UTF-8 */
	enum wim_xml_encoding encoding;
	bool keep_total;                  /* TOTALBYTES stays as it is */
	bool check;                       /* write an integrity table */
	bool pipable;
	const struct image_file *old;     /* whose sums can be used again, when this is behind its end; or NULL */
};

/* Writes them at that place, puts them into header; *ret_end is behind them. */
int wim_tables_write(const struct wim_tables *tables, uint64_t at, struct wim_header *header, uint64_t *ret_end,
		     struct err *err);

/* A pipable WIM begins with a copy of its XML, which tells a reader what the images are. *at moves behind it. */
int wim_tables_write_first_xml(const struct wim_tables *tables, uint64_t *at, struct err *err);
