/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SHA-256 over all that a hive says: paths, classes, security descriptors, value
 * names, types and data, in the order of its lists; not its times, and not the bytes
 * between cells. The note of marker.h is left out. So two hives of one hash hold the
 * same registry.
 */
#pragma once

#include "sysprep-lite/regf.h"

struct tree_hash {
	uint64_t keys, values;
	char text[65]; /* 64 digits in lower case */
};

int tree_hash_of(struct regf *hive, bool is_system, struct tree_hash *ret, struct err *err);

/* SHA-256 of bytes, as text; returns ret. */
char *sha256_text(const void *data, size_t len, char ret[65]);
