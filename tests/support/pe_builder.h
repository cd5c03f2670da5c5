/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A minimal PE32+ library: headers and one resource section with a version
 * resource (fixed numbers, English strings, one translation).
 */
#pragma once

#include "common/base/err.h"
#include "common/base/strbuf.h"

struct pe_version {
	uint16_t part[4];
};

/* Reads "10.0.19041.5" (two to four numbers, each below 65536). */
bool pe_version_parse(const char *text, struct pe_version *ret);

/* Appends the file; name goes to OriginalFilename and FileDescription. */
void pe_build(const struct pe_version *version, const char *name, struct strbuf *ret);
