/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The [Version] section of a driver's INF file: who made it, what for, when. Texts
 * like %Provider% are looked up in [Strings]. UTF-16, UTF-8 or single bytes.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/strbuf.h"

#define INF_BYTES_MAX (8u << 20) /* those of printers have 2 MB */

struct inf_version {
	char *provider, *class_name, *class_guid, *catalog;
	char *date;    /* as it is written: month/day/year */
	char *version; /* "10.0.19041.1" */
};

/* False when there is no [Version]. Fields that are not there are NULL. Release it in any case. */
bool inf_version_read(struct bytes raw, struct inf_version *ret);
void inf_version_release(struct inf_version *version);
