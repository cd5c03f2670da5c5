/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a whole file with plain calls, as the builders need it.
 */
#pragma once

#include "common/base/err.h"

/* Replaces the file. The text of an error names the path. */
int write_file(const char *path, const void *data, size_t len, struct err *err);
