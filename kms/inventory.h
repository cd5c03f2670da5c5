/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which image a computer was made from: a CSV file whose first row names the
 * columns, two of them "computer" and "image". Commas, semicolons or tabs;
 * quoted cells; UTF-8 or UTF-16. Names match with and without their domain.
 */
#pragma once

#include "common/base/bytes.h"
#include "common/base/err.h"

#define INVENTORY_MAX_BYTES (64ULL << 20) /* about a million computers */

struct inventory;

struct inventory *inventory_read(const char *path, struct err *err);
struct inventory *inventory_parse(struct bytes file, struct err *err);
void inventory_freep(struct inventory **inventory);

/* NULL when it is not in the file, or has no image there. */
const char *inventory_image(const struct inventory *inventory, const char *computer);
