/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of FILE_ATTRIBUTE_* bits. */
#pragma once

#include <stdio.h>

#include "common/base/base.h"

/* Name of bit i (0 to 31) as "READONLY", or NULL when it has none. */
const char *attribute_name(unsigned bit);

/* The number, then a line for each that is set. */
void attributes_show(uint32_t attributes, FILE *out);
