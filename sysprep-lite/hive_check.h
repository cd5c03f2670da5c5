/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second opinion on a hive that we wrote: libhivex, which shares no code with
 * the editor, opens the file read-only, walks all keys and reads all values. Used
 * on the temporary file before it takes the place of the hive.
 */
#pragma once

#include "common/base/err.h"

/* Fails with ERR_FORMAT when something cannot be read or the counts differ. */
int hive_check(const char *path, uint64_t expect_keys, uint64_t expect_values, struct err *err);
