/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locales that set-locale knows (data/locales.tsv). */
#pragma once

#include "common/base/err.h"

struct locale_row {
	const char *name; /* "de-DE" */
	uint16_t lcid;
	uint16_t acp, oemcp; /* code pages of programs that know no Unicode */
	const char *keyboard; /* "00000407" */
	uint16_t geo;
};

/* In any case; NULL when it is not known. */
const struct locale_row *locale_find(const char *name);
const struct locale_row *locale_by_lcid(uint32_t lcid);

/* ERR_USAGE with the nearest name. */
const struct locale_row *locale_require(const char *name, struct err *err);
